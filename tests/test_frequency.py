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
        ("2024-01-05T00:00", "D", None, "2024-01-05"),
        ("1749-01-01", "MS", "%Y-%m-%d", "1749-01-01"),
    ],
)
def test_stamps_are_written_as_the_data_had_them(stamp: str, freq: str, format: str | None, text: str) -> None:
    one = np.array([stamp], dtype="datetime64[us]")
    time = frequency.grid(one, freq, format=format)
    assert frequency.format_stamps(frequency.to_ordinals(one, time), time) == [text]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("H", "h"), ("T", "min"), ("15T", "15min"), ("M", "MS"), ("Q", "QS"), ("A", "YS"), ("Y", "YS"), ("d", "D"),
        ("A-DEC", "YE-DEC"), ("Q-MAR", "QE-MAR"), ("w-mon", "W-MON"), ("0.5s", "500ms"), ("QS-FEB", "QS-FEB"),
        ("QS", "QS"), ("010", "10"), ("1h30min", "90min"),
    ],
)  # fmt: skip
def test_old_spellings_become_those_of_today(old: str, new: str) -> None:
    assert frequency.check_freq(old) == new


@pytest.mark.parametrize("freq", ["", "foo", "0h", "-1h", "SME", "ns", "M-JAN", "0", "-3", "h-X", "B-", "\0"])
def test_what_is_no_frequency_is_a_usage_error_with_a_hint(freq: str) -> None:
    with pytest.raises(UsageError) as error:
        frequency.check_freq(freq)
    assert "Known:" in error.value.hint


def test_a_frequency_of_the_other_kind_of_time_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="whole numbers"):
        frequency.grid(np.array([1, 2]), "h")
    with pytest.raises(UsageError, match="stamps"):
        frequency.grid(stamps("2024", "D", 3), "10")


@pytest.mark.parametrize(
    ("freq", "season", "horizon"),
    [
        ("s", (60,), 60), ("min", (60, 1440), 60), ("15min", (96, 672), 96), ("30min", (48, 336), 48),
        ("h", (24, 168), 48), ("2h", (12, 84), 24), ("24h", (7,), 14), ("D", (7,), 14), ("B", (5,), 14),
        ("W", (52,), 13), ("W-MON", (52,), 13), ("MS", (12,), 12), ("ME", (12,), 12), ("QS-FEB", (4,), 8),
        ("QE", (4,), 8), ("YE-JUN", (1,), 6), ("YS", (1,), 6), ("500ms", (1,), 60), ("1", (1,), 12), (None, (1,), 12),
    ],
)  # fmt: skip
def test_seasons_and_horizons_follow_the_frequency(freq: str | None, season: tuple[int, ...], horizon: int) -> None:
    assert frequency.season_lengths(freq) == season
    assert frequency.default_horizon(freq) == horizon


@pytest.mark.parametrize(
    ("freq", "words"),
    [
        ("MS", "month (MS)"),
        ("15min", "15 minutes (15min)"),
        ("W-MON", "week (W-MON)"),
        ("10", "10"),
        ("QE", "quarter (QE)"),
    ],
)
def test_a_frequency_is_told_in_words(freq: str, words: str) -> None:
    assert frequency.describe(freq) == words
