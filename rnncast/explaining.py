"""Explaining: in sentences, what was chosen for the data, and what validation made of it."""

from collections.abc import Iterator, Sequence

from rnncast import embedded, registry
from rnncast.blend import Blend
from rnncast.config import Config
from rnncast.panel import Panel
from rnncast.regression import FEWEST, Trial

NAMED = 5
"""Most covariates that are called by their names."""


def choices(members: tuple[Config, ...], panel: Panel) -> Iterator[str]:
    """Yield sentences on what the data were told by and what follows from it, those of given settings too."""
    fitted = [member for member in members if member.model.model != embedded.MODEL]
    window, values, season = members[0].window, panel.num_rows * len(panel.target_names), panel.season_length
    kind = f"a season of {season} steps" if season > 1 else "no season"
    read = ", in logarithms" if window.transform == "log" else ""
    yield f"{panel.num_series:,} series with {kind}, {values:,} values{read}; {window.horizon} steps ahead."
    if fitted:
        yield from _fitted(fitted)
    for member in members[len(fitted) :]:
        tuned = f"tuned for at most {member.training.max_steps} steps" if member.training.max_steps else "as it is"
        yield f"The embedded model, {tuned}, reads {member.window.context_length} steps back."


def _fitted(members: Sequence[Config]) -> Iterator[str]:
    window, training = members[0].window, members[0].training
    names = _words([member.model.model for member in members])
    yield (
        f"{len(members)} members, {names}, with states of {members[0].model.hidden_size}: segments of "
        f"{_each(members, 'segment_length')}, {window.num_lags} lags, {window.context_length} steps back."
    )
    guesses = dict.fromkeys(member.window.guess_season or 0 for member in members)
    said = [
        ("the level", "the last value")[guess] if guess < 2 else f"the value {guess} steps before" for guess in guesses
    ]
    do = "forecast the odds of each class" if training.loss in registry.CLASS_HEADS else f"correct {_words(said)}"
    length = f"{training.max_steps} steps" if training.max_steps else f"{training.epochs} epochs"
    yield f"They {do}, and learn for at most {length} of {training.batch_size} windows."


def tried(trial: Trial | None, names: Sequence[str]) -> Iterator[str]:
    """Yield a sentence on what past origins say about the future covariates with these names."""
    if trial is None:
        return
    what = f"A ridge regression on {', '.join(names) if len(names) <= NAMED else f'{len(names)} future covariates'}"
    if trial.regression is not None:
        kind = ", in logarithms," if trial.regression.logarithm else ""
        yield f"{what}{kind} lowers the error of {trial.windows} past windows by {trial.gain:.0%} and is added."
    elif trial.windows < FEWEST:
        yield f"{what} is left out: {trial.windows} past windows are too few to try it, at least {FEWEST} are needed."
    else:
        yield f"{what} is left out: it does not clearly lower the error of {trial.windows} past windows."


def validated(blend: Blend, config: Config) -> Iterator[str]:
    """Yield sentences on what validation gave."""
    if blend.anchor:
        yield f"Validation gives the networks a share of {blend.share:g} beside {blend.anchor}."
    if blend.embedded:
        yield f"Of the networks' share the embedded model has {blend.embedded:.2g}."
    if blend.widths:
        levels = config.training.quantiles
        yield f"Intervals of {levels[-1] - levels[0]:.0%} are made {blend.widths[0]:.2f} times as wide."


def _each(members: Sequence[Config], name: str) -> str:
    """Return the members' different values of a setting of their windows."""
    return _words([getattr(member.window, name) for member in members])


def _words(values: Sequence[object]) -> str:
    return " and ".join(map(str, dict.fromkeys(values)))
