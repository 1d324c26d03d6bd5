"""A stream is forecast row by row as the same rows in a file are; what is kept of it does not grow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rnncast import api, following
from rnncast.errors import DataError, UsageError
from rnncast.following import Follower
from rnncast.panel import Forecast

TINY: dict[str, Any] = {
    "model": "lstm", "ensemble": 1, "hidden_size": 4, "max_steps": 3, "horizon": 2, "context_length": 8,
    "transform": "none", "anchor": "none",
}  # fmt: skip


def table(count: int = 60, names: str = "") -> pd.DataFrame:
    """Return hourly rows of one series, or of one for each letter, in turn."""
    generator = np.random.default_rng(4)
    rows = [(name, hour) for hour in range(count) for name in names or "a"]
    frame = pd.DataFrame(rows, columns=["name", "hour"])
    frame["time"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame.pop("hour"), unit="h")
    frame["y"] = generator.normal(size=len(frame)).round(3) - 10 * (frame["name"] == "b")
    return frame if names else frame.drop(columns="name")


@pytest.fixture(scope="module")
def forecaster() -> api.Forecaster:
    return api.train(table(), **TINY)


def heard(follower: Follower, *blocks: str) -> list[Forecast | DataError]:
    return list(follower.follow(follower.listener().hear(block.encode() for block in blocks)))


def lines(frame: pd.DataFrame) -> list[str]:
    return frame.to_csv(index=False).splitlines(keepends=True)


def points(found: Sequence[Forecast | DataError]) -> list[list[float]]:
    return [one.point.ravel().tolist() for one in found if isinstance(one, Forecast)]


def test_every_forecast_is_that_of_a_file_of_the_rows_so_far(forecaster: api.Forecaster) -> None:
    frame = table(30)
    found = heard(forecaster.follower(), *lines(frame))
    assert len(found) == 30
    for count in (1, 2, 8, 9, 17, 30):
        expected = forecaster.forecast(frame.head(count))
        one = found[count - 1]
        assert isinstance(one, Forecast)
        assert one.first == expected.first
        np.testing.assert_allclose(one.point, expected.point, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(one.quantiles, expected.quantiles, rtol=1e-5, atol=1e-5)


def test_in_what_blocks_rows_come_makes_no_difference(forecaster: api.Forecaster) -> None:
    text = "".join(lines(table(25)))
    whole = heard(forecaster.follower(), text)
    assert points(heard(forecaster.follower(), *lines(table(25)))) == points(whole)
    assert points(heard(forecaster.follower(), *text)) == points(whole)


def test_every_series_is_followed_by_itself() -> None:
    frame = table(20, "ab")
    forecaster = api.train(table(60, "ab"), **TINY)
    found = heard(forecaster.follower(), "".join(lines(frame)))
    alone = heard(forecaster.follower(), "".join(lines(frame[frame["name"] == "b"])))
    np.testing.assert_allclose(points(found)[1::2], points(alone), rtol=1e-6)


def test_a_gap_in_time_is_filled_as_in_a_file(forecaster: api.Forecaster) -> None:
    frame = table(40).drop(index=[12, 13, 27])
    found = heard(forecaster.follower(), "".join(lines(frame)))
    for count in (13, 14, 25, 30, 37):
        expected = forecaster.forecast(frame.head(count)).point.ravel().tolist()
        np.testing.assert_allclose(points(found)[count - 1], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2024-01-01 04:00:00,3\n", "line 7: its time has come already."),
        ("2024-01-01 01:00:00,3\n", "line 7: it is late: a row of a later time has come already."),
        ("2024-01-01 05:00:00,abc\n", "line 7, column 'y': 'abc' is not a number."),
        ("2024-01-01 05:00:00\n", "line 7: 1 cell where the first row has 2."),
        ("2024-01-01 05:00:00,1,2\n", "line 7: 3 cells where the first row has 2."),
        ("soon,3\n", "line 7, column 'time': 'soon' is no time written as"),
        ("2024-01-01 05:30:00,3\n", "line 7: 'time' holds 2024-01-01 05:30:00, off the grid of frequency h."),
        ('2024-01-01 05:00:00,"3\n', "line 7: a quote is not closed, or text follows a quoted cell."),
    ],
)
def test_a_row_that_is_none_is_told_by_its_line_and_skipped(forecaster: api.Forecaster, line: str, why: str) -> None:
    good = lines(table(9))
    found = heard(forecaster.follower(), "".join([*good[:6], line, *good[6:]]))
    told = [(place, one.message) for place, one in enumerate(found) if isinstance(one, DataError)]
    assert [place for place, _ in told] == [5]
    assert told[0][1].startswith(f"standard input, {why}")
    assert points(found) == points(heard(forecaster.follower(), "".join(good)))


def test_a_row_without_a_value_counts_as_a_missing_step(forecaster: api.Forecaster) -> None:
    frame = table(20)
    frame.loc[[0, 11, 12], "y"] = np.nan
    found = heard(forecaster.follower(), "".join(lines(frame)))
    told = [place for place, one in enumerate(found) if isinstance(one, DataError)]
    assert told == [0, 11, 12]
    np.testing.assert_allclose(points(found)[-1], forecaster.forecast(frame).point.ravel(), rtol=1e-5, atol=1e-5)


def test_json_lines_are_read_as_well_and_one_that_holds_no_row_is_told(forecaster: api.Forecaster) -> None:
    rows = table(9).astype({"time": str}).to_json(orient="records", lines=True)
    found = heard(forecaster.follower(), rows.replace("\n", '\n{"time":[2]}\n', 1), '{"time":"2024-01-01 09:00:00"}\n')
    assert points(found) == points(heard(forecaster.follower(), "".join(lines(table(9)))))
    assert [str(one) for one in found if isinstance(one, DataError)] == [
        "standard input, line 2: 'time' holds several values.",
        "standard input, line 11: there is no column 'y'.",
    ]


def test_the_end_of_a_file_without_its_header_is_read_by_what_the_columns_look_like() -> None:
    forecaster = api.train(table(60, "ab"), **TINY)
    turned = table(20, "ab")[["time", "y", "name"]]
    follower, listener = forecaster.follower(), forecaster.follower().listener()
    found = list(follower.follow(listener.hear(line.encode() for line in lines(turned)[9:])))
    expected = heard(forecaster.follower(), "".join(lines(table(20, "ab").iloc[8:])))
    assert points(found) == points(expected)
    assert listener.notes == ("standard input has no header; its columns are taken as time, y, name.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "standard input has no column 'time'."),
        ("", "standard input is empty."),
        ("time,y\n", "standard input has a header and no rows."),
        ("2024-01-01,1,2\n" * 3, "standard input has no header, and 3 columns where 2 are needed."),
        ("\x1f\x08\x00\x01" * 9, "standard input is not text."),
    ],
)
def test_a_stream_that_does_not_begin_as_a_table_does_is_refused(
    forecaster: api.Forecaster, text: str, message: str
) -> None:
    with pytest.raises(DataError) as told:
        heard(forecaster.follower(), text)
    assert told.value.message == message
    assert told.value.hint


@pytest.mark.parametrize("column", ["with times", "with rows that are only counted"])
def test_what_is_kept_does_not_grow_and_a_forecast_rests_on_it(
    column: str, forecaster: api.Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HISTORY", 16)
    frame = table(60)
    if column != "with times":
        frame = frame[["y"]]
        forecaster = api.train(frame, **TINY)
    follower = forecaster.follower()
    stream = follower.follow(follower.listener().hear([text.encode() for text in lines(frame)]))
    held = set()
    for count, found in enumerate(stream, start=1):
        (kept,) = follower.series.values()
        assert isinstance(found, Forecast)
        assert found.first == found.panel.start + found.panel.lengths
        if count > 16:
            assert kept.rows is not None
            held.add((len(kept.rows.target), *(one.numbers for one in kept.predictor.carriers if one)))
    assert len(held) == 1
    assert kept.dropped == 44
    np.testing.assert_allclose(
        found.point.ravel(), forecaster.forecast(frame.tail(16).reset_index(drop=True)).point.ravel(), rtol=1e-5
    )
    if column != "with times":
        assert found.first == 61


def test_what_counts_in_logarithms_is_read_anew() -> None:
    frame = table(40)
    frame["y"] = np.exp(frame["y"])
    forecaster = api.train(frame, **{**TINY, "transform": "log"})
    follower = forecaster.follower()
    found = heard(follower, "".join(lines(frame)))
    assert [list(one.predictor.carriers) for one in follower.series.values()] == [[]]
    np.testing.assert_allclose(points(found)[-1], forecaster.forecast(frame).point.ravel(), rtol=1e-6)


def test_covariates_of_the_past_are_read_and_those_of_later_steps_refused() -> None:
    frame = table(40).assign(x=lambda rows: np.sin(rows.index), z=1.0 * (np.arange(40) % 3))
    known = api.train(frame, **TINY, target=("y",), past_covariates=("x",))
    found = heard(known.follower(), "".join(lines(frame)))
    np.testing.assert_allclose(points(found)[-1], known.forecast(frame).point.ravel(), rtol=1e-5, atol=1e-5)
    ahead = api.train(frame, **TINY, target=("y",), future_covariates=("z",))
    with pytest.raises(UsageError, match="knows nothing of later steps, and the checkpoint reads z there"):
        ahead.follower()
