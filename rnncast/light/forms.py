"""Which networks have a twin, and what weights those have."""

from rnncast import registry
from rnncast.casting import Form
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.light.layers import GATES
from rnncast.shapes import FOLDS, IN_YEAR, LONG_FOLDS, TRENDS, Shape, resolved, shape_of

LOCAL, FOLDED = 32, 128
"""Hidden numbers of a decoder for a step ahead: for what is known of it, and with folds."""

POINTS = ("mse", "mae", "huber")
"""Losses of one value a step."""


def knows(config: Config, columns: Columns) -> bool:
    """Tell whether a network of a configuration has a twin here."""
    model, is_folded = config.model, config.model.model in registry.FOLDING
    return (
        (is_folded or model.model in GATES)
        and set(model.option) <= ({"cell=lstm"} if is_folded else set())
        and not model.attention
        and config.training.loss in ("quantile", *POINTS)
        and (is_folded or not columns.words)
    )


def form(config: Config, columns: Columns) -> Form:
    """Return what weights the network of a configuration has."""
    shape, hidden = shape_of(config, columns), resolved(config.model.hidden_size)
    sizes: dict[str, tuple[int, ...]] = {name: (count,) for name, count in _covariates(shape).items()}
    width = shape.num_inputs + shape.static
    for number in range(resolved(config.model.num_layers)):
        at, rows = f"model.stack.layers.{number}", GATES[cell_of(config)] * hidden
        sizes |= {f"{at}.weight_ih_l0": (rows, width), f"{at}.weight_hh_l0": (rows, hidden)}
        sizes |= {f"{at}.bias_ih_l0": (rows,), f"{at}.bias_hh_l0": (rows,)}
        width = hidden
    levels = config.training.quantiles if config.training.loss == "quantile" else ()
    read = hidden + shape.skip * shape.targets * shape.num_lags
    sizes |= (_folding if shape.folds else _direct)(shape, read, shape.targets * max(len(levels), 1))
    return Form({name: (size, "float32") for name, size in sizes.items()}, levels)


def _covariates(shape: Shape) -> dict[str, int]:
    columns = {"past": shape.past, "future": shape.future - bool(shape.year) * IN_YEAR, "static": shape.static}
    return {f"{name}_{part}": count for name, count in columns.items() for part in ("loc", "scale")}


def cell_of(config: Config) -> str:
    """Return what its layers are made of."""
    return "lstm" if config.model.model in registry.FOLDING else config.model.model


def _direct(shape: Shape, read: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """Return the weights of a `DirectDecoder`."""
    sizes = _linear("decoder.steps", read, shape.horizon * outputs)
    if shape.future:
        sizes |= _linear("decoder.local.state", read, LOCAL)
        sizes |= {"decoder.local.future.weight": (LOCAL, shape.future), "decoder.local.output.weight": (outputs, LOCAL)}
    return sizes


def _folding(shape: Shape, read: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """Return the weights of a `FoldingDecoder`."""
    sizes = _linear("decoder.state", read, FOLDED) | {"decoder.ahead.weight": (FOLDED, shape.num_ahead_inputs)}
    parts = {"hidden": FOLDED, "mixture": 2 * FOLDS + LONG_FOLDS + 2, "trend": TRENDS, "output": outputs}
    for name, count in parts.items():
        sizes |= _linear(f"decoder.{name}", FOLDED, count)
    return sizes


def _linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}
