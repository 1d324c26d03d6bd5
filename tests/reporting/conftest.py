"""Reports that several tests look at: each is made once."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rnncast.cli import program
from tests.browser import Browser, Page, browsing, find

NASTY = '</script><img src="x" onerror="alert(1)">'
"""An id that would be markup, were it not escaped."""

Report = Callable[..., Path]


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Return a function that makes a report with some arguments and returns its path."""
    folder = tmp_path_factory.mktemp("reports")

    def make(name: str, *args: str | Path) -> Path:
        path = folder / f"{name}.html"
        done = CliRunner().invoke(program, ["report", *map(str, args), "-o", str(path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return path

    return make


@pytest.fixture(scope="session")
def airline_report(report: Report, airline: Path) -> Path:
    """Return the report of the airline passengers by the embedded model."""
    return report("airline", airline, "--baseline", "seasonal-naive", "--baseline", "naive")


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table of ten series of days: one with a dangerous name, each with a gap and an outlier."""
    path = tmp_path_factory.mktemp("data") / "shops.csv"
    random = np.random.default_rng(0)
    lines = ["shop,day,units"]
    for name in [NASTY.replace('"', '""'), *(f"shop {number}" for number in range(9))]:
        values = 100 + 20 * np.sin(np.arange(90) * 2 * np.pi / 7) + random.normal(size=90)
        values[60] += 200
        days = [date(2024, 1, 1) + timedelta(step) for step in range(90)]
        lines += [f'"{name}",{day},{value:.2f}' for day, value in zip(days, values, strict=True) if day.day != 9]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def shops_report(report: Report, shops: Path) -> Path:
    """Return the report of the shops by the embedded model, with the dangerous one asked for."""
    return report("shops", shops, "--series", NASTY, "--baseline", "seasonal-naive", "--horizon", "7", "--windows", "2")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return a browser that runs."""
    path = find()
    if path is None:
        pytest.skip("there is no browser; .ci/chromium installs one")
    with browsing(path, tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Page:
    """Return an empty page of the browser."""
    return Page(browser)
