"""What is said of covariates that the embedded model does not read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Call

ROLES = ("--target", "sold", "--past", "visits", "--static", "area", "--future", "promo", "-H", "2")
NOTES = {
    "Note: it does not read visits, area.",
    "Note: a regression adds the effects of promo where past origins say that it helps (-v).",
}
ROWS = 48


def lines(switches: Sequence[int], rows: range) -> list[str]:
    """Return rows of a shop that sells eight more where there is a promotion."""
    return [f"{row},{20 + 8 * switches[row] + row % 3},{row % 5},7,{switches[row]}" for row in rows]


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Path, Path]:
    """Return the paths of a shop's sales, and of the promotions of the next two days."""
    switches = (np.random.default_rng(0).random(ROWS + 2) < 0.3).astype(int).tolist()
    data, ahead = tmp_path / "shop.csv", tmp_path / "ahead.csv"
    data.write_text("\n".join(["day,sold,visits,area,promo", *lines(switches, range(ROWS))]))
    ahead.write_text("\n".join(["day,promo", f"{ROWS},0", f"{ROWS + 1},1"]))
    return data, ahead


def test_a_forecast_says_what_becomes_of_covariates_and_in_detail_whether_they_help(
    call: Call, shop: tuple[Path, Path]
) -> None:
    data, ahead = shop
    detailed, short = (call("predict", data, *ROLES, "--future-data", ahead, *more) for more in (("-v",), ()))
    assert (detailed.status, short.status) == (0, 0)
    assert set(detailed.stderr.splitlines()) > NOTES
    assert set(short.stderr.splitlines()) > NOTES
    assert "\nA ridge regression on promo" in detailed.stderr
    assert "and is added." in detailed.stderr
    assert "ridge" not in short.stderr
    assert short.stdout == detailed.stdout


def test_a_backtest_says_it_too(call: Call, shop: tuple[Path, Path]) -> None:
    done = call("evaluate", shop[0], *ROLES, "--windows", "1", "-v")
    assert done.status == 0, done.stderr
    assert set(done.stderr.splitlines()) > NOTES
    assert "\nA ridge regression on promo" in done.stderr
