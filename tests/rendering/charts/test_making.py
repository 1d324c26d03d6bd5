import numpy as np

from rnncast.evaluation import Plan, Scores
from rnncast.metrics import Outcome
from rnncast.panel import Forecast, Panel
from rnncast.rendering.charts.making import Excerpt, backtest_charts, data_charts, forecast_charts
from tests.making import DAILY, panel_of


def forecast_of(panel: Panel) -> Forecast:
    """Return three steps of every target, with the quantiles 10, 50 and 90 percent one apart."""
    point = np.arange(panel.num_series * 3 * panel.num_targets, dtype=float).reshape(panel.num_series, 3, -1)
    quantiles = point[..., None] + np.array([-1.0, 0.0, 1.0])
    return Forecast(point, quantiles, (0.1, 0.5, 0.9), panel.start + panel.lengths, panel)


def scores_of(panel: Panel, first: int, windows: int, stride: int) -> Scores:
    """Return the scores of forecasts, two steps each, that are all 1."""
    plan = Plan(np.full(panel.num_series, first), windows, stride, 2)
    ends = plan.ends(panel)
    actual, observed = panel.at(panel.offsets[:, None] + ends + 1, 2)
    point = np.ones_like(actual)
    quantiles = point[..., None] + np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    past = np.ones((*actual.shape[:2], actual.shape[3]))
    return Scores({"lstm": Outcome(actual, observed, point, quantiles, (0.05, 0.1, 0.5, 0.9, 0.95), past)}, plan, panel)


def test_a_forecast_stands_after_the_end_with_its_intervals_about_it() -> None:
    (chart,) = forecast_charts(forecast_of(panel_of([np.arange(50.0)], time=DAILY)), (80, 95)).charts
    (fan,) = chart.fans
    assert (chart.name, chart.stamps[0], chart.stamps[-1]) == ("0", "1970-01-11", "1970-02-22")
    assert (fan.first, fan.end, len(chart.values), chart.known, chart.is_tested) == (40, 43, 43, 40, False)
    assert chart.values[39] == 49
    assert np.isnan(chart.values[40:]).all()
    assert [band.percent for band in fan.bands] == [95, 80]
    assert fan.bands[1].upper.tolist() == [1, 2, 3]
    assert (fan.bands[0].upper > fan.bands[1].upper).all()


def test_what_was_not_seen_is_a_gap() -> None:
    (chart,) = data_charts(panel_of([[1.0, float("nan"), 3.0]], time=DAILY)).charts
    assert np.isnan(chart.values).tolist() == [False, True, False]
    assert chart.known == 3


def test_the_first_charts_are_drawn_and_the_rest_is_counted() -> None:
    panel = panel_of([np.ones((5, 2))] * 3)
    gallery = data_charts(panel, Excerpt(most=4))
    assert [chart.name for chart in gallery.charts] == ["0 y0", "0 y1", "1 y0", "1 y1"]
    assert gallery.left_out == 2
    assert data_charts(panel, Excerpt(most=4, total=100)).left_out == 196


def test_series_may_be_chosen() -> None:
    panel = panel_of([np.full(5, number) for number in range(4)])
    gallery = data_charts(panel, Excerpt(series=(3, 1)))
    assert [(chart.name, chart.values[0]) for chart in gallery.charts] == [("3", 3), ("1", 1)]


def test_rows_that_are_counted_have_numbers_for_steps() -> None:
    (chart,) = forecast_charts(forecast_of(panel_of([np.arange(5.0)])), ()).charts
    assert chart.steps.dtype.kind == "i"
    assert chart.steps.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert chart.fans[0].bands == ()


def test_the_last_forecasts_of_a_backtest_that_do_not_overlap_lie_over_what_came() -> None:
    panel = panel_of([np.arange(20.0)], time=DAILY)
    (chart,) = backtest_charts(scores_of(panel, first=9, windows=9, stride=1), Excerpt(origins=3, history=5)).charts
    assert [int(chart.values[fan.first]) for fan in chart.fans] == [14, 16, 18]
    assert (chart.known, chart.values[0], len(chart.values)) == (5, 9, 11)
    assert chart.is_tested
    assert [(band.percent, band.upper.tolist()) for band in chart.fans[0].bands] == [(90, [3, 3]), (80, [2, 2])]


def test_a_series_of_which_nothing_was_measured_has_no_forecast() -> None:
    panel = panel_of([np.full(20, np.nan), np.arange(20.0)], time=DAILY)
    blank, whole = backtest_charts(scores_of(panel, first=15, windows=2, stride=2)).charts
    assert (len(blank.fans), len(whole.fans)) == (0, 2)


def test_classes_are_drawn_by_the_likeliest() -> None:
    indicators = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    panel = panel_of([indicators])
    panel = Panel(**{name: getattr(panel, name) for name in panel.__slots__} | {"words": {"y0": ("a", "b", "c")}})
    point = np.array([[[0.2, 0.7], [0.1, 0.1]]])
    forecast = Forecast(point, np.empty((*point.shape, 0)), (), panel.start + panel.lengths, panel)
    (chart,) = forecast_charts(forecast, (80,)).charts
    assert chart.words == ("a", "b", "c")
    assert chart.values[:3].tolist() == [0, 1, 2]
    assert chart.fans[0].point.tolist() == [2, 0]
