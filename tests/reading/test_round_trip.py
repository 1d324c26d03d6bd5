import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.reading import panel_from_frame, read_panel

values = st.lists(st.floats(-1e300, 1e300), min_size=3, max_size=8)
ids = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="\0"), min_size=1, max_size=6)
FREQS = {
    "h": "%Y-%m-%d %H:%M",
    "D": "%Y-%m-%d",
    "MS": "%Y-%m",
    "YS": "%Y",
    "15min": "%Y/%m/%d %H:%M:%S",
    "B": "%Y-%m-%d",
}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    series=st.dictionaries(ids, values, min_size=2, max_size=4),
    freq=st.sampled_from(sorted(FREQS)),
    seed=st.integers(0, 99),
)
def test_a_panel_comes_back_from_its_csv_whatever_the_order_of_rows(
    tmp_path_factory: pytest.TempPathFactory, series: dict[str, list[float]], freq: str, seed: int
) -> None:
    parts = [
        pd.DataFrame({"unique_id": name, "ds": pd.date_range("2019-12-31", periods=len(v), freq=freq), "y": v})
        for name, v in series.items()
    ]
    frame = pd.concat(parts).sample(frac=1, random_state=seed)
    path = tmp_path_factory.getbasetemp() / "round_trip.csv"
    frame.assign(ds=frame["ds"].dt.strftime(FREQS[freq])).to_csv(path, index=False)
    panel = read_panel([str(path)], DataConfig(freq=freq)).panel
    assert panel.time.format == FREQS[freq]
    assert panel.ids[:, 0].tolist() == list(dict.fromkeys(frame["unique_id"]))
    for number, name in enumerate(panel.ids[:, 0].tolist()):
        begin, length = panel.offsets[number], panel.lengths[number]
        assert panel.values[begin : begin + length, 0].tolist() == series[name]
        first = frequency.to_stamps(panel.start[number : number + 1], panel.time)[0]
        assert first == pd.date_range("2019-12-31", periods=1, freq=freq)[0]


@pytest.mark.parametrize("freq", ["h", "15min", "D", "2D", "B", "W-TUE", "MS", "ME", "QS-FEB", "QE", "YS", "YE-JUN"])
@settings(max_examples=25, deadline=None)
@given(gone=st.sets(st.integers(1, 38), max_size=8))
def test_the_frequency_is_told_in_spite_of_gaps(freq: str, gone: set[int]) -> None:
    frame = pd.DataFrame({"ds": pd.date_range("2021-02-03", periods=40, freq=freq), "y": np.arange(40.0) ** 2})
    reading = panel_from_frame(frame.drop(index=sorted(gone)), DataConfig())
    assert (reading.panel.time.freq, reading.panel.num_rows, reading.gaps) == (freq, 40, len(gone))
    assert (~reading.panel.observed[:, 0]).nonzero()[0].tolist() == sorted(gone)
