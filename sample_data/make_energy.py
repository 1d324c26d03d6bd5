"""Write energy.csv: the hourly load of four made-up sites over sixty days, with covariates.

Run as `python sample_data/make_energy.py`. The same bytes come out every time.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

START = datetime(2024, 1, 1)
NUM_HOURS = 60 * 24
HOLIDAYS = {(1, 1), (2, 12)}
COMFORT = 18.0
HEADER = "site,time,load,temperature,holiday,area"


class Site(NamedTuple):
    """Says how one site uses energy; loads in kW, area in square metres."""

    name: str
    area: int
    base: float
    working_day: float
    weekend_share: float
    heating_per_degree: float
    mean_temperature: float


SITES = (
    Site("campus", 24000, 310.0, 420.0, 0.35, 9.0, 4.0),
    Site("clinic", 11000, 260.0, 110.0, 0.90, 4.5, 6.0),
    Site("office", 6500, 70.0, 190.0, 0.10, 3.5, 5.0),
    Site("stores", 3200, 45.0, 95.0, 1.15, 1.5, 8.0),
)


def temperature(site: Site, rng: np.random.RandomState) -> np.ndarray:
    """Return the hourly temperature in degrees Celsius [T]: a daily wave on slow, random weather."""
    hours = np.arange(NUM_HOURS)
    weather = np.zeros(NUM_HOURS)
    shocks = 0.35 * rng.standard_normal(NUM_HOURS)
    for hour in range(1, NUM_HOURS):
        weather[hour] = 0.99 * weather[hour - 1] + shocks[hour]
    daily = 3.0 * np.sin(2 * np.pi * (hours - 9) / 24)
    return site.mean_temperature + daily + 0.03 * hours / 24 + weather


def activity(site: Site, holiday: np.ndarray) -> np.ndarray:
    """Return the share of the working-day load that is drawn in each hour [T]."""
    hours = np.arange(NUM_HOURS)
    weekday = (hours // 24 + START.weekday()) % 7
    quiet = (weekday >= 5) | (holiday == 1)
    bump = np.exp(-0.5 * ((hours % 24 - 13) / 3.5) ** 2)
    return bump * np.where(quiet, site.weekend_share, 1.0)


def load(site: Site, degrees: np.ndarray, holiday: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Return the hourly load in kW [T]: base, activity, heating below 18 degrees, and noise."""
    heating = site.heating_per_degree * np.maximum(COMFORT - degrees, 0.0)
    expected = site.base + site.working_day * activity(site, holiday) + heating
    return expected * (1 + 0.03 * rng.standard_normal(NUM_HOURS))


def rows() -> list[str]:
    """Return the lines of the table, site by site in the order of time."""
    times = [START + timedelta(hours=hour) for hour in range(NUM_HOURS)]
    holiday = np.array([(time.month, time.day) in HOLIDAYS for time in times], dtype=int)
    # RandomState and not default_rng: its stream is frozen for all versions of numpy.
    rng = np.random.RandomState(2024)
    lines = [HEADER]
    for site in SITES:
        degrees = temperature(site, rng)
        columns = zip(times, load(site, degrees, holiday, rng), degrees, holiday, strict=True)
        lines += [f"{site.name},{t:%Y-%m-%d %H:%M},{y:.1f},{d:.1f},{h},{site.area}" for t, y, d, h in columns]
    return lines


if __name__ == "__main__":
    path = Path(__file__).with_name("energy.csv")
    path.write_text("\n".join(rows()) + "\n", encoding="utf-8", newline="\n")
