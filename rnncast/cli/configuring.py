"""Options from elsewhere than the command line: RNNCAST_* variables and --config files, and such files written.

    command line, then RNNCAST_* variables, then the file, then the default

A variable is named after an option: RNNCAST_HIDDEN_SIZE is --hidden-size of every command that has it. A file is TOML,
a section for each command, with its options by their long names:

    [train]
    model = "lstm"
    hidden-size = 64
    target = ["sales"]
    no-skip = true

--print-config prints what holds by all of these as such a file, and of the rest the defaults as comments.
"""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import click
from click.core import ParameterSource

from rnncast.cli import helping
from rnncast.errors import UsageError, nearest

Value = str | bool | list[str]

_GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)
_DEFAULT = re.compile(r"\[default: (.*)\]$", re.DOTALL)


def attach(command: click.Command) -> None:
    """Let a command take its options from variables and a file too."""
    for param in command.params:
        if isinstance(param, click.Option) and param.expose_value and param.envvar is None:
            param.envvar = "RNNCAST_" + _long(param).upper().replace("-", "_")
    command.params += [
        click.Option(
            ["--config"], metavar="FILE", is_eager=True, expose_value=False, callback=_read, envvar="RNNCAST_CONFIG",
            help="TOML file with options by their long names, in a section for each command.",
        ),
        click.Option(
            ["--print-config"], is_flag=True, expose_value=False, callback=_print,
            help="Print what holds, as such a file, and leave.",
        ),
    ]  # fmt: skip


def beside(name: str) -> click.Command:
    """Return the command of a name, beside the one that runs."""
    parent = click.get_current_context().parent
    assert parent is not None, "a command runs below the program"
    assert isinstance(parent.command, click.Group), "a command runs below the program"
    return parent.command.commands[name]


def toml(command: click.Command, settings: Mapping[str, Any]) -> str:
    """Return a file with settings, by their options of a command."""
    options = {str(param.name): param for param in command.params if isinstance(param, click.Option)}
    lines = [_line(options[name], value) for name, value in settings.items()]
    return "\n".join([f"[{command.name}]", *lines]) + "\n"


def _line(option: click.Option, value: Any) -> str:
    """Return the line of a file that gives an option a value; what the command line joins by commas is one text."""
    joined = isinstance(value, tuple) and not option.multiple
    return f"{_long(option)} = {_toml(','.join(map(str, value)) if joined else value)}"


def _toml(value: object) -> str:
    """Return a number, a text, true or false, or several; as JSON has it is as TOML does, but for one sign."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _long(option: click.Option) -> str:
    """Return an option's long name."""
    return max(option.opts, key=len).removeprefix("--")


def _read(ctx: click.Context, param: click.Parameter, path: str | None) -> None:
    """Take a file's values for what is given neither on the command line nor by a variable."""
    if path is None or ctx.resilient_parsing:
        return
    command = str(ctx.command.name)
    group = ctx.parent.command if ctx.parent else None
    known = list(group.commands) if isinstance(group, click.Group) else [command]
    file = _load(path)
    for section, values in file.items():
        if section not in known or not isinstance(values, dict):
            raise UsageError(f"{path}: there is no command '{section}' to be a section.", nearest(section, known))
    ctx.default_map = dict(_named(path, ctx.command, file.get(command, {})))


def _print(ctx: click.Context, param: click.Parameter, is_asked: bool) -> None:
    """Print what holds and leave, whatever data there are: the call is parsed again for its options alone."""
    if not is_asked or ctx.resilient_parsing:
        return
    options = [other for other in ctx.command.params if isinstance(other, click.Option) and other is not param]
    lenient = {"allow_extra_args": True, "ignore_unknown_options": True}
    twin = click.Command(ctx.command.name, context_settings=lenient, params=list(options))
    found = twin.make_context(str(ctx.info_name), list(ctx.meta[helping.ARGUMENTS]), parent=ctx.parent)
    click.echo("\n".join([f"[{ctx.command.name}]", *_holding(found)]))
    ctx.exit()


def _holding(ctx: click.Context) -> Iterator[str]:
    """Yield by subject a line for each option: the value that was given, else a comment that tells the default."""
    for subject, options in helping.subjects(ctx.command.params).items():
        settable = [option for option in options if option.expose_value]
        if settable:
            yield f"\n# {subject}"
        for option in settable:
            if ctx.get_parameter_source(str(option.name)) in _GIVEN:
                yield _line(option, ctx.params[str(option.name)])
            else:
                default = _DEFAULT.search((option.get_help_record(ctx) or ("", ""))[1])
                yield f"# {_long(option)}: {default[1] if default else 'not given'}"


def _load(path: str) -> dict[str, Any]:
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            return tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path} is no TOML: {error}.", 'Write [train], and below lines such as model = "lstm".'
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(f"--config {path} cannot be read: {reason}.", "Give a TOML file.") from error


def _named(path: str, command: click.Command, values: Mapping[str, Any]) -> dict[str, Value]:
    """Return values by the names of their parameters, as the command line would give them.

    Raises:
        UsageError: a key that is no option of the command.
    """
    options = [param for param in command.params if isinstance(param, click.Option) and param.expose_value]
    on = {flag.removeprefix("--"): option for option in options for flag in option.opts if flag.startswith("--")}
    off = {flag.removeprefix("--"): option for option in options for flag in option.secondary_opts}
    found: dict[str, Value] = {}
    for key, value in values.items():
        option = on.get(key) or off.get(key)
        if option is None:
            raise UsageError(f"{path}: '{key}' in [{command.name}] is no option of it.", nearest(key, [*on, *off]))
        is_flag = isinstance(value, bool)
        if is_flag != (option.is_flag or bool(option.secondary_opts)):
            expected = "true or false" if not is_flag else "a value"
            raise UsageError(
                f"{path}: '{key}' in [{command.name}] is {json.dumps(value, default=str)}, expected {expected}."
            )
        found[str(option.name)] = value != (key in off) if is_flag else _texts(value, option.multiple)
    return found


def _texts(value: object, is_multiple: bool) -> Value:
    """Return a value as the command line has it: several of them, or one text with commas between its parts."""
    parts = [str(part) for part in (value if isinstance(value, list) else [value])]
    return parts if is_multiple else ",".join(parts)
