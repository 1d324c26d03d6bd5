import tomllib
from pathlib import Path

import click
import pytest

from rnncast.cli import configuring, program
from rnncast.cli.train import train
from tests.cli.conftest import Call

FILE = """
[train]
model = "lstm"
hidden-size = 4
max-steps = 2
ensemble = 1
quantiles = [0.1, 0.5, 0.9]
target = ["passengers"]
no-skip = true
averaging = false

[predict]
horizon = 3
levels = "50"
"""


def settings_of(call: Call, path: str = "rnncast.safetensors") -> dict[str, str]:
    lines = call("inspect", path).stdout.splitlines()
    return dict(line.split(",", 1) for line in lines)


def test_options_come_from_the_command_line_then_variables_then_the_file(
    call: Call, airline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.toml").write_text(FILE)
    assert call("train", airline, "--config", "c.toml").status == 0
    found = settings_of(call)
    assert (found["model"], found["hidden_size"], found["skip"], found["averaging"]) == ("lstm", "4", "false", "false")
    assert found["quantiles"] == '"0.1, 0.5, 0.9"'
    monkeypatch.setenv("RNNCAST_HIDDEN_SIZE", "5")
    monkeypatch.setenv("RNNCAST_CONFIG", "c.toml")
    call("train", airline)
    assert settings_of(call)["hidden_size"] == "5"
    call("train", airline, "--hidden-size", "6", "--skip")
    assert (settings_of(call)["hidden_size"], settings_of(call)["skip"]) == ("6", "true")
    forecast = call("predict").stdout.splitlines()
    assert (len(forecast), forecast[0]) == (4, "month,forecast,lo-50,hi-50")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "[train]\nhiden-size = 3",
            "c.toml: 'hiden-size' in [train] is no option of it.",
            "Did you mean 'hidden-size'?",
        ),
        ("[trian]\n", "c.toml: there is no command 'trian' to be a section.", "Did you mean 'train'?"),
        ("train = 3", "c.toml: there is no command 'train' to be a section.", "Did you mean 'train'?"),
        ("[train", "c.toml is no TOML: Expected ']' at the end of a table declaration", "Write [train]"),
        ("[train]\nskip = 1", "c.toml: 'skip' in [train] is 1, expected true or false.", "See"),
        ("[train]\nhorizon = true", "c.toml: 'horizon' in [train] is true, expected a value.", "See"),
        ("[train]\nhorizon = 0", "Invalid value for '-H' / '--horizon'", "See"),
        ("[train]\nhidden-size = 1.5", "Invalid value for '--hidden-size': '1.5' is not a whole number", "See"),
        ("[train]\ndata = 'x.csv'", "c.toml: 'data' in [train] is no option of it.", "Known: target"),
        ("\xff", "--config c.toml cannot be read: it is no UTF-8 text.", "Give a TOML file."),
    ],
)
def test_a_file_that_cannot_be_used_is_told(
    call: Call, airline: Path, tmp_path: Path, text: str, message: str, hint: str
) -> None:
    (tmp_path / "c.toml").write_bytes(text.encode("latin-1"))
    done = call("train", airline, "--config", "c.toml")
    assert (done.status, done.stdout) == (2, "")
    assert f"Error: {message}" in done.stderr
    assert f"Hint: {hint}" in done.stderr


def test_a_file_that_is_not_there_is_told(call: Call, airline: Path) -> None:
    done = call("train", airline, "--config", "no.toml")
    assert (done.status, "Error: --config no.toml cannot be read: No such file" in done.stderr) == (2, True)


def test_what_is_written_is_read_again() -> None:
    settings = {
        "hidden_size": 8,
        "num_layers": 2,
        "learning_rate": 1e-05,
        "skip": False,
        "residual": True,
        "target": ('a\x7f "b"\n', "é"),
        "season_length": (7, 365),
        "quantiles": (0.1, 0.5),
        "loss": "huber",
    }
    written = tomllib.loads(configuring.toml(train, settings))
    assert list(written) == ["train"]
    found = configuring._named("x", train, written["train"])
    context = train.make_context("train", ["data.csv"], default_map=found)
    assert {name: context.params[name] for name in settings} == settings


def test_every_option_has_a_variable_and_every_command_a_file(commands: dict[str, click.Command]) -> None:
    for command in commands.values():
        options = [param for param in command.params if isinstance(param, click.Option)]
        assert "--config" in {flag for option in options for flag in option.opts}
        assert all(str(option.envvar).startswith("RNNCAST_") for option in options if option.expose_value)


def test_what_holds_is_printed_and_reads_back_as_the_same(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.toml").write_text(FILE)
    monkeypatch.setenv("RNNCAST_HIDDEN_SIZE", "5")
    monkeypatch.setenv("RNNCAST_MODEL", "gru")
    asked = ("--model", "rnn", "--option", "a=1", "--option", 'b="\u00e9\U0001f600\x7f', "--season-length", "7,365")
    done = call("train", "--config", "c.toml", *asked, "--print-config")
    assert (done.status, done.stderr) == (0, "")
    (tmp_path / "held.toml").write_text(done.stdout)
    assert tomllib.loads(done.stdout)["train"] == {
        "target": ["passengers"],
        "season-length": "7,365",
        "model": "rnn",
        "hidden-size": 5,
        "skip": False,
        "option": ["a=1", 'b="\u00e9\U0001f600\x7f'],
        "quantiles": "0.1,0.5,0.9",
        "averaging": False,
        "max-steps": 2,
        "ensemble": 1,
    }
    for line in ("# Network", "# missing: interpolate", "# horizon: by the frequency", "# time: not given"):
        assert f"\n{line}\n" in done.stdout
    monkeypatch.delenv("RNNCAST_HIDDEN_SIZE")
    monkeypatch.delenv("RNNCAST_MODEL")
    assert call("train", "--config", "held.toml", "--print-config").stdout == done.stdout
    assert call("train", "data.csv", "--config", "held.toml", "-q", "--print-config").stdout == done.stdout


@pytest.mark.parametrize("name", sorted(program.commands))
def test_every_command_prints_what_holds_without_data(call: Call, name: str) -> None:
    done = call(name, "--print-config")
    assert (done.status, done.stderr) == (0, "")
    assert tomllib.loads(done.stdout) == {name: {}}


def test_what_is_wrong_is_told_before_what_holds(call: Call) -> None:
    assert "'x' is not a whole number" in call("train", "--print-config", "--hidden-size", "x").stderr
    assert "Did you mean --hidden-size?" in call("train", "--print-config", "--hiden-size", "3").stderr
    assert "there is no command 'trian'" in call("trian", "--print-config").stderr
