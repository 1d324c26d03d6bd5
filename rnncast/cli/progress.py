"""Shows a fit's progress on stderr: a moving line on a terminal, with the curve of the loss, a line a fit elsewhere."""

import sys
from collections.abc import Generator
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from rnncast.cli.options import Talk

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from rnncast.fits import Progress

Result = TypeVar("Result")

REFRESHES = 8
"""How often a second the line is drawn anew, at most."""

CURVE = 16
"""Characters of the curve of the loss."""

WIDE = 100
"""Columns of a terminal from which on all figures have room."""


def show(running: "Generator[Progress, None, Result]", talk: Talk) -> Result:
    """Run a generator of progress to its end, showing what it yields; return what it returns."""
    bar = _bar(talk) if sys.stderr.isatty() and not talk.quiet else None
    losses: dict[str, list[float]] = {}
    warned: set[str] = set()
    last: Progress | None = None
    with bar or nullcontext():
        while True:
            try:
                progress = next(running)
            except StopIteration as done:
                _close(last, bar, talk)
                result: Result = done.value
                return result
            if last and last.is_last and last.fit != progress.fit:
                _close(last, bar, talk)
            losses.setdefault(progress.fit, []).append(progress.loss)
            last = progress
            _warn(progress, warned, talk)
            if bar:
                _move(bar, progress, losses[progress.fit])


def _bar(talk: Talk) -> "Bar":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=not talk.colour)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=12 if console.width >= WIDE else 6),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    return Progress(*columns, console=console, transient=True, refresh_per_second=REFRESHES)


def _move(bar: "Bar", progress: "Progress", losses: list[float]) -> None:
    from rnncast.rendering.charts.sparkline import sparkline

    tasks = {task.description: task.id for task in bar.tasks}
    for description, task in tasks.items():
        bar.update(task, visible=description == progress.fit)
    if progress.fit not in tasks:
        tasks[progress.fit] = bar.add_task(progress.fit, total=progress.total_steps, figures="")
    is_wide, unicode = bar.console.width >= WIDE, bar.console.encoding.startswith("utf")
    curve = sparkline(losses, CURVE if is_wide else CURVE // 2, unicode)
    bar.update(tasks[progress.fit], completed=progress.step, figures=f"{curve} {_figures(progress, is_wide)}")


def _figures(progress: "Progress", is_wide: bool = True) -> str:
    """Return the losses and the rate; on a narrow terminal only one loss, the one that decides."""
    rate = f"{progress.step / max(progress.seconds, 1e-9):.0f} steps/s"
    if not is_wide:
        return f"{progress.loss if progress.validation is None else progress.validation:.4f}  {rate}"
    judged = "" if progress.validation is None else f"  validation {progress.validation:.4f}"
    return f"loss {progress.loss:.4f}{judged}  {rate}"


def _close(last: "Progress | None", bar: "Bar | None", talk: Talk) -> None:
    if last is not None and bar is None:
        talk.note(f"{last.fit}: {last.step} of {last.total_steps} steps, {_figures(last)}")


def _warn(progress: "Progress", warned: set[str], talk: Talk) -> None:
    """Say once a fit that gradients explode, or that it stopped because the loss is no number."""
    if progress.diverged:
        talk.note(
            f"Warning: {progress.fit}: the loss is not a number any more at step {progress.step}; the best weights "
            "before are kept. Lower --lr or --clip-norm."
        )
    elif progress.exploding and progress.fit not in warned:
        warned.add(progress.fit)
        talk.note(
            f"Warning: {progress.fit}: gradients explode (norm {progress.gradient_norm:.3g} at step {progress.step}), "
            "they are clipped. A lower --lr, or --model lstm or gru, is steadier."
        )
