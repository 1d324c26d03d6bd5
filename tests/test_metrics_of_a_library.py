"""Every metric is what utilsforecast, the library of metrics that statsforecast and its kin read, makes of it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import utilsforecast.losses as library

from rnncast import registry
from rnncast.interval_metrics import at_levels
from rnncast.metrics import Outcome, seasonal_error, seasonal_square
from rnncast.panel import FloatArray
from tests.making import panel_of
from tests.outcomes import LEVELS

SERIES, PAST, HORIZON, SEASON = 3, 20, 6, 4
QUANTILES = ["m-lo-80", "m-50", "m-hi-80"]


class Tables(NamedTuple):
    """Holds what came and what was forecast, and the rows before, as the library reads them."""

    ahead: pd.DataFrame
    past: pd.DataFrame


@pytest.fixture(scope="module")
def tables() -> Tables:
    random = np.random.default_rng(0)
    ids, steps = np.repeat(np.arange(SERIES), PAST + HORIZON), np.tile(np.arange(PAST + HORIZON), SERIES)
    values = random.normal(size=len(ids)).cumsum() + 5
    whole = pd.DataFrame({"unique_id": ids, "ds": steps, "y": values})
    whole.loc[PAST + 1, "y"] = 0.0
    ahead = whole[whole.ds >= PAST].reset_index(drop=True)
    spread = np.sort(random.normal(size=(len(ahead), 3)), axis=1) + ahead[["y"]].to_numpy()
    quantiles = dict(zip(QUANTILES, spread.T, strict=True))
    return Tables(ahead.assign(m=ahead.y + random.normal(size=len(ahead)), **quantiles), whole[whole.ds < PAST])


@pytest.fixture(scope="module")
def outcome(tables: Tables) -> Outcome:
    shape = (SERIES, 1, HORIZON, 1)
    panel = panel_of([part.y.to_numpy() for _, part in tables.past.groupby("unique_id")], seasons=(SEASON,))
    return Outcome(
        actual=tables.ahead.y.to_numpy().reshape(shape),
        observed=np.ones(shape, dtype=bool),
        point=tables.ahead.m.to_numpy().reshape(shape),
        quantiles=tables.ahead[QUANTILES].to_numpy().reshape(*shape, 3),
        quantile_levels=LEVELS,
        past_error=seasonal_error(panel, SEASON)[:, None],
        past_square=seasonal_square(panel, SEASON)[:, None],
    )


def scale(tables: Tables) -> FloatArray:
    """Return how far each series was from its value a season before, by the library's own MASE."""
    return column(library.mae(tables.ahead, ["m"])) / column(library.mase(tables.ahead, ["m"], SEASON, tables.past))


def column(found: pd.DataFrame) -> FloatArray:
    return found["m"].to_numpy(dtype=np.float64)


LIBRARY: dict[str, Callable[[Tables], FloatArray]] = {
    "mse": lambda t: column(library.mse(t.ahead, ["m"])),
    "rmse": lambda t: column(library.rmse(t.ahead, ["m"])),
    "mae": lambda t: column(library.mae(t.ahead, ["m"])),
    "mape": lambda t: 100 * column(library.mape(t.ahead, ["m"])),
    "smape": lambda t: 200 * column(library.smape(t.ahead, ["m"])),
    "mase": lambda t: column(library.mase(t.ahead, ["m"], SEASON, t.past)),
    "rmsse": lambda t: column(library.rmsse(t.ahead, ["m"], SEASON, t.past)),
    "wql": lambda t: column(library.scaled_crps(t.ahead, {"m": QUANTILES}, np.array(LEVELS))),
    "crps": lambda t: 2 * column(library.mqloss(t.ahead, {"m": QUANTILES}, np.array(LEVELS))),
    "pinball-0.1": lambda t: column(library.quantile_loss(t.ahead, {"m": QUANTILES[0]}, 0.1)),
    "pinball-0.5": lambda t: column(library.quantile_loss(t.ahead, {"m": QUANTILES[1]}, 0.5)),
    "pinball-0.9": lambda t: column(library.quantile_loss(t.ahead, {"m": QUANTILES[2]}, 0.9)),
    "coverage-80": lambda t: column(library.coverage(t.ahead, ["m"], 80)),
    "msis-80": lambda t: column(library.winkler_score(t.ahead, ["m"], 80)) / scale(t),
    "width-80": lambda t: (t.ahead["m-hi-80"] - t.ahead["m-lo-80"]).groupby(t.ahead.unique_id).mean().to_numpy(),
}
METRICS = at_levels(LEVELS) | {
    name: entry.load()
    for table in (
        registry.METRICS,
        registry.MORE_METRICS,
        registry.INTERVAL_METRICS,
        registry.MORE_INTERVAL_METRICS,
    )
    for name, entry in table.items()
}


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_equals_that_of_a_library(name: str, outcome: Outcome, tables: Tables) -> None:
    np.testing.assert_allclose(METRICS[name](outcome).per_series, LIBRARY[name](tables), rtol=1e-12)
