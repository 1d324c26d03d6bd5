import numpy as np
import pandas as pd
import pytest

from rnncast import zones
from rnncast.errors import UsageError


def stamps(*moments: str) -> np.ndarray:
    return np.array(moments, dtype="datetime64[us]")


@pytest.mark.parametrize("zone", ["UTC", "+05:30", "-03:00", "Europe/Berlin", "Asia/Kolkata"])
def test_instants_come_back_from_the_clock_on_the_wall(zone: str) -> None:
    instants = stamps("1650-06-01T12:00", "2024-01-01T00:00", "2024-07-01T23:59:59.5", "2400-01-01T00:00")
    assert (zones.to_instants(zones.to_wall(instants, zone), zone) == instants).all()


def test_an_hour_that_comes_twice_is_told_by_which_time_it_is() -> None:
    twice = stamps("2024-10-27T02:30", "2024-10-27T02:30")
    found = zones.to_instants(twice, "Europe/Berlin", np.array([False, True]))
    assert (found == stamps("2024-10-27T00:30", "2024-10-27T01:30")).all()
    assert zones.offsets(found, "Europe/Berlin").tolist() == [120, 60]


def test_a_time_that_the_clocks_skip_is_none() -> None:
    assert np.isnat(zones.to_instants(stamps("2024-03-31T02:30"), "Europe/Berlin")).all()


@pytest.mark.parametrize(("minutes", "name"), [(0, "UTC"), (90, "+01:30"), (-570, "-09:30")])
def test_a_fixed_offset_is_a_zone(minutes: int, name: str) -> None:
    assert zones.fixed(minutes) == name
    assert zones.check(name) == name
    assert zones.offsets(stamps("2024-01-01"), name).tolist() == [minutes]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Europe/Berln", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("asia/tokyo", "Asia/Tokyo"),
    ],
)
def test_an_unknown_zone_offers_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(UsageError, match=f"no time zone '{wrong}'") as error:
        zones.check(wrong)
    assert f"Did you mean '{right}'?" in error.value.hint


@pytest.mark.parametrize("wrong", ["", "../../etc/passwd", "dateutil//etc/localtime", "+25:00", "localtime", "+1"])
def test_what_is_no_zone_is_refused_with_examples(wrong: str) -> None:
    with pytest.raises(UsageError) as error:
        zones.check(wrong)
    assert "America/New_York" in error.value.hint


def test_stamps_of_a_zone_are_those_of_pandas() -> None:
    index = pd.date_range("2024-10-26", periods=48, freq="h", tz="Europe/Berlin")
    instants = index.tz_convert(None).to_numpy().astype("datetime64[us]")
    assert (zones.aware(instants, "Europe/Berlin") == index).all()


def test_only_an_early_hour_once_a_year_hints_at_clocks_set_back() -> None:
    hours = np.arange("2024-10-26", "2024-10-29", dtype="datetime64[h]").astype("datetime64[us]")
    assert "--time-zone" in zones.hint_at(hours, np.array([26]))
    assert zones.hint_at(hours, np.array([36])) == ""
    assert zones.hint_at(hours, np.array([2, 26])) == ""
    assert zones.hint_at(hours[::24], np.array([1])) == ""
