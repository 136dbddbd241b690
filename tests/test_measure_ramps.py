"""Ramps and stairs: turns, runs, landings, slope and height of each other, the stride rule, flights and risers, handrails."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk import schema
from toegankelijk.measure import measure_layers, ramps, stairs
from toegankelijk.measure.implied import ramp_handrail, ramp_without_handrail, stairs_handrail, stairs_without_handrail
from toegankelijk.norm import read_norm
from toegankelijk.norm.kernel import FAILS, MEETS, NOT_APPLICABLE, UNKNOWN, judge
from toegankelijk.schema import Terrain

GENK = (228_350.37, 182_340.81)
LAMBERT = "EPSG:31370"
RULES = read_norm().rules


def layer(geometries, name="R", **columns):
    index = pd.Index([f"{name}-{i}" for i in range(1, len(geometries) + 1)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=list(geometries), index=index, crs=LAMBERT)


def line(*places, angle=0.0):
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return shapely.LineString(np.array(places, float) @ np.array([[cos, sin], [-sin, cos]]) + GENK)


def told(table):
    return [None if np.isnan(value) else bool(value) for value in table["low"]]


def one(measure, geometry, **columns):
    return measure({"ramp": layer([geometry], **{name: [value] for name, value in columns.items()})}).iloc[0].tolist()


def flag(measure, geometry, **columns):
    low = one(measure, geometry, **columns)[0]
    return None if np.isnan(low) else bool(low)


def arc(radius, degrees, count):
    angles = np.radians(np.linspace(0, degrees, count))
    return np.column_stack([radius * np.sin(angles), radius * (1 - np.cos(angles))])


# -------------------- turns

STRAIGHT = [(0, 0), (6, 0)]
TURNED = [(0, 0), (6, 0), (6, 6)]
LANES = {  # two runs of 6 m, with the lanes so far apart
    distance: [(0, 0), (6, 0), (6, distance), (0, distance)] for distance in (0.5, 1.4, 1.6, 2.4, 3.0, 3.9, 4.1, 6.0)
}
SHAPES = {
    "straight": (STRAIGHT, False, False),
    "with vertices": ([(0, 0), (2, 0.02), (4, -0.03), (6, 0)], False, False),
    "right angle": (TURNED, True, False),
    "left angle": ([(0, 0), (6, 0), (6, -6)], True, False),
    "75 degrees": ([(0, 0), (6, 0), (6 + 6 * np.cos(np.radians(75)), 6 * np.sin(np.radians(75)))], True, False),
    "20 degrees": ([(0, 0), (6, 0), (6 + 6 * np.cos(np.radians(20)), 6 * np.sin(np.radians(20)))], False, False),
    "45 degrees": ([(0, 0), (6, 0), (10, 4)], None, None),
    "135 degrees": ([(0, 0), (6, 0), (2, 4)], None, None),
    "corner cut": ([(0, 0), (5, 0), (6, 1), (6, 6)], True, False),
    "narrow turn": (LANES[0.5], False, True),
    "one landing": (LANES[1.4], False, True),
    "one wide landing": (LANES[2.4], False, True),
    "unclear": (LANES[3.0], None, None),
    "two landings": (LANES[6.0], True, False),
    "zigzag": ([(0, 0), (6, 0), (6, 1.6), (0, 1.6), (0, 3.2), (6, 3.2)], False, True),
    "z of right angles": ([(0, 0), (6, 0), (6, 2), (12, 2)], True, False),
    "wide bend": ([(-6, 0), *arc(8, 90, 40), (8, 14)], None, None),
    "bend on a landing": ([(-6, 0), *arc(1.2, 90, 10), (1.2, 8)], True, False),
    "turn back on a landing": ([(-6, 0), *arc(0.9, 180, 12), (-6, 1.8)], False, True),
    "spiral of right angles": ([(0, 0), (9, 0), (9, 3), (6, 3), (6, 0.5), (8, 0.5)], None, None),
}


@pytest.mark.parametrize("angle", [0.0, 33.7, 200.0])
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("name", SHAPES)
def test_turns_are_told_by_the_bends_of_the_line(name, backward, angle):
    places, right, back = SHAPES[name]
    geometry = line(*(places[::-1] if backward else places), angle=angle)
    assert (flag(ramps.turn_90, geometry), flag(ramps.turn_180, geometry)) == (right, back)


def test_an_inaccurate_line_leaves_turns_unknown():
    assert flag(ramps.turn_90, line(*TURNED), accuracy=0.2) is True
    assert flag(ramps.turn_90, line(*TURNED), accuracy=1.0) is None
    assert flag(ramps.turn_90, line(*STRAIGHT), accuracy=1.0) is False
    assert flag(ramps.turn_180, line(*LANES[1.4]), accuracy=1.0) is None


def test_a_turn_or_the_size_of_a_landing_implies_one_and_nothing_shows_that_there_is_none():
    frame = layer(
        [line(*STRAIGHT)] * 5, turn_90=pd.array([True, None, False, None, None], dtype="boolean"),
        turn_180=pd.array([None, True, False, None, None], dtype="boolean"), landing_length=[np.nan] * 3 + [1.5, np.nan],
    )  # fmt: skip
    assert told(ramps.landing({"ramp": frame})) == [True, True, None, True, None]
    assert told(ramps.landing({"ramp": layer([line(*TURNED)])})) == [None]  # turns are measured before it


# -------------------- runs


def test_a_run_is_at_most_the_part_between_turns():
    assert one(ramps.run_length, line(*STRAIGHT)) == pytest.approx([np.nan, 6], nan_ok=True)
    assert one(ramps.run_length, line((0, 0), (6, 0), (6, 9))) == pytest.approx([np.nan, 9], nan_ok=True)
    assert one(ramps.run_length, line(*LANES[6.0])) == pytest.approx([np.nan, 6], nan_ok=True)
    assert one(ramps.run_length, line((0, 0), (6, 0), (10, 4))) == pytest.approx([np.nan, 6 + 4 * 2**0.5], nan_ok=True)
    assert one(ramps.run_length, line(*STRAIGHT), accuracy=0.2) == pytest.approx([np.nan, 6.4], nan_ok=True)


def test_a_ramp_without_landing_is_one_run():
    assert one(ramps.run_length, line(*STRAIGHT), intermediate_landing=False) == [6, 6]
    assert one(ramps.run_length, line(*TURNED), intermediate_landing=False) == [12, 12]
    assert one(ramps.run_length, line(*STRAIGHT), intermediate_landing=False, accuracy=0.2) == pytest.approx([5.6, 6.4])
    assert one(ramps.run_length, line(*STRAIGHT), intermediate_landing=True)[1] == 6


def test_parts_are_put_together_and_other_shapes_stay_unknown():
    parts = shapely.MultiLineString([line((0, 0), (4, 0)), line((4, 0), (9, 0))])
    assert one(ramps.run_length, parts) == pytest.approx([np.nan, 9], nan_ok=True)
    for odd in (shapely.Point(GENK), shapely.Point(GENK).buffer(3), None, line((0, 0), (0, 0))):
        for measure in (ramps.run_length, ramps.turn_90, ramps.turn_180, ramps.ramp_slope, ramps.ramp_rise):
            assert np.isnan(one(measure, odd, rise=0.5, ramp_slope=5.0)).all()


def test_the_line_of_stairs_says_nothing_of_the_ramp_along_them():
    shape = line(*STRAIGHT)
    both = {"ramp": layer([shape, line((0, 5), (6, 5))], rise=[0.5, 0.5]), "stairs": layer([shape], "S")}
    assert ramps.run_length(both)["high"].tolist() == pytest.approx([np.nan, 6], nan_ok=True)
    assert told(ramps.turn_90(both)) == [None, False]
    assert ramps.ramp_slope(both)["low"].notna().tolist() == [False, True]


def test_a_ramp_drawn_in_parts_shows_no_more_than_each_part():
    """As in London, where four straight ways with landings between them are one ramp."""
    zigzag = [line((0, 0), (6, 0)), line((6, 0.02), (6, 1.8)), line((6, 1.8), (0, 1.8)), line((0, 9), (6, 9))]
    apart = {"ramp": layer(zigzag, ramp_slope=[6.0] * 4, rise=[np.nan] * 4)}
    assert told(ramps.turn_180(apart)) == [None, None, None, False]
    assert told(ramps.turn_90(apart)) == [None, None, None, False]
    assert ramps.run_length(apart)["high"].notna().tolist() == [False, False, False, True]
    assert ramps.ramp_rise(apart)["high"].notna().tolist() == [False, False, False, True]


# -------------------- slope and height


def test_height_over_length_is_the_least_that_the_steepest_run_slopes():
    shape = line((0, 0), (10, 0))
    assert one(ramps.ramp_slope, shape, rise=0.5) == pytest.approx([5, np.nan], nan_ok=True)
    assert one(ramps.ramp_slope, shape, rise=0.5, intermediate_landing=False) == pytest.approx([5, 5])
    assert one(ramps.ramp_slope, shape, rise=0.5, intermediate_landing=True) == pytest.approx([5, np.nan], nan_ok=True)
    assert one(ramps.ramp_slope, shape, rise_low=0.4, rise_high=0.6, intermediate_landing=False) == pytest.approx([4, 6])
    low, high = one(ramps.ramp_slope, shape, rise=0.5, intermediate_landing=False, accuracy=0.25)
    assert (low, high) == pytest.approx((50 / 10.5, 50 / 9.5))
    assert np.isnan(one(ramps.ramp_slope, shape)).all()
    assert np.isnan(one(ramps.ramp_slope, shape, rise_high=0.5)).all()
    assert np.isnan(one(ramps.ramp_slope, line((0, 0), (0.4, 0)), rise=0.5, intermediate_landing=False, accuracy=0.25)[1])


def test_slope_times_length_is_the_most_that_a_ramp_rises():
    shape = line((0, 0), (10, 0))
    assert one(ramps.ramp_rise, shape, ramp_slope=6.0) == pytest.approx([np.nan, 0.6], nan_ok=True)
    assert one(ramps.ramp_rise, shape, ramp_slope=6.0, intermediate_landing=False) == pytest.approx([0.6, 0.6])
    assert one(ramps.ramp_rise, shape, ramp_slope_high=6.0, accuracy=0.5) == pytest.approx([np.nan, 0.66], nan_ok=True)
    assert np.isnan(one(ramps.ramp_rise, shape, ramp_slope_low=6.0)).all()
    assert np.isnan(one(ramps.ramp_rise, shape)).all()


@given(
    runs=st.lists(st.tuples(st.floats(1, 9), st.floats(1, 15)), min_size=1, max_size=4), landing=st.floats(1.5, 3),
    off=st.floats(-0.9, 0.9), accuracy=st.floats(0, 0.3),
)  # fmt: skip
def test_the_true_ramp_lies_within_all_bounds(runs, landing, off, accuracy):
    """Straight ramps of runs with landings in between, drawn somewhat too long or too short."""
    length = sum(run for run, _ in runs) + landing * (len(runs) - 1)
    rise = sum(run * slope / 100 for run, slope in runs)
    steepest, longest = max(slope for _, slope in runs), max(run for run, _ in runs)
    shape = line((0, 0), (length + 2 * off * accuracy, 0))
    for known in ({}, {"intermediate_landing": len(runs) > 1}):
        assert_holds(one(ramps.run_length, shape, accuracy=accuracy, **known), longest)
        assert_holds(one(ramps.ramp_slope, shape, accuracy=accuracy, rise=rise, **known), steepest)
        assert_holds(one(ramps.ramp_rise, shape, accuracy=accuracy, ramp_slope=steepest, **known), rise)


def assert_holds(bounds, truth):
    low, high = bounds
    assert np.isnan(low) or low <= truth + 1e-6
    assert np.isnan(high) or high >= truth - 1e-6


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        ({"rise": 0.10, "ramp_slope": 10.3}, MEETS),  # limit 10 % up to 10 cm, tolerance 0.3
        ({"rise": 0.10, "ramp_slope": 10.31}, FAILS),
        ({"rise": 0.11, "ramp_slope": 10.0}, FAILS),  # limit 8.3 up to 25 cm
        ({"rise_low": 0.05, "rise_high": 0.25, "ramp_slope": 8.0}, MEETS),  # meets both limits
        ({"rise_low": 0.05, "rise_high": 0.25, "ramp_slope": 9.0}, UNKNOWN),
        ({"rise_low": 0.05, "rise_high": 0.25, "ramp_slope": 11.0}, FAILS),
        ({"rise_low": 0.6, "ramp_slope": 5.0}, MEETS),  # limit 5 above 50 cm
        ({"rise_low": 0.6, "ramp_slope": 6.0}, FAILS),
        ({"rise_low": 0.6, "ramp_slope_low": 6.0}, FAILS),
        ({"rise_low": 0.2, "ramp_slope_low": 6.0}, UNKNOWN),
        ({"rise_high": 0.6, "ramp_slope": 11.0}, FAILS),
        ({"ramp_slope": 5.0}, MEETS),
        ({"ramp_slope": 7.0}, UNKNOWN),
    ],
)
def test_the_limit_that_falls_with_height_takes_bounds_of_both(columns, outcome):
    frame = layer([line((0, 0), (10, 0))], **{name: [value] for name, value in columns.items()})
    assert judge(RULES["RMP-01"], frame)["A"].outcome[0] == outcome


def test_from_the_drawn_ramp_and_its_height_to_verdicts():
    empty = gpd.GeoDataFrame(geometry=[], crs=LAMBERT)
    frame = layer([line((0, 0), (10, 0)), line((0, 5), (10, 5)), line((0, 9), (9, 9), (9, 20))], rise=[1.0, 0.4, np.nan])
    frame["ramp_slope"] = [np.nan, np.nan, 5.0]
    city = schema.City("test", empty.crs, {"ramp": frame}, empty, empty)
    measured = measure_layers(city).layers["ramp"]
    assert measured["ramp_slope_low"].tolist() == pytest.approx([10, 4, np.nan], nan_ok=True)
    assert measured["rise_high"].tolist() == pytest.approx([np.nan, np.nan, 1.0], nan_ok=True)
    assert judge(RULES["RMP-01"], measured)["C"].outcome.tolist() == [FAILS, UNKNOWN, MEETS]
    assert judge(RULES["RMP-02"], measured)["A"].outcome.tolist() == [MEETS, MEETS, UNKNOWN]
    assert judge(RULES["RMP-06"], measured)["A"].outcome.tolist() == [NOT_APPLICABLE, NOT_APPLICABLE, UNKNOWN]


# -------------------- heights of the ground


def terrain(height, accuracy=0.05):
    row, column = np.mgrid[0:80, 0:80] + 0.5
    grid = np.asarray(height(column - 40, 40 - row), float) + 0 * row
    return Terrain(grid.astype(np.float32), GENK[0] - 40, GENK[1] + 40, 1.0, accuracy)


def test_the_ground_at_both_ends_is_the_least_that_a_ramp_rises():
    ground = terrain(lambda x, y: 10 + 0.08 * np.clip(x, 0, 10))
    shapes = [line((0, 0), (10, 0)), line((10, 3), (0, 3)), line((0, 5), (0, 9)), line((0, 0), (90, 0))]
    found = ramps.terrain_rise({"ramp": layer(shapes)}, ground)
    assert found["low"].tolist() == pytest.approx([0.7, 0.7, np.nan, np.nan], abs=0.05, nan_ok=True)
    assert found["high"].isna().all()
    bridge = layer(shapes, off_ground=pd.array([True, None, None, None], dtype="boolean"))
    assert ramps.terrain_rise({"ramp": bridge}, ground)["low"].notna().tolist() == [False, True, False, False]


def test_ground_and_slope_bound_a_ramp_from_both_sides_unless_they_contradict():
    ground = terrain(lambda x, y: 10 + 0.08 * np.clip(x, 0, 10))
    shapes = [line((0, y), (10, y)) for y in (0, 3, 6)]
    found = ramps.terrain_rise({"ramp": layer(shapes, ramp_slope=[8.0, 4.0, np.nan])}, ground)
    assert found["low"].tolist() == pytest.approx([0.7, np.nan, 0.7], abs=0.05, nan_ok=True)
    assert found["high"].tolist() == pytest.approx([0.8, np.nan, np.nan], abs=1e-6, nan_ok=True)


def test_the_ground_gives_the_least_riser():
    ground = terrain(lambda x, y: 10 + 0.5 * np.clip(x, 0, 4))
    frame = layer([line((-1, 0), (6, 0)), line((-1, 3), (6, 3))], "S", step_total=[10.0, np.nan])
    rise = stairs.stairs_rise({"stairs": frame}, ground)
    assert rise["low"].tolist() == pytest.approx([1.9, 1.9], abs=0.01)
    found = stairs.riser({"stairs": frame.assign(rise_low=rise["low"])})
    assert found["low"].tolist() == pytest.approx([19, np.nan], abs=0.1, nan_ok=True)
    assert found["high"].isna().all()


@given(st.floats(0, 2), st.floats(0.005, 0.2), st.integers(0, 99), st.floats(0, 0.4))
def test_the_true_height_is_never_below_its_bound(rise, accuracy, seed, off):
    noise = np.random.default_rng(seed).uniform(-accuracy, accuracy, (80, 80))
    ground = terrain(lambda x, y: 10 + rise / 10 * np.clip(x, 0, 10) + noise, accuracy)
    shape = line((-1 + off, off), (11 - off, -off))
    low = ramps.terrain_rise({"ramp": layer([shape], accuracy=[0.5])}, ground)["low"].iloc[0]
    assert np.isnan(low) or low <= rise + 1e-4


# -------------------- stairs beside a ramp

RAMP = line((0, 0), (12, 0))


@pytest.mark.parametrize(
    ("steps", "complete", "expected"),
    [
        (line((3, 3), (9, 3)), False, True),
        (line((9, 3), (3, 3)), False, True),
        (line((-10, 0), (20, 0)), False, True),
        (line((20, 0), (24, 0)), True, None),  # near, but both ends nearest to one end of the ramp
        (line((13, 1), (16, 1)), True, None),  # goes on from its top
        (line((3, 20), (9, 20)), True, None),  # 20 m away
        (line((3, 26), (9, 26)), True, False),
        (line((3, 26), (9, 26)), False, None),
    ],
)
@pytest.mark.parametrize("backward", [False, True])
def test_stairs_beside_a_ramp_lead_to_both_of_its_ends(steps, complete, expected, backward):
    layers = {"ramp": layer([RAMP.reverse() if backward else RAMP]), "stairs": layer([steps], "S", complete=[complete])}
    assert told(ramps.stair_alternative(layers)) == [expected]


def test_no_stairs_are_beside_a_ramp_only_if_all_stairs_are_known():
    empty = layer([], "S")
    assert told(ramps.stair_alternative({"ramp": layer([RAMP])})) == [None]
    for complete, expected in ((True, False), (False, None)):
        empty.attrs["complete"] = complete
        assert told(ramps.stair_alternative({"ramp": layer([RAMP]), "stairs": empty})) == [expected]


def test_stairs_that_only_the_inventory_knows_are_neither_there_nor_away():
    known = layer([line((3, 3), (9, 3))], "S", complete=[True], delivered=[False])
    assert told(ramps.stair_alternative({"ramp": layer([RAMP]), "stairs": known})) == [None]


# -------------------- stairs


def steps(**columns):
    count = max(len(values) for values in columns.values())
    return {"stairs": layer([line((0, 0), (3, 0))] * count, "S", **columns)}


@pytest.mark.parametrize(
    ("riser", "going", "expected"),
    [
        (17, 29, 63),  # 2 x 17 + 29
        (14, 28, 56),
        (15, 60, 90),  # between one pace and two: one is nearer to 60 cm, by nothing
        (15, 60.2, 45.1),
        (15, 90, 60),  # two paces a tread
        (12, 156, 60),  # three
        (0, 10, 10),
    ],
)
def test_the_stride_is_two_risers_and_a_going_by_pace(riser, going, expected):
    found = stairs.stride(steps(riser=[riser], going=[going])).iloc[0].tolist()
    assert found == pytest.approx([expected] * 2)


@given(st.floats(5, 25), st.floats(15, 200), st.floats(0, 4), st.floats(0, 60), st.floats(0, 1), st.floats(0, 1))
def test_bounds_of_the_stride_hold_it(riser, going, wide, deep, at, along):
    exact = stairs.stride(steps(riser=[riser + at * wide], going=[going + along * deep])).iloc[0]
    bounds = stairs.stride(
        steps(riser_low=[riser], riser_high=[riser + wide], going_low=[going], going_high=[going + deep])
    ).iloc[0]
    assert bounds["low"] - 1e-9 <= exact["low"] == exact["high"] <= bounds["high"] + 1e-9


def test_a_stride_needs_both():
    found = stairs.stride(steps(riser=[17.0, np.nan, np.nan], going=[np.nan, 29.0, np.nan], going_low=[23.0, np.nan, np.nan]))
    assert found.isna().all(axis=None)
    found = stairs.stride(steps(riser_high=[18.0], going=[29.0])).iloc[0].tolist()
    assert found == [29, 65]


@pytest.mark.parametrize(
    ("total", "flights", "landing", "expected"),
    [
        (46, 2, None, (23, 45)),
        (47, 2, None, (24, 46)),
        (46, 1, None, (46, 46)),
        (46, np.nan, None, (np.nan, 46)),
        (46, np.nan, False, (46, 46)),
        (46, np.nan, True, (np.nan, 45)),
        (2, 2, None, (1, 1)),
        (np.nan, 2, None, (np.nan, np.nan)),
    ],
)
def test_steps_and_flights_bound_the_longest_flight(total, flights, landing, expected):
    columns = {"step_total": [total], "flights": [flights], "intermediate_landing": pd.array([landing], dtype="boolean")}
    assert stairs.flight_steps(steps(**columns)).iloc[0].tolist() == pytest.approx(list(expected), nan_ok=True)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_the_longest_flight_lies_within_its_bounds(flights):
    low, high = stairs.flight_steps(steps(step_total=[float(sum(flights))], flights=[float(len(flights))])).iloc[0]
    assert low <= max(flights) <= high


def test_landings_of_stairs_follow_from_what_is_counted():
    found = stairs.landing(
        steps(
            flights=[2, 1, np.nan, np.nan, np.nan, np.nan, 1],
            stair_landing=[np.nan, np.nan, 1.2, np.nan, np.nan, np.nan, 1.2],
            step_total=[np.nan, np.nan, np.nan, 20, 12, np.nan, np.nan],
            flight_steps=[np.nan, np.nan, np.nan, 12, 12, 12, np.nan],
        )
    )
    assert told(found) == [True, False, True, True, False, None, None]  # the last contradicts itself


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"rise": 1.7, "step_total": 10}, (17, np.nan)),
        ({"rise": 1.7, "step_total": 10, "riser_deviation": 0.5}, (17, 17.5)),
        ({"rise": 1.7, "step_total_low": 10, "step_total_high": 12, "riser_deviation": 0.0}, (170 / 12, 17)),
        ({"rise": 1.7, "flights": 1, "flight_steps": 10}, (17, np.nan)),
        ({"rise": 1.7, "flight_steps": 10}, (np.nan, np.nan)),
        ({"rise_high": 1.7, "step_total": 10, "riser_deviation": 0.0}, (np.nan, 17)),
        ({"step_total": 10}, (np.nan, np.nan)),
        ({"rise": 1.7}, (np.nan, np.nan)),
    ],
)
def test_the_highest_riser_is_at_least_the_mean(columns, expected):
    found = stairs.riser(steps(**{name: [float(value)] for name, value in columns.items()})).iloc[0].tolist()
    assert found == pytest.approx(list(expected), nan_ok=True)


def test_from_counts_to_verdicts():
    empty = gpd.GeoDataFrame(geometry=[], crs=LAMBERT)
    layers = steps(
        step_total=[46.0, 12.0, 30.0, 20.0], flights=[2.0, np.nan, np.nan, 1.0],
        riser=[17.0, np.nan, 17.0, np.nan], going=[29.0, 29.0, 40.0, np.nan], rise=[np.nan, np.nan, np.nan, 4.2],
    )  # fmt: skip
    measured = measure_layers(schema.City("test", empty.crs, layers, empty, empty)).layers["stairs"]
    assert judge(RULES["STR-06"], measured)["C"].outcome.tolist() == [FAILS, MEETS, UNKNOWN, FAILS]  # at most 17
    assert judge(RULES["STR-04"], measured)["C"].outcome.tolist() == [MEETS, UNKNOWN, FAILS, UNKNOWN]  # at most 63
    assert judge(RULES["STR-01"], measured)["C"].outcome.tolist() == [MEETS, UNKNOWN, MEETS, FAILS]  # at most 18: at least 21
    assert judge(RULES["STR-07"], measured)["C"].outcome.tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, NOT_APPLICABLE]


# -------------------- handrails


@pytest.mark.parametrize(
    ("kind", "present", "without"),
    [("ramp", ramp_handrail, ramp_without_handrail), ("stairs", stairs_handrail, stairs_without_handrail)],
)
def test_handrails_follow_from_what_is_known_of_them(kind, present, without):
    columns = {
        "handrail_sides": ["both", "none", None, None, None, None, None],
        "handrail_height": [np.nan, np.nan, 0.9, np.nan, np.nan, np.nan, np.nan],
        "handrail_extension": [np.nan, np.nan, np.nan, 0.0, 0.3, np.nan, np.nan],
        "handrail_second": pd.array([None, None, None, None, None, True, False], dtype="boolean"),
    }
    frame = layer([RAMP] * 7, **columns)
    assert told(present({kind: frame})) == [True, False, True, None, True, True, None]
    told_none = layer([RAMP] * 3, handrail_present=pd.array([False, True, None], dtype="boolean"))
    assert without({kind: told_none})["value"].fillna("").tolist() == ["none", "", ""]
    assert without({kind: layer([RAMP])})["value"].isna().all()


def test_no_handrail_fails_where_one_is_asked():
    empty = gpd.GeoDataFrame(geometry=[], crs=LAMBERT)
    frame = layer([RAMP] * 2, handrail_present=pd.array([False, True], dtype="boolean"), rise=[0.5, 0.5])
    measured = measure_layers(schema.City("test", empty.crs, {"ramp": frame}, empty, empty)).layers["ramp"]
    assert judge(RULES["RMP-09"], measured)["C"].outcome.tolist() == [FAILS, UNKNOWN]
