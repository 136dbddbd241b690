"""Vector files in a zip archive: a Shapefile with its parts, a GeoPackage, GeoJSON files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import geopandas as gpd

from toegankelijk.errors import InputError
from toegankelijk.io import archives, vector


def fits(names: Sequence[str]) -> bool:
    """Whether an archive with these members holds vector files."""
    return any(PurePosixPath(name).suffix.lower() in vector.FORMATS for name in names)


def list_layers(path: Path) -> list[str]:
    """Names of the layers of all vector files in an archive."""
    with archives.unpack(path) as folder:
        return [name for name, _, _ in _layers(folder)]


def read_layer(path: Path, *, layer: str | None = None, where: str = "") -> gpd.GeoDataFrame:
    """One layer of the vector files in an archive; see `toegankelijk.io.vector.read_layer`."""
    where = where or path.name
    with archives.unpack(path) as folder:
        found = _layers(folder)
        chosen = [entry for entry in found if layer is None or entry[0] == layer]
        if len(chosen) != 1:
            wish = "say which layer to read" if layer is None else f"there is not one layer {layer!r}"
            names = ", ".join(repr(name) for name, _, _ in found)
            raise InputError(f"{where}: {wish}. Layers in the archive: {names or 'none that can be read'}.")
        _, file, inner = chosen[0]
        return vector.read_layer(file, layer=inner, where=where)


def _layers(folder: Path) -> list[tuple[str, Path, str]]:
    """Name, file and name in its file of every layer."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix.lower() in vector.FORMATS)
    return [(name, file, name) for file in files for name in vector.list_layers(file)]
