import csv
import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from bench.submissions import Line
from rnncast.baselines import forecast_baseline
from rnncast.metrics import Outcome, mase, owa, seasonal_error, smape
from rnncast.panel import FloatArray, Panel

M4 = Path(__file__).parents[2] / "shared" / "data" / "m4"
needs_m4 = pytest.mark.skipif(not (M4 / "Weekly-train.csv.gz").exists(), reason="the M4 files are not on this machine")


class M4Set(NamedTuple):
    panel: Panel
    past_error: FloatArray
    actual: FloatArray


def panel_of(series: list[FloatArray], season_length: int) -> Panel:
    lengths = np.array([len(values) for values in series])
    offsets = np.cumsum(lengths) - lengths
    values = np.concatenate(series)[:, None]
    none = np.zeros((len(values), 0))
    return Panel(
        values=values,
        observed=np.ones(values.shape, dtype=bool),
        offsets=offsets,
        lengths=lengths,
        start=np.zeros(len(series), dtype=np.int64),
        ids=np.array([[str(n)] for n in range(len(series))]),
        id_names=("id",),
        target_names=("y",),
        past_covariates=none,
        future_covariates=none,
        future_offsets=offsets,
        future_lengths=lengths,
        static_covariates=np.zeros((len(series), 0)),
        season_lengths=(season_length,),
    )


def read_m4(name: str, prefix: str) -> dict[str, FloatArray]:
    """Read the rows of a wide M4 file whose id begins with `prefix`, padding left out."""
    with gzip.open(M4 / name, "rt", encoding="utf-8") as lines:
        rows = csv.reader(line for line in lines if line.lstrip('"').startswith(prefix))
        return {row[0]: np.array([float(cell) for cell in row[1:] if cell not in ("", "NA")]) for row in rows}


@pytest.fixture(scope="module", params=[("Hourly", 24), ("Weekly", 1)], ids=["hourly", "weekly"])
def m4(request: pytest.FixtureRequest) -> tuple[str, M4Set]:
    name, season_length = request.param
    train = read_m4(f"{name}-train.csv.gz", name[0])
    test = read_m4(f"{name}-test.csv.gz", name[0])
    panel = panel_of(list(train.values()), season_length)
    actual = np.stack([test[series] for series in train])[:, None, :, None]
    return name, M4Set(panel, seasonal_error(panel, season_length)[:, None], actual)


def m4_outcome(m4_set: M4Set, point: FloatArray) -> Outcome:
    return Outcome(
        actual=m4_set.actual,
        observed=np.ones(m4_set.actual.shape, dtype=bool),
        point=point[:, None],
        quantiles=np.zeros((*m4_set.actual.shape, 0)),
        quantile_levels=(),
        past_error=m4_set.past_error,
    )


def published(method: str, column: str) -> float:
    with (M4 / "published-scores.csv").open(encoding="utf-8") as lines:
        return next(float(row[column]) for row in csv.DictReader(lines) if row["method_id"] == method)


@needs_m4
@pytest.mark.parametrize("method", ["Naive2", "Naive", "sNaive", "SES"])
def test_the_m4_benchmarks_score_what_was_published(m4: tuple[str, M4Set], method: str) -> None:
    name, m4_set = m4
    submission = read_m4(f"submission-{method}.csv.gz", name[0])
    point = np.stack([submission[f"{name[0]}{n + 1}"] for n in range(m4_set.panel.num_series)])[..., None]
    outcome = m4_outcome(m4_set, point)
    own = {"smape": round(smape(outcome).overall, 3), "mase": round(mase(outcome).overall, 3)}
    assert own == {"smape": published(method, f"sMAPE_{name}"), "mase": published(method, f"MASE_{name}")}
    naive2 = {"smape": published("Naive2", f"sMAPE_{name}"), "mase": published("Naive2", f"MASE_{name}")}
    assert float(owa(own, naive2)) == pytest.approx(published(method, f"OWA_{name}"), rel=1e-9)


def test_the_benchmark_of_the_submissions_says_how_far_apart_scores_are() -> None:
    line = Line("hourly", "SES", "sMAPE", 18.094, 18.093)
    assert str(line) == "hourly  SES     sMAPE   18.094     18.093       0.001"


@needs_m4
@pytest.mark.parametrize(("baseline", "method"), [("naive", "Naive"), ("seasonal-naive", "sNaive")])
def test_the_baselines_score_what_was_published(m4: tuple[str, M4Set], baseline: str, method: str) -> None:
    name, m4_set = m4
    outcome = m4_outcome(m4_set, forecast_baseline(baseline, m4_set.panel, m4_set.actual.shape[2]))
    assert round(smape(outcome).overall, 3) == published(method, f"sMAPE_{name}")
    assert round(mase(outcome).overall, 3) == published(method, f"MASE_{name}")


def submitted(method: str, name: str, count: int) -> FloatArray:
    submission = read_m4(f"submission-{method}.csv.gz", name[0])
    return np.stack([submission[f"{name[0]}{n + 1}"] for n in range(count)])


@needs_m4
def test_naive2_is_the_organisers_submission(m4: tuple[str, M4Set]) -> None:
    name, m4_set = m4
    point = forecast_baseline("naive2", m4_set.panel, m4_set.actual.shape[2])[..., 0]
    # They wrote four digits after the point.
    np.testing.assert_allclose(point, submitted("Naive2", name, len(point)), rtol=1e-9, atol=5.001e-5)


@needs_m4
def test_smoothing_is_the_organisers_where_their_search_found_the_least_squares(m4: tuple[str, M4Set]) -> None:
    name, m4_set = m4
    point = forecast_baseline("ses", m4_set.panel, m4_set.actual.shape[2])[..., 0]
    theirs = submitted("SES", name, len(point))
    apart = (np.abs(point - theirs) / theirs).max(axis=1)
    assert np.median(apart) < 1e-3
    assert apart.max() < 0.02


@needs_m4
@pytest.mark.parametrize(
    ("baseline", "method", "tolerance"),
    [("naive2", "Naive2", 0.0), ("ses", "SES", 0.001), ("theta", "Theta", 0.0015)],
)
def test_smoothing_scores_near_what_was_published(
    m4: tuple[str, M4Set], baseline: str, method: str, tolerance: float
) -> None:
    name, m4_set = m4
    outcome = m4_outcome(m4_set, forecast_baseline(baseline, m4_set.panel, m4_set.actual.shape[2]))
    for metric, label in ((smape, "sMAPE"), (mase, "MASE")):
        known = published(method, f"{label}_{name}")
        assert round(metric(outcome).overall, 3) == pytest.approx(known, rel=tolerance, abs=0.0)
