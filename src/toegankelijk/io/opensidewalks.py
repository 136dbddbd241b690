"""OpenSidewalks datasets: zip archives of GeoJSON with nodes, edges, zones, points, lines and polygons (schema 0.2 and 0.3).

Besides these layers as published there are three that follow from the network: ``crossings``, because the schema cuts a crossing
at the middle of the street and a half is no crossing; ``crossing_kerbs``, the kerbs where these begin and end; and ``kerbs``, the
other kerbs on a walking way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from toegankelijk import schema
from toegankelijk.errors import InputError
from toegankelijk.io import archives, vector

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "nodes": ("_id", "barrier", "kerb", "tactile_paving"),
        "edges": (
            *("_id", "_u_id", "_v_id", "highway", "footway", "service", "foot", "name", "surface", "width", "incline", "length"),
            *("crossing:markings", "step_count", "climb"),
        ),
        "zones": ("_id", "highway", "name", "surface", "foot"),
        "points": ("_id", "amenity", "barrier", "emergency", "highway", "man_made", "natural", "power"),
        "lines": ("_id", "barrier"),
        "polygons": ("_id", "building", "name"),
    }
)
"""Layers of the schema, and the columns that each has even where no object fills them."""

COMPOSED = ("crossings", "crossing_kerbs", "kerbs")
"""Layers that follow from nodes and edges."""

WALKING = ("footway", "steps", "pedestrian", "living_street")
"""Values of ``highway`` of edges that people walk on; the last two are streets."""

_MEMBER = re.compile(r"(?:.*[._-])?(nodes|edges|zones|points|lines|polygons)(?:\.osw)?\.geojson", re.IGNORECASE)


def fits(names: Sequence[str]) -> bool:
    """Whether an archive with these members holds an OpenSidewalks network."""
    return bool({"nodes", "edges"} & set(_members(names)))


def list_layers(path: Path) -> list[str]:
    """Names of the layers in an archive, with those that follow from its network."""
    parts = _members(archives.list_members(path))
    return [*sorted(parts), *(COMPOSED if {"nodes", "edges"} <= set(parts) else COMPOSED[:1] if "edges" in parts else ())]


def read_layer(path: Path, *, layer: str | None = None, where: str = "") -> gpd.GeoDataFrame:
    """One layer of a dataset, in longitude and latitude.

    Parameters
    ----------
    path
        Zip archive.
    layer
        ``nodes``, ``edges``, ``zones``, ``points``, ``lines`` or ``polygons`` as published, or one of `COMPOSED`.
    where
        What the layer is for, for messages.

    Returns
    -------
    GeoDataFrame
        All columns of the schema, empty where nothing fills them; edges also have ``incline:size``, the incline without its sign
        (rise over run). A crossing out of several edges has their ids joined by ``+``, and what these agree on; a kerb at a
        crossing has its id in ``crossing``. Of ``kerbs``, ``attrs["not_selected"]`` counts those that lie on no walking way.

    Raises
    ------
    InputError
        The archive or a layer is damaged, or there is no such layer.
    """
    where = where or path.name
    there = list_layers(path)
    if layer not in there:
        wish = "say which layer to read" if layer is None else f"there is no layer {layer!r}"
        raise InputError(f"{where}: {wish}. Layers in the archive: {', '.join(there)}.")
    if layer not in COMPOSED:
        return _read(path, layer, where)
    edges = _read(path, "edges", where)
    nodes = _read(path, "nodes", where) if "nodes" in there else gpd.GeoDataFrame({"_id": [], "barrier": []}, geometry=[])
    kerbs = nodes[schema.texts(nodes, "barrier") == "kerb"]
    crossings, ends = _crossings(edges, set(kerbs["_id"]))
    if layer == "crossings":
        return crossings
    of = kerbs["_id"].map(ends)
    if layer == "crossing_kerbs":
        return kerbs[of.notna()].assign(crossing=of[of.notna()].astype("str")).reset_index(drop=True)
    walked = edges[schema.texts(edges, "highway").isin(WALKING)]
    on_way = kerbs["_id"].isin([*walked["_u_id"], *walked["_v_id"]])
    result = kerbs[on_way & of.isna()].reset_index(drop=True)
    result.attrs["not_selected"] = int((~on_way & of.isna()).sum())
    return result


def _members(names: Sequence[str]) -> dict[str, list[str]]:
    """Layer to the members of an archive that hold it."""
    found: dict[str, list[str]] = {}
    for name in names:
        if match := _MEMBER.fullmatch(PurePosixPath(name).name):
            found.setdefault(match[1].lower(), []).append(name)
    return found


def _read(path: Path, layer: str, where: str) -> gpd.GeoDataFrame:
    """A layer as published, with all columns of the schema."""
    members = _members(archives.list_members(path))[layer]
    if len(members) > 1:
        raise InputError(f"{where}: {len(members)} files hold {layer}: {', '.join(members)}. Keep one dataset in the archive.")
    with archives.unpack(path, lambda name: name == members[0]) as folder:
        frame = vector.read_layer(folder / members[0], where=where)
    absent = dict.fromkeys((column for column in COLUMNS[layer] if column not in frame), None)
    frame = frame.assign(**{column: pd.Series(None, frame.index, dtype="object") for column in absent})
    if layer == "edges":
        frame["incline:size"] = pd.to_numeric(frame["incline"], errors="coerce").astype("float64").abs()
    return frame


def _crossings(edges: gpd.GeoDataFrame, kerbs: set[str]) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Crossings from kerb to kerb, and the crossing that ends at each node.

    Two parts are one crossing where nothing else that people walk on meets them and no kerb lies between them.
    """
    walked = edges[schema.texts(edges, "highway").isin(WALKING[:2])]  # a street meets a crossing in its middle
    half = walked[schema.texts(walked, "footway") == "crossing"].sort_values("_id", ignore_index=True)
    meeting = pd.concat([walked["_u_id"], walked["_v_id"]]).value_counts()
    own = pd.concat([half["_u_id"], half["_v_id"]]).value_counts()
    through = own.index[(own == 2) & (meeting.reindex(own.index) == 2) & ~own.index.isin(list(kerbs))]
    at = pd.concat([half["_u_id"], half["_v_id"]])
    at = at[at.isin(through)].sort_values(kind="stable")
    pairs = at.index.to_numpy().reshape(-1, 2)
    joins = coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(half), len(half)))
    group = connected_components(joins, directed=False)[1] if len(half) else np.zeros(0, int)
    groups = half.groupby(group, sort=True)
    ids = groups["_id"].agg("+".join)
    columns = [column for column in half.columns if column not in ("_id", "_u_id", "_v_id", "length", "geometry")]
    agreed = groups[columns].first().where(groups[columns].nunique() <= 1, None)
    shapes = [_one_line(part.to_numpy()) for _, part in groups["geometry"]]
    crossings = gpd.GeoDataFrame(agreed.assign(_id=ids), geometry=shapes, index=ids.index, crs=edges.crs)
    ends = half.melt("_id", ["_u_id", "_v_id"], value_name="node").assign(of=np.tile(ids.loc[group].to_numpy(), 2))
    ends = ends[~ends["node"].isin(through)].sort_values("of").drop_duplicates("node")
    return crossings.reset_index(drop=True), dict(zip(ends["node"], ends["of"], strict=True))


def _one_line(parts: np.ndarray) -> shapely.Geometry:
    """Parts of a crossing as one line, in the direction of the first."""
    if len(parts) == 1:
        return parts[0]
    line = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(parts)))
    if line.geom_type != "LineString":
        return line
    start, end = (line.project(shapely.get_point(parts[0], place)) for place in (0, -1))
    return line if start <= end else shapely.reverse(line)
