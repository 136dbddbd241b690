"""What it costs to mend bottlenecks, worked out by hand with the unit costs of the norm."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk.errors import InputError
from toegankelijk.labels import LANGUAGES
from toegankelijk.planning.costs import estimate_costs
from toegankelijk.planning.facts import read_facts
from toegankelijk.planning.quantities import DEFAULTS, RULES

from .planning_world import NORM, layer, row, sample, table

LINE = shapely.LineString([(0, 0), (60, 0)])
Layers = dict[str, gpd.GeoDataFrame]


def cost(one: dict, layers: Layers, **options: object) -> pd.Series:
    return estimate_costs(table(one), layers, NORM, lang="en", **options).iloc[0]


def street(sides: str, level: str) -> pd.Series:
    layers = {"street": layer({"s": LINE}, footway_sides=[sides], pedestrians_allowed=[True])}
    return cost(row("voetpad_aanleggen", "s", level=level), layers)


# By hand


def test_a_piece_costs_its_unit():
    found = cost(row("oversteekzijde_aanpassen", "e"), {})
    assert (found["quantity"], found["unit"], found["cost_low"], found["cost_high"], found["cost"]) == (
        1,
        "piece",
        2000,
        5000,
        3500,
    )
    assert found["cost_reason"] == "1 × €2,000 to 5,000 (one per object)"


def test_a_surface_costs_by_length_and_width():
    found = cost(row("verharding_vervangen", "v"), {"footway": layer({"v": LINE}, route_width=[1.5])})
    assert (found["quantity"], found["unit"], found["cost"]) == (90.0, "m2", 90 * (100 + 250) / 2)
    assert found["cost_reason"] == "90 m² × €100 to 250 per m² (60 m × 1.5 m wide)"


def test_a_width_that_nobody_knows_is_assumed_and_said_so():
    found = cost(row("verharding_vervangen", "v"), {"footway": layer({"v": LINE})})
    assert found["quantity"] == 120.0
    assert "width not known: 2 m assumed" in found["cost_reason"]


def test_an_area_as_drawn():
    found = cost(row("verharding_vervangen", "v"), {"footway": layer({"v": shapely.box(0, 0, 30, 3)})})
    assert found["quantity"] == pytest.approx(90.0)
    assert "area as drawn" in found["cost_reason"]


def test_a_square_costs_two_strips_over_it():
    found = cost(row("verharding_vervangen", "v"), {"footway": layer({"v": shapely.box(0, 0, 80, 50)})})
    assert found["quantity"] == pytest.approx((80 + 50) * 2)
    assert "two strips" in found["cost_reason"]


def test_a_repair_is_local_unless_the_whole_stretch_is_bad():
    footway = {"footway": layer({"v": LINE}, route_width=[2.0])}
    local, whole = row("verharding_herstellen", "v"), row("verharding_herstellen", "v", criteria="SUR-01|SUR-04")
    assert cost(local, footway)["quantity"] == 25.0
    assert cost(whole, footway)["quantity"] == 120.0
    small = {"footway": layer({"v": shapely.LineString([(0, 0), (5, 0)])}, route_width=[2.0])}
    assert cost(local, small)["quantity"] == 10.0


@pytest.mark.parametrize(
    ("sides", "level", "metres"),
    [("none", "A", 120), ("left", "A", 60), ("shared", "A", 120), ("none", "B", 60), ("shared", "B", 60), ("none", "C", 60)],
)
def test_a_street_without_pavement_costs_by_its_length_and_the_sides_that_lack(sides, level, metres):
    found = street(sides, level)
    assert (found["quantity"], found["cost"]) == (metres, metres * (300 + 900) / 2)
    assert f"{metres // 60} side" in found["cost_reason"]


@pytest.mark.parametrize(("sides", "metres"), [("none", 10.0), ("left", 5.0), ("right", 5.0), ("center", 10.0), ("both", 10.0)])
def test_handrails_go_where_there_is_none(sides, metres):
    stairs = {"stairs": layer({"t": shapely.LineString([(0, 0), (5, 0)])}, handrail_sides=[sides])}
    one = row("hellingsbaan_aanleggen", "t", remedy="leuning_plaatsen", criterion="STR-08", criteria="STR-08")
    assert cost(one, stairs)["quantity"] == metres


def test_bays_are_counted_that_lack():
    parks = {"car_park": layer({"p": shapely.box(0, 0, 50, 20)}, bay_count=[120.0], reserved_count=[2.0])}
    one = row("drempel_wegwerken", "p", kind="car_park", remedy="plaats_voorbehouden", criterion="PRK-05", criteria="PRK-05")
    found = cost(one, parks)
    assert (found["quantity"], found["cost"]) == (5, 5 * (400 + 950) / 2)  # of 120 bays 4 + 2 % = 6.4, so 7
    assert "asked 7, there are 2" in found["cost_reason"]


def test_a_bench_stands_every_so_many_metres():
    footway = {"footway": layer({"v": shapely.LineString([(0, 0), (250, 0)])}, rest_gap=[900.0])}
    found = cost(row("zitbank_plaatsen", "v"), footway)
    assert (found["quantity"], found["share"]) == (3, 2.5)  # level A: every 100 m
    assert cost(row("zitbank_plaatsen", "v", level="C"), footway)["quantity"] == 1


# What is moved, and what is narrow


def places(widths: list[float], movable: list[str], lengths: list[float]) -> Layers:
    names = [f"n{i}" for i in range(len(widths))]
    lines = {name: shapely.LineString([(10 * i, 0), (10 * i, 1)]) for i, name in enumerate(names)}
    columns = {"narrowing_width": widths, "movable_id": movable, "length_below_180": lengths, "length_below_120": lengths}
    obstacles = layer({name: shapely.Point(0, 0) for name in "abcd"}, obstacle_type=["bin", "sign", "bench", "hedge"])
    narrowings = layer(lines, parent_id=["v"] * len(names), **columns)
    return {"narrowing": narrowings, "obstacle": obstacles, "footway": layer({"v": LINE}, min_passage_width=[min(widths)])}


def test_each_thing_that_stands_in_the_way_is_moved():
    layers = places([0.8, 0.7, 1.4], ["a", "a | b", "c"], [1.0, 1.0, 1.0])
    found = cost(row("obstakel_verplaatsen", "v"), layers)  # narrower than 0.90 m: the places with a and b
    assert (found["quantity"], found["cost"]) == (2, 2 * (1000 + 4000) / 2)
    assert found["pays_for"] == "obstakel_verplaatsen/obstacle/a | obstakel_verplaatsen/obstacle/b"
    assert "to be moved: a, b" in found["cost_reason"]


def test_an_obstacle_and_the_narrow_place_that_it_makes_pay_for_the_same_thing():
    layers = places([0.8], ["a"], [1.0])
    thing = cost(row("obstakel_verplaatsen", "a", kind="obstacle", criteria="FUR-14", criterion="FUR-14"), layers)
    place = cost(row("obstakel_verplaatsen", "n0", kind="narrowing", criteria="PAS-04", criterion="PAS-04"), layers)
    assert thing["pays_for"] == place["pays_for"]


def test_one_obstacle_is_assumed_where_nobody_knows_what_stands_there():
    found = cost(row("obstakel_verplaatsen", "v"), {"footway": layer({"v": LINE})})
    assert found["quantity"] == 1
    assert "not known" in found["cost_reason"]


def test_a_narrow_place_is_widened_and_not_the_whole_footway():
    layers = places([0.8, 0.7, 0.8], ["", "", "a"], [8.0, 2.0, 30.0])
    found = cost(row("voetpad_verbreden", "v", criteria="PAS-06", criterion="PAS-06"), layers)
    assert (found["quantity"], found["cost"]) == (8 + 5, 13 * (250 + 700) / 2)  # a kerb is not moved over less than 5 m
    assert cost(row("voetpad_verbreden", "v"), layers)["quantity"] == 60.0  # its route width: all of it


def test_a_narrowing_costs_by_its_length_that_is_narrower_than_what_is_asked():
    layers = places([1.0], [""], [12.0])
    layers["narrowing"]["length_below_120"] = 7.0
    one = row("voetpad_verbreden", "n0", kind="narrowing", criteria="PAS-04", criterion="PAS-04", level="C")
    assert cost(one, layers)["quantity"] == 7.0
    assert cost({**one, "level": "A"}, layers)["quantity"] == 12.0
    layers["narrowing"]["narrowing_length"] = 9.0
    assert cost({**one, "level": "A"}, layers)["quantity"] == 9.0


def test_a_narrow_place_is_no_longer_than_a_narrow_place_is():
    layers = places([1.0], [""], [158.0])  # narrow for longer: that is its route width, a bottleneck of its own
    one = row("voetpad_verbreden", "n0", kind="narrowing", criteria="PAS-04", criterion="PAS-04")
    assert cost(one, layers)["quantity"] == 20.0


@pytest.mark.parametrize(
    ("shape", "metres"),
    [
        (shapely.box(0, 0, 30, 3), 30.0),
        (shapely.box(0, 0, 10, 10), 10.0),
        (shapely.Point(0, 0).buffer(10), 2 * np.pi * 10 / 4),  # as compact as can be: a quarter of the outline
        (shapely.box(0, 0, 102, 102).difference(shapely.box(2, 2, 100, 100)), 4 * 100.0),  # a pavement round a block
    ],
)
def test_a_polygon_is_as_long_as_the_rectangle_of_its_area_and_outline(shape, metres):
    footway = {"footway": layer({"v": shape}, route_width=[1.0])}
    assert cost(row("voetpad_verbreden", "v"), footway)["quantity"] == pytest.approx(metres, rel=0.01)


def test_both_ends_of_a_crossing_are_lowered():
    one = row("oversteekzijde_aanpassen", "x", kind="crossing", criteria="CRO-05", criterion="CRO-05")
    ends = layer({"e1": shapely.Point(0, 0), "e2": shapely.Point(7, 0)}, parent_id=["x", "x"])
    found = cost(one, {"crossing_end": ends})
    assert (found["quantity"], found["cost"]) == (2, 7000)
    assert found["pays_for"].split(" | ") == [f"oversteekzijde_aanpassen/crossing_end/e{i}" for i in (1, 2)]
    assert cost(one, {})["quantity"] == 2
    assert "assumed" in cost(one, {})["cost_reason"]


# What staff say, and what is not known


def test_the_amount_of_staff_wins():
    rows = table(row("drempel_wegwerken", "k1", cost_eur_staff=800.0), row("drempel_wegwerken", "k2", cost_eur_staff=np.nan))
    found = estimate_costs(rows, {}, NORM, lang="en")
    assert found[["cost_low", "cost", "cost_high"]].to_numpy().tolist() == [[800, 800, 800], [1000, 2500, 4000]]
    assert found["given"].tolist() == [True, False]
    assert found["cost_reason"].iloc[0] == "Amount given by staff"


def test_amounts_below_zero_are_refused_all_at_once():
    rows = table(*(row("drempel_wegwerken", f"k{i}", cost_eur_staff=-1.0 * i) for i in range(3)))
    with pytest.raises(InputError, match="k1") as refused:
        estimate_costs(rows, {}, NORM)
    assert len(refused.value.problems) == 2


def test_a_remedy_that_the_norm_does_not_have_costs_by_its_class():
    found = cost(row("drempel_wegwerken", "k", remedy="toverspreuk", cost_class=3), {})
    assert (found["cost_low"], found["cost"], found["cost_high"]) == (5000, 15000, 25000)
    assert "Cost class 3" in found["cost_reason"]
    with pytest.raises(InputError, match="toverspreuk"):
        cost(row("drempel_wegwerken", "k", remedy="toverspreuk", cost_class=None), {})


def test_an_object_that_is_gone_has_a_typical_size_and_says_so():
    found = cost(row("voetpad_aanleggen", "gone"), {"street": layer({"s": LINE}, footway_sides=["none"])})
    assert found["quantity"] == 200.0
    assert "assumed" in found["cost_reason"]


# Properties


def test_every_remedy_by_metre_has_a_typical_size_of_its_kinds():
    criteria = NORM.criteria
    pairs = pd.concat([criteria[["remedy", "kind"]], criteria[["alternative", "kind"]].set_axis(["remedy", "kind"], axis=1)])
    unit = NORM.remedies["unit"].reindex(pairs["remedy"]).to_numpy()
    kinds = set(pairs.loc[pd.Series(unit, pairs.index).isin(["m", "m2"]), "kind"])
    assert kinds - set(read_facts("sizes")["kind"]) <= {"stop"} - set(read_facts("sizes")["kind"])
    assert set(read_facts("quantities")["rule"]) | set(DEFAULTS.values()) == set(RULES)


def test_every_criterion_and_remedy_of_the_norm_gets_a_cost_above_zero():
    rows, shapes = [], {}
    for code, one in NORM.criteria.iterrows():
        for remedy in filter(None, (one["remedy"], one["alternative"])):
            name = f"{code}-{remedy}"
            shapes.setdefault(one["kind"], {})[name] = shapely.Point(0, 0)
            given = {"kind": one["kind"], "remedy": remedy, "criterion": code, "criteria": code, "bottleneck_id": name}
            rows.append({**row("drempel_wegwerken", name), **given})
    layers = {kind: layer(objects) for kind, objects in shapes.items()}
    found = estimate_costs(table(*rows), layers, NORM)
    assert (found["cost_low"] > 0).all()
    assert (found["cost_high"] >= found["cost"]).all()
    assert (found["cost"] >= found["cost_low"]).all()
    assert (found["share"] > 0).all()
    assert (found["cost_reason"].str.len() > 10).all()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sample_district_has_costs_in_every_language(lang):
    city, rows = sample()
    found = estimate_costs(rows, city.layers, NORM, lang=lang)
    assert found.index.tolist() == rows["bottleneck_id"].tolist()
    assert (found["cost"] > 0).all()
    assert found["cost_reason"].str.len().between(10, 254).all()


def test_costs_of_the_sample_district():
    city, rows = sample()
    found = estimate_costs(rows, city.layers, NORM).set_index(pd.MultiIndex.from_frame(rows[["object_id", "remedy"]]))["cost"]
    assert found["VP-04", "dwarshelling_corrigeren"] == 60 * 2 * (80 + 180) / 2
    assert found["VP-06", "verharding_vervangen"] == pytest.approx(80 * 1.8 * (100 + 250) / 2)
    assert found["ST-02", "voetpad_aanleggen"] == 60 * (300 + 900) / 2  # the left side has a pavement
    assert found["HB-02", "leuning_plaatsen"] == 6 * (150 + 350) / 2  # the left side has a handrail
    assert found["TR-02", "leuning_plaatsen"] == 2 * 5 * (150 + 350) / 2
    assert found["PK-04", "plaats_voorbehouden"] == 5 * (400 + 950) / 2


def test_the_order_of_rows_and_objects_changes_nothing():
    city, rows = sample()
    rng = np.random.default_rng(6)
    mixed = rows.iloc[rng.permutation(len(rows))]
    layers = {kind: one.iloc[rng.permutation(len(one))] for kind, one in city.layers.items()}
    expected = estimate_costs(rows, city.layers, NORM)
    pd.testing.assert_frame_equal(estimate_costs(mixed, layers, NORM).loc[expected.index], expected)


def test_nothing_costs_nothing():
    city, rows = sample()
    assert estimate_costs(rows.iloc[:0], city.layers, NORM).empty
