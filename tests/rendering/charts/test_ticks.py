import numpy as np
import pytest

from rnncast.rendering.charts.ticks import number_labels, number_ticks, time_ticks


def steps(first: str, last: str, unit: str, every: int = 1) -> np.ndarray:
    return np.arange(first, last, dtype=f"datetime64[{unit}]")[::every].astype("datetime64[us]")


@pytest.mark.parametrize(
    ("stamps", "most", "labels"),
    [
        (steps("1949-01", "1961-01", "M"), 4, ["1950", "1955", "1960"]),
        (steps("1957-09", "1959-02", "M"), 4, ["Jan 1958", "Jul", "Jan 1959"]),
        (steps("1957-09", "1957-12", "M"), 4, ["Sep 1957", "Oct", "Nov"]),
        (steps("1821", "1934", "Y"), 6, ["1840", "1860", "1880", "1900", "1920"]),
        (steps("2023-12-20", "2024-01-20", "D"), 5, ["25 Dec 2023", "1 Jan 2024", "8 Jan", "15 Jan"]),
        (steps("2024-03-01", "2024-03-04", "D"), 5, ["1 Mar 2024", "2 Mar", "3 Mar"]),
        (steps("2024-01-03T05", "2024-01-05T09", "h"), 5, ["3 Jan 12:00", "4 Jan", "12:00", "5 Jan"]),
        (steps("2024-01-03T05:00", "2024-01-03T06:00", "m", 15), 5, ["3 Jan 05:00", "05:15", "05:30", "05:45"]),
        (np.arange(1, 145), 8, ["20", "40", "60", "80", "100", "120", "140"]),
        (np.arange(3), 8, ["0", "1", "2"]),
        (np.arange(5_000, 12_000), 4, ["6,000", "8,000", "10,000"]),
    ],
)
def test_an_axis_of_time_is_marked_where_the_calendar_turns(stamps: np.ndarray, most: int, labels: list[str]) -> None:
    assert [tick.label for tick in time_ticks(stamps, most)] == labels


def test_a_tick_stands_at_the_first_step_of_its_unit() -> None:
    stamps = steps("1957-09", "1959-02", "M")
    assert [str(stamps[int(tick.place)])[:7] for tick in time_ticks(stamps, 2)] == ["1958-01", "1959-01"]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (104, 744, ["200", "400", "600"]),
        (-3, 20_000, ["0", "5,000", "10,000", "15,000", "20,000"]),
        (1e6, 5e6, ["1M", "2M", "3M", "4M", "5M"]),
        (1.4e9, 2.1e9, ["1.4B", "1.6B", "1.8B", "2.0B"]),
        (1e-5, 5e-5, ["1e-05", "2e-05", "3e-05", "4e-05", "5e-05"]),
        (7, 7, ["7"]),
        (-1e308, 1e308, ["-1e+308", "-5e+307", "0", "5e+307", "1e+308"]),
    ],
)
def test_an_axis_of_numbers_is_marked_at_round_ones(low: float, high: float, labels: list[str]) -> None:
    assert [tick.label for tick in number_ticks(low, high, 5)] == labels


def test_labels_of_one_axis_have_as_many_decimals() -> None:
    assert number_labels([0.5, 1.0, 1.25]) == ["0.50", "1.00", "1.25"]
