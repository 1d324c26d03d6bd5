"""An examination of the installation as a neutral table."""

from collections.abc import Sequence

from rnncast import __version__
from rnncast.health import Finding
from rnncast.rendering.base import Column, Table


def health_table(findings: Sequence[Finding]) -> Table:
    """Return a row for each finding: what was looked at, how it stands, what was seen, what to do.

    On a screen what to do stands below too, where there is room for all of it.
    """
    columns = (
        Column("check", [finding.check for finding in findings]),
        Column("status", [finding.status for finding in findings]),
        Column("value", [finding.value for finding in findings]),
        Column("remedy", [finding.remedy or None for finding in findings]),
    )
    note = "\n".join(f"{finding.check}: {finding.remedy}" for finding in findings if finding.remedy)
    return Table("health", columns, note=note, about={"version": __version__}, spare=frozenset({"remedy"}))
