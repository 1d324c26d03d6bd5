import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from rnncast import registry
from rnncast.aliases import check_freq
from rnncast.cli import completing, program
from tests.cli.conftest import Call

COMMANDS = sorted(program.commands)


def offered(*args: str) -> list[str]:
    """Return what is offered for the last of some words; what lies on the disk as its kind."""
    shell = ShellComplete(program, {}, "rnncast", "_RNNCAST_COMPLETE")
    items = shell.get_completions(list(args[:-1]), args[-1])
    return [item.value if item.type == "plain" else f"<{item.type}>" for item in items]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("comp",), ["compare", "completion"]),
        (("train", "--hid"), ["--hidden-size"]),
        (("train", "-m", "ml"), ["mlstm", "mlp"]),
        (("compare", "--model", "def"), ["default"]),
        (("compare", "--baseline", "auto-e"), ["auto-ets"]),
        (("evaluate", "--baseline", "seas"), ["seasonal-naive", "seasonal-ar"]),
        (("evaluate", "--metric", "msi"), ["msis-80"]),
        (("predict", "--format", "js"), ["json", "jsonl"]),
        (("train", "--freq", "Q"), ["QS", "QE"]),
        (("train", "--time-zone", "Europe/Berl"), ["Europe/Berlin"]),
        (("train", "--loss", "hu"), ["huber"]),
        (("train", "--hidden-size", "x", "--opt"), ["--option", "--optimizer"]),
        (("generate", "--kind", "cha"), ["chaos"]),
        (("train", ""), ["<file>"]),
        (("predict", "-c", "air"), ["<file>"]),
        (("compare", "--keep", ""), ["<dir>"]),
        (("no-such-command", ""), COMMANDS),
        (("train", "--config", "none.toml", "--see"), ["--seed"]),
        (("train", "--list-models", "--see"), ["--seed"]),
    ],
    ids=" ".join,
)
def test_what_is_known_is_offered(words: tuple[str, ...], found: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert offered(*words) == found
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("freq", completing.FREQS)
def test_every_frequency_that_is_offered_exists(freq: str) -> None:
    assert check_freq(freq) == freq


@pytest.mark.parametrize("metric", completing.METRICS)
def test_every_metric_that_is_offered_exists(metric: str) -> None:
    assert registry.find_metric(metric)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_text_that_is_a_name_or_a_path_is_left_without_offers(name: str) -> None:
    params = [param for param in program.commands[name].params if param.type is click.STRING]
    left = {str(param.metavar) for param in params if isinstance(param, click.Option)}
    assert left <= {"COL", "CODE", "ID", "KEY=VALUE", "DATE", "P[,P...]"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_one_that_its_shell_reads(call: Call, tmp_path: Path, shell: str) -> None:
    done = call("completion", shell)
    assert (done.status, "_RNNCAST_COMPLETE" in done.stdout) == (0, True)
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    (tmp_path / "script").write_text(done.stdout)
    subprocess.run([shell, "-n", "script"], cwd=tmp_path, check=True)


def test_bash_completes(call: Call, tmp_path: Path, program_path: str) -> None:
    script = call("completion", "bash").stdout
    ask = 'COMP_WORDS=(rnncast train --model min); COMP_CWORD=3; _rnncast_completion rnncast; echo "${COMPREPLY[@]}"'
    assert _run("bash", script + ask, tmp_path, program_path) == "mingru minlstm\n"


def test_fish_completes(call: Call, tmp_path: Path, program_path: str) -> None:
    script = call("completion", "fish").stdout
    assert _run("fish", f'{script}\ncomplete -C "rnncast train --model min"', tmp_path, program_path).split() == [
        "mingru",
        "minlstm",
    ]


def test_zsh_calls_what_it_has_loaded_by_the_name_of_the_file(call: Call) -> None:
    script = call("completion", "zsh").stdout
    assert "\n_rnncast() {" in script
    assert "_rnncast_completion" not in script


def _run(shell: str, text: str, folder: Path, path: str) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    variables = {"PATH": path, "HOME": str(folder), "TERM": "dumb"}
    return subprocess.run([shell, "-c", text], cwd=folder, env=variables, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("shell", "files"),
    [
        ("bash", {".local/share/bash-completion/completions/rnncast"}),
        ("fish", {".config/fish/completions/rnncast.fish"}),
        ("zsh", {".zfunc/_rnncast", ".zshrc"}),
    ],
)
def test_installing_writes_where_the_shell_looks_and_nowhere_else(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str, files: set[str]
) -> None:
    _at_home(tmp_path, monkeypatch)
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    done = call("completion", "--install")
    assert (done.status, done.stdout) == (0, "")
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == files
    assert all(f"{tmp_path}/{file}" in done.stderr for file in files)


def test_the_settings_of_zsh_get_one_line_once(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _at_home(tmp_path, monkeypatch)
    settings = tmp_path / ".zshrc"
    settings.write_bytes(b"alias a=b\xff")
    for _ in range(2):
        call("completion", "zsh", "--install")
    lines = settings.read_bytes().splitlines()
    assert (lines[0], len(lines), b"fpath" in lines[1]) == (b"alias a=b\xff", 2, True)


def test_settings_of_zsh_that_cannot_be_read_stay_as_they_are(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _at_home(tmp_path, monkeypatch)
    (tmp_path / ".zshrc").mkdir()
    done = call("completion", "zsh", "--install")
    assert (done.status, "cannot be read: Is a directory." in done.stderr) == (1, True)


def _at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_script_goes_into_a_file_that_is_named(call: Call, tmp_path: Path) -> None:
    done = call("completion", "fish", "-o", "rnncast.fish")
    assert (done.status, done.stdout, done.stderr) == (0, "", "Wrote rnncast.fish.\n")
    assert (tmp_path / "rnncast.fish").read_text() == call("completion", "fish").stdout


def test_a_shell_that_is_not_known_is_told(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = call("completion")
    assert (done.status, done.stdout) == (2, "")
    assert "Hint: Name one of bash, zsh, fish." in done.stderr
    assert call("completion", "bash", "--install", "-o", "x").status == 2
