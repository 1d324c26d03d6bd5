"""`rnncast export` and `rnncast predict -c FILE.onnx`, as they are typed."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Call

pytest.importorskip("onnxscript", reason="it needs the extra 'export'")
FIXTURES = Path(__file__).parents[1] / "fixtures"
MODEL, CHECKPOINT = FIXTURES / "exported-1.onnx", FIXTURES / "version-2.safetensors"

WITHOUT_TORCH = """
import sys
from rnncast.cli import main
try:
    main(sys.argv[1:])
finally:
    assert not {"torch", "onnxscript"} & set(sys.modules), "it was loaded"
"""


@pytest.mark.promise("P18")
def test_running_a_model_writes_nothing_into_the_home_folder(
    airline: Path, clean_env: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "rnncast", "predict", "-c", str(MODEL), str(airline)]
    subprocess.run(command, env={**clean_env, "HOME": str(tmp_path)}, cwd=tmp_path, capture_output=True, check=True)
    assert list(tmp_path.iterdir()) == []


def test_an_exported_model_prints_the_checkpoints_table(call: Call, airline: Path) -> None:
    plain = call("predict", "-c", CHECKPOINT, airline)
    found = call("predict", "-c", MODEL, airline)
    assert (found.status, found.stderr) == (0, plain.stderr)
    ours, theirs = ([line.split(",") for line in text.splitlines()] for text in (found.stdout, plain.stdout))
    assert [row[0] for row in ours] == [row[0] for row in theirs]
    assert ours[0] == theirs[0]
    np.testing.assert_allclose(
        np.array([row[1:] for row in ours[1:]], dtype=float),
        np.array([row[1:] for row in theirs[1:]], dtype=float),
        rtol=1e-5,
    )


def test_it_runs_without_torch(airline: Path, clean_env: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH, "predict", "-c", MODEL, airline, "-o", "forecast.csv"]
    done = subprocess.run(command, cwd=tmp_path, env=clean_env, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "forecast.csv")) == 12


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("predict", "-c", MODEL), "holds no data"),
        (("predict", "-c", MODEL, "DATA", "-H", "13"), "12 steps, not 13"),
        (("predict", "-c", MODEL, "DATA", "--min", "0"), "bounds of its own"),
        (("predict", "-c", MODEL, "DATA", "--target", "passengers"), "target is given"),
        (("predict", "-c", "none.onnx", "DATA"), "there is no checkpoint"),
        (("predict", "-c", "DATA.onnx", "DATA"), "no model that rnncast can run"),
        (("export", "m.onnx"), "there is no checkpoint"),
        (("export", "no/folder/m.onnx", "-c", CHECKPOINT), "no/folder"),
        (("export", "m.onnx", "-c", CHECKPOINT, "--min", "2", "--max", "1"), "no number between"),
    ],
)
def test_what_cannot_be_is_one_error(
    call: Call, airline: Path, tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    (tmp_path / "DATA.onnx").write_bytes(airline.read_bytes())
    found = call(*(airline if arg == "DATA" else arg for arg in args))
    assert found.status in (1, 2)
    assert found.stdout == ""
    assert re.fullmatch(r"Error: .*\nHint: .*\n", found.stderr)
    assert message in found.stderr
    assert not Path("m.onnx").exists()


@pytest.mark.slow
def test_the_example_of_the_docs_reads_raw_values(call: Call, airline: Path, tmp_path: Path) -> None:
    train = ("-m", "lstm", "--max-steps", "4", "--ensemble", "1", "--hidden-size", "8", "-L", "24", "-q")
    assert call("train", airline, *train).status == 0
    done = call("export", "airline.onnx", "--anchor", "none")
    assert done.status == 0, done.stderr
    assert "agrees with torch on 4 windows" in done.stderr
    docs = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")
    example = docs.split("```python\n")[1].split("```")[0]
    (tmp_path / "airline.csv").write_bytes(airline.read_bytes())
    shown = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    table = call("predict", "-c", "airline.onnx", airline).stdout.splitlines()[1:]
    numbers = [float(word) for word in re.findall(r"[\d.]+", shown.stdout)]
    np.testing.assert_allclose(numbers[:12], [float(row.split(",")[1]) for row in table], rtol=1e-6)
