"""OpenStreetMap files to layers; what makes an element an object stands in the table of `toegankelijk.io.osm_tags`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.errors import InputError, missing_extra
from toegankelijk.io.gml import refuse_doctype
from toegankelijk.io.osm_tags import TagRow, Tags, delivered_kinds, read_tag_table, read_values

SUFFIXES = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf")
"""Endings of the files that can be read."""

_UNKNOWN_PLACE, _METRES_PER_DEGREE = 2**31 - 1, 111_320  # coordinate of a node that is not in the file


@dataclass
class _Elements:
    """What was read of a file, one entry per element in each list, and the elements that become objects of each kind.

    Nodes have one point in ``refs``, lines all theirs, areas none. ``candidates`` holds per row of the table the elements whose
    shape and tags fit it; ``outlines`` the ways and relations that should give an area, with such a row, and ``complete`` those
    that did; ``points`` per kind which of its objects lie at a point; ``cut`` the lines of which points are missing; ``aside``
    per kind the elements that a remark tells are not objects of it.
    """

    ids: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    tags: list[Tags] = field(default_factory=list)
    refs: list[list[int]] = field(default_factory=list)
    geometry: list[Any] = field(default_factory=list)
    candidates: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    outlines: dict[str, int] = field(default_factory=dict)
    complete: set[str] = field(default_factory=set)
    members: dict[str, dict[int, None]] = field(default_factory=lambda: defaultdict(dict))
    points: dict[str, dict[int, list[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    cut: dict[int, str] = field(default_factory=dict)
    aside: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    remarks: list[pd.DataFrame] = field(default_factory=list)

    def append(self, object_id: str, shape: str, tags: Tags, *, refs: list[int], geometry: Any) -> int:
        """Add an element; its place in the lists."""
        self.ids.append(object_id)
        self.shapes.append(shape)
        self.tags.append(tags)
        self.refs.append(refs)
        self.geometry.append(geometry)
        return len(self.ids) - 1

    def enrol(self, kind: str, place: int) -> None:
        """Make an element an object of a kind."""
        self.members[kind][place] = None
        for ref in self.refs[place]:
            self.points[kind][ref].append(place)

    def remark(self, kind: str, object_id: str, reason: str, *, attribute: str = "", raw: str = "") -> None:
        """Say of an object what was set aside or repaired; groups are not delivered, so nothing is said of them."""
        if kind[0] != "(":
            self.remarks.append(schema.remarks(kind, [object_id], attribute, raw, reason))

    def set_aside(self, kind: str, place: int, reason: str, *, raw: str) -> None:
        """Keep an element out of a kind for good."""
        self.aside[kind].add(place)
        self.remark(kind, self.ids[place], reason, raw=raw)

    def sharing(self, place: int, kind: str) -> list[int]:
        """Objects of a kind, other than the element itself, that share a point with it; a node shares points with lines only."""
        points = self.points[kind]
        found = dict.fromkeys(other for ref in self.refs[place] if ref in points for other in points[ref])
        line = self.shapes[place] == "line"
        return [other for other in found if other != place and (line or self.shapes[other] == "line")]


def read_osm(path: Path) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame]:
    """Layers from an OpenStreetMap file.

    Parameters
    ----------
    path
        An ``.osm``, ``.osm.gz``, ``.osm.bz2`` or ``.osm.pbf`` file.

    Returns
    -------
    layers : dict
        Kind to layer, in EPSG:4326, for every kind of the tag table, also for those without objects. Index ``object_id``: ``n``,
        ``w`` or ``r`` for node, way or relation, and its number; one element may be an object of several kinds. Columns ``name``,
        ``street``, ``parent_id`` (of a crossing end: its crossing) and the attributes in the units of the schema. Crossings have
        a column ``axis_to_axis``: true for a line that does not run from kerb to kerb, and so is longer than the crossing.
    remarks : DataFrame
        What was set aside or not understood.

    Raises
    ------
    InputError
        The file is not there, has another ending, or is damaged.
    MissingExtraError
        The package osmium is not installed.
    """
    path = Path(path)
    if not path.name.lower().endswith(SUFFIXES):
        raise InputError(f"{path.name} is not an OpenStreetMap file that can be read; its name must end in {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise InputError(f"there is no file {path}; check the path")
    rows = read_tag_table()
    elements = _read_elements(path, rows)
    for place, row in enumerate(rows):
        if not row.attribute and row.kind != "*":
            _enrol(place, row, elements)
    layers = {kind: _layer(kind, elements, rows) for kind in delivered_kinds(rows)}
    layers["crossing_end"]["parent_id"] = _parents("crossing_end", "crossing", elements)
    layers["crossing"]["axis_to_axis"] = _axis_to_axis("crossing", "crossing_end", elements)
    return layers, schema.all_remarks(elements.remarks)


def _read_elements(path: Path, rows: Sequence[TagRow]) -> _Elements:
    """All elements whose shape and tags fit a row."""
    try:
        import osmium
    except ImportError as error:
        raise missing_extra("osmium", "osm", "Reading OpenStreetMap files") from error
    everywhere = next(row for row in rows if row.kind == "*" and not row.attribute)
    by_key = defaultdict(list)
    for place, row in enumerate(rows):
        if not row.attribute and row is not everywhere:
            by_key[row.where[0][0]].append(place)
    wanted = {row.tag for row in rows} | {key for row in rows for key, _, _ in row.where}
    keys, outline_of = osmium.filter.KeyFilter(*by_key), osmium.geom.WKBFactory().create_multipolygon
    elements = _Elements()
    try:
        if not path.name.lower().endswith(".pbf"):
            refuse_doctype(path, "a text in XML")
        item: Any
        for item in osmium.FileProcessor(str(path)).with_locations().with_areas(keys).with_filter(keys):
            tags = {tag.k: tag.v for tag in item.tags if tag.k in wanted}
            if item.is_area() and not item.from_way():
                tags["type"] = "multipolygon"  # which the area of a relation does not repeat
            if everywhere.fits(tags) and not item.deleted:
                fitting = [place for key in tags if key in by_key for place in by_key[key] if rows[place].fits(tags)]
                if fitting:
                    _add(item, tags, fitting, rows=rows, elements=elements, outline_of=outline_of)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        advice = f"sort it with: osmium sort {path.name} -o sorted.osm.pbf" if "out of order" in str(error) else "deliver it anew"
        raise InputError(f"{path} cannot be read as an OpenStreetMap file ({error}); {advice}") from error
    for object_id, number in elements.outlines.items():
        if object_id not in elements.complete:
            elements.remark(
                rows[number].kind, object_id, "the outline is not closed, crosses itself or is not wholly in the file"
            )
    _build_geometry(elements)
    return elements


def _add(
    item: Any,
    tags: Tags,
    fitting: Sequence[int],
    *,
    rows: Sequence[TagRow],
    elements: _Elements,
    outline_of: Callable[[Any], str],
) -> None:
    """Keep an element for the rows that fit its shape too."""
    letter = item.type_str()
    shapes = {"n": ("node",), "w": ("line", "joint")}.get(letter, ("area",))
    chosen = [place for place in fitting if not set(rows[place].elements).isdisjoint(shapes)]
    object_id = f"{letter}{item.id}"
    if letter in "wr":
        areas = [place for place in fitting if "area" in rows[place].elements]
        if letter == "w" and not item.is_closed():
            areas = [place for place in areas if place not in chosen]
        if areas and tags.get("type", "multipolygon") == "multipolygon":
            elements.outlines[object_id] = areas[0]
        chosen = [] if letter == "r" else [place for place in chosen if place not in areas]
    if not chosen or (letter == "a" and not item.num_rings()[0]):
        return
    geometry: Any
    if letter == "n":
        refs, geometry = [item.id], shapely.Point(item.location.lon, item.location.lat)
    elif letter == "w":
        refs, geometry = [node.ref for node in item.nodes], [(node.x, node.y) for node in item.nodes]
    else:
        object_id = f"{'w' if item.from_way() else 'r'}{item.orig_id()}"
        elements.complete.add(object_id)
        refs, geometry = [], outline_of(item)
    place = elements.append(object_id, shapes[0], tags, refs=refs, geometry=geometry)
    for row in chosen:
        elements.candidates[row].append(place)


def _build_geometry(elements: _Elements) -> None:
    """Geometries from what was read: points of lines, and well-known binary of areas; None for lines of less than two places."""
    for place, shape in enumerate(elements.shapes):
        if shape == "area":
            outline = shapely.from_wkb(elements.geometry[place])
            elements.geometry[place] = outline.geoms[0] if len(outline.geoms) == 1 else outline
        elif shape == "line":
            points = elements.geometry[place]
            run = _longest_known(points)
            known = points[run]
            elements.refs[place] = elements.refs[place][run]
            elements.geometry[place] = shapely.LineString(np.array(known) / 1e7) if len(set(known)) > 1 else None
            if len(known) < len(points) or elements.geometry[place] is None:
                elements.cut[place] = f"{len(known)} of {len(points)} points known"


def _longest_known(points: Sequence[tuple[int, int]]) -> slice:
    """The longest run of points of a line whose place is known."""
    unknown = [-1, *(place for place, point in enumerate(points) if point[0] == _UNKNOWN_PLACE), len(points)]
    start, end = max(pairwise(unknown), key=lambda gap: gap[1] - gap[0])
    return slice(start + 1, end)


def _enrol(number: int, row: TagRow, elements: _Elements) -> None:
    """Make objects of the elements that fit a row of the table in every respect."""
    closed = elements.members[row.kind].keys() | elements.aside[row.kind]
    chosen = [place for place in elements.candidates[number] if place not in closed]
    for place in chosen:
        if elements.geometry[place] is None:
            elements.set_aside(row.kind, place, "a line without length in this file", raw=elements.cut[place])
    chosen = [place for place in chosen if elements.geometry[place] is not None]
    if "joint" in row.elements:
        chosen = _joints(chosen, row, elements)
    chosen = [place for place in chosen if _is_on(place, row, elements)]
    if row.near:
        chosen = _near(chosen, row, elements)
    for place in chosen:
        elements.enrol(row.kind, place)
        if place in elements.cut:
            reason = "repaired: some points are not in the file; the longest known part is kept"
            elements.remark(row.kind, elements.ids[place], reason, attribute="geometry", raw=elements.cut[place])


def _is_on(place: int, row: TagRow, elements: _Elements) -> bool:
    """Whether an element shares points with what the row asks, and with nothing that it excludes."""
    for kinds in row.on:
        names = kinds.lstrip("!").split("|")
        if kinds[0] == "!":
            if any(place in elements.members[kind] or elements.sharing(place, kind) for kind in names):
                return False
        elif not any(elements.sharing(place, kind) for kind in names):
            return False
    return True


def _joints(lines: Iterable[int], row: TagRow, elements: _Elements) -> list[int]:
    """New elements at the points where lines meet a line of another kind, with the tags of the first."""
    kinds = next(kinds for kinds in row.on if kinds[0] != "!").split("|")
    taken = {elements.ids[place] for place in elements.members[row.kind]}
    found = []
    for place in lines:
        points = dict(zip(elements.refs[place], shapely.points(shapely.get_coordinates(elements.geometry[place])), strict=True))
        for ref, point in points.items():
            met = [other for kind in kinds for other in elements.points[kind].get(ref, []) if other != place]
            if met and f"n{ref}" not in taken:
                taken.add(f"n{ref}")
                found.append(elements.append(f"n{ref}", "node", elements.tags[place], refs=[ref], geometry=point))
    return found


def _near(places: list[int], row: TagRow, elements: _Elements) -> list[int]:
    """Elements that are near an object of a kind; or those that are not, the others telling that object what they know."""
    asked = row.near.split()
    for distance, kind in zip(asked[::2], asked[1::2], strict=True):
        others, excluded = sorted(elements.members[kind]), distance[0] == "!"
        pairs = _within(places, others, float(distance.lstrip("!")), elements)
        close = {place for place, _ in pairs}
        places = [place for place in places if (place in close) != excluded]
        for place, other in pairs if excluded else []:
            elements.tags[other] = elements.tags[place] | elements.tags[other]
            if place not in elements.aside[row.kind]:
                reason = f"the same object as another, less than {distance.lstrip('!')} m away"
                elements.set_aside(row.kind, place, reason, raw=elements.ids[other])
    return places


def _within(places: Sequence[int], others: Sequence[int], distance: float, elements: _Elements) -> list[tuple[int, int]]:
    """Pairs of elements that lie within a distance in metres."""
    if not places or not others:
        return []
    shapes = _in_metres([[elements.geometry[place] for place in chosen] for chosen in (places, others)])
    near, found = shapely.STRtree(shapes[1]).query(shapes[0], predicate="dwithin", distance=distance)
    return [(places[position], others[other]) for position, other in zip(near.tolist(), found.tolist(), strict=True)]


def _in_metres(groups: Sequence[Sequence[Any]]) -> list[Any]:
    """Geometries scaled to about metres, good enough for distances of some metres within a region."""
    latitude = np.mean([shapely.total_bounds(group)[[1, 3]] for group in groups])
    scale = np.array([np.cos(np.radians(latitude)), 1.0]) * _METRES_PER_DEGREE
    return [shapely.transform(np.array(group, dtype=object), lambda points: points * scale) for group in groups]


def _layer(kind: str, elements: _Elements, rows: Sequence[TagRow]) -> gpd.GeoDataFrame:
    """Layer of one kind: attributes by the rows of the table, the first that knows one counting."""
    places = _ordered(kind, elements)
    index = pd.Index([elements.ids[place] for place in places], dtype="object", name="object_id")
    columns: dict[str, Any] = {}
    own = [row for row in rows if row.attribute and row.kind in (kind, "*")]
    tags = [elements.tags[place] for place in places]
    for row in own:
        if row.attribute == "*":
            tags = [_joined(place, row.source, elements) | tags[number] for number, place in enumerate(places)]
    texts = dict.fromkeys(schema.TEXT_COLUMNS, "")
    for name in [*texts, *dict.fromkeys(row.attribute for row in own if row.attribute not in ("*", *texts))]:
        chosen = sorted((row for row in own if row.attribute == name), key=lambda row: row.kind == "*")
        if name in texts:
            columns[name] = _text_column(chosen, tags, index, places=places, elements=elements)
        else:
            columns |= _attribute_columns(chosen, tags, index, places=places, elements=elements)
    geometry = gpd.GeoSeries([elements.geometry[place] for place in places], index=index, crs="EPSG:4326")
    columns["parent_id"] = pd.Series(np.nan, index, dtype=object)
    return gpd.GeoDataFrame(columns, index=index, geometry=geometry)


def _text_column(
    rows: Sequence[TagRow], tags: Sequence[Tags], index: pd.Index, *, places: Sequence[int], elements: _Elements
) -> pd.Series:
    """Text by the rows of the table; several texts of one object joined."""
    column = pd.Series(np.nan, index, dtype=object)
    for row in rows:
        for number, text in _heard(row, np.flatnonzero(column.isna()), tags, places=places, elements=elements).items():
            column.iloc[number] = text.replace(";", " / ") if row.source else text
    return column


def _attribute_columns(
    rows: Sequence[TagRow], tags: Sequence[Tags], index: pd.Index, *, places: Sequence[int], elements: _Elements
) -> dict[str, pd.Series]:
    """Columns of one attribute: its value, and its bounds if a row can give bounds."""
    attribute = schema.attributes()[rows[0].attribute]
    values, missing = (["low", "high"], np.nan) if attribute.type == "number" else (["value"], None)
    known = pd.DataFrame(missing, range(len(index)), values, dtype=object if missing is None else float)
    for row in rows:
        text = _heard(row, np.flatnonzero(known[values[0]].isna()), tags, places=places, elements=elements)
        if text:
            read = read_values(row, pd.Series(text, dtype=object))
            known.loc[read.index, values] = read[values]
            for number, reason in read.loc[read["reason"] != "", "reason"].items():
                elements.remark(rows[0].kind, index[number], reason, attribute=attribute.name, raw=text[number])
    known.index = index
    if attribute.type == "bool":
        return {attribute.name: known["value"].astype("boolean")}
    if attribute.type == "class":
        return {attribute.name: known["value"].fillna(np.nan)}
    exact = known["low"] == known["high"]
    columns = {attribute.name: known["low"].where(exact)}
    if any(row.reads.startswith("a") or any(".." in meaning for meaning in row.codes.values()) for row in rows):
        columns |= {f"{attribute.name}_{side}": known[side].mask(exact) for side in values}
    return columns


def _heard(
    row: TagRow, numbers: Iterable[int], tags: Sequence[Tags], *, places: Sequence[int], elements: _Elements
) -> dict[int, str]:
    """What the tag of a row says of those of the objects that fit it; blank for a row that asks no tag."""
    heard = {}
    for number in numbers:
        place, told = places[number], tags[number]
        if row.fits(told) and (not row.elements or elements.shapes[place] in row.elements) and _is_on(place, row, elements):
            text = (_joined(place, row.source, elements) if row.source else told).get(row.tag) if row.tag else ""
            if text is not None:
                heard[int(number)] = text
    return heard


def _joined(place: int, kind: str, elements: _Elements) -> Tags:
    """Tags of the objects of a kind that share a point with an element, several values separated by ``;``."""
    joined: dict[str, dict[str, None]] = defaultdict(dict)
    for other in elements.sharing(place, kind):
        for key, value in elements.tags[other].items():
            joined[key][value] = None
    return {key: ";".join(values) for key, values in joined.items()}


def _ordered(kind: str, elements: _Elements) -> list[int]:
    """Objects of a kind by type and number, so that the order of the file does not matter."""
    return sorted(elements.members[kind], key=lambda place: (elements.ids[place][0], int(elements.ids[place][1:])))


def _parents(kind: str, parent: str, elements: _Elements) -> list[Any]:
    """Ids of the line of another kind that objects of a kind lie on; of several, the first by number."""
    found = [sorted(elements.sharing(place, parent), key=lambda other: elements.ids[other]) for place in _ordered(kind, elements)]
    return [elements.ids[others[0]] if others else np.nan for others in found]


def _axis_to_axis(kind: str, end: str, elements: _Elements) -> np.ndarray:
    """Whether objects are lines that do not start and end at an object of the other kind."""
    ends = elements.points[end]
    lines = [(elements.shapes[place] == "line", elements.refs[place]) for place in _ordered(kind, elements)]
    return np.array([line and not (refs[0] in ends and refs[-1] in ends) for line, refs in lines], dtype=bool)
