"""Widths of real pavements: against those of another program, against widths measured by hand, and that each has one."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from toegankelijk.widths.footprints import footprints
from toegankelijk.widths.passable import PassableWidths, passable_width
from toegankelijk.widths.spaces import free_spaces
from toegankelijk.widths.ways import widest_between

REAL = Path(__file__).parent / "real"

NO_WIDTH = {"no_area", "not_a_polygon", "not_finite", "covered", "no_way"}

OBSTACLES = {
    "paal": "lamp",
    "vegetatieobject": "tree",
    "bord": "sign",
    "kast": "cabinet",
    "bak": "bin",
    "straatmeubilair": "bench",
}
"""Layers of Otterlo with things that stand on pavements, and their class."""

OTHER = (
    "inrit",
    "rijbaan lokale weg",
    "rijbaan regionale weg",
    "fietspad",
    "parkeervlak",
    "voetgangersgebied",
    "voetpad op trap",
)

TAPERED = "b928bd389-0514-4018-b3b8-55a65ae2a08c"
"""A footway of Otterlo that ends in a point: where in that taper it ends is a choice, so its lamp post is looked for apart."""

OPENSTREETMAP = {"heidelberg": 25832, "porto": 3763, "london": 27700, "monaco": 32632}


@pytest.fixture(scope="module")
def amsterdam(shared_data: Path) -> Path:
    return shared_data / "amsterdam-width" / "amsterdam_width.gpkg"


@pytest.fixture(scope="module")
def pavements(amsterdam: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(amsterdam, layer="pavement_large")


@pytest.fixture(scope="module")
def measured(pavements: gpd.GeoDataFrame) -> PassableWidths:
    return passable_width(pavements)


@pytest.fixture(scope="module")
def otterlo(shared_data: Path) -> dict[str, gpd.GeoDataFrame]:
    """Footways of Otterlo, what stands on them, driveways, and all other surfaces."""
    path = shared_data / "otterlo-bgt" / "otterlo_bgt_current.gpkg"
    roads = gpd.read_file(path, layer="wegdeel").set_index("gml_id")
    parts = []
    for layer, kind in OBSTACLES.items():
        part = gpd.read_file(path, layer=layer).set_index("gml_id")
        part = part[part.geom_type == "Point"]
        parts.append(gpd.GeoDataFrame({"obstacle_type": kind}, geometry=part.geometry, index=part.index))
    return {
        "pavements": roads[roads["function"] == "voetpad"],
        "obstacles": pd.concat(parts),
        "driveways": roads[roads["function"] == "inrit"],
        "others": roads[roads["function"].isin(OTHER)],
    }


def every_pavement_has_a_width_or_a_reason(pavements, widths):
    table = widths.pavements
    assert table.index.equals(pavements.index)
    known = table["passable_width"].notna()
    assert (table.loc[known, "reason"] == "").all()
    assert set(table.loc[~known, "reason"]) <= NO_WIDTH
    assert (table.loc[known, "least_width"] <= table.loc[known, "passable_width"] + 1e-9).all()
    assert (table.loc[known, "passable_width"] <= table.loc[known, "route_width"] + 1e-9).all()
    assert (table.loc[known, "passable_width"] <= table.loc[known, "passable_width_high"] + 1e-9).all()
    gap = shapely.length(table.geometry[known].to_numpy())
    assert np.abs(gap - table.loc[known, "passable_width"]).max() < 1e-6, "what is drawn is as wide as what is told"
    for part in (widths.narrowings, widths.profile):
        assert set(part["pavement_id"]) <= set(pavements.index)
        assert (part["width"] >= 0).all()
    return known


# Amsterdam: 295 widths of another program


def along(segments: gpd.GeoDataFrame, profile: gpd.GeoDataFrame) -> pd.Series:
    """Our mean width along each segment: at a place every 0.25 m, the nearest piece of a way within 1 m that runs the same way.

    Nothing where less than three quarters of the segment have one: it lies on no way of ours.
    """
    count = np.maximum(np.ceil(segments.length.to_numpy() / 0.25).astype(int), 2)
    segment = np.repeat(np.arange(len(segments)), count)
    share = (np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[segment]
    lines = segments.geometry.to_numpy()[segment]
    before, place, after = (
        shapely.line_interpolate_point(lines, np.clip(share + step, 0, 1), normalized=True) for step in (-0.001, 0, 0.001)
    )
    heading = shapely.get_coordinates(after) - shapely.get_coordinates(before)
    pieces = profile.geometry.to_numpy()
    at, piece = shapely.STRtree(pieces).query(place, predicate="dwithin", distance=1.0)
    start, stop = (shapely.get_coordinates(shapely.get_point(pieces, end)) for end in (0, -1))
    ours = (stop - start)[piece]
    cosine = np.abs((heading[at] * ours).sum(axis=1)) / np.maximum(np.hypot(*heading[at].T) * np.hypot(*ours.T), 1e-12)
    table = pd.DataFrame(
        {
            "at": at,
            "segment": segment[at],
            "away": shapely.distance(place[at], pieces[piece]),
            "width": profile["width"].to_numpy()[piece],
        }
    )
    table = table[cosine >= np.cos(np.radians(40))].sort_values(["at", "away"]).drop_duplicates("at")
    found = table.groupby("segment")["width"].agg(["mean", "size"]).reindex(range(len(segments)))
    return found["mean"].where(found["size"] >= 0.75 * count).set_axis(segments.index)


def across(line: shapely.LineString, ground: shapely.Geometry, shares: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.9)) -> float:
    """Mean over places on a line of the shortest straight line through it, from side to side, within 45 degrees of square."""
    found = []
    for share in shares:
        middle, ahead, back = (line.interpolate(min(max(share + step, 0), 1), normalized=True) for step in (0, 0.02, -0.02))
        square = np.arctan2(ahead.y - back.y, ahead.x - back.x) + np.pi / 2
        lengths = []
        for angle in square + np.radians(np.arange(-45, 45.1, 2.5)):
            reach = 30 * np.array([np.cos(angle), np.sin(angle)])
            centre = np.array([middle.x, middle.y])
            cut = shapely.get_parts(shapely.intersection(shapely.LineString([centre - reach, centre + reach]), ground))
            lengths += [part.length for part in cut if part.distance(middle) < 1e-6]
        found.append(min(lengths))
    return float(np.mean(found))


@pytest.fixture(scope="module")
def ground(amsterdam: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(amsterdam, layer="pavement_minus_obstacles")


@pytest.fixture(scope="module")
def reference(amsterdam: Path, ground: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The reference, with our widths: ``ours`` on the way beside it, ``between`` between places near its own two ends."""
    table = gpd.read_file(amsterdam, layer="reference_width_segments")
    table["ours"] = along(table, passable_width(ground).profile)
    spaces = free_spaces(ground, largest=True)[0].shapes
    lines = table.geometry.to_numpy()
    start, middle, stop = (shapely.line_interpolate_point(lines, share, normalized=True) for share in (0.1, 0.5, 0.9))
    space = shapely.STRtree(spaces).query_nearest(middle, all_matches=False)[1]
    table["between"] = widest_between(spaces, shapely.get_coordinates(start), shapely.get_coordinates(stop), space)
    return table


def agreement(ours: pd.Series, theirs: pd.Series) -> tuple[float, float, float]:
    """Correlation, mean difference and mean absolute difference."""
    return float(np.corrcoef(ours, theirs)[0, 1]), float((ours - theirs).mean()), float((ours - theirs).abs().mean())


def test_widths_agree_with_the_reference_along_the_ways(reference):
    """A piece of ours tells the narrowest of 2 m, so segments of at least that length are compared; junctions are shorter."""
    on_ways = reference[reference["ours"].notna()]
    assert len(on_ways) >= 100, "the others lie on the worse side of a bed, in a dead end or in a corner"
    long = on_ways[on_ways.length >= 2]
    assert len(long) >= 65
    correlation, mean, absolute = agreement(long["ours"], long["avg_width"])
    assert correlation > 0.95
    assert abs(mean) < 0.20
    assert absolute < 0.40


def test_widths_between_the_ends_of_each_reference_segment_agree_with_its_narrowest(reference):
    correlation, mean, absolute = agreement(reference["between"], reference["min_width"])
    assert correlation > 0.975
    assert 0 <= mean < 0.25, "the last tenth at either end is left out"
    assert absolute < 0.30
    assert (reference["between"] - reference["min_width"]).abs().median() < 0.15


def test_the_twenty_largest_differences_were_looked_at(reference, ground):
    """Who is right: ``ours`` where a straight line across the pavement says so, ``both`` where the narrowest agrees."""
    checked = pd.read_csv(REAL / "amsterdam_widths.csv").set_index("segment")
    assert (checked["right"] != "elsewhere").sum() >= 20
    here = reference.loc[checked.index]
    assert here.loc[checked["right"] == "elsewhere", "ours"].isna().all(), "our way does not run along these"
    assert (here["avg_width"] == checked["reference_avg"]).all()
    assert (here["min_width"] == checked["reference_min"]).all()
    whole = shapely.buffer(shapely.union_all(shapely.buffer(ground.geometry.to_numpy(), 0.02)), -0.02)
    measured = pd.Series([across(line, whole) for line in here.geometry], index=here.index)
    assert (measured - checked["across"]).abs().max() < 0.02
    mine = checked.index[checked["right"] == "ours"]
    assert ((here["ours"] - measured).abs() < (here["avg_width"] - measured).abs())[mine].all()
    both = checked.index[checked["right"] == "both"]
    assert (here["between"] - here["min_width"])[both].abs().max() < 0.3
    assert set(checked["right"]) <= {"ours", "both", "elsewhere"}


def test_no_difference_is_left_that_was_not_looked_at(reference):
    checked = pd.read_csv(REAL / "amsterdam_widths.csv")["segment"]
    rest = reference[reference["ours"].notna() & (reference.length >= 2)].drop(index=checked, errors="ignore")
    assert (rest["ours"] - rest["avg_width"]).abs().max() < 0.55


# Amsterdam: 694 pavements


@pytest.mark.slow
def test_every_pavement_of_amsterdam_has_a_width_or_a_reason(pavements, measured):
    known = every_pavement_has_a_width_or_a_reason(pavements, measured)
    assert known.mean() > 0.98
    assert set(measured.remarks["layer"]) <= {"pavements"}


@pytest.mark.slow
def test_no_pavement_is_wider_than_the_largest_disc_in_its_space(pavements, measured):
    """Whatever is measured, at least half of the width has to be clear round some place of the pavements that are joined."""
    whole = shapely.get_parts(shapely.union_all(shapely.buffer(pavements.geometry.to_numpy(), 0.01)))
    widest = 2 * shapely.length(shapely.maximum_inscribed_circle(whole, 0.05)) + 0.15
    piece, row = shapely.STRtree(shapely.point_on_surface(pavements.geometry.to_numpy())).query(whole, predicate="contains")
    limit = pd.Series(widest[piece], index=pavements.index[row]).groupby(level=0).max()
    too_wide = measured.pavements["passable_width"] > limit.reindex(pavements.index)
    assert not too_wide.any(), measured.pavements[too_wide]


def hand_measured(layer: str) -> pd.DataFrame:
    table = pd.read_csv(REAL / "checked_widths.csv", keep_default_na=False, dtype={"pavement": str})
    return table[table["layer"] == layer]


@pytest.mark.slow
def test_widths_of_amsterdam_measured_by_hand(pavements, measured):
    """Between two named parts of the border: what of it lies within some reach of two places, chosen on a picture."""
    checked = hand_measured("pavement_large")
    assert len(checked) >= 20
    border = shapely.boundary(shapely.union_all(pavements.geometry.to_numpy()))
    problems = []
    for row in checked.itertuples():
        first, second = (
            shapely.intersection(border, shapely.Point(place).buffer(row.reach)) for place in ((row.x1, row.y1), (row.x2, row.y2))
        )
        assert abs(first.distance(second) - row.across) < 0.001, row
        width = measured.pavements["passable_width"][int(row.pavement)]
        if abs(width - row.across) > 0.01:
            problems.append(f"{row.pavement}, {row.what}: {width:.3f}, but {row.across} by hand")
    assert not problems, "\n".join(problems)


@pytest.mark.slow
@pytest.mark.parametrize("walkable", [None, "driveways", "others"])
def test_every_footway_of_otterlo_has_a_width_or_a_reason(otterlo, walkable):
    widths = passable_width(otterlo["pavements"], otterlo["obstacles"], walkable=otterlo.get(walkable))
    known = every_pavement_has_a_width_or_a_reason(otterlo["pavements"], widths)
    assert known.mean() > 0.97
    assert set(widths.pavements["limited_by"].str.split(" | ", regex=False).explode()) <= {"", *otterlo["obstacles"].index}
    assert (widths.pavements["limited_by"] != "").sum() >= 60, "lamp posts and trees stand on these"


@pytest.mark.slow
def test_widths_beside_poles_and_trees_of_otterlo_measured_by_hand(otterlo):
    """From the point of the pole to the far side of the pavement, less the largest radius such a thing has."""
    widths = passable_width(otterlo["pavements"], otterlo["obstacles"])
    border = shapely.boundary(shapely.union_all(otterlo["pavements"].geometry.to_numpy()))
    checked, table = hand_measured("voetpad"), footprints()
    assert len(checked) >= 15
    problems = []
    for row in checked.itertuples():
        side = shapely.intersection(border, shapely.Point(row.x2, row.y2).buffer(row.reach))
        assert abs(otterlo["obstacles"].geometry[row.obstacle].distance(side) - row.across) < 0.001, row
        expected = row.across - table.radius[table.classes.index(row.kind), 1]
        width, by = widths.pavements.loc[row.pavement, ["passable_width", "limited_by"]]
        if row.pavement == TAPERED and width < expected:
            gaps = widths.narrowings[(widths.narrowings[["first_id", "second_id"]] == row.obstacle).any(axis=1)]
            width, by = gaps["width"].min(), row.obstacle
        if not abs(width - expected) <= 0.01 or by != row.obstacle:
            problems.append(f"{row.pavement}, {row.what}: {width:.3f} by {by}, but {expected:.3f} by {row.obstacle}")
    assert not problems, "\n".join(problems)


# Other cities


@pytest.mark.slow
@pytest.mark.parametrize("city", sorted(OPENSTREETMAP))
def test_every_pedestrian_area_of_openstreetmap_has_a_width_or_a_reason(shared_data, city):
    areas = gpd.read_file(shared_data / "osm-europe" / f"{city}.osm.pbf", layer="multipolygons")
    walked = areas["other_tags"].fillna("").str.contains('"(?:area:)?highway"=>"(?:pedestrian|footway)"')
    areas = areas[walked].to_crs(OPENSTREETMAP[city])
    assert len(areas) >= 20
    known = every_pavement_has_a_width_or_a_reason(areas, passable_width(areas))
    assert known.mean() > 0.98


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "layer", "crs", "least"),
    [
        ("berlin-neukoelln/berlin_neukoelln.gpkg", "area_highway", 25833, 30),
        ("antwerp-south/antwerp_south.gpkg", "osm_pedestrian_areas", 31370, 100),
        ("amsterdam-osdorp/amsterdam_osdorp.gpkg", "bgt_roads", 28992, 80),
    ],
)
def test_every_area_of_other_layers_has_a_width_or_a_reason(shared_data, path, layer, crs, least):
    areas = gpd.read_file(shared_data / path, layer=layer).to_crs(crs)
    if "area:highway" in areas:
        areas = areas[areas["area:highway"].isin(["footway", "pedestrian", "steps"])]
    assert len(areas) >= least
    known = every_pavement_has_a_width_or_a_reason(areas, passable_width(areas))
    assert known.mean() > 0.97
