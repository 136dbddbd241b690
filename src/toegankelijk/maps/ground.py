"""The ground of a map that is drawn without a network: streets, ways on foot and buildings, simplified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.maps.layers import Layer, Style
from toegankelijk.maps.words import said, text_field

STRAIGHT = 0.7
"""Metres by which a line of the ground may run beside the true one: less than a line is wide until one is very near."""

BUILT = 16
"""Zoom from which buildings and ways on foot show."""

MOST = 400_000
"""Vertices of buildings above which none are drawn: a whole city's would weigh more than all the rest of the map."""


def draw_ground(city: schema.City) -> list[Layer]:
    """Streets with their names, ways on foot and buildings of a city, for orientation only.

    Lines of one street become one. What the city does not have is not drawn.
    """
    layers: Mapping[str, gpd.GeoDataFrame] = {**city.context, **city.layers}
    streets = _streets(layers)
    # Where no streets are known, ways on foot are all there is to find one's way by, from afar too
    found = [_buildings(layers), streets, _ways(layers, near=0 if streets is None else BUILT)]
    return [layer for layer in found if layer is not None]


def _buildings(layers: Mapping[str, gpd.GeoDataFrame]) -> Layer | None:
    if "building" not in layers:
        return None
    shapes = layers["building"].geometry
    shapes = shapes[(shapely.get_dimensions(shapes.to_numpy()) == 2)]
    if not len(shapes) or shapely.get_num_coordinates(shapes.to_numpy()).sum() > MOST:
        return None
    drawn = gpd.GeoSeries(shapely.simplify(shapes.to_numpy(), STRAIGHT), crs=shapes.crs)
    look = Style(said("layer.buildings"), "#c9c4b8", width=1, fill="#dedad0")
    return _background("ground_buildings", drawn, look, near=BUILT)


def _streets(layers: Mapping[str, gpd.GeoDataFrame]) -> Layer | None:
    """Axes of streets, those of one name as one."""
    if "street" not in layers:
        return None
    streets = layers["street"]
    lines = streets.geometry.to_numpy()
    there = shapely.get_dimensions(lines) == 1
    names = schema.texts(streets, "street").where(schema.texts(streets, "street") != "", schema.texts(streets, "name"))
    shapes, texts = join_lines(lines[there], [names.to_numpy()[there]])
    look = Style(said("layer.streets"), "#b9bec4", width=4)
    layer = _background("ground_streets", gpd.GeoSeries(shapes, crs=streets.crs), look)
    if layer is None:
        return None
    fields = [text_field("street", "street", pd.Series(texts[0], dtype="object"))]
    return Layer(layer.key, layer.title, layer.shapes, layer.styles, layer.classes, fields, named=("street",), background=True)


def _ways(layers: Mapping[str, gpd.GeoDataFrame], *, near: int) -> Layer | None:
    """Ways on foot; of a pavement that is drawn as an area, its outline."""
    parts = []
    for kind in ("footway", "stairs", "ramp"):
        if kind in layers and len(layers[kind]):
            shapes = layers[kind].geometry.to_numpy()
            size = shapely.get_dimensions(shapes)
            parts += [shapes[size == 1], shapely.boundary(shapes[size == 2])]
            crs = layers[kind].crs
    lines = np.concatenate(parts) if parts else np.array([], dtype=object)
    if not len(lines):
        return None
    shapes, _ = join_lines(lines, [np.zeros(len(lines), dtype=np.intp)])
    pieces = shapely.get_parts(shapes)
    look = Style(said("layer.ways"), "#b9b2a2", width=1)
    return _background("ground_ways", gpd.GeoSeries(pieces, crs=crs), look, near=near)


def _background(key: str, shapes: gpd.GeoSeries, look: Style, *, near: int = 0) -> Layer | None:
    if not len(shapes):
        return None
    shapes = shapes.reset_index(drop=True)
    classes = pd.Series(np.full(len(shapes), "ground", dtype=object), shapes.index)
    return Layer(key, look.title, shapes, {"ground": look}, classes, near=near, background=True)


def join_lines(
    lines: np.ndarray, keys: Sequence[np.ndarray], *, straight: float = STRAIGHT
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Lines that agree in the keys as one, simplified; and the keys of each.

    Parameters
    ----------
    lines
        Lines, of one part or several.
    keys
        Arrays on the lines.
    straight
        Metres by which a line may run beside the true one.

    Examples
    --------
    >>> lines = shapely.from_wkt(["LINESTRING (0 0, 5 0)", "LINESTRING (5 0, 9 0)", "LINESTRING (0 9, 9 9)"])
    >>> shapes, (names,) = join_lines(lines, [np.array(["a", "a", "b"], dtype=object)])
    >>> shapes[0].wkt, names.tolist()
    ('MULTILINESTRING ((0 0, 9 0))', ['a', 'b'])
    """
    lines, row = shapely.get_parts(lines, return_index=True)
    table = pd.DataFrame({order: pd.Series(key[row]) for order, key in enumerate(keys)})
    if not len(table):
        return lines, [key[:0] for key in keys]
    groups = table.groupby(list(table), sort=True, dropna=False).ngroup().to_numpy()
    order = np.argsort(groups, kind="stable")
    texts = table.iloc[order].drop_duplicates(ignore_index=True)
    joined = shapely.multilinestrings(lines[order], indices=groups[order])
    # Part by part: to simplify the lines of a whole city at once, all are compared with all
    parts, group = shapely.get_parts(shapely.line_merge(joined), return_index=True)
    shapes = shapely.multilinestrings(shapely.simplify(parts, straight), indices=group)
    return np.asarray(shapes), [texts[name].to_numpy() for name in texts]
