import sys
from pathlib import Path

import pytest

from rnncast import registry
from rnncast.cli.plotting import _joined
from rnncast.rendering import charts
from tests.cli.conftest import Call

QUICK = ("--horizon", "2", "--anchor", "none")
CHART = "what came   ⠤ ⠤ forecast"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--plot"], ["--plot=-"]),
        (["--plot", "sales.csv"], ["--plot=-", "sales.csv"]),
        (["--plot", "out.PNG", "sales.csv"], ["--plot=out.PNG", "sales.csv"]),
        (["sales.csv", "--plot", "--horizon", "3"], ["sales.csv", "--plot=-", "--horizon", "3"]),
        (["--plot", "out.jpg"], ["--plot=out.jpg"]),
        (["--plot=x", "a"], ["--plot=x", "a"]),
        (["--", "--plot", "a.png"], ["--", "--plot", "a.png"]),
    ],
)
def test_the_word_after_plot_is_its_file_where_it_ends_like_a_picture(words: list[str], expected: list[str]) -> None:
    assert _joined(words) == expected


def test_a_chart_leaves_standard_output_to_the_result(call: Call, airline: Path) -> None:
    plain, plotted = call("predict", airline, *QUICK), call("predict", "--plot", airline, *QUICK)
    assert plotted.status == 0, plotted.stderr
    assert plotted.stdout == plain.stdout
    assert plotted.stderr.startswith(plain.stderr)
    assert CHART in plotted.stderr
    assert "\x1b" not in plotted.stderr


def test_a_chart_that_is_asked_for_is_drawn_though_all_else_is_quiet(call: Call, airline: Path) -> None:
    assert "passengers" in call("-q", "inspect", airline, "--plot").stderr


def test_a_dumb_terminal_gets_ascii(call: Call, airline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert call("inspect", airline, "--plot").stderr.isascii()


@pytest.mark.parametrize("ending", registry.PICTURES)
def test_a_picture_goes_into_its_file(call: Call, airline: Path, tmp_path: Path, ending: str) -> None:
    done = call("inspect", airline, "--plot", f"out.{ending}")
    assert done.status == 0, done.stderr
    assert done.stderr.endswith(f"Wrote out.{ending}.\n")
    assert (tmp_path / f"out.{ending}").stat().st_size > 5_000
    assert [path.name for path in tmp_path.iterdir()] == [f"out.{ending}"]


def test_a_backtest_is_drawn_over_what_came(call: Call, airline: Path, trained: Path, tmp_path: Path) -> None:
    done = call("evaluate", airline, "-c", trained, "--plot", "out.svg", "--levels", "80")
    assert done.status == 0, done.stderr
    text = (tmp_path / "out.svg").read_text()
    assert "80% interval" in text
    assert "what came" in text


def test_what_cannot_be_drawn_is_refused_before_any_work(call: Call, airline: Path) -> None:
    for path, said in (("out.jpg", "no kind of picture called 'jpg'"), ("no/out.png", "the folder does not exist")):
        done = call("predict", "nothing.csv", "--plot", path)
        assert done.status == (2 if "jpg" in path else 1)
        assert said in done.stderr
    done = call("evaluate", airline, "--plot", "--standardised")
    assert done.status == 2
    assert "--standardised changes them" in done.stderr


def test_without_the_library_pictures_are_refused_with_the_remedy(
    call: Call, airline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda name: None)
    done = call("predict", airline, "--plot", "out.png")
    assert done.status == 2
    assert "pip install 'rnncast[report]'" in done.stderr


def test_charts_import_no_library_of_pictures(call: Call, airline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    assert call("inspect", airline, "--plot").status == 0
    assert "matplotlib" not in sys.modules
