"""How long help and forecasts take, next to bare Python and `import torch` in the same run."""

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
    airline = str(ROOT / "sample_data" / "airline.csv")
    with TemporaryDirectory() as folder:
        checkpoint = str(Path(folder) / "m.safetensors")
        rnncast("train", airline, "--max-steps", "5", "-o", checkpoint)
        ways = {"predict": ["-c", checkpoint], "predict DATA": [airline, "-c", "default"]}
        for name, arguments in ways.items():
            seconds = median_seconds(["-m", "rnncast", "-q", "predict", *arguments], 5)
            print(f"rnncast {name:16} {seconds:.2f} s   {seconds / torch:.2f} x import torch")
        rnncast("generate", "--series", "10000", "--length", "100", "-o", str(Path(folder) / "many.csv"))
        took = rnncast("predict", "many.csv", "-c", "default", "-o", "out.csv", folder=Path(folder))
    print(f"10,000 series of 100     {took.seconds:.0f} s   bar 60 s   {took.cpu:.0f} CPU s")
