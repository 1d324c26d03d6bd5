import numpy as np
import pytest
import torch

from rnncast import raw
from rnncast.cleaning import fill

METHODS = ("interpolate", "ffill", "seasonal", "zero")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("length", [11, 12])
def test_gaps_are_filled_as_reading_fills_them(method: str, length: int) -> None:
    random = np.random.default_rng(1)
    values, seen = random.normal(size=(3, length, 2)), random.random((3, length, 2)) < 0.5
    seen[2, :, 0] = False
    offsets, lengths = np.arange(3) * length, np.full(3, length)
    expected = fill(values.reshape(-1, 2), seen.reshape(-1, 2), offsets, lengths, method, 4)
    found = raw.fill(torch.from_numpy(values), torch.from_numpy(seen), method, 4)
    np.testing.assert_allclose(found.reshape(-1, 2).numpy(), expected, rtol=1e-12)


def test_extremes_are_those_of_what_was_seen() -> None:
    values = torch.tensor([[[1.0], [9.0], [-3.0]]])
    lowest, highest = raw.extremes(values, torch.tensor([[[True], [False], [True]]]))
    assert (lowest.item(), highest.item()) == (-3.0, 1.0)


def test_a_series_never_seen_has_its_least_above_its_largest() -> None:
    lowest, highest = raw.extremes(torch.zeros(1, 2, 1), torch.zeros(1, 2, 1, dtype=torch.bool))
    assert lowest > highest
