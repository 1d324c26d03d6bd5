import hashlib
import json
import random
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from rnncast import api, checkpoint, packing
from rnncast.blend import ALONE
from rnncast.checkpoint import FORMAT_VERSION, Checkpoint
from rnncast.errors import CheckpointError
from rnncast.panel import Panel
from rnncast.sealed import is_sealed

STEPS = 60
VERSION_1 = Path(__file__).parent / "fixtures" / "version-1.safetensors"


@pytest.fixture(scope="module")
def forecaster() -> api.Forecaster:
    days = pd.date_range("2024-01-01", periods=STEPS)
    names = ("a", "Zürich/Ä 雪 🚲", "")
    frame = pd.concat(
        pd.DataFrame({"id": name, "ds": days, "y": np.sin(np.arange(STEPS) + i), "p": np.cos(np.arange(STEPS)), "s": i})
        for i, name in enumerate(names)
    )
    return api.train(
        frame, target=("y",), past_covariates=("p",), static_covariates=("s",), horizon=3, context_length=12,
        max_steps=2, hidden_size=4, ensemble=2, anchor="theta",
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(forecaster: api.Forecaster, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "c.safetensors"
    forecaster.save(path)
    return path.read_bytes()


def load(folder: Path, data: bytes) -> Checkpoint:
    (folder / "c.safetensors").write_bytes(data)
    return checkpoint.load(str(folder / "c.safetensors"))


def tampered(whole: bytes, change: Any) -> bytes:
    """Return a checkpoint whose header and tensors `change` may alter, with a checksum that is right again."""
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(json.loads(whole[8 : 8 + length])["__metadata__"]["rnncast"])
    tensors = safetensors.numpy.load(whole)
    header["checksum"] = "0" * 64
    change(header, tensors)
    data = safetensors.numpy.save(tensors, metadata={"rnncast": json.dumps(header)})
    return data.replace(b"0" * 64, hashlib.sha256(data).hexdigest().encode(), 1)


def assert_same_panels(one: Panel, other: Panel) -> None:
    for field in fields(Panel):
        mine, its = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, its)
        else:
            assert mine == its


def test_everything_comes_back(forecaster: api.Forecaster, whole: bytes, tmp_path: Path) -> None:
    before, after = forecaster.checkpoint, load(tmp_path, whole)
    assert_same_panels(before.panel, after.panel)
    assert after.panel.ids.tolist() == [["a"], ["Zürich/Ä 雪 🚲"], [""]]
    for name in ("config", "members", "blend", "columns", "is_whole", "versions"):
        assert getattr(before, name) == getattr(after, name)
    assert json.dumps(before.report) == json.dumps(after.report)
    assert before.history == after.history
    np.testing.assert_array_equal(before.held_out, after.held_out)
    for mine, its in ((before.heldout, after.heldout), (before.final, after.final)):
        assert len(mine) == len(its) == 2
        for one, other in zip(mine, its, strict=True):
            assert set(one) == set(other)
            assert all(bool((one[name] == other[name]).all()) for name in one)


@pytest.mark.promise("P17")
def test_a_checkpoint_that_is_saved_again_has_the_same_bytes(whole: bytes, tmp_path: Path) -> None:
    checkpoint.save(str(tmp_path / "again.safetensors"), load(tmp_path, whole))
    assert (tmp_path / "again.safetensors").read_bytes() == whole


def test_the_checksum_is_that_of_the_file_with_zeros_in_its_place(whole: bytes) -> None:
    stored = whole.partition(b'\\"checksum\\": \\"')[2][:64]
    assert hashlib.sha256(whole.replace(stored, b"0" * 64, 1)).hexdigest().encode() == stored


def test_of_a_large_panel_the_last_rows_are_kept_and_forecast_the_same(
    forecaster: api.Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = forecaster.checkpoint.panel
    monkeypatch.setattr(packing, "KEPT_VALUES", 10)
    kept, is_whole = packing.tail(panel, 15)
    assert not is_whole
    assert kept.lengths.tolist() == [15, 15, 15]
    assert (kept.start - panel.start).tolist() == [STEPS - 15] * 3
    shorter = api.Forecaster(replace(forecaster.checkpoint, panel=kept, is_whole=False))
    assert_same_panels(kept, packing.unpack(*packing.pack(kept)))
    np.testing.assert_array_equal(kept.values, panel.values.reshape(3, STEPS)[:, -15:].reshape(-1, 1))
    one, other = forecaster.predict(), shorter.predict()
    assert one["ds"].tolist() == other["ds"].tolist()
    np.testing.assert_allclose(one["forecast"], other["forecast"], rtol=0.3, atol=0.3)


@pytest.mark.promise("P8")
def test_every_changed_bit_is_noticed(whole: bytes, tmp_path: Path) -> None:
    header = int.from_bytes(whole[:8], "little") + 8
    draw = random.Random(1)
    places = [*range(24), *draw.sample(range(header), 150), *draw.sample(range(header, len(whole)), 100)]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << draw.randrange(8)
        with pytest.raises(CheckpointError):
            load(tmp_path, bytes(changed))


@pytest.mark.promise("P7")
def test_a_file_cut_at_any_length_is_refused(whole: bytes, tmp_path: Path) -> None:
    header = int.from_bytes(whole[:8], "little") + 8
    for length in [*range(12), header - 1, header, header + 1, *range(0, len(whole), len(whole) // 40)]:
        with pytest.raises(CheckpointError):
            load(tmp_path, whole[:length])


def set_in(section: str, name: str, value: object) -> Any:
    def change(header: dict[str, Any], tensors: dict[str, Any]) -> None:
        for settings in (header["config"], *header["members"]):
            settings[section][name] = value

    return change


def set_once(settings: Any, section: str, name: str, value: object) -> Any:
    def change(header: dict[str, Any], tensors: dict[str, Any]) -> None:
        settings(header)[section][name] = value

    return change


def set_blend(name: str, value: object) -> Any:
    return lambda header, tensors: header["blend"].update({name: value})


def set_tensor(name: str, make: Any) -> Any:
    def change(header: dict[str, Any], tensors: dict[str, Any]) -> None:
        found = next(key for key in tensors if key.startswith(name))
        tensors[found] = make(tensors[found])

    return change


def without(name: str) -> Any:
    return lambda header, tensors: header.pop(name)


TAMPERED = {
    "hidden size": set_in("model", "hidden_size", 10**9),
    "layers": set_in("model", "num_layers", 10**9),
    "context": set_in("window", "context_length", 10**12),
    "horizon": set_in("window", "horizon", 10**9),
    "segments": set_in("window", "segment_length", 1000),
    "seasons": lambda header, tensors: header["panel"].update(season_lengths=[10**30]),
    "lags": set_in("window", "num_lags", 10**9),
    "text for a number": set_in("model", "hidden_size", "many"),
    "negative": set_in("window", "horizon", -3),
    "unknown setting": set_in("model", "colour", "red"),
    "unknown model": set_in("model", "model", "os.system"),
    "no config": without("config"),
    "a horizon that is no member's": set_once(lambda header: header["config"], "window", "horizon", 10**9),
    "a transform that is no member's": set_once(lambda header: header["config"], "window", "transform", "log"),
    "bounds of one member alone": set_once(lambda header: header["members"][1], "bounds", "maximum", 3.0),
    "quantiles of one member alone": set_once(
        lambda header: header["members"][1], "training", "quantiles", [*np.arange(1, 10) / 20 + 0.25]
    ),
    "a member too many": lambda header, tensors: header["members"].append(header["members"][0]),
    "a member too few": lambda header, tensors: header["members"].pop(),
    "no member": lambda header, tensors: header.update(members=[]),
    "unknown anchor": set_blend("anchor", "os.system"),
    "share": set_blend("share", 1.5),
    "share that is no number": set_blend("share", float("nan")),
    "widths": set_blend("widths", [1.0] * 8 + [100.0]),
    "too few widths": set_blend("widths", [1.0, 1.0]),
    "unknown part of a blend": set_blend("colour", "red"),
    "no panel": without("panel"),
    "columns": lambda header, tensors: header["columns"].update(targets=7),
    "calendar": lambda header, tensors: header["panel"]["time"].update(freq="fortnight"),
    "anchor": lambda header, tensors: header["panel"]["time"].update(anchor="yesterday"),
    "zone": lambda header, tensors: header["panel"]["time"].update(zone="dateutil//etc/localtime"),
    "format": lambda header, tensors: header["panel"]["time"].update(format="%Y-%Y"),
    "names": lambda header, tensors: header["panel"].update(target_names=["a", "b"]),
    "weights of another shape": set_tensor("final/1/decoder.steps.weight", lambda array: array.T.copy()),
    "weights of another type": set_tensor("heldout/0/model", lambda array: array.astype(np.float64)),
    "no weights": lambda header, tensors: [tensors.pop(name) for name in list(tensors) if name.startswith("final")],
    "a missing weight": lambda header, tensors: tensors.pop("final/0/decoder.steps.weight"),
    "a weight too many": lambda header, tensors: tensors.update({"final/0/more": np.zeros(3, np.float32)}),
    "members": lambda header, tensors: tensors.update({"final/9/more": np.zeros(3, np.float32)}),
    "offsets": set_tensor("panel/offsets", lambda array: array + 10**6),
    "lengths": set_tensor("panel/lengths", lambda array: array - 2**62),
    "ids": set_tensor("panel/ids", lambda array: array[:-3]),
    "held out": set_tensor("panel/held_out", lambda array: array[:1]),
}


@pytest.mark.promise("P8")
@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_what_does_not_fit_together_is_refused_though_its_checksum_is_right(
    whole: bytes, tmp_path: Path, change: Any
) -> None:
    data = tampered(whole, change)
    with pytest.raises(CheckpointError, match="does not hold what its configuration describes") as error:
        load(tmp_path, data)
    assert error.value.hint
    assert "\n" not in error.value.message


@pytest.mark.promise("P8")
@pytest.mark.parametrize("number", ["nan", "inf"])
@pytest.mark.parametrize("name", ["final/0/decoder.steps.weight", "heldout/1/model", "panel/values"])
def test_a_number_that_is_not_finite_is_refused(whole: bytes, tmp_path: Path, name: str, number: str) -> None:
    data = tampered(whole, set_tensor(name, lambda array: np.full_like(array, float(number))))
    with pytest.raises(CheckpointError, match=f"{name}.* has values that are not finite"):
        load(tmp_path, data)


def test_tampering_with_nothing_loads(whole: bytes, tmp_path: Path) -> None:
    load(tmp_path, tampered(whole, lambda header, tensors: None))


@pytest.mark.promise("P9")
def test_a_newer_format_is_told_apart_from_a_damaged_one(whole: bytes, tmp_path: Path) -> None:
    data = tampered(whole, lambda header, tensors: header.update(format_version=FORMAT_VERSION + 1))
    with pytest.raises(CheckpointError, match="format version 3, this rnncast reads 1 to 2") as error:
        load(tmp_path, data)
    assert "newer rnncast" in error.value.hint


@pytest.mark.promise("P18")
def test_a_checkpoint_holds_no_path(whole: bytes, tmp_path: Path) -> None:
    assert str(Path.home()).encode() not in whole
    assert b"/tmp" not in whole


def test_a_checkpoint_is_known_by_its_name_or_its_first_bytes(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(whole)
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    assert is_sealed(str(tmp_path / "other"))
    assert is_sealed("no.safetensors")
    assert not is_sealed(str(tmp_path / "data.csv"))
    assert not is_sealed(str(tmp_path))


class Kept(NamedTuple):
    """Holds what a file of an older rnncast forecast 1, 12, 13 and 14 months after its data, and how it scored."""

    model: str
    columns: dict[str, list[float]]
    scores: dict[str, float]


# The files and the numbers are those of the rnncast of their time: three steps on the airline passengers.
KEPT = {
    1: Kept(
        "lstm",
        {
            "forecast": [418.1272140357932, 434.4048825533079, 417.8485226516875, 391.97441664272725],
            "lo-80": [362.3886063040285, 393.9775857125745, 351.0491238452868, 334.0767230434165],
            "hi-80": [467.39471008198774, 470.5122035295719, 479.54895110092156, 446.53574057125627],
        },
        {"mase": 1.4970253945068481, "wql": 0.07388216363109966},
    ),
    2: Kept(
        "gru",
        {
            "forecast": [430.8373943081902, 442.71922984996297, 438.608496547803, 419.21864015872063],
            "lo-80": [387.86220490987824, 396.1896458890805, 376.82182965831004, 361.5335295329208],
            "hi-80": [464.04449027573895, 486.66749337665317, 493.8890798547717, 470.8887682128298],
        },
        {"mase": 1.080178808730792, "wql": 0.04835328260897593},
    ),
}


@pytest.mark.promise("P9")
def test_there_is_a_file_of_every_format_version() -> None:
    assert set(KEPT) == set(range(1, FORMAT_VERSION + 1))


@pytest.mark.promise("P9")
@pytest.mark.parametrize("version", KEPT)
def test_a_file_of_any_format_version_forecasts_what_it_did(version: int) -> None:
    forecaster, kept = api.load(VERSION_1.with_name(f"version-{version}.safetensors")), KEPT[version]
    found = forecaster.predict(horizon=14, levels=(80,))
    for name, values in kept.columns.items():
        np.testing.assert_allclose(found[name][[0, 11, 12, 13]], values, rtol=1e-5)
    scores = forecaster.evaluate().set_index("model").loc[kept.model]
    assert {name: scores[name] for name in kept.scores} == pytest.approx(kept.scores, rel=1e-5)


def test_a_file_of_format_version_1_has_members_alike_and_no_blend(tmp_path: Path) -> None:
    before = checkpoint.load(str(VERSION_1))
    assert (before.members, before.blend) == ((before.config,), ALONE)
    checkpoint.save(str(tmp_path / "again.safetensors"), before)
    after = api.load(tmp_path / "again.safetensors")
    np.testing.assert_array_equal(after.forecast().quantiles, api.Forecaster(before).forecast().quantiles)


def test_a_file_of_format_version_1_may_be_trained_further(airline: Path) -> None:
    forecaster = api.train(str(airline), api.load(VERSION_1), max_steps=2, test=0)
    assert forecaster.checkpoint.blend.anchor is None
    assert np.isfinite(forecaster.forecast().point).all()
