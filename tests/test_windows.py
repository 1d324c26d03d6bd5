from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnncast.panel import Panel
from rnncast.windows import Batch, WindowIndex, Windows
from tests.making import CPU, DAILY, panel_of, same_units

NAN = np.nan


def windows_of(panel: Panel, context_length: int, horizon: int) -> Windows:
    return Windows(panel, same_units(panel), context_length, horizon, CPU)


def gather(panel: Panel, context_length: int, horizon: int, places: list[tuple[int, int]]) -> Batch:
    series, ends = torch.tensor(places).unbind(dim=1)
    return windows_of(panel, context_length, horizon).batch(series, ends)


def test_a_window_holds_the_steps_around_its_origin() -> None:
    panel = panel_of([[1, 2, 3, 4, 5], [10, 20, 30], [7]])
    batch = gather(panel, 3, 2, [(0, 2), (0, 3), (1, 0), (2, 0)])
    assert batch.target[..., 0].tolist() == [[1, 2, 3, 4, 5], [2, 3, 4, 5, 0], [0, 0, 10, 20, 30], [0, 0, 7, 0, 0]]
    assert batch.observed[..., 0].int().tolist() == [
        [1, 1, 1, 1, 1],
        [1, 1, 1, 1, 0],
        [0, 0, 1, 1, 1],
        [0, 0, 1, 0, 0],
    ]


def test_targets_stay_beside_each_other() -> None:
    panel = panel_of([[[1, -1], [2, -2], [3, NAN]]])
    batch = gather(panel, 2, 1, [(0, 1)])
    assert batch.target.tolist() == [[[1, -1], [2, -2], [3, -99]]]
    assert batch.observed.tolist() == [[[True, True], [True, True], [True, False]]]


def test_phases_follow_the_calendar_even_before_a_series_begins() -> None:
    panel = replace(panel_of([[1, 2, 3, 4], [5, 6]], seasons=(4, 10), time=DAILY), start=np.array([0, 6]))
    phase = gather(panel, 3, 1, [(0, 2), (1, 0)]).phase
    torch.testing.assert_close(phase[..., 0], torch.tensor([[0.0, 0.25, 0.5, 0.75], [0.0, 0.25, 0.5, 0.75]]))
    torch.testing.assert_close(phase[..., 1], torch.tensor([[0.0, 0.1, 0.2, 0.3], [0.4, 0.5, 0.6, 0.7]]))


def test_rows_that_are_merely_numbered_have_no_phase() -> None:
    assert gather(panel_of([[1, 2, 3]], seasons=(2,)), 2, 1, [(0, 1)]).phase.shape == (1, 3, 0)


def test_covariates_known_ahead_reach_beyond_the_end_of_a_series() -> None:
    panel = panel_of([[1, 2, 3], [4, 5]], future=[[10, 20, 30, 40, 50], [60, 70, 80]], past=[[1, 2, 3], [4, 5]])
    batch = gather(panel, 2, 2, [(0, 2), (1, 1), (1, 0)])
    assert batch.future[..., 0].tolist() == [[20, 30, 40, 50], [60, 70, 80, 80], [60, 60, 70, 80]]
    assert batch.past[..., 0].tolist() == [[2, 3], [4, 5], [4, 4]]


def test_a_window_says_where_on_the_time_axis_it_begins() -> None:
    panel = replace(panel_of([[1, 2, 3, 4], [5, 6]], time=DAILY), start=np.array([10, -6]))
    assert gather(panel, 3, 1, [(0, 2), (0, 3), (1, 0)]).ordinal.tolist() == [10, 11, -8]


def test_series_and_targets_are_numbered_as_they_lie_in_the_panel() -> None:
    panel = panel_of([[[1, -1], [2, -2]], [[3, -3]], [[4, -4]]])
    assert gather(panel, 2, 1, [(1, 0), (0, 1), (2, 0)]).series.tolist() == [[2, 3], [0, 1], [4, 5]]


def test_series_may_have_the_numbers_of_others_that_were_trained_on() -> None:
    panel = panel_of([[1, 2], [3, 4]])
    windows = Windows(panel, same_units(panel), 1, 1, CPU, numbers=np.array([[7], [5]]))
    assert windows.batch(torch.tensor([1, 0]), torch.tensor([0, 0])).series.tolist() == [[5], [7]]


def test_static_covariates_belong_to_the_series() -> None:
    batch = gather(panel_of([[1, 2], [3, 4]], static=[[0.5, 1], [2, 3]]), 1, 1, [(1, 0), (0, 0), (1, 0)])
    assert batch.static.tolist() == [[2, 3], [0.5, 1], [2, 3]]


def test_a_gap_inside_the_past_keeps_its_fill() -> None:
    assert gather(panel_of([[1, NAN, 3, 4]]), 3, 1, [(0, 2)]).target[0, :, 0].tolist() == [1, -99, 3, 4]


def test_a_gap_that_reaches_the_origin_holds_the_last_value_seen() -> None:
    panel = panel_of([[1, 2, NAN, NAN, 5]])
    batch = gather(panel, 3, 2, [(0, 2), (0, 3)])
    assert batch.target[:, :3, 0].tolist() == [[1, 2, 2], [2, 2, 2]]
    assert batch.observed[:, :3, 0].tolist() == [[True, True, False], [True, False, False]]


def test_a_past_that_was_wholly_unseen_is_zero() -> None:
    batch = gather(panel_of([[NAN, NAN, NAN, 4]]), 2, 1, [(0, 2)])
    assert batch.target[0, :2, 0].tolist() == [0, 0]
    assert not batch.observed[0, :2].any()


@pytest.mark.parametrize("later", [NAN, 1e30, 0.0])
def test_a_cut_panel_knows_nothing_after_the_cut(later: float) -> None:
    def cut(rest: float) -> Panel:
        series = [[1, 2, 3, rest, rest], [4, NAN, rest]]
        return panel_of(series, past=[[1, 2, 3, rest, rest], [4, 5, rest]]).truncated(np.array([3, 2]))

    places = [(0, 2), (0, 1), (1, 1), (1, 0)]
    for ours, theirs in zip(gather(cut(later), 4, 3, places), gather(cut(5.0), 4, 3, places), strict=True):
        assert torch.equal(ours, theirs)


values = st.one_of(st.just(NAN), st.integers(-9, 9).map(float))
panels = st.lists(st.lists(st.tuples(values, values), min_size=1, max_size=9), min_size=1, max_size=3)


def slow_window(
    panel: Panel, series: int, end: int, context_length: int, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    first, length, targets = panel.offsets[series], panel.lengths[series], panel.num_targets
    target = np.zeros((context_length + horizon, targets))
    observed = np.zeros((context_length + horizon, targets), dtype=bool)
    for place, step in enumerate(range(end - context_length + 1, end + horizon + 1)):
        if 0 <= step < length:
            target[place], observed[place] = panel.values[first + step], panel.observed[first + step]
    for c in range(targets):
        for place in reversed(range(context_length)):
            if observed[place, c]:
                break
            if 0 <= end - context_length + 1 + place < length:
                seen = [target[earlier, c] for earlier in range(place) if observed[earlier, c]]
                target[place, c] = seen[-1] if seen else 0.0
    return target, observed


@given(series=panels, context_length=st.integers(1, 7), horizon=st.integers(1, 4), pick=st.randoms())
def test_a_batch_equals_a_plain_loop(series: list, context_length: int, horizon: int, pick) -> None:
    panel = panel_of(series)
    places = [(n := pick.randrange(len(series)), pick.randrange(len(series[n]))) for _ in range(4)]
    batch = gather(panel, context_length, horizon, places)
    for row, (n, end) in enumerate(places):
        target, observed = slow_window(panel, n, end, context_length, horizon)
        np.testing.assert_array_equal(batch.target[row].numpy(), target)
        np.testing.assert_array_equal(batch.observed[row].numpy(), observed)


@given(series=panels, lengths=st.tuples(st.integers(1, 7), st.integers(1, 7)), pick=st.randoms())
def test_windows_that_read_another_context_are_those_made_with_it(series: list, lengths: tuple, pick) -> None:
    panel, (one, other) = panel_of(series), lengths
    places = [(n := pick.randrange(len(series)), pick.randrange(len(series[n]))) for _ in range(4)]
    index, ends = torch.tensor(places).unbind(dim=1)
    windows = windows_of(panel, one, 2)
    for ours, theirs in zip(windows.reading(other, 2).batch(index, ends), gather(panel, other, 2, places), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs in zip(windows.batch(index, ends), gather(panel, one, 2, places), strict=True):
        assert torch.equal(ours, theirs)


def test_windows_that_read_another_context_lie_in_the_same_memory() -> None:
    windows = windows_of(panel_of([np.arange(50.0)], past=[np.arange(50.0)], future=[np.arange(50.0)]), 8, 2)
    other = windows.reading(20, windows.horizon)
    own = [name for name, value in vars(windows).items() if isinstance(value, torch.Tensor) and name != "steps"]
    assert all(getattr(other, name) is getattr(windows, name) for name in own)


def test_memory_grows_with_the_data_and_not_with_the_windows() -> None:
    series = [np.arange(500.0), np.arange(300.0)]
    panel = panel_of(series, past=series, future=series)

    def resident(context_length: int) -> int:
        held = windows_of(panel, context_length, 24)
        tensors = [value for value in vars(held).values() if isinstance(value, torch.Tensor)]
        return sum(tensor.untyped_storage().nbytes() for tensor in tensors)

    assert resident(400) - resident(1) == 8 * 399
    assert resident(1) <= 800 * (3 * 4 + 1) + 8 * 25 + 8 * 2 * 7


index_cases = given(
    lengths=st.lists(st.integers(2, 30), min_size=1, max_size=4),
    num_origins=st.integers(1, 6),
    segment_length=st.integers(1, 5),
)


def index_of(lengths: list[int], context_length: int, segment_length: int, origins: str) -> list[tuple[int, int]]:
    index = WindowIndex(panel_of([np.zeros(n) for n in lengths]), context_length, segment_length, origins)
    series, ends = index.locate(torch.arange(len(index)))
    return list(zip(series.tolist(), ends.tolist(), strict=True))


@index_cases
@pytest.mark.parametrize("origins", ["all", "last"])
def test_every_number_is_a_window_of_its_own_that_has_a_future(
    origins: str, lengths: list[int], num_origins: int, segment_length: int
) -> None:
    places = index_of(lengths, num_origins * segment_length, segment_length, origins)
    assert len(set(places)) == len(places)
    assert all(0 <= end <= lengths[series] - 2 for series, end in places)
    assert {series for series, _ in places} == set(range(len(lengths)))


@index_cases
def test_every_origin_after_a_whole_segment_is_trained(
    lengths: list[int], num_origins: int, segment_length: int
) -> None:
    places = index_of(lengths, num_origins * segment_length, segment_length, "all")
    reached = {(n, end - segment_length * back) for n, end in places for back in range(num_origins)}
    wanted = {(n, o) for n, length in enumerate(lengths) for o in range(segment_length - 1, length - 1)}
    assert wanted <= reached


def test_a_series_no_longer_than_the_context_is_one_window() -> None:
    assert index_of([5, 9, 2], 8, 1, "all") == [(0, 3), (1, 7), (2, 0)]


def test_with_the_last_origins_only_short_series_start_from_their_middle() -> None:
    assert index_of([4, 6], 4, 1, "last") == [(0, 1), (0, 2), (1, 3), (1, 4)]


def test_a_series_of_one_step_has_no_window() -> None:
    assert index_of([1, 3, 1], 2, 1, "all") == [(1, 1)]


def test_the_fields_of_a_batch_are_those_of_its_docstring() -> None:
    assert all(f"{name}: [" in Batch.__doc__ for name in Batch._fields)
    assert all(f"{field.name}:" in Panel.__doc__ for field in fields(Panel)[:5])
