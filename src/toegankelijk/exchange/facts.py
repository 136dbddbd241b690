"""What exports share: what is surely known of an object, its verdicts per group of users, places in degrees, files."""

from __future__ import annotations

import importlib.metadata
import io
import json
import zipfile
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import crs as systems
from toegankelijk import schema
from toegankelijk.findings import Findings
from toegankelijk.groups import judge_groups

DIGITS = 7
"""Decimals of a degree that are written: about a centimetre."""

_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Parameters
    ----------
    path
        The file.
    written
        How many of what the file holds, by the words of its format.
    left_out
        Kind to the number of its objects that the format has no place for.
    """

    path: Path
    written: Mapping[str, int]
    left_out: Mapping[str, int] = field(default_factory=dict)


class Names:
    """Names that no two things share: the second of the same name gets a number."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def give(self, name: str) -> str:
        """The name, or one like it that is free."""
        self._given[name] += 1
        return name if self._given[name] == 1 else self.give(f"{name}#{self._given[name]}")


def exact(layer: pd.DataFrame, attribute: str) -> pd.Series:
    """Values of a number or a true/false attribute (1 and 0); missing where it is unknown, infinite, or no more than bounds.

    Examples
    --------
    >>> exact(pd.DataFrame({"width": [1.5, None], "width_low": [None, 1.0]}), "width").tolist()
    [1.5, nan]
    """
    low, high = schema.bounds(layer, attribute)
    return pd.Series(np.where((low == high) & np.isfinite(low), low, np.nan), index=layer.index)


def single(layer: pd.DataFrame, attribute: str) -> pd.Series:
    """Classes of an attribute; empty where none is known, or where it may be one of several."""
    values = schema.texts(layer, attribute).astype("str")
    return values.where(~values.str.contains("|", regex=False), "")


def truth(value: float) -> bool | None:
    """A true/false value as such; nothing where it is unknown."""
    return None if np.isnan(value) else bool(value)


def known(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties without those that are unknown, so that nothing stands for no."""
    nothing: tuple[object, ...] = (None, "", {}, [])
    return {key: value for key, value in properties.items() if value == value and value not in nothing}  # noqa: PLR0124 - NaN


def verdicts(findings: Findings, groups: Mapping[str, Collection[str]], kinds: Collection[str]) -> pd.DataFrame:
    """One verdict per object and group of users: ``fails`` in any level area, or ``meets`` in all; else missing.

    Returns
    -------
    DataFrame
        Index ``kind, object_id``; a column per group, and ``level``: the strictest level that is asked of the object.
    """
    table = judge_groups(findings, findings.norm, kinds=kinds, groups=groups)
    rank = {"meets": 0, "": 1, "unknown": 1, "fails": 2}
    keys = [table["kind"].astype("str"), table["object_id"].astype("str")]
    worst = pd.DataFrame({name: table[name].map(rank) for name in groups}, dtype="float").groupby(keys).max()
    told = worst.apply(lambda column: column.map({0: "meets", 2: "fails"}).astype("object"))
    told["level"] = table["level"].astype("str").groupby(keys).min()
    told.index.names = ["kind", "object_id"]
    return told.where(told.notna(), None)


def verdict_of(table: pd.DataFrame, kind: str, object_id: object, group: str) -> str | None:
    """A single verdict out of `verdicts`; nothing where it is unknown or nothing was asked."""
    key = (kind, str(object_id))
    return table.at[key, group] if key in table.index else None


def in_degrees(shapes: Collection[shapely.Geometry], crs: object) -> np.ndarray:
    """Shapes in longitude and latitude, flat, rounded to `DIGITS`."""
    if not len(shapes):
        return np.empty(0, dtype=object)
    frame = gpd.GeoDataFrame(geometry=shapely.force_2d(np.asarray(shapes, dtype=object)), crs=crs)
    degrees = systems.transform(frame, 4326)[0].geometry.to_numpy()
    return np.asarray(shapely.transform(degrees, lambda points: np.round(points, DIGITS)), dtype=object)


def program() -> dict[str, str]:
    """Which program wrote a file."""
    return {"name": "toegankelijk", "version": importlib.metadata.version("toegankelijk")}


def as_json(document: object) -> bytes:
    """A document as JSON, the same bytes for the same content; a number that is none is a fault of ours."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def as_zip(members: Mapping[str, bytes]) -> bytes:
    """Files as one archive, without the time of day."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return target.getvalue()


def put(path: Path, content: bytes) -> None:
    """Write a file whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
