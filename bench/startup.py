"""How long help and a small forecast take, next to bare Python and `import torch` in the same run."""

from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measuring import ROOT, median_seconds, rnncast

BARS = {"--help": 0.15, "train --help": 0.25}


def main() -> None:
    """Print seconds, and ratios to bare Python or torch."""
    bare = median_seconds(["-c", "pass"], 11)
    print(f"python -c pass           {bare:.3f} s")
    for command, bar in BARS.items():
        seconds = median_seconds(["-m", "rnncast", *command.split()], 11)
        print(f"rnncast {command:16} {seconds:.3f} s   bar {bar} s   {seconds / bare:.1f} x bare Python")
    torch = median_seconds(["-c", "import torch"], 5)
    print(f"python -c 'import torch' {torch:.2f} s")
    with TemporaryDirectory() as folder:
        checkpoint = str(Path(folder) / "m.safetensors")
        rnncast("train", str(ROOT / "sample_data" / "airline.csv"), "--max-steps", "5", "-o", checkpoint)
        seconds = median_seconds(["-m", "rnncast", "-q", "predict", "-c", checkpoint], 5)
    print(f"rnncast predict          {seconds:.2f} s   {seconds / torch:.2f} x import torch")
