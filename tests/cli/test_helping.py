import click
import pytest

from rnncast.cli import helping, program

COMMANDS = sorted(program.commands)


def shown(name: str, width: int = 80) -> str:
    parent = click.Context(program, info_name="rnncast", terminal_width=width, help_option_names=["-h", "--help"])
    return program.commands[name].get_help(click.Context(program.commands[name], parent, name))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_goes_by_subject(name: str) -> None:
    command = program.commands[name]
    assert isinstance(command, helping.Command)
    groups = helping.subjects(command.params)
    assert list(groups) == [subject for subject in helping.SUBJECTS if subject in groups]
    assert sum(map(len, groups.values())) == sum(isinstance(param, click.Option) for param in command.params)
    assert {option.name for option in groups["General"]} == {"quiet", "verbose", "no_color", "config", "print_config"}


def test_the_options_of_train_stand_under_what_they_are_about() -> None:
    groups = helping.subjects(program.commands["train"].params)
    names = {subject: [option.name for option in options] for subject, options in groups.items()}
    assert list(names) == list(helping.SUBJECTS)
    assert {"fail_if", "start"} <= {*names["Options"]}
    assert names["Bounds"] == ["minimum", "maximum", "integer"]
    assert {"model", "list_models", "hidden_size"} <= {*names["Network"]}
    assert {"loss", "test", "ensemble"} <= {*names["Training"]}
    assert names["Output"] == ["output", "format_name"]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_help_fits_the_terminal(name: str, width: int) -> None:
    assert [line for line in shown(name, width).splitlines() if len(line) > width] == []


def test_every_subject_has_its_texts_below_each_other() -> None:
    text = shown("train")
    assert "\nData:\n  -t, --target COL          Column to forecast; repeat for several.\n" in text
    assert "\nMachine:\n  --device NAME             auto, cpu, cuda, cuda:N or mps.  [default: auto]\n" in text


def test_an_example_that_is_too_long_goes_on_as_a_shell_does() -> None:
    lines = shown("compare", 60).partition("Example:\n")[2].splitlines()
    assert len(lines) > 1
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert " ".join(line.strip().removesuffix(" \\") for line in lines) == helping.example(program.commands["compare"])
