"""The space of a search: which settings are tried, between which bounds, and where a search begins.

| setting          | tried                                                | begins at     |
|------------------|------------------------------------------------------|---------------|
| `model`          | lstm, gru, mlp                                       | lstm, gru     |
| `hidden_size`    | 16, 32, 64, 128                                      | 64            |
| `num_layers`     | 1, 2                                                 | 1             |
| `context_length` | half, once and twice the default of the data         | the default   |
| `dropout`        | 0 to 0.4                                             | 0.1           |
| `learning_rate`  | 0.001 to 0.02, by its logarithm                      | 0.005         |
| `loss`           | quantile, student-t, normal: those with intervals    | quantile      |
| `scaling`        | causal, level                                        | causal        |
| `anchor`         | none, combined                                       | both          |

What is given is not searched. The first trial has everything else told from the data, as `train` has it: `auto`, unless
a model is given. The embedded model, asked for by its name, has weights that leave the learning rate and the anchor
open; classes leave out what is of numbers.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from rnncast import embedded, selection
from rnncast.config import Config
from rnncast.panel import Panel

Value = str | int | float


class Choice(NamedTuple):
    """Names what is chosen from."""

    values: tuple[Value, ...]
    default: Value


class Range(NamedTuple):
    """Says between which numbers is drawn."""

    low: float
    high: float
    default: float
    is_log: bool


Space = Mapping[str, Choice | Range]


class Drawing(Protocol):
    """Draws settings: a trial of a study."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        """Return a number from a range."""


OF_NUMBERS = frozenset({"loss", "scaling", "anchor"})
OF_EMBEDDED = frozenset({"learning_rate", "anchor"})
FITTED = ("lstm", "gru")
"""Models that a search begins with, after what the data tell."""


def space_of(config: Config, given: Collection[str], panel: Panel) -> dict[str, Choice | Range]:
    """Return what is searched for a panel, without the settings that are given."""
    found: dict[str, Choice | Range] = {
        "model": Choice((*FITTED, "mlp"), FITTED[0]),
        "hidden_size": Choice((16, 32, 64, 128), 64),
        "num_layers": Choice((1, 2), 1),
        "context_length": _contexts(config, panel),
        "dropout": Range(0.0, 0.4, 0.1, is_log=False),
        "learning_rate": Range(1e-3, 2e-2, 5e-3, is_log=True),
        "loss": Choice(("quantile", "student-t", "normal"), "quantile"),
        "scaling": Choice(("causal", "level"), "causal"),
        "anchor": Choice(("none", "combined"), "none"),
    }
    is_embedded = "model" in given and config.model.model == embedded.MODEL
    open_ = set(found) - set(given) - (OF_NUMBERS if panel.classes else frozenset())
    return {name: part for name, part in found.items() if name in (open_ & OF_EMBEDDED if is_embedded else open_)}


def draw(trial: Drawing, space: Space) -> dict[str, Value]:
    """Return the settings that a trial draws."""
    drawn: dict[str, Value] = {}
    for name, part in space.items():
        if isinstance(part, Choice):
            drawn[name] = trial.suggest_categorical(name, part.values)
        else:
            drawn[name] = trial.suggest_float(name, part.low, part.high, log=part.is_log)
    return drawn


def beginnings(space: Space) -> list[dict[str, Value]]:
    """Return the settings that a search begins with after what the data tell, each without and with an anchor."""
    default = {name: part.default for name, part in space.items()}
    fitted = [default | {"model": name} for name in FITTED] if "model" in space else [default]
    return [*fitted, *(each | {"anchor": "combined"} for each in fitted if "anchor" in space)]


def _contexts(config: Config, panel: Panel) -> Choice:
    """Return half, once and twice the context that is told from the data, in whole segments."""
    fitted = config.with_settings({"model": FITTED[0]}) if config.model.model == "auto" else config
    window = selection.resolve(fitted, panel)[0].window
    default, segment = window.context_length or 1, window.segment_length or 1
    longest = int(panel.lengths.max())
    tried = {max(segment, min(length, longest) // segment * segment) for length in (default // 2, 2 * default)}
    return Choice(tuple(sorted({default, *tried})), default)
