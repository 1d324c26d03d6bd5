"""Together: the same command in several processes that torchrun has started, of which one talks and writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from rnncast import process
from rnncast.cli.options import Talk
from rnncast.errors import RnncastError
from rnncast.ranks import SOLO, Ranks

SHARED = ("train", "predict", "tune")
"""Commands that several processes share."""


@contextmanager
def ranked(talk: Talk) -> Iterator[tuple[Ranks, Talk]]:
    """Give the ranks of this run, and what is said by this one of them: all but the leading one are quiet.

    Of an error tells the rank that fails first: the same one on others, or that they miss this rank, is no news.
    """
    place = process.place()
    if place.ranks == 1:
        yield SOLO, talk
        return
    from rnncast.group import joined  # it loads torch

    with joined(place) as ranks:
        try:
            yield ranks, talk if ranks.leads else replace(talk, quiet=True)
        except RnncastError as error:
            if ranks.fails_first():
                raise
            raise SystemExit(error.exit_status) from error
