"""What the parts of pretraining are worth: short courses, each without one of them or with another one.

Measured zero-shot and without the anchor on series that the accuracy benchmark does not score: the training parts of
M1, and the classic files before the first of its origins.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from math import exp, log
from pathlib import Path
from statistics import fmean
from typing import NamedTuple
from unittest.mock import patch

import torch

from bench.data import CLASSICS, M1, classic, m1
from bench.measuring import ROOT
from rnncast import device, embedded, pretraining, registry
from rnncast.config import Config
from rnncast.embedded import Embedded
from rnncast.lessons import Course, lesson
from rnncast.panel import Panel
from rnncast.pretraining import Pupil
from rnncast.schedules import learning_rate
from rnncast.synthetic import augmenting

STEPS, ROWS = 300, 2**11

DECAY = 0.99
"""Of the weights' moving average, as short as the course."""

RECORDS = ROOT / "bench" / "ablations.jsonl"


class Variant(NamedTuple):
    """Says how a course differs from the usual one: settings of the network, a family left out, nothing augmented."""

    settings: Mapping[str, object] = {}
    without: str = ""
    plain: bool = False


VARIANTS: Mapping[str, Variant] = {
    "everything": Variant(),
    "without mixing and the other changes": Variant(plain=True),
    **{f"without `{kind}`": Variant(without=kind) for kind in registry.GENERATORS},
    "width 64": Variant({"hidden_size": 64}),
    "width 256": Variant({"hidden_size": 256}),
    "one layer": Variant({"num_layers": 1}),
    "three layers": Variant({"num_layers": 3}),
    "cell `slstm`": Variant({"option": ("cell=slstm",)}),
    "cell `mingru`": Variant({"option": ("cell=mingru",)}),
    "absolute error": Variant({"loss": "mae"}),
    "normal distribution": Variant({"loss": "normal"}),
}


def main(arguments: list[str]) -> None:
    """Run the courses that are asked for, or print what has been measured."""
    parser = argparse.ArgumentParser(prog="python -m bench ablations", description=__doc__)
    parser.add_argument("names", nargs="*", help="courses, by how they begin; all by default")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--results", type=Path, default=RECORDS)
    parser.add_argument("--table", action="store_true", help="print what has been measured as Markdown")
    asked = parser.parse_args(arguments)
    if asked.table:
        print("\n".join(table(asked.results)))
        return
    panels = dict(real())
    for seed in map(int, asked.seeds.split(",")):
        for name, variant in VARIANTS.items():
            if name.startswith(tuple(asked.names) or ""):
                record = {"name": name, "seed": seed, **measure(variant, seed, panels)}
                print(record, flush=True)
                with asked.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")


def real() -> Iterator[tuple[str, Panel]]:
    """Yield the series that measure, by name."""
    for frequency in M1:
        yield f"m1-{frequency}", m1(frequency).panel
    for name in CLASSICS:
        rolling = classic(name)
        yield f"classic-{name}", rolling.past(0)


def measure(variant: Variant, seed: int, panels: Mapping[str, Panel]) -> dict[str, float]:
    """Return the geometric mean of MASE in units of Theta's over the sets of each kind, and the CPU seconds."""
    began = time.process_time()
    model = learned(variant, seed)
    spent = time.process_time() - began
    ratios: dict[str, list[float]] = {"m1": [], "classic": []}
    for name, panel in panels.items():
        scores = pretraining.measured(model, panel)
        found, theta = scores["pretrained"]["mase"], scores["theta"]["mase"]
        ratios[name.split("-")[0]].append((found or 0.0) / (theta or 1.0))
    return {kind: exp(fmean(map(log, found))) for kind, found in ratios.items()} | {"cpu": spent}


def learned(variant: Variant, seed: int) -> Embedded:
    """Return the model of a short course."""
    asked = Config.of({"seed": seed, "max_steps": STEPS, "device": "cpu", **variant.settings})
    config = pretraining.configured(asked)
    kinds = tuple(kind for kind in registry.GENERATORS if kind != variant.without)
    course = Course(rows=ROWS, seed=seed, kinds=kinds)
    with patch.object(pretraining, "DECAY", DECAY):
        pupil = Pupil.new(config, device.choose(config.run))
    with changes(variant):
        for step in range(STEPS):
            for group in pupil.optimizer.param_groups:
                group["lr"] = learning_rate(config.training, step / STEPS)
            pupil.learn(lesson(course, pupil.network.shape, step, torch.device("cpu")))
    return Embedded(embedded.needed(config), pupil.average(), {})


def changes(variant: Variant) -> AbstractContextManager[object]:
    """Return the context in which drawn series are changed as the variant says."""
    return patch.multiple(augmenting, CHANGES=(), MIXED=0.0) if variant.plain else nullcontext()


def table(path: Path) -> list[str]:
    """Return the means and spreads over the seeds as lines of Markdown."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = ["| course | M1 | classic files | CPU s |", "| --- | --- | --- | --- |"]
    for name in VARIANTS:
        own = [record for record in records if record["name"] == name]
        if own:
            cells = [_spread([record[kind] for record in own]) for kind in ("m1", "classic")]
            lines.append(f"| {name} | {' | '.join(cells)} | {fmean(record['cpu'] for record in own):.0f} |")
    return lines


def _spread(values: list[float]) -> str:
    return f"{fmean(values):.3f} ({min(values):.3f} to {max(values):.3f})"
