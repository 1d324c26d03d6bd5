import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncast import frequency
from rnncast.errors import DataError, UsageError
from rnncast.panel import TimeAxis

ALIASES = [
    "500ms", "s", "30s", "min", "15min", "h", "2h", "36h", "D", "2D", "W-MON", "W-SUN", "2W-WED", "MS", "ME", "2MS",
    "QS", "QS-FEB", "QS-MAR", "QE", "QE-OCT", "QE-NOV", "YS", "YS-APR", "YE", "YE-JUN", "2YS", "B", "2B",
    "BMS", "BME", "BQS", "BQE", "BYS", "BYE", "BQE-NOV", "2BMS",
]  # fmt: skip


def stamps(start: str, freq: str, count: int) -> np.ndarray:
    return pd.date_range(start, periods=count, freq=freq).to_numpy()


@pytest.mark.parametrize("freq", ALIASES)
@pytest.mark.parametrize("start", ["1899-12-28 00:00", "1968-02-29 13:00", "2024-01-31 23:30"])
def test_the_grid_continues_as_the_calendar_of_pandas_does(freq: str, start: str) -> None:
    expected = stamps(start, freq, 120)
    time = frequency.grid(expected[:40], freq)
    ordinals = frequency.to_ordinals(expected[:40], time)
    further = np.arange(ordinals[0], ordinals[0] + 120)
    assert (np.diff(ordinals) == 1).all()
    assert (frequency.to_stamps(further, time) == expected).all()


@pytest.mark.parametrize("freq", ALIASES)
def test_the_anchor_is_the_first_stamp_of_the_grid_from_1970_on(freq: str) -> None:
    time = frequency.grid(stamps("1963-03-05", freq, 30), freq)
    zero, before = frequency.to_stamps(np.array([0, -1]), time)
    assert str(zero).removesuffix(".000000") == time.anchor
    assert before < np.datetime64("1970-01-01") <= zero


@pytest.mark.parametrize(
    ("stamp", "freq", "cycle", "expected"),
    [
        ("2024-02-29T17:20", "h", 24, 17),
        ("1949-03-01", "MS", 12, 2),
        ("1949-03-31", "ME", 12, 2),
        ("1956-07-01", "QS", 4, 2),
        ("2024-02-26", "D", 7, 4),
        ("2024-02-27", "B", 5, 3),
        ("2024-02-27T06:45", "15min", 96, 27),
    ],
)
def test_ordinals_count_from_1970(stamp: str, freq: str, cycle: int, expected: int) -> None:
    one = np.array([stamp], dtype="datetime64[us]")
    assert frequency.to_ordinals(one, frequency.grid(one, freq))[0] % cycle == expected


def test_a_month_that_is_too_short_ends_on_its_last_day() -> None:
    given_stamps = np.array(["2023-12-30", "2024-01-30"], dtype="datetime64[D]")
    time = frequency.grid(given_stamps, "MS", format="%Y-%m-%d")
    ordinals = frequency.to_ordinals(given_stamps, time)[-1] + np.arange(4)
    assert frequency.format_stamps(ordinals, time) == ["2024-01-30", "2024-02-29", "2024-03-30", "2024-04-30"]


@pytest.mark.parametrize("freq", ["2ME", "4ME", "2QE-DEC", "6ME"])
@pytest.mark.parametrize("start", ["2024-01-31", "2024-02-28", "2024-03-31", "2024-06-30"])
def test_several_months_at_once_may_begin_in_any(freq: str, start: str) -> None:
    expected = stamps(start, freq, 12)
    time = frequency.grid(expected[:6], freq)
    first = frequency.to_ordinals(expected[:1], time)[0]
    assert (frequency.to_stamps(first + np.arange(12), time) == expected).all()


def test_business_days_skip_the_weekend() -> None:
    friday = np.array(["2024-03-01"], dtype="datetime64[D]")
    time = frequency.grid(friday, "B")
    ordinals = frequency.to_ordinals(friday, time) + np.arange(2)
    assert frequency.format_stamps(ordinals, time) == ["2024-03-01", "2024-03-04"]


@pytest.mark.parametrize(
    ("moment", "freq", "odd"),
    [
        (["2024-01-01T00:00", "2024-01-01T01:00", "2024-01-01T02:30"], "h", "02:30"),
        (["2024-01-01", "2024-02-01", "2024-03-02"], "MS", "2024-03-02"),
        (["2024-01-31", "2024-02-28"], "ME", "2024-02-28"),
        (["2024-01-01", "2024-01-06"], "B", "2024-01-06"),
        (["2024-01-02", "2024-01-09"], "W-MON", "2024-01-02"),
        (["2024-02-01", "2024-05-01"], "QS-JAN", "2024-02-01"),
    ],
)
def test_a_stamp_off_the_grid_is_named(moment: list[str], freq: str, odd: str) -> None:
    with pytest.raises(DataError, match=odd) as error:
        frequency.grid(np.array(moment, dtype="datetime64[us]"), freq)
    assert "--freq" in error.value.hint


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=20),
    st.integers(1, 1000),
    st.integers(-999, 999),
)
def test_whole_numbers_come_back_from_their_ordinals(counts: list[int], step: int, origin: int) -> None:
    numbers = np.array(counts) * step + origin
    time = frequency.grid(numbers, str(step))
    assert frequency.format_stamps(frequency.to_ordinals(numbers, time), time) == [str(n) for n in numbers]
    assert 0 <= int(str(time.anchor)) < step


@given(st.sampled_from(ALIASES), st.lists(st.integers(-3000, 3000), min_size=1, max_size=10))
def test_ordinals_come_back_from_their_stamps(freq: str, wanted: list[int]) -> None:
    time = frequency.grid(stamps("2001-05-17 09:00", freq, 5), freq)
    ordinals = np.array(wanted)
    assert (frequency.to_ordinals(frequency.to_stamps(ordinals, time), time) == ordinals).all()


def test_without_a_time_column_ordinals_are_row_numbers() -> None:
    assert frequency.format_stamps(np.array([1, 145]), TimeAxis()) == ["1", "145"]


@pytest.mark.parametrize(
    ("stamp", "freq", "format", "text"),
    [
        ("1949-01", "MS", "%Y-%m", "1949-01"),
        ("1949-01-01", "YS", "%Y", "1949"),
        ("2024-01-05T06:07:08.500", "500ms", "%Y/%m/%d %H:%M:%S.%1f", "2024/01/05 06:07:08.5"),
        ("2024-01-05T06:00", "h", None, "2024-01-05T06:00:00"),
        ("2020-04-01", "QS", "%YQ%q", "2020Q2"),
        ("2021-01-04", "W-MON", "%G-W%V", "2021-W01"),
        ("0987-03-01", "MS", "%Y-%m", "0987-03"),
        ("2024-01-05T00:00", "D", None, "2024-01-05"),
        ("1749-01-01", "MS", "%Y-%m-%d", "1749-01-01"),
    ],
)
def test_stamps_are_written_as_the_data_had_them(stamp: str, freq: str, format: str | None, text: str) -> None:
    one = np.array([stamp], dtype="datetime64[us]")
    time = frequency.grid(one, freq, format=format)
    assert frequency.format_stamps(frequency.to_ordinals(one, time), time) == [text]


def test_a_frequency_of_the_other_kind_of_time_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="whole numbers"):
        frequency.grid(np.array([1, 2]), "h")
    with pytest.raises(UsageError, match="stamps"):
        frequency.grid(stamps("2024", "D", 3), "10")


def written(moments: list[str], freq: str, zone: str, count: int = 3) -> list[str]:
    """Return the instants and what follows them, with their offsets, in a zone."""
    instants = np.array(moments, dtype="datetime64[us]")
    time = frequency.grid(instants, freq, format="%Y-%m-%d %H:%M%:z", zone=zone)
    return frequency.format_stamps(frequency.to_ordinals(instants, time)[0] + np.arange(count), time)


def test_hours_go_on_in_utc_where_the_clocks_of_a_zone_are_changed() -> None:
    assert written(["2024-10-27T00:00"], "h", "Europe/Berlin") == [
        "2024-10-27 02:00+02:00",
        "2024-10-27 02:00+01:00",
        "2024-10-27 03:00+01:00",
    ]
    assert written(["2024-03-31T00:00"], "h", "Europe/Berlin", 2) == [
        "2024-03-31 01:00+01:00",
        "2024-03-31 03:00+02:00",
    ]


@pytest.mark.parametrize("freq", ["D", "B", "W-SAT", "MS", "ME", "YS"])
def test_days_and_longer_steps_are_local_dates_of_their_zone(freq: str) -> None:
    local = pd.date_range("2024-01-01", periods=80, freq=freq, tz="America/New_York")
    instants = local.tz_convert(None).to_numpy().astype("datetime64[us]")
    time = frequency.grid(instants, freq, zone="America/New_York")
    ordinals = frequency.to_ordinals(instants, time)
    assert (np.diff(ordinals) == 1).all()
    assert (frequency.to_stamps(ordinals, time) == instants).all()
    assert str(time.anchor).endswith("T00:00:00")


def test_a_midnight_that_the_clocks_skip_is_the_moment_after() -> None:
    noon = np.array(["2018-11-03T03:00"], dtype="datetime64[us]")
    time = frequency.grid(noon, "D", zone="America/Sao_Paulo")
    following = frequency.to_stamps(frequency.to_ordinals(noon, time) + 1, time)
    assert str(following[0]) == "2018-11-04T03:00:00.000000"


@pytest.mark.parametrize(
    ("moment", "freq", "begin"),
    [
        ("2024-07-01T01:30", "h", "2024-07-01T01:00"),
        ("2024-07-01T01:30", "D", "2024-06-30T22:00"),
        ("2024-06-30T22:30", "MS", "2024-06-30T22:00"),
    ],
)
def test_the_step_that_holds_an_instant_begins_by_the_local_clock(moment: str, freq: str, begin: str) -> None:
    instants = np.array([moment], dtype="datetime64[us]")
    assert frequency.floor(instants, freq, "Europe/Berlin")[0] == np.datetime64(begin)
