"""Embedded categories: they are learned, see nothing ahead, and stand in the checkpoint."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from rnncast import api
from rnncast.categories import Categories
from rnncast.columns import LARGEST, Columns, read_width, size_of
from rnncast.errors import CheckpointError
from rnncast.panel import Panel
from tests.making import batch_of, loop_of, network_of, panel_of, walk
from tests.test_checkpoint import tampered

WORDS = {"p0": ("low", "mid", "top"), "f1": ("fog", "rain", "sun"), "s0": ("a", "b")}
DAYS = pd.date_range("2024-01-01", periods=130)
SKY = np.random.default_rng(0).choice(["fog", "rain", "sun"], len(DAYS))
EFFECT = {"fog": 0.0, "rain": -8.0, "sun": 8.0}
QUICK: dict[str, Any] = {"model": "gru", "anchor": "none", "ensemble": 1, "hidden_size": 8, "horizon": 7}


def worded_panel() -> Panel:
    """Return three series with numbers and categories among the covariates of each role."""
    rng, lengths = np.random.default_rng(1), (14, 6, 20)
    panel = panel_of(
        [walk(length, seed=n) for n, length in enumerate(lengths)],
        past=[np.column_stack([rng.integers(0, 4, n), rng.normal(size=n)]) for n in lengths],
        future=[np.column_stack([rng.normal(size=n + 3), rng.integers(0, 4, n + 3)]) for n in lengths],
        static=np.array([[1.0, 0.3], [2, 0.1], [0, 0.2]]),
    )
    return replace(panel, words=WORDS)


def shop(**more: object) -> pd.DataFrame:
    """Return sales that a day's weather decides, with the weather of the last week known ahead."""
    sold = 50 + np.array([EFFECT[word] for word in SKY]) + np.random.default_rng(2).normal(size=len(DAYS))
    return pd.DataFrame({"day": DAYS, "sold": np.where(np.arange(len(DAYS)) < 123, sold, np.nan), "sky": SKY} | more)


@pytest.mark.parametrize(("words", "size"), [(2, 2), (4, 4), (9, 6), (64, 16), (10**6, LARGEST)])
def test_more_words_have_more_numbers_up_to_a_limit(words: int, size: int) -> None:
    assert size_of(words) == size


def test_codes_become_rows_of_their_tables_behind_the_numbers() -> None:
    layer = Categories((0, 3, 0, 2))
    for weight in layer.parameters():
        torch.nn.init.normal_(weight)
    first, second = (table.weight for table in layer.tables)
    found = layer(torch.tensor([[[0.5, 3.0, -7.0, 0.0]]]))
    assert found.shape == (1, 1, read_width((0, 3, 0, 2)))
    torch.testing.assert_close(found[0, 0], torch.cat([torch.tensor([0.5, -7.0]), first[3], second[0]]))


def test_columns_count_the_words_of_every_role() -> None:
    columns = Columns.of(worded_panel())
    assert columns.by_role == {"past": (3, 0), "future": (0, 3), "static": (2, 0)}
    plain = Columns.of(replace(worded_panel(), words={}))
    assert (plain.words, plain.by_role) == ((), {"past": (0, 0), "future": (0, 0), "static": (0, 0)})


@pytest.mark.parametrize("model", ["gru", "segrnn", "deepar", "esrnn", "transformer"])
def test_a_gradient_reaches_every_word_that_is_said(model: str) -> None:
    panel = worded_panel()
    network = network_of(panel, model=model)
    network.loss(batch_of(panel, network, (10, 4, 16))).backward()
    for name, table in network.categories.named_parameters():
        assert table.grad is not None
        assert bool(table.grad.abs().sum(dim=1)[:3].gt(0).all()), name


@pytest.mark.parametrize("role", ["past", "future", "static"])
def test_a_forecast_depends_on_the_words(role: str) -> None:
    panel = worded_panel()
    network = network_of(panel)
    batch = batch_of(panel, network, (13, 5, 19))
    column = {"past": 0, "future": 1, "static": 0}[role]
    changed = getattr(batch, role).clone()
    changed[..., column] = (changed[..., column] + 1) % 3
    assert not torch.equal(network.forecast(batch)[0], network.forecast(batch._replace(**{role: changed}))[0])


def test_no_origin_sees_a_past_word_after_it() -> None:
    panel = worded_panel()
    network = network_of(panel)
    batch = network.fold(batch_of(panel, network, (10, 4, 12)))
    before = network(batch).params
    for origin in range(network.shape.context_length):
        past = batch.past.clone()
        past[:, origin + 1 :, 0] = 2
        assert torch.equal(before[:, : origin + 1], network(batch._replace(past=past)).params[:, : origin + 1])


def test_a_word_that_nothing_was_learned_of_is_one_that_is_not_known() -> None:
    panel = worded_panel()
    seen = replace(panel, future_covariates=np.where(panel.future_covariates == 3, 1.0, panel.future_covariates))
    loop = loop_of(seen)
    for step in range(3):
        loop.step(step + 1, 0.1)
    table = loop.network.categories["future"].tables[0].weight
    assert not table[3].any()
    assert bool(table[:3].any(dim=1).all())


def test_a_value_that_a_word_decides_is_learned_far_better_with_the_word(tmp_path: Path) -> None:
    longer = QUICK | {
        "max_steps": 60,
        "learning_rate": 2e-2,
        "validation": 0,
        "segment_length": 1,
        "context_length": 14,
    }
    with_it = api.train(shop(), target="sold", future_covariates="sky", **longer)
    without = api.train(shop()[["day", "sold"]][:123], target="sold", **longer)
    mine, others = (f.checkpoint.report["scores"]["gru"]["mae"] for f in (with_it, without))
    assert mine < 2.0 < 0.4 * others
    path = tmp_path / "sky.safetensors"
    with_it.save(path)
    again = api.load(path)
    np.testing.assert_array_equal(again.forecast().point, with_it.forecast().point)
    rows = shop().assign(sky=np.where(np.arange(len(DAYS)) < 123, SKY, "hail"))
    reading = again.read(rows)
    assert reading.notes == ("7 cells of 'sky' say what was not learned from, and are taken for missing: hail.",)
    assert np.abs(again.forecast(reading).point - 50).max() < 8


def test_what_is_held_out_decides_nothing_of_the_words_that_are_measured() -> None:
    settings = QUICK | {"max_steps": 2, "test": 7}
    rows = shop()[:123]
    changed = rows.assign(sky=[*rows["sky"][:-7], *["rain"] * 7])
    one, other = (
        api.train(each, target="sold", past_covariates="sky", **settings).checkpoint for each in (rows, changed)
    )
    for name, weight in one.heldout[0].items():
        np.testing.assert_array_equal(weight, other.heldout[0][name], err_msg=name)


@pytest.mark.parametrize(
    ("words", "message"),
    [({"sky": ["fog", "rain"]}, "rows"), ({"sky": "fog"}, "texts"), ({"sky": [1, 2, 3]}, "texts"), ({}, "columns")],
)
def test_a_checkpoint_whose_words_do_not_fit_its_codes_is_refused(
    tmp_path: Path, words: dict[str, object], message: str
) -> None:
    path = tmp_path / "sky.safetensors"
    api.train(shop(), target="sold", future_covariates="sky", max_steps=1, **QUICK).save(path)
    changed = tampered(path.read_bytes(), lambda header, tensors: header["panel"].update(words=words))
    path.write_bytes(changed)
    with pytest.raises(CheckpointError, match=message):
        api.load(path)


def test_a_checkpoint_from_before_categories_still_loads(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    frame = shop()[["day", "sold"]][:123]
    api.train(frame, max_steps=1, **QUICK).save(path)

    def forget(header: dict[str, Any], tensors: object) -> None:
        del header["panel"]["words"], header["columns"]["words"], header["config"]["data"]["category"]
        for member in header["members"]:
            del member["data"]["category"]

    path.write_bytes(tampered(path.read_bytes(), forget))
    assert api.load(path).checkpoint.panel.words == {}
