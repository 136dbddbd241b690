"""Woonzorgzones and their level areas, and which objects lie in them by what share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.network.graph import Network
from toegankelijk.network.locating import locate
from toegankelijk.network.walks import walk_from, walked_parts

Geometries = npt.NDArray[np.object_]

RADII: Mapping[str, float] = {"A": 200.0, "B": 500.0}
"""Distances in metres within which a place gets a draft level; source: ``norms.md`` section 1, a proposal."""

BESIDE = 25.0
"""Distance in metres on either side of a way that belongs to a draft area too: the houses along it; a proposal."""

ENCLOSED = 10_000.0
"""Area in square metres up to which ground between ways belongs to them, such as the inside of a block; a proposal."""

MOST_CELLS = 1_000_000
"""Zones of a grid."""

MEMBERSHIP_COLUMNS = ("kind", "object_id", "zone_id", "area_id", "level", "share", "weight")

PAVEMENT_WIDTH = 2.0
"""Nominal width in metres by which the area of a stretch drawn as polygon becomes a length, so that cutting it changes
nothing."""


def draft_zones(anchors: gpd.GeoDataFrame, *, radii: Mapping[str, float] = RADII) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Draft zones and level areas from care anchors, by straight-line distance.

    Circles that overlap become one zone. A draft only shows where zones could lie; the city approves levels.

    Parameters
    ----------
    anchors
        Care anchors, in a projected coordinate system in metres.
    radii
        Level to distance in metres from the nearest anchor.

    Returns
    -------
    tuple of GeoDataFrame
        Zones and level areas, both with ``assumed`` true.
    """
    _refuse_no_anchors(anchors)
    points = shapely.centroid(anchors.geometry.to_numpy())
    return _drafted({level: shapely.union_all(shapely.buffer(points, radii[level])) for level in radii}, anchors.crs)


def draft_zones_by_network(
    anchors: gpd.GeoDataFrame, network: Network, *, radii: Mapping[str, float] = RADII
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Draft zones and level areas from care anchors, by walking distance.

    A place belongs to a level if it lies within `BESIDE` metres of a way from which the nearest anchor can be walked to within
    the distance of the level; the straight line from the anchor to its way counts. Round an anchor that is not beside the network
    the distance is straight, with a remark. What is enclosed up to `ENCLOSED` belongs to it too. What touches becomes one zone.

    Parameters
    ----------
    anchors
        Care anchors, in the coordinate system of the network.
    network
        Where people walk; kerbs and stairs are taken as they come.
    radii
        Level to distance in metres from the nearest anchor.

    Returns
    -------
    tuple
        Zones and level areas, both with ``assumed`` true, and remarks.
    """
    _refuse_no_anchors(anchors)
    points = shapely.centroid(anchors.geometry.to_numpy())
    places = locate(network, points)
    astray = (places["edge"] < 0).to_numpy()
    walk = walk_from(network, places, np.ones(len(network), bool), limit=max(radii.values()))
    grounds = {}
    for level, metres in radii.items():
        near = shapely.buffer(walked_parts(walk, metres), BESIDE)
        grounds[level] = _filled(shapely.union_all(np.concatenate([near, shapely.buffer(points[astray], metres)])))
    reason = "lies beside no way, so its draft zone goes by the straight line"
    found = schema.remarks("anchor", anchors.index[astray], "geometry", "", reason)
    return *_drafted(grounds, anchors.crs), found


def grid_zones(
    extent: Sequence[float], crs: object, *, cell: float = 500.0, level: str = "B", shapes: Geometries | None = None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Assumed zones on a square grid, for places without woonzorgzones and without care anchors.

    Parameters
    ----------
    extent
        Lowest x, lowest y, highest x, highest y in metres.
    cell
        Side of a cell in metres; cell corners lie on multiples of it.
    level
        Level of every cell.
    shapes
        Only cells that touch one of these geometries are zones.
    """
    if level not in schema.LEVELS or cell <= 0:
        raise ConfigError(f"grid: level {level!r} must be one of {schema.LEVELS} and cell {cell} m above 0")
    left, bottom, right, top = extent
    if not (np.isfinite(cell) and (right - left) / cell * ((top - bottom) / cell) < MOST_CELLS):
        raise ConfigError(f"grid: cells of {cell} m would be more than {MOST_CELLS} zones, or none; give 500 m or so")
    columns = np.arange(np.floor(left / cell), np.floor(right / cell) + 1)
    rows = np.arange(np.floor(bottom / cell), np.floor(top / cell) + 1)
    x, y = (part.ravel() for part in np.meshgrid(columns, rows, indexing="ij"))
    boxes = shapely.box(x * cell, y * cell, (x + 1) * cell, (y + 1) * cell)
    if shapes is not None:
        held = np.unique(shapely.STRtree(shapes).query(boxes, predicate="intersects")[0])
        boxes, x, y = boxes[held], x[held], y[held]
    ids = [f"vak-{int(a)}-{int(b)}" for a, b in zip(x, y, strict=True)]
    zones = _zones(ids, [f"Vak {i}" for i in range(1, len(ids) + 1)], boxes, crs, assumed=True)
    return zones, _areas(ids, ids, level, boxes, crs, assumed=True)


def whole_zone_areas(zones: gpd.GeoDataFrame, levels: pd.Series) -> gpd.GeoDataFrame:
    """One level area per zone, covering it, for zones that have one level."""
    wrong = sorted(zones.index[~levels.isin(schema.LEVELS)])
    if wrong:
        raise InputError(f"zones: level must be one of {schema.LEVELS}", [f"zone {zone}: {levels[zone]!r}" for zone in wrong])
    areas = _areas(zones.index, zones.index, levels.to_numpy(), zones.geometry.to_numpy(), zones.crs, assumed=False)
    return areas.assign(assumed=zones["assumed"].to_numpy())


def settle_areas(zones: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Level areas that lie inside their zone and do not overlap one another, with remarks on what was found.

    Where two areas of one zone overlap, the place has the stricter level. Overlaps, parts outside the zone, and parts of a zone
    without a level are reported; nothing lies in them by guess.

    Raises
    ------
    InputError
        An area names a zone that is not there, or has no valid level.
    """
    problems = [f"area {area}: zone {zone!r} is not there" for area, zone in areas["zone_id"].items() if zone not in zones.index]
    problems += [f"area {area}: level {level!r}" for area, level in areas["level"].items() if level not in schema.LEVELS]
    problems += [f"area {area}: id twice" for area in areas.index[areas.index.duplicated()].unique()]
    if problems:
        raise InputError(
            f"level areas: each needs an id of its own, a zone that is there and a level of {schema.LEVELS}", problems
        )
    pieces, found = [], []
    for zone_id, group in areas.sort_index().sort_values("level", kind="stable").groupby("zone_id", sort=True):
        zone = zones.geometry[zone_id]
        taken = shapely.Polygon()
        geometry = []
        for area_id, shape in group.geometry.items():
            inside = shapely.intersection(shape, zone)
            found += _area_remark(area_id, shape.area - inside.area, "lies outside its zone; that part was left out")
            rest = shapely.difference(inside, taken)
            found += _area_remark(
                area_id, inside.area - rest.area, "overlaps another area of the zone; the stricter level holds there"
            )
            taken = shapely.union(taken, inside)
            geometry.append(_polygonal(rest))
        found += _area_remark(zone_id, zone.area - taken.area, "of the zone has no level; objects there are outside")
        pieces.append(group.set_geometry(gpd.GeoSeries(geometry, index=group.index, crs=areas.crs)))
    settled = pd.concat(pieces) if pieces else areas
    missing = sorted(set(zones.index) - set(areas["zone_id"]))
    found += [schema.remarks("zones", [zone], "level", "", "no level area; nothing is assessed in it") for zone in missing]
    return settled[~settled.geometry.is_empty].sort_index(), schema.all_remarks(found)


def zone_overlaps(zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Remarks on zones that overlap, where an object counts in both and once for the city, and on holes in them."""
    shapes = zones.geometry.to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    left, right = left[left < right], right[left < right]
    size = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    found = [
        schema.remarks("zones", [zones.index[a]], "geometry", f"{area:.1f} m2", f"overlaps zone {zones.index[b]}")
        for a, b, area in zip(left, right, size, strict=True)
        if area > 0.01
    ]
    parts, part_zone = shapely.get_parts(shapes, return_index=True)
    holes, part = shapely.get_rings(parts, return_index=True)
    inner = np.flatnonzero(pd.Series(part).duplicated())  # the first ring of a polygon is its outline
    open_space = shapely.area(shapely.polygons(holes[inner])) if len(inner) else np.zeros(0)
    found += [
        schema.remarks("zones", [zones.index[zone]], "geometry", f"{area:.1f} m2", "has a hole; objects there are outside")
        for zone, area in zip(part_zone[part[inner]], open_space, strict=True)
        if area > 0.01
    ]
    return schema.all_remarks(found)


def find_membership(layers: Mapping[str, gpd.GeoDataFrame], areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Which objects lie in which level areas.

    A stretch (street, footway, route) counts in every area that it lies in, by the share of its length. Everything else is one
    thing: it lies where its representative point (of a line: its middle) lies, in one area per zone; on a border the stricter
    level holds.

    Parameters
    ----------
    layers
        Kind to layer.
    areas
        Level areas that do not overlap within a zone (see `settle_areas`).

    Returns
    -------
    DataFrame
        A row per object and area, columns `MEMBERSHIP_COLUMNS`; ``share`` is 0 to 1, ``weight`` is the length inside in metres
        for stretches and 1 for all else.
    """
    ordered = areas.sort_index().sort_values("level", kind="stable")
    parts = [_kind_membership(kind, layer.sort_index(), ordered) for kind, layer in sorted(layers.items()) if len(layer)]
    columns = list(MEMBERSHIP_COLUMNS)
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _kind_membership(kind: str, layer: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    shapes = layer.geometry.to_numpy()
    if kind == "zone":
        found = _own_areas(layer.index, areas)
    elif schema.kinds()[kind].stretch:
        found = _stretch_shares(shapes, areas)
    else:
        found = _point_areas(representative_points(shapes), areas)
    found = found.assign(rank=areas.index.argsort().argsort()[found["area"]]).sort_values(["object", "rank"])  # both by id
    area = found["area"].to_numpy()
    return pd.DataFrame(
        {
            "kind": kind,
            "object_id": layer.index[found["object"].to_numpy()],
            "zone_id": areas["zone_id"].to_numpy()[area],
            "area_id": areas.index[area],
            "level": areas["level"].to_numpy()[area],
            "share": found["share"].to_numpy(),
            "weight": found["weight"].to_numpy(),
        }
    )


def representative_points(shapes: Geometries) -> Geometries:
    """A point on each shape: the middle of a line, a point inside a polygon, the point itself."""
    points: Geometries = shapes.copy()
    types = shapely.get_type_id(shapes)
    lines, others = np.isin(types, [1, 5]), types > 1
    points[others] = shapely.point_on_surface(shapes[others])
    merged = shapely.line_merge(shapes[lines])
    points[lines] = shapely.line_interpolate_point(merged, 0.5, normalized=True)
    odd = shapely.is_missing(points) | shapely.is_empty(points)
    points[odd] = shapely.point_on_surface(shapes[odd])
    return points


def stretch_lengths(shapes: Geometries) -> npt.NDArray[np.float64]:
    """Length in metres of stretches: of a line its length, of a polygon its area over a nominal pavement width."""
    flat = shapely.get_dimensions(shapes) == 2
    return np.asarray(np.where(flat, shapely.area(shapes) / PAVEMENT_WIDTH, shapely.length(shapes)), float)


def _stretch_shares(shapes: Geometries, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Share of each stretch in each area; along a common border of two areas of a zone it lies in the first, strictest one."""
    outlines = areas.geometry.to_numpy()
    tree = shapely.STRtree(shapes)  # areas are the query: they are few and large, and get prepared
    places, items = tree.query(outlines, predicate="intersects")
    other, inside = tree.query(outlines, predicate="covers")
    whole = np.isin(items * len(areas) + places, inside * len(areas) + other)
    total = stretch_lengths(shapes)[items]
    part = total.copy()
    cut = ~whole
    part[cut] = _lengths_inside(shapes[items[cut]], outlines[places[cut]])
    share = np.divide(part, total, out=np.ones_like(part), where=total > 0)
    table = pd.DataFrame({"object": items, "area": places, "share": np.minimum(share, 1.0), "length": total})
    zone = items * len(areas) + pd.factorize(areas["zone_id"])[0][places]
    shared = table[pd.Series(zone).duplicated(keep=False)].sort_values(["object", "area"])
    before = shared.groupby(zone[shared.index])["share"].cumsum() - shared["share"]
    table.loc[shared.index, "share"] = np.minimum(shared["share"], 1.0 - before)
    return table[table["share"] > 1e-9].assign(weight=lambda kept: kept["share"] * kept["length"])


def _lengths_inside(shapes: Geometries, outlines: Geometries) -> npt.NDArray[np.float64]:
    """Length of each stretch inside its outline; a line that runs over itself counts each time, so it goes by its segments."""
    inside = np.zeros(len(shapes))
    over = ~shapely.is_simple(shapes)
    inside[~over] = stretch_lengths(shapely.intersection(shapes[~over], outlines[~over]))
    parts, owner = shapely.get_parts(shapes[over], return_index=True)
    corners, part = shapely.get_coordinates(parts, return_index=True)
    following = np.flatnonzero(part[:-1] == part[1:])
    segments = shapely.linestrings(np.stack([corners[following], corners[following + 1]], axis=1))
    of = np.flatnonzero(over)[owner[part[following]]]
    return inside + np.bincount(of, shapely.length(shapely.intersection(segments, outlines[of])), minlength=len(shapes))


def _point_areas(points: Geometries, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """One area per point and zone: the first, as areas come strictest first."""
    places, items = shapely.STRtree(points).query(areas.geometry.to_numpy(), predicate="intersects")
    table = pd.DataFrame({"object": items, "area": places}).sort_values(["object", "area"])
    table["zone"] = areas["zone_id"].to_numpy()[table["area"]]
    table = table.drop_duplicates(["object", "zone"])
    return table.assign(share=1.0, weight=1.0)


def _own_areas(zone_ids: pd.Index, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """The zone as an object of its own: it is judged once, at the strictest level that it holds."""
    zones = areas["zone_id"].reset_index(drop=True).drop_duplicates()
    objects = zone_ids.get_indexer(pd.Index(zones))
    return pd.DataFrame({"object": objects, "area": zones.index, "share": 1.0, "weight": 1.0})[objects >= 0]


def _refuse_no_anchors(anchors: gpd.GeoDataFrame) -> None:
    if anchors.empty:
        raise InputError(
            "zones cannot be drafted: there is no care anchor. Deliver a layer of kind 'anchor', or zones of your own"
        )


def _drafted(grounds: Mapping[str, shapely.Geometry], crs: object) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Zones, which are the parts of the ground of the least strict level, and their areas, by the ground of each level."""
    levels = sorted(grounds)
    parts = shapely.get_parts(grounds[levels[-1]])
    corner = shapely.bounds(parts)
    parts = parts[np.lexsort((corner[:, 1], corner[:, 0]))]
    ids = [f"zone-{i}" for i in range(1, len(parts) + 1)]
    zones = _zones(ids, [f"Zone {i}" for i in range(1, len(parts) + 1)], parts, crs, assumed=True)
    pieces = []
    for i, level in enumerate(levels):
        stricter = shapely.union_all([grounds[other] for other in levels[:i]])
        geometry = shapely.difference(shapely.intersection(parts, grounds[level]), stricter)  # areas of a zone do not overlap
        pieces.append(_areas([f"{zone}-{level}" for zone in ids], ids, level, geometry, crs, assumed=True))
    areas = pd.concat(pieces)
    return zones, areas[~areas.geometry.is_empty]


def _filled(ground: shapely.Geometry) -> shapely.Geometry:
    """Ground without its small holes."""
    parts = shapely.get_parts(ground)
    rings, owner = shapely.get_rings(parts, return_index=True)
    holes = shapely.polygons(rings[pd.Series(owner).duplicated().to_numpy()])  # the first ring of a polygon is its outline
    return shapely.union_all(np.concatenate([parts, holes[shapely.area(holes) <= ENCLOSED]]))


def _zones(ids: Sequence[str], names: Sequence[str], geometry: Geometries, crs: object, *, assumed: bool) -> gpd.GeoDataFrame:
    index = pd.Index(list(ids), name="zone_id", dtype="object")
    return gpd.GeoDataFrame({"name": list(names), "assumed": assumed}, geometry=geometry, index=index, crs=crs)


def _areas(
    ids: Sequence[str], zones: Sequence[str], level: object, geometry: Geometries, crs: object, *, assumed: bool
) -> gpd.GeoDataFrame:
    index = pd.Index(list(ids), name="area_id", dtype="object")
    columns = {"zone_id": list(zones), "level": level, "approved": "", "assumed": assumed}
    return gpd.GeoDataFrame(columns, geometry=geometry, index=index, crs=crs)


def _area_remark(object_id: object, size: float, reason: str) -> list[pd.DataFrame]:
    if size <= 1.0:  # a square metre is drawing noise
        return []
    return [schema.remarks("areas", [object_id], "geometry", f"{size:.1f} m2", reason)]


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a shape; a difference of polygons may leave lines."""
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
