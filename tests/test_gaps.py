"""Gaps: narrowings that were measured, in words, with what to move; and which remedy a bottleneck gets because of them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk import gaps, labels, schema
from toegankelijk.widths.footprints import footprints

CRS = "EPSG:31370"
NORM = tg.read_norm()


def layer(shapes: dict[str, shapely.Geometry], **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        columns, geometry=list(shapes.values()), index=pd.Index(shapes, name="object_id", dtype="object"), crs=CRS
    )


def narrowing(width: float = 0.75, without: float = 1.70, **changes: object) -> gpd.GeoDataFrame:
    """A gap between a lamp and a bin on pavement VP-1; without the bin it is wider."""
    given = {
        **{"derived": True, "parent_id": "VP-1", "first_id": "LA-1", "second_id": "VB-1", "movable_id": "VB-1"},
        **{"narrowing_width": width, "width_without": without, "length_below_120": 0.5, "length_below_150": 0.8},
        **{"length_below_180": 0.9, "street": "Kerkstraat", **changes},
    }
    line = shapely.LineString([(5, 0.5), (5, 1.25)])
    return layer({"VP-1/v1": line}, **{name: [value] for name, value in given.items()})


def city(level: str = "A", **layers: gpd.GeoDataFrame) -> tg.City:
    zones = layer({"W": shapely.box(-50, -50, 50, 50)}, name=[""], assumed=[False])
    areas = zones[["geometry"]].assign(zone_id="W", level=level)
    footway = layer({"VP-1": shapely.box(-10, 0, 10, 2.2)}, street=["Kerkstraat"])
    things = {"LA-1": shapely.box(5, 0.3, 5.2, 0.5), "VB-1": shapely.box(4.8, 1.25, 5.3, 1.75), "HA-1": shapely.Point(9, 9)}
    things["VB-2"] = shapely.Point(-9, 9)
    obstacles = layer(things, obstacle_type=["lamp", "bin", "hedge", "bin"])
    return tg.City("", zones.crs, {"footway": footway, "obstacle": obstacles, **layers}, zones, areas)


def bottlenecks(given: tg.City, lang: str = "nl") -> pd.DataFrame:
    return tg.find_bottlenecks(tg.assess(given, NORM), NORM, lang=lang)


def test_a_gap_says_its_width_its_lengths_and_between_what_it_lies():
    row = gaps.describe_gaps(city(narrowing=narrowing())).loc["VP-1/v1"]
    assert row["width"] == "0,75 m"
    assert row["lengths"].split("; ") == [
        f"{n} m lang smaller dan {w} m" for n, w in (("0,50", "1,20"), ("0,80", "1,50"), ("0,90", "1,80"))
    ]
    assert row["limits"] == "tussen lantaarn LA-1 en vuilnisbak VB-1"
    assert row["advice"] == "zonder vuilnisbak VB-1 is de doorgang hier 1,70 m"


def test_a_gap_between_edges_and_one_with_bounds():
    given = narrowing(np.nan, np.nan, first_id="", second_id="", movable_id="", length_below_120=np.nan).assign(
        narrowing_width_low=0.70, narrowing_width_high=0.85, length_below_120_low=0.0, length_below_120_high=0.6
    )
    row = gaps.describe_gaps(city(narrowing=given), lang="en").loc["VP-1/v1"]
    assert (row["width"], row["limits"], row["advice"]) == ("0.70 to 0.85 m", "between the edges of the pavement", "")
    assert row["lengths"].startswith("narrower than 1.20 m for at most 0.60 m; narrower than 1.50 m for 0.80 m")


def test_only_what_was_measured_is_a_gap():
    delivered = narrowing().assign(derived=False)
    point = narrowing().set_geometry([shapely.Point(5, 1)])
    for other in (delivered, point, narrowing().drop(columns="derived"), narrowing().iloc[:0]):
        assert gaps.describe_gaps(city(narrowing=other)).empty
    assert gaps.describe_gaps(city()).empty
    assert gaps.gaps_to_draw(city(), bottlenecks(city())).empty


def test_objects_are_named_by_what_they_are_wherever_they_stand():
    given = city(rest_place=layer({"RP-1": shapely.Point(0, 0)}), narrowing=narrowing())
    found = gaps.name_objects(given, ["VB-1", "RP-1 | LA-1", "", "unknown"], lang="nl")
    assert found == {"VB-1": "vuilnisbak VB-1", "RP-1 | LA-1": "rustplaats RP-1 en lantaarn LA-1", "unknown": "unknown"}


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_every_kind_of_obstacle_has_a_word(lang):
    kinds = {*schema.attributes()["obstacle_type"].classes, *footprints().classes} - {""}
    assert {f"obstacle.{kind}" for kind in kinds} <= set(labels._table()[lang])


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (1.70, "verplaats vuilnisbak VB-1: dan is de doorgang 1,70 m, genoeg voor niveau A (1,00 m)"),
        (0.95, "verplaats vuilnisbak VB-1: dan is de doorgang 0,95 m, genoeg voor niveau A (1,00 m)"),  # within the tolerance
        (0.94, "verplaats vuilnisbak VB-1: dan is de doorgang 0,94 m; dat helpt, maar niveau A vraagt 1,00 m"),
    ],
)
def test_the_reason_of_the_remedy_says_what_to_move_and_whether_that_is_enough(without, said):
    table = bottlenecks(city(narrowing=narrowing(without=without)))
    row = table[table["object_id"] == "VP-1/v1"].iloc[0]
    assert (row["remedy"], row["solution_reason"]) == ("obstakel_verplaatsen", said)


@pytest.mark.parametrize("lang", labels.LANGUAGES)
def test_the_reason_is_in_the_language(lang):
    row = bottlenecks(city(narrowing=narrowing()), lang).iloc[0]
    assert labels.word("obstacle", "bin", lang) + " VB-1" in row["solution_reason"]
    assert labels.number(1.7, lang) in row["solution_reason"]


@pytest.mark.parametrize(
    ("first", "second", "remedy", "said"),
    [
        ("", "", "voetpad_verbreden", "geen obstakel maakt de doorgang smal"),
        ("HA-1", "", "snoeien", "de doorgang ligt tussen haag HA-1 en de rand van het voetpad"),
        ("HA-1", "LA-1", "obstakel_verplaatsen", "tussen haag HA-1 en lantaarn LA-1"),
        ("LA-1", "", "obstakel_verplaatsen", "geen van beide is vlot te verplaatsen"),
    ],
)
def test_the_remedy_goes_by_what_limits(first, second, remedy, said):
    given = narrowing(first_id=first, second_id=second, movable_id="", without=np.nan)
    row = bottlenecks(city(narrowing=given)).iloc[0]
    assert row["remedy"] == remedy
    assert said in row["solution_reason"]


@pytest.mark.parametrize(
    ("limits", "how", "remedy"),
    [
        ("", "measured", "voetpad_verbreden"),
        ("VB-1", "measured", "obstakel_verplaatsen"),
        ("HA-1", "measured", "snoeien"),
        ("", "", "obstakel_verplaatsen"),  # the city's own width: nobody measured what limits it
        (None, "measured", "obstakel_verplaatsen"),
        ("G-1", "measured", "voetpad_verbreden"),  # a building
    ],
)
def test_a_pavement_that_is_narrow_by_itself_is_widened(limits, how, remedy):
    given = city()
    footway = given.layers["footway"].assign(route_width=1.0, route_width_how=how, route_width_limited_by=[limits])
    row = bottlenecks(city(footway=footway)).iloc[0]
    assert (row["criterion"], row["remedy"]) == ("PAS-01", remedy)
    assert (row["solution_reason"] != "") == (remedy == "voetpad_verbreden")


@pytest.mark.parametrize(
    ("own", "whole", "remedy"),
    [
        ({"route_width": 1.2}, {"footway_width": 1.2}, "voetpad_verbreden"),
        ({"route_width": 1.2}, {"footway_width": 1.21}, "obstakel_verplaatsen"),  # something takes a centimetre
        ({"route_width": 1.2}, {}, "obstakel_verplaatsen"),
        (
            {"route_width_low": 0.9, "route_width_high": 1.5},
            {"footway_width_low": 0.9, "footway_width_high": 1.5},
            "voetpad_verbreden",
        ),
        ({"route_width_high": 1.3}, {}, "obstakel_verplaatsen"),
    ],
)
def test_a_width_that_is_that_of_the_whole_pavement_has_nothing_to_move(own, whole, remedy):
    given = city()
    bare = given.layers["footway"].drop(columns=["route_width", "footway_width"], errors="ignore")
    row = bottlenecks(city(footway=bare.assign(**own, **whole))).set_index("criterion").loc["PAS-01"]
    assert row["remedy"] == remedy


def test_a_delivered_narrowing_keeps_the_remedy_of_its_criterion():
    row = bottlenecks(city(narrowing=narrowing(derived=False, first_id="", second_id=""))).iloc[0]
    assert (row["remedy"], row["solution_reason"]) == ("obstakel_verplaatsen", "")


def test_of_a_pavement_all_its_gaps_count():
    second = narrowing(0.70, 1.30, first_id="", second_id="VB-2", movable_id="VB-2").rename({"VP-1/v1": "VP-1/v2"})
    both = gpd.GeoDataFrame(pd.concat([narrowing(), second]), crs=CRS)
    footway = (
        city()
        .layers["footway"]
        .assign(min_passage_width=0.70, min_passage_width_how="measured", min_passage_width_limited_by="VB-2")
    )
    table = bottlenecks(city(footway=footway, narrowing=both)).set_index("object_id")
    said = "verplaats vuilnisbak VB-1 en vuilnisbak VB-2: dan is de doorgang 1,30 m, genoeg voor niveau A (0,90 m)"
    assert table.loc["VP-1", "solution_reason"] == said
    drawn = gaps.gaps_to_draw(city(footway=footway, narrowing=both), table.reset_index())
    assert drawn["bottleneck_id"].to_dict() == table.loc[["VP-1/v1", "VP-1/v2"], "bottleneck_id"].to_dict()


def test_a_pavement_without_bottlenecks_of_its_narrowings_shows_its_narrowest_gap():
    wide = narrowing(1.05, 1.7, length_below_120=0.4)
    wider = narrowing(1.15, 1.7, length_below_120=0.4).rename({"VP-1/v1": "VP-1/v2"})
    both = gpd.GeoDataFrame(pd.concat([wider, wide]), crs=CRS)
    footway = city().layers["footway"].assign(route_width=1.5, route_width_how="measured", route_width_limited_by="VB-1")
    given = city(footway=footway, narrowing=both)
    drawn = gaps.gaps_to_draw(given, bottlenecks(given))
    assert drawn["width"].to_dict() == {"VP-1/v1": "1,05 m"}
    assert drawn["theme"].tolist() == ["doorgangen"]


def test_what_is_drawn_has_marks_of_equal_length_at_its_ends_and_the_ground_round_it():
    given = city(narrowing=narrowing())
    drawn = gaps.gaps_to_draw(given, bottlenecks(given)).iloc[0]
    line, *ticks = drawn.geometry.geoms
    assert line.length == pytest.approx(0.75)
    assert [tick.length for tick in ticks] == pytest.approx([2 * gaps.TICK] * 2)
    assert [tick.centroid.distance(shapely.Point(end)) for tick, end in zip(ticks, line.coords, strict=True)] == pytest.approx(
        [0, 0]
    )
    assert [tick.crosses(line) or tick.touches(line) or tick.intersects(line) for tick in ticks] == [True, True]
    assert drawn["things"].area == pytest.approx(0.04 + 0.25)
    assert 2.2 * 2 * gaps.AROUND * 0.9 < drawn["pavement"].area < 2.2 * 2 * gaps.AROUND


def test_a_thing_over_the_whole_width_closes_the_way():
    closed = narrowing(0.0, 2.0, first_id="VB-1", second_id="VB-1").set_geometry([shapely.LineString([(5, 1), (5, 1)])])
    given = city(narrowing=closed.set_crs(CRS))
    assert gaps.describe_gaps(given)["limits"].tolist() == ["vuilnisbak VB-1 sluit het voetpad over de hele breedte af"]
    drawn = gaps.gaps_to_draw(given, bottlenecks(given)).geometry.iloc[0]
    assert drawn.length == pytest.approx(4 * gaps.TICK)
    fixed = city(narrowing=closed.set_crs(CRS).assign(movable_id="", width_without=np.nan))
    assert bottlenecks(fixed)["solution_reason"].tolist() == ["vuilnisbak VB-1 sluit het voetpad over de hele breedte af"]


def test_of_a_pavement_no_more_is_promised_than_what_holds_elsewhere():
    footway = (
        city()
        .layers["footway"]
        .assign(min_passage_width=0.75, min_passage_width_how="measured", min_passage_width_limited_by="VB-1")
    )
    table = bottlenecks(city(footway=footway, narrowing=narrowing(without=2.2))).set_index("object_id")
    assert "dan is de doorgang minstens 1,80 m, genoeg" in table.loc["VP-1", "solution_reason"]
    assert "dan is de doorgang 2,20 m, genoeg" in table.loc["VP-1/v1", "solution_reason"]
