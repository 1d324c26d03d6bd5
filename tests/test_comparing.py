from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import rnncast
from rnncast import api, comparing, holdout, packing, sealed
from rnncast.comparing import Asked, Leaderboard, config_of, ranked
from rnncast.config import Config
from rnncast.course import course_of, measured_rows
from rnncast.errors import CheckpointError, RnncastError, UsageError
from rnncast.keeping import Keep
from rnncast.reading import Reading
from rnncast.sealed import Sealed

TINY: dict[str, object] = {
    "horizon": 4, "max_steps": 2, "hidden_size": 4, "ensemble": 1, "season_length": (8,), "context_length": 16,
    "num_lags": 8, "segment_length": 8,
}  # fmt: skip


def sines(noise: float = 0.05) -> pd.DataFrame:
    """Return three series of a season of 8 steps, each with a level and a phase of its own."""
    random, steps = np.random.default_rng(0), np.arange(80)
    parts = [
        pd.DataFrame({"unique_id": f"s{n}", "ds": steps, "y": n + np.sin(2 * np.pi * (steps + n) / 8)})
        for n in range(3)
    ]
    frame = pd.concat(parts)
    frame["y"] += noise * random.normal(size=len(frame))
    return frame


def reading_of(frame: pd.DataFrame, **settings: object) -> tuple[Reading, Config]:
    config = Config.of(TINY | settings)
    return api.read(frame, config.data), config


def compared(
    asked: Asked, frame: pd.DataFrame | None = None, keep: Keep | None = None, **settings: object
) -> Leaderboard:
    reading, config = reading_of(sines() if frame is None else frame, **settings)
    return api._finished(comparing.compare(reading, config, asked, keep or Keep(None)))


def test_a_model_that_knows_the_season_stands_above_naive_and_the_best_is_the_first() -> None:
    board = compared(Asked(models=("lstm",), baselines=("naive", "seasonal-naive"), windows=2))
    found = {name: row["mase"] for name, row in board.scores.plain().items()}
    assert list(found) == sorted(found, key=lambda name: found[name] or 0)
    assert set(found) == {"lstm", "naive", "seasonal-naive"}
    assert (found["lstm"] or 0) < (found["naive"] or 0)
    assert board.best_model == "lstm"


def test_all_are_measured_on_the_same_rows_from_the_same_origins() -> None:
    board = compared(Asked(models=("lstm", "gru", "default"), baselines=("drift",), windows=3, stride=2))
    first, *others = board.scores.outcomes.values()
    assert first.actual.shape == (3, 3, 4, 1)
    for other in others:
        np.testing.assert_array_equal(first.actual, other.actual)
        np.testing.assert_array_equal(first.past_error, other.past_error)
    ends = board.scores.plan.ends(board.scores.panel)
    assert ends.tolist() == [[71, 73, 75]] * 3
    assert [(cost.num_weights > 0, cost.seconds > 0) for cost in board.costs.values()] == [(True, True)] * 3


def test_the_default_models_are_compared_with_the_usual_baselines() -> None:
    assert Asked().models == ("auto", "lstm", "gru", "mlp", "default")


@pytest.mark.parametrize("refit", [False, True])
def test_nothing_after_the_first_origin_that_may_read_it_reaches_a_forecast(refit: bool) -> None:
    asked = Asked(models=("lstm",), baselines=("theta",), windows=2, refit=refit)
    frame = sines()
    changed = frame.copy()
    changed.loc[changed["ds"] >= 72, "y"] = np.random.default_rng(1).normal(size=24) * 100
    before, after = (compared(asked, one).scores.outcomes for one in (frame, changed))
    for name in before:
        np.testing.assert_array_equal(before[name].point[:, 0], after[name].point[:, 0])


def test_refits_read_what_came_before_each_origin_and_differ_from_one_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths, run = [], holdout.run

    def watched(reading: Reading, config: Config) -> object:
        lengths.append(reading.panel.lengths.tolist())
        return run(reading, config)

    monkeypatch.setattr(holdout, "run", watched)
    once, anew = (
        compared(Asked(models=("lstm",), baselines=("naive",), windows=2, refit=refit)).scores.outcomes["lstm"]
        for refit in (False, True)
    )
    assert lengths == [[72] * 3, [72] * 3, [76] * 3]
    np.testing.assert_array_equal(once.point[:, 0], anew.point[:, 0])
    assert not np.array_equal(once.point[:, 1], anew.point[:, 1])


def test_what_was_fitted_before_an_interruption_is_not_fitted_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    run, fits = holdout.run, list[str]()

    def interrupted(reading: Reading, config: Config) -> object:
        if config.model.model == "gru" and len(fits) == 1:
            fits.append("interrupted")
            raise KeyboardInterrupt
        fits.append(config.model.model)
        return run(reading, config)

    monkeypatch.setattr(holdout, "run", interrupted)
    asked, folder = Asked(models=("lstm", "gru"), baselines=("naive",), windows=2), f"{tmp_path}/kept"
    with pytest.raises(KeyboardInterrupt):
        compared(asked, keep=Keep(folder))
    resumed = compared(asked, keep=Keep(folder))
    assert fits == ["lstm", "interrupted", "gru"]
    again = compared(asked, keep=Keep(folder))
    assert fits == ["lstm", "interrupted", "gru"]
    whole = compared(asked)
    assert resumed.scores.plain() == again.scores.plain() == whole.scores.plain()
    compared(asked, keep=Keep(folder), seed=2)
    assert fits[5:] == ["lstm", "gru"]


def test_an_ensemble_is_told_by_validation_and_its_checkpoint_forecasts(tmp_path: object) -> None:
    frame, asked = sines(), Asked(models=("lstm", "gru", "mlp"), baselines=("naive",), windows=2, top=2)
    board = compared(asked, frame)
    changed = frame.copy()
    changed.loc[changed["ds"] >= 72, "y"] *= -3
    other = compared(asked, changed)
    assert board.ensemble is not None
    assert other.ensemble is not None
    assert board.ensemble.blend == other.ensemble.blend
    for one, two in zip(board.ensemble.heldout, other.ensemble.heldout, strict=True):
        assert all((one[name] == two[name]).all() for name in one)
    path = f"{tmp_path}/ensemble.safetensors"
    api.Forecaster(board.ensemble).save(path)
    forecaster = rnncast.load(path)
    measured = forecaster.backtest(windows=2).plain(["mase", "wql"])["auto"]
    assert measured == pytest.approx(board.scores.plain(["mase", "wql"])["ensemble"])
    assert board.ensemble.report["scores"]["ensemble"] == pytest.approx(board.scores.plain()["ensemble"])
    assert np.isfinite(forecaster.forecast().point).all()
    with pytest.raises(UsageError, match="have not learned"):
        forecaster.backtest(windows=3)
    header, tensors = sealed.read(path, 2)
    header["blend"]["weights"].append(0.5)
    sealed.write(path, Sealed(header, tensors))
    with pytest.raises(CheckpointError, match="weights of members"):
        rnncast.load(path)


def test_the_ensemble_of_data_too_large_to_keep_knows_which_rows_were_held_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packing, "KEPT_VALUES", 100)
    board = compared(Asked(models=("lstm",), baselines=("naive",), windows=2, top=1))
    assert board.ensemble is not None
    assert board.ensemble.held_out.tolist() == [8, 8, 8]
    assert not board.ensemble.is_whole


def test_a_baseline_of_numbers_is_none_of_classes() -> None:
    frame = pd.DataFrame({"ds": range(60), "y": list("abc") * 20})
    with pytest.raises(UsageError, match="no baseline for such a target called 'theta'"):
        compared(Asked(models=("lstm",), baselines=("theta",), windows=1), frame)


def test_models_of_another_loss_are_left_out_of_the_ensemble() -> None:
    board = compared(Asked(models=("lstm", "default"), baselines=("naive",), windows=1, top=2), loss="mae")
    assert board.ensemble is not None
    assert len({member.training.loss for member in board.ensemble.members}) == 1
    assert len(board.ensemble.members) == 1


def test_settings_of_networks_do_not_reach_the_embedded_model() -> None:
    config = config_of("default", Config.of({"hidden_size": 3, "loss": "mse", "horizon": 5, "seed": 4}))
    assert (config.model.hidden_size, config.training.loss, config.window.horizon) == (None, "quantile", 5)
    assert (config.training.seed, config.training.max_steps, config.training.anchor) == (4, 0, "combined")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"models": ("lstmm",)}, "no model called 'lstmm'"),
        ({"baselines": ("naiv",)}, "no baseline called 'naiv'"),
        ({"refit": True, "top": 2}, "an ensemble is of models that are fitted once"),
    ],
)
def test_what_cannot_be_compared_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(RnncastError, match=message):
        Asked(**settings)  # type: ignore[arg-type]


def test_more_origins_than_half_of_the_rows_hold_are_refused() -> None:
    reading, _ = reading_of(sines())
    assert measured_rows(reading.panel, 4, None, None) == 20
    with pytest.raises(UsageError, match="11 windows of 4 steps need 44 rows, and half of the longest series are 40"):
        measured_rows(reading.panel, 4, 11, None)


def test_an_ensemble_without_validation_rows_is_refused() -> None:
    with pytest.raises(UsageError, match="weighed by validation rows"):
        compared(Asked(models=("lstm",), windows=1, top=1), validation=0)


def test_a_season_is_told_from_the_rows_before_the_first_origin() -> None:
    early, late = [0.0, 1.0, 3.0, 2.0] * 10, np.random.default_rng(2).normal(size=40) * 50
    reading = api.read(pd.DataFrame({"y": [*early, *late]}), Config().data)
    course = course_of(reading, Config.of({"horizon": 4}), 10, None)
    assert (reading.panel.season_lengths, course.panel.season_lengths) == ((1,), (4,))
    assert course.config.data.season_length == (4,)


def test_forecasters_without_a_score_stand_last() -> None:
    board = compared(Asked(models=("lstm",), baselines=("naive", "drift"), windows=1))
    unseen = replace(board.scores.outcomes["drift"], point=np.full((3, 1, 4, 1), np.nan))
    scores = ranked(replace(board.scores, outcomes={"drift": unseen, **board.scores.outcomes, "gone": unseen}))
    assert list(scores.outcomes)[-1] == "gone"


def test_classes_are_compared_by_their_log_loss() -> None:
    frame = pd.DataFrame({"ds": range(60), "y": list("abc") * 20})
    reading = api.read(frame, Config().data)
    config = Config.of({"horizon": 3, "max_steps": 2, "hidden_size": 4, "ensemble": 1})
    asked = Asked(models=("lstm",), windows=2)
    board = api._finished(comparing.compare(reading, config, asked, Keep(None)))
    assert set(board.scores.outcomes) == {"lstm", "last-class", "most-frequent", "markov"}
    assert next(iter(board.scores.outcomes)) == "markov"
