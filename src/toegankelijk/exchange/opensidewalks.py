"""A city as an OpenSidewalks dataset (schema 0.3): the walking network with its kerbs, and street furniture.

A property that is not surely known is not written. What the schema has no name for stands in properties that begin with ``ext:``,
which it allows; the reader of this package does not look at those.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.errors import InputError
from toegankelijk.exchange import facts
from toegankelijk.exchange.pieces import Piece, Pieces, cut_network
from toegankelijk.findings import Findings
from toegankelijk.groups import GROUPS
from toegankelijk.network.walking import Walking

SCHEMA = "https://sidewalks.washington.edu/opensidewalks/0.3/schema.json"
"""Name of the schema, which every file of a dataset states."""

SURFACES: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in ("asphalt", "concrete", "paving_stones", "grass_paver", "gravel", "grass")},
        "concrete:plates": "concrete",
        "ground": "dirt",
        "mud": "dirt",
        **dict.fromkeys(("compacted", "fine_gravel", "sand"), "unpaved"),
        **dict.fromkeys(("wood:antislip", "metal:antislip", "sett:flat", "sett", "cobblestone", "unhewn_cobblestone"), "paved"),
    }
)
"""Surfaces of ours to the nine of the schema."""

WIDTHS: Mapping[str, str] = MappingProxyType({"footway": "route_width", "ramp": "ramp_width", "stairs": "stair_width"})
SLOPES: Mapping[str, str] = MappingProxyType({"footway": "running_slope", "ramp": "ramp_slope"})

FURNITURE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "bin": {"amenity": "waste_basket"},
        "bollard": {"barrier": "bollard"},
        "hydrant": {"emergency": "fire_hydrant"},
        "lamp": {"highway": "street_lamp"},
        "tree": {"natural": "tree"},
    }
)
"""Types of obstacles that the schema knows."""

_WIDEST, _MOST_STEPS = 500, 500
_WAYS = ("footway", "crossing", "stairs", "ramp", "street")


def write_opensidewalks(findings: Findings, path: str | Path, *, walking: Walking | None) -> facts.Exported:
    """Write a screened city as an OpenSidewalks dataset.

    Parameters
    ----------
    findings
        What was found; its city is what is written.
    path
        Zip archive to write.
    walking
        The walking network of the city.

    Raises
    ------
    InputError
        The city has no walking network.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from toegankelijk import sample_city, screen
    >>> screening = screen(sample_city())
    >>> with TemporaryDirectory() as folder:
    ...     done = write_opensidewalks(screening.findings, f"{folder}/city.osw.zip", walking=screening.walking)
    >>> done.written["points"]
    9
    """
    if walking is None:
        raise InputError("the city has no footways, crossings, stairs, ramps or streets: OpenSidewalks has nothing to hold")
    pieces = cut_network(walking.network, findings.city.layers)
    layers = _features(findings, pieces)
    head = _head(findings)
    members = {
        f"opensidewalks.{name}.geojson": facts.as_json({**head, "features": features})
        for name, features in layers.items()
        if features  # the schema knows no empty file
    }
    facts.put(Path(path), facts.as_zip(members))
    written = {name: len(features) for name, features in layers.items()}
    return facts.Exported(Path(path), written, _left_out(findings.city, layers))


def _head(findings: Findings) -> dict[str, Any]:
    city, norm = findings.city, findings.norm
    source = {
        "name": city.name,
        "attribution": city.settings.get("attribution", ""),
        "norm": f"{norm.name} {norm.version}".strip(),
    }
    head = {"$schema": SCHEMA, "type": "FeatureCollection", "dataSource": facts.known(source), "pipelineVersion": facts.program()}
    day = city.settings.get("date")
    return head if day is None else {**head, "dataTimestamp": f"{pd.Timestamp(day):%Y-%m-%d}T00:00:00Z"}


def _features(findings: Findings, pieces: Pieces) -> dict[str, list[dict[str, Any]]]:
    city = findings.city
    told = facts.verdicts(findings, GROUPS, [*_WAYS, "crossing_end", "kerb", "rest_place", "obstacle"])
    ways = {kind: _ways(city.layers[kind], kind) for kind in _WAYS if kind in city.layers}
    spots = {kind: _kerbs(city.layers[kind], kind) for kind in ("crossing_end", "kerb") if kind in city.layers}
    nodes = [
        _feature(
            shape,
            {"_id": node.id, **spots.get(node.kind, {}).get(node.object_id, {}), **_extras(told, node.kind, node.object_id)},
        )
        for node, shape in zip(pieces.nodes, facts.in_degrees([node.shape for node in pieces.nodes], city.crs), strict=True)
    ]
    at = {feature["properties"]["_id"]: feature["geometry"]["coordinates"] for feature in nodes}
    edges = []
    for piece, shape in zip(pieces.edges, facts.in_degrees([piece.shape for piece in pieces.edges], city.crs), strict=True):
        ends = {"_id": piece.id, "_u_id": piece.tail, "_v_id": piece.head}
        of_way = _edge(piece, ways.get(piece.kind, {}).get(piece.object_id, {}))
        properties = {**ends, **of_way, **_extras(told, piece.kind, piece.object_id)}
        places = shapely.get_coordinates(shape).tolist()
        edges.append(_feature(None, properties, "LineString", [at[piece.tail], *places[1:-1], at[piece.head]]))
    return {"nodes": nodes, "edges": edges, "points": _points(city, told)}


def _feature(shape: Any, properties: Mapping[str, Any], sort: str = "Point", places: Any = None) -> dict[str, Any]:
    coordinates = [shape.x, shape.y] if places is None else places
    return {"type": "Feature", "geometry": {"type": sort, "coordinates": coordinates}, "properties": dict(properties)}


def _extras(told: pd.DataFrame, kind: str, object_id: str) -> dict[str, Any]:
    """What the schema has no name for."""
    groups = {f"ext:{name}": facts.verdict_of(told, kind, object_id, name) for name in (*GROUPS, "level")}
    return facts.known({"ext:kind": kind, "ext:object_id": object_id, **groups})


def _edge(piece: Piece, of_way: Mapping[str, Any]) -> dict[str, Any]:
    """Properties of an edge by what it is: a part of a way of the city, or made to tie ways together."""
    length = {"length": round(float(piece.shape.length), 2)}
    if piece.kind in ("mouth", "link"):  # nobody drew these, so that they are no footway to others
        return {f"ext:{key}": value for key, value in length.items()}
    if piece.approach:  # from the pavement to the kerb
        return {"highway": "footway", **length}
    if "highway" not in of_way:
        return {**of_way, **{f"ext:{key}": value for key, value in length.items()}}
    return {**of_way, **length}


def _ways(layer: gpd.GeoDataFrame, kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the edges of every way."""
    columns = {"width": WIDTHS.get(kind), "slope": SLOPES.get(kind)}
    empty = pd.Series(np.nan, layer.index)
    width, slope = (empty if name is None else facts.exact(layer, name) for name in columns.values())
    name, street = schema.texts(layer, "name"), schema.texts(layer, "street")
    own, surface = _OWN[kind](layer), facts.single(layer, "surface")
    result = {}
    for row, key in enumerate(layer.index):
        size = slope.iat[row] / 100
        shared = {
            "name": str(name.iat[row]),
            "surface": SURFACES.get(surface.iat[row]),
            "width": round(float(width.iat[row]), 3) if 0 <= width.iat[row] <= _WIDEST else None,
            "incline": round(float(size), 4) if 0 <= size <= 1 else None,
            "ext:surface": surface.iat[row],
            "ext:street": str(street.iat[row]),
            "ext:incline_direction": "unknown" if 0 < size <= 1 else None,
        }
        if "highway" not in own[row]:  # an edge of no class carries nothing but extras
            shared = {"ext:name": shared["name"], "ext:street": shared["ext:street"]}
        result[str(key)] = facts.known({**own[row], **shared})
    return result


def _footways(layer: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    return [{"highway": "footway"}] * len(layer)


def _crossings(layer: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    marked, zebra = facts.exact(layer, "crossing_marked"), facts.exact(layer, "zebra")
    words = np.select([zebra == 1, marked == 1, marked == 0], ["zebra", "yes", "no"], "")
    return [{"highway": "footway", "footway": "crossing", "crossing:markings": word} for word in words.tolist()]


def _stairs(layer: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    steps = facts.exact(layer, "step_total")
    return [{"highway": "steps", "step_count": int(count) if 0 <= count <= _MOST_STEPS else None} for count in steps]


def _streets(layer: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """The class of a street is known only where people walk on the whole of it."""
    kinds = facts.single(layer, "footway_sides").map({"shared": "living_street", "pedestrian": "pedestrian"})
    foot = facts.exact(layer, "pedestrians_allowed").map({1.0: "yes", 0.0: "no"})
    pairs = zip(kinds, foot, strict=True)
    return [facts.known({"highway": kind, "foot": may}) for kind, may in pairs]


_OWN = {"footway": _footways, "ramp": _footways, "crossing": _crossings, "stairs": _stairs, "street": _streets}


def _kerbs(layer: gpd.GeoDataFrame, kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the node of every kerb; its height only as far as a class surely holds it."""
    low, high = schema.bounds(layer, "kerb_height" if kind == "crossing_end" else "level_difference")
    dropped = facts.exact(layer, "dropped_kerb_width").to_numpy() > 0  # high and yet lowered: neither word would be right
    words = np.select([high <= 1, high <= 3, (low >= 3) & ~dropped], ["flush", "lowered", "raised"], "")
    paving = facts.exact(layer, "tactile_warning").map({1.0: "yes", 0.0: "no"})
    return {
        str(key): facts.known({"barrier": "kerb", "kerb": word, "tactile_paving": field})
        for key, word, field in zip(layer.index, words.tolist(), paving, strict=True)
    }


def _points(city: schema.City, told: pd.DataFrame) -> list[dict[str, Any]]:
    found, names = [], facts.Names()
    for kind in ("rest_place", "obstacle"):
        layer = city.layers.get(kind)
        if layer is None or layer.empty:
            continue
        layer = layer[(layer.geometry.geom_type == "Point").to_numpy()]
        sorts = facts.single(layer, "obstacle_type") if kind == "obstacle" else pd.Series("bench", layer.index)
        table = {**FURNITURE, "bench": {"amenity": "bench"}} if kind == "rest_place" else FURNITURE
        for key, sort, shape in zip(layer.index, sorts, facts.in_degrees(layer.geometry.to_numpy(), city.crs), strict=True):
            if sort in table:
                found.append(_feature(shape, {"_id": names.give(str(key)), **table[sort], **_extras(told, kind, str(key))}))
    return found


def _left_out(city: schema.City, layers: Mapping[str, list[dict[str, Any]]]) -> dict[str, int]:
    """Objects of each kind that are nowhere in the dataset."""
    there: dict[str, set[str]] = {}
    for features in layers.values():
        for feature in features:
            properties = feature["properties"]
            there.setdefault(properties.get("ext:kind", ""), set()).add(properties.get("ext:object_id", ""))
    counts = {kind: len(set(map(str, layer.index)) - there.get(kind, set())) for kind, layer in sorted(city.layers.items())}
    return {kind: count for kind, count in counts.items() if count}
