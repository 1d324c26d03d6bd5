"""Files that nobody has written: each is read or refused, never anything else."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnncast.config import DataConfig
from rnncast.errors import RnncastError
from rnncast.reading import read_panel

DAILY = b"day,load,note\n" + b"".join(b'2024-01-%02d,%d.5,"a, b"\n' % (day, day * day) for day in range(1, 31))
LONG = b"id;when;sold\r\n" + b"".join(
    b"%03d;%02d.01.2024;1.%03d,5\r\n" % (shop, day, day) for shop in (7, 8) for day in range(1, 29)
)
LINES = b"".join(b'{"ds": "2024-01-%02d", "y": %d}\n' % (day, day % 5) for day in range(1, 31))

PIECES = [
    b"", b"\n", b"\r", b'"', b",", b";", b"\t", b"|", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"#", b"nan",
    b"-", b"1e999", b"{", b"]",
    b"2024-13-45", b"31/12/1999", b"99999999999999999999", "\u2212".encode(), "é".encode("latin-1"), b"=1+1", b"[/x]",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a table of which some stretches are cut out, doubled or replaced; now and then it is packed."""
    content = draw(st.sampled_from([DAILY, LONG, LINES, DAILY.decode().encode("utf-16")]))
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(content)))
        last = min(len(content), first + draw(st.integers(0, 40)))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8), st.just(content[first:last] * 2)))
        content = content[:first] + piece + content[last:]
    return gzip.compress(content)[: draw(st.integers(1, 2000))] if draw(st.integers(0, 9)) == 0 else content


@pytest.mark.promise("P10")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(damaged(), st.binary(max_size=300)))
def test_whatever_the_bytes_the_answer_is_a_panel_or_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    try:
        panel = read_panel([str(path)], DataConfig()).panel
    except RnncastError as refused:
        said = (refused.message, refused.hint)
    else:
        said = tuple(panel.lengths.tolist())
    assert said
    assert all(said)
