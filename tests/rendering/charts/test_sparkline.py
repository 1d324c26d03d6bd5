import pytest

from rnncast.rendering.charts.sparkline import sparkline


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], ""), ([3.0], "▁"), ([1.0, 1.0], "▁▁"), ([100.0, 10.0, 1.0], "█▅▁"), ([-1.0, 0.0, 1.0], "▁▅█"),
     ([float("nan"), 1.0, 2.0], "▁█")],
)  # fmt: skip
def test_a_curve_runs_from_its_lowest_to_its_highest(values: list[float], expected: str) -> None:
    assert sparkline(values, 8, unicode=True) == expected


def test_a_long_curve_keeps_its_last_value() -> None:
    curve = sparkline([*range(1, 100), 1], 10, unicode=False)
    assert (len(curve), curve[-1]) == (10, "_")
    assert curve.isascii()
