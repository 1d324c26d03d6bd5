"""States: where the fits of a run are, in a file beside its output, so that a run that was stopped can go on.

Layout, format version 1: a sealed file whose header has `run`, what the run was begun with, and `fits`, the plain
values of each fit by its name; the tensors are those of the fits, `<number of the fit>/<name>`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from rnncast import sealed
from rnncast.errors import CheckpointError
from rnncast.packing import Array
from rnncast.sealed import Sealed

FORMAT_VERSION = 1

REMEDY = "Leave --resume out to begin anew."


class State(NamedTuple):
    """Holds where a fit is: plain values, and tensors by name."""

    plain: Mapping[str, Any]
    tensors: Mapping[str, Array]


class Followed(Protocol):
    """Is a fit that is under way, or over."""

    @property
    def is_over(self) -> bool:
        """Tell whether it takes no step any more."""

    def state(self) -> State:
        """Return where it is."""

    def stop(self) -> None:
        """Let it end before its next step."""


class States:
    """Holds where the fits of a run are: those of an earlier run that was stopped, and those that are followed now."""

    def __init__(self, found: Mapping[str, State] | None = None) -> None:
        self._found: dict[str, State] = dict(found or {})
        self._followed: dict[str, Followed] = {}
        self._is_stopped = False

    def found(self, name: str) -> State | None:
        """Return where a fit was, None where nothing is known of it."""
        return self._found.get(name)

    def follow(self, name: str, fit: Followed) -> None:
        """Look at a fit from now on."""
        self._followed[name] = fit
        if self._is_stopped:
            fit.stop()

    def settle(self) -> None:
        """Note where the fits are, and let go of what they hold."""
        self._found = dict(self.taken())
        self._followed.clear()

    def stop(self) -> bool:
        """Let all fits end before their next step, those to come too; tell whether any is under way."""
        self._is_stopped = True
        running = [fit for fit in self._followed.values() if not fit.is_over]
        for fit in running:
            fit.stop()
        return bool(running)

    def taken(self) -> Mapping[str, State]:
        """Return where each fit is; between two steps of each."""
        return self._found | {name: fit.state() for name, fit in self._followed.items()}


def path_of(output: str) -> str:
    """Return where the state of a run lies that writes `output`."""
    return f"{output}.state"


def save(path: str, run: Mapping[str, Any], states: States) -> None:
    """Write where the fits of a run are, which was begun with `run`.

    Raises:
        OutputError: it cannot be written.
    """
    taken = states.taken()
    tensors = {f"{n}/{name}": array for n, fit in enumerate(taken.values()) for name, array in fit.tensors.items()}
    fits = {name: dict(fit.plain) for name, fit in taken.items()}
    sealed.write(path, Sealed({"format_version": FORMAT_VERSION, "run": run, "fits": fits}, tensors))


def load(path: str, run: Mapping[str, Any]) -> States:
    """Read where the fits of a run were, which is begun with `run` again.

    Raises:
        CheckpointError: the file is damaged, or of a run that was begun otherwise: says with what.
    """
    header, tensors = sealed.read(path, FORMAT_VERSION)
    begun, fits = header.get("run"), header.get("fits")
    if not isinstance(begun, dict) or not isinstance(fits, dict) or not all(isinstance(f, dict) for f in fits.values()):
        raise CheckpointError(f"{path} is no state of a training run.", REMEDY)
    changed = [f"{name} was {begun.get(name)}, now {value}" for name, value in run.items() if begun.get(name) != value]
    if changed or begun.keys() != run.keys():
        what = "; ".join(changed) or "other settings are known"
        raise CheckpointError(f"{path} is of a run that was begun otherwise: {what}.", REMEDY)
    found: dict[str, State] = {}
    for number, (name, plain) in enumerate(fits.items()):
        own = f"{number}/"
        found[name] = State(plain, {k.removeprefix(own): v for k, v in tensors.items() if k.startswith(own)})
    return States(found)
