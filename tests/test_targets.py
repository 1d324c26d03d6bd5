"""What a target asks of the settings."""

import numpy as np
import pytest

from rnncast import registry, selection
from rnncast.config import Config
from rnncast.errors import UsageError
from rnncast.panel import Panel
from tests.making import panel_of
from tests.test_classes import PERIOD, class_panel


def classed(length: int = 200) -> Panel:
    """Return a panel of one series of classes."""
    return class_panel([np.resize(PERIOD, length).astype(float).tolist()])


def test_auto_fits_an_lstm_and_a_gru_to_classes_beside_a_chain() -> None:
    members = selection.resolve(Config(), classed())
    assert [member.model.model for member in members] == ["lstm", "gru"]
    for member in members:
        assert (member.training.loss, member.training.anchor) == ("cross_entropy", "markov")
        assert (member.window.transform, member.window.scaling, member.window.channels) == ("none", "series", "joint")
        assert (member.window.segment_length, member.window.context_length, member.window.num_lags) == (1, 64, 8)


def test_what_is_asked_for_is_kept_and_a_short_series_is_read_whole() -> None:
    asked = Config.of({"model": "rnn", "num_lags": 3, "hidden_size": 7, "anchor": "last-class", "horizon": 2})
    (member,) = selection.resolve(asked, classed(30))
    assert (member.window.num_lags, member.model.hidden_size, member.training.anchor) == (3, 7, "last-class")
    assert member.window.context_length == 30


@pytest.mark.parametrize("name", registry.CLASS_BASELINES)
def test_a_baseline_of_classes_is_no_anchor_of_numbers(name: str) -> None:
    with pytest.raises(UsageError, match=f"--anchor {name} does not fit the target"):
        selection.resolve(Config.of({"anchor": name}), panel_of([np.arange(60.0)]))
