"""The page of the Python interface, as Markdown for Sphinx: which docstrings stand there, and in what order."""

import inspect
from pydoc import locate

import rnncast

HEAD = """# Python reference

What the package holds, from its docstrings; [From Python](python.md) shows it in use. Settings have the names of the
options of [`rnncast train`](commands/train.md), but for [a few](python.md#settings).
"""
PARTS = (
    "panel.Forecast",
    "evaluation.Scores",
    "diagnosing.Diagnosis",
    "comparing.Asked",
    "tuning.Trials",
    "config.RunConfig",
)
"""What the functions of the package take and return."""


def page() -> str:
    """Return the page: what `import rnncast` offers, then what that takes and returns."""
    offered = [name for name in rnncast.__all__ if not name.startswith("__")]
    return HEAD + "".join(_described(f"rnncast.{name}") for name in [*sorted(offered, key=str.swapcase), *PARTS])


def _described(name: str) -> str:
    """Return an entry that autodoc fills."""
    kind = _kind(locate(name))
    members = "\n   :members:" if kind == "class" else ""
    return f"\n## {name.rpartition('.')[2]}\n\n```{{eval-rst}}\n.. auto{kind}:: {name}{members}\n```\n"


def _kind(thing: object) -> str:
    if not inspect.isclass(thing):
        return "function"
    return "exception" if issubclass(thing, Exception) else "class"
