import pytest

from rnncast import aliases
from rnncast.errors import UsageError


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("H", "h"), ("T", "min"), ("15T", "15min"), ("M", "MS"), ("Q", "QS"), ("A", "YS"), ("Y", "YS"), ("d", "D"),
        ("A-DEC", "YE-DEC"), ("Q-MAR", "QE-MAR"), ("w-mon", "W-MON"), ("0.5s", "500ms"), ("QS-FEB", "QS-FEB"),
        ("QS", "QS"), ("010", "10"), ("1h30min", "90min"),
    ],
)  # fmt: skip
def test_old_spellings_become_those_of_today(old: str, new: str) -> None:
    assert aliases.check_freq(old) == new


@pytest.mark.parametrize("freq", ["", "foo", "0h", "-1h", "SME", "ns", "M-JAN", "0", "-3", "h-X", "B-", "\0"])
def test_what_is_no_frequency_is_a_usage_error_with_a_hint(freq: str) -> None:
    with pytest.raises(UsageError) as error:
        aliases.check_freq(freq)
    assert "Known:" in error.value.hint


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
    assert aliases.season_lengths(freq) == season
    assert aliases.default_horizon(freq) == horizon


@pytest.mark.parametrize(
    ("freq", "words"),
    [
        ("MS", "month (MS)"),
        ("15min", "15 minutes (15min)"),
        ("W-MON", "week (W-MON)"),
        ("10", "10"),
        ("QE", "quarter (QE)"),
        ("BME", "month (BME)"),
    ],
)
def test_a_frequency_is_told_in_words(freq: str, words: str) -> None:
    assert aliases.describe(freq) == words
