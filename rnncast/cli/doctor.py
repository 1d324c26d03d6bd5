"""`rnncast doctor`: versions, devices, threads, extras, write access, and what is broken."""

import click

from rnncast.cli import helping, options
from rnncast.cli.options import Talk
from rnncast.errors import RunError


@click.command(
    cls=helping.Command,
    short_help="Show versions, devices, extras, and what is broken.",
    epilog="Example: rnncast doctor --format json",
)
@options.output_option
@options.format_option
@options.talk_options
@click.pass_obj
def doctor(talk: Talk, /, output: str | None, format_name: str | None) -> None:
    """Examine this installation: versions, devices, threads, extras, write access, the embedded model.

    Leaves with status 1 if something is broken; a missing extra is not.
    """
    from rnncast import health
    from rnncast.cli.output import check, emit, format_of
    from rnncast.rendering.health import health_table

    check(output, format_name)
    findings = list(health.examine(_variables()))
    broken = [finding for finding in findings if finding.status == "broken"]
    format_name = format_of(format_name, output)
    if format_name == "table" and "rich" in {finding.check for finding in broken}:
        format_name = "csv"  # which needs no library
    emit(health_table(findings), format_name, output, talk)
    if broken:
        names = ", ".join(finding.check for finding in broken)
        raise RunError(f"broken: {names}.", broken[0].remedy)


def _variables() -> set[str]:
    """Return the variables that stand for an option of some command."""
    program = click.get_current_context().find_root().command
    commands = program.commands.values() if isinstance(program, click.Group) else ()
    return {str(param.envvar) for command in commands for param in command.params if param.envvar}
