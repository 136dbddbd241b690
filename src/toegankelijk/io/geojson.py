"""GeoJSON documents, checked and written anew before a reader sees them.

What was checked is what is read: a name given twice, for one, may mean something else to another reader. A column whose values
are of several kinds becomes text, so that one odd value does not change the meaning of all others.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from toegankelijk.errors import InputError

_CRS_NAME = re.compile(r"(urn:ogc:def:crs:[\w.:-]+|EPSG:\d+|http://www\.opengis\.net/def/crs/\w+/[\w.]+/\w+)", re.ASCII)


def load(path: Path, *, layer: str | None, where: str) -> tuple[bytes, int]:
    """Text of a GeoJSON file as it may be read, and how many features it has.

    Parameters
    ----------
    path
        An existing file.
    layer
        Name of the wanted layer, if one is given: that of the file, or the one that the document gives itself.
    where
        What it is for, for messages.

    Raises
    ------
    InputError
        It is no FeatureCollection, has another name, or its coordinate system is a link, which a reader would follow.
    ValueError, RecursionError
        It is no JSON.
    """
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"), object_hook=_without_links)
    except InputError as error:
        raise InputError(f"{where}: {error.message}") from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise InputError(f"{where}: this is JSON, but not a GeoJSON FeatureCollection; export the layer as GeoJSON.")
    if layer not in (None, path.stem, document.get("name")):
        raise InputError(f"{where}: there is no layer {layer!r}; a GeoJSON file holds one layer, {path.stem!r}.")
    _even_out(features)
    # Half of a character that takes two becomes a question mark.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"), len(features)


def _without_links(node: dict[str, Any]) -> dict[str, Any]:
    """A JSON object as it is, unless its coordinate system is a link."""
    system = node.get("crs")
    if isinstance(system, dict):
        properties = system.get("properties")
        name = properties.get("name") if isinstance(properties, dict) else None
        if system.get("type") != "name" or not isinstance(name, str) or not _CRS_NAME.fullmatch(name):
            raise InputError("its coordinate system is a link or unknown; write a name such as urn:ogc:def:crs:EPSG::31370.")
    return node


def _even_out(features: list[Any]) -> None:
    """Make every property of one kind in all features: a list is joined by ``|``, and where kinds differ all become text."""
    kinds: dict[str, set[str]] = defaultdict(set)
    rows = [row for one in features if isinstance(one, dict) and isinstance(row := one.get("properties"), dict)]
    for row in rows:
        for name, value in row.items():
            if value is not None:
                kinds[name].add(_kind(value))
    uneven = [name for name, found in kinds.items() if len(found) > 1 or found == {"several"}]
    for row in rows if uneven else []:
        for name in uneven:
            if row.get(name) is not None:
                row[name] = _text(row[name])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "several"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(part, dict | list) for part in value):
        return "|".join("" if part is None else _text(part) for part in value)
    return json.dumps(value, ensure_ascii=False)
