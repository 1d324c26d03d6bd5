"""Nothing after an origin reaches a forecast from it, whatever is done to the data before."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from rnncast import api, config
from rnncast.evaluation import Scores

TINY = {"model": "lstm", "max_steps": 3, "ensemble": 1, "hidden_size": 4, "context_length": 24, "horizon": 4}
STEPS, TEST = 90, 8

OPTIONS: list[Mapping[str, object]] = [
    *({"missing": name} for name in config.MISSING if name != "error"),
    *({"outliers": name} for name in config.OUTLIERS),
    *({"transform": name} for name in config.TRANSFORMS),
    *({"scaling": name} for name in config.SCALINGS),
    {"outliers": "interpolate", "missing": "seasonal", "transform": "log"},
]


def frame(freq: str = "D") -> pd.DataFrame:
    """Return two series with a season, a trend, gaps, one of which ends at the origin, and outliers."""
    parts = []
    for number, name in enumerate("ab"):
        steps, random = np.arange(STEPS), np.random.default_rng(number)
        values = 30 + 8 * np.sin(2 * np.pi * steps / 7) + 0.2 * steps + random.normal(size=STEPS)
        values[[20, 21, 40, 60]] = [np.nan, np.nan, 200, np.nan]
        values[STEPS - TEST - 1 - number] = np.nan
        stamps = pd.date_range("2024-01-01", periods=STEPS, freq=freq)
        parts.append(pd.DataFrame({"id": name, "ds": stamps, "y": values}))
    return pd.concat(parts, ignore_index=True)


def after(data: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows come after the first origin."""
    return data.groupby("id")["ds"].rank() > STEPS - TEST if "id" in data else data.index >= STEPS - TEST


def noised(data: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return a table with noise after the origin: other values, other gaps, other outliers, rows left out."""
    random, changed, later = np.random.default_rng(seed), data.copy(), after(data).to_numpy()
    noise = 1000 * random.standard_t(1, size=len(data))
    noise[random.random(len(data)) < 0.3] = np.nan
    changed.loc[later, "y"] = noise[later]
    last = changed.groupby("id")["ds"].transform("max") if "id" in changed else changed["ds"].max()
    changed.loc[changed["ds"] == last, "y"] = seed
    return changed[~later | (random.random(len(data)) < 0.7) | (changed["ds"] == last)]


def assert_same(one: Scores, other: Scores) -> None:
    assert list(one.outcomes) == list(other.outcomes)
    for name, outcome in one.outcomes.items():
        np.testing.assert_array_equal(outcome.point[:, 0], other.outcomes[name].point[:, 0], err_msg=name)
        np.testing.assert_array_equal(outcome.quantiles[:, 0], other.outcomes[name].quantiles[:, 0])
        np.testing.assert_array_equal(outcome.past_error[:, 0], other.outcomes[name].past_error[:, 0])
        assert np.isfinite(outcome.point[:, 0]).all()


def trained_and_measured(data: pd.DataFrame, **settings: object) -> Scores:
    asked: dict[str, object] = {"target": ("y",), "test": TEST, "validation": 8, **TINY, **settings}
    return api.train(data, **asked).backtest(windows=2)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_training_and_measuring_know_nothing_of_the_rows_after_the_origin(options: Mapping[str, object]) -> None:
    data = frame()
    found = [trained_and_measured(table, **options) for table in (data, noised(data, 1))]
    assert_same(*found)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_checkpoint_measured_on_newer_rows_knows_nothing_of_those_after_the_origin(
    options: Mapping[str, object],
) -> None:
    data = frame()
    forecaster = api.train(data[~after(data)], target=("y",), **TINY, **options)
    assert_same(*(forecaster.backtest(table, windows=2, levels=(95,)) for table in (data, noised(data, 2))))


@pytest.mark.parametrize("options", [*OPTIONS[2:4], *OPTIONS[5:7], OPTIONS[-1]], ids=str)
def test_the_embedded_model_knows_nothing_of_the_rows_after_the_origin(options: Mapping[str, object]) -> None:
    data, settings = frame(), {"horizon": 4, "context_length": 40, "anchor": "theta", **options}
    found = [
        api.untrained_before(table, 2, None, **settings).backtest(table, windows=2)  # type: ignore[arg-type]
        for table in (data, noised(data, 3))
    ]
    assert_same(*found)


def test_a_season_is_told_from_rows_before_the_origin() -> None:
    numbered = frame().query("id == 'a'").drop(columns=["id", "ds"]).reset_index(drop=True)
    changed = numbered.copy()
    changed.loc[STEPS - TEST :, "y"] = 1000 * np.random.default_rng(1).random(TEST)
    assert_same(trained_and_measured(numbered), trained_and_measured(changed))


def test_joined_rows_are_those_before_the_origin() -> None:
    data = frame()
    twice = pd.concat([data, data.assign(ds=data["ds"] + pd.Timedelta("6h"), y=data["y"] + 1)])
    noisy = noised(data, 4)
    other = pd.concat([twice[~pd.concat([after(data), after(data)]).to_numpy()], noisy[after(noisy)]])
    settings = {"freq": "D", "aggregate": "mean", "id": ("id",), "time": "ds"}
    assert_same(*(trained_and_measured(table, **settings) for table in (twice, other)))


def test_words_after_the_origin_are_unknown_to_a_checkpoint() -> None:
    data = frame()
    data["sky"] = np.where(np.arange(len(data)) % 3, "clear", "dark")
    changed, later = noised(data, 5), after(data)
    changed.loc[later, "sky"] = [f"word {number}" for number in range(int(later[changed.index].sum()))]
    forecaster = api.train(data[~later], target=("y",), past_covariates=("sky",), **TINY)
    assert_same(*(forecaster.backtest(table, windows=2) for table in (data, changed)))


def test_what_is_known_ahead_may_be_read_and_the_target_may_not() -> None:
    data = frame()
    data["promo"] = (np.arange(len(data)) % 5 == 0).astype(float)
    changed = data.copy()
    changed.loc[after(data), "y"] = 999.0
    settings: dict[str, object] = {"future_covariates": ("promo",), "target": ("y",)}
    assert_same(*(trained_and_measured(table, **settings) for table in (data, changed)))
    settings |= {"horizon": 4, "context_length": 40, "anchor": "theta"}
    found = [api.untrained_before(table, 2, None, **settings).backtest(table, windows=2) for table in (data, changed)]
    assert_same(*found)
