"""A comparison as a ranked table, and in sentences: who is the best, and whether that may be chance."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from rnncast.assessment import Standing, against_best, leading
from rnncast.comparing import Leaderboard
from rnncast.evaluation import Scores
from rnncast.rendering.base import Column, Table
from rnncast.rendering.scores import mixed_units, scores_table
from rnncast.significance import SIGNIFICANT

SHOWN = ("smape", "wql")
"""Metrics that are shown on a narrow screen too, beside the one that ranks."""


def leaderboard_table(board: Leaderboard, about: Mapping[str, Any]) -> Table:
    """Return a row for each model and baseline, the best first: rank, metrics, seconds of its fits, its weights."""
    plain, costs = board.scores.plain(), board.costs
    table, metric = scores_table(board.scores, about), leading(plain)[0]
    spare = {column.name for column in table.columns[1:]} - {metric, *SHOWN}
    cost = [costs.get(name) for name in plain]
    columns = (
        Column("rank", list(range(1, len(plain) + 1))),
        *table.columns,
        Column("seconds", [None if one is None else round(one.seconds, 3) for one in cost], digits=3),
        Column("weights", [None if one is None else one.num_weights for one in cost]),
    )
    return replace(table, columns=columns, bars=metric, spare=frozenset(spare))


def remarks(board: Leaderboard) -> list[str]:
    """Say in sentences how the best stands against the next, a model against the best baseline, and the ensemble."""
    scores, models = board.scores, board.costs
    first, *others = scores.outcomes
    baselines = [name for name in others if name not in models]
    told = [*mixed_units(scores.panel), _told(scores, "next")]
    if first not in models:
        told.append(f"Warning: no model is better than the baseline {first}.")
    elif baselines and others[0] in models:
        beside = {name: scores.outcomes[name] for name in (first, *baselines)}
        told.append(_told(replace(scores, outcomes=beside), "best baseline"))
    return told + ([] if board.ensemble is None else board.ensemble.report["reasons"])


def _told(scores: Scores, other: str) -> str:
    """Say how the first of the forecasters stands against the best of the others, which is called so."""
    standing, plain = against_best(scores), scores.plain()
    if standing is None:
        return f"{scores.model} is alone."
    mine, its = (plain[name][standing.metric] for name in (scores.model, standing.baseline))
    if mine is None or its is None:
        return f"Nothing can be said of {scores.model}: no value was observed where it was measured."
    unit = "log loss" if standing.metric == "log-loss" else standing.metric.upper()
    against = f"{its:.4g} of the {other}, {standing.baseline}"
    return f"{scores.model} has the lowest {unit}, {mine:.4g} against {against}: {_chance(standing)}."


def _chance(standing: Standing) -> str:
    p_value = standing.comparison.p_value
    if not isfinite(p_value):
        return "whether that is chance cannot be told from so few origins"
    said = "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"
    return f"{said}, not by chance alone" if p_value < SIGNIFICANT else f"{said}, which may be chance"
