"""Ordered: rows of an id, a time and a target that stand by series and time, taken a batch at a time to a panel.

A table of cells takes several times the memory of its numbers. So of ids and times is kept where a series begins and
how many steps it has, and numbers of float32 stay that. Where anything is not so plain, as a step without a row or
another order, there is no panel.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.panel import FloatArray, IntArray, Panel, TimeAxis
from rnncast.reading.base import StampArray

LARGE = 2**22
"""Numbers from which on float32 is kept; of fewer float64 costs nothing."""

_FAR = 1e300  # what `columns` refuses


@dataclass(slots=True)
class _Series:
    """Collects the series that follow each other in some rows.

    Attributes:
        values: of all rows, in memory that grows where it lies.
        names: [N].
        begins: [N], the row at which each begins, by batches.
        starts: [N], the ordinal of its first step, by batches.
        last: the ordinal of the last row.
    """

    values: "array[float]"
    names: list[str] = field(default_factory=list)
    begins: list[IntArray] = field(default_factory=list)
    starts: list[IntArray] = field(default_factory=list)
    last: int = 0

    def take(self, ids: pa.DictionaryArray, ordinals: IntArray, values: FloatArray) -> bool:
        """Take some rows [R] in; false where one does not come right after the step before it."""
        codes = ids.indices.to_numpy()
        is_begin = np.diff(codes, prepend=codes[0] - 1) != 0
        texts = ids.dictionary.take(pa.array(codes[is_begin])).cast(pa.string()).to_pylist()
        is_begin[0] = not self.names or texts[0] != self.names[-1]
        if not (is_begin | (np.diff(ordinals, prepend=self.last) == 1)).all():
            return False
        self.names += texts if is_begin[0] else texts[1:]
        self.begins.append(len(self.values) + np.flatnonzero(is_begin))
        self.starts.append(ordinals[is_begin])
        self.values.frombytes(values.data.cast("B"))
        self.last = int(ordinals[-1])
        return True


def suits(data: DataConfig) -> bool:
    """Tell whether settings ask for nothing that needs all rows at once."""
    covariates = (*data.past_covariates, *data.future_covariates, *data.static_covariates)
    return not (covariates or data.category or data.aggregate or data.time_zone) and data.outliers == "keep"


def read(batches: Iterable[pa.RecordBatch], data: DataConfig) -> Panel | None:
    """Return the panel of rows in order, its gaps NaN; None where they are not as plain.

    Args:
        batches: the rows, as they are stored.
        data: the settings with every column and the frequency named.

    Raises:
        ArrowException: a cell of another kind.
        DataError: a time off the grid.
    """
    series: _Series | None = None
    axis = TimeAxis()
    for batch in batches:
        ids, stamps, values = (batch.column(name) for name in (*data.id, str(data.time), *data.target))
        if series is None:
            kind = "f" if values.type == pa.float32() else "d"
            series, axis = _Series(array(kind)), frequency.grid(_times(stamps), str(data.freq), str(data.time))
        numbers = _numbers(values, series.values.typecode)
        if ids.null_count or stamps.null_count or float(np.fmax.reduce(np.abs(numbers))) > _FAR:
            return None
        ids = ids if pa.types.is_dictionary(ids.type) else ids.dictionary_encode()
        if not series.take(ids, frequency.to_ordinals(_times(stamps), axis), numbers):
            return None
    return None if series is None else _panel(series, axis, data)


def _times(stamps: pa.Array) -> StampArray | IntArray:
    kind = pa.int64() if pa.types.is_integer(stamps.type) else pa.timestamp("us")
    times: StampArray | IntArray = stamps.cast(kind).to_numpy(zero_copy_only=False)
    return times


def _numbers(values: pa.Array, kind: str) -> FloatArray:
    cast = values.cast(pa.float32() if kind == "f" else pa.float64())
    return np.ascontiguousarray(cast.to_numpy(zero_copy_only=False))


def _panel(series: _Series, axis: TimeAxis, data: DataConfig) -> Panel | None:
    """Return the panel, None where a series begins or ends without a value, or stands in several places."""
    values = np.frombuffer(series.values, dtype=series.values.typecode)[:, None]  # [R, 1]
    values = values if len(values) >= LARGE else values.astype(np.float64)
    offsets = np.concatenate(series.begins)
    lengths = np.diff(offsets, append=len(values))
    is_seen = values == values  # but NaN
    is_whole = is_seen[offsets].all() and is_seen[offsets + lengths - 1].all()
    if not is_whole or len(set(series.names)) < len(series.names):
        return None
    return Panel(
        values=values,
        observed=np.broadcast_to(np.True_, values.shape) if is_seen.all() else is_seen,  # one byte says all
        offsets=offsets,
        lengths=lengths,
        start=np.concatenate(series.starts),
        ids=np.array(series.names, dtype=np.str_)[:, None],
        id_names=data.id,
        target_names=data.target,
        past_covariates=np.empty((len(values), 0)),
        future_covariates=np.empty((len(values), 0)),
        future_offsets=offsets,
        future_lengths=lengths,
        static_covariates=np.empty((len(offsets), 0)),
        time=axis,
    )
