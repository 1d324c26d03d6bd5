"""M4 hourly, 414 series, horizon 48, all defaults: the official test part, time and memory."""

from bench.accuracy import m4
from bench.accuracy.base import Program, Setting
from bench.measuring import python, shared


def main() -> None:
    """Print sMAPE, MASE and OWA as the M4 rules have them, seconds, and memory above `import torch`."""
    data, torch = m4.GROUPS["hourly"].data(), python("-c", "import torch")
    with Program(Setting(seed=1)) as program:
        program.train(str(shared("m4/Hourly-train.csv.gz")))
        trained, seconds, cpu = program.peak, program.seconds, program.cpu
        scores = m4.score(data, program.predict(data.ids))
    print(f"sMAPE {scores['smape']:.3f}")
    print(f"MASE {scores['mase']:.3f}")
    print(f"OWA {scores['OWA']:.3f}   bar 0.410; winner of the competition 0.440")
    print(f"train {seconds:.0f} s, {cpu:.0f} CPU s   bar 600 s")
    print(f"predict {program.seconds - seconds:.1f} s")
    print(f"peak memory {trained - torch.peak:.0f} MiB above import torch   bar 1024 MiB")
