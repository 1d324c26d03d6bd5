"""Draw docs/images/*.svg, the pictures in the README, from real output: `python docs/make_pictures.py`."""

import re
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text
from terminal import COLUMNS, prepare, run

IMAGES = Path(__file__).resolve().parent / "images"
PICTURES = {"train": "rnncast train sample_data/airline.csv", "predict": "rnncast predict"}
BAR = re.compile(r"\x1b\[\?25l.*?\x1b\[\?25h", re.DOTALL)  # the progress bar, which goes away by itself
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # it would be fetched; the reader's own monospace does
MOTION = re.compile(r"\r|\x1b\[\d*[A-LN-Za-l]")


def draw(name: str, command: str, folder: Path) -> None:
    """Run a command in colour and save what is left on the terminal at its end."""
    printed = MOTION.sub("", BAR.sub("", run(command, folder, term="xterm-256color").output))
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, color_system="256", force_terminal=True)
        console.print(Text.from_markup(f"[bold]$[/bold] {command}"))
        console.print(Text.from_ansi(printed.strip("\n")), soft_wrap=True)
    svg = FONT.sub("", console.export_svg(title="rnncast", unique_id=f"rnncast-{name}")).replace("Fira Code, ", "")
    (IMAGES / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        prepare(Path(temporary))
        for picture, line in PICTURES.items():
            draw(picture, line, Path(temporary))
