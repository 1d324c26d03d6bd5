"""The documentation shows only commands and options that exist, and every command there is."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from rnncast import registry

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = [page for page in (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))) if page.exists()]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELLS = {"", "sh", "bash", "shell", "console"}
PROMPT = "$ "
SEPARATORS = {"&&", "||", "|", ";", "&"}
OPTION = re.compile(r"--?[A-Za-z]")


class Invocation(NamedTuple):
    """Holds one call of the program as a page shows it: its command and the options before and after it."""

    command: str
    before: list[str]
    after: list[str]


def shell_lines(text: str) -> Iterator[str]:
    """Yield the command lines of a page; in a block with prompts, the lines behind them alone."""
    for language, block in FENCE.findall(text):
        if language not in SHELLS:
            continue
        lines = block.replace("\\\n", " ").splitlines()
        has_prompt = any(line.startswith(PROMPT) for line in lines)
        yield from (line.removeprefix(PROMPT) for line in lines if not has_prompt or line.startswith(PROMPT))


def words_of_calls(line: str) -> Iterator[list[str]]:
    """Yield the words after `rnncast` or `python -m rnncast` of every call in a line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    call: list[str] | None = None
    for word in [*lexer, ";"]:
        if word in SEPARATORS:
            if call is not None:
                yield call
            call = None
        elif call is not None:
            call.append(word)
        elif word == "rnncast":
            call = []


def invocations(text: str) -> Iterator[Invocation]:
    """Yield every call of the program that the code blocks of a page show."""
    for line in shell_lines(text):
        if "rnncast" not in line:
            continue
        for words in words_of_calls(line):
            names = [index for index, word in enumerate(words) if not word.startswith("-")]
            place = names[0] if names else len(words)
            before, after = words[:place], words[place + 1 :]
            yield Invocation(words[place] if names else "", options(before), options(after))


def options(words: list[str]) -> list[str]:
    """Return the options among the words, without values that are joined to them: -H for -H12."""
    found = [word.partition("=")[0] for word in words if OPTION.match(word)]
    return [option if option.startswith("--") else option[:2] for option in found]


def known_options(command: click.Command) -> set[str]:
    """Return every spelling of every option of a command."""
    spelled = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    return spelled | {"--help"}


def test_calls_are_found_in_code_blocks_alone() -> None:
    text = (
        "`rnncast a`\n```sh\ntail -f x | rnncast -q predict - -H12 \\\n  --levels=80 && rnncast --version # so\n```\n"
    )
    assert list(invocations(text)) == [
        Invocation("predict", ["-q"], ["-H", "--levels"]),
        Invocation("", ["--version"], []),
    ]


def test_what_a_console_prints_is_no_call() -> None:
    assert list(invocations("```console\n$ rnncast --version\nrnncast 0.1.0\n```\n")) == [
        Invocation("", ["--version"], [])
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_shown_exists(
    page: Path, program: click.Group, commands: dict[str, click.Command]
) -> None:
    unknown = []
    for call in invocations(page.read_text(encoding="utf-8")):
        unknown += [option for option in call.before if option not in known_options(program)]
        if call.command and call.command not in commands:
            unknown.append(call.command)
        elif call.command:
            known = known_options(commands[call.command])
            unknown += [f"{call.command} {option}" for option in call.after if option not in known]
    assert unknown == []


def test_the_models_listed_are_those_there_are() -> None:
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    listed = page.partition("--list-models\n")[2].partition("```")[0]
    shown = [tuple(line.split(maxsplit=1)) for line in listed.splitlines()]
    assert shown[1:] == [(name, entry.summary) for name, entry in registry.MODELS.items()]


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_option_of_a_model_stands_in_its_documentation(name: str) -> None:
    page = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    kind = registry.MODELS[name].load().options_type
    keys = [field.name for field in fields(kind)] if kind else []
    section = page.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    assert [key for key in keys if f"`--option {key}=" not in section] == []


@pytest.mark.parametrize("name", registry.MODELS)
def test_every_model_has_equations_and_says_when_to_use_it(name: str) -> None:
    sections = re.split(r"^### ", (ROOT / "docs" / "models.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    section = next(text for text in sections if name in text.partition("\n")[0].replace(",", "").split())
    about = section if name != "pretrained" else next(text for text in sections if text.startswith("folding\n"))
    assert re.search(r"^ {4}\S.* [=~] ", about, re.MULTILINE)
    assert re.search(r"\b[Uu]se\s+(it|them)\b", section)


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_every_command_stands_in_the_documentation(commands: dict[str, click.Command]) -> None:
    shown = {call.command for page in PAGES for call in invocations(page.read_text(encoding="utf-8"))}
    assert set(commands) - shown == set()
