"""The section on the forecast: a fan for each series, and its numbers."""

from dataclasses import replace

from rnncast.markup.base import Html, joined, paragraph, section
from rnncast.markup.curves import forecast_plot
from rnncast.markup.drawing import figure
from rnncast.markup.tables import folded
from rnncast.rendering import views
from rnncast.rendering.charts.making import forecast_charts
from rnncast.reporting.layout import blocks, by_series, entitled, everything
from rnncast.reporting.material import Material, Shown


def forecast(material: Material) -> Html:
    """Return the section."""
    charts = by_series(material, forecast_charts(material.forecast, material.levels, everything(material)).charts)

    def told(shown: Shown) -> Html:
        plots = [
            forecast_plot(chart, entitled("What came, and what is expected", material, target))
            for target, chart in enumerate(charts[shown.number])
        ]
        found = views.forecast_table(material.of_series(shown.number), material.levels)
        numbers = replace(found, columns=found.columns[len(material.panel.id_names) :])
        caption = f"Forecast of {shown.name}, step by step" if shown.name else "Forecast, step by step"
        return joined(*map(figure, plots), folded(numbers, caption))

    remark = (
        ""
        if material.forecast.quantile_levels or material.panel.classes
        else paragraph("There are no intervals: a point loss learns none.")
    )
    return section("forecast", "Forecast", remark, blocks(material, told))
