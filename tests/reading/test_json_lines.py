from pathlib import Path

import pytest

from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.reading import Reading, read_panel


def read(folder: Path, text: str, data: DataConfig | None = None) -> Reading:
    (folder / "data.jsonl").write_text(text, encoding="utf-8")
    return read_panel([str(folder / "data.jsonl")], data or DataConfig())


def test_numbers_stay_numbers_and_null_is_missing(tmp_path: Path) -> None:
    rows = "".join(f'{{"ds": "2024-01-0{i}", "y": {i / 8 if i != 3 else "null"}}}\n' for i in range(1, 8))
    reading = read(tmp_path, rows)
    assert reading.panel.values[:, 0].tolist() == [1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8]
    assert (reading.missing, reading.form) == (1, "JSON lines, utf-8")


def test_keys_may_stand_in_any_order_and_be_missing(tmp_path: Path) -> None:
    rows = (
        '{"ds":"2024-01-01","y":1}',
        "",
        '{"y":2,"ds":"2024-01-02","z":5}',
        '{"ds":"2024-01-03","z":6}',
        '{"ds":"2024-01-04","y":4,"z":7}',
    )
    panel = read(tmp_path, "\n".join(rows), DataConfig(target=("y", "z"))).panel
    assert panel.observed.tolist() == [[True, False], [True, True], [False, True], [True, True]]


def test_ids_keep_their_zeros_and_large_numbers_their_digits(tmp_path: Path) -> None:
    ids = ('"007"', "12345678901234567890", "12345678901234567891")
    rows = "".join(f'{{"id":{name},"ds":"2024-01-0{i}","y":{i * i}}}\n' for name in ids for i in (1, 2, 3))
    assert read(tmp_path, rows).panel.ids[:, 0].tolist() == ["007", "12345678901234567890", "12345678901234567891"]


@pytest.mark.parametrize("value", ["true", "false"])
def test_truth_is_one_or_zero(tmp_path: Path, value: str) -> None:
    rows = "".join(f'{{"ds":"2024-01-0{i}","y":{i * i},"on":{value}}}\n' for i in (1, 2, 3))
    panel = read(tmp_path, rows, DataConfig(future_covariates=("on",))).panel
    assert panel.future_covariates[:, 0].tolist() == [float(value == "true")] * 3


FAULTS = [
    ('{"ds":"2024-01-01","y":1}\n{"ds":"2024-01-02","y":[1]}\n', "line 2: 'y' holds several values"),
    ('{"ds":"2024-01-01","y":{"a":1}}\n', "line 1: 'y' holds several values"),
    ('{"ds":"2024-01-01","y":1}\n\n{"ds":\n', "line 3: no JSON object"),
    ('{"ds":"2024-01-01","y":1}\n[1, 2]\n', "line 2: no JSON object"),
    ('{"ds":"2024-01-01","y":1,"y":2}\n', "line 1: a key stands twice"),
    ('[{"ds":"2024-01-01","y":1}]', "line 1: no JSON object"),
    (
        '{"ds":"2024-01-01","y":1}\n{"ds":"2024-01-02","y":"2x"}\n{"ds":"2024-01-03","y":3}\n',
        "line 2, column 'y': '2x'",
    ),
    ('{"ds":"2024-01-01","y":1.5}\n{"ds":"2024-01-02","y":Infinity}\n', "line 2, column 'y': 'inf' is not a finite"),
    ('{"ds":"2024-01-01","y":' + "[" * 100_000, "line 1: no JSON object"),
    ("{}\n{}\n", "is empty"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_a_fault_is_told_by_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path, text)
    assert message in error.value.message
    assert error.value.hint
