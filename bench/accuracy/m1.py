"""The M1 competition: its three frequencies trained one by one, scored together, beside statsforecast's methods."""

from bench.accuracy.base import Measured, Program, Setting
from bench.data import M1, m1, pooled
from bench.measuring import shared
from bench.peers import METHODS, reference


def measure(setting: Setting) -> Measured:
    """Return the metrics over all series, each frequency's MASE, and WQL in units of each peer's."""
    parts, peers = {}, reference()["m1"]["all"]
    with Program(setting) as program:
        for frequency in M1:
            data = m1(frequency)
            train = str(shared(f"m1/M1-{frequency}-train.csv.gz"))
            program.train(train, "--horizon", str(data.actual.shape[1]))
            parts[frequency] = data.score(*program.predict(data.ids))
    found = pooled(list(parts.values()))
    ratios = {f"wql / {peer}'s": found["wql"] / peers[peer]["wql"] for peer in METHODS}
    by_frequency = {f"mase, {frequency}": pooled([part])["mase"] for frequency, part in parts.items()}
    return program.measured(found | by_frequency | ratios)
