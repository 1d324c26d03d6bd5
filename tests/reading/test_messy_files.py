"""Files as people have them: each is read as a person would read it, or refused with what to do.

Every file holds the same thirty days, unless its case says otherwise.
"""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from rnncast.config import Config
from rnncast.errors import RnncastError
from rnncast.frequency import format_stamps
from rnncast.reading import Reading, read_panel

DAYS = pd.date_range("2024-01-15", periods=30, freq="D")
VALUES = [round(1000.5 + 37.25 * (n % 7) - 1100 * (n % 5 == 0), 2) for n in range(30)]
"""Of both signs, below and above a thousand."""

MONTHS = pd.date_range("2023-01-01", periods=24, freq="MS")


def table(
    stamps: str | list[str] = "%Y-%m-%d",
    delimiter: str = ",",
    write: Callable[[float], str] = repr,
    header: str | None = "day,load",
    end: str = "\n",
) -> str:
    """Return the thirty days as text: how stamps are written, cells separated, numbers written, lines ended."""
    written = [f"{day:{stamps}}" for day in DAYS] if isinstance(stamps, str) else stamps
    lines = [] if header is None else [header.replace(",", delimiter)]
    lines += [f"{stamp}{delimiter}{write(value)}" for stamp, value in zip(written, VALUES, strict=False)]
    return end.join(lines) + end


def months(stamps: list[str], name: str = "when") -> str:
    """Return as many numbers beside other stamps."""
    return f"{name},load\n" + "".join(f"{stamp},{n % 5 + 0.5}\n" for n, stamp in enumerate(stamps))


def frame() -> pd.DataFrame:
    return pd.DataFrame({"day": DAYS, "load": VALUES})


def decimal_comma(value: float) -> str:
    return repr(value).replace(".", ",")


def thousands(mark: str, decimal: str = ".") -> Callable[[float], str]:
    return lambda value: f"{value:,.2f}".replace(",", "@").replace(".", decimal).replace("@", mark)


def quoted(write: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: f'"{write(value)}"'


@dataclass(frozen=True)
class Good:
    """Says what is to be read; what is None is not looked at."""

    values: list[float] | None = None
    targets: tuple[str, ...] | None = None
    ids: list[tuple[str, ...]] | None = None
    lengths: list[int] | None = None
    freq: str | None = None
    first: str | None = None
    last: str | None = None
    layout: str | None = None
    missing: int | None = None
    gaps: int | None = None
    note: str | None = None


USUAL = Good(values=VALUES, targets=("load",), freq="D", first="2024-01-15", last="2024-02-13", layout="wide")


@dataclass(frozen=True)
class Case:
    """Holds a file, the settings it is read with, and what comes of it: a reading, or words of the error."""

    content: str | bytes
    expected: Good | str
    settings: Mapping[str, object] = field(default_factory=dict)


def good(**changes: object) -> Good:
    return Good(**{**{name: getattr(USUAL, name) for name in USUAL.__dataclass_fields__}, **changes})  # type: ignore[arg-type]


PLAIN = table()
LONG = "unique_id,ds,y\n" + "".join(
    f"{name},{day:%Y-%m-%d},{n + k}\n" for k, name in enumerate("ab") for n, day in enumerate(DAYS)
)

DIALECTS = {
    "comma.csv": Case(PLAIN, USUAL),
    "semicolon.csv": Case(table(delimiter=";"), USUAL),
    "tab.tsv": Case(table(delimiter="\t"), USUAL),
    "pipe.txt": Case(table(delimiter="|"), USUAL),
    "blanks.txt": Case(table(delimiter="   "), USUAL),
    "aligned.txt": Case(
        "\n".join(f"{a:<14}{b:>12}" for a, b in (line.split(",") for line in PLAIN.splitlines())), USUAL
    ),
    "decimal-comma.csv": Case(table(delimiter=";", write=decimal_comma), USUAL),
    "decimal-comma.tsv": Case(table(delimiter="\t", write=decimal_comma), USUAL),
    "quoted-decimal-comma.csv": Case(table(write=quoted(decimal_comma)), USUAL),
    "thousands-comma.csv": Case(table(write=quoted(thousands(","))), USUAL),
    "thousands-dot.csv": Case(table(delimiter=";", write=thousands(".", ",")), USUAL),
    "thousands-apostrophe.csv": Case(table(delimiter=";", write=thousands("'")), USUAL),
    "thousands-blank.csv": Case(table(delimiter=";", write=thousands("\u00a0", ",")), USUAL),
    "thousands-thin-blank.csv": Case(table(delimiter=";", write=thousands("\u202f", ",")), USUAL),
    "true-minus.csv": Case(table(write=lambda value: repr(value).replace("-", "\u2212")), USUAL),
    "plus.csv": Case(table(write=lambda value: f"{value:+}"), USUAL),
    "exponents.csv": Case(table(write=lambda value: f"{value:.6e}"), USUAL),
    "windows-lines.csv": Case(table(end="\r\n"), USUAL),
    "old-mac-lines.csv": Case(table(end="\r"), USUAL),
    "all-quoted.csv": Case(
        "".join(f'"{a}","{b}"\n' for a, b in (line.split(",") for line in PLAIN.splitlines())), USUAL
    ),
    "blanks-around.csv": Case(table(delimiter=" , "), USUAL),
    "newline-in-quotes.csv": Case(
        table(header='day,"load"').replace('"load"', '"load\n(kW)"'), good(targets=("load\n(kW)",))
    ),
    "comments.csv": Case("# from the meter\n# in kW\n" + PLAIN, USUAL),
    "comment-between.csv": Case(PLAIN.replace("2024-01-20", "# restarted\n2024-01-20"), USUAL),
    "title.csv": Case("Daily load of the campus\n" + PLAIN, USUAL),
    "title-and-blank.csv": Case("Daily load\nCampus north; all meters\n\n" + PLAIN, USUAL),
    "excel-sep.csv": Case("sep=;\n" + table(delimiter=";"), USUAL),
    "no-header.csv": Case(table(header=None), good(targets=("column2",))),
    "units.csv": Case(PLAIN.replace("day,load\n", "day,load\n,kW\n"), USUAL),
    "units-in-brackets.csv": Case(PLAIN.replace("day,load\n", "day,load\n[d],[kW]\n"), USUAL),
    "source-note.csv": Case(PLAIN + "\nSource: campus meters\n", good(note="Source")),
    "totals.csv": Case(PLAIN + f"Total,{sum(VALUES)}\n", good(note="Total")),
    "trailing-delimiter.csv": Case(table(header="day,load,").replace("\n", ",\n").replace("load,,", "load,"), USUAL),
    "blank-lines-at-end.csv": Case(PLAIN + "\n\n\n", USUAL),
    "no-last-newline.csv": Case(PLAIN.rstrip("\n"), USUAL),
    "index-column.csv": Case(frame().to_csv(), USUAL),
    "missing-words.csv": Case(
        PLAIN.replace(repr(VALUES[3]), "NA", 1).replace(repr(VALUES[5]), "null", 1), good(values=None, missing=2)
    ),
}

ENCODINGS = {
    "bom.csv": Case(PLAIN.encode("utf-8-sig"), USUAL),
    "utf-16.csv": Case(PLAIN.encode("utf-16"), USUAL),
    "utf-16-big.csv": Case(b"\xfe\xff" + PLAIN.encode("utf-16-be"), USUAL),
    "utf-16-bare.csv": Case(PLAIN.encode("utf-16-le"), USUAL),
    "umlaut.csv": Case(table(header="Tag,Länge").encode("latin-1"), good(targets=("Länge",))),
    "euro.csv": Case(table(header="day,€").encode("cp1252"), good(targets=("€",))),
    "named-encoding.csv": Case(
        table(header="day,žatva").encode("cp1250"), good(targets=("žatva",)), {"encoding": "cp1250"}
    ),
    "load.csv.gz": Case(gzip.compress(PLAIN.encode()), USUAL),
    "load.csv.bz2": Case(bz2.compress(PLAIN.encode()), USUAL),
    "load.csv.xz": Case(lzma.compress(PLAIN.encode()), USUAL),
    "load.csv.zst": Case(pa.compress(PLAIN.encode(), codec="zstd", asbytes=True), USUAL),
    "misnamed.csv": Case(gzip.compress(PLAIN.encode()), USUAL),
    "utf-16.csv.gz": Case(gzip.compress(PLAIN.encode("utf-16")), USUAL),
    "load.jsonl": Case(frame().assign(day=DAYS.strftime("%Y-%m-%d")).to_json(orient="records", lines=True), USUAL),
    "load.ndjson.gz": Case(
        gzip.compress(frame().assign(day=DAYS.strftime("%Y-%m-%d")).to_json(orient="records", lines=True).encode()),
        USUAL,
    ),
    "load.parquet": Case(frame().to_parquet(), USUAL),
    "indexed.parquet": Case(frame().set_index("day").to_parquet(), USUAL),
}

LAYOUTS = {
    "long.csv": Case(LONG, Good(targets=("y",), ids=[("a",), ("b",)], lengths=[30, 30], freq="D", layout="long")),
    "wide.csv": Case(
        "date,north,south\n" + "".join(f"{day:%Y-%m-%d},{n % 7},{n * n}\n" for n, day in enumerate(DAYS)),
        Good(targets=("north", "south"), lengths=[30], layout="wide"),
    ),
    "long-several-values.csv": Case(
        "item,date,sold,price\n"
        + "".join(
            f"{name},{day:%Y-%m-%d},{n + k},{n % 4 + 0.5}\n"
            for k, name in enumerate("ab")
            for n, day in enumerate(DAYS)
        ),
        Good(targets=("sold", "price"), ids=[("a",), ("b",)], layout="long"),
    ),
    "compound-id.csv": Case(
        "shop,item,date,sold\n"
        + "".join(f"{s},{i},{day:%Y-%m-%d},{n}\n" for s in "xy" for i in "ab" for n, day in enumerate(DAYS)),
        Good(targets=("sold",), ids=[("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")]),
    ),
    "leading-zeros.csv": Case(
        "id,date,y\n" + "".join(f"{name},{day:%Y-%m-%d},{n}\n" for name in ("007", "7") for n, day in enumerate(DAYS)),
        Good(targets=("y",), ids=[("007",), ("7",)]),
    ),
    "number-like-ids.csv": Case(
        "store,date,y\n"
        + "".join(f"{name},{day:%Y-%m-%d},{n}\n" for name in ("1e3", "NA") for n, day in enumerate(DAYS)),
        Good(targets=("y",), ids=[("1e3",), ("NA",)]),
    ),
    "m4.csv": Case(
        "V1,V2,V3,V4,V5,V6,V7\nH1,1,2,3,4,5,6\nH2,1,2,3,4,,\n",
        Good(ids=[("H1",), ("H2",)], lengths=[6, 4], layout="rows"),
    ),
    "by-year.csv": Case(
        "country,"
        + ",".join(map(str, range(1990, 2000)))
        + "\n"
        + "".join(f"{c}," + ",".join(map(str, range(10))) + "\n" for c in ("Chad", "Peru")),
        Good(ids=[("Chad",), ("Peru",)], lengths=[10, 10], layout="rows"),
    ),
    "bare.csv": Case(
        "load\n" + "".join(f"{value}\n" for value in VALUES), Good(values=VALUES, targets=("load",), layout="bare")
    ),
    "bare-no-header.txt": Case("".join(f"{value}\n" for value in VALUES), Good(values=VALUES, layout="bare")),
    "constant-column.csv": Case(
        "day,load,site\n" + "".join(f"{day:%Y-%m-%d},{value!r},4\n" for day, value in zip(DAYS, VALUES, strict=True)),
        USUAL,
    ),
    "prices.csv": Case(
        "Date,Open,High,Low,Close,Volume\n"
        + "".join(f"{day:%Y-%m-%d},{n},{n + 2},{n % 9},{n % 7}.5,{n}00\n" for n, day in enumerate(DAYS)),
        Good(targets=("Close",)),
    ),
    "row-number.csv": Case(
        "no,day,load\n"
        + "".join(
            f"{n + 1},{day:%Y-%m-%d},{value!r}\n" for n, (day, value) in enumerate(zip(DAYS, VALUES, strict=True))
        ),
        USUAL,
    ),
    "chosen.csv": Case(PLAIN.replace("day,load", "a,b"), good(targets=("b",)), {"target": ("b",), "time": "a"}),
}


def dated(stamps: list[str], freq: str, **changes: object) -> Case:
    return Case(months(stamps), Good(freq=freq, first=stamps[0], last=stamps[-1], targets=("load",), **changes))  # type: ignore[arg-type]


def local(form: str) -> Case:
    return Case(table(stamps=form), good(first=f"{DAYS[0]:{form}}", last=f"{DAYS[-1]:{form}}"))


TIMES = {
    "day-first.csv": local("%d/%m/%Y"),
    "month-first.csv": local("%m/%d/%Y"),
    "dots.csv": local("%d.%m.%Y"),
    "dashes.csv": local("%d-%m-%Y"),
    "short-years.csv": local("%d/%m/%y"),
    "slashes.csv": local("%Y/%m/%d"),
    "compact.csv": local("%Y%m%d"),
    "named-months.csv": local("%d %b %Y"),
    "named-months-dashes.csv": local("%d-%b-%Y"),
    "american-names.csv": Case(
        table(stamps=[f'"{day:%B} {day.day}, {day.year}"' for day in DAYS]),
        good(first="January 15, 2024", last="February 13, 2024"),
    ),
    "unpadded.csv": Case(
        table(stamps=[f"{day.month}/{day.day}/{day.year}" for day in DAYS]), good(first="1/15/2024", last="2/13/2024")
    ),
    "months.csv": dated([f"{m:%Y-%m}" for m in MONTHS], "MS"),
    "months-slashed.csv": dated([f"{m:%m/%Y}" for m in MONTHS], "MS"),
    "months-compact.csv": Case(
        months([f"{m:%Y%m}" for m in MONTHS], "month"),
        Good(freq="MS", first="202301", last="202412", targets=("load",)),
    ),
    "months-eurostat.csv": dated([f"{m:%YM%m}" for m in MONTHS], "MS"),
    "months-named.csv": dated([f"{m:%b %Y}" for m in MONTHS], "MS"),
    "months-short-years.csv": dated([f"{m:%b-%y}" for m in MONTHS], "MS"),
    "month-ends.csv": dated([f"{m:%Y-%m-%d}" for m in pd.date_range("2023-01-31", periods=24, freq="ME")], "ME"),
    "quarters.csv": dated([f"{2015 + n // 4}Q{n % 4 + 1}" for n in range(24)], "QS"),
    "quarters-dashed.csv": dated([f"{2015 + n // 4}-Q{n % 4 + 1}" for n in range(24)], "QS"),
    "quarters-first.csv": dated([f"Q{n % 4 + 1} {2015 + n // 4}" for n in range(24)], "QS"),
    "weeks.csv": dated([f"2020-W{n + 1:02}" for n in range(24)], "W-MON"),
    "years.csv": Case(months([str(1990 + n) for n in range(24)], "year"), Good(freq="YS", first="1990", last="2013")),
    "business-days.csv": dated([f"{d:%Y-%m-%d}" for d in pd.bdate_range("2024-01-02", periods=30)], "B"),
    "epoch-seconds.csv": Case(
        months([str(1_700_000_000 + 3600 * n) for n in range(24)], "timestamp"),
        Good(freq="h", first="1700000000", last="1700082800"),
    ),
    "epoch-milliseconds.csv": Case(
        months([str(1_700_000_000_000 + 60_000 * n) for n in range(24)], "timestamp"),
        Good(freq="min", first="1700000000000"),
    ),
    "epoch-nanoseconds.csv": Case(
        months([str(1_700_000_000 + n) + "000000000" for n in range(24)], "timestamp"),
        Good(freq="s", first="1700000000000000000"),
    ),
    "iso-t.csv": dated([f"{d:%Y-%m-%dT%H:%M}" for d in pd.date_range("2024-01-31", periods=24, freq="h")], "h"),
    "iso-z.csv": dated([f"{d:%Y-%m-%dT%H:%M:%SZ}" for d in pd.date_range("2024-01-31", periods=24, freq="h")], "h"),
    "offset.csv": dated(
        [f"{d:%Y-%m-%d %H:%M:%S}+02:00" for d in pd.date_range("2024-01-31", periods=24, freq="15min")], "15min"
    ),
    "twelve-hours.csv": dated(
        [f"{d:%m/%d/%Y %I:%M %p}" for d in pd.date_range("2024-01-31", periods=24, freq="h")], "h"
    ),
    "fractions.csv": dated([f"2024-01-31 00:00:{n / 2:04.1f}" for n in range(24)], "500ms"),
    "backwards.csv": Case("day,load\n" + "".join(line + "\n" for line in PLAIN.splitlines()[:0:-1]), USUAL),
    "shuffled.csv": Case(
        "day,load\n" + "".join(f"{line}\n" for line in np.random.default_rng(1).permutation(PLAIN.splitlines()[1:])),
        USUAL,
    ),
    "date-and-time.csv": Case(
        "date,time,load\n"
        + "".join(
            f"{d:%Y-%m-%d},{d:%H:%M},{n % 5}\n" for n, d in enumerate(pd.date_range("2024-01-31", periods=60, freq="h"))
        ),
        Good(targets=("load",), freq="h", lengths=[60]),
    ),
    "ancient.csv": dated([f"{1500 + n}-01-01" for n in range(24)], "YS"),
    "gap.csv": Case(
        "".join(line + "\n" for n, line in enumerate(PLAIN.splitlines()) if n not in (10, 11)),
        Good(lengths=[30], freq="D", gaps=2),
    ),
    "empty-at-the-ends.csv": Case(
        "day,load\n" + "".join(f"{day:%Y-%m-%d},{'' if n in (0, 1, 29) else n}\n" for n, day in enumerate(DAYS)),
        Good(lengths=[27], first="2024-01-17", last="2024-02-12"),
    ),
    "same-rows-twice.csv": Case(PLAIN + "".join(line + "\n" for line in PLAIN.splitlines()[5:8]), good(note="3")),
    "aggregated.csv": Case(
        "time,load\n" + "".join(f"2024-01-{15 + n // 4:02} {n % 4 * 5:02}:{n * 7 % 60:02},{n}\n" for n in range(40)),
        Good(freq="D", lengths=[10], values=[4 * n + 1.5 for n in range(10)]),
        {"freq": "D", "aggregate": "mean"},
    ),
}

FAULTS = {
    "empty.csv": Case("", "is empty"),
    "blank.csv": Case("\n\n  \n", "is empty"),
    "header-only.csv": Case("day,load\n", "no rows"),
    "long-row.csv": Case(PLAIN.replace("2024-01-20,", "2024-01-20,5,", 1), r"line 7.*3 cells"),
    "short-row.csv": Case("a,b,c\n1,2,3\n4,5\n7,8,9\n1,2,3\n", r"line 3.*2 cells"),
    "word-in-numbers.csv": Case(PLAIN.replace(repr(VALUES[6]), "broken", 1), r"line 8, column 'load': 'broken'"),
    "after-newlines.csv": Case(
        table(header='day,"load\n(kW)"').replace(repr(VALUES[6]), "broken", 1), r"line 9, column 'load"
    ),
    "twice-the-column.csv": Case(table(header="day,day"), "two columns called 'day'"),
    "infinite.csv": Case(PLAIN.replace(repr(VALUES[6]), "inf", 1), r"line 8, column 'load': 'inf'"),
    "underscore.csv": Case(PLAIN.replace(repr(VALUES[6]), "1_000", 1), r"line 8, column 'load': '1_000'"),
    "wrong-date.csv": Case(PLAIN.replace("2024-01-20", "2024-13-20"), r"line 7, column 'day': '2024-13-20'"),
    "other-date.csv": Case(PLAIN.replace("2024-01-20", "20.01.2024"), r"line 7, column 'day': '20.01.2024'"),
    "no-date.csv": Case(PLAIN.replace("2024-01-20", ""), r"line 7, column 'day'"),
    "either-order.csv": Case(months([f"{n % 12 + 1:02}/{n % 11 + 1:02}/2024" for n in range(24)]), r"--date-order"),
    "both-orders.csv": Case(
        months(["31/01/2024", "02/28/2024", "03/03/2024", "04/04/2024"]), r"'02/28/2024'|'31/01/2024'"
    ),
    "either-number.csv": Case(
        "day\tload\n" + "".join(f"{day:%Y-%m-%d}\t1,{100 + n}\n" for n, day in enumerate(DAYS)), "--decimal"
    ),
    "two-values.csv": Case(PLAIN + "2024-01-20,5\n", r"--aggregate"),
    "irregular.csv": Case(
        months(["2024-01-01", "2024-01-02", "2024-01-05", "2024-03-11", "2024-03-12 11:13", "2024-07-01"]), r"--freq"
    ),
    "one-row.csv": Case("day,load\n2024-01-01,5\n", "single row"),
    "no-numbers.csv": Case(
        "day,note\n" + "".join(f"{day:%Y-%m-%d},note {n}\n" for n, day in enumerate(DAYS)),
        "no numeric column|no column",
    ),
    "picture.png": Case(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "."),
    "workbook.xlsx": Case(b"PK\x03\x04" + bytes(200), "(?i)excel|workbook|zip"),
    "page.html": Case("<!DOCTYPE html>\n<html><body><table></table></body></html>\n", "."),
    "damaged.gz": Case(gzip.compress(PLAIN.encode())[:60], "damaged"),
    "damaged.xz": Case(lzma.compress(PLAIN.encode())[:60], "damaged"),
    "damaged.zst": Case(pa.compress(PLAIN.encode(), codec="zstd", asbytes=True)[:60], "damaged"),
    "damaged.parquet": Case(frame().to_parquet()[:300], "."),
    "nested.jsonl": Case('{"day": "2024-01-01", "load": {"kW": 5}}\n' * 5, r"line 1"),
    "broken.jsonl": Case('{"day": "2024-01-01", "load": 5}\n{"day": "2024-01-02", "load": 5\n', r"line 2"),
    "unknown-column.csv": Case(PLAIN, "'lod'", {"target": ("lod",)}),
    "twice-a-role.csv": Case(PLAIN, "given twice", {"target": ("load",), "past_covariates": ("load",)}),
    "zero-bytes.csv": Case(PLAIN.replace("1000.5", "10\x0000.5", 1), "."),
}

CASES = DIALECTS | ENCODINGS | LAYOUTS | TIMES | FAULTS


def read(folder: Path, name: str, case: Case) -> Reading:
    path = folder / name
    path.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
    return read_panel([str(path)], Config.of(case.settings).data)


@pytest.mark.promise("P12")
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if isinstance(case.expected, Good)])
def test_a_file_is_read_as_a_person_would(tmp_path: Path, name: str) -> None:
    case, expected = CASES[name], CASES[name].expected
    assert isinstance(expected, Good)
    reading = read(tmp_path, name, case)
    panel = reading.panel
    if expected.values is not None:
        np.testing.assert_array_equal(panel.values[panel.observed], expected.values)
    ends = np.array([panel.start[0], panel.start[0] + panel.lengths[0] - 1])
    first, last = format_stamps(ends, panel.time)
    found = Good(
        targets=panel.target_names,
        ids=[tuple(each) for each in panel.ids.tolist()],
        lengths=panel.lengths.tolist(),
        freq=panel.time.freq,
        first=first,
        last=last,
        layout=reading.layout,
        missing=reading.missing,
        gaps=reading.gaps,
    )
    for part in ("targets", "ids", "lengths", "freq", "first", "last", "layout", "missing", "gaps"):
        if getattr(expected, part) is not None:
            assert getattr(found, part) == getattr(expected, part), part
    assert expected.note is None or expected.note in " ".join(reading.notes)


@pytest.mark.promise("P12")
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if isinstance(case.expected, str)])
def test_a_file_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    expected = CASES[name].expected
    assert isinstance(expected, str)
    with pytest.raises(RnncastError) as caught:
        read(tmp_path, name, CASES[name])
    assert caught.value.hint
    assert re.search(expected, f"{caught.value.message} {caught.value.hint}")
