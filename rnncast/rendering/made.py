"""Made-up series as neutral tables, block by block."""

from collections.abc import Iterator

from rnncast import __version__
from rnncast.rendering.base import Column, Table, Value
from rnncast.synthetic import DIGITS, Made, Request, blocks


def made_tables(request: Request) -> Iterator[Table]:
    """Yield long tables of unique_id, ds and y, as `synthetic.as_csv` writes them: a missing value is None."""
    stamps, number = request.stamps(), 0
    for made in blocks(request):
        yield _table(made, stamps, number)
        number += len(made.values)


def _table(made: Made, stamps: list[str], before: int) -> Table:
    names = [f"S{before + row + 1}" for row in range(len(made.values)) for _ in stamps]
    cells = zip(made.values.flatten().tolist(), made.observed.flatten().tolist(), strict=True)
    values: list[Value] = [float(f"{value:.{DIGITS}g}") if seen else None for value, seen in cells]
    columns = Column("unique_id", names), Column("ds", stamps * len(made.values)), Column("y", values)
    return Table("series", columns, about={"version": __version__})
