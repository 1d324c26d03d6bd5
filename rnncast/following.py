"""Following: each row of a stream is forecast from as soon as it comes.

The last rows of each series are read as those of a file are, and forecast from their end: a forecast is the one that
`forecasting` gives from the same rows. Where that comes to the same, the networks' states are carried from row to row,
see `carrying`; else their windows are read anew. What is kept of a series does not grow.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from rnncast import forecasting, holidays
from rnncast.carrying import Carrier
from rnncast.checkpoint import Checkpoint
from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.forecasting import Predictor
from rnncast.listening import Heard, Listener
from rnncast.panel import Forecast
from rnncast.reading import panel_from_rows
from rnncast.reading.base import FILE, Rows
from rnncast.reading.roles import Roles

HISTORY = 4096
"""Rows of a series that are kept, or as many as a network reads where that is more."""

PARTS = ("codes", "times", "target", "past", "future", "static")
"""What rows have of each."""


class Followed(NamedTuple):
    """Holds what is kept of one series: what forecasts it, its last rows, and how many came before these."""

    predictor: Predictor
    rows: Rows
    dropped: int = 0

    def then(self, row: Rows, most: int) -> "Followed":
        """Return the series with one more row, of which at most so many rows are kept.

        Raises:
            DataError: the row is not later than the last one.
        """
        _check_time(self.rows, row)
        rows = _joined(self.rows, row)
        return self._replace(rows=_last(rows, most), dropped=self.dropped + max(0, len(rows.codes) - most))


@dataclass(slots=True)
class Follower:
    """Forecasts series whose rows come one after the other.

    Attributes:
        predictor: what forecasts.
        checkpoint: says how rows are read.
        horizon: steps that are forecast after each row.
        series: what is kept of each series, by its id.
    """

    predictor: Predictor
    checkpoint: Checkpoint
    horizon: int
    series: dict[tuple[str, ...], Followed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that rows alone are enough.

        Raises:
            UsageError: the checkpoint needs to know what a row does not tell.
        """
        _check(self.checkpoint.config.data)

    @property
    def history(self) -> int:
        """Return how many rows are kept of each series."""
        return max(HISTORY, *(network.shape.context_length for network in self.predictor.networks))

    def listener(self) -> Listener:
        """Return what reads a stream with the columns of the checkpoint."""
        panel = self.checkpoint.panel
        return Listener(self.checkpoint.config.data, panel.words, panel.time.format)

    def follow(self, stream: Iterable[Heard | DataError]) -> Iterator[Forecast | DataError]:
        """Yield a forecast after each row of what a listener hears, or an error that says why there is none."""
        for heard in stream:
            if isinstance(heard, DataError):
                yield heard
                continue
            for row in _single(heard.rows):
                try:
                    yield self._forecast(row, heard.roles)
                except DataError as error:
                    yield DataError(f"{row.place(0)}: {error.message}", error.hint)

    def _forecast(self, row: Rows, roles: Roles) -> Forecast:
        """Return the forecast after a row, which is kept.

        Raises:
            DataError: there is none; all but a row without a value are not kept.
        """
        name = tuple(row.ids[0].tolist())
        before = self.series.get(name)
        followed = Followed(carrying(self.predictor), row) if before is None else before.then(row, self.history)
        if np.isnan(row.target).all():
            self.series[name] = followed
            raise DataError("it has no value, and its step counts as missing.")
        reading = panel_from_rows(followed.rows, roles, self.checkpoint.panel.words)
        self.series[name] = followed
        panel = holidays.reaching(reading.panel, roles.data.holidays, self.horizon)
        if panel.time.name is None:  # where rows are only counted, those before count too
            panel = replace(panel, start=panel.start + followed.dropped)
        return forecasting.forecast(followed.predictor, panel, self.horizon, reading.ahead)


def carrying(predictor: Predictor) -> Predictor:
    """Return what forecasts one series from its end again and again, and carries the states that can be carried.

    In logarithms none can: their unit is told from all rows, and changes with each.
    """
    networks = [] if predictor.logarithm else predictor.networks
    return replace(predictor, carriers=[Carrier(one) if Carrier.suits(one) else None for one in networks])


def _check(data: DataConfig) -> None:
    """Raise a UsageError for settings by which no row can be read by itself."""
    if data.future_covariates:
        names = ", ".join(data.future_covariates)
        raise UsageError(
            f"--follow knows nothing of later steps, and the checkpoint reads {names} there.",
            "Predict from a file with --future-data, or train without --future.",
        )
    if data.aggregate is not None or FILE in data.id:
        what = "joins rows of one time" if data.aggregate is not None else "tells series apart by their files"
        raise UsageError(
            f"the checkpoint {what}, which a stream does not show.", "Predict from files, without --follow."
        )


def _single(rows: Rows) -> Iterator[Rows]:
    """Yield rows one by one, each with the id of its own series alone."""
    for number, code in enumerate(rows.codes.tolist()):
        row = rows.only(np.array([number]))
        yield replace(row, codes=np.zeros_like(row.codes), ids=rows.ids[code : code + 1])


def _check_time(before: Rows, row: Rows) -> None:
    """Raise a DataError for a row that is not later than the last one."""
    if before.times is None or row.times is None or row.times[0] > before.times[-1]:
        return
    if row.times[0] == before.times[-1]:
        raise DataError("its time has come already.")
    raise DataError("it is late: a row of a later time has come already.")


def _joined(before: Rows, row: Rows) -> Rows:
    """Return the rows of a series with one more; the place is told of this one alone."""
    parts = {name: (getattr(before, name), getattr(row, name)) for name in PARTS}
    whole: dict[str, Any] = {name: np.concatenate(pair) for name, pair in parts.items() if pair[0] is not None}
    return replace(row, **whole)


def _last(rows: Rows, most: int) -> Rows:
    """Return the last rows, at most so many."""
    parts: dict[str, Any] = {name: getattr(rows, name) for name in PARTS if getattr(rows, name) is not None}
    return replace(rows, **{name: part[-most:] for name, part in parts.items()})
