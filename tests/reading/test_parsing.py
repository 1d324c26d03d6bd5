import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnncast import spelling
from rnncast.reading.parsing import parse, style

# A format and the unit to which it is exact.
FORMATS = {
    "%Y-%m-%d": "D", "%Y/%-m/%-d": "D", "%d.%m.%Y": "D", "%-m/%-d/%Y": "D", "%Y%m%d": "D", "%d %b %Y": "D",
    "%B %-d, %Y": "D", "%d-%^b-%Y": "D", "%a, %d %b %Y": "D", "%G-W%V-%u": "D", "%Y-%m": "M", "%m/%Y": "M",
    "%YM%m": "M", "%Y-M%-m": "M", "%b %Y": "M", "%B %Y": "M", "%Y%m": "M", "%Y": "Y", "%Y-%m-%d %H:%M": "m",
    "%Y-%m-%dT%H:%M:%S": "s", "%Y%m%dT%H%M": "m", "%Y%m%d%H": "h", "%d/%m/%Y %-I:%M %p": "m", "%Y-%m-%d %I %~p": "h",
    "%Y-%m-%d %K:%M": "m", "%Y-%m-%d %-H": "h", "%Y-%m-%d %H:%M:%S.%3f": "ms", "%Y-%m-%d %H:%M:%S,%6f": "us",
    "%Y-%m-%dT%H:%M:%S.%9f": "us", "%s": "s", "%3s": "ms", "%6s": "us", "%d/%b/%Y:%H:%M:%S": "s",
}  # fmt: skip
moments = st.lists(st.integers(-(500 * 365 * 86_400), 200 * 365 * 86_400 - 1), min_size=1, max_size=20)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=20, deadline=None)
@given(seconds=moments, micros=st.integers(0, 999_999))
def test_stamps_come_back_from_what_is_written(format: str, seconds: list[int], micros: int) -> None:
    exact = np.array([second * 10**6 + micros for second in seconds]).astype("datetime64[us]")
    stamps = exact.astype(f"datetime64[{FORMATS[format]}]").astype("datetime64[us]")
    texts = spelling.write(stamps, format)
    found = parse(texts, format)
    assert found.fits.all()
    assert (found.stamps == stamps).all()
    assert spelling.write(found.stamps, style(texts, format)) == texts


@pytest.mark.parametrize("format", ["%YQ%q", "Q%q %Y", "%qQ%Y", "%Y:%q"])
def test_quarters_come_back_from_what_is_written(format: str) -> None:
    stamps = np.arange("1898-01", "2103-01", 3, dtype="datetime64[M]").astype("datetime64[us]")
    found = parse(spelling.write(stamps, format), format)
    assert found.fits.all()
    assert (found.stamps == stamps).all()


@pytest.mark.parametrize("format", ["%G-W%V", "%GW%V", "W%V %G"])
def test_weeks_come_back_from_what_is_written(format: str) -> None:
    stamps = np.arange("1900-01-01", "2101-01-01", 7, dtype="datetime64[D]").astype("datetime64[us]")
    found = parse(spelling.write(stamps, format), format)
    assert found.fits.all()
    assert (found.stamps == stamps).all()


@pytest.mark.parametrize("format", ["%H:%M%z", "%H:%M%:z", "%H:%M%Z", "%H:%M %-z"])
@pytest.mark.parametrize("offset", [0, 60, -480])
def test_offsets_come_back_from_what_is_written(format: str, offset: int) -> None:
    stamps = np.array(["1970-01-01T05:30"], dtype="datetime64[us]")
    found = parse(spelling.write(stamps, format, np.array([offset])), format)
    assert (found.stamps[0], found.offsets.tolist()) == (stamps[0], [offset])


@pytest.mark.parametrize(
    ("texts", "years"),
    [
        (["Jan-49", "Dec-60"], [1949, 1960]),
        (["Dec-98", "Jan-99", "Jan-00", "Jan-03"], [1998, 1999, 2000, 2003]),
        (["Jan-24"], [2024]),
        (["Jan-39", "Jan-40"], [1939, 1940]),
        (["Jan-60", "Jan-75", "Jan-85", "Jan-05", "Jan-24"], [1960, 1975, 1985, 2005, 2024]),
        (["Jan-24", "Jan-98"], [2024, 1998]),
    ],
)
def test_two_digits_of_a_year_are_one_stretch_that_ends_by_2039(texts: list[str], years: list[int]) -> None:
    found = parse(texts, "%b-%y").stamps.astype("datetime64[Y]").astype(int) + 1970
    assert found.tolist() == years


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("2024-02-30", "%Y-%m-%d"),
        ("2024-13-01", "%Y-%m-%d"),
        ("0000-01-01", "%Y-%m-%d"),
        ("2024131", "%Y%m%d"),
        ("2024-1-1 ", "%Y-%m-%d"),
        ("2024-01-01 24:00", "%Y-%m-%d %H:%M"),
        ("2024-01-01 00", "%Y-%m-%d %K"),
        ("2024-01-01 12:60", "%Y-%m-%d %H:%M"),
        ("2024-01-01 13:00 PM", "%Y-%m-%d %I:%M %p"),
        ("2024Q5", "%YQ%q"),
        ("2021-W53", "%G-W%V"),
        ("2024-W00", "%G-W%V"),
        ("Tue, 31 Jan 2024", "%a, %d %b %Y"),
        ("31 Foo 2024", "%d %b %Y"),
        ("\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661", "%Y-%m-%d"),
        ("9999999999999999999", "%9s"),
        ("-1.5", "%s.%f"),
        ("2024-01-01T00:00+25:00", "%Y-%m-%dT%H:%M%:z"),
        ("", "%Y"),
        ("x" * 1000, "%Y"),
    ],
)
def test_what_is_no_stamp_of_a_format_does_not_fit(text: str, format: str) -> None:
    found = parse([text, spelling.write(spelling.EXAMPLE, format)[0]], format)
    assert found.fits.tolist() == [False, True]
    assert np.isnat(found.stamps).tolist() == [True, False]


def test_a_fraction_may_be_left_out_and_at_midnight_the_time_of_day() -> None:
    found = parse(["2024-01-01", "2024-01-01 06:00:00", "2024-01-01 06:00:00.5"], "%Y-%m-%d %H:%M:%S.%f")
    expected = ["2024-01-01T00:00", "2024-01-01T06:00", "2024-01-01T06:00:00.5"]
    assert (found.stamps == np.array(expected, dtype="datetime64[us]")).all()


def test_what_is_finer_than_a_microsecond_is_cut_and_told() -> None:
    found = parse(["00:00:00.123456789", "00:00:00.5"], "%H:%M:%S.%f")
    assert found.is_cut
    assert found.stamps.astype(int).tolist() == [123456, 500000]
    assert not parse(["00:00:00.123456000"], "%H:%M:%S.%f").is_cut
