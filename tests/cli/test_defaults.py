"""Every option's default goes through the option's own parser, as what is typed does."""

from collections.abc import Iterator

import click
import pytest

from rnncast.cli import program


def with_default() -> Iterator[tuple[click.Command, click.Parameter]]:
    for command in program.commands.values():
        for parameter in command.params:
            if isinstance(parameter.get_default(click.Context(command)), str | bool | int | float | tuple):
                yield command, parameter


@pytest.mark.parametrize(
    ("command", "parameter"), [pytest.param(c, p, id=f"{c.name}-{p.name}") for c, p in with_default()]
)
def test_a_default_can_be_read(command: click.Command, parameter: click.Parameter) -> None:
    context = click.Context(command)
    assert parameter.type_cast_value(context, parameter.get_default(context)) is not None
