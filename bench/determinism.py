"""The same command twice: the same checkpoint and the same forecast, byte for byte."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measuring import ROOT, rnncast


def main() -> None:
    """Print the SHA-256 of the checkpoint and of the forecast of two runs."""
    found = []
    for _ in range(2):
        with TemporaryDirectory() as folder:
            rnncast("train", str(ROOT / "sample_data" / "airline.csv"), folder=Path(folder))
            forecast = rnncast("predict", folder=Path(folder)).output.encode()
            checkpoint = (Path(folder) / "rnncast.safetensors").read_bytes()
        found.append(tuple(hashlib.sha256(data).hexdigest()[:16] for data in (checkpoint, forecast)))
        print(f"checkpoint {found[-1][0]}  forecast {found[-1][1]}")
    print("the same" if found[0] == found[1] else "DIFFERENT")
