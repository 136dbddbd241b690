"""Streets: on which sides they have a pavement, and which street an object lies in, so that a crew finds it."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import as_lines, is_complete, only, says, shapes_of
from toegankelijk.measure.places import across, along_lines, first_met

NEAR = 30.0
"""Distance in metres within which the nearest named street gives an object its street name."""

STEP = 5.0
"""Distance in metres between the places along a street at which its sides are looked at."""

MOST = 60
"""Number of such places on a long street."""

JUNCTION = 10.0
"""Length in metres of either end of a street that is left out: the pavements of the next street lie there."""

BESIDE = 12.0
"""Distance in metres from the axis of a street within which a pavement surely belongs to it; a proposal."""

BEYOND = 20.0
"""Distance in metres from the axis beyond which no pavement belongs to the street; a proposal."""

ON_AXIS = 1.0
"""Distance in metres from the axis within which a footway is no pavement beside the street: people walk on the street."""

FROM_KERB = 8.0
"""Distance in metres from the edge of a street that is drawn as a polygon, within which a pavement belongs to it; a proposal."""

EDGE = 0.2
"""Distance in metres within which the edge of a street lies against another street; it is no kerb there."""

NARROWEST = 2.0
"""Width in metres under which a polygon is no street, but a strip along one."""

ENDS = 0.25
"""Share of its edge along which a street lies against other streets at most; else it is a lane or a junction; a proposal."""

ENOUGH = 0.8
"""Share of a street's length beside which a side has, or lacks, a pavement; between, nobody can say; a proposal."""


def with_street_names(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Layers in which objects without a street name have that of the nearest named street within 30 m of their middle."""
    result = dict(layers)
    streets = layers.get("street")
    if streets is None or streets.empty:
        return result
    names = schema.texts(streets, "street").where(schema.texts(streets, "street") != "", schema.texts(streets, "name"))
    result["street"] = streets.assign(street=names)
    named = (names != "").to_numpy()
    if not named.any():
        return result
    tree, names = shapely.STRtree(streets.geometry.to_numpy()[named]), names[named]
    for kind, layer in layers.items():
        if kind in ("street", "zone", "route") or layer.empty:
            continue
        given = schema.texts(layer, "street")
        bare = np.flatnonzero(given == "")
        points = shapely.centroid(layer.geometry.to_numpy()[bare])
        (which, nearest), _ = tree.query_nearest(points, max_distance=NEAR, return_distance=True, all_matches=False)
        texts = given.to_numpy(dtype="object").copy()
        texts[bare[which]] = names.to_numpy()[nearest]
        result[kind] = layer.assign(street=texts)
    return result


def footway_sides(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """On which sides of a street pavements run: ``both``, ``left``, ``right`` (in the direction of its line) or ``none``.

    Every 5 m along a street, or at 60 places if it is long, a line is drawn square to it on either side. A side has a pavement
    where that line meets a footway within 12 m of the axis, for at least 80 % of the street's length; it has none where there is
    none within 20 m, for as much. A footway within 1 m of the axis is no pavement beside the street.
    What lies behind a building or another street is not of this street. Beyond another street nobody knows whether it is the
    other half of this one. A street under 30 m is too short, one in parts that do not join cannot be walked along, and beside one
    on a bridge or in a tunnel a footway may lie under or over it: unknown.

    A street that is drawn as a polygon has no left and right. It has pavements on both sides where a footway lies within 8 m of
    90 % of its kerbs, and none where that is so of 5 % at most; edges to other streets are no kerbs. If those are more than 25 %
    of its edge, it is half a street or a junction, and under 2 m wide it is a strip of one: unknown.

    Absence is only told where footways come from a complete source, and for streets inside the area that these span.
    """
    streets, footways = layers["street"], layers.get("footway")
    value = pd.Series(None, streets.index, dtype="object")
    if footways is None or footways.empty:
        return pd.DataFrame({"value": value})
    unknown = ~(schema.is_known(streets, "footway_sides") | schema.is_marked(streets, "off_ground")).to_numpy()
    shapes = only(streets.geometry.to_numpy(), unknown)
    absent = _spanned(layers, shapes)
    has, lacks = _line_sides(layers, as_lines(shapes))
    lacks = lacks & absent[:, None]
    around = _share_of_kerb(layers, only(shapes, shapely.get_dimensions(shapes) == 2))
    choices = {
        "both": has.all(axis=1) | (around >= (1 + ENOUGH) / 2),
        "left": has[:, 0] & lacks[:, 1],
        "right": lacks[:, 0] & has[:, 1],
        "none": lacks.all(axis=1) | ((around <= (1 - ENOUGH) / 4) & absent),
    }
    for name, chosen in choices.items():
        value[chosen] = name
    return pd.DataFrame({"value": value})


def _spanned(layers: Mapping[str, gpd.GeoDataFrame], shapes: np.ndarray) -> np.ndarray:
    """Streets inside the area that complete footways span."""
    footways = layers["footway"]
    if not is_complete(layers, "footway"):
        return np.zeros(len(shapes), bool)
    whole = footways.geometry.to_numpy()[~says(footways, "complete", False)]
    hull = shapely.convex_hull(shapely.multipoints(shapely.get_coordinates(whole)))
    return np.asarray(shapely.covers(hull, shapes))


def _line_sides(layers: Mapping[str, gpd.GeoDataFrame], lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each line has a footway on its left and on its right, and whether it surely has none."""
    places = along_lines(lines, STEP, JUNCTION, most=MOST)
    has, lacks = (np.zeros((len(lines), 2), bool) for _ in range(2))
    footways = layers["footway"].geometry.to_numpy()
    buildings, streets = shapes_of(layers, "building"), as_lines(layers["street"].geometry.to_numpy())
    for side, turn in enumerate((1.0, -1.0)):
        rays = across(places, turn * BEYOND)
        pavement = first_met(rays, footways)
        house = first_met(rays, buildings)
        other = first_met(rays, streets, places["line"].to_numpy())
        other = np.where(other < ON_AXIS, np.inf, other)  # entered twice, or it crosses here
        pavement = np.where(pavement <= np.minimum(house, other), pavement, np.inf)
        has_one = (pavement >= ON_AXIS) & (pavement <= BESIDE)
        table = pd.DataFrame({"has": has_one, "lacks": np.isinf(pavement) & (np.isinf(other) | (house < other))})
        share = table.groupby(places["line"].to_numpy()).mean()[places["line"].value_counts(sort=False).sort_index().gt(1)]
        has[share.index, side], lacks[share.index, side] = share["has"] >= ENOUGH, share["lacks"] >= ENOUGH
    return has, lacks


def _share_of_kerb(layers: Mapping[str, gpd.GeoDataFrame], polygons: np.ndarray) -> np.ndarray:
    """Share of the kerbs of each polygon outside which a footway runs; NaN of what is no polygon, or no whole street."""
    parts, owner = shapely.get_parts(shapely.boundary(shapely.orient_polygons(polygons)), return_index=True)
    places = along_lines(parts, STEP / 2)
    points, polygon = places["point"].to_numpy(), owner[places["line"].to_numpy(np.intp)]
    streets = only(layers["street"].geometry.to_numpy(), shapely.get_dimensions(layers["street"].geometry.to_numpy()) == 2)
    point, other = shapely.STRtree(streets).query(points, predicate="dwithin", distance=EDGE)
    kerb = np.ones(len(points), bool)
    kerb[point[other != polygon[point]]] = False
    outward = across(places[kerb], -FROM_KERB)  # a polygon lies to the left of its edge
    pavement = first_met(outward, layers["footway"].geometry.to_numpy())
    barred = np.minimum(first_met(outward, shapes_of(layers, "building")), first_met(outward, streets, polygon[kerb]))
    found = pd.Series(pavement <= np.minimum(barred, FROM_KERB), dtype=float).groupby(polygon[kerb]).agg(["mean", "size"])
    whole = found["size"] >= (1 - ENDS) * pd.Series(polygon).value_counts().reindex(found.index)
    whole &= (2 * shapely.area(polygons) >= NARROWEST * shapely.length(polygons))[found.index]
    share = found["mean"].where(whole & (found["size"] * STEP / 2 >= 2 * JUNCTION))
    return np.asarray(share.reindex(range(len(polygons))).to_numpy(dtype=float))
