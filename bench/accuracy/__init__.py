"""All that is promised on accuracy: one measurement a name, one record a name and seed, one table of all.

    python -m bench accuracy [NAME ...] [--seeds N ...] [--train-options=OPTIONS] [--results FILE]
    python -m bench accuracy --table

A name is one of SUBJECTS, or what several begin with: classic, shape, etth1, forking. Records are appended to FILE;
the table is made of the last record of each name and seed. Where data are missing, a name is skipped.
"""

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import rnncast
from bench.accuracy import airline, classics, ett, forking, m1, m4, shapes, table, zero
from bench.accuracy.base import Measured, Setting
from bench.data import CLASSICS
from bench.measuring import ROOT

SUBJECTS: dict[str, Callable[[Setting], Measured]] = {
    "airline": airline.measure,
    **{name: partial(m4.measure, name) for name in m4.GROUPS},
    "m1": m1.measure,
    **{f"classic-{name}": partial(classics.measure, name) for name in CLASSICS},
    **{name: partial(ett.measure, name) for name in ett.TASKS},
    **{f"shape-{name}": partial(shapes.measure, name) for name in shapes.SHAPES},
    "forking-hourly": forking.hourly,
    "forking-m1": forking.monthly,
    **zero.SUBJECTS,
}
"""What can be measured, by name."""


def main(arguments: Sequence[str]) -> None:
    """Measure what was named, or print the table of what was measured before."""
    parser = argparse.ArgumentParser("python -m bench accuracy")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(SUBJECTS)}, or how several begin")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], metavar="N")
    parser.add_argument("--train-options", type=shlex.split, default=[], help="for every 'rnncast train', as one word")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "accuracy.jsonl", metavar="FILE")
    parser.add_argument("--table", action="store_true", help="print the table of all results with these train options")
    asked = parser.parse_args(arguments)
    if asked.table:
        records = map(json.loads, asked.results.read_text().splitlines())
        print(table.markdown([record for record in records if record["options"] == asked.train_options]))
        return
    for name in chosen(asked.names):
        for seed in asked.seeds:
            _measure(name, Setting(seed, tuple(asked.train_options)), asked.results)


def chosen(names: Sequence[str]) -> list[str]:
    """Return the subjects that are named, or that begin with a name; all of them where none is."""
    unknown = [name for name in names if not any(_means(name, subject) for subject in SUBJECTS)]
    if unknown:
        raise SystemExit(f"there is no accuracy benchmark '{unknown[0]}'; known: {', '.join(SUBJECTS)}")
    return [subject for subject in SUBJECTS if not names or any(_means(name, subject) for name in names)]


def _means(name: str, subject: str) -> bool:
    return subject == name or subject.startswith(f"{name}-")


def _measure(name: str, setting: Setting, results: Path) -> None:
    """Append the record of a subject and a seed; one that cannot be measured does not keep others from it."""
    print(f"== {name}, seed {setting.seed}", flush=True)
    try:
        measured = SUBJECTS[name](setting)
    except SystemExit as reason:
        print(f"{name} is skipped: {reason}", file=sys.stderr, flush=True)
        return
    record: dict[str, Any] = {"name": name, "seed": setting.seed, "options": list(setting.options)}
    record |= {**measured._asdict(), "version": rnncast.__version__, "revision": _revision()}
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    print(", ".join(f"{key} {value:.4g}" for key, value in measured.scores.items()))
    print(f"{measured.seconds:.0f} s, {measured.cpu:.0f} CPU s", flush=True)


def _revision() -> str | None:
    """Return the commit that was measured, marked where files differ from it; None outside a repository."""
    command = ("git", "describe", "--always", "--dirty")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
