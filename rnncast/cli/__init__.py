"""The command line: one file a command, and here the one place where errors become words and a status.

| status | when |
|--------|------|
| 0      | done, or whoever read the output stopped reading |
| 1      | the run failed: memory, disk, divergence, a condition of --fail-if that holds |
| 2      | the input or the usage is wrong |
| 130    | Ctrl-C |
| 143    | SIGTERM |
"""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from types import FrameType
from typing import NoReturn

import click

from rnncast import __version__, process
from rnncast.cli import completing, configuring, together
from rnncast.cli.compare import compare
from rnncast.cli.completion import completion
from rnncast.cli.doctor import doctor
from rnncast.cli.evaluate import evaluate
from rnncast.cli.export import export
from rnncast.cli.generate import generate
from rnncast.cli.inspect import inspect
from rnncast.cli.man import man
from rnncast.cli.options import talk_options
from rnncast.cli.predict import predict
from rnncast.cli.pretrain import pretrain
from rnncast.cli.report import report
from rnncast.cli.train import train
from rnncast.cli.tune import tune
from rnncast.errors import RnncastError, UsageError, nearest
from rnncast.rendering.base import visible

STREAM_FAULTS = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF)
"""What a write to a stream fails with."""

NO_MEMORY = ("memory", "failed to map segment", "can't start new thread")
"""Words by which libraries and the loader tell of too little memory, without a kind of error for it."""


class StreamError(Exception):
    """Carries an error of a stream past click, which would make a status of its own of it."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Commands(click.Group):
    """A group that offers the nearest name for a command that does not exist."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno not in STREAM_FAULTS:
                raise
            raise StreamError(error) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that `args` begin with."""
        if not ctx.resilient_parsing and args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UsageError(f"there is no command '{args[0]}'.", nearest(args[0], self.commands))
        if args and args[0] in self.commands and args[0] not in together.SHARED and process.place().ranks > 1:
            known = ", ".join(together.SHARED)
            raise UsageError(
                f"'{args[0]}' runs in one process; several share {known}.",
                "Leave torchrun out, or unset RANK and WORLD_SIZE.",
            )
        return super().resolve_command(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the program is for, and its examples with what each does beside it."""
        text, _, examples = (self.help or "").partition("\n\n\b\n")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(text)
            formatter.write_paragraph()
            formatter.write_dl([(line[:EXAMPLE].rstrip(), line[EXAMPLE:]) for line in examples.splitlines()])


EXAMPLE = 26
"""Where in the lines of `HELP` the words begin that tell what an example does."""

# The line with \b keeps the manual from joining the lines after it.
HELP = """Forecast time series from CSV files with recurrent networks.

\b
rnncast predict data.csv  forecast at once, by the model that comes along
rnncast train data.csv    fit, measure on the held-out end, save rnncast.safetensors
rnncast predict           forecast from the end of the data that were trained on
rnncast evaluate          measure the forecasts from several origins
rnncast compare data.csv  rank models and baselines
rnncast tune data.csv     search settings
"""
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=Commands, context_settings=SETTINGS, help=HELP)
@click.version_option(__version__, prog_name="rnncast")
@talk_options
def program() -> None:
    """Lead to the commands; what they share is in `options`."""


COMMANDS = (
    train,
    predict,
    evaluate,
    compare,
    tune,
    inspect,
    report,
    export,
    generate,
    pretrain,
    doctor,
    completion,
    man,
)

for command in COMMANDS:
    configuring.attach(command)
    completing.attach(command)
    program.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program and leave with its exit status."""
    _open_closed_streams()
    signal.signal(signal.SIGTERM, _terminate)
    process.prepare()
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    status = _guarded(arguments)
    try:
        sys.stdout.flush()
    except OSError as error:
        status = _output_failed(error)
    sys.exit(status)


def _guarded(arguments: list[str]) -> int:
    """Run the program; whatever it raises becomes words on stderr and a status."""
    try:
        _check_folder()
        result = program(arguments, prog_name="rnncast", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except RnncastError as error:
        _say_error(error.message, error.hint or _see_help(arguments))
        _trace(arguments)
        return error.exit_status
    except click.ClickException as error:
        return _usage_failed(error, arguments)
    except (KeyboardInterrupt, click.Abort):
        return 130
    except MemoryError:
        _say_error("there is not enough memory for this run.", "Lower --batch-size, --context or --hidden-size.")
        return 1
    except StreamError as error:
        return _output_failed(error.cause)
    except OSError as error:
        return _output_failed(error) if error.errno in STREAM_FAULTS else _unexpected(error, arguments)
    except Exception as error:
        return _unexpected(error, arguments)


def _check_folder() -> None:
    """Raise a UsageError where the current folder is gone: torch cannot be loaded there."""
    try:
        os.getcwd()
    except OSError as error:
        raise UsageError("the current folder does not exist any more.", "Change to another folder.") from error


def _unexpected(error: Exception, arguments: list[str]) -> int:
    if any(words in str(error) for words in NO_MEMORY):
        _say_error("there is not enough memory for this run.", "Lower --batch-size, --context or --hidden-size.")
    elif "temporary directory" in str(error):  # torch looks for one while it loads
        _say_error("no folder for temporary files can be written.", "Free some space, or name one that has it: TMPDIR.")
    else:
        _say_error(
            f"unexpected {type(error).__name__}: {str(error).strip() or 'no message'}",
            "This is a fault of rnncast: please report it, with the output of 'rnncast -v -v ...'.",
        )
    _trace(arguments)
    return 1


def _trace(arguments: list[str]) -> None:
    if sum(argument.count("v") for argument in arguments if argument in ("-v", "-vv", "--verbose")) > 1:
        traceback.print_exc()


def _usage_failed(error: click.ClickException, arguments: list[str]) -> int:
    """Tell of what click did not understand; a group without a command is shown its help.

    Ranks all misunderstand the same, and one of them says it.
    """
    if process.place().rank > 0:
        return 2
    if not arguments:
        click.echo(error.format_message(), err=True)
        return 2
    message, hint = error.format_message(), _see_help(arguments)
    if isinstance(error, click.NoSuchOption):
        message = error.message
        close = get_close_matches(error.option_name, error.possibilities or (), n=1)
        hint = f"Did you mean {close[0]}?" if close else hint
    _say_error(message, hint)
    return 2


def _see_help(arguments: list[str]) -> str:
    command = next((argument for argument in arguments if argument in program.commands), None)
    return f"See '{' '.join(filter(None, ('rnncast', command, '--help')))}'."


def _say_error(message: str, hint: str = "") -> None:
    click.echo(f"Error: {visible(message)}", err=True)
    if hint:
        click.echo(f"Hint: {visible(hint)}", err=True)


def _output_failed(error: OSError) -> int:
    """Tell why standard output took no more; a reader that went away is no failure."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - stays open until the process ends
    if isinstance(error, BrokenPipeError):
        return 0
    _say_error(f"the output cannot be written: {error.strerror or error}.")
    return 1


def _open_closed_streams() -> None:
    """Put something that swallows text where the caller closed a stream."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as above


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
