"""What the widths of drawn pavements tell: narrowings, free widths, passing places, bends, gaps between bollards."""

import itertools
import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS
from shapely.ops import substring

from toegankelijk import schema
from toegankelijk.measure import (
    WIDTH_MEASURES,
    bends,
    bollards,
    fill,
    footway_widths,
    implied,
    measure_layers,
    narrowings,
    passing,
)
from toegankelijk.measure.narrowings import LENGTHS, SAME, Widths, find_widths, with_narrowings
from toegankelijk.norm import judge, read_norm
from toegankelijk.schema import OUTCOMES

LAMBERT = "EPSG:31370"
GENK = (228_350.37, 182_340.81)
PLACES = [(0.0, (0.0, 0.0)), (0.0, GENK), (33.7, GENK), (-120.0, GENK)]
NORM = read_norm()


def place(geometries, angle=0.0, origin=(0.0, 0.0)):
    """Geometries turned by an angle in degrees about the origin, then moved."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = np.array([[cos, sin], [-sin, cos]])
    return shapely.transform(np.asarray(geometries, dtype=object), lambda xy: xy @ turn + origin)


def layer(geometries, ids=None, **columns):
    index = pd.Index(ids or [f"O-{i}" for i in range(1, len(geometries) + 1)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=list(geometries), index=index, crs=LAMBERT)


# -------------------- widths built by hand, in the form of `toegankelijk.widths.passable`


@dataclass(frozen=True)
class Found:
    """The tables that `passable_width` gives."""

    pavements: gpd.GeoDataFrame
    narrowings: gpd.GeoDataFrame
    profile: gpd.GeoDataFrame
    remarks: pd.DataFrame


def found(pavements, pinches=(), pieces=()):
    """Widths: ``pavements`` id to (passable, route, slack); ``pinches`` as `pinch` makes them; ``pieces`` as `way` makes them."""
    table = pd.DataFrame.from_dict(pavements, orient="index", columns=["passable_width", "route_width", "slack"])
    table["least_width"] = table["passable_width"]
    for name in ("passable_width", "least_width", "route_width"):
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - table["slack"], table[name] + table["slack"]
    table = table.assign(rule="shared", limited_by="", reason="").drop(columns="slack")
    columns = ["pavement_id", "width", "width_low", "width_high", *LENGTHS.values(), "free_square", "gap_to_next", "way_round"]
    columns += ["first_id", "second_id", "movable_id", "width_without", "geometry"]
    index = pd.Index([f"{one['pavement_id']}/v{number}" for number, one in enumerate(pinches, 1)], dtype="object")
    rows = pd.DataFrame(list(pinches), columns=columns, index=index)
    columns = ["pavement_id", "way", "start", "width", "geometry"]
    profile = pd.DataFrame([piece for of_way in pieces for piece in of_way], columns=columns)
    return Found(
        gpd.GeoDataFrame(table, geometry=[None] * len(table), crs=LAMBERT),
        gpd.GeoDataFrame(rows, geometry="geometry", crs=LAMBERT),
        gpd.GeoDataFrame(profile, geometry="geometry", crs=LAMBERT),
        schema.remarks(),
    )


def pinch(pavement, width, lengths, *, at=0.0, slack=0.0, gap=np.inf, square=3.0, movable="", without=np.nan):
    line = shapely.LineString([(at, 0), (at, width)])
    given = dict(zip(LENGTHS.values(), lengths, strict=True))
    return {
        **{"pavement_id": pavement, "width": width, "width_low": width - slack, "width_high": width + slack, **given},
        **{"free_square": square, "gap_to_next": gap, "way_round": np.inf, "first_id": "", "second_id": movable},
        **{"movable_id": movable, "width_without": without, "geometry": line},
    }


def way(number, points, widths, pavement="VP", step=1.0, angle=0.0, origin=(0.0, 0.0)):
    """Pieces of about ``step`` along a line; ``widths`` is one, or a function of the middle of a piece along the line."""
    line = place([shapely.LineString(points)], angle, origin)[0]
    cuts = np.linspace(0, line.length, max(1, round(line.length / step)) + 1)
    pieces = []
    for start, end in itertools.pairwise(cuts):
        width = widths((start + end) / 2) if callable(widths) else widths
        owner = pavement((start + end) / 2) if callable(pavement) else pavement
        pieces.append((owner, number, start, width, substring(line, start, end)))
    return pieces


def footways(ids=("VP",), **columns):
    return {"footway": layer([shapely.box(0, 20 * i, 60, 20 * i + 2) for i in range(len(ids))], list(ids), **columns)}


def widths_of(clear, *, gross=None, whole=True, layers=None, pavements=None, barred=None):
    layers = layers or footways()
    named = narrowings._named(clear.narrowings, layers.get("narrowing"), layers["footway"])
    barred = layer([], []) if barred is None else barred
    return Widths(clear, gross or clear, named, whole, layers["footway"] if pavements is None else pavements, barred)


def told(table):
    """Bounds of the first row; None where nothing is known."""
    return tuple(None if math.isnan(value) else round(value, 3) for value in table.iloc[0])


# -------------------- narrowings as objects


def derive(pinches, *, layers=None, **columns):
    layers = layers or footways(**columns)
    widths = widths_of(found({"VP": (1.0, 2.0, 0.0)}, pinches), layers=layers)
    return with_narrowings(layers, widths), widths


def test_a_narrowing_becomes_an_object_of_its_footway():
    layers, _ = derive(
        [pinch("VP", 1.0, (0.3, 0.3, 0.4), at=5, movable="L-1", without=1.6)],
        source=["voetpaden"], street=["Dorpsstraat"], accuracy=[0.1], complete=[False], manager=["awv"], surface=["sett"],
    )  # fmt: skip
    (row,) = layers["narrowing"].to_dict("records")
    assert layers["narrowing"].index.tolist() == ["VP/v1"]
    assert layers["narrowing"].index.name == "object_id"
    assert layers["narrowing"].crs == LAMBERT
    wanted = {
        **{"parent_id": "VP", "derived": True, "source": "voetpaden", "street": "Dorpsstraat", "accuracy": 0.1},
        **{"complete": False, "manager": "awv", "second_id": "L-1", "movable_id": "L-1", "width_without": 1.6},
    }
    assert {name: row[name] for name in wanted} == wanted
    assert "surface" not in row
    assert row["geometry"].equals(shapely.LineString([(5, 0), (5, 1)]))


@pytest.mark.parametrize(("far", "same"), [(0.0, True), (SAME - 0.01, True), (SAME + 0.01, False)])
def test_a_narrowing_that_was_delivered_stands_for_the_one_that_is_found(far, same):
    given = layer([shapely.Point(5 + far, 0.5)], ["VS-1"], narrowing_width=[np.nan])
    layers, widths = derive([pinch("VP", 1.0, (0.3, 0.3, 0.4), at=5)], layers={**footways(), "narrowing": given})
    assert layers["narrowing"].index.tolist() == (["VS-1"] if same else ["VP/v1", "VS-1"])
    low = narrowings.narrowing_width(layers, widths)["low"]
    assert low["VS-1"] == 1.0 if same else np.isnan(low["VS-1"])


def test_each_delivered_narrowing_stands_for_one_the_nearest():
    given = layer([shapely.Point(5, 0)], ["VS-1"])
    pinches = [pinch("VP", 1.1, (0.3, 0.3, 0.3), at=6.0), pinch("VP", 0.8, (0.3, 0.3, 0.3), at=5.5)]
    layers, widths = derive(pinches, layers={**footways(), "narrowing": given})
    assert layers["narrowing"].index.tolist() == ["VP/v1", "VS-1"]
    assert narrowings.narrowing_width(layers, widths)["low"].to_dict() == {"VP/v1": 1.1, "VS-1": 0.8}


def test_what_names_another_footway_stands_for_none_here():
    given = layer([shapely.Point(5, 0)] * 2, ["VS-1", "VS-2"], parent_id=["VQ", "elsewhere"])
    layers, _ = derive([pinch("VP", 1.0, (0.3,) * 3, at=5)], layers={**footways(("VP", "VQ")), "narrowing": given})
    assert layers["narrowing"].index.tolist() == ["VS-1", "VS-2"], "a parent that is no footway says nothing"
    layers, _ = derive([pinch("VP", 1.0, (0.3,) * 3, at=5)], layers={**footways(("VP", "VQ")), "narrowing": given.iloc[:1]})
    assert layers["narrowing"].index.tolist() == ["VP/v1", "VS-1"]


def test_ids_never_clash_and_the_values_of_a_city_win():
    given = layer([shapely.Point(50, 0), shapely.Point(5, 0)], ["VP/v2", "VS-1"], narrowing_width=[np.nan, 1.4])
    pinches = [pinch("VP", 1.0, (0.3,) * 3, at=5), pinch("VP", 1.1, (0.3,) * 3, at=20)]
    layers, widths = derive(pinches, layers={**footways(), "narrowing": given})
    assert layers["narrowing"].index.tolist() == ["VP//v2", "VP/v2", "VS-1"]
    filled = fill(layers["narrowing"], "narrowing_width", narrowings.narrowing_width(layers, widths))
    assert filled.at["VS-1", "narrowing_width"] == 1.4
    assert filled.at["VS-1", "narrowing_width_how"] == ""
    assert filled.at["VP//v2", "narrowing_width"] == 1.1
    assert filled.at["VP//v2", "narrowing_width_how"] == "measured"
    assert np.isnan(filled.at["VP/v2", "narrowing_width"])


def test_a_city_without_drawn_pavements_gets_nothing():
    lines = {"footway": layer([shapely.LineString([(0, 0), (9, 0)])], route_width=[1.0])}
    assert find_widths({}) is None
    assert find_widths(lines) is None
    assert find_widths({"footway": lines["footway"].iloc[:0]}) is None
    only_known = {"footway": layer([shapely.box(0, 0, 9, 2)], delivered=[False])}
    assert find_widths(only_known) is None, "what only the inventory knows may not be there"
    assert with_narrowings(lines, None) == lines


# -------------------- narrowings: what is measured of them


@pytest.mark.parametrize(
    ("width", "slack", "whole", "bounds"),
    [
        (1.0, 0.0, True, (1.0, 1.0)),
        (1.0, 0.1, True, (0.9, 1.1)),
        (1.0, 0.1, False, (None, 1.1)),
    ],
)
def test_width_of_a_narrowing_has_the_bounds_of_what_makes_it(width, slack, whole, bounds):
    layers = footways()
    widths = widths_of(found({"VP": (1.0, 2.0, 0.0)}, [pinch("VP", width, (1, 1, 1), slack=slack)]), whole=whole)
    layers = with_narrowings(layers, widths)
    assert told(narrowings.narrowing_width(layers, widths)) == bounds


@pytest.mark.parametrize(
    ("width", "slack", "lengths", "wanted"),
    [
        (1.0, 0.0, (0.3, 0.4, 0.5), [(0.3, 0.3), (0.4, 0.4), (0.5, 0.5)]),
        (1.20, 0.0, (0.0, 3.0, 4.0), [(0, 0), (3, 3), (4, 4)]),
        (1.15, 0.1, (2.0, 3.0, 4.0), [(0, 2), (3, 3), (4, 4)]),  # perhaps no less than 1.20
        (1.25, 0.1, (0.0, 3.0, 4.0), [(0, 3), (3, 3), (4, 4)]),  # perhaps less than 1.20, over no more than where below 1.50
        (1.75, 0.1, (0.0, 0.0, 4.0), [(0, 0), (0, 0), (0, 4)]),
    ],
)
def test_lengths_below_the_widths_of_the_levels(width, slack, lengths, wanted):
    layers = footways()
    widths = widths_of(found({"VP": (1.0, 2.0, 0.0)}, [pinch("VP", width, lengths, slack=slack)]))
    layers = with_narrowings(layers, widths)
    measured = [told(measure(layers, widths)) for measure in (narrowings.below_120, narrowings.below_150, narrowings.below_180)]
    assert measured == wanted


def test_lengths_are_off_by_the_accuracy_of_the_pavement():
    layers = footways(accuracy=[0.1])
    widths = widths_of(
        found({"VP": (1.0, 2.0, 0.0)}, [pinch("VP", 1.0, (3, 3, 3), slack=0.1, square=1.4, gap=4.0)]), layers=layers
    )
    layers = with_narrowings(layers, widths)
    assert told(narrowings.below_150(layers, widths)) == (2.9, 3.1)
    assert told(narrowings.free_square_side(layers, widths)) == (1.3, 1.5)
    assert told(narrowings.narrowing_gap(layers, widths)) == (3.9, 4.1)


@pytest.mark.parametrize(
    ("gap", "whole", "follows", "bounds"),
    [
        (4.0, True, True, (4.0, 4.0)),
        (np.inf, True, False, (None, None)),
        (4.0, False, True, (None, 4.0)),
        (np.inf, False, None, (None, None)),
    ],
)
def test_the_next_narrowing(gap, whole, follows, bounds):
    layers = footways()
    widths = widths_of(found({"VP": (1.0, 2.0, 0.0)}, [pinch("VP", 1.0, (1, 1, 1), gap=gap)]), whole=whole)
    layers = with_narrowings(layers, widths)
    flag = narrowings.narrowing_follows(layers, widths)["low"].iloc[0]
    assert (None if np.isnan(flag) else bool(flag)) == follows
    assert told(narrowings.narrowing_gap(layers, widths)) == bounds


@pytest.mark.parametrize(
    ("width", "lengths", "outcomes"),
    [
        (1.0, (1.2, 1.2, 1.2), "meets meets meets"),
        (1.0, (0.3, 1.0, 1.3), "fails meets meets"),  # at A the part that counts is longer
        (1.0, (1.3, 1.4, 1.5), "fails fails fails"),
        (1.3, (0.0, 9.0, 15.0), "fails meets meets"),
        (1.3, (0.0, 11.0, 15.0), "fails fails meets"),
        (1.6, (0.0, 0.0, 15.0), "fails meets meets"),
        (1.6, (0.0, 0.0, 10.0), "meets meets meets"),
        (1.2, (0.0, 10.0, 10.0), "meets meets meets"),
    ],
)
def test_the_level_decides_what_is_narrow(width, lengths, outcomes):
    table = pd.DataFrame(
        {"narrowing_width": [width], **{name: [one] for name, one in zip(LENGTHS.values(), lengths, strict=True)}}
    )
    verdicts = judge(NORM.rules["PAS-04"], table)
    assert " ".join(OUTCOMES[verdicts[level].outcome[0]] for level in "ABC") == outcomes


@pytest.mark.parametrize(
    ("width", "length", "wanted"),
    [
        (1.0, 3.0, [(3, 3), (3, 3), (3, 3)]),
        (1.2, 3.0, [(0, 0), (3, 3), (3, 3)]),
        (1.8, 3.0, [(0, 0), (0, 0), (0, 0)]),
        (np.nan, 3.0, [(0, 3), (0, 3), (0, 3)]),
        (1.3, np.nan, [(0, 0), (None, None), (None, None)]),
        (np.nan, np.nan, [(None, None)] * 3),
    ],
)
def test_a_length_that_was_surveyed_is_that_below_every_width_above_it(width, length, wanted):
    layers = {"narrowing": layer([shapely.Point(0, 0)], narrowing_width=[width], narrowing_length=[length])}
    functions = implied.length_below_120, implied.length_below_150, implied.length_below_180
    assert [told(function(layers)) for function in functions] == wanted


def test_a_found_length_goes_before_a_surveyed_one():
    """A city's length may be that of the object, the found one is that of what is narrow."""
    city = small_city(
        narrowing=layer([shapely.Point(5, 0)], length_below_150=[0.4], narrowing_width=[1.0], narrowing_length=[3.0])
    )
    assert measure_layers(city).layers["narrowing"]["length_below_150"].tolist() == [0.4]


def small_city(**layers):
    zones = layer([shapely.box(-99, -99, 99, 99)], ["Z"], name="Z", assumed=False)
    areas = layer([shapely.box(-99, -99, 99, 99)], ["A"], zone_id="Z", level="A", approved="", assumed=False)
    given = {kind: one.assign(source=kind) for kind, one in layers.items()}
    return schema.City("Dorp", CRS(LAMBERT), given, zones, areas)


@pytest.mark.parametrize(("length", "line"), [(1.19, False), (1.20, False), (1.21, True), (np.nan, None)])
def test_a_narrowing_is_a_line_beyond_120(length, line):
    flag = implied.line_narrowing({"narrowing": layer([shapely.Point(0, 0)], length_below_150=[length])})["low"].iloc[0]
    assert (None if np.isnan(flag) else bool(flag)) == line


def test_the_width_of_a_route_is_an_upper_bound_of_its_narrowest_place():
    lines = {
        "footway": layer(
            [shapely.LineString([(0, 0), (9, 0)])] * 3, route_width=[0.8, np.nan, np.nan], route_width_high=[np.nan, 2, np.nan]
        )
    }
    table = implied.narrowest_of_route(lines)
    assert table["low"].isna().all()
    assert table["high"].tolist()[:2] == [0.8, 2.0]
    assert np.isnan(table["high"].iloc[2])


# -------------------- widths of footways


@pytest.mark.parametrize(("whole", "low"), [(True, (0.9, 1.7)), (False, (None, None))])
def test_route_and_narrowest_place(whole, low):
    widths = widths_of(found({"VP": (1.0, 1.8, 0.1)}), whole=whole)
    assert told(footway_widths.min_passage_width(footways(), widths)) == (low[0], 1.1)
    assert told(footway_widths.route_width(footways(), widths)) == (low[1], 1.9)


def test_what_has_no_width_stays_unknown():
    widths = widths_of(found({"VP": (np.nan, np.nan, 0.0)}))
    for measure in WIDTH_MEASURES:
        if measure.kind == "footway":
            assert measure.function(footways(), widths).isna().all(axis=None), measure.attribute


@pytest.mark.parametrize(("drawn", "bounds"), [("pavement", (2.3, 2.5)), ("walkway", (2.3, None))])
def test_full_width_is_that_without_what_stands_there(drawn, bounds):
    widths = widths_of(found({"VP": (1.0, 1.8, 0.0)}), gross=found({"VP": (2.4, 2.4, 0.1)}))
    assert told(footway_widths.footway_width(footways(drawn=[drawn]), widths)) == bounds


def cross_section(clear, gross, *, slack=0.0):
    """Clear and full width along 30 m; each a list of widths every 10 m."""
    tables = [
        found({"VP": (min(values), 2.0, slack)}, pieces=[way(0, [(0, 0), (30, 0)], lambda at, v=values: v[int(at // 10)])])
        for values in (clear, gross)
    ]
    widths = widths_of(tables[0], gross=tables[1])
    return [told(measure(footways(), widths)) for measure in (footway_widths.clear_width, footway_widths.gross_width)]


@pytest.mark.parametrize(
    ("clear", "gross", "wanted"),
    [
        ([1.4, 1.2, 3.0], [3.0, 1.2, 3.0], (1.4, 3.0)),  # 1.40 of 1.50 is less of what is asked than 1.20 of 1.00
        ([1.4, 0.9, 3.0], [3.0, 1.2, 3.0], (0.9, 1.2)),
        ([1.5, 1.2, 1.6], [2.0, 1.8, 2.1], (1.2, 1.8)),  # 1.20 of 1.30, 1.50 of 1.50
        ([2.0, 2.0, 2.0], [2.0, 2.0, 2.0], (2.0, 2.0)),
    ],
)
def test_the_cross_section_that_leaves_the_least_of_what_is_asked(clear, gross, wanted):
    assert cross_section(clear, gross) == [(wanted[0],) * 2, (wanted[1],) * 2]


def test_bounds_of_a_cross_section():
    widths = cross_section([1.4, 1.6, 3.0], [3.0, 3.0, 3.0], slack=0.1)
    assert widths == [(1.3, 1.5), (2.9, 3.1)]


def test_what_decides_on_a_cross_section_is_what_the_norm_asks():
    rows = NORM.rules["PAS-02"].limits["A"]
    assert [(row.upto, row.limit, row.per_driver) for row in rows] == [tuple(row) for row in footway_widths.FREE]


def test_the_full_width_is_that_of_the_same_pavement():
    """The ways over two pavements lie closer to each other than the clear way to the middle of its own pavement."""
    clear = found(
        {"VP": (1.3, 1.3, 0.0), "VQ": (1.0, 1.0, 0.0)},
        pieces=[way(0, [(0, 0), (30, 0)], 1.3), way(1, [(0, -2), (30, -2)], 1.0, pavement="VQ")],
    )
    gross = found(
        {"VP": (9.0, 9.0, 0.0), "VQ": (1.0, 1.0, 0.0)},
        pieces=[way(0, [(0, 4), (30, 4)], 9.0), way(1, [(0, -2), (30, -2)], 1.0, pavement="VQ")],
    )
    table = footway_widths.gross_width(footways(("VP", "VQ")), widths_of(clear, gross=gross))
    assert table["low"].to_dict() == {"VP": 9.0, "VQ": 1.0}


# -------------------- passing places


def gap(bays, *, width=1.2, whole=True, angle=0.0, origin=(0.0, 0.0), barred=None, accuracy=0.0):
    """Strip of 60 m with bays of 3 m deep, each from one place along it to another; a way along its middle."""
    shape = shapely.union_all([shapely.box(0, 0, 60, width), *(shapely.box(start, 0, end, 3) for start, end in bays)])
    layers = {"footway": layer(place([shape], angle, origin), ["VP"], accuracy=[accuracy])}
    pieces = way(0, [(0, 0.6), (60, 0.6)], width, angle=angle, origin=origin)
    things = None if barred is None else barred.set_geometry(place(barred.geometry.to_numpy(), angle, origin))
    widths = widths_of(found({"VP": (1.0, 1.0, 0.0)}, pieces=[pieces]), whole=whole, layers=layers, barred=things)
    return told(passing.passing_place_gap(layers, widths))


ENDS = [(0, 4), (56, 60)]


@pytest.mark.parametrize(("angle", "origin"), PLACES)
@pytest.mark.parametrize(
    ("bays", "low", "high"),
    [
        ([*ENDS, (28, 32)], 24, 24),
        ([*ENDS, (10, 12), (40, 44)], 28, 28),
        ([*ENDS, (28, 29.6)], 52, 52),  # too short a bay for a disc of 1.80 m
        ([*ENDS, (28, 29.9)], 26.1, 26.1),
        (ENDS, 52, 52),
        ([], 60, math.inf),
        ([(20, 24)], 36, math.inf),
        ([(0, 60)], 0, 0),
    ],
)
def test_greatest_distance_between_passing_places(bays, low, high, angle, origin):
    assert gap(bays, angle=angle, origin=origin) == pytest.approx((low, high), abs=0.05)


@pytest.mark.parametrize(("width", "passes"), [(1.79, False), (1.80, True), (1.81, True)])
def test_a_strip_of_180_is_a_passing_place_all_along(width, passes):
    low, high = gap([], width=width)
    assert (low, high) == ((0, 0) if passes else (60, math.inf))


def test_passing_places_that_may_or_may_not_be_one():
    tree = layer([shapely.Point(30, 1.8)], obstacle_type=["tree"])  # as thin as 6 cm, or as thick as 1.20 m
    bays = [*ENDS, (28, 32)]
    assert gap(bays, barred=tree) == pytest.approx((24, 52), abs=0.6)
    assert gap([*ENDS, (28, 29.7)], accuracy=0.1) == pytest.approx((26.2, 52), abs=0.3)
    low, high = gap(bays, whole=False)
    assert low == pytest.approx(24, abs=0.05)
    assert high == math.inf


def test_a_distance_counts_in_full_for_both_footways():
    shapes = [shapely.box(0, 0, 30, 1.2) | shapely.box(0, 0, 4, 3), shapely.box(30, 0, 60, 1.2) | shapely.box(50, 0, 60, 3)]
    layers = {"footway": layer([*shapes, shapely.box(0, 50, 9, 51)], ["VP", "VQ", "VR"])}
    pieces = way(0, [(0, 0.6), (60, 0.6)], 1.2, pavement=lambda at: "VP" if at < 30 else "VQ")
    widths = widths_of(found(dict.fromkeys(("VP", "VQ"), (1.2, 1.2, 0.0)), pieces=[pieces]), layers=layers)
    table = passing.passing_place_gap(layers, widths)
    assert table["high"].tolist()[:2] == pytest.approx([46, 46], abs=0.05)
    assert table.loc["VR"].isna().all()


def test_a_break_in_the_way_is_an_end():
    pieces = [piece for piece in way(0, [(0, 0.6), (60, 0.6)], 1.2) if not 20 < piece[2] < 40]
    layers = {"footway": layer([shapely.box(0, 0, 60, 1.2)], ["VP"])}
    widths = widths_of(found({"VP": (1.2, 1.2, 0.0)}, pieces=[pieces]), layers=layers)
    assert told(passing.passing_place_gap(layers, widths)) == (21.0, math.inf)


def test_ways_one_after_the_other_are_kept_apart():
    shapes = [shapely.box(0, 0, 60, 1.2), shapely.box(0, 20, 60, 23)]
    layers = {"footway": layer(shapes, ["VP", "VQ"])}
    pieces = [way(0, [(0, 0.6), (60, 0.6)], 1.2), way(1, [(0, 21.5), (60, 21.5)], 3.0, pavement="VQ")]
    widths = widths_of(found(dict.fromkeys(("VP", "VQ"), (1.2, 1.2, 0.0)), pieces=pieces), layers=layers)
    table = passing.passing_place_gap(layers, widths)
    assert table.loc["VP"].tolist() == pytest.approx([60, math.inf])
    assert table.loc["VQ"].tolist() == pytest.approx([0, 0])


# -------------------- bends


def bent(points, widths, *, slack=0.0, whole=True, angle=0.0, origin=(0.0, 0.0)):
    table = found({"VP": (1.0, 1.0, slack)}, pieces=[way(0, points, widths, angle=angle, origin=origin)])
    return footways(), widths_of(table, whole=whole)


def corner(degrees, *, leg=10.0):
    turn = math.radians(degrees)
    return [(0, 0), (leg, 0), (leg + leg * math.cos(turn), leg * math.sin(turn))]


@pytest.mark.parametrize(("turned", "origin"), PLACES)
def test_a_right_angle_is_a_bend_wherever_it_lies(turned, origin):
    layers, widths = bent(corner(90), lambda at: 1.4 if at < 10 else 1.1, angle=turned, origin=origin)
    assert told(bends.right_angle_bend(layers, widths)) == (1, 1)
    assert told(bends.turning_point(layers, widths)) == (1, 1)
    assert told(bends.bend_width_sum(layers, widths)) == (2.5, 2.5)


@pytest.mark.parametrize(
    ("degrees", "right", "turning"),
    [(0, 0, None), (30, 0, None), (55, 0, None), (68, None, None), (78, 1, 1), (102, 1, 1), (112, None, 1), (135, 0, 1)],
)
def test_how_sharp_a_bend_is(degrees, right, turning):
    for sign in (1, -1):
        layers, widths = bent(corner(sign * degrees), 1.2)
        assert told(bends.right_angle_bend(layers, widths))[0] == right
        assert told(bends.turning_point(layers, widths))[0] == turning


def test_a_turn_where_the_way_begins_is_no_bend():
    """From a crossing over the kerb to the middle of the pavement, and on along it."""
    layers, widths = bent([(0, -0.75), (0, 0), (40, 0)], 1.5)
    assert told(bends.right_angle_bend(layers, widths))[0] == 0


def test_a_wide_curve_and_a_swerve_are_no_bends():
    round_ = [(20 * math.sin(t), 20 - 20 * math.cos(t)) for t in np.linspace(0, math.pi / 2, 60)]
    assert told(bends.right_angle_bend(*bent(round_, 1.5)))[0] == 0
    swerve = [(0, 0), (10, 0), (11, 0.5), (12, 0), (25, 0)]
    assert told(bends.right_angle_bend(*bent(swerve, 1.2)))[0] == 0


@pytest.mark.parametrize(
    ("before", "after", "slack", "bounds"),
    [
        (1.2, 1.15, 0.0, (2.35, 2.35)),
        (0.90, 3.0, 0.0, (0.0, 0.0)),
        (0.91, 3.0, 0.0, (3.91, 3.91)),
        (0.95, 3.0, 0.1, (0.0, 4.15)),
        (1.2, 1.2, 0.1, (2.2, 2.6)),
    ],
)
def test_widths_before_and_after_a_bend(before, after, slack, bounds):
    layers, widths = bent(corner(90), lambda at: before if at < 10 else after, slack=slack)
    low, high = told(bends.bend_width_sum(layers, widths))
    assert (low or 0.0, high) == bounds


def test_of_several_bends_the_worst_counts():
    points = [(0, 0), (12, 0), (12, 12), (24, 12)]
    layers, widths = bent(points, lambda at: 2.0 if at < 15 else 1.1)
    assert told(bends.bend_width_sum(layers, widths)) == (2.2, 2.2)
    layers, widths = bent(points, lambda at: 2.0 if at < 15 else 1.1, whole=False)
    assert told(bends.bend_width_sum(layers, widths)) == (None, 2.2)


def turning(shape, points, *, barred=None, whole=True, angle=0.0, origin=(0.0, 0.0), accuracy=0.0):
    pavements = layer(place([shape], angle, origin), ["VP"], accuracy=[accuracy])
    table = found({"VP": (1.0, 1.0, 0.0)}, pieces=[way(0, points, 1.2, angle=angle, origin=origin)])
    widths = widths_of(table, whole=whole, pavements=pavements, barred=barred)
    return told(bends.turning_diameter({"footway": pavements}, widths))


ELBOW = shapely.box(0, 0, 1.2, 20) | shapely.box(0, 0, 20, 1.2)
THROUGH = [(0.6, 20), (0.6, 0.6), (20, 0.6)]
CIRCLE = 2 * 1.2 * math.sqrt(2) / (1 + math.sqrt(2))
"""Diameter of the circle that touches the outer walls and the inner corner of an elbow of 1.20 m wide."""


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_room_to_turn_in_an_elbow(angle, origin):
    low, high = turning(ELBOW, THROUGH, angle=angle, origin=origin)
    assert low == high == pytest.approx(CIRCLE, abs=0.01)


def test_room_to_turn_beside_what_stands_there():
    low, high = turning(ELBOW | shapely.box(0, 0, 4, 4), THROUGH)
    assert low >= 2.0
    assert high == math.inf, "it is looked for close to the turn"
    tree = layer([shapely.Point(0.6, 0.6)], obstacle_type=["tree"])
    free, past = turning(ELBOW, THROUGH), turning(ELBOW, THROUGH, barred=tree)
    assert past[0] <= past[1] < free[0]
    assert turning(ELBOW, THROUGH, whole=False)[0] is None
    assert turning(ELBOW, THROUGH, accuracy=0.1)[0] == pytest.approx(CIRCLE - 0.1, abs=0.01)


def test_bends_belong_to_the_footway_in_which_they_lie():
    pieces = way(0, corner(90, leg=20), 1.2, pavement=lambda at: "VP" if at < 12 else "VQ")
    pieces += way(1, [(100, 0), (140, 0)], 1.2, pavement="VR")
    widths = widths_of(found(dict.fromkeys(("VP", "VQ", "VR", "VS"), (1.2, 1.2, 0.0)), pieces=[pieces]))
    table = bends.right_angle_bend(footways(("VP", "VQ", "VR", "VS")), widths)["low"]
    assert table.iloc[:3].tolist() == [0, 1, 0]
    assert np.isnan(table.iloc[3]), "no way goes over it"


# -------------------- bollards


@pytest.mark.parametrize(("turned", "origin"), PLACES)
def test_the_gap_between_bollards_in_a_row(turned, origin):
    spots = place([shapely.box(x, 0, x + 0.2, 0.2) for x in (0, 1.1, 2.9)], turned, origin)
    passages = layer(place([shapely.Point(1.5, 0.1)], turned, origin), ["D-1"], bollards=[True])
    layers = {"passage": passages, "obstacle": layer(spots, obstacle_type=["bollard"] * 3)}
    assert told(bollards.gap_in_row(layers)) == (1.6, None)


@pytest.mark.parametrize(
    ("change", "low"),
    [
        ({}, 1.0),
        ({"types": ["bollard", "lamp"]}, None),
        ({"is_gap": False}, None),
        ({"far": 3.5}, None),
        ({"complete": False}, None),
        ({"accuracy": 0.05}, 0.95),
    ],
)
def test_when_the_gap_between_bollards_is_known(change, low):
    given = {"types": ["bollard", "bollard"], "is_gap": True, "far": 0.6, "complete": True, "accuracy": 0.0} | change
    boxes = [shapely.box(0, 0, 0.2, 0.2), shapely.box(1.2, 0, 1.4, 0.2)]
    things = layer(boxes, obstacle_type=given["types"], complete=given["complete"], accuracy=given["accuracy"])
    passages = layer([shapely.Point(0.7, given["far"])], bollards=[given["is_gap"]])
    assert told(bollards.gap_in_row({"passage": passages, "obstacle": things}))[0] == low


def test_bollards_that_are_no_row_say_nothing():
    boxes = [shapely.box(x, y, x + 0.2, y + 0.2) for x, y in ((0, 0), (1.2, 0), (0.6, 2))]
    layers = {
        "passage": layer([shapely.Point(0.7, 0.6)], bollards=[True]),
        "obstacle": layer(boxes, obstacle_type=["bollard"] * 3),
    }
    assert told(bollards.gap_in_row(layers)) == (None, None)


def test_a_passage_on_a_drawn_pavement_has_its_width_past_the_bollards():
    table = found({"VP": (1.1, 1.1, 0.0)}, pieces=[way(0, [(0, 1), (60, 1)], lambda at: 1.1 if 30 < at < 31 else 2.0)])
    passages = layer([shapely.Point(30, 1), shapely.Point(10, 1)], ["D-1", "D-2"], bollards=[True, True])
    layers = {**footways(), "passage": passages, "obstacle": layer([shapely.Point(30, 0.5)], obstacle_type=["bollard"])}
    result = bollards.gap_on_pavement(layers, widths_of(table))
    assert result.loc["D-1"].tolist() == [1.1, 1.1]
    assert result.loc["D-2"].isna().all(), "no bollards there"
    assert np.isnan(bollards.gap_on_pavement(layers, widths_of(table, whole=False)).at["D-1", "low"])


# -------------------- together


def test_every_measure_is_of_an_attribute_that_its_kind_has():
    for measure in WIDTH_MEASURES:
        assert measure.attribute in schema.attributes_of(measure.kind)
    pairs = [(measure.kind, measure.attribute) for measure in WIDTH_MEASURES]
    assert len(pairs) == len(set(pairs))


# -------------------- from drawings to values, with the real kernel


def drawn(pavements, obstacles=(), *, types=None, angle=0.0, origin=(0.0, 0.0), accuracy=0.0, complete=True, **others):
    """A city of pavements and obstacles as polygons; names VP-1.. and SM-1.. in their order."""
    named = {
        "footway": layer(place(pavements, angle, origin), [f"VP-{i}" for i in range(1, len(pavements) + 1)], accuracy=accuracy),
        **others,
    }
    if len(obstacles):
        ids = [f"SM-{i}" for i in range(1, len(obstacles) + 1)]
        kinds = types or ["cabinet"] * len(ids)
        named["obstacle"] = layer(place(obstacles, angle, origin), ids, obstacle_type=kinds, complete=complete, accuracy=0.0)
    return measure_layers(small_city(**named)).layers


def bounds_of(table, attribute, row):
    low, high = schema.bounds(table.loc[[row]], attribute)
    return round(float(low[0]), 3), round(float(high[0]), 3)


STRIP = shapely.box(0, 0, 60, 2.5)
BLOCK = shapely.box(30, 1.0, 30.3, 2.5)


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_a_drawn_pavement_with_a_block(angle, origin):
    layers = drawn([STRIP], [BLOCK], angle=angle, origin=origin)
    footway, narrowing = layers["footway"], layers["narrowing"]
    for attribute, value in (("min_passage_width", 1.0), ("route_width", 2.5), ("footway_width", 2.5)):
        assert bounds_of(footway, attribute, "VP-1") == pytest.approx((value, value), abs=0.005), attribute
    assert footway.at["VP-1", "min_passage_width_how"] == "measured"
    assert bounds_of(footway, "clear_width", "VP-1") == pytest.approx((1.0, 1.0), abs=0.005)
    assert bounds_of(footway, "gross_width", "VP-1") == pytest.approx((2.5, 2.5), abs=0.005)
    assert not footway.at["VP-1", "right_angle_bend"]
    assert narrowing.index.tolist() == ["VP-1/v1"]
    assert bounds_of(narrowing, "narrowing_width", "VP-1/v1") == pytest.approx((1.0, 1.0), abs=0.005)
    assert bounds_of(narrowing, "length_below_120", "VP-1/v1") == pytest.approx((0.3, 0.3), abs=0.01)
    assert narrowing.at["VP-1/v1", "second_id"] + narrowing.at["VP-1/v1", "first_id"] == "SM-1"
    assert narrowing.at["VP-1/v1", "parent_id"] == "VP-1"
    assert not narrowing.at["VP-1/v1", "narrowing_follows"]
    assert narrowing.geometry["VP-1/v1"].length == pytest.approx(1.0, abs=0.005)


def test_accuracy_of_the_drawing_gives_bounds():
    footway = drawn([STRIP], [BLOCK], accuracy=0.1)["footway"]
    assert bounds_of(footway, "min_passage_width", "VP-1") == pytest.approx((0.9, 1.1), abs=0.005)
    assert bounds_of(footway, "footway_width", "VP-1") == pytest.approx((2.4, 2.6), abs=0.005)


@pytest.mark.parametrize("complete", [False, None])
def test_without_all_obstacles_there_are_only_upper_bounds(complete):
    layers = drawn([STRIP], [] if complete is None else [BLOCK], complete=complete)
    most = 2.5 if complete is None else 1.0
    assert bounds_of(layers["footway"], "min_passage_width", "VP-1") == pytest.approx((-math.inf, most), abs=0.005)
    assert bounds_of(layers["footway"], "route_width", "VP-1") == pytest.approx((-math.inf, 2.5), abs=0.005)
    assert bounds_of(layers["footway"], "footway_width", "VP-1") == pytest.approx((2.5, 2.5), abs=0.005), "that has no obstacles"


def test_what_hangs_high_bars_nothing_and_what_only_the_inventory_knows_perhaps():
    things = layer([BLOCK], ["SM-1"], obstacle_type=["sign"], obstacle_lower_edge=[210.0])
    footway = drawn([STRIP], obstacle=things)["footway"]
    assert bounds_of(footway, "min_passage_width", "VP-1") == pytest.approx((2.5, 2.5), abs=0.005)
    footway = drawn([STRIP], obstacle=things.assign(obstacle_lower_edge=209.0))["footway"]
    assert bounds_of(footway, "min_passage_width", "VP-1") == pytest.approx((1.0, 1.0), abs=0.005)
    footway = drawn([STRIP], obstacle=things.assign(obstacle_lower_edge=np.nan, delivered=False))["footway"]
    least, most = bounds_of(footway, "min_passage_width", "VP-1")
    assert least <= 1.0
    assert most == pytest.approx(2.5, abs=0.005)


def test_seats_take_up_ground_too():
    seat = layer([shapely.box(30, 0.9, 31.8, 2.5)], ["SM-1"])
    layers = drawn([STRIP], [shapely.box(10, 1.5, 10.3, 2.5)], rest_place=seat)
    assert bounds_of(layers["footway"], "min_passage_width", "VP-1") == pytest.approx((0.9, 0.9), abs=0.005)
    ends = {*layers["narrowing"]["first_id"], *layers["narrowing"]["second_id"]}
    assert "rest_place SM-1" in ends, "an obstacle has that id already"


def test_own_values_of_a_city_win_over_measured_ones():
    zones = {"narrowing": layer([shapely.Point(30.1, 1.2)], ["VS-1"], narrowing_width=[1.3])}
    layers = drawn([STRIP], [BLOCK], **zones)
    assert layers["narrowing"].index.tolist() == ["VS-1"]
    assert layers["narrowing"].at["VS-1", "narrowing_width"] == 1.3
    assert layers["narrowing"].at["VS-1", "length_below_120"] == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(("angle", "origin"), PLACES)
def test_an_elbow(angle, origin):
    footway = drawn([ELBOW], [shapely.box(19.9, 0, 20, 0.1)], angle=angle, origin=origin)["footway"]
    assert footway.at["VP-1", "right_angle_bend"]
    assert footway.at["VP-1", "turning_point"]
    assert bounds_of(footway, "bend_width_sum", "VP-1") == pytest.approx((2.4, 2.4), abs=0.01)
    assert bounds_of(footway, "turning_diameter", "VP-1") == pytest.approx((CIRCLE, CIRCLE), abs=0.01)


def test_a_straight_pavement_along_a_crossing_has_no_bend():
    crossing = layer([shapely.LineString([(30, 0), (30, -8)])], ["OV-1"])
    layers = drawn([STRIP], [shapely.box(0, 2.4, 0.1, 2.5)], crossing=crossing)
    assert not layers["footway"].at["VP-1", "right_angle_bend"]


def test_bays_are_passing_places():
    bays = shapely.box(0, 0, 80, 1.2) | shapely.box(0, 0, 4, 3) | shapely.box(36, 0, 40, 3) | shapely.box(76, 0, 80, 3)
    footway = drawn([bays], [shapely.box(0, 2.9, 0.1, 3)])["footway"]
    low, high = bounds_of(footway, "passing_place_gap", "VP-1")
    assert (low, high) == pytest.approx((36, 36), abs=0.1)
    assert bounds_of(footway, "route_width", "VP-1")[1] == pytest.approx(1.2, abs=0.005), "longer than 20 m is no narrowing"


def test_a_pavement_without_a_width_is_told():
    city = small_city(
        footway=layer([STRIP, shapely.box(0, 20, 5, 21)], ["VP-1", "VP-2"]), obstacle=layer([shapely.box(-1, 19, 6, 22)])
    )
    remarks = measure_layers(city).remarks
    assert remarks[["layer", "object_id", "attribute", "reason"]].to_numpy().tolist() == [
        ["footway", "VP-2", "route_width", "obstacles cover all of it"]
    ]


def test_order_of_rows_does_not_matter():
    shapes = [STRIP, shapely.box(60, 0, 90, 1.6), ELBOW]
    things = [BLOCK, shapely.box(70, 0.5, 70.2, 1.6), shapely.box(40, 1.3, 40.2, 2.5)]
    shapes[2] = shapely.affinity.translate(ELBOW, 0, 50)
    one = drawn(shapes, things)
    city = small_city(
        footway=layer(shapes[::-1], ["VP-3", "VP-2", "VP-1"], accuracy=0.0),
        obstacle=layer(things[::-1], ["SM-3", "SM-2", "SM-1"], obstacle_type=["cabinet"] * 3, complete=True, accuracy=0.0),
    )
    other = measure_layers(city).layers
    for attribute in ("route_width", "min_passage_width", "clear_width", "gross_width", "passing_place_gap", "bend_width_sum"):
        for end in (0, 1):
            values = [schema.bounds(layers["footway"].sort_index(), attribute)[end] for layers in (one, other)]
            assert values[0] == pytest.approx(values[1], abs=1e-6), attribute
    widths = [np.sort(schema.bounds(layers["narrowing"], "narrowing_width")[0]) for layers in (one, other)]
    assert widths[0] == pytest.approx(widths[1], abs=1e-6)
