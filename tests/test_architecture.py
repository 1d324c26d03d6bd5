"""The house stands as it was drawn: floors, light help, a directory board that leads somewhere."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from rnncast import registry

PACKAGE = Path(__file__).resolve().parents[1] / "rnncast"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up; a module imports from strictly lower floors only. A folder is one stage.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "version"}),
    frozenset({"aliases", "bounds", "classes", "spelling"}),
    frozenset({"registry", "panel", "saving", "process", "ranks", "memory", "zones", "draws", "dropout", "unrolling"}),
    frozenset({"columns", "config", "criteria", "frequency", "metrics", "conditions", "options", "blend", "shares"}),
    frozenset({"scaling", "shapes"}),
    # Reading cleans what it has read, windows are counted in the units of scaling, and a model may bring a decoder.
    frozenset(
        {
            "cleaning",
            "outliers",
            "holidays",
            "categories",
            "class_metrics",
            "interval_metrics",
            "intervals",
            "recognising",
            "residuals",
            "significance",
            "spread",
            "studies",
            "packing",
            "decoders",
            "smoothing",
            "causal",
            "folds",
            "recursions",
            "regression",
            "standing",
        }
    ),
    frozenset(
        {
            "raw",
            "translating",
            "reading",
            "survey",
            "windows",
            "baselines",
            "heads",
            "models",
            "device",
            "group",
            "optimizers",
            "sealed",
            "synthetic",
            "horizons",
            "scoring",
            "casting",
        }
    ),
    frozenset({"origins", "embedded", "manifest", "parted", "states", "carrying", "listening"}),
    frozenset({"paths", "targets", "fits"}),
    frozenset({"network"}),
    frozenset({"building", "light", "replicas", "footprint", "schedules"}),
    frozenset({"engines"}),
    frozenset({"training", "checkpoint"}),
    frozenset({"rounds", "resuming"}),
    frozenset({"forecasting", "ensemble", "selection", "explaining"}),
    frozenset({"evaluation", "exported", "following", "graphs", "lessons", "spaces"}),
    frozenset({"finetuning", "assessment", "exporting", "measuring", "diagnosing", "health"}),
    frozenset({"holdout", "keeping", "pretraining", "weighing"}),
    frozenset({"course"}),
    frozenset({"comparing", "tuning"}),
    frozenset({"rendering"}),
    frozenset({"markup"}),
    frozenset({"forecaster"}),
    frozenset({"api"}),
    frozenset({"reporting", "sktime"}),
    frozenset({"cli"}),
    frozenset({"__init__"}),
    frozenset({"__main__"}),
)
# What the files of a folder share besides its base.py; the cell of a hybrid is a model by itself.
SHARED = {
    "cli": {
        "choosing",
        "configuring",
        "fitting",
        "following",
        "helping",
        "options",
        "output",
        "plotting",
        "progress",
        "stopping",
        "together",
    },
    "light": {"folds", "forms", "layers", "origins", "windows"},
    "markup": {"curves", "drawing", "plots"},
    "models": {"dilated", "mingru", "slstm"},
    "reading": {"cells", "clocks", "columns", "distinct", "formats", "grids", "parsing", "records", "stamps"},
    "rendering": {
        *("charts", "charts.base", "charts.canvas", "charts.making", "charts.ticks"),
        *("columns", "csv", "scores", "table"),
    },
    "reporting": {"layout", "material"},
    "synthetic": {"leaning", "noise", "seasons", "trends"},
}

HEAVY = {"torch", "pandas", "numpy", "rich", "safetensors", "pyarrow", "matplotlib", "narwhals"}
TABLES = {name: table for name, table in vars(registry).items() if isinstance(table, dict) and name.isupper()}
ENTRIES = [pytest.param(entry, id=f"{name}-{key}") for name, table in TABLES.items() for key, entry in table.items()]

LIST_HEAVY_MODULES = """
import sys
sys.argv[0] = "rnncast"
from rnncast.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def name_of(path: Path) -> str:
    """Return a file's name inside the package: "config", "models.lstm", and "models" for its __init__."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


def stage(module: str) -> str:
    """Return the stage that a module is, or is a part of."""
    return module.partition(".")[0]


def floor(module: str) -> int:
    """Return how high a module stands."""
    return next(height for height, stages in enumerate(FLOORS) if stage(module) in stages)


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the module and the name in it of every import, at the top or in a body: ("torch", "") for a whole one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from ((node.module or "", alias.name) for alias in node.names)


def imported_stages(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, named as in `MODULES`."""
    found = set()
    for module, name in imports(path):
        if module.partition(".")[0] != "rnncast" or (module, name) == ("rnncast", "__version__"):
            # The version is there as soon as anything of the package is.
            continue
        inner = module.removeprefix("rnncast").removeprefix(".")
        longer = f"{inner}.{name}".strip(".")
        found.add(longer if longer in MODULES else inner or "__init__")
    return found


def may_import(importer: str, imported: str) -> bool:
    """Return whether the floors allow one module to import another."""
    if stage(importer) != stage(imported):
        return floor(imported) < floor(importer)
    is_folder = "." not in importer
    return is_folder or imported.partition(".")[2] in {"base"} | SHARED.get(stage(importer), set())


def run_main(*args: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own that tells at its end which packages it has imported."""
    return subprocess.run(
        [sys.executable, "-c", LIST_HEAVY_MODULES, *args],
        cwd=cwd,
        env=env,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_no_module_stands_on_two_floors() -> None:
    assert sum(map(len, FLOORS)) == len(frozenset().union(*FLOORS))


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_floor(module: str) -> None:
    assert stage(module) in frozenset().union(*FLOORS), f"give '{stage(module)}' a floor in this file"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_lower_floors(module: str) -> None:
    assert [name for name in sorted(imported_stages(MODULES[module])) if not may_import(module, name)] == []


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("--version",),
        ("train", "--help"),
        ("predict", "--help"),
        ("train", "--list-models"),
        ("generate", "--help"),
        ("generate", "--list-kinds"),
        ("pretrain", "--help"),
        ("doctor", "--help"),
        ("train", "--print-config"),
        ("completion", "bash"),
        ("man", "train"),
    ],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(args: tuple[str, ...], clean_env: dict[str, str], tmp_path: Path) -> None:
    done = run_main(*args, env=clean_env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert HEAVY.isdisjoint(done.stderr.split())


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_registry_entry_loads(entry: registry.Entry) -> None:
    assert callable(entry.load())


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_summary_is_one_line(entry: registry.Entry) -> None:
    assert entry.summary
    assert entry.summary == " ".join(entry.summary.split())
    assert len(entry.summary) <= 80


def test_every_command_has_help_with_an_example(commands: dict[str, click.Command]) -> None:
    without = [name for name, command in commands.items() if f"rnncast {name}" not in help_text(command)]
    assert commands
    assert without == []


def help_text(command: click.Command) -> str:
    """Return what a command says about itself, without the line of its usage."""
    return f"{command.help or ''}\n{command.epilog or ''}"


def test_every_option_has_help(commands: dict[str, click.Command]) -> None:
    options = [(name, o) for name, command in commands.items() for o in command.params if isinstance(o, click.Option)]
    assert [f"{name} {option.opts[0]}" for name, option in options if not option.help and not option.hidden] == []


@pytest.mark.promise("P6")
@pytest.mark.parametrize("module", MODULES)
def test_no_module_can_run_code_from_a_file(module: str) -> None:
    dangerous = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "runpy", "code"}
    imported = {name.partition(".")[0] for name, _ in imports(MODULES[module])}
    assert imported & dangerous == set()
    assert list(code_running_calls(MODULES[module])) == []


def code_running_calls(path: Path) -> Iterator[str]:
    """Yield every call that may run code that came from outside: eval, torch.load, read_pickle and their kin."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="eval" | "exec" | "compile" | "__import__" as name)):
                yield name
            # A network's own eval() takes no argument; a table's runs its text.
            case ast.Call(func=ast.Attribute(attr="eval"), args=[_, *_]):
                yield "eval"
            case ast.Attribute(value=ast.Name(id="torch"), attr="load"):
                yield "torch.load"
            case ast.Attribute(attr="read_pickle" | "to_pickle" as name):
                yield name
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield "allow_pickle"
            case ast.ImportFrom(module="torch", names=names) if any(alias.name == "load" for alias in names):
                yield "torch.load"
