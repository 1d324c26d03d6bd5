"""Draw docs/images/*.svg, the documentation's pictures, from real output: `python docs/make_pictures.py [NAME...]`.

Without names all of them are drawn.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from rich.console import Console
from rich.text import Text
from terminal import COLUMNS, prepare, run

from rnncast import registry
from rnncast.synthetic import Sample

IMAGES = Path(__file__).resolve().parent / "images"
PICTURES = {
    "train": "rnncast train sample_data/airline.csv",
    "predict": "rnncast predict",
    "chart": "rnncast predict -q sample_data/airline.csv -c default --plot",
}
FILES = {"backtest": "rnncast evaluate sample_data/airline.csv -c default --levels 50,80,95 --plot backtest.svg"}
"""Commands that draw a picture of their own."""
BAR = re.compile(r"\x1b\[\?25l.*?\x1b\[\?25h", re.DOTALL)  # the progress bar, which goes away by itself
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # it would be fetched; the reader's own monospace does
MOTION = re.compile(r"\r|\x1b\[\d*[A-LN-Za-l]")

SERIES, STEPS, SEASON = 6, 96, 12
CELL, LINE, LABEL = 92, 2, 280  # in half pixels: a row's height, a step's width, the names' column


def draw(name: str, command: str, folder: Path) -> None:
    """Run a command in colour and save what is left on the terminal at its end."""
    printed = MOTION.sub("", BAR.sub("", run(command, folder, term="xterm-256color").output))
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, color_system="256", force_terminal=True)
        console.print(Text.from_markup(f"[bold]$[/bold] {command}"))
        console.print(Text.from_ansi(printed.strip("\n")), soft_wrap=True)
    svg = FONT.sub("", console.export_svg(title="rnncast", unique_id=f"rnncast-{name}")).replace("Fira Code, ", "")
    (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")


def draw_series(name: str) -> None:
    """Draw some made-up series of each kind, a row a kind."""
    parts = []
    for row, kind in enumerate(registry.GENERATORS):
        made = registry.GENERATORS[kind].load()(Sample(SERIES, STEPS, (SEASON,)), torch.Generator().manual_seed(row))
        parts.append(f'<text x="0" y="{CELL * row + CELL // 2}">{kind}</text>')
        for column, values in enumerate(made):
            left = LABEL + column * (STEPS * LINE + CELL // 3)
            parts.append(f'<path d="M{left} {_heights(values, CELL * row)}"/>')
    width, height = LABEL + SERIES * (STEPS * LINE + CELL // 3), CELL * len(registry.GENERATORS)
    style = "text{font:26px sans-serif;fill:#333}path{fill:none;stroke:#1565a9;stroke-width:2;stroke-linejoin:round}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -4 {width + 8} {height + 8}" width="{width // 2}">'
    back = f'<style>{style}</style><rect x="-8" y="-4" width="{width + 8}" height="{height + 8}" fill="white"/>'
    (IMAGES / f"{name}.svg").write_text(head + back + "".join(parts) + "</svg>\n", encoding="utf-8")


def _heights(values: torch.Tensor, top: int) -> str:
    """Return a path's first height and, relative from there on, a line for each step."""
    low, high = values.aminmax()
    share = (values - low) / (high - low).clamp(min=1e-30)
    pixels = (top + (CELL - 16) * (1 - share)).round().long()
    return f"{pixels[0]}l" + " ".join(f"{LINE} {change}" for change in pixels.diff().tolist())


def main(names: list[str]) -> None:
    """Draw the pictures of these names; those of commands one after the other, in one folder."""
    IMAGES.mkdir(exist_ok=True)
    if "generate" in names:
        draw_series("generate")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(folder)
        for name in names:
            if name in PICTURES:
                draw(name, PICTURES[name], folder)
            elif name in FILES:
                run(FILES[name], folder)
                shutil.copyfile(folder / f"{name}.svg", IMAGES / f"{name}.svg")


if __name__ == "__main__":
    main(sys.argv[1:] or ["generate", *PICTURES, *FILES])
