"""Layers packed for a page: places as differences of whole numbers, facts as codes, all of it compressed."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk.errors import ConfigError, CrsError
from toegankelijk.maps.layers import Field, Layer, Style

DECIMALS, NEAR_DECIMALS, NEAR = 6, 7, 18
"""Decimals of a degree (about a decimetre), those of layers that only show from near, and the zoom that counts as near."""

SORTS: Mapping[int, str] = {0: "point", 1: "line", 2: "area"}

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters and marks that turn the direction of the text round them."""

Integers = npt.NDArray[np.int64]


def pack(content: Mapping[str, object]) -> str:
    """Content as compressed JSON in letters that are safe anywhere in a page; the same content gives the same letters.

    Examples
    --------
    >>> unpack(pack({"count": 3}))
    {'count': 3}
    """
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), 6, mtime=0)).decode("ascii")


def unpack(block: str) -> dict[str, Any]:
    """Content of a block."""
    content: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(block)))
    return content


def describe_layer(layer: Layer) -> dict[str, object]:
    """What a page knows of a layer before its objects: names, looks, and the titles of its facts."""
    return {
        "key": layer.key,
        "title": dict(layer.title),
        "sort": sort_of(layer),
        "count": len(layer.shapes),
        "shown": layer.shown,
        "labelled": layer.labelled,
        "near": layer.near,
        "background": layer.background,
        "identity": layer.identity,
        "named": list(layer.named),
        "styles": [_style(style) for style in layer.styles.values()],
        "fields": [_title(field) for field in layer.fields],
    }


def encode_layer(layer: Layer) -> tuple[dict[str, object], np.ndarray]:
    """The objects of a layer, and their extent in degrees (west, south, east, north; NaN if they have no geometry).

    ``geometry`` has the differences between successive points, ``x`` and ``y``, in parts of a degree, ``scale``; the number of
    points of each path, ``sizes`` (none for points), and of paths of each object, ``parts`` (none if each has one). The paths of
    an area are its rings, without the last point, which is the first. ``classes`` has the place of each object's style;
    ``fields`` the facts: ``numbers``, or ``values`` with the place of each object's value, ``codes`` (-1 for nothing; none if
    each object has the value of its own place).

    Raises
    ------
    CrsError
        The layer has no coordinate system, or coordinates that it cannot place on Earth.
    ConfigError
        The layer contradicts itself: a class without a style, a name of no field, objects of several sorts.
    """
    _check(layer)
    geometry, extent = _places(layer)
    order = {name: place for place, name in enumerate(layer.styles)}
    classes = [order[name] for name in _aligned(layer, layer.classes)]
    facts = [_facts(field, _aligned(layer, field.values)) for field in layer.fields]
    return {"geometry": geometry, "classes": classes, "fields": facts}, extent


def sort_of(layer: Layer) -> str:
    """Whether the objects of a layer are points, lines or areas.

    Raises
    ------
    ConfigError
        They are of several sorts, or collections.
    """
    shapes = layer.shapes.array
    kinds = np.unique(shapely.get_type_id(shapes[~(shapes.isna() | shapes.is_empty)]))
    sorts = {SORTS[_dimension(int(kind))] for kind in kinds if kind != shapely.GeometryType.GEOMETRYCOLLECTION}
    if len(sorts) > 1 or shapely.GeometryType.GEOMETRYCOLLECTION in kinds:
        found = ", ".join(sorted(shapely.GeometryType(kind).name.lower() for kind in kinds))
        raise ConfigError(f"layer {layer.key}: {found} together; make a layer of each sort")
    return sorts.pop() if sorts else "point"


def readable(text: str) -> str:
    """Text without control characters and marks of direction, which could make it read as something else."""
    return _UNSEEN.sub("", text)


def _dimension(kind: int) -> int:
    if kind in (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT):
        return 0
    return 2 if kind in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON) else 1


def _check(layer: Layer) -> None:
    fields = [field.name for field in layer.fields]
    faults = [f"field {name!r} is there twice" for name in sorted({name for name in fields if fields.count(name) > 1})]
    faults += [f"no field {name!r} to name objects by" for name in layer.named if name not in fields]
    if layer.identity and layer.identity not in fields:
        faults.append(f"no field {layer.identity!r} to identify objects by")
    unknown = sorted({str(name) for name in layer.classes.unique()} - {str(name) for name in layer.styles})
    faults += [f"no style for class {name!r}" for name in unknown]
    if faults:
        raise ConfigError(f"layer {layer.key} cannot be drawn", faults)


def _style(style: Style) -> dict[str, object]:
    return {
        "title": dict(style.title),
        "colour": style.colour,
        "width": style.width,
        "dash": list(style.dash),
        "fill": style.fill,
        "opacity": style.opacity,
        "hatch": style.hatch,
        "sign": dict(style.sign),
        "shape": style.shape,
        "size": style.size,
        "text": style.text,
    }


def _title(field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "title": dict(field.title),
        "type": field.type,
        "digits": field.digits,
        "unit": field.unit,
        "facet": field.facet,
        "searched": field.searched,
        "popup": field.popup,
        "table": field.table,
    }


def _aligned(layer: Layer, values: pd.Series) -> pd.Series:
    return values if values.index.equals(layer.shapes.index) else values.reindex(layer.shapes.index)


def _facts(field: Field, values: pd.Series) -> dict[str, object]:
    if field.type == "number":
        return {"numbers": _numbers(pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan), field.digits)}
    codes, unique = pd.factorize(values.array)
    texts = [readable(str(value)) for value in unique]
    # Nothing, and what is left of a text of control characters alone, is no value
    kept = [place for place, text in enumerate(texts) if text]
    if len(kept) < len(texts):
        places = np.full(len(texts) + 1, -1)
        places[kept] = np.arange(len(kept))
        codes, texts = places[codes], [texts[place] for place in kept]
    own = len(texts) == len(codes) and np.array_equal(codes, np.arange(len(codes)))
    names = {text: dict(field.words[text]) for text in texts if text in field.words} if field.type == "code" else {}
    # The order of the words is the order in which one chooses among them
    words = {code: names[code] for code in field.words if code in names}
    return {"values": texts, "codes": None if own else codes.tolist(), "words": words}


def _numbers(values: npt.NDArray[np.float64], digits: int) -> list[float | int | str | None]:
    rounded = values.round(digits)
    finite = np.isfinite(rounded)
    if finite.all():
        return list(rounded.astype(np.int64).tolist()) if digits == 0 else list(rounded.tolist())
    numbers: Iterable[float] = rounded.tolist()
    whole = int if digits == 0 else float
    special = {np.inf: "∞", -np.inf: "-∞"}
    return [whole(value) if known else special.get(value) for value, known in zip(numbers, finite, strict=True)]


def _places(layer: Layer) -> tuple[dict[str, object], np.ndarray]:
    shapes = layer.shapes
    if shapes.crs is None:
        raise CrsError(f"layer {layer.key}: no coordinate system; set it with set_crs before drawing a map")
    there = ~(shapes.isna() | shapes.is_empty).to_numpy()
    count, sort = len(shapes), sort_of(layer)
    places = gpd.GeoSeries(shapes.array[there], crs=shapes.crs)
    if sort == "point":  # several points are one object: its sign stands on one of them
        places = gpd.GeoSeries(shapely.point_on_surface(places.array), crs=shapes.crs)
    extent = np.full(4, np.nan)
    if there.any():
        places = places.to_crs("EPSG:4326")
        extent = np.asarray(places.total_bounds)
        if not np.isfinite(extent).all() or (np.abs(extent) > (360, 90, 360, 90)).any():
            system = shapes.crs.to_string()
            raise CrsError(f"layer {layer.key}: coordinates that {system} cannot place on Earth; is this the right system?")
    points, sizes, owners = _paths(np.asarray(places.array), sort)
    scale = 10 ** (NEAR_DECIMALS if layer.near >= NEAR else DECIMALS)
    steps = np.diff(np.rint(points * scale).astype(np.int64), axis=0, prepend=np.zeros((1, 2), np.int64))
    parts = np.zeros(count, np.int64)
    parts[there] = np.bincount(owners, minlength=int(there.sum()))
    return {
        "scale": scale,
        "x": steps[:, 0].tolist(),
        "y": steps[:, 1].tolist(),
        "sizes": None if sort == "point" else sizes.tolist(),
        "parts": None if (parts == 1).all() else parts.tolist(),
    }, extent


def _paths(shapes: np.ndarray, sort: str) -> tuple[np.ndarray, Integers, Integers]:
    """Points of all paths, how many points each path has, and of which object it is."""
    if sort == "point":
        return shapely.get_coordinates(shapes), np.ones(len(shapes), np.int64), np.arange(len(shapes))
    paths, owners = shapely.get_parts(shapes, return_index=True)
    if sort == "area":
        paths, areas = shapely.get_rings(paths, return_index=True)
        owners = owners[areas]
    points, sizes = shapely.get_coordinates(paths), shapely.get_num_coordinates(paths).astype(np.int64)
    if sort == "area":  # the last point of a ring is its first
        points = np.delete(points, np.cumsum(sizes) - 1, axis=0)
        sizes = sizes - 1
    return points, sizes, owners


def around(extents: Sequence[np.ndarray]) -> np.ndarray:
    """Extent around extents, of which some may be unknown."""
    known = np.array([extent for extent in extents if np.isfinite(extent).all()]).reshape(-1, 4)
    return np.concatenate([known[:, :2].min(axis=0), known[:, 2:].max(axis=0)]) if len(known) else np.full(4, np.nan)
