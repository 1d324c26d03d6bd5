"""How fast networks are trained: beside a bare loop, other libraries and what the machine can do, in turn.

Every program trains in a process of its own and takes its turn of a few steps, round after round; while one
computes, the others wait. So what else the machine does befalls all alike, and medians of ratios are fair.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bench.measuring import ROOT
from bench.throughput.turns import DEVICE, THREADS
from bench.throughput.workloads import HOURLY, SERIES, TEXTBOOK, WORKLOADS, Workload

SIDE = 2048
"""Rows and columns of the matrices that `bare` multiplies."""

PEERS = {"neuralforecast": HOURLY, "darts": HOURLY, "gluonts": ("lstm",), "keras": (*HOURLY, *TEXTBOOK)}
"""Libraries, each with a module here of its name, and the workloads that it can be given."""


class Program(NamedTuple):
    """Says what trains: its name, its command, and how many of its steps are a turn."""

    name: str
    command: Sequence[str]
    steps: int


class Taken(NamedTuple):
    """Holds what a program's steps took in each turn, seconds and CPU seconds a step, and its most memory in MiB."""

    seconds: list[float]
    cpu: list[float]
    peak: float


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for and print a table for each workload."""
    parser = argparse.ArgumentParser(prog="python -m bench throughput", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS) + "; all but series")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each program")
    parser.add_argument("--steps", type=int, default=0, help="steps of a turn; by default about a second's")
    parser.add_argument(
        "--python", action="append", default=[], metavar="NAME=PATH", help=f"an interpreter with {', '.join(PEERS)}"
    )
    asked = parser.parse_args(arguments)
    peers = dict(peer.split("=", 1) for peer in asked.python)
    for name in {*peers} - {*PEERS} | {*asked.workloads} - {*WORKLOADS}:
        parser.error(f"there is no '{name}'; known: {', '.join((*PEERS, *WORKLOADS))}")
    names = asked.workloads or [*HOURLY, *TEXTBOOK]
    if set(names) <= set(SERIES):
        _report_series(_measured([_own(name, asked.steps or 10, "all") for name in names], asked.rounds))
        return
    for name in names:
        steps = asked.steps or (2 if name in HOURLY else 20)
        taken = _measured(_programs(name, steps, peers), asked.rounds)
        _report(name, WORKLOADS[name], taken)


def _programs(name: str, steps: int, peers: Mapping[str, str]) -> list[Program]:
    """Return who trains on a workload."""
    found = [
        Program("products", (sys.executable, "-m", "bench.throughput.bare", "products", "5"), 5),
        Program("bare", (sys.executable, "-m", "bench.throughput.bare", name, str(steps)), steps),
        _own(name, steps, "last"),
        _own(name, steps, "all"),
    ]
    for peer, python in peers.items():
        if name in PEERS[peer]:
            found.append(Program(peer, (python, "-m", f"bench.throughput.{peer}", name, str(steps)), steps))
    return found


def _own(name: str, steps: int, origins: str) -> Program:
    label = name if name in SERIES else f"rnncast {origins}"
    return Program(label, (sys.executable, "-m", "bench.throughput.own", name, str(steps), origins), steps)


def _measured(programs: Sequence[Program], rounds: int) -> dict[str, Taken]:
    """Return what the programs' steps took; the first turn of each is not counted."""
    taken = {program.name: Taken([], [], 0.0) for program in programs}
    running = {
        program: subprocess.Popen(
            program.command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for program in programs
    }
    for number in range(rounds + 1):
        for program, process in running.items():
            answer = _turn(program, process)
            if number:
                found = taken[program.name]
                found.seconds.append(answer["seconds"] / program.steps)
                found.cpu.append(answer["cpu"] / program.steps)
                taken[program.name] = found._replace(peak=answer["peak"])
    for process in running.values():
        process.communicate()
    return taken


def _turn(program: Program, process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Let a program take a turn; return what it took."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        process.stdin.write("\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
    except (OSError, ValueError) as error:
        raise SystemExit(f"{program.name} failed:\n{process.stderr.read()[-2000:]}") from error
    return answer


def _report(name: str, workload: Workload, taken: Mapping[str, Taken]) -> None:
    """Print how fast each program was, by the clock and by the seconds of CPU of all its threads, and its memory."""
    print(f"{name}: {workload}, {THREADS} threads, {DEVICE}")
    for clock, what in (("seconds", "by the clock"), ("cpu", "by CPU time")):
        times = {program: getattr(found, clock) for program, found in taken.items()}
        _table(workload, times, what)
    print("MiB:", ", ".join(f"{program} {found.peak:.0f}" for program, found in taken.items()), "\n", flush=True)


def _table(workload: Workload, times: Mapping[str, Sequence[float]], what: str) -> None:
    """Print windows a second, how many times as many they are as the bare loop's, and seconds of an epoch."""
    best = 2 * SIDE**3 / min(times["products"])
    print(f"{what:16} {'windows/s':>9} {'x bare':>7} {'of sgemm':>9} {'s an epoch':>11}")
    for program in (program for program in times if program != "products"):
        seconds = statistics.median(times[program])
        used = workload.multiplications * workload.batch / min(times[program]) / best
        print(
            f"{program:16} {workload.batch / seconds:9.0f} {_ratio(times['bare'], times[program]):7.2f} {used:9.2f} "
            f"{workload.sequences / workload.batch * seconds:11.2f}"
        )
    slower = _ratio(times["rnncast all"], times["rnncast last"])
    print(f"all origins take {slower:.2f} of the time of the last; sgemm at best {best / 1e9:.0f} GFLOP/s")


def _report_series(taken: Mapping[str, Taken]) -> None:
    """Print the time of a step beside that with the fewest series."""
    first = next(iter(taken.values()))
    for name, found in taken.items():
        cpu = statistics.median(found.cpu)
        print(
            f"{name:16} {cpu:.4f} CPU s a step, {_ratio(found.cpu, first.cpu):.2f} of the first, {found.peak:.0f} MiB"
        )


def _ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the median ratio of turns that came one after the other."""
    return statistics.median(one / other for one, other in zip(above, below, strict=True))
