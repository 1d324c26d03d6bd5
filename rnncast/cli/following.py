"""Following: forecasts of rows as they come on standard input, each written at once."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from rnncast import process, registry
from rnncast.cli import choosing
from rnncast.cli.options import Talk
from rnncast.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rnncast.following import Follower
    from rnncast.listening import Heard, Listener
    from rnncast.panel import Forecast

FORMATS = tuple(sorted(set(registry.STREAMS) & set(registry.FORMATS)))
"""Formats of which each row can be written by itself."""

BLOCK = 2**16
"""Bytes that are read at once at most."""

follow_option = click.option(
    "--follow", is_flag=True, help="Read rows from standard input as they come, and forecast after each: tail -f."
)


def check(data: tuple[str, ...], format_name: str | None, others: Mapping[str, str | None]) -> None:
    """Refuse what cannot be followed.

    Raises:
        UsageError: other data than standard input, a format of whole tables, an option that needs all rows, or
            several processes, of which one alone hears the stream.
    """
    if process.place().ranks > 1:
        raise UsageError("--follow reads one stream, and torchrun started several processes.", "Leave torchrun out.")
    if data != ("-",):
        raise UsageError(
            "--follow reads standard input.", "Give - as the data: tail -f FILE | rnncast predict - --follow."
        )
    if format_name not in (None, *FORMATS):
        raise UsageError(
            f"--format {format_name} needs all rows, and --follow writes each as it comes.",
            f"Take {', '.join(FORMATS)}.",
        )
    given = next((name for name, value in others.items() if value is not None), None)
    if given is not None:
        raise UsageError(f"{given} does not go with --follow.", "Leave it out; '> FILE' keeps what is written.")


def follow(follower: "Follower", levels: Sequence[int], format_name: str | None, talk: Talk) -> None:
    """Write a forecast after each row of standard input, and say why there is none after others."""
    from rnncast.cli.output import emit_parts
    from rnncast.rendering import views

    choosing.say_reach(talk, follower.horizon, follower.predictor.horizon)
    listener = follower.listener()
    heard = _noted(listener.hear(_blocks()), listener, talk)
    forecasts = _told(follower.follow(heard), talk)
    tables = (views.followed(forecast, sorted(set(levels))) for forecast in forecasts)
    emit_parts(tables, format_name or "csv", None, talk)


def _blocks() -> Iterator[bytes]:
    """Yield what comes on standard input, as soon as it comes."""
    while sys.stdin is not None and (block := os.read(sys.stdin.fileno(), BLOCK)):
        yield block


def _noted(stream: "Iterator[Heard | DataError]", listener: "Listener", talk: Talk) -> "Iterator[Heard | DataError]":
    """Yield what is heard, having said what was told from the beginning of the stream."""
    for number, heard in enumerate(stream):
        if number == 0:
            talk.notes(listener.notes)
        yield heard


def _told(stream: "Iterable[Forecast | DataError]", talk: Talk) -> "Iterator[Forecast]":
    """Yield the forecasts; say why there is none after other rows."""
    for found in stream:
        if isinstance(found, DataError):
            talk.notes([f"skipped {found.message}"])
        else:
            yield found
