import numpy as np
import pytest

from rnncast import spelling

MOMENT = np.array(["2024-02-01T00:07:09.250000"], dtype="datetime64[us]")


@pytest.mark.parametrize(
    ("format", "offset", "text"),
    [
        ("%Y-%m-%dT%H:%M:%S.%3f", 0, "2024-02-01T00:07:09.250"),
        ("%-d.%-m.%y", 0, "1.2.24"),
        ("%d-%b-%Y", 0, "01-Feb-2024"),
        ("%^b %d, %Y", 0, "FEB 01, 2024"),
        ("%~B %Y", 0, "february 2024"),
        ("%a %A", 0, "Thu Thursday"),
        ("%-I:%M %p", 0, "12:07 AM"),
        ("%I %~p", 0, "12 am"),
        ("%Y-%m-%d %K", 0, "2024-01-31 24"),
        ("%YQ%q", 0, "2024Q1"),
        ("%G-W%V-%u", 0, "2024-W05-4"),
        ("%H:%M%z", -210, "00:07-0330"),
        ("%H:%M%:z", 60, "00:07+01:00"),
        ("%H:%M%-z", 60, "00:07+01"),
        ("%H:%M%Z", 0, "00:07Z"),
        ("%H:%M%Z", 60, "00:07+01:00"),
        ("%s", 0, "1706746029"),
        ("%s.%2f", 0, "1706746029.25"),
        ("%3s", 0, "1706746029250"),
        ("%9s", 0, "1706746029250000000"),
    ],
)
def test_a_stamp_is_written_as_its_format_says(format: str, offset: int, text: str) -> None:
    assert spelling.write(MOMENT, format, np.array([offset])) == [text]


@pytest.mark.parametrize("year", ["0001", "0987", "1500", "9999"])
def test_years_have_four_digits_whatever_the_platform(year: str) -> None:
    assert spelling.write(np.array([f"{year}-03-01"], dtype="datetime64[D]"), "%Y-%m") == [f"{year}-03"]


@pytest.mark.parametrize("format", ["%Y-%Y", "%x", "%", "%%", "50%", "%-", "%Q"])
def test_what_is_no_format_is_refused(format: str) -> None:
    with pytest.raises(ValueError, match="no format"):
        spelling.tokens(format)


@pytest.mark.parametrize(
    ("format", "words"),
    [
        ("%d/%m/%Y", "DD/MM/YYYY, such as 31/01/2024"),
        ("%-m/%-d/%y %-I:%M %p", "M/D/YY h:mm AM/PM, such as 1/31/24 5:05 PM"),
        ("%Y-%m-%dT%H:%M:%S.%3f%:z", "YYYY-MM-DDThh:mm:ss.fff+hh:mm, such as 2024-01-31T17:05:09.250+00:00"),
        ("%3s", "milliseconds since 1970, such as 1706720709250"),
        ("%b-%y", "Mon-YY, such as Jan-24"),
    ],
)
def test_a_format_is_said_in_words_and_by_example(format: str, words: str) -> None:
    assert spelling.say(format) == words


def test_a_format_knows_whether_it_names_instants() -> None:
    assert [spelling.has_offset(format) for format in ("%Y %H:%M", "%Y%:z", "%s", "%Y %H:%M UTC")] == [
        False,
        True,
        True,
        True,
    ]
    assert [spelling.is_utc(format) for format in ("%Y", "%Y%Z", "%s", "%Y %H:%M GMT")] == [False, False, True, True]
