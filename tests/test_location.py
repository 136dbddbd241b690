import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk.errors import CrsError
from toegankelijk.location import BESIDE, FAR, NEAR, Place, astray, check_layers, find_place, remote_layers

GENK = (228_000.0, 182_000.0)
BOX = shapely.box(228_000, 182_000, 229_500, 183_200)


def points(*places, crs=31370):
    return gpd.GeoDataFrame(geometry=[shapely.Point(place) for place in places], crs=crs)


def zones(*, assumed=False):
    return gpd.GeoDataFrame({"assumed": [assumed]}, geometry=[BOX], crs=31370)


@pytest.fixture
def place():
    return Place(BOX, zones().crs)


def check(place, frame, *, label=None):
    """Check a layer that was delivered under a label, maybe a wrong one."""
    raw = frame if label is None else frame.set_crs(label, allow_override=True)
    check_layers({"benches": raw}, {"benches": raw.to_crs(31370).geometry.to_numpy()}, place)


@pytest.mark.parametrize(
    ("frame", "label", "words"),
    [
        (points(GENK[::-1]), None, "64 km or more from the zones, and among them with x and y swapped"),
        (points(GENK), 3857, "among them if read in EPSG:31370"),
        (points(GENK[::-1]), 25832, "among them with x and y swapped in EPSG:31370"),
        (points((128_000, 182_000)), None, "100 km or more from the zones; is this the file of another place?"),
    ],
)
def test_what_lies_elsewhere_is_refused_with_the_reading_that_fits(place, frame, label, words):
    with pytest.raises(CrsError, match=words) as refused:
        check(place, frame, label=label)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("east", [0.0, NEAR - 10, NEAR + 10, 40_000.0])
def test_what_lies_out_of_town_may_be_right(place, east):
    check(place, points((BOX.bounds[2] + east, 182_500)))


def test_one_object_in_town_is_enough(place):
    check(place, points(GENK, (128_000, 182_000), (128_100, 182_000)))


def test_nothing_lies_nowhere(place):
    check(place, points())
    assert astray(np.array([], dtype=object), place).tolist() == []


@given(st.lists(st.tuples(st.floats(100, 1400), st.floats(100, 1100)), min_size=3, max_size=8), st.floats(FAR + 2000, 3 * FAR))
def test_a_few_far_objects_are_astray_and_most_are_a_region(inside, east):
    shapes = [shapely.Point(GENK[0] + x, GENK[1] + y) for x, y in inside]
    away = shapely.Point(GENK[0] + east, GENK[1])
    place = Place(BOX, zones().crs)
    assert astray(np.array([*shapes, away]), place).tolist() == [False] * len(shapes) + [True]
    assert not astray(np.array([shapes[0], *[away] * len(shapes)]), place).any()


def test_one_far_corner_is_enough(place):
    line = shapely.LineString([GENK, (GENK[0] + 2 * FAR, GENK[1])])
    assert astray(np.array([line, shapely.Point(GENK), shapely.Point(GENK)]), place).tolist() == [True, False, False]


def test_a_swapped_row_is_astray_though_it_is_near(place):
    near = Place(shapely.box(170_000, 150_000, 171_000, 151_000), place.crs)  # swapped, 28 km away
    shapes = np.array([shapely.Point(170_500, 150_500), shapely.Point(150_500, 170_500), shapely.Point(170_400, 150_400)])
    assert astray(shapes, near).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("width", "height", "most"),
    [(30, 20, BESIDE), (1500, 1200, 1500), (1200, 1500, 1500), (30_000, 8_000, NEAR)],
    ids=["small zones", "wide", "high", "a region"],
)
def test_a_layer_is_remote_if_it_lies_farther_away_than_the_zones_are_long(place, width, height, most):
    left, bottom = GENK
    some = Place(shapely.box(left, bottom, left + width, bottom + height), place.crs)
    far = {"in": -1, "touching": 0, "beside": 300, "below": most - 1, "on": most, "above": most + 1}
    layers = {name: np.array([shapely.Point(left + width + east, bottom + 5)]) for name, east in far.items()}
    layers["reaching"] = np.array([shapely.LineString([(left + width + 1, bottom), (left + width + 9 * NEAR, bottom)])])
    layers["mostly"] = np.concatenate([layers["above"], layers["above"], layers["below"]])
    layers["empty"] = np.array([], dtype=object)
    assert remote_layers(layers, some) == {"above": pytest.approx(most + 1)}


def test_the_city_is_where_its_zones_are_or_most_of_its_largest_layer():
    layers = {"few": points((1, 1)).geometry.to_numpy(), "many": points(*[(x, 5) for x in range(101)]).geometry.to_numpy()}
    given_zones = find_place(zones(), layers)
    assert given_zones.box.equals(BOX)
    assert given_zones.name == "the zones"
    drafted = find_place(zones(assumed=True), layers)
    assert drafted.box.bounds == (2, 5, 98, 5)
    assert drafted.name == "many"
