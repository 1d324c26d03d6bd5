"""`rnncast completion`: what makes a shell complete the program's commands, options, names and files."""

import os
from contextlib import suppress

import click
from click.shell_completion import get_completion_class

from rnncast import saving
from rnncast.cli import helping, options
from rnncast.cli.options import Talk
from rnncast.errors import OutputError, UsageError

SHELLS = ("bash", "zsh", "fish")
ZSH_LINE = b"fpath+=(${ZDOTDIR:-~}/.zfunc); autoload -Uz compinit; compinit  # completion of rnncast\n"
"""What zsh is told once, in its .zshrc: it looks into no folder of the user's by itself."""


@click.command(
    cls=helping.Command,
    short_help="Make the shell complete commands, options and names.",
    epilog="Example: rnncast completion bash --install",
)
@click.argument("shell", required=False, type=click.Choice(SHELLS))
@click.option("--install", is_flag=True, help="Write the script to where the shell looks for it.")
@click.option("-o", "--output", metavar="FILE", help="Write the script to a file.")
@options.talk_options
@click.pass_obj
def completion(talk: Talk, /, shell: str | None, install: bool, output: str | None) -> None:
    """Print the script that makes SHELL (bash, zsh or fish, by default yours) complete the program.

    --install writes it below your home folder: for bash into ~/.local/share/bash-completion/completions, for fish into
    ~/.config/fish/completions, for zsh into ~/.zfunc, and into ~/.zshrc, once, the line that has zsh look there.
    """
    if install and output:
        raise UsageError("--install and --output are two places.", "Leave one of the two out.")
    shell = shell or _own_shell()
    script = _script(shell)
    if install:
        output = _place(shell)
        with suppress(OSError):  # what is not there cannot be written, which is told below
            os.makedirs(os.path.dirname(output), exist_ok=True)
    if output is None:
        click.echo(script)
        return
    saving.write_text(output, script + "\n")
    talk.note(f"Wrote {output}.")
    if install:
        _finish(shell, output, talk)


def _script(shell: str) -> str:
    kind = get_completion_class(shell)
    assert kind is not None, "click knows every shell of the choice"
    root = click.get_current_context().find_root().command
    script = kind(root, {}, "rnncast", "_RNNCAST_COMPLETE").source().strip()
    # Called by the name of its file, what zsh has loaded once is the function itself; else every second call is lost.
    return script.replace("_rnncast_completion", "_rnncast") if shell == "zsh" else script


def _own_shell() -> str:
    name = os.path.basename(os.environ.get("SHELL", ""))
    if name not in SHELLS:
        raise UsageError("the variable SHELL names no shell that is known.", f"Name one of {', '.join(SHELLS)}.")
    return name


def _place(shell: str) -> str:
    """Return the file in which a shell looks for what completes `rnncast`."""
    match shell:
        case "bash":
            return os.path.join(_folder("XDG_DATA_HOME", ".local/share"), "bash-completion/completions/rnncast")
        case "fish":
            return os.path.join(_folder("XDG_CONFIG_HOME", ".config"), "fish/completions/rnncast.fish")
        case _:
            return os.path.join(_folder("ZDOTDIR", ""), ".zfunc/_rnncast")


def _folder(variable: str, otherwise: str) -> str:
    return os.environ.get(variable) or os.path.join(os.path.expanduser("~"), otherwise)


def _finish(shell: str, path: str, talk: Talk) -> None:
    """Have zsh look where the script lies, and say what else it takes."""
    if shell == "zsh":
        settings = os.path.join(_folder("ZDOTDIR", ""), ".zshrc")
        held = _content(settings)
        if ZSH_LINE.strip() not in held:
            saving.write(settings, held + (b"" if held.endswith(b"\n") or not held else b"\n") + ZSH_LINE)
            talk.note(f"Added a line to {settings}.")
    if shell == "bash":
        talk.note(f"Without the package bash-completion, add to ~/.bashrc: source '{path}'")
    talk.note("A new shell completes rnncast.")


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise OutputError(
            f"'{path}' cannot be read: {error.strerror}.", "Add what 'rnncast completion' prints."
        ) from error
