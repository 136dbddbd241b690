"""Reach of a city: what was planted is found, and the sums of areas are the sums of who lives there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk import reach as module
from toegankelijk.reach import AREA_COLUMNS, CITY, REACHED, STREET, ZONE, reach_city

from .walking_world import walked


@pytest.fixture(scope="module")
def reach():
    return walked().reach


def test_a_row_per_user_origin_and_purpose(reach):
    table, walking = reach.table, reach.walking
    assert not table.duplicated(["profile", "origin", "purpose"]).any()
    there = walking.places.destinations["purpose"].nunique()
    assert len(table) == len(walking.passable) * len(walking.places.origins) * there
    assert set(table["reached"]) <= set(REACHED)


def test_what_is_reached_is_told_in_one_word(reach):
    table = reach.table
    words = table["reached"]
    assert (words.eq("surely") == table["reached_surely"]).all()
    assert (words.eq("possibly") == (table["reached_possibly"] & ~table["reached_surely"])).all()
    within = table["purpose"].map({name: one.within for name, one in reach.walking.places.purposes.items()})
    assert (table.loc[words == "far", "distance"] > within[words == "far"]).all()
    assert (table.loc[words == "not", "distance"] <= within[words == "not"]).all()


@pytest.mark.parametrize("division", [CITY, ZONE, "wijk", STREET])
@pytest.mark.parametrize("column", ["residents", "within", "reached_low", "reached_high"])
def test_sums_of_areas_are_sums_of_origins(reach, division, column):
    rows = reach.areas[reach.areas["division"] == division]
    people = reach.walking.places.origins["residents"].fillna(0.0)
    table = reach.table
    own = table["origin"].map(people)
    near = table["reached"] != "far"
    counted = {
        "residents": own,
        "within": own.where(near & table["distance"].notna(), 0.0),
        "reached_low": own.where(table["reached_surely"], 0.0),
        "reached_high": own.where(table["reached_possibly"], 0.0),
    }[column]
    area = reach.area_of(division)
    assert len(area) > 0
    for name, origins in area.groupby(area):
        for (profile, purpose), chosen in table[table["origin"].isin(origins.index)].groupby(["profile", "purpose"]):
            found = rows[(rows["area"] == name) & (rows["profile"] == profile) & (rows["purpose"] == purpose)]
            assert found[column].sum() == pytest.approx(counted[chosen.index].sum()), (name, profile, purpose)


def test_all_people_live_in_the_city_and_each_zone_has_its_own(reach):
    areas = reach.areas
    one = areas[(areas["profile"] == "wheelchair") & (areas["purpose"] == "care")]
    city = one.loc[one["division"] == CITY, "residents"].sum()
    assert city == 515  # as reckoned by hand in truth_walking.csv
    assert one.loc[one["division"] == ZONE, "residents"].sum() == city
    assert areas.columns.tolist() == list(AREA_COLUMNS)


def test_bounds_hold_in_every_area(reach):
    areas = reach.areas
    assert (areas["reached_low"] <= areas["reached_high"]).all()
    assert (areas["reached_high"] <= areas["within"] + areas["unplaced"]).all()
    assert areas[["share", "share_low", "share_high"]].stack().between(0, 1).all()


def test_names_of_zones_and_districts_are_told(reach):
    areas = reach.areas
    names = areas[areas["division"] == ZONE].set_index("area")["name"]
    assert set(names) == set(reach.city.zones["name"])
    assert (areas.loc[areas["division"] == STREET, "name"] == areas.loc[areas["division"] == STREET, "area"]).all()


def test_an_origin_on_the_border_of_two_zones_counts_in_both(reach):
    city, walking = reach.city, reach.walking
    origin = reach.origins.index[0]
    spot = reach.origins.geometry.iloc[0]
    zones = city.zones.iloc[:2].copy()
    zones["geometry"] = [
        shapely.box(spot.x - 9, spot.y - 9, spot.x, spot.y + 9),
        shapely.box(spot.x, spot.y - 9, spot.x + 9, spot.y + 9),
    ]
    area = reach_city(replace(city, zones=zones), walking).area_of(ZONE)
    assert sorted(area.loc[[origin]]) == sorted(zones.index)


def test_edges_say_what_they_are_and_why(reach):
    edges = reach.edges(lang="nl")
    user = reach.walking.leading
    assert len(edges) == len(reach.walking.network)
    assert ((edges["wheelchair_reason"] == "") == (user.outcome == 1)).all()
    bollards = edges[edges["object_id"] == "DG-A1"]
    assert set(bollards["wheelchair"]) == {"closed"}
    assert set(bollards["wheelchair_reason"]) == {"Doorgang: Vrije breedte van de doorgang: 0,75 m (vereist: ≥ 0,90 m)"}
    assert set(reach.edges(lang="en").loc[bollards.index, "wheelchair_reason"]) == {
        "Passage: Clear width of the passage: 0.75 m (required: ≥ 0.90 m)"
    }
    assert edges.loc[edges["kind"] == "footway", "street"].ne("").any()


def test_origins_stand_at_their_doors_with_a_word_per_purpose(reach):
    origins = reach.origins
    doors = origins[origins["kind"] == "address"]
    layer = reach.city.context["address"]
    assert shapely.distance(doors.geometry.to_numpy(), layer.geometry.reindex(doors["object_id"]).to_numpy()).max() == 0
    assert set(origins["wheelchair_care"]) <= {*REACHED, np.nan}
    cut = origins[(origins["wheelchair_care"] == "not") & (origins["residents"] > 0)]
    assert {"address:AD-A1-1", "address:AD-E1-2"} <= set(cut.index)


def test_a_city_without_destinations_has_tables_all_the_same(reach):
    places = replace(reach.walking.places, destinations=reach.walking.places.destinations.iloc[:0])
    bare = reach_city(reach.city, replace(reach.walking, places=places))
    assert len(bare.table) == 0
    assert len(bare.areas) == 0
    assert bare.areas.columns.tolist() == list(AREA_COLUMNS)
    assert len(bare.origins) == len(reach.origins)
    assert len(bare.islands) == len(reach.islands)


@pytest.mark.parametrize(
    ("residents", "unplaced", "within", "most"), [(10.0, 0.0, 5.0, 0.5), (10.0, 2.0, 5.0, 0.7), (0.0, 0.0, 0.0, np.nan)]
)
def test_who_lives_off_the_network_may_reach_it(residents, unplaced, within, most):
    share = within / residents if residents else np.nan
    row = {"residents_before": residents, "unplaced_before": unplaced, "share_before": share}
    assert module.share_of_all(row, "_before") == pytest.approx(most, nan_ok=True)


def test_order_of_the_origins_changes_nothing(reach):
    walking = reach.walking
    mixed = replace(walking.places, origins=walking.places.origins.iloc[::-1])
    other = reach_city(reach.city, replace(walking, places=mixed)).areas
    keys = ["profile", "division", "area", "purpose"]
    pd.testing.assert_frame_equal(other.sort_values(keys, ignore_index=True), reach.areas.sort_values(keys, ignore_index=True))
