"""What to move at a narrowing: planted pavements, measured by erosion and by the kernel itself."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import affinity

from toegankelijk.widths import relief
from toegankelijk.widths.relief import find_relief, least_width

CRS = "EPSG:31370"


def eroded_width(space: shapely.Geometry, first: shapely.Point, second: shapely.Point) -> float:
    """Largest disc that gets from beside one place to beside the other, by halving."""
    low, high = 0.0, 6.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        parts = shapely.get_parts(space.buffer(-middle / 2, quad_segs=64))
        near = [int(np.argmin(shapely.distance(parts, place))) if len(parts) else -1 for place in (first, second)]
        close = len(parts) and max(shapely.distance(parts[near], np.array([first, second]))) < 1.9
        low, high = (middle, high) if close and near[0] == near[1] else (low, middle)
    return low


def by_erosion(pavements: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame) -> pd.Series:
    ends = entrances.geometry.to_numpy().reshape(2, -1)
    free = pavements.union_all().difference(obstacles.union_all())
    spaces = shapely.get_parts(free)
    result = pd.Series(np.nan, pavements.index)
    for first, second in ends.T:
        space = spaces[int(np.argmin(shapely.distance(spaces, first)))]
        own = shapely.distance(pavements.geometry.to_numpy(), space) == 0
        result[own] = np.fmin(result[own], eroded_width(space, first, second))
    return result


@pytest.fixture(params=[by_erosion, least_width])
def kernel(request):
    return request.param


def things(**given: tuple[str, shapely.Geometry]) -> gpd.GeoDataFrame:
    names = {name.replace("_", "-"): value for name, value in given.items()}
    kinds, shapes = [kind for kind, _ in names.values()], [shape for _, shape in names.values()]
    return gpd.GeoDataFrame({"obstacle_type": kinds}, geometry=shapes, index=list(names), crs=CRS)


def helped(
    width: float, obstacles: gpd.GeoDataFrame, kernel, *gaps: tuple[float, float, float, str, str], move=lambda shape: shape
):
    """Relief on a straight pavement 30 m long, of gaps given as x, from, to and the ids at both ends."""
    pavement = gpd.GeoDataFrame(geometry=[move(shapely.box(0, 0, 30, width))], index=["VP"], crs=CRS)
    pieces = [move(shapely.LineString([(x, width / 2), (x + 2, width / 2)])) for x in range(0, 30, 2)]
    profile = gpd.GeoDataFrame({"way": 0, "start": np.arange(0.0, 30, 2)}, geometry=pieces, crs=CRS)
    lines = [move(shapely.LineString([(x, low), (x, high)])) for x, low, high, _, _ in gaps]
    table = {
        "width": [high - low for _, low, high, _, _ in gaps],
        "first_id": [g[3] for g in gaps],
        "second_id": [g[4] for g in gaps],
    }
    narrowings = gpd.GeoDataFrame(table, geometry=lines, index=[f"VP/v{n + 1}" for n in range(len(gaps))], crs=CRS)
    moved = obstacles.set_geometry(gpd.GeoSeries([move(shape) for shape in obstacles.geometry], obstacles.index, crs=CRS))
    return find_relief(narrowings, profile, pavement, moved, kernel=kernel)


LAMP, BIN = ("lamp", shapely.box(10, 0.3, 10.2, 0.5)), ("bin", shapely.box(9.85, 1.25, 10.35, 1.75))


def test_the_bin_is_moved_and_the_lamp_stays(kernel):
    found = helped(2.2, things(LA_1=LAMP, VB_1=BIN), kernel, (10.1, 0.5, 1.25, "LA-1", "VB-1"))
    assert found["movable_id"].tolist() == ["VB-1"]
    assert found["width_without"].tolist() == pytest.approx([1.70], abs=2e-3)


def test_nothing_is_moved_where_nothing_can_be_or_where_it_does_not_help(kernel):
    post = ("cabinet", shapely.box(9.85, 1.25, 10.35, 1.75))
    found = helped(2.2, things(LA_1=LAMP, KA_1=post), kernel, (10.1, 0.5, 1.25, "LA-1", "KA-1"))
    assert found["movable_id"].tolist() == [""]
    assert found["width_without"].isna().all()
    behind = things(VB_1=("bin", shapely.box(10, 0, 10.5, 0.5)), KA_1=("cabinet", shapely.box(10, 0, 10.5, 0.5)))
    assert helped(1.5, behind, kernel, (10.2, 0.5, 1.5, "VB-1", ""))["movable_id"].tolist() == [""]


def test_what_stands_beside_it_stays_and_is_counted(kernel):
    other = ("bin", shapely.box(10.5, 1.4, 11, 1.9))
    found = helped(2.2, things(LA_1=LAMP, VB_1=BIN, VB_2=other), kernel, (10.1, 0.5, 1.25, "LA-1", "VB-1"))
    assert found["movable_id"].tolist() == ["VB-1"]
    gap = np.hypot(10.5 - 10.2, 1.4 - 0.5)
    assert found["width_without"].tolist() == pytest.approx([min(gap, 1.4)], abs=2e-3)


def test_two_things_that_can_both_be_moved(kernel):
    first, second = ("bin", shapely.box(10, 0, 10.5, 0.5)), ("sign", shapely.box(10, 1.2, 10.2, 1.4))
    found = helped(1.9, things(VB_1=first, BO_1=second), kernel, (10.1, 0.5, 1.2, "VB-1", "BO-1"))
    assert found["movable_id"].tolist() == ["VB-1 | BO-1"]
    assert found["width_without"].tolist() == pytest.approx([1.9], abs=2e-3)
    wide = helped(3.1, things(VB_1=first, BO_1=second), kernel, (10.1, 0.5, 1.2, "VB-1", "BO-1"))
    assert wide["movable_id"].tolist() == ["BO-1"], "one alone leaves enough"
    assert wide["width_without"].tolist() == pytest.approx([2.6], abs=2e-3)


def test_another_narrowing_farther_on_does_not_count(kernel):
    obstacles = things(LA_1=LAMP, VB_1=BIN, KA_9=("cabinet", shapely.box(15, 0, 15.5, 1.6)))
    found = helped(2.2, obstacles, kernel, (10.1, 0.5, 1.25, "LA-1", "VB-1"), (15.2, 1.6, 2.2, "KA-9", ""))
    assert found["movable_id"].tolist() == ["VB-1", ""]
    assert found["width_without"].iloc[0] == pytest.approx(1.70, abs=2e-3)


def test_many_at_once_give_what_each_gives_alone():
    boxes = {f"VB_{n}": ("bin", shapely.box(3 + 4 * n, 0, 3.4 + 4 * n, 0.3 + 0.1 * n)) for n in range(6)}
    gaps = [(3.2 + 4 * n, 0.3 + 0.1 * n, 1.6, f"VB-{n}", "") for n in range(6)]
    together = helped(1.6, things(**boxes), least_width, *gaps)
    alone = [helped(1.6, things(**boxes), least_width, gap).iloc[0] for gap in gaps]
    assert together["movable_id"].tolist() == [row["movable_id"] for row in alone]
    assert together["width_without"].tolist() == pytest.approx([row["width_without"] for row in alone], abs=1e-6)
    assert together["width_without"].iloc[2] == pytest.approx(1.6, abs=2e-3)


def test_turned_and_in_lambert_coordinates_it_is_the_same(kernel):
    def move(shape):
        return affinity.translate(affinity.rotate(shape, 31, origin=(0, 0)), 228_000, 182_000)

    found = helped(2.2, things(LA_1=LAMP, VB_1=BIN), kernel, (10.1, 0.5, 1.25, "LA-1", "VB-1"), move=move)
    assert found["movable_id"].tolist() == ["VB-1"]
    assert found["width_without"].tolist() == pytest.approx([1.70], abs=2e-3)


def test_no_narrowings_and_no_obstacles():
    assert helped(2.0, things(VB_1=BIN), least_width).empty
    empty = things(VB_1=BIN).iloc[:0]
    assert helped(2.0, empty, least_width, (10.0, 0.0, 2.0, "", ""))["movable_id"].tolist() == [""]


def test_a_pavement_of_many_corners_is_no_other(monkeypatch):
    given = 2.2, things(LA_1=LAMP, VB_1=BIN), least_width, (10.1, 0.5, 1.25, "LA-1", "VB-1")
    plain = helped(*given)
    monkeypatch.setattr(relief, "LARGE", 3)
    assert helped(*given)["width_without"].tolist() == pytest.approx(plain["width_without"].tolist(), abs=1e-6)
