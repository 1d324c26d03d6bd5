"""Unrolling: GRU and vanilla layers with their gradients written out, for training on a CPU.

There torch has one operation for an LSTM layer, but takes a GRU or a vanilla layer apart into operations whose
gradients it finds one by one. Here a step is one product and what is done to it in place, and the gradients of the
weights are one product over all steps. CPU seconds of torch's own by ours, forward and back, one thread:

| windows, steps, width | GRU  | vanilla |
|-----------------------|------|---------|
| 256, 168, 128         | 1.33 | 1.47    |
| 128, 21, 128          | 1.18 | 1.44    |
| 32, 14, 64            | 1.53 | 1.46    |
| 32, 10, 128           | 1.40 | 1.23    |

Axes: T steps, B windows, F inputs, D hidden. Time comes first, so that a step is one piece of memory.
"""

from functools import cache
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

State = tuple[Tensor, ...] | Tensor
"""The last state of a layer, [1, B, D]; of an LSTM its last cell too."""

aten = torch.ops.aten

_BELOW = torch.tensor(-1.0)


def run(layer: nn.Module, inputs: Tensor, before: State | None = None) -> tuple[Tensor, State]:
    """Return the outputs [B, T, D] of a layer for inputs [B, T, F], and its last state, the fastest way.

    It goes on from the state `before`, if there is one, which nothing is trained from. In half precision an LSTM
    computes in float32 on a CPU where nothing else will do.
    """
    half = torch.is_autocast_enabled("cpu") and inputs.device.type == "cpu"
    if half and isinstance(layer, nn.LSTM) and not has_half_lstm():
        with torch.autocast("cpu", enabled=False):
            return run(layer, inputs.float(), before)
    if before is not None:
        outputs, state = layer(inputs, before)
        return outputs, state
    trains = layer.training and torch.is_grad_enabled() and not half
    if not (trains and inputs.device.type == "cpu" and isinstance(layer, nn.GRU | nn.RNN)):
        outputs, state = layer(inputs)
        return outputs, state
    weights = [layer.get_parameter(f"{name}_l0") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    inputs = inputs.transpose(0, 1)  # [T, B, F]
    if isinstance(layer, nn.GRU):
        states: Tensor = _GRU.apply(inputs, *weights)  # type: ignore[no-untyped-call]
    else:
        w, u, b, c = weights
        states = _Vanilla.apply(inputs, w, u, b + c, layer.nonlinearity)  # type: ignore[no-untyped-call]
    return states.transpose(0, 1), states[-1:]


@cache
def has_half_lstm() -> bool:
    """Tell whether this CPU runs an LSTM in bfloat16.

    Where oneDNN has no such operation, as without AVX-512, torch raises instead of computing in another way; its own
    way in bfloat16 takes eight times as long as float32 does.
    """
    try:
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            layer = nn.LSTM(1, 1, device="meta").to_empty(device="cpu")  # no weight is drawn: chance stays as it was
            layer(torch.zeros(1, 1, 1))
    except RuntimeError:
        return False
    return True


class _GRU(torch.autograd.Function):
    """The equations of `models/gru.py`, and their gradients from the last step to the first.

    e_t = dL/dh_t + z_(t+1) * e_(t+1) + U^T d_(t+1)        with d what reaches the products by U
    dL/da_n = e_t * (1 - z) * (1 - n^2)                    before tanh; the same before the sigmoids:
    dL/da_z = e_t * (h_(t-1) - n) * z (1 - z)
    dL/da_r = dL/da_n * (U_n h_(t-1) + c_n) * r (1 - r)
    d_t = [dL/da_r, dL/da_z, r * dL/da_n]
    """

    @staticmethod
    def forward(ctx: FunctionCtx, inputs: Tensor, w: Tensor, u: Tensor, b: Tensor, c: Tensor) -> Tensor:
        size = u.shape[1]
        candidates = nn.functional.linear(inputs, w[2 * size :], b[2 * size :])  # [T, B, D], become n
        products = inputs.new_empty((*inputs.shape[:2], 3 * size))  # [T, B, 3 D], become r, z and U_n h + c_n
        gated = b[: 2 * size] + c[: 2 * size]
        products[..., : 2 * size] = nn.functional.linear(inputs, w[: 2 * size], gated)
        products[..., 2 * size :] = c[2 * size :]
        states = inputs.new_zeros((len(inputs) + 1, *candidates.shape[1:]))  # [T + 1, B, D], from h_0 on
        turned = u.t()
        for product, candidate, before, state in zip(products, candidates, states[:-1], states[1:], strict=True):
            product.addmm_(before, turned)
            product[:, : 2 * size].sigmoid_()
            reset, keep, remembered = product.chunk(3, dim=1)
            _tanh_(candidate.addcmul_(reset, remembered))
            torch.lerp(candidate, before, keep, out=state)
        ctx.save_for_backward(inputs, w, u, products, candidates, states)
        return states[1:]

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, w, u, products, candidates, states = ctx.saved_tensors  # type: ignore[attr-defined]
        reset, keep, remembered = products.chunk(3, dim=2)
        by_candidate = aten.tanh_backward(1 - keep, candidates)  # [T, B, D], as the next two
        by_keep = aten.sigmoid_backward(states[:-1] - candidates, keep)
        by_reset = aten.sigmoid_backward(remembered, reset)
        at_products, at_candidates = torch.empty_like(products), torch.empty_like(candidates)  # d, and dL/da_n
        error = torch.zeros_like(candidates[0])
        for step in range(len(inputs) - 1, -1, -1):
            error.add_(gradients[0][step])
            at_reset, at_keep, at_remembered = at_products[step].chunk(3, dim=1)
            torch.mul(error, by_candidate[step], out=at_candidates[step])
            torch.mul(error, by_keep[step], out=at_keep)
            torch.mul(at_candidates[step], by_reset[step], out=at_reset)
            torch.mul(at_candidates[step], reset[step], out=at_remembered)
            error.mul_(keep[step]).addmm_(at_products[step], u)
        by_u, by_c = _of_product(at_products, states[:-1])
        at_products[..., 2 * u.shape[1] :] = at_candidates
        by_w, by_b = _of_product(at_products, inputs)
        return at_products @ w if ctx.needs_input_grad[0] else None, by_w, by_u, by_b, by_c  # type: ignore[attr-defined]


class _Vanilla(torch.autograd.Function):
    """The equation of `models/rnn.py`, and its gradients from the last step to the first.

    d_t = f'(h_t) * (dL/dh_t + U^T d_(t+1))
    """

    @staticmethod
    def forward(ctx: FunctionCtx, inputs: Tensor, w: Tensor, u: Tensor, b: Tensor, activation: str) -> Tensor:
        activate_, times = (_tanh_of_half_, 2) if activation == "tanh" else (torch.relu_, 1)
        states, turned = nn.functional.linear(inputs, times * w, times * b), times * u.t()  # [T, B, D]
        steps = states.unbind()
        activate_(steps[0])
        for before, state in pairwise(steps):
            activate_(state.addmm_(before, turned))
        ctx.save_for_backward(inputs, w, u, states)
        ctx.is_tanh = activation == "tanh"  # type: ignore[attr-defined]
        return states

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, w, u, states = ctx.saved_tensors  # type: ignore[attr-defined]
        is_tanh: bool = ctx.is_tanh  # type: ignore[attr-defined]
        at_products = 1 - states * states if is_tanh else (states > 0).to(states.dtype)  # [T, B, D], f', becomes d
        given, steps = gradients[0].unbind(), at_products.unbind()
        steps[-1].mul_(given[-1])
        for gradient, after, at_product in zip(given[-2::-1], steps[:0:-1], steps[-2::-1], strict=True):
            at_product.mul_(torch.addmm(gradient, after, u))
        by_u, _ = _of_product(at_products[1:], states[:-1])
        by_w, by_b = _of_product(at_products, inputs)
        by_inputs = at_products @ w if ctx.needs_input_grad[0] else None  # type: ignore[attr-defined]
        return by_inputs, by_w, by_u, by_b, None


def _tanh_(values: Tensor) -> Tensor:
    """Turn values into their tanh, to the last digit but one in absolute terms, and thrice as fast as torch's."""
    return _tanh_of_half_(values.mul_(2))


def _tanh_of_half_(values: Tensor) -> Tensor:
    """Turn values into the tanh of their halves."""
    return torch.add(_BELOW, values.sigmoid_(), alpha=2, out=values)  # a product and a sum would be two operations


def _of_product(gradient: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients [G, K] of the weights and [G] of the bias of all steps' products with inputs [T, B, K]."""
    flat = gradient.flatten(0, 1)
    return (inputs.flatten(0, 1).t() @ flat).t(), flat.sum(dim=0)  # turned: few inputs are slow the other way
