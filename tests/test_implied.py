"""Attributes that follow from others, and the length of a crossing between its kerbs."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk.measure.crossings import crossing_length
from toegankelijk.measure.implied import line_narrowing, ramp_handrail, speed_50_or_more, stairs_handrail

LAMBERT = "EPSG:31370"


def objects(count=None, geometry=None, **columns):
    geometry = geometry or [shapely.Point(228_000, 182_000)] * (count or len(next(iter(columns.values()))))
    index = pd.Index([f"X-{i}" for i in range(1, len(geometry) + 1)], name="object_id", dtype="object")
    return gpd.GeoDataFrame(columns, geometry=geometry, index=index, crs=LAMBERT)


def told(found):
    return [None if np.isnan(value) else bool(value) for value in found["low"]]


def test_speed_limit_says_whether_it_is_50_or_more():
    crossings = objects(
        maxspeed=[30, 49, 50, 70, np.nan, np.nan], maxspeed_low=[np.nan] * 5 + [50], maxspeed_high=[np.nan] * 4 + [60, np.nan]
    )
    assert told(speed_50_or_more({"crossing": crossings})) == [False, False, True, True, None, True]


def test_length_says_whether_a_narrowing_is_a_line():
    narrowings = objects(length_below_150=[0.5, 1.20, 1.21, np.nan])
    assert told(line_narrowing({"narrowing": narrowings})) == [False, False, True, None]


@pytest.mark.parametrize(("function", "kind"), [(ramp_handrail, "ramp"), (stairs_handrail, "stairs")])
def test_sides_say_whether_there_is_a_handrail(function, kind):
    assert told(function({kind: objects(handrail_sides=["both", "left", "none", None])})) == [True, True, False, None]
    assert told(function({kind: objects(count=2)})) == [None, None]


def crossing_with_kerbs(*along, derived=False):
    """A crossing of 14 m from axis to axis, 30 degrees turned, with kerbs at some distances along it."""
    line = shapely.LineString([(228_000, 182_000), (228_000 + 14 * np.cos(np.pi / 6), 182_007)])
    crossing = objects(geometry=[line], axis_to_axis=[True], accuracy=[0.0])
    ends = objects(geometry=[shapely.line_interpolate_point(line, d) for d in along] or [shapely.Point(0, 0)])
    ends = ends.assign(parent_id="X-1" if along else "other", derived=derived)
    found = crossing_length({"crossing": crossing, "crossing_end": ends}).iloc[0]
    return round(found["low"], 6), round(found["high"], 6)


def test_a_line_from_axis_to_axis_is_an_upper_bound():
    assert crossing_with_kerbs() == (0, 14)


def test_kerbs_on_both_sides_give_the_length_between_them():
    assert crossing_with_kerbs(3, 10.5) == (7.5, 7.5)
    assert crossing_with_kerbs(3, 6, 8, 11) == (8, 8)


def test_kerbs_on_one_side_only_say_nothing():
    assert crossing_with_kerbs(3) == (0, 14)
    assert crossing_with_kerbs(2, 3) == (0, 14)


def test_derived_ends_are_no_kerbs():
    assert crossing_with_kerbs(3, 10.5, derived=True) == (0, 14)
