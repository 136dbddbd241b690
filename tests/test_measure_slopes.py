"""Slopes and differences in height from heights of the ground: planted truth in noise, bounds, gaps, and real ground."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from toegankelijk import schema
from toegankelijk.io.raster import read_terrain
from toegankelijk.measure import TERRAIN_MEASURES, ground, measure_layers
from toegankelijk.measure.levels import cross_slope, end_rise, kerb_rise, kerb_step
from toegankelijk.measure.passages import with_stretches
from toegankelijk.measure.slopes import long_slope, running_slope, slope_rest_gap
from toegankelijk.norm import read_norm
from toegankelijk.norm.kernel import FAILS, MEETS, UNKNOWN, judge
from toegankelijk.schema import Terrain

GENK = (228_000.0, 182_000.0)
LAMBERT = "EPSG:31370"
SLOPE = read_norm().rules["SUR-06"]


def ground_of(height, *, size=100.0, cell=1.0, accuracy=0.05, noise=0.0, seed=0):
    """Terrain whose lower left corner is GENK, from a function of metres east and north of it."""
    count = int(size / cell)
    row, column = np.mgrid[0:count, 0:count] + 0.5
    heights = np.asarray(height(column * cell, size - row * cell), float) + 0 * row
    heights = heights + np.random.default_rng(seed).uniform(-noise, noise, row.shape)
    return Terrain(heights.astype(np.float32), GENK[0], GENK[1] + size, cell, accuracy)


def layer(geometries, **columns):
    index = pd.Index([f"W-{i}" for i in range(1, len(geometries) + 1)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=list(geometries), index=index, crs=LAMBERT)


def line(*places):
    return shapely.LineString(np.array(places) + GENK)


def along(start, length, angle):
    """Line of a length in a direction in degrees, with a vertex in between."""
    ahead = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    return line(start, np.array(start) + 0.37 * length * ahead, np.array(start) + length * ahead)


def found(measure, terrain, *geometries, kind="footway", **columns):
    return measure({kind: layer(geometries, **columns)}, terrain)


def bounds(measure, terrain, geometry, **columns):
    return found(measure, terrain, geometry, **{name: [value] for name, value in columns.items()}).iloc[0].tolist()


def profile_of(*knots):
    """Height that depends on the way east only, straight between knots of metres and height."""
    return lambda x, y: np.interp(x, *zip(*knots, strict=True))


# -------------------- heights


def test_heights_lie_between_the_four_cells_and_gaps_spread_to_all_that_need_them():
    terrain = ground_of(lambda x, y: 10 + 0.1 * x + 0.2 * y, size=10)
    x, y = np.random.default_rng(3).uniform(1, 9, (2, 50))
    assert ground.heights(terrain, GENK[0] + x, GENK[1] + y) == pytest.approx(10 + 0.1 * x + 0.2 * y, abs=1e-5)
    terrain.heights[4, 4] = np.nan  # its middle is 4.5 east, 5.5 north
    assert np.isnan(ground.heights(terrain, GENK[0] + np.array([3.6, 5.4, 4.5]), GENK[1] + np.array([4.6, 6.4, 5.5]))).all()
    assert not np.isnan(ground.heights(terrain, GENK[0] + np.array([3.4, 5.6]), GENK[1] + np.array([5.5, 5.5]))).any()


def test_outside_the_raster_nothing_is_known():
    terrain = ground_of(lambda x, y: x, size=10)
    x = GENK[0] + np.array([0.4, 9.6, 5.0, 5.0, 0.5, 9.5])
    y = GENK[1] + np.array([5.0, 5.0, 0.4, 9.6, 0.5, 9.5])
    assert np.isnan(ground.heights(terrain, x, y)).tolist() == [True, True, True, True, False, False]
    tiny = Terrain(np.ones((1, 5), np.float32), 0, 1, 1.0, 0.05)
    assert np.isnan(ground.heights(tiny, np.array([2.5]), np.array([0.5]))).all()


def test_points_along_lines_run_from_start_to_end_in_equal_steps():
    lines = np.array([line((0, 0), (3, 0), (3, 4)), line((10, 0), (10, 0.3)), line((5, 5), (5, 5), (6, 5))], dtype=object)
    x, y, ahead, first, step = ground.points_along(lines, 1.0)
    assert (np.diff(first) - 1).tolist() == [7, 1, 1]
    assert step.tolist() == pytest.approx([1.0, 0.3, 1.0])
    expected = [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (10, 0), (10, 0.3), (5, 5), (6, 5)]
    assert np.column_stack([x, y]) - GENK == pytest.approx(np.array(expected), abs=1e-6)
    directions = [(1, 0)] * 3 + [(0, 1)] * 5 + [(0, 1)] * 2 + [(1, 0)] * 2
    assert ahead == pytest.approx(np.array(directions, float), abs=1e-6)


def test_batches_are_all_the_lines_once():
    lines = np.array([along((1, 1), length, 30) for length in np.linspace(0.5, 90, 400)], dtype=object)
    terrain = ground_of(lambda x, y: 0.05 * x)
    whole = found(running_slope, terrain, *lines)
    old, ground._SAMPLES = ground._SAMPLES, 500
    try:
        parts = list(ground.batches(lines, 1.0))
        assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
        assert (parts[0].start, parts[-1].stop, len(parts) > 20) == (0, 400, True)
        pd.testing.assert_frame_equal(found(running_slope, terrain, *lines), whole)
    finally:
        ground._SAMPLES = old
    assert list(ground.batches(np.array([], dtype=object), 1.0)) == []


# -------------------- running slope


@given(
    slope=st.floats(0, 0.25), angle=st.floats(0, 360), turn=st.floats(0, 360), length=st.floats(10, 40),
    accuracy=st.floats(0.001, 0.3), cell=st.sampled_from([0.5, 1.0, 2.0]), seed=st.integers(0, 99),
)  # fmt: skip
def test_the_true_slope_lies_within_the_bounds_whatever_the_noise(slope, angle, turn, length, accuracy, cell, seed):
    up = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    terrain = ground_of(
        lambda x, y: slope * (x * up[0] + y * up[1]), cell=cell, accuracy=accuracy, noise=accuracy * 0.99, seed=seed
    )
    geometry = along((50, 50), length, turn)
    truth = 100 * slope * abs(np.cos(np.radians(turn - angle)))
    low, high = bounds(running_slope, terrain, geometry)
    assert np.isnan(low) or low <= truth + 1e-3
    assert np.isnan(high) or high >= truth - 1e-3
    if slope < 0.2:  # else noise may look like a wall
        assert high - low <= 2 * 2 * accuracy / 10 * 100 + 1e-6 or low == 0


@pytest.mark.parametrize("turn", [0, 33, 90, 180, 271])
@pytest.mark.parametrize("cell", [0.5, 1.0])
def test_an_exact_plane_gives_its_slope_and_the_error_of_the_raster(turn, cell):
    up = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    terrain = ground_of(lambda x, y: 0.05 * (x * up[0] + y * up[1]), cell=cell)
    assert bounds(running_slope, terrain, along((50, 50), 20, turn)) == pytest.approx([4, 6], abs=0.01)
    assert bounds(running_slope, terrain, along((50, 50), 20, turn + 180)) == pytest.approx([4, 6], abs=0.01)
    assert bounds(running_slope, terrain, along((50, 50), 20, turn + 90)) == pytest.approx([0, 1], abs=0.01)


def test_the_steepest_ten_metres_count():
    terrain = ground_of(profile_of((0, 0), (30, 0), (42, 0.96), (100, 0.96)), accuracy=0.001)
    assert bounds(running_slope, terrain, line((5, 50), (95, 50))) == pytest.approx([7.98, 8.02], abs=0.02)
    short_ramp = ground_of(profile_of((0, 0), (30, 0), (35, 0.4), (100, 0.4)), accuracy=0.001)
    assert bounds(running_slope, short_ramp, line((5, 50), (95, 50))) == pytest.approx([3.98, 4.02], abs=0.02)
    up_and_down = ground_of(profile_of((0, 0), (30, 0), (42, 0.72), (54, 0), (100, 0)), accuracy=0.001)
    assert bounds(running_slope, up_and_down, line((5, 50), (95, 50))) == pytest.approx([5.98, 6.02], abs=0.02)


@given(st.floats(1, 9.9), st.floats(0, 360), st.integers(0, 99))
@example(2.5, 0.0, 0)
def test_a_short_link_is_never_a_barrier(length, angle, seed):
    """The peer whose 8 m link in noise turned a walk of 205 m into one of 649 m."""
    terrain = ground_of(lambda x, y: 0.08 * x, noise=0.05, seed=seed)
    footway = layer([along((50, 50), length, angle)]).pipe(
        lambda frame: frame.assign(**with_bounds("running_slope", running_slope({"footway": frame}, terrain)))
    )
    for level, verdicts in judge(SLOPE, footway).items():
        assert verdicts.outcome[0] != FAILS, level


def test_a_short_link_that_is_flat_enough_for_its_length_meets():
    terrain = ground_of(lambda x, y: 0 * x, accuracy=0.02)
    assert bounds(running_slope, terrain, line((50, 50), (54, 50))) == pytest.approx([0, 1.0], abs=1e-4)
    assert bounds(running_slope, terrain, line((50, 50), (50.8, 50))) == pytest.approx([0, 5.0], abs=1e-4)
    assert np.isnan(bounds(running_slope, terrain, line((50, 50), (50.01, 50)))).all()  # 400 %: says nothing


def with_bounds(attribute, table):
    return {f"{attribute}_low": table["low"], f"{attribute}_high": table["high"]}


@pytest.mark.parametrize("split", [[], [6], [3, 7, 12], [9, 18, 27]])
@pytest.mark.parametrize("turn", [0, 180])
def test_cutting_a_steep_pavement_leaves_all_its_pieces_steep(split, turn):
    terrain = ground_of(lambda x, y: 0.08 * x, accuracy=0.02)
    side = [line((20 + at, 50), (20 + at, 52)) for at in split]
    whole = line((20, 50), (56, 50))
    layers = with_stretches({"footway": layer([whole.reverse() if turn else whole, *side])})
    pieces = running_slope(layers, terrain).filter(like="W-1", axis=0)
    assert len(pieces) == len(split) + 1
    assert (pieces["low"] > 6).all()  # of a piece of 3 m, its own 8 % less 1.3
    assert pieces["high"].tolist() == pytest.approx([8.4] * len(pieces), abs=0.01)  # that of 10 m, also of the short ones


def test_a_flat_landing_between_steep_pieces_is_not_steep():
    terrain = ground_of(profile_of((0, 0), (30, 0), (50, 2), (52, 2), (72, 4), (100, 4)), accuracy=0.01)
    side = [line((at, 50), (at, 52)) for at in (30, 50, 52, 72)]
    layers = with_stretches({"footway": layer([line((5, 50), (95, 50)), *side])})
    pieces = running_slope(layers, terrain).loc[[f"W-1/{i}" for i in range(1, 6)]]
    assert (pieces["low"] > 9).tolist() == [False, True, False, True, False]
    assert pieces["low"].iloc[2] < 2  # the 10 m round it slope 8 %
    assert pieces["high"].iloc[0] < 1.5  # up to a cell of the slope counts


@pytest.mark.parametrize("cell", [0.5, 1.0])
def test_gaps_leave_no_upper_bound_and_a_lower_one_from_what_is_known(cell):
    terrain = ground_of(lambda x, y: np.where(np.abs(x - 60) < 2, np.nan, 0.06 * x), cell=cell)
    low, high = bounds(running_slope, terrain, line((20, 50), (90, 50)))
    assert low == pytest.approx(5, abs=0.01)
    assert np.isnan(high)
    assert np.isnan(bounds(running_slope, terrain, line((53, 50), (67, 50)))).all()
    assert bounds(running_slope, terrain, line((20, 50), (57, 50))) == pytest.approx([5, 7], abs=0.01)
    assert np.isnan(bounds(running_slope, terrain, line((20, 50), (20, 130)))[1])  # leaves the raster


@pytest.mark.parametrize("drop", [1.5, 5.0])
def test_a_jump_that_nobody_walks_is_no_slope(drop):
    """The end of a bridge, which a raster of the ground does not show."""
    terrain = ground_of(lambda x, y: np.where(x > 50, 10.0 - drop, 10.0))
    low, high = bounds(running_slope, terrain, line((30, 50), (70, 50)))
    assert np.isnan([low, high]).all()


def test_a_kerb_is_walked_over():
    terrain = ground_of(lambda x, y: np.where(x > 50, 10.12, 10.0))
    assert bounds(running_slope, terrain, line((30, 50), (70, 50))) == pytest.approx([0.2, 2.2], abs=0.01)


def test_bridges_and_tunnels_are_left_out():
    terrain = ground_of(lambda x, y: 0.08 * x)
    ways = [line((20, 50), (60, 50))] * 3
    table = found(running_slope, terrain, *ways, off_ground=pd.array([True, False, None], dtype="boolean"))
    assert table["low"].notna().tolist() == [False, True, True]


def test_a_line_may_lie_beside_where_it_is_drawn():
    terrain = ground_of(lambda x, y: np.where((y > 51) & (x > 40), 10 + 0.1 * (y - 51), 10.0), accuracy=0.01)
    exact = bounds(running_slope, terrain, line((20, 50), (60, 50)), accuracy=0.0)
    off = bounds(running_slope, terrain, line((20, 50), (60, 50)), accuracy=3.0)
    assert exact == pytest.approx([0, 0.2], abs=0.01)
    assert off[0] == 0
    assert off[1] > 4
    tilted = ground_of(lambda x, y: 0.05 * x, accuracy=0.01)
    low, high = bounds(running_slope, tilted, line((20, 50), (60, 50)), accuracy=0.5)
    assert (low, high) == pytest.approx(((0.5 - 0.02) / 11 * 100, (0.5 + 0.02) / 9 * 100), abs=0.02)


def test_areas_and_points_stay_unknown_and_parts_count_together():
    terrain = ground_of(profile_of((0, 0), (50, 0), (100, 4)), accuracy=0.01)
    area = shapely.box(GENK[0] + 20, GENK[1] + 20, GENK[0] + 80, GENK[1] + 80)
    parts = shapely.MultiLineString([line((10, 50), (30, 50)), line((60, 50), (80, 50))])
    table = found(running_slope, terrain, area, parts, line((10, 50), (30, 50)))
    assert table.iloc[0].isna().all()
    assert table.iloc[1].tolist() == pytest.approx([7.8, 8.2], abs=0.05)
    assert table.iloc[2].tolist() == pytest.approx([0, 0.2], abs=0.01)


def test_verdicts_at_the_limits_come_from_bounds():
    rule = SLOPE
    outcomes = {}
    for percent in (2.0, 3.4, 4.5, 5.6, 8.0):  # limit 4 and tolerance 0.5 at A; the raster tells 1 % more or less
        terrain = ground_of(lambda x, y, s=percent: s / 100 * x)
        footway = layer([line((20, 50), (60, 50))])
        footway = footway.assign(**with_bounds("running_slope", running_slope({"footway": footway}, terrain)))
        outcomes[percent] = int(judge(rule, footway)["A"].outcome[0])
    assert outcomes == {2.0: MEETS, 3.4: MEETS, 4.5: UNKNOWN, 5.6: FAILS, 8.0: FAILS}


# -------------------- long slopes and rest areas


def test_a_slope_is_long_beyond_thirty_metres():
    def told(*knots, of=((5, 50), (95, 50))):
        terrain = ground_of(profile_of(*knots), accuracy=0.005)
        frame = layer([line(*of)])
        frame = frame.assign(**with_bounds("running_slope", running_slope({"footway": frame}, terrain)))
        low = long_slope({"footway": frame}, terrain)["low"].iloc[0]
        return None if np.isnan(low) else bool(low)

    assert told((0, 0), (100, 3.8)) is False
    assert told((0, 0), (20, 0), (60, 2.4), (100, 2.4)) is True
    assert told((0, 0), (20, 0), (38, 1.0), (100, 1.0)) is False  # 18 m
    assert told((0, 0), (100, 6)) is True
    assert told((0, 0), (20, 0), (38, 1.0), (40, 1.0), (58, 0.0), (100, 0)) is False  # up and down again: told apart
    assert told((0, 0), (100, 6), of=((20, 50), (45, 50))) is None  # 25 m of a slope that may go on
    assert told((0, 2), (80, 2), (100, 3.2)) is None  # at the end of the stretch: it may go on


def test_a_piece_is_part_of_the_long_slope_of_its_pavement():
    terrain = ground_of(profile_of((0, 0), (30, 0), (70, 3.2), (100, 3.2)), accuracy=0.005)
    side = [line((at, 50), (at, 52)) for at in (30, 44, 58, 85)]
    layers = with_stretches({"footway": layer([line((5, 50), (95, 50)), *side])})
    footways = layers["footway"]
    footways = footways.assign(**with_bounds("running_slope", running_slope(layers, terrain)))
    flag = long_slope({"footway": footways}, terrain)["low"].filter(like="W-1")
    assert flag.iloc[1:4].tolist() == [1, 1, 1]
    assert flag.iloc[4] == 0
    assert flag.iloc[0] != 0 or footways.loc["W-1/1", "running_slope_high"] <= 4


def rest_gap(*knots, accuracy=0.001, of=((5, 50), (95, 50)), cell=0.5):
    terrain = ground_of(profile_of(*knots), accuracy=accuracy, cell=cell)
    frame = layer([line(*of)])
    frame = frame.assign(**with_bounds("running_slope", running_slope({"footway": frame}, terrain)))
    return slope_rest_gap({"footway": frame}, terrain).iloc[0].tolist()


def test_level_rest_areas_divide_a_slope():
    two_runs = ((0, 0), (20, 0), (40, 1.6), (43, 1.6), (63, 3.2), (100, 3.2))
    low, high = rest_gap(*two_runs)
    assert 17.5 <= low <= 20 <= high <= 22.5
    one_run = ((0, 0), (20, 0), (60, 3.2), (100, 3.2))
    low, high = rest_gap(*one_run)
    assert 37 <= low <= 40 <= high <= 42.5


def test_without_rest_area_the_whole_slope_counts():
    low, high = rest_gap((0, 0), (100, 8))
    assert low == pytest.approx(90)
    assert np.isnan(high)


def test_a_raster_that_shows_no_rest_area_says_nothing_of_it():
    assert np.isnan(rest_gap((0, 0), (20, 0), (60, 2.4), (100, 2.4), accuracy=0.05)).all()
    assert np.isnan(rest_gap((0, 0), (100, 8), cell=1.0)).all()
    assert np.isnan(rest_gap((0, 0), (100, 3))).all()


# -------------------- across


def test_cross_slope_holds_the_truth_where_width_and_raster_allow():
    def told(**columns):
        terrain = ground_of(lambda x, y: 0.04 * y, cell=columns.pop("cell", 0.5), accuracy=columns.pop("raster", 0.005))
        return bounds(cross_slope, terrain, line((20, 50), (80, 50)), **columns)

    assert told(route_width=2.5, has_driveway=False) == pytest.approx([3.5, 4.5], abs=0.01)
    low, high = told(route_width=2.5)
    assert np.isnan(low)
    assert high == pytest.approx(4.5, abs=0.01)
    assert told(route_width_low=2.5, has_driveway=False) == pytest.approx([3.5, 4.5], abs=0.01)
    assert np.isnan(told(route_width_high=2.5, has_driveway=False)).all()
    assert np.isnan(told(has_driveway=False)).all()
    assert np.isnan(told(route_width=1.4, has_driveway=False)).all()  # too narrow for cells of 0.5 m
    assert np.isnan(told(route_width=2.5, has_driveway=False, cell=1.0)).all()
    assert np.isnan(told(route_width=2.5, has_driveway=False, off_ground=True)).all()
    low, high = told(route_width=2.5, has_driveway=False, raster=0.05)
    assert np.isnan(low)
    assert high == pytest.approx(9.0, abs=0.01)
    low, high = told(route_width=3.5, has_driveway=False, accuracy=0.5)
    assert (low, high) == pytest.approx((3.5, 4.5), abs=0.01)


@given(slope=st.floats(0, 0.1), angle=st.floats(0, 360), accuracy=st.floats(0.001, 0.05), seed=st.integers(0, 50))
def test_the_true_cross_slope_lies_within_the_bounds(slope, angle, accuracy, seed):
    across = -np.sin(np.radians(angle)), np.cos(np.radians(angle))
    terrain = ground_of(
        lambda x, y: slope * (x * across[0] + y * across[1]), cell=0.5, accuracy=accuracy, noise=accuracy, seed=seed
    )
    low, high = bounds(cross_slope, terrain, along((50, 50), 30, angle), route_width=3.0, has_driveway=False)
    assert np.isnan(low) or low <= 100 * slope + 1e-3
    assert high >= 100 * slope - 1e-3


def test_a_drop_beside_the_way_or_a_gap_leaves_the_cross_slope_unknown():
    drop = ground_of(lambda x, y: np.where((y > 50.5) & (x > 40), 12.0, 10.0), cell=0.5)
    gap = ground_of(lambda x, y: np.where((y > 50.5) & (x > 40) & (x < 45), np.nan, 10.0), cell=0.5)
    for terrain in (drop, gap):
        assert np.isnan(bounds(cross_slope, terrain, line((20, 50), (80, 50)), route_width=3.0, has_driveway=False)).all()


def test_the_ground_beside_a_kerb_bounds_its_height():
    terrain = ground_of(lambda x, y: np.where(x > 50, 10.12, 10.0), cell=0.5)
    kerbs = [shapely.Point(GENK[0] + 50, GENK[1] + 50), line((50, 40), (50, 60)), shapely.Point(GENK[0] + 30, GENK[1] + 50)]
    table = found(kerb_rise, terrain, *kerbs, kind="kerb")
    assert table["low"].tolist() == [0, 0, 0]
    assert table["high"].tolist() == pytest.approx([0.22, 0.22, 0.1], abs=1e-4)
    assert found(kerb_step, terrain, *kerbs, kind="kerb")["high"].tolist() == pytest.approx([22, 22, 10], abs=1e-2)
    ends = layer(kerbs[:1], accuracy=[0.5])
    assert end_rise({"crossing_end": ends}, terrain)["high"].tolist() == pytest.approx([0.22], abs=1e-4)


def test_a_kerb_by_unknown_ground_or_on_coarse_cells_stays_unknown():
    gap = ground_of(lambda x, y: np.where(x > 51, np.nan, 10.0), cell=0.5)
    kerb = shapely.Point(GENK[0] + 50, GENK[1] + 50)
    assert found(kerb_rise, gap, kerb, kind="kerb").iloc[0].isna().all()
    assert found(kerb_rise, ground_of(lambda x, y: 0 * x, cell=2.0), kerb, kind="kerb").iloc[0].isna().all()
    area = shapely.box(GENK[0] + 40, GENK[1] + 40, GENK[0] + 45, GENK[1] + 45)
    assert found(kerb_rise, gap, area, kind="kerb").iloc[0].isna().all()


@given(rise=st.floats(0, 0.5), accuracy=st.floats(0.005, 0.1), seed=st.integers(0, 50), x=st.floats(49, 51), y=st.floats(40, 60))
def test_the_true_height_of_a_kerb_is_never_above_its_bound(rise, accuracy, seed, x, y):
    terrain = ground_of(lambda e, n: np.where(e > 50, 10 + rise, 10.0), cell=0.5, accuracy=accuracy, noise=accuracy, seed=seed)
    high = found(kerb_rise, terrain, shapely.Point(GENK[0] + x, GENK[1] + y), kind="kerb")["high"].iloc[0]
    assert high >= rise - 1e-4


# -------------------- all together


def city(terrain, **layers):
    empty = gpd.GeoDataFrame(geometry=[], crs=LAMBERT)
    return schema.City("test", empty.crs, layers, empty, empty, terrain=terrain)


def test_terrain_measures_are_of_attributes_of_their_kinds_once_each():
    pairs = [(measure.kind, measure.attribute) for measure in TERRAIN_MEASURES]
    assert len(pairs) == len(set(pairs))
    for kind, attribute in pairs:
        assert schema.attributes()[attribute].belongs_to(kind)


def test_measuring_a_city_fills_what_nobody_gave_and_marks_it():
    terrain = ground_of(lambda x, y: 0.08 * x)
    footways = layer([line((20, 50), (60, 50)), line((20, 60), (60, 60))], running_slope=[np.nan, 2.0])
    measured = measure_layers(city(terrain, footway=footways)).layers["footway"]
    assert measured["running_slope_low"].tolist() == pytest.approx([7, np.nan], abs=0.01, nan_ok=True)
    assert measured["running_slope"].tolist() == pytest.approx([np.nan, 2.0], nan_ok=True)
    assert measured["running_slope_how"].tolist() == ["measured", ""]
    assert measured["long_slope"].tolist() == [True, False]
    without = measure_layers(city(None, footway=footways)).layers["footway"]
    assert "running_slope_low" not in without
    assert without["long_slope"].isna().tolist() == [True, False]


def test_every_terrain_measure_takes_odd_layers():
    terrain = ground_of(lambda x, y: np.full_like(x, np.nan))
    odd = [line((20, 50), (60, 50)), shapely.Point(GENK), shapely.box(*GENK, GENK[0] + 5, GENK[1] + 5), line((500, 0), (600, 0))]
    for measure in TERRAIN_MEASURES:
        table = measure.function({measure.kind: layer(odd, accuracy=[0.0, 0.3, 0.0, 2.0])}, terrain)
        assert table.index.tolist() == ["W-1", "W-2", "W-3", "W-4"]
        assert table[["low", "high"]].isna().all(axis=None), measure.attribute


# -------------------- real ground


@pytest.fixture(scope="module")
def osdorp(shared_data):
    """Walking links of Osdorp on ground known to 5 cm."""
    folder = shared_data / "amsterdam-osdorp"
    ways = gpd.read_file(folder / "amsterdam_osdorp.gpkg", layer="walk_bike_network", bbox=(114550, 484900, 114850, 485100))
    ways = ways[ways["path_type"].isin(["walk", "walk_bike_connection"]) & (ways.length > 0)]
    ways = gpd.GeoDataFrame({"accuracy": 0.0}, geometry=ways.geometry.to_numpy(), index=[f"L{i}" for i in ways.index], crs=28992)
    terrain = read_terrain(folder / "ahn_dtm_050cm.tif", crs=28992, bounds=tuple(ways.total_bounds), accuracy=0.05)
    return ways.rename_axis("object_id"), terrain


def test_a_flat_city_has_no_false_barriers(osdorp):
    ways, terrain = osdorp
    slopes = running_slope({"footway": ways}, terrain)
    assert len(ways) == 914
    assert slopes["high"].notna().sum() > 700
    ways = ways.assign(**with_bounds("running_slope", slopes))
    verdicts = judge(SLOPE, ways)
    assert {level: int((found.outcome == FAILS).sum()) for level, found in verdicts.items()} == {"A": 0, "B": 0, "C": 0}
    assert (verdicts["A"].outcome == MEETS).sum() > 400
    assert (long_slope({"footway": ways}, terrain)["low"] == 1).sum() == 0


def test_the_steepest_of_osdorp_are_what_the_raster_says(osdorp):
    """Each checked against the cells themselves, interpolated here by hand every 25 cm."""
    ways, terrain = osdorp
    slopes = running_slope({"footway": ways}, terrain)
    known = slopes[slopes["high"].notna()]
    for name in known["low"].nlargest(3).index:
        shape = ways.geometry[name]
        places = np.arange(0, shape.length, 0.25)
        heights = []
        for point in shapely.line_interpolate_point(shape, places):
            column, row = (point.x - terrain.left) / 0.5 - 0.5, (terrain.top - point.y) / 0.5 - 0.5
            j, i = int(column), int(row)
            u, v = column - j, row - i
            cells = terrain.heights[i : i + 2, j : j + 2].astype(float)
            heights.append((1 - v) * ((1 - u) * cells[0, 0] + u * cells[0, 1]) + v * ((1 - u) * cells[1, 0] + u * cells[1, 1]))
        rises = np.abs(np.array(heights[40:]) - np.array(heights[:-40]))
        assert known.loc[name].mean() == pytest.approx(10 * rises.max(), abs=0.03)
        assert known.loc[name, "high"] - known.loc[name, "low"] == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize("measure", [running_slope, long_slope, slope_rest_gap, cross_slope])
def test_other_footways_and_their_order_change_nothing(measure):
    terrain = ground_of(lambda x, y: 3 * np.sin(x / 15) + 0.03 * y, cell=0.5, accuracy=0.01, noise=0.01)
    random = np.random.default_rng(5)
    ways = [along(random.uniform(10, 90, 2), random.uniform(2, 45), random.uniform(0, 360)) for _ in range(40)]
    frame = layer(ways, route_width=random.uniform(1.5, 4, 40), has_driveway=[False] * 40)
    frame = frame.assign(**with_bounds("running_slope", running_slope({"footway": frame}, terrain)))
    whole = measure({"footway": frame}, terrain)
    assert whole["low"].notna().sum() > 3
    mixed = measure({"footway": frame.iloc[random.permutation(40)]}, terrain).loc[whole.index]
    pd.testing.assert_frame_equal(mixed, whole, check_index_type=False)
    alone = pd.concat([measure({"footway": frame.iloc[[i]]}, terrain) for i in range(40)])
    pd.testing.assert_frame_equal(alone, whole, check_index_type=False)
