"""Pavements out of lines: where a register draws only road areas and kerb lines, the faces between them that people walk on.

The Flemish GRB holds no pavements. It holds road areas from property line to property line (WBN), cut into streets and junctions
by lines that nobody sees, and three kinds of lines in them (WGO): ``Wcz``, the edge of what is meant for slow traffic, mostly a
kerb; ``Wrb``, the edge of the carriageway; ``Woz``, the edge of the outermost unpaved verge. What lies behind a Wcz line is taken
as pavement. It is marked as derived: the register does not say that people walk there, nor what it is paved with.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.passages import derived_ids

TOUCH = 0.01
"""Distance in metres within which a place counts as lying on a line."""

REACH = 0.05
"""Metres by which kerb lines are drawn on at their ends, so that one that stops just short of another still meets it."""

LEAST = 0.5
"""Metres of kerb and of property line or verge that a face must have to be a pavement."""

ACROSS = 2.5
"""A path that crosses a face is at most this much longer than the face is wide; a street between an island and its end is not."""

EDGES = ("wcz", "wrb", "woz")
"""Kinds of kerb lines, as their ``name`` gives them in any case; another line cuts, and says nothing of its sides."""


def with_derived_pavements(layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Layers with pavements derived from road areas and kerb lines where no footway was delivered.

    Nothing is derived where the footways that were delivered are all there is, where one lies in the road area, or without street
    axes: only these tell on which side of a kerb the carriageway lies.

    Parameters
    ----------
    layers
        Kind to layer; ``road_area``, ``kerb_line`` and ``street`` are used if they are there.

    Returns
    -------
    dict
        The same layers. Derived footways are polygons with the id of their road area and a number, that id as ``parent_id``,
        ``derived`` true and ``complete`` false; ``source`` and ``accuracy`` are those of what they were derived from.
    """
    result = dict(layers)
    if any(kind not in layers or layers[kind].empty for kind in ("road_area", "kerb_line", "street")):
        return result
    roads = layers["road_area"]
    footways = layers.get("footway")
    if footways is not None and len(footways):
        if schema.is_marked(footways, "complete").all():
            return result
        taken = shapely.STRtree(roads.geometry.to_numpy()).query(footways.geometry.to_numpy(), predicate="intersects")[1]
        roads = roads.drop(roads.index[np.unique(taken)])
    found = derive_pavements(roads, layers["kerb_line"], layers["street"], around=layers["road_area"])
    if len(found):
        ids = derived_ids(found["parent_id"], found["number"], footways.index if footways is not None else pd.Index([]))
        found = found.drop(columns="number").set_axis(ids)
        parts = [part for part in (footways, found) if part is not None and len(part)]
        joined = pd.concat(parts) if len(parts) > 1 else found
        result["footway"] = gpd.GeoDataFrame(joined.sort_index().rename_axis("object_id"), geometry="geometry", crs=found.crs)
    return result


def derive_pavements(
    roads: gpd.GeoDataFrame, kerbs: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, *, around: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Faces of road areas that lie behind a kerb, reach to the property line or the verge, and hold no street axis.

    An axis that only crosses a face from its kerb to its other side, as a path that leaves the street does, is none.

    Parameters
    ----------
    roads
        Road areas to look in.
    kerbs
        Kerb lines; ``name`` says which of `EDGES` each is.
    streets
        Axes of streets.
    around
        All road areas: where two of them meet there is no property line.

    Returns
    -------
    GeoDataFrame
        One row per pavement: ``number`` within its road area from west to east, ``parent_id``, ``derived``, ``complete``,
        ``drawn``, ``source``, ``accuracy`` and ``geometry``.

    Examples
    --------
    >>> road = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 40, 10)], index=["W"], crs="EPSG:31370")
    >>> kerb = gpd.GeoDataFrame({"name": ["Wcz"]}, geometry=[shapely.LineString([(0, 2), (40, 2)])], crs="EPSG:31370")
    >>> axis = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 6), (40, 6)])], crs="EPSG:31370")
    >>> derive_pavements(road, kerb, axis, around=road).geometry.area.tolist()
    [80.0]
    """
    kind = schema.texts(kerbs, "name").astype("str").str.strip().str.casefold().to_numpy()
    lines = kerbs.geometry.to_numpy()
    roads = roads.iloc[
        np.unique(shapely.STRtree(roads.geometry.to_numpy()).query(lines[kind == "wcz"], predicate="intersects")[1])
    ]
    if roads.empty:
        return _pavements(roads, np.array([], dtype=object), np.array([], dtype=int), kerbs)
    edges, faces, owner = _faces(roads.geometry.to_numpy(), lines)
    table = _borders(edges, faces, lines, kind, around.geometry.to_numpy())
    # Along the edge of a carriageway lies a lane or a strip for parking; where a kerb ends, it may reach the property line too.
    behind = (table["wcz"] >= LEAST) & (table["property"] + table["woz"] >= LEAST) & (table["wrb"] < LEAST)
    outer = np.concatenate([lines[kind == "woz"], shapely.boundary(around.geometry.to_numpy())])
    along = _holds_axis(faces, streets.geometry.to_numpy(), lines[kind == "wcz"], outer)
    sided = np.isin(owner, owner[along])  # where the register has no axis, nothing tells the carriageway from what lies beside it
    chosen = np.flatnonzero(behind.to_numpy() & ~along & sided)
    return _pavements(roads, faces[chosen], owner[chosen], kerbs)


def _faces(roads: np.ndarray, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges between all lines, the faces of the road areas that they enclose, and the road area of each."""
    near = np.unique(shapely.STRtree(lines).query(roads, predicate="intersects")[1])
    drawn_on = _drawn_on(shapely.get_parts(lines[near]))
    edges = shapely.get_parts(shapely.union_all(np.concatenate([shapely.boundary(roads), drawn_on])))
    faces = shapely.get_parts(shapely.polygonize(edges))
    inner = shapely.point_on_surface(faces)
    face, road = shapely.STRtree(roads).query(inner, predicate="within")
    first = np.unique(face, return_index=True)[1]
    return edges, faces[face[first]], road[first]


def _drawn_on(lines: np.ndarray) -> np.ndarray:
    """Lines, longer at both ends; what sticks out encloses nothing."""
    parts = [lines]
    for end, before in ((0, 1), (-1, -2)):
        at, back = (shapely.get_coordinates(shapely.get_point(lines, place)) for place in (end, before))
        step = at - back
        on = at + step / np.maximum(np.hypot(*step.T), 1e-9)[:, None] * REACH
        parts.append(shapely.linestrings(np.stack([at, on], axis=1)))
    return np.concatenate(parts)


def _borders(edges: np.ndarray, faces: np.ndarray, lines: np.ndarray, kind: np.ndarray, roads: np.ndarray) -> pd.DataFrame:
    """Metres of each kind of line, and of property line, round every face."""
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    on_road = shapely.STRtree(shapely.boundary(roads)).query(middle, predicate="dwithin", distance=TOUCH)[0]
    is_property = np.bincount(on_road, minlength=len(edges)) == 1
    edge, line = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=TOUCH)
    length = shapely.length(edges)
    marks = {name: np.isin(np.arange(len(edges)), edge[kind[line] == name]) for name in EDGES}
    face, side = shapely.STRtree(edges).query(shapely.boundary(faces), predicate="covers")
    return pd.DataFrame(
        {
            name: np.bincount(face, weights=np.where(mark[side], length[side], 0.0), minlength=len(faces))
            for name, mark in (marks | {"property": is_property & ~marks["wcz"]}).items()
        }
    )


def _holds_axis(faces: np.ndarray, axes: np.ndarray, kerbs: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """Faces with a street axis that does more than cross them from the kerb to the other side."""
    face, axis = shapely.STRtree(axes).query(faces, predicate="intersects")
    pieces, pair = shapely.get_parts(shapely.intersection(faces[face], axes[axis]), return_index=True)
    real = shapely.length(pieces) > TOUCH
    pieces, face = pieces[real], face[pair[real]]
    if not len(pieces):
        return np.zeros(len(faces), bool)
    ends = np.concatenate([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)])
    on = {}
    for name, lines in (("kerb", kerbs), ("outer", outer)):
        hit = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=TOUCH)[0]
        on[name] = np.isin(np.arange(len(ends)), hit).reshape(2, -1)
    crosses = (on["kerb"][0] & on["outer"][1]) | (on["kerb"][1] & on["outer"][0])
    width = shapely.area(faces) / (shapely.length(faces) / 2)
    crosses &= shapely.length(pieces) <= ACROSS * width[face]
    return np.isin(np.arange(len(faces)), face[~crosses])


def _pavements(roads: gpd.GeoDataFrame, faces: np.ndarray, owner: np.ndarray, kerbs: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Layer of the faces that are pavements, numbered within their road area by the place of their middle."""
    middle = np.round(shapely.get_coordinates(shapely.centroid(faces)), 2)
    order = np.lexsort((middle[:, 1], middle[:, 0], owner))
    faces, owner = faces[order], owner[order]
    face, line = shapely.STRtree(kerbs.geometry.to_numpy()).query(faces, predicate="dwithin", distance=TOUCH)
    kerb_accuracy = pd.Series(schema.accuracy(kerbs)[line]).groupby(face).max().reindex(range(len(faces)), fill_value=0.0)
    beside = sorted(set(schema.texts(kerbs, "source")) - {""})
    source = [" and ".join(filter(None, [of, *beside])) for of in schema.texts(roads, "source").to_numpy()[owner]]
    index = roads.index[owner].astype("object")
    columns = {
        "number": pd.Series(owner).groupby(owner).cumcount().to_numpy() + 1,
        "parent_id": index,
        "derived": True,
        "complete": False,
        "drawn": "pavement",
        "source": [f"derived: {text}" for text in source],
        "accuracy": np.maximum(schema.accuracy(roads)[owner], kerb_accuracy.to_numpy()),
        **{column: schema.texts(roads, column).to_numpy()[owner] for column in schema.TEXT_COLUMNS},
    }
    return gpd.GeoDataFrame(columns, geometry=faces, index=range(len(faces)), crs=roads.crs)
