"""A search as a table of its trials, and in sentences: what is the best, what mattered, and what it is worth."""

from collections.abc import Mapping
from typing import Any

from rnncast.rendering.base import Column, Table
from rnncast.scoring import Plain
from rnncast.studies import Search


def trials_table(search: Search, about: Mapping[str, Any]) -> Table:
    """Return a row for each trial, the best first: how it ended, its figures, its settings."""
    trials = search.trials
    figures = [name for name in dict.fromkeys(name for tried in trials for name in tried.figures) if name != search.aim]
    settings = list(dict.fromkeys(name for tried in trials for name in tried.settings))
    columns = [
        Column("trial", [tried.number for tried in trials]),
        Column("state", [tried.state for tried in trials]),
        Column(search.aim, [tried.value for tried in trials]),
        *(Column(name, [tried.figures.get(name) for tried in trials], digits=3) for name in figures),
        *(Column(name, [tried.settings.get(name) for tried in trials], digits=3) for name in settings),
    ]
    return Table("trials", tuple(columns), about=about, best={search.aim: "lowest"}, bars=search.aim)


def remarks(search: Search) -> list[str]:
    """Say which settings are the best, and how much each mattered."""
    best = ", ".join(f"{name} {_said(value)}" for name, value in search.best.settings.items())
    best = best or "everything told from the data, as 'rnncast train' has it"
    told = [f"Trial {search.best.number} is the best, {search.aim} {search.best.value:.4g}: {best}."]
    if search.importances:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in search.importances.items())
        told.append(f"What mattered: {shares}.")
    return told


def worth(scores: Plain) -> list[str]:
    """Say how the best settings do on the rows that were held out, beside the default ones and the best baseline."""
    if not scores:
        return ["No rows were held out, so it is not known what the search is worth; --test says how many."]
    tuned, default, *baselines = scores
    metric = "log-loss" if "log-loss" in scores[tuned] else "mase" if scores[tuned]["mase"] is not None else "mae"
    known = {name: value for name in baselines if (value := scores[name][metric]) is not None}
    parts = [(tuned, scores[tuned][metric]), (default, scores[default][metric])]
    parts += [(name, known[name]) for name in sorted(known, key=lambda name: known[name])[:1]]
    said = ", ".join(f"{name} {value:.4g}" for name, value in parts if value is not None)
    return [f"On the rows held out, looked at once, {metric.upper()}: {said}."]


def _said(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
