from dataclasses import replace

import numpy as np
import pytest

from rnncast import registry
from rnncast.config import Config
from rnncast.errors import UsageError
from rnncast.panel import Panel
from rnncast.selection import LARGE, MEDIUM, SMALL, holdout, resolve, validation_rows
from tests.making import DAILY, panel_of

GIVEN: dict[str, object] = {
    "horizon": 5,
    "context_length": 24,
    "segment_length": 4,
    "num_lags": 12,
    "guess_season": 0,
    "transform": "log",
    "model": "mingru",
    "hidden_size": 3,
    "num_layers": 2,
    "dropout": 0.3,
    "batch_size": 7,
    "learning_rate": 0.1,
    "max_steps": 11,
    "anchor": "drift",
}
VARIED = {"model", "context_length", "segment_length", "num_lags", "guess_season", "seed"}


def seasonal(rows: int, season: int = 12, series: int = 1) -> Panel:
    wave = 10 + np.sin(2 * np.pi * np.arange(rows) / season) + 0.01 * np.arange(rows)
    return panel_of([wave] * series, seasons=(season,), time=DAILY)


def members_of(panel: Panel, **settings: object) -> tuple[Config, ...]:
    return resolve(Config.of(settings), panel)


def flat(config: Config) -> dict[str, object]:
    return {name: value for section in config.to_dict().values() for name, value in section.items()}


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("rows", [120, 3000])
def test_a_given_setting_is_that_of_every_member(rows: int, name: str) -> None:
    members = members_of(seasonal(rows), ensemble=4, **{name: GIVEN[name]})
    assert [flat(member)[name] for member in members] == [GIVEN[name]] * 4


@pytest.mark.parametrize("season", [1, 2, 7, 12, 24, 200])
@pytest.mark.parametrize("name", ["context_length", "segment_length", "num_lags"])
@pytest.mark.parametrize("size", [1, 3, 10, 24])
def test_what_is_left_open_fits_what_is_given(season: int, name: str, size: int) -> None:
    settings = {name: size, "ensemble": 4}
    if name == "segment_length" and size > 3:
        settings["context_length"] = 4 * size
    for member in members_of(seasonal(500, season), **settings):
        window = member.window
        assert window.context_length % window.segment_length == 0
        assert window.num_lags >= window.segment_length


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"context_length": 12, "segment_length": 5}, "not a whole number of segments"),
        ({"segment_length": 6, "num_lags": 5}, "fewer than the 6 steps of a segment"),
    ],
)
def test_given_settings_that_do_not_fit_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        members_of(seasonal(100), **settings)


@pytest.mark.parametrize("horizon", [1, 12, 24, 40])
@pytest.mark.parametrize("season", [1, 4, 12, 24, 60])
def test_members_have_the_settings_of_the_run_in_all_but_what_varies(season: int, horizon: int) -> None:
    members = members_of(seasonal(500, season), horizon=horizon)
    for member in members[1:]:
        differing = {name for name, value in flat(member).items() if value != flat(members[0])[name]}
        assert differing <= VARIED


@pytest.mark.parametrize("rows", [2_000, 200_000])
def test_members_differ_in_what_they_read_and_compute(rows: int) -> None:
    *members, last = members_of(seasonal(rows))
    assert (last.model.model, last.training.max_steps) == ("pretrained", 0)
    assert [member.model.model for member in members] == ["lstm", "gru", "gru", "lstm"]
    assert len({(member.model.model, member.window.segment_length) for member in members}) == 4
    assert [member.training.seed for member in members] == [1, 2, 3, 4]


def test_small_data_are_left_to_the_embedded_model_unless_it_cannot_do_what_is_asked() -> None:
    (only,) = members_of(seasonal(100))
    assert (only.model.model, only.training.max_steps, only.training.anchor) == ("pretrained", 0, "combined")
    for settings in ({"loss": "mse"}, {"ensemble": 4}, {"hidden_size": 8}, {"max_steps": 9}, {"segment_length": 2}):
        models = {member.model.model for member in members_of(seasonal(100), **settings)}
        assert models == {"lstm", "gru"}


@pytest.mark.parametrize("name", [name for name in registry.MODELS if name != "pretrained"])
def test_a_named_model_has_one_member_for_all_but_small_data(name: str) -> None:
    assert len(members_of(seasonal(SMALL), model=name)) == 1
    small = members_of(seasonal(SMALL - 1), model=name)
    assert [replace(member, training=small[0].training) for member in small] == [small[0]] * 3
    assert [member.training.seed for member in small] == [1, 2, 3]


@pytest.mark.parametrize("ensemble", [1, 2, 6])
def test_as_many_members_as_asked_for_have_seeds_of_their_own(ensemble: int) -> None:
    members = members_of(seasonal(100), ensemble=ensemble, seed=7)
    assert [member.training.seed for member in members] == list(range(7, 7 + ensemble))


@pytest.mark.parametrize(
    ("settings", "anchor"),
    [
        ({}, "combined"),
        ({"model": "auto"}, "combined"),
        ({"model": "gru"}, "none"),
        ({"anchor": "none"}, "none"),
        ({"model": "gru", "anchor": "theta"}, "theta"),
    ],
    ids=str,
)
def test_the_anchor_is_that_of_auto_unless_it_is_given(settings: dict[str, object], anchor: str) -> None:
    assert {member.training.anchor for member in members_of(seasonal(100), **settings)} == {anchor}


@pytest.mark.parametrize("rows", [100, MEDIUM, LARGE])
def test_nothing_is_left_to_be_told_from_the_data(rows: int) -> None:
    open_ones = {
        "epochs",
        "patience",
        "time_limit",
        "test",
        "validation",
        "time",
        "freq",
        "aggregate",
        "date_order",
        "time_zone",
        "encoding",
        "delimiter",
        "decimal",
        "minimum",
        "maximum",
        "integer",
    }
    for member in members_of(seasonal(rows)):
        unset = {name for name, value in flat(member).items() if value in (None, "auto")}
        assert unset <= open_ones


def test_larger_data_are_read_in_larger_batches_by_larger_networks_for_longer() -> None:
    small, medium, large = (members_of(seasonal(rows))[0] for rows in (100, MEDIUM, LARGE))
    sizes = [(one.training.batch_size, one.model.hidden_size, one.training.max_steps) for one in (small, medium, large)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[2]


def test_long_horizons_of_large_data_are_learned_by_smaller_networks_in_fewer_steps() -> None:
    near, far = (members_of(seasonal(LARGE), horizon=horizon)[0] for horizon in (12, 96))
    assert 0 < (far.training.max_steps or 0) < (near.training.max_steps or 0)
    assert 0 < (far.model.hidden_size or 0) < (near.model.hidden_size or 0)


def test_a_day_of_quarter_hours_is_far_ahead_though_it_is_two_segments() -> None:
    near, far = (members_of(seasonal(5000, season=96), horizon=horizon)[0] for horizon in (95, 96))
    assert far.window.segment_length == near.window.segment_length == 48
    assert (near.window.guess_season, near.training.anchor) == (96, "combined")
    assert (far.window.guess_season, far.training.anchor) == (1, "none")


def test_epochs_stand_in_for_steps() -> None:
    assert {member.training.max_steps for member in members_of(seasonal(100), epochs=3)} == {None}


@pytest.mark.parametrize(
    ("length", "asked", "rows"), [(100, None, 12), (40, None, 10), (100, 20, 20), (100, 80, 50), (100, 0, 0)]
)
def test_rows_that_are_held_out_are_a_horizon_or_what_was_asked_for(length: int, asked: int | None, rows: int) -> None:
    assert holdout(np.array([length]), asked, 12).tolist() == [rows]


@pytest.mark.parametrize("length", [8, 40, 119])
def test_rows_that_validate_by_default_are_a_quarter_at_most(length: int) -> None:
    panel = panel_of([np.arange(length), np.arange(400.0)])
    rows = validation_rows(panel, None, 12)
    assert rows[0] == length // 4
    assert 12 + 3 * 6 <= rows[1] <= 100


@pytest.mark.parametrize(("asked", "rows"), [(0, 0), (9, 9), (300, 200)])
def test_as_many_rows_validate_as_were_asked_for(asked: int, rows: int) -> None:
    assert validation_rows(panel_of([np.arange(400.0)]), asked, 12).tolist() == [rows]


def test_a_configuration_that_is_resolved_stays_as_it_is() -> None:
    panel = seasonal(100)
    for member in members_of(panel, ensemble=1, model="gru"):
        assert resolve(member, panel) == (member,)
