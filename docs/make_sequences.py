"""Write the generated tables of docs/cookbook.md into a folder: `python docs/make_sequences.py FOLDER`.

narma.csv             10,000 sequences of 13 rows and two columns: a drive u and the NARMA-10 system's answer y
                      (Atiya and Parlos 2000, eq. 86)
recall-K-train.csv    5,000 sequences of K + 1 rows: the answer at the last row is the value that was marked
recall-K-test.csv     500 other sequences of the same kind

Numpy alone, and the same bytes every time.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

MEMORIES = (10, 20, 50, 100)
WARM_UP = 30


def write(path: Path, names: str, columns: list[np.ndarray], formats: str) -> None:
    """Write columns under their names, one line a row."""
    lines = [formats % row for row in zip(*(column.tolist() for column in columns), strict=True)]
    path.write_text("\n".join([names, *lines]) + "\n", encoding="utf-8")


def narma(sequences: int, rows: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the drive u and the answer y [sequences, rows]; y_(t+1) depends on ten steps of both."""
    length = WARM_UP + rows
    u = generator.uniform(0, 0.5, size=(sequences, length))
    y = np.zeros((sequences, length))
    for t in range(9, length - 1):
        memory = y[:, t - 9 : t + 1].sum(axis=1)
        y[:, t + 1] = 0.3 * y[:, t] + 0.05 * y[:, t] * memory + 1.5 * u[:, t - 9] * u[:, t] + 0.1
    return u[:, -rows:], y[:, -rows:]


def recall(sequences: int, memory: int, generator: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return value, mark and answer, each [sequences, memory + 1].

    One row among the first `memory` is marked; the answer ticks +1, -1, +1 ... whatever happens, and at the last
    row it is the value of the marked one (one half of the adding problem of Hochreiter and Schmidhuber 1997,
    section 5.4).
    """
    rows, every = memory + 1, np.arange(sequences)
    marked = generator.integers(0, memory, sequences)
    value = generator.uniform(-1, 1, size=(sequences, rows))
    mark = np.zeros((sequences, rows))
    mark[every, marked] = 1
    answer = np.tile(1.0 - 2.0 * (np.arange(rows) % 2), (sequences, 1))
    answer[:, -1] = value[every, marked]
    return value, mark, answer


def write_sequences(path: Path, names: str, values: Sequence[np.ndarray]) -> None:
    """Write columns of sequences as a long table."""
    sequences, rows = values[0].shape
    number, step = np.repeat(np.arange(sequences), rows), np.tile(np.arange(1, rows + 1), sequences)
    columns = [number, step, *(column.ravel() for column in values)]
    write(path, f"sequence,step,{names}", columns, f"{path.stem}-%d,%d" + ",%.4g" * len(values))


def main(folder: Path) -> None:
    """Write every table."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(2024)
    write_sequences(folder / "narma.csv", "u,y", narma(10_000, 13, generator))
    for memory in MEMORIES:
        for part, sequences in (("train", 5000), ("test", 500)):
            path = folder / f"recall-{memory}-{part}.csv"
            write_sequences(path, "value,mark,y", recall(sequences, memory, generator))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
