from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.reading import Reading, panel_from_frame, read_panel

HOURS = pd.date_range("2024-01-31", periods=60, freq="h")


def read(folder: Path, dates: list[str], clocks: list[str], names: str = "date,time", **settings: object) -> Reading:
    rows = "".join(f"{date},{clock},{i * i}.5\n" for i, (date, clock) in enumerate(zip(dates, clocks, strict=True)))
    (folder / "data.csv").write_text(f"{names},y\n{rows}")
    return read_panel([str(folder / "data.csv")], DataConfig(**settings))  # type: ignore[arg-type]


def following(reading: Reading) -> str:
    panel = reading.panel
    return frequency.format_stamps(panel.start[:1] + panel.num_rows, panel.time)[0]


@pytest.mark.parametrize(
    ("date", "clock", "names", "after"),
    [
        ("%Y-%m-%d", "%H:%M", "date,time", "2024-02-02 12:00"),
        ("%Y-%m-%d", "%H:%M:%S", "Date,Time", "2024-02-02 12:00:00"),
        ("%d/%m/%Y", "%-H", "date,hour", "02/02/2024 12"),
        ("%Y%m%d", "%H", "date,hr", "20240202 12"),
        ("%-m/%-d/%Y", "%-I:%M %p", "DATE,TIME", "2/2/2024 12:00 PM"),
        ("%d.%m.%Y", "%H:%M", "Date,clock", "02.02.2024 12:00"),
    ],
)
def test_a_date_and_a_time_of_day_become_one_time(
    tmp_path: Path, date: str, clock: str, names: str, after: str
) -> None:
    reading = read(tmp_path, HOURS.strftime(date).tolist(), HOURS.strftime(clock).tolist(), names)
    first, second = names.split(",")
    assert (reading.panel.time.name, reading.panel.time.freq, reading.gaps) == (first, "h", 0)
    assert (reading.panel.target_names, following(reading)) == (("y",), after)
    assert f"Took '{first}' and '{second}' together as the time." in reading.notes


def test_the_hour_that_ends_the_day_may_be_24(tmp_path: Path) -> None:
    ended = HOURS - pd.Timedelta("1h")
    clocks = [str(stamp.hour + 1) for stamp in ended]
    reading = read(tmp_path, ended.strftime("%Y-%m-%d").tolist(), clocks, "date,hour")
    assert (reading.panel.num_rows, following(reading)) == (60, "2024-02-02 12")


def test_an_hour_beside_unique_dates_is_no_time_of_day(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=20).strftime("%Y-%m-%d").tolist()
    reading = read(tmp_path, days, [str(i % 7) for i in range(20)], "date,hour", target=("y",))
    assert (reading.panel.time.freq, following(reading)) == ("D", "2024-01-21")


def test_an_hour_with_another_role_keeps_it(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=20).strftime("%Y-%m-%d").tolist()
    reading = read(tmp_path, [*days, *days], ["7"] * 20 + ["8"] * 20, "date,hour", id=("hour",))
    assert (reading.panel.time.freq, reading.panel.num_series) == ("D", 2)


def test_the_resolved_roles_join_the_columns_again(tmp_path: Path) -> None:
    dates, clocks = HOURS.strftime("%d/%m/%Y").tolist(), HOURS.strftime("%H:%M").tolist()
    roles = read(tmp_path, dates, clocks).roles
    again = read(tmp_path, dates, clocks, **{name: getattr(roles, name) for name in ("time", "target", "date_order")})
    assert again.roles == roles


def test_future_data_in_two_columns_are_joined_too(tmp_path: Path) -> None:
    later = pd.date_range(HOURS[-1] + pd.Timedelta("1h"), periods=5, freq="h")
    for name, stamps in (("data.csv", HOURS), ("later.csv", later)):
        columns = {"date": stamps.strftime("%Y-%m-%d"), "time": stamps.strftime("%H:%M"), "p": np.arange(len(stamps))}
        frame = pd.DataFrame(columns if name == "later.csv" else columns | {"y": np.sqrt(np.arange(60))})
        frame.to_csv(tmp_path / name, index=False)
    settings = DataConfig(target=("y",), future_covariates=("p",))
    panel = read_panel([str(tmp_path / "data.csv")], settings, str(tmp_path / "later.csv")).panel
    assert panel.future_lengths.tolist() == [65]


def test_columns_of_a_data_frame_are_joined() -> None:
    frame = pd.DataFrame({"date": HOURS.normalize(), "hour": HOURS.hour, "y": np.sqrt(np.arange(60))})
    reading = panel_from_frame(frame, DataConfig())
    assert (reading.panel.time.freq, following(reading)) == ("h", "2024-02-02 12")
