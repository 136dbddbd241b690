"""The Dutch register of large-scale topography: zip archives with CityGML/IMGeo 2.1 (``bgt_wegdeel.gml`` and so on).

Only current versions of objects are read, each with its outline seen from above; the places of house numbers and other labels
are no geometry. Values are as published: ``waardeOnbekend`` and ``geenWaarde`` mean that something was not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from xml.etree.ElementTree import Element, ParseError, iterparse

import geopandas as gpd
import pandas as pd
import shapely

from toegankelijk.errors import CrsError, InputError
from toegankelijk.io import archives, gml

CRS = "EPSG:28992"
"""Coordinate system that the register is in by law."""

COMMON = (
    *("gml_id", "creationDate", "LV-publicatiedatum", "relatieveHoogteligging", "inOnderzoek", "tijdstipRegistratie"),
    *("namespace", "lokaalID", "bronhouder", "bgt-status", "plus-status"),
)
"""Columns of every layer."""

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "wegdeel": ("function", "surfaceMaterial", "plus-functieWegdeel", "plus-fysiekVoorkomenWegdeel"),
        "ondersteunendwegdeel": (
            *("function", "surfaceMaterial"),
            *("plus-functieOndersteunendWegdeel", "plus-fysiekVoorkomenOndersteunendWegdeel"),
        ),
        "onbegroeidterreindeel": ("bgt-fysiekVoorkomen", "plus-fysiekVoorkomen"),
        "pand": ("identificatieBAGPND",),
        "scheiding": ("bgt-type", "plus-type"),
        "overigbouwwerk": ("bgt-type", "plus-type"),
        "gebouwinstallatie": ("function", "plus-typeGebouwInstallatie"),
        "vegetatieobject": ("class", "plus-type"),
        **dict.fromkeys(
            ("bak", "bord", "kast", "mast", "paal", "put", "straatmeubilair", "weginrichtingselement"), ("function", "plus-type")
        ),
    }
)
"""Columns that a layer has besides, also where it holds no objects."""

_MEMBER = re.compile(r"bgt_([a-z]+)\.gml", re.IGNORECASE)
_SYSTEM = re.compile(r"EPSG(?:/0/|:[\d.]*:?)(\d+)$", re.IGNORECASE)
_FLAT_SYSTEMS = ("28992", "7415")  # 7415 is 28992 with heights


def fits(names: Sequence[str]) -> bool:
    """Whether an archive with these members holds BGT/IMGeo."""
    return bool(_members(names))


def list_layers(path: Path) -> list[str]:
    """Names of the layers in an archive, without ``bgt_``; one without objects is a layer too."""
    return sorted(_members(archives.list_members(path)))


def read_layer(path: Path, *, layer: str | None = None, where: str = "") -> gpd.GeoDataFrame:
    """Current objects of one layer.

    Parameters
    ----------
    path
        Zip archive.
    layer
        Name of the layer, such as ``wegdeel``; needed when the archive holds several.
    where
        What the layer is for, for messages.

    Returns
    -------
    GeoDataFrame
        In EPSG:28992 and flat; arcs are chords within `gml.ARC_TOLERANCE`. ``attrs["not_selected"]`` counts the historic versions
        that were left out: those with an ``eindRegistratie`` or a ``terminationDate``. A geometry that is not understood is
        missing. ``relatieveHoogteligging`` is a whole number (0 is ground level), everything else is text.

    Raises
    ------
    InputError
        The archive or the layer is damaged, is something else than CityGML/IMGeo, or has a DOCTYPE.
    CrsError
        It is in another coordinate system than the register's.
    """
    members = _members(archives.list_members(path))
    where = f"{where} ({path.name})" if where else path.name
    if layer is None and len(members) == 1:
        (layer,) = members
    name = str(layer).lower().removeprefix("bgt_")
    if name not in members or len(members[name]) > 1:
        wish = "say which layer to read" if layer is None else f"there is not one layer {layer!r}"
        raise InputError(f"{where}: {wish}. Layers in the archive: {', '.join(sorted(members)) or 'none'}.")
    (member,) = members[name]
    with archives.unpack(path, lambda other: other == member) as folder:
        file = folder / member
        gml.refuse_doctype(file, where)
        try:
            return _frame(_objects(file, where), name)
        except ParseError as error:
            raise InputError(f"{where}: {member} is damaged and nothing of it is used ({error}). Ask for a new copy.") from error


def _members(names: Sequence[str]) -> dict[str, list[str]]:
    """Layer to the members of an archive that hold it."""
    found: dict[str, list[str]] = {}
    for name in names:
        if match := _MEMBER.fullmatch(PurePosixPath(name).name):
            found.setdefault(match[1].lower(), []).append(name)
    return found


def _frame(objects: Iterator[dict[str, object]], name: str) -> gpd.GeoDataFrame:
    """Layer of the objects that are current."""
    rows, old = [], 0
    for row in objects:
        if row.pop("eindRegistratie", None) or row.pop("terminationDate", None):
            old += 1
        else:
            row.pop("terminationDate", None)
            rows.append(row)
    geometry = [row.pop("geometry", None) for row in rows]
    table = pd.DataFrame(rows, index=range(len(rows)), dtype="object")
    columns = list(dict.fromkeys([*COMMON, *COLUMNS.get(name, ()), *table.columns]))
    table = table.reindex(columns=columns).astype("object")
    level = "relatieveHoogteligging"
    table[level] = pd.to_numeric(table[level], errors="coerce").astype("Int64")
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(geometry, index=table.index, crs=CRS))
    frame.attrs["not_selected"] = old
    return frame


def _objects(file: Path, where: str) -> Iterator[dict[str, object]]:
    """Objects of a file one after the other, so that it need not fit into memory as a tree."""
    path: list[Element] = []
    for event, element in iterparse(file, events=("start", "end")):  # noqa: S314  (a DOCTYPE was refused)
        if event == "start":
            path.append(element)
            if len(path) == 1 and gml.local(element.tag) != "CityModel":
                raise InputError(f"{where}: is no CityGML/IMGeo but {gml.local(element.tag)!r}. Ask for the delivery as CityGML.")
            continue
        path.pop()
        if len(path) == 1:  # a cityObjectMember
            yield from (_object(found, where) for found in element)
            path[0].clear()


def _object(element: Element, where: str) -> dict[str, object]:
    """Columns of an object: its simple properties under their own names, its identity and its outline."""
    row: dict[str, object] = {"gml_id": next((value for key, value in element.attrib.items() if gml.local(key) == "id"), None)}
    for child in element:
        name = gml.local(child.tag)
        if name.startswith("geometrie2d"):
            row["geometry"] = _outline(child, where)
        elif name == "identificatie":
            row |= {gml.local(part.tag): _text(part) for part in child.iter() if not len(part)}
        elif not len(child) and (text := _text(child)) is not None:
            row[name] = text
    return row


def _outline(child: Element, where: str) -> shapely.Geometry | None:
    for part in child.iter():
        system = part.get("srsName")
        code = _SYSTEM.search(system) if system is not None else None
        if system is not None and (code is None or code[1] not in _FLAT_SYSTEMS):
            raise CrsError(f"{where}: a geometry is in {system!r}; BGT/IMGeo is in {CRS}. Ask for a delivery in {CRS}.")
    shapes = [gml.read_geometry(part) for part in child]
    return shapes[0] if len(shapes) == 1 else None


def _text(element: Element) -> str | None:
    return (element.text or "").strip() or None
