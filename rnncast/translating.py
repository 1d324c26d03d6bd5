"""Translating: operations that torch's exporter to ONNX does not know, in operators of ONNX."""

import math
from collections.abc import Callable
from typing import Any

import torch

MOST_DOUBLINGS = 24
"""Strides that reach over 2^24 steps, the longest history of which a graph tells the last value seen."""


def translations() -> dict[Callable[..., Any], Callable[..., Any]]:
    """Return how operations are written that torch's exporter does not know."""
    import onnxscript

    op: Any = onnxscript.opset20  # its types leave out what is only known while it traces

    def cummax(values: Any, dim: int) -> tuple[Any, Any]:
        """Return the largest value so far, by doubling strides; nobody reads where it stood."""
        rank, length = len(values.shape), values.shape[dim]
        dim %= rank
        for power in range((length - 1).bit_length() if isinstance(length, int) else MOST_DOUBLINGS):
            stride = 2**power
            lead = op.Constant(value_ints=[stride * (axis == dim) for axis in range(2 * rank)])
            padded = op.Pad(values, lead, mode="edge")
            first, last, axes = (op.Constant(value_ints=[number]) for number in (0, -stride, dim))
            values = op.Max(values, op.Slice(padded, first, last, axes))
        return values, values

    def signbit(values: Any) -> Any:
        return op.Less(values, op.CastLike(op.Constant(value_float=0.0), values))

    return {
        torch.ops.aten.cummax.default: cummax,
        torch.ops.prims.signbit.default: signbit,
        torch.ops.aten.scaled_dot_product_attention.default: _attention(op),
    }


def _attention(op: Any) -> Callable[..., Any]:
    """Return how attention is written, with heads [B, A, O, D] or without, which torch's exporter does not know."""

    def attention(  # noqa: PLR0913 - torch's own
        queries: Any, keys: Any, values: Any, mask: Any = None, dropout: float = 0.0, causal: bool = False,
        scale: float | None = None, grouped: bool = False,
    ) -> Any:  # fmt: skip
        if mask is not None or dropout or grouped:
            raise NotImplementedError("attention with a mask, dropout or groups")
        rank = len(queries.shape)
        turned = op.Transpose(keys, perm=[*range(rank - 2), rank - 1, rank - 2])
        share = op.Constant(value_float=queries.shape[-1] ** -0.5 if scale is None else scale)
        scores = op.Mul(op.MatMul(queries, turned), share)  # [B, O, O]
        if causal:
            none = op.Expand(op.Constant(value_float=-math.inf), op.Shape(scores))
            scores = op.Add(scores, op.Trilu(none, op.Constant(value_int=1), upper=1))
        return op.MatMul(op.Softmax(scores, axis=-1), values)

    return attention
