"""Put what the commands of the documentation print today below them: `python docs/make_outputs.py PAGE...`.

Every line behind a prompt in a `console` block is run, page by page in a fresh folder with a copy of the sample
data, and the rest of the block is replaced by what it printed. What each command took is said on stderr.
"""

import re
import sys
import tempfile
from pathlib import Path

from terminal import prepare, run

BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```)", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n", re.MULTILINE)


def renew(page: Path) -> None:
    """Run a page's commands and write what they print below them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        text = BLOCK.sub(lambda block: "".join(_shown(c, folder) for c in COMMAND.findall(block[0])), page.read_text())
    page.write_text(text)


def _shown(command: str, folder: Path) -> str:
    ran = run(command, folder)
    print(f"{ran.cpu_seconds:6.1f} CPU s {ran.seconds:6.1f} s  {command}", file=sys.stderr, flush=True)
    lines = [line.rstrip() for line in ran.output.rstrip("\n").split("\n")]
    return f"$ {command}\n" + "".join(f"{line}\n" for line in lines if lines != [""])


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        renew(Path(argument))
