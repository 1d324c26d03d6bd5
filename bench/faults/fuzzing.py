"""Tables that nobody has written, for so many minutes: each is read, or refused with a sentence."""

import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bench.faults.base import told
from rnncast import api
from rnncast.errors import RnncastError
from tests.reading.test_fuzzed_files import damaged

EVERY = 20
"""Of the tables that are read, every so manyth is forecast too."""


def main(times: int, seed_: int) -> int:
    """Fuzz for so many minutes; return how many tables gave something else than a panel or an error."""
    warnings.simplefilter("error")
    failures, counts, end = list[str](), {"read": 0, "refused": 0, "forecast": 0}, time.monotonic() + 60 * times
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        number = seed_
        while time.monotonic() < end:
            try:
                _some(path, counts, number)
            except Exception as error:
                kept = Path(tempfile.gettempdir()) / f"fuzzed-{number}.csv"
                kept.write_bytes(path.read_bytes())
                failures.append(f"{type(error).__name__}: {str(error)[:200]} ({kept})")
            number += 1
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return told(sum(counts.values()), failures)


def _some(path: Path, counts: dict[str, int], number: int) -> None:
    """Try a hundred tables."""

    @seed(number)
    @settings(
        max_examples=100, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(content=st.one_of(damaged(), st.binary(max_size=300)))
    def attempt(content: bytes) -> None:
        path.write_bytes(content)
        try:
            reading = api.read(str(path), api.Config().data)
            counts["read"] += 1
            if counts["read"] % EVERY == 0:
                assert np.isfinite(api.untrained(reading, horizon=3).forecast().quantiles).all()
                counts["forecast"] += 1
        except RnncastError as refused:
            counts["refused"] += 1
            if not (refused.message and refused.hint):
                raise ValueError(f"an error without words: {refused!r}") from refused

    attempt()
