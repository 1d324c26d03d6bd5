import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rnncast import registry
from rnncast.errors import DeviceError, UsageError
from rnncast.rendering import charts
from rnncast.rendering.charts.base import Gallery
from tests.rendering.charts.making import NAN, chart_of, fan_of, rising

FORECAST = rising(fan_of(10, [10.0, 11.0, 12.0], 6.0, 3.0))
BEGINS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.parametrize("ending", registry.PICTURES)
def test_the_same_chart_is_the_same_bytes_without_a_date(ending: str) -> None:
    drawn = charts.draw(FORECAST, ending)
    assert drawn.startswith(BEGINS[ending])
    assert drawn == charts.draw(FORECAST, ending)
    assert b"Date" not in drawn
    assert b"date" not in drawn


def text_of(gallery: Gallery) -> list[str]:
    """Return the texts of a picture, which is whole XML then."""
    root = ElementTree.fromstring(charts.draw(gallery, "svg"))
    return ["".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_says_what_is_what() -> None:
    found = text_of(FORECAST)
    assert {"sales", "what came", "forecast", "80% interval", "95% interval"} <= set(found)
    assert any(text.endswith("Jan 2024") for text in found)


@pytest.mark.parametrize("name", ["$\\frac{1", "a $x$ b", "<script>&'\"", "\x1b[31m\x00\n", "größe 売上", "x" * 500])
def test_names_from_the_data_are_text(name: str) -> None:
    found = text_of(rising(fan_of(10, [1.0], 1.0), name=name))
    assert found
    if len(name) < 60 and name.isprintable():
        assert name in found


def test_several_series_are_small_and_the_rest_is_counted() -> None:
    found = text_of(Gallery(FORECAST.charts * 5, left_out=1234))
    assert found.count("sales") == 5
    assert found.count("forecast") == 1
    assert "1,234 more not drawn" in found


@pytest.mark.parametrize("values", [[NAN], [5.0], [1e308, -1e308], [1.0, NAN, 2.0]])
def test_odd_series_are_drawn_too(values: list[float]) -> None:
    assert charts.draw(Gallery((chart_of(values, fan_of(len(values), [1.0], 1.0)),)), "png")


def test_no_other_kind_is_drawn() -> None:
    with pytest.raises(UsageError, match="no kind of picture called 'jpg'") as caught:
        charts.check("jpg")
    assert "png, svg, pdf" in caught.value.hint


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        charts, "find_spec", lambda name: None if name == "matplotlib" else importlib.util.find_spec(name)
    )
    with pytest.raises(DeviceError, match="not installed") as caught:
        charts.draw(FORECAST, "png")
    assert caught.value.hint == "pip install 'rnncast[report]'"


@pytest.mark.slow
def test_nothing_is_left_in_the_home(tmp_path: Path, clean_env: dict[str, str], root: Path) -> None:
    home = tmp_path / "home"
    (home / "temporary").mkdir(parents=True)
    code = (
        "import sys; from tests.rendering.charts.test_picture import FORECAST; from rnncast.rendering import charts; "
    )
    code += "sys.stdout.buffer.write(charts.draw(FORECAST, 'svg'))"
    env = clean_env | {"HOME": str(home), "TMPDIR": str(home / "temporary")}
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env=env, capture_output=True, check=True)
    assert done.stdout == charts.draw(FORECAST, "svg")
    assert [name for _, folders, files in os.walk(home) for name in (*folders, *files)] == ["temporary"]
