"""Weighing: how much each of several models, fitted apart, counts in one forecast, as origins that validate say.

The voices are a model's own networks, each kind by itself, and the anchor where a model has one. All begin alike,
since equal weights are hard to better (Clemen 1989); then voices are added one after the other, each time the one
that lowers the mean error most, again and again the same if it does (Caruana et al. 2004, section 2.1). There is one
addition for two windows, which overlap by half, so that a few windows leave the weights nearly equal.

Axes: M windows (series times origins), H horizon, C targets, V voices.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from rnncast import packing
from rnncast.blend import EMBEDDED, FITTED, OVERLAP, TOO_MUCH, Blend, Judged, calibrated, window_errors
from rnncast.casting import AnyNetwork
from rnncast.checkpoint import OWN_TRAINING, OWN_WINDOW, Checkpoint
from rnncast.config import Config
from rnncast.ensemble import fit_members
from rnncast.errors import UsageError
from rnncast.evaluation import Plan, judge, plan_origins
from rnncast.fits import Fit, Progress, Round
from rnncast.forecasting import Predictor, predict
from rnncast.panel import FloatArray, IntArray, Panel
from rnncast.selection import validation_rows

ADDITIONS = 20
"""Most voices that are added to those that begin."""

ORIGINS = 16
"""Most origins of a series that validate, about."""


class Weighed(NamedTuple):
    """Holds an ensemble: what forecasts, and which network of which model each of its networks is."""

    predictor: Predictor
    members: tuple[tuple[str, int], ...]


class _Voice(NamedTuple):
    """Holds a model's networks of one kind: their places in the model, and what they forecast together."""

    model: str
    kind: str
    places: tuple[int, ...]
    networks: Sequence[AnyNetwork]
    point: FloatArray  # [M, H, C]


def validating(panel: Panel, asked: int | None, horizon: int) -> Plan:
    """Return the origins in the last rows of a panel that validate, as they do in a fit.

    Raises:
        UsageError: there are no such rows.
    """
    rows = validation_rows(panel, asked, horizon)
    if not rows.any():
        raise UsageError(
            "an ensemble is weighed by validation rows, and there are none.", "Leave --validation out, or --ensemble."
        )
    stride = max(1, horizon // 2, int(rows.max() - horizon) // (ORIGINS - 1))
    return plan_origins(panel, panel.lengths - rows, horizon, stride=stride)


def best(predictors: Mapping[str, Predictor], panel: Panel, plan: Plan) -> list[str]:
    """Return the names of the predictors by their mean error after the origins, the lowest first."""
    errors = {}
    for name, predictor in predictors.items():
        judged = judge(predictor, None, panel, plan)
        point = predict(predictor, panel, plan.ends(panel), plan.horizon).point
        each = window_errors(judged, point.reshape(judged.actual.shape))
        known = each[np.isfinite(each)]
        errors[name] = known.mean() if len(known) else np.inf
    return sorted(errors, key=lambda name: float(errors[name]))


def are_alike(one: Checkpoint, other: Checkpoint) -> bool:
    """Tell whether networks of two fits can forecast together: in the same units, at the same quantile levels."""
    kinds = [
        (
            fit.config.window.transform,
            fit.config.window.channels,
            fit.config.training.loss,
            fit.config.training.quantiles,
        )
        for fit in (one, other)
    ]
    return kinds[0] == kinds[1]


def weigh(predictors: Mapping[str, Predictor], anchor: str | None, panel: Panel, plan: Plan) -> Weighed:
    """Return the ensemble of the predictors' networks, and an anchor, that the windows after the origins ask for.

    What future covariates add beside the embedded model is left out: other networks read them themselves.
    """
    voices = [voice for name, predictor in predictors.items() for voice in _voices(name, predictor, panel, plan)]
    plain = replace(next(iter(predictors.values())), regression=None)
    judged = judge(_alone(plain, plain.networks), anchor, panel, plan)
    points = [voice.point for voice in voices] + ([] if judged.anchor is None else [judged.anchor])
    counts = additions(judged, np.stack(points), len(voices))
    heard = [(voice, int(count)) for voice, count in zip(voices, counts, strict=False) if count]
    networks = [network for voice, _ in heard for network in voice.networks]
    blend = _blend(heard, anchor, int(counts.sum()))
    predictor = replace(plain, networks=networks, blend=blend)
    if predictor.levels and not judged.is_class:
        fitted = judge(predictor, anchor, panel, plan)
        predictor = replace(predictor, blend=calibrated(fitted, blend, predictor.levels))
    return Weighed(predictor, tuple((voice.model, place) for voice, _ in heard for place in voice.places))


def additions(judged: Judged, points: FloatArray, num_voices: int) -> IntArray:
    """Return how often each of the forecasts `points` [V, M, H, C] is counted; the first `num_voices` are networks'.

    Those with twice the lowest error of a network are not counted at all.
    """
    errors = np.stack([window_errors(judged, point) for point in points])  # [V, M]
    known = np.isfinite(errors).all(axis=0)
    counts = np.ones(len(points), dtype=np.int64)
    if not known.any():
        return counts
    mean = errors[:, known].mean(axis=1)  # [V]
    counts[mean > TOO_MUCH * mean[:num_voices].min()] = 0
    total = np.tensordot(counts.astype(np.float64), points, axes=1)  # [M, H, C]
    for _ in range(min(ADDITIONS, int(known.sum()) // OVERLAP)):
        tried = [window_errors(judged, (total + point) / (counts.sum() + 1))[known].mean() for point in points]
        chosen = int(np.argmin(tried))
        counts[chosen] += 1
        total = total + points[chosen]
    return counts


def _voices(name: str, predictor: Predictor, panel: Panel, plan: Plan) -> list[_Voice]:
    found = []
    for kind, networks in predictor.kinds.items():
        judged = judge(replace(_alone(predictor, networks), regression=None), None, panel, plan)
        places = tuple(n for n, network in enumerate(predictor.networks) if any(network is own for own in networks))
        found.append(_Voice(name, kind, places, networks, judged.networks[kind].point))
    return found


def _alone(predictor: Predictor, networks: Sequence[AnyNetwork]) -> Predictor:
    """Return what forecasts the mean of some networks, with nothing beside them."""
    return replace(predictor, networks=networks, blend=Blend(weights=(1 / len(networks),) * len(networks)))


def _blend(heard: Sequence[tuple[_Voice, int]], anchor: str | None, total: int) -> Blend:
    """Return the blend in which each voice counts as often as is said, of `total` with the anchor's counts."""
    kinds = {kind: sum(count for voice, count in heard if voice.kind == kind) for kind in (FITTED, EMBEDDED)}
    networks = kinds[FITTED] + kinds[EMBEDDED]
    weights = [count / kinds[voice.kind] / len(voice.places) for voice, count in heard for _ in voice.places]
    return Blend(
        anchor=anchor,
        share=networks / total,
        embedded=kinds[EMBEDDED] / networks if kinds[FITTED] else 0.0,
        weights=tuple(weights),
    )


def join(
    weighed: Weighed, fits: Mapping[str, Checkpoint], panel: Panel, held_out: IntArray, device: torch.device
) -> Generator[Progress, None, Checkpoint]:
    """Fit the networks of an ensemble to all rows, and return it as one checkpoint without scores.

    Args:
        weighed: the ensemble.
        fits: its models by name, each fitted to the first rows of the panel.
        panel: all rows.
        held_out: [N], how many of each series' last rows the models were not fitted to.
        device: where to fit.
    """
    first = next(iter(fits.values()))
    fitted = [fits[name].members[place] for name, place in weighed.members]
    known = [_known(fits[name], place) for name, place in weighed.members]
    networks, _ = yield from fit_members(Round("final", panel, earlier=known), fitted, device)
    kept, is_whole = packing.tail(
        panel, max(member.window.context_length or 1 for member in fitted) + int(held_out.max())
    )
    return replace(
        first,
        config=replace(first.config, model=replace(first.config.model, model="auto")),
        members=tuple(_like(first.config, member) for member in fitted),
        blend=weighed.predictor.blend,
        regression=None,
        heldout=tuple(fits[name].final[place] for name, place in weighed.members),
        final=tuple(network.weights for network in networks),
        panel=kept,
        held_out=held_out,
        is_whole=is_whole,
        report={"steps": [fit.best_step for fit in known], "reasons": list(told(weighed))},
        history=(),
    )


def told(weighed: Weighed) -> Iterator[str]:
    """Yield a sentence on what each model, and the anchor, counts for."""
    blend, shares = weighed.predictor.blend, dict[str, float]()
    kinds = len(weighed.predictor.kinds)
    for (name, _), weight, network in zip(weighed.members, blend.weights, weighed.predictor.networks, strict=True):
        embedded = blend.embedded if network.shape.folds else 1 - blend.embedded
        shares[name] = shares.get(name, 0.0) + blend.share * weight * (embedded if kinds > 1 else 1.0)
    said = [f"{share:.0%} {name}" for name, share in shares.items()]
    beside = [f"{1 - blend.share:.0%} the baseline {blend.anchor}"] if blend.share < 1 else []
    yield f"The ensemble is {', '.join(said + beside)}, as validation says."


def _known(fit: Checkpoint, place: int) -> Fit:
    """Return how long a model's network was fitted."""
    return Fit(fit.report["steps"][place], fit.report["planned"][place], ())


def _like(config: Config, member: Config) -> Config:
    """Return a member's settings with those of the run's that a forecast does not depend on."""
    window = {name: getattr(member.window, name) for name in OWN_WINDOW}
    training = {name: getattr(member.training, name) for name in OWN_TRAINING}
    return replace(
        member,
        data=replace(config.data, season_length=member.data.season_length),
        window=replace(config.window, **window),
        training=replace(config.training, **training),
        bounds=config.bounds,
        run=config.run,
    )
