"""Recurrent layers and what is linear, over the weights of torch's layers: `models` says what they compute."""

from collections.abc import Mapping

import numpy as np

from rnncast.packing import Array

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
"""Rows of weights for each number of a state."""


class Weights:
    """Holds the weights whose names begin alike."""

    def __init__(self, weights: Mapping[str, Array], prefix: str = "") -> None:
        self._weights, self._prefix = weights, prefix

    def __getitem__(self, name: str) -> Array:
        """Return the weight of a name without what all begin with."""
        return self._weights[self._prefix + name]

    def below(self, name: str) -> "Weights":
        """Return those of a part."""
        return Weights(self._weights, f"{self._prefix}{name}.")

    def linear(self, name: str, inputs: Array) -> Array:
        """Return W x of a linear part without a bias."""
        return np.asarray(inputs @ self[f"{name}.weight"].T)

    def affine(self, name: str, inputs: Array) -> Array:
        """Return W x + b of a linear part."""
        return self.linear(name, inputs) + self[f"{name}.bias"]


def layer(
    cell: str, weights: Weights, inputs: Array, activation: str, before: tuple[Array, ...] = ()
) -> tuple[Array, tuple[Array, ...]]:
    """Return the states [B, O, D] of one layer of cells over inputs [B, O, F], and what it goes on from.

    That is the last state, and of an LSTM the last cell, [1, B, D] each, as `before` is what it begins with: torch
    has two biases of every gate.
    """
    turned = np.ascontiguousarray if inputs.shape[1] > 1 else np.asarray  # a copy pays where many steps take it
    inward, onward = (turned(weights[name].T) for name in ("weight_ih_l0", "weight_hh_l0"))
    read, more = inputs @ inward + weights["bias_ih_l0"], weights["bias_hh_l0"]  # [B, O, gates x D]
    nothing = np.zeros((1, len(inputs), onward.shape[0]), dtype=inputs.dtype)
    (state,), (memory,) = (before or (nothing,))[0], (before or (nothing,))[-1]
    states = np.empty((*inputs.shape[:2], onward.shape[0]), dtype=inputs.dtype)
    for step in range(inputs.shape[1]):
        recalled = state @ onward + more  # [B, gates x D]
        if cell == "lstm":
            state, memory = _lstm(read[:, step] + recalled, memory)
        elif cell == "gru":
            state = _gru(read[:, step], recalled, state)
        else:
            state = (np.tanh if activation == "tanh" else _relu)(read[:, step] + recalled)
        states[:, step] = state
    return states, (state[None], memory[None]) if cell == "lstm" else (state[None],)


def sigmoid(values: Array) -> Array:
    """Return 1 / (1 + exp(-x)), which cannot overflow as it stands."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values))


def silu(values: Array) -> Array:
    """Return x sigmoid(x)."""
    return np.asarray(values * sigmoid(values))


def _relu(values: Array) -> Array:
    return np.asarray(np.maximum(values, 0))


def _lstm(gates: Array, memory: Array) -> tuple[Array, Array]:
    size = memory.shape[1]
    opened = sigmoid(gates)  # the third quarter of it is not used
    memory = opened[:, size : 2 * size] * memory + opened[:, :size] * np.tanh(gates[:, 2 * size : 3 * size])
    return np.asarray(opened[:, 3 * size :] * np.tanh(memory)), memory


def _gru(read: Array, recalled: Array, state: Array) -> Array:
    size = state.shape[1]
    gates = sigmoid(read[:, : 2 * size] + recalled[:, : 2 * size])
    candidate = np.tanh(read[:, 2 * size :] + gates[:, :size] * recalled[:, 2 * size :])
    return np.asarray(candidate + gates[:, size:] * (state - candidate))
