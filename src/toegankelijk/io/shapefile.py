"""What a Shapefile says of itself: its parts, whether they agree, and in which alphabet its text is."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SUFFIXES = (".cpg", ".cst", ".dbf", ".prj", ".shp", ".shx")
"""Parts that hold data; others are indexes and notes of programs."""

_UNSAID = {0x00, 0x03, 0x57}
"""Code page marks of a ``.dbf`` that say nothing, or "Windows, whichever"."""


@dataclass(frozen=True)
class Shapefile:
    """What was found.

    Parameters
    ----------
    rows
        Rows that are not marked as deleted.
    encoding
        Encoding of the text; missing if a part of the file says it.
    flaw
        Why the parts do not belong together; empty if they do.
    deleted
        Rows that are marked as deleted.
    """

    rows: int = 0
    encoding: str | None = None
    flaw: str = ""
    deleted: int = 0


def parts(path: Path) -> list[Path]:
    """Files of the Shapefile that hold data, sorted by extension, whatever their case."""
    siblings = (part for part in path.parent.iterdir() if part.stem == path.stem and part.suffix.lower() in SUFFIXES)
    return sorted(siblings, key=lambda part: part.suffix.lower())


def examine(path: Path) -> Shapefile:
    """Compare the parts of a Shapefile with each other; readers do not, and give 40 rows for 72 shapes.

    Parameters
    ----------
    path
        The ``.shp``.
    """
    found = {part.suffix.lower(): part for part in parts(path)}
    missing = [suffix for suffix in (".shp", ".shx", ".dbf") if suffix not in found]
    if missing:
        return Shapefile(flaw=f"the part {' and '.join(missing)} is missing")
    heads = {suffix: _head(found[suffix]) for suffix in (".shp", ".shx", ".dbf")}
    sizes = {suffix: found[suffix].stat().st_size for suffix in heads}
    if any(len(head) < 33 for head in heads.values()):
        return Shapefile(flaw="a part is cut off")
    for suffix in (".shp", ".shx"):
        said = struct.unpack(">i", heads[suffix][24:28])[0] * 2
        if said != sizes[suffix] or said < 100 or (suffix == ".shx" and said % 8 != 4):
            return Shapefile(flaw=f"the {suffix} should be {said} bytes long and is {sizes[suffix]}")
    index = np.fromfile(found[".shx"], dtype=">i4", offset=100).reshape(-1, 2).astype(np.int64)
    if (index.sum(axis=1) + 4).max(initial=0) * 2 > sizes[".shp"]:
        return Shapefile(flaw="the .shx belongs to another .shp")
    rows, start, width = struct.unpack("<IHH", heads[".dbf"][4:12])
    if rows != len(index) or sizes[".dbf"] < start + rows * width:
        return Shapefile(flaw=f"there are {len(index)} shapes, but {rows} rows in a .dbf of {sizes['.dbf']} bytes")
    table = np.fromfile(found[".dbf"], dtype=np.uint8, count=rows * width, offset=start).reshape(rows, width)
    encoding, text = None, table.tobytes()
    said = next((found[suffix] for suffix in (".cpg", ".cst") if suffix in found), None)
    if said is None and heads[".dbf"][29] in _UNSAID:
        # Newer programs write UTF-8, older ones on Windows cp1252; GDAL would assume ISO 8859-1, which has no euro sign.
        encoding = "UTF-8" if _is_utf8(text) else "cp1252"
    elif not text.isascii() and _is_utf8(text):
        encoding = "UTF-8"  # whatever is said: no sentence in another alphabet happens to be UTF-8
    elif said is not None and _head(said).strip().upper().replace(b"-", b"") in (b"UTF8", b"65001") and not _is_utf8(text):
        return Shapefile(flaw=f"{said.name} says UTF-8, which the text is not; delete that file if nobody knows better")
    deleted = int((table[:, :1] == ord("*")).sum())
    return Shapefile(rows=rows - deleted, encoding=encoding, deleted=deleted)


def _head(part: Path) -> bytes:
    with part.open("rb") as file:
        return file.read(100)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
