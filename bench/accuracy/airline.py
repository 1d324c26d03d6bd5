"""Airline passengers, the last 12 months held out."""

from bench.accuracy.base import Measured, Program, Setting
from bench.measuring import ROOT


def measure(setting: Setting) -> Measured:
    """Return the MASE on the last 12 months, and the seasonal naive's."""
    with Program(setting) as program:
        scores = program.train(str(ROOT / "sample_data" / "airline.csv"))
        network = next(iter(scores.values()))
        return program.measured({"mase": network["mase"], "seasonal naive": scores["seasonal-naive"]["mase"]})
