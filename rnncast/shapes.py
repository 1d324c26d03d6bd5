"""The shape of a network: what it reads and writes, by its configuration."""

from dataclasses import dataclass

from rnncast import aliases, registry
from rnncast.columns import Columns, read_width
from rnncast.config import Config
from rnncast.errors import UsageError

FOLDS, LONG_FOLDS = 4, 2
"""Rows that are shown of the main season, and of a long one."""

TRENDS = 5
"""Distances over which the level's slope is shown: 1, 2, 4, 8 and 16 seasons."""

NUM_INPUTS = 2 * (FOLDS + LONG_FOLDS + TRENDS) + 4
"""Numbers that are shown at an origin."""

SIZES = (FOLDS, FOLDS, LONG_FOLDS, FOLDS, LONG_FOLDS, TRENDS, 1, 4)
"""Numbers that are shown of a step ahead, by the parts of `Folds`."""

FAR_OFF = 50.0
"""Units of the spread at which the last values that models read are cut off."""

AGE = 5.0
"""Unit of the logarithm of how much was seen, as models read it."""

LARGEST = 200.0
"""Bound on what is shown, in units of the spread."""

REGULAR = 0.05
"""Least spread around the last season, as a share of the spread around the level."""

LARGEST_HORIZON = 64
"""Steps that a network with folds forecasts at once; farther ones go on from its own forecast."""

IN_YEAR = 2
"""Numbers that say where in the year a step lies."""

FOLDED_ORIGINS = 12
"""Origins of a window that a network with folds is trained at, about."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Says what a network reads and writes; with the model's size it rebuilds the network.

    Attributes:
        context_length: L, steps read.
        horizon: H, steps forecast.
        reach: steps forecast from one origin: H, or less where a model goes on from what it forecast.
        segment_length: steps from one origin to the next; the model makes one step a segment.
        num_lags: how many of the last values the model reads at each origin.
        guess_season: the forecast starts from the seasonal naive of this season; 0 from the level.
        season_length: steps in the main season.
        long_season: steps in a second, longer one; 0 without one.
        targets: C of one window as the model sees it: 1 for independent channels.
        past: Kp, future: Kf, static: S, phases: M.
        scaling: "causal" finds level and spread at each origin, "level" the level alone, "series" takes a series' own.
        skip: the decoder reads the lags too, beside the state.
        origins: "all" trains every origin of a window, "last" only the last one.
        folds: the model reads the past folded by the season, and so does the decoder for each step ahead.
        year: steps in a year, for positions in it among the future covariates; 0 without.
    """

    context_length: int
    horizon: int
    reach: int
    segment_length: int
    num_lags: int
    guess_season: int
    season_length: int
    long_season: int
    targets: int
    past: int
    future: int
    static: int
    phases: int
    scaling: str = "causal"
    skip: bool = True
    origins: str = "all"
    folds: bool = False
    year: float = 0.0

    @property
    def num_origins(self) -> int:
        """Return O, how many origins lie in a window."""
        return self.context_length // self.segment_length

    @property
    def at_origins(self) -> slice:
        """Return at which of the L steps the origins lie; the last one is the last step."""
        first = self.context_length - 1 - self.segment_length * (self.num_origins - 1)
        return slice(first, self.context_length, self.segment_length)

    @property
    def at_last(self) -> slice:
        """Return at which of the L steps the last origin lies."""
        return slice(self.context_length - 1, self.context_length, self.segment_length)

    @property
    def num_ahead(self) -> int:
        """Return how many origins lie within the horizon, a segment apart, and reach no further than it."""
        return (self.horizon - self.reach) // self.segment_length

    @property
    def num_blocks(self) -> int:
        """Return how many steps of a model the horizon takes."""
        return -(-self.horizon // self.reach)

    @property
    def at_taught(self) -> slice:
        """Return at which of the L + H steps the origins lie that are trained."""
        stop = self.context_length + self.segment_length * self.num_ahead
        return slice(self.at_origins.start, stop, self.segment_length)

    @property
    def trained(self) -> slice:
        """Return which origins are trained: all, with folds about a dozen and the last, since each is much work."""
        origins = self.num_origins + self.num_ahead
        every = max(1, origins // FOLDED_ORIGINS) if self.folds else 1
        return slice((origins - 1) % every, None, every)

    @property
    def num_inputs(self) -> int:
        """Return F, how many numbers the model reads at each origin."""
        covariates = self.segment_length * (self.past + self.future)
        folded = NUM_INPUTS if self.folds else 0
        return self.targets * (self.num_lags + 2) + covariates + 2 * self.phases + folded

    @property
    def num_ahead_inputs(self) -> int:
        """Return how many numbers the decoder reads about each step ahead."""
        return sum(SIZES) if self.folds else self.future


def shape_of(config: Config, columns: Columns, is_stepwise: bool = False) -> Shape:
    """Return the shape of a network from a resolved configuration; one that is stepwise forecasts a segment at once.

    Raises:
        UsageError: several channels at once for a model that reads each by itself.
    """
    window, joint = config.window, config.window.channels == "joint"
    horizon, segment = resolved(window.horizon), resolved(window.segment_length)
    folds = config.model.model in registry.FOLDING
    horizon = min(horizon, LARGEST_HORIZON) if folds else horizon
    if folds and joint:
        raise UsageError(f"{config.model.model} forecasts each target by itself.", "Leave --channels out.")
    seasons = config.data.season_length
    read = {name: 0 if folds else read_width(words) for name, words in columns.by_role.items()}
    year = aliases.year_length(config.data.freq) if window.yearly and not folds else 0.0
    return Shape(
        context_length=resolved(window.context_length),
        horizon=horizon,
        reach=min(segment, horizon) if is_stepwise else horizon,
        segment_length=segment,
        num_lags=resolved(window.num_lags),
        guess_season=min(resolved(window.guess_season), resolved(window.context_length) + horizon),
        season_length=seasons[0],
        long_season=seasons[1] if len(seasons) > 1 else 0,
        targets=columns.targets if joint else 1,
        past=read["past"],
        future=read["future"] + (IN_YEAR if year else 0),
        static=read["static"],
        phases=0 if folds else columns.phases,
        scaling=window.scaling,
        skip=config.model.skip,
        origins=config.training.origins,
        folds=folds,
        year=year,
    )


def resolved(value: int | None) -> int:
    """Return a size of a resolved configuration."""
    if value is None:
        raise ValueError("a configuration is resolved before a network is built")
    return value
