"""What a shell offers behind an option or as an argument: names that are known, files, folders.

Choices of click offer themselves. What takes any text is given a type here that converts nothing and offers names by
what the option is, or files and folders by its metavar.
"""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem
from click.types import StringParamType

from rnncast import registry

FREQS = ("s", "min", "15min", "30min", "h", "D", "B", "W-MON", "W-SUN", "MS", "ME", "QS", "QE", "YS", "YE")
"""Frequencies that are offered; others are known too."""

_LEVELLED = [f"{name}-80" for name in registry.CENTRAL_METRICS] + [f"{name}-0.1" for name in registry.LEVEL_METRICS]
METRICS = tuple(
    dict.fromkeys(
        [
            *registry.METRICS,
            *registry.MORE_METRICS,
            *registry.INTERVAL_METRICS,
            *registry.MORE_INTERVAL_METRICS,
            *registry.RELATIVE_METRICS,
            *registry.CLASS_METRICS,
            *_LEVELLED,
        ]
    )
)


class Words(StringParamType):
    """A text for which a shell offers names; those of a long list are made when they are asked for."""

    def __init__(self, words: Callable[[], Iterable[str]]) -> None:
        self.words = words

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin with what stands there."""
        return [CompletionItem(word) for word in self.words() if word.startswith(incomplete)]


class Paths(StringParamType):
    """A text for which a shell offers what lies on the disk: its kind is "file" or "dir"."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Leave it to the shell."""
        return [CompletionItem(incomplete, type=self.kind)]


def _time_zones() -> Iterable[str]:
    from zoneinfo import available_timezones

    return sorted(available_timezones())


NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "model": lambda: ("auto", *registry.MODELS),
    "models": lambda: ("auto", registry.EMBEDDED, *registry.MODELS),
    "baselines": lambda: registry.EVERY_BASELINE,
    "metric": lambda: METRICS,
    "metrics": lambda: ("all", *METRICS),
    "fail_if": lambda: METRICS,
    "freq": lambda: FREQS,
    "time_zone": _time_zones,
    "encoding": lambda: ("utf-8", "utf-16", "utf-32", "cp1252", "latin-1", "cp437", "shift_jis", "gb18030"),
    "kinds": lambda: registry.GENERATORS,
    "device": lambda: ("auto", "cpu", "cuda", "cuda:0", "mps"),
}
"""What is known, by the name of the parameter."""

PATHS = {"FILE": "file", "[FILE]": "file", "FILE|URL": "file", "FILE|FOLDER/": "file", "FOLDER": "dir"}
"""What lies on the disk, by the metavar."""


def attach(command: click.Command) -> None:
    """Let shells complete a command's texts."""
    for param in command.params:
        if param.type is not click.STRING:
            continue
        if isinstance(param, click.Argument):
            param.type = Paths("file")
        elif param.name in NAMES:
            param.type = Words(NAMES[param.name])
        elif param.metavar in PATHS:
            param.type = Paths(PATHS[param.metavar])
