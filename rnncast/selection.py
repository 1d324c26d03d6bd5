"""What is told from the data: every setting that was left open gets its value here.

What the networks read, by season m and horizon H; a segment is what they read in one step:

| data                        | segments    | context     | lags                                | guess          |
|-----------------------------|-------------|-------------|-------------------------------------|----------------|
| season of 2 steps and more  | m, m / 2    | 14 or more  | a fifth of the series, 2 segments   | last season    |
| no season                   | H, H / 2    | segments    | at least, 8 and 192 steps at most   | last value     |

How large they are, by the number of values:

| values         | hidden | batch | steps |
|----------------|--------|-------|-------|
| under 20,000   | 64     | 32    | 200   |
| under 200,000  | 64     | 128   | 300   |
| more           | 128    | 128   | 1,600 with a season, 600 without |

Long horizons have 64 numbers and 600 steps at most, whatever the number of values.

`auto` leaves data of under 2,000 values to the embedded model, as it is. Of more it fits four members, LSTM
and GRU in turn, with the segments in turn, and the embedded model joins them; for long horizons it does not. Of
a named model one is fitted, or three under 2,000 values. Members differ in what was left open alone. The
forecast is the median of those that were fitted, for `auto` blended with the embedded model and the combined
baselines as validation says. The figures were chosen on the training parts of M1, of M4 and of ETTh1 and on
earlier rows of the classic series.
"""

from dataclasses import replace

import numpy as np

from rnncast import aliases, embedded, targets
from rnncast.baselines import forecast_baseline
from rnncast.config import Config
from rnncast.errors import UsageError
from rnncast.horizons import check_lengths, check_rows, default_horizon
from rnncast.panel import IntArray, Panel
from rnncast.reading import seasons
from rnncast.scaling import prefers_logarithm

LONGEST_SEGMENT = 60
"""Most steps that the network reads at once by default."""

LONGEST_LAGS = 192
"""Most lags that the network reads at an origin by default."""

SMALL, MEDIUM, LARGE = 2_000, 20_000, 200_000
"""Values from which on data are no more small, are of medium size, or large."""

FAR_STEPS = 128 * 96
"""Steps ahead in a batch, over all windows, that are enough to learn a long horizon from."""

FAR, FAR_AHEAD = 3, 96
"""Segments, and steps, from which on a horizon is long: networks then read two segments of lags and start from the last
value.

Smoothing says little so far ahead: there is no anchor."""

YEARS = 2
"""Years from which on it is read where in the year a step lies."""

DAY = 24
"""Steps from which on a season is taken for a day of hours or less, after which comes a week."""

TRIED, ORIGINS = 200, 8
"""Most series, and past origins of each, at which the last value is tried against the last season's."""

CLEARLY = 0.9
"""Share of the seasonal naive's error below which the last value's is clearly smaller."""

LONGEST_FOLDED, FOLDED_STEPS, FOLDED_LAGS = 2048, 512, 16
"""Steps that a model with folds reads of long series or of two seasons, its recurrent steps, and its lags."""

TUNING = 50
"""Steps for which the embedded model is tuned where it is asked for by name."""

CELLS = ("lstm", "gru")
"""The models that members of `auto` are, in turn."""

MEMBERS = 4
"""Members of `auto`."""


def holdout(lengths: IntArray, asked: int | None, horizon: int) -> IntArray:
    """Return how many rows at the end of each series [N] are kept out.

    What was asked for is at most half of a series; the default, one horizon, at most a quarter.
    """
    return np.minimum(horizon, lengths // 4) if asked is None else np.minimum(asked, lengths // 2)


def validation_rows(panel: Panel, asked: int | None, horizon: int) -> IntArray:
    """Return how many rows at the end of each series [N] judge the fit.

    By default they hold four origins, half a horizon apart, of small data as many as a tenth of the series
    does, and never more than a quarter of it.
    """
    if asked is not None:
        return holdout(panel.lengths, asked, horizon)
    four = horizon + 3 * max(1, horizon // 2)
    tenth = panel.lengths // 10 if is_small(panel) else 0
    return np.minimum(np.maximum(four, tenth), panel.lengths // 4)


def is_small(panel: Panel) -> bool:
    """Tell whether fits are so quick that one more does not matter."""
    return panel.num_rows * panel.num_targets < MEDIUM


def resolve(config: Config, panel: Panel) -> tuple[Config, ...]:
    """Return the configuration of every member, with a value for every setting, by the size and the kind of the data.

    Sizes are those of the whole panel; what depends on values is told from the rows that are not held out.

    Raises:
        DataError: a series is shorter than the horizon, or has negative values that a loss of counts cannot take.
        UsageError: settings that do not fit together or the data.
    """
    horizon = config.window.horizon or default_horizon(panel)
    config = config.filled({"horizon": horizon, "season_length": panel.season_lengths})
    config = targets.suited(config, panel)
    before = panel.truncated(panel.lengths - holdout(panel.lengths, config.training.test, horizon))
    if config.window.transform == "auto":
        config = config.with_settings({"transform": "log" if prefers_logarithm(before) else "none"})
    config = config.filled({"yearly": _shows_years(before)})
    members = _members(config, panel, before)
    if any(member.training.max_steps != 0 for member in members):
        check_lengths(panel, horizon)
    else:
        check_rows(panel)
    for member in members:
        _check_windows(member)
    return members


def _shows_years(panel: Panel) -> bool:
    """Tell whether most series show every day of the year twice, so that where in it a step lies can be learned."""
    year = aliases.year_length(panel.time.freq)
    return year > 0 and float(np.median(panel.lengths)) >= YEARS * year


def _members(config: Config, panel: Panel, before: Panel) -> tuple[Config, ...]:
    """Return every member's configuration; `before` has the rows that are not held out."""
    if config.model.model == embedded.MODEL:
        return (_embedded(config.filled({"anchor": "none"}), panel, before, TUNING),)
    joins = config.model.model == "auto" and _joins_embedded(config, panel)
    if joins and panel.num_rows * panel.num_targets < SMALL:
        return (_embedded(config.filled({"anchor": "combined"}), panel, before, 0),)
    fitted = config
    open_ = config.window.guess_season is None and not targets.folds(config)
    if open_ and not _repeats(before, config.window.horizon or 1):
        fitted = config.with_settings({"guess_season": 1})
    far = _is_far(config.window.horizon or 1, _member(fitted, panel, 0).window.segment_length or 1)
    far = far and not targets.folds(config)
    fitted = fitted.filled({"scaling": "level" if far else "causal"} | _sizes(config, panel, far))
    anchor: dict[str, object] = {"anchor": "none" if config.model.model != "auto" or far else "combined"}
    fitted = fitted.filled(anchor)
    members = tuple(_member(fitted, panel, number) for number in range(fitted.training.ensemble or 1))
    return (*members, _embedded(config.filled(anchor), panel, before, 0)) if joins and not far else members


def _embedded(config: Config, panel: Panel, before: Panel, steps: int) -> Config:
    """Return the configuration of the embedded model, which is tuned for so many steps; 0 leaves its weights alone.

    Of rows without dates it is told a long season too that is not clear enough for others: weeks have their year,
    and after a day comes the week.
    """
    is_numbered, season = panel.time.freq is None or panel.time.freq.isdigit(), panel.season_length
    if season == 1 and is_numbered:
        faint = seasons.detect(panel.values, panel.offsets, before.lengths, seasons.CLEAR)
        config = config.with_settings({"season_length": faint})
    elif len(panel.season_lengths) == 1 and season >= DAY and before.lengths.max() >= 3 * 7 * season:
        config = config.with_settings({"season_length": (season, 7 * season)})
    config = embedded.applied(config.with_settings({"model": embedded.MODEL}))
    config = config.filled({"learning_rate": 1e-4, "ensemble": 1} | _length(config, steps))
    return _member(config.filled(_sizes(config, panel, far=False)), panel, 0)


def _joins_embedded(config: Config, panel: Panel) -> bool:
    """Tell whether the embedded model takes part in `auto`: not where there is more to read or other is asked for."""
    covariates = panel.past_names or panel.future_names or panel.static_names or panel.classes
    asked = config.window.segment_length or config.training.ensemble or config.training.max_steps
    return not covariates and not asked and not config.training.epochs and embedded.suits(config)


def _repeats(panel: Panel, horizon: int) -> bool:
    """Tell whether the value one season before is not clearly farther off than the last one, at past origins."""
    if panel.season_length == 1:
        return True
    panel = panel.part(np.unique(np.linspace(0, panel.num_series - 1, TRIED).astype(np.int64)))
    errors = np.zeros(2)
    for number in range(ORIGINS):
        cut = horizon + number * max(1, horizon // 2)
        past = panel.only(np.flatnonzero(panel.lengths - cut >= 2 * panel.season_length))
        if past.num_series:
            actual, seen = past.at(past.offsets + past.lengths - cut, horizon)
            size = np.abs(actual).mean(axis=(1, 2), keepdims=True)
            size[size == 0] = np.inf  # by nothing but zeros no error can be measured
            known = past.truncated(past.lengths - cut)
            for which, name in enumerate(("naive", "seasonal-naive")):
                errors[which] += (np.abs(forecast_baseline(name, known, horizon) - actual) / size)[seen].sum()
    return bool(errors[0] >= CLEARLY * errors[1])


def _member(config: Config, panel: Panel, number: int) -> Config:
    """Return the configuration of a member: what was left open differs from member to member."""
    is_auto = config.model.model == "auto"
    varied = number if is_auto else 0
    member = config.filled({"model": CELLS[(varied + varied // 2) % 2]})
    member = member.filled(_window(member, panel, varied))
    return replace(member, training=replace(member.training, seed=config.training.seed + number))


def _check_windows(config: Config) -> None:
    """Raise a UsageError where context, segments and lags do not fit together."""
    context, segment = config.window.context_length or 1, config.window.segment_length or 1
    if context % segment:
        raise UsageError(
            f"a context of {context} steps is not a whole number of segments of {segment}.",
            "Make --context a multiple of --segment.",
        )
    if (config.window.num_lags or segment) < segment:
        raise UsageError(
            f"{config.window.num_lags} lags are fewer than the {segment} steps of a segment: some would not be read.",
            "Make --lags at least --segment.",
        )


def _window(config: Config, panel: Panel, number: int) -> dict[str, object]:
    """Return what member `number` reads: the windows of the table above."""
    longest, typical, season = int(panel.lengths.max()), float(np.median(panel.lengths)), panel.season_length
    horizon, read = config.window.horizon or 1, config.window.context_length
    if targets.folds(config):
        is_long = typical >= LONGEST_FOLDED or len(config.data.season_length) > 1
        return _folded_window(min(longest, read or (LONGEST_FOLDED if is_long else FOLDED_STEPS)))
    whole = season if season > 1 else horizon
    while whole > LONGEST_SEGMENT:
        whole = -(-whole // 2)
    half = whole // 2 if whole % 2 == 0 and whole < DAY else whole
    segment = config.window.segment_length or min(half if number % 2 else whole, max(longest // 4, 1))
    misfits = (read or segment) % segment or (config.window.num_lags or segment) < segment
    if misfits and config.window.segment_length is None:
        segment = 1  # a context or lags that were given for single steps
    count = max(14, min(32, 336 // segment))
    context = max(min(count * segment, longest) // segment, 1) * segment
    far = _is_far(horizon, segment)
    lags = 2 * segment if far else max(2 * segment, min(int(typical / 5) // segment, 8) * segment)
    return {
        "context_length": context,
        "segment_length": segment,
        "num_lags": max(segment, min(lags, LONGEST_LAGS, read or context)),
        "guess_season": _guess(panel, number, longest, far),
    }


def _folded_window(context: int) -> dict[str, object]:
    """Return what a model that folds the past reads, step by step where it is short."""
    segment = -(-context // FOLDED_STEPS)
    context = context // segment * segment
    return {"context_length": context, "segment_length": segment, "num_lags": FOLDED_LAGS, "guess_season": 0}


def _is_far(horizon: int, segment: int) -> bool:
    return horizon > FAR * segment or horizon >= FAR_AHEAD


def _guess(panel: Panel, number: int, longest: int, far: bool) -> int:
    """Return the season of the naive forecast that a member corrects: of a day's, every other one the week's."""
    season = panel.season_length
    week = 7 * season
    if far:
        return 1
    if season >= DAY and number % 2 and longest >= 3 * week:
        return week
    return season if longest >= 2 * season else 1


def _sizes(config: Config, panel: Panel, far: bool) -> dict[str, object]:
    values, is_auto = panel.num_rows * panel.num_targets, config.model.model == "auto"
    large = values >= LARGE
    windows = 128 if values >= MEDIUM else 32
    windows = min(windows, FAR_STEPS // (config.window.horizon or 1)) if far else windows
    many = 1600 if panel.season_length > 1 and not far else 600
    steps = many if large else 300 if values >= MEDIUM else 200
    return {
        "hidden_size": 128 if large and not far else 64,
        "num_layers": 1,
        "dropout": 0.1,
        "ensemble": MEMBERS if is_auto else 3 if values < SMALL else 1,
        "batch_size": max(8, windows // panel.num_targets),
        "learning_rate": 5e-3,
    } | _length(config, steps)


def _length(config: Config, steps: int) -> dict[str, object]:
    """Return how many steps to take at most, unless epochs say it."""
    return {"max_steps": steps} if config.training.epochs is None else {}
