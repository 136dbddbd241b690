"""Verdicts per group of users: physical and visual, and crossings by their worst end."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

import toegankelijk as tg
from toegankelijk import schema
from toegankelijk.groups import EVERYBODY, GROUPS, judge_groups

LAMBERT = "EPSG:31370"
NORM = tg.read_norm()
STOP = {
    "platform_height": 18.0, "bus_swings_in": False, "boarding_depth": 2.0, "approach_step": 2.0,
    "boarding_tile": True, "guide_to_tile": True,
}  # fmt: skip
END = {"kerb_height": 2.0, "dropped_kerb_width": 2.0, "has_kerb_ramp": False, "tactile_warning": True}


def layer(rows, geometry=None, **columns):
    index = pd.Index([f"O-{i}" for i in range(1, len(rows) + 1)], name="object_id", dtype="object")
    table = pd.DataFrame(rows, index=index)
    for name in table:
        if schema.attributes()[name].type == "bool":
            table[name] = table[name].astype("boolean")
    shapes = geometry or [shapely.Point(10 * i + 5, 50) for i in range(len(rows))]
    return gpd.GeoDataFrame(table.assign(**columns), geometry=shapes, crs=LAMBERT)


def assess(levels="A", *, scope="core", **layers):
    """Zones of 100 by 100 m in a row, each one level area."""
    boxes = [shapely.box(100 * i, 0, 100 * i + 100, 100) for i in range(len(levels))]
    ids = pd.Index([f"Z-{i + 1}" for i in range(len(levels))], dtype="object")
    zones = gpd.GeoDataFrame({"name": ids, "assumed": False}, geometry=boxes, index=ids.rename("zone_id"), crs=LAMBERT)
    areas = gpd.GeoDataFrame(
        {"zone_id": ids, "level": list(levels), "approved": "", "assumed": False},
        geometry=boxes, index=ids.rename("area_id"), crs=LAMBERT,
    )  # fmt: skip
    town = schema.City(name="Dorp", crs=CRS(LAMBERT), layers=layers, zones=zones, areas=areas)
    return tg.assess(town, NORM, scope=scope)


def verdicts(findings, kind="stop"):
    table = judge_groups(findings, NORM, kinds=[kind])
    columns = ["physical", "physical_criteria", "visual", "visual_criteria"]
    return [tuple(row) for row in table.sort_values(["object_id", "area_id"])[columns].to_numpy().tolist()]


MET = ("meets", "", "meets", "")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, MET),
        ({"boarding_depth": 1.0}, ("fails", "STO-04", "meets", "")),
        ({"boarding_tile": False}, ("meets", "", "fails", "STO-08")),
        ({"approach_step": np.nan}, ("unknown", "STO-07", "meets", "")),
        ({"approach_step": np.nan, "boarding_depth": 1.0}, ("fails", "STO-04", "meets", "")),
        ({"boarding_tile": None, "guide_to_tile": False}, ("meets", "", "fails", "STO-09")),
        ({"platform_height": 5.0, "boarding_tile": None}, ("fails", "STO-01|STO-18", "unknown", "STO-08")),
        ({"platform_height": 5.0, "boarding_depth": 1.0}, ("fails", "STO-01|STO-04|STO-18", "meets", "")),
        ({"platform_height": 5.0, "bus_swings_in": None}, ("fails", "STO-18", "meets", "")),
        ({"platform_height": 17.0, "bus_swings_in": None}, ("unknown", "STO-01", "meets", "")),
        ({"platform_height": 18.0, "bus_swings_in": None}, MET),
    ],
)
def test_two_verdicts_of_a_stop_and_what_decided_them(change, expected):
    assert verdicts(assess(stop=layer([{**STOP, **change}]))) == [expected]


def test_only_the_scope_counts():
    stops = layer([{**STOP, "shelter": False}])
    assert verdicts(assess(stop=stops)) == [MET]
    physical, criteria, *_ = verdicts(assess(stop=stops, scope="full"))[0]
    assert (physical, "STO-11" in criteria.split("|")) == ("fails", True)


def test_where_a_level_asks_nothing_of_a_group_there_is_no_verdict():
    findings = assess("C", stop=layer([STOP]))
    assert verdicts(findings) == [("meets", "", "", "")], "level C asks for no rubber tiles"


def test_what_hinders_everybody_counts_for_both():
    findings = assess(stop=layer([{**STOP, "platform_surface_ok": False}]), scope=["STO-10", "STO-08"])
    assert NORM.criteria.at["STO-10", "user_groups"] == EVERYBODY
    assert verdicts(findings) == [("fails", "STO-10", "fails", "STO-10")]


def test_every_user_group_of_the_norm_belongs_to_a_verdict():
    groups = {group for cell in NORM.criteria["user_groups"] for group in cell.split("|")}
    assert groups <= frozenset({EVERYBODY}).union(*GROUPS.values())
    assert not GROUPS["physical"] & GROUPS["visual"]


# -------------------- crossings

LINE = shapely.LineString([(50, 46), (50, 54)])
CROSSING = {"refuge_present": False, "signals": False, "lit": True}


def crossing(first, second, *, levels="A", at=((50, 46), (50, 54))):
    ends = layer([{**END, **first}, {**END, **second}], [shapely.Point(p) for p in at], parent_id="O-1")
    findings = assess(
        levels, crossing=layer([CROSSING], [LINE]), crossing_end=ends.set_axis(["E-1", "E-2"]).rename_axis("object_id")
    )
    return verdicts(findings, "crossing")[0]


def test_a_crossing_follows_its_worst_end():
    base = crossing({}, {})
    assert base[2] == "meets"
    assert crossing({}, {"tactile_warning": False})[2:] == ("fails", "CRO-06")
    assert crossing({"tactile_warning": None}, {})[2:] == ("unknown", "CRO-06")
    assert crossing({"tactile_warning": None}, {"tactile_warning": False})[2:] == ("fails", "CRO-06")
    physical = crossing({"kerb_height": 12.0}, {})
    assert physical[0] == "fails"
    assert "CRO-01" in physical[1].split("|")
    assert physical[2:] == base[2:], "a high kerb is no concern of those who do not see it"


def test_an_end_outside_all_areas_leaves_its_crossing_unknown():
    assert crossing({}, {}, at=((50, 46), (50, 154)))[2] == "unknown"


def test_an_end_across_a_border_is_judged_at_its_own_level():
    assert crossing({}, {"kerb_height": 3.0}, levels="AC", at=((50, 46), (150, 54)))[0] != "fails"
    assert crossing({}, {"kerb_height": 3.0}, levels="AA", at=((50, 46), (150, 54)))[0] == "fails"


# -------------------- the whole table


@pytest.fixture(scope="module")
def sample(sample_folder):
    return tg.assess(tg.measure_layers(tg.read_city(sample_folder / "city.toml")), NORM)


def test_table_of_the_sample(sample):
    table = judge_groups(sample, NORM)
    assert not table.duplicated(["kind", "object_id", "area_id"]).any()
    assert table.crs == sample.city.crs
    assert table.geometry.notna().all()
    assert set(table["physical"]) | set(table["visual"]) <= {"meets", "fails", "unknown", ""}
    for name in GROUPS:
        assert ((table[f"{name}_criteria"] == "") == table[name].isin(["meets", ""])).all()
    stops = table[table["kind"] == "stop"].set_index("object_id")
    assert stops.loc["HA-01", ["street", "level", "physical", "visual"]].tolist() == ["Lindeplein", "A", "meets", "meets"]
    assert stops.loc["HA-03", ["physical", "visual"]].tolist() == ["fails", "fails"]


def test_a_verdict_agrees_with_the_findings_it_is_made_of(sample):
    """Group by group and object by object, for kinds without ends: fails if a finding fails, meets if all are met."""
    findings, norm = sample, NORM
    rules = norm.rules
    for name, users in GROUPS.items():
        codes = [c for c in findings.scope if set(norm.criteria.at[c, "user_groups"].split("|")) & {*users, EVERYBODY}]
        rows = findings.table[findings.table["criterion"].isin(codes)].astype(
            {"object_id": str, "area_id": str, "criterion": str}
        )
        rows = rows.assign(kind=[rules[code].kind for code in rows["criterion"]])
        table = judge_groups(findings, norm)
        for row in table[table["kind"] != "crossing"].itertuples():
            mine = rows[(rows["kind"] == row.kind) & (rows["object_id"] == row.object_id) & (rows["area_id"] == row.area_id)]
            if (mine["outcome"] == "fails").any():
                assert getattr(row, name) == "fails"
            elif len(mine) and (mine["outcome"] == "meets").all():
                assert getattr(row, name) == "meets"
            elif mine.empty:
                assert getattr(row, name) == ""
            else:
                assert getattr(row, name) in ("unknown", "meets", "fails")


def test_nothing_to_judge_gives_an_empty_table(sample):
    empty = replace(sample, membership=sample.membership.iloc[:0])
    table = judge_groups(empty, NORM)
    assert len(table) == 0
    assert {"object_id", "physical", "visual_criteria", "geometry"} <= set(table)
