"""Inventory: objects that an earlier screening knew and a delivery lacks stay in the count, and nothing is known of them.

Without it a score can only be about what is delivered, and leaving out what fails would raise it.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import crs as systems
from toegankelijk import schema
from toegankelijk.errors import InputError
from toegankelijk.keys import key_texts

BESIDE = 2.0
"""Metres from a narrowing within which a thing that a delivery lacks may have made it."""

SOURCE = "inventory"
"""What the column ``source`` says of an object that only the inventory knows."""

COLUMNS = ("object_id", "kind", "geometry")
"""Columns that an inventory needs; ``parent_id``, ``street`` and ``name`` are used if they are there."""


def with_inventory(city: schema.City, known: gpd.GeoDataFrame) -> schema.City:
    """Add objects that are known of, but were not delivered, to their layers; nothing else is known of them.

    Pieces of a footway and derived ends of a crossing are matched by their ``parent_id``: they are not missing while their parent
    is there, and pieces whose footway is missing come back as one footway.

    Parameters
    ----------
    city
        Layers as delivered, before anything is derived from them.
    known
        Objects of an earlier screening, such as the layer ``findings`` of its ``screening.gpkg``: columns `COLUMNS`, several rows
        per object allowed; ``parent_id`` is given for derived objects only.

    Returns
    -------
    City
        The same city with the missing objects in its layers, column ``delivered`` false and ``source`` `SOURCE`, and a remark on
        each. Of a kind that was not delivered, the layer then holds what the inventory knows.

    Raises
    ------
    InputError
        The inventory lacks a column, names a kind that there is not, or has no coordinate system.

    Examples
    --------
    >>> from toegankelijk import read_city, sample_city
    >>> city = read_city(sample_city())
    >>> stops = city.layers["stop"]
    >>> known = gpd.GeoDataFrame({"object_id": stops.index, "kind": "stop"}, geometry=stops.geometry.to_numpy(), crs=city.crs)
    >>> fewer = replace(city, layers={**city.layers, "stop": stops.drop("HA-03")})
    >>> layer = with_inventory(fewer, known).layers["stop"]
    >>> layer.index[~layer["delivered"]].tolist()
    ['HA-03']
    """
    known, lost = _checked(known, city)
    objects = _objects(known)
    delivered = {kind: set(layer.index) for kind, layer in city.layers.items()}
    if "road_area" in city.context:  # pavements derived from a road area have it as parent
        delivered.setdefault("footway", set()).update(city.context["road_area"].index)
    named = zip(objects["kind"], objects["object_id"], strict=True)
    lacking = np.array([name not in delivered.get(kind, ()) for kind, name in named], bool)
    missing = objects[lacking & ~_found_anew(objects, lacking, delivered.get("footway", set()))]
    layers = dict(city.layers)
    for kind, group in missing.groupby("kind", sort=True):
        layers[str(kind)] = _joined(layers.get(str(kind)), group, city)
    found = schema.remarks(
        SOURCE,
        missing["object_id"],
        "object_id",
        missing["kind"],
        "an earlier screening knew it and this delivery lacks it; it counts as an object of which nothing is known",
    )
    return replace(city, layers=layers, remarks=schema.all_remarks([city.remarks, lost, found]))


def _checked(known: gpd.GeoDataFrame, city: schema.City) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """One row per object and parent, in the run's coordinate system, sorted; and remarks on rows that cannot be used."""
    if absent := [column for column in COLUMNS if column not in known]:
        raise InputError(f"inventory: no columns {absent}; give the layer 'findings' of an earlier screening.gpkg")
    if known.crs is None:
        raise InputError("inventory: no coordinate system; give the layer 'findings' of an earlier screening.gpkg")
    texts = {column: schema.texts(known, column).astype("str").to_numpy(dtype=object) for column in schema.TEXT_COLUMNS}
    for column in ("object_id", "kind", "parent_id"):
        texts[column] = key_texts(schema.texts(known, column) if column not in known else known[column]).to_numpy()
    table = gpd.GeoDataFrame(pd.DataFrame(texts), geometry=known.geometry.to_numpy(), crs=known.crs)
    again = table.duplicated(["kind", "object_id"]) & (table["object_id"] != "")
    table = table[(table["kind"] != "zone") & ~again]
    if unknown := sorted(set(table["kind"]) - set(schema.kinds())):
        raise InputError(f"inventory: kinds {unknown} are not known; known are {', '.join(schema.kinds())}")
    nowhere = (table.geometry.isna() | table.geometry.is_empty).to_numpy()
    lost = nowhere | (table["object_id"] == "").to_numpy()
    reasons = np.where(nowhere, "no geometry", "no id")[lost]
    words = [f"a row of an earlier screening with {reason}; it is not used" for reason in reasons]
    remarks = schema.remarks(SOURCE, table["object_id"][lost], "object_id", table["kind"][lost], words)
    table = systems.transform(table[~lost], city.crs)[0]
    return table.sort_values(["kind", "object_id"], ignore_index=True), remarks


def _objects(known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Objects as a city would deliver them: pieces joined to their parent, and no derived end while its crossing is known.

    Narrowings are found anew on their footway (column ``on``), so they are missing only with it or with what makes them.
    """
    derived = (known["parent_id"] != "").to_numpy()
    narrow = derived & (known["kind"] == "narrowing").to_numpy()
    piece = derived & ~narrow & (known["kind"] != "crossing_end").to_numpy()
    crossings = known.loc[known["kind"] == "crossing", "object_id"]
    end = derived & ~piece & ~narrow & known["parent_id"].isin(crossings).to_numpy()
    known = known.assign(on=np.where(narrow, known["parent_id"], ""))
    number = known["object_id"].str.extract(r"/(\d+)$", expand=False).astype("float64")
    pieces = known[piece].assign(number=number[piece]).sort_values(["kind", "parent_id", "number"])
    groups = pieces.groupby(["kind", "parent_id"], sort=True)
    parents = groups[list(schema.TEXT_COLUMNS)].first().reset_index().rename(columns={"parent_id": "object_id"})
    shapes = [_one_shape(group.to_numpy()) for _, group in groups["geometry"]]
    whole = gpd.GeoDataFrame(parents.assign(on=""), geometry=np.array(shapes, dtype=object), crs=known.crs)
    table = pd.concat([known[~piece & ~end], whole]) if len(whole) else known[~end]
    return table.sort_values(["kind", "object_id"], ignore_index=True)


def _found_anew(objects: gpd.GeoDataFrame, lacking: np.ndarray, footways: set[str]) -> np.ndarray:
    """Narrowings that measuring finds again: their footway is there, and so is what stood beside them."""
    on = objects["on"].to_numpy(dtype=object)
    there = np.array([name != "" and (name in footways or name.rpartition("/")[0] in footways) for name in on], bool)
    things = lacking & objects["kind"].isin(["obstacle", "rest_place"]).to_numpy()
    shapes = objects.geometry.to_numpy()
    beside = shapely.STRtree(shapes[things]).query(shapes, predicate="dwithin", distance=BESIDE)[0]
    return there & ~np.isin(np.arange(len(objects)), beside)


def _one_shape(pieces: np.ndarray) -> shapely.Geometry:
    """Pieces in their order along the line, as one line again where they touch."""
    if (shapely.get_dimensions(pieces) != 1).any():
        return shapely.union_all(pieces)
    return shapely.line_merge(shapely.multilinestrings(shapely.get_parts(pieces)), directed=True)


def _joined(layer: gpd.GeoDataFrame | None, missing: gpd.GeoDataFrame, city: schema.City) -> gpd.GeoDataFrame:
    """The layer with the missing objects, sorted by id."""
    new = missing.set_index("object_id")[[*schema.TEXT_COLUMNS, "geometry"]].assign(source=SOURCE, accuracy=0.0, delivered=False)
    if layer is None:  # nobody delivered it, so nothing follows from what it lacks
        return gpd.GeoDataFrame(new.assign(complete=False), geometry="geometry", crs=city.crs)
    if layer.empty:
        return gpd.GeoDataFrame(new.assign(complete=schema.is_complete(layer)), geometry="geometry", crs=city.crs)
    if "complete" in layer:
        new = new.assign(complete=schema.is_complete(layer))
    both = pd.concat([layer.assign(delivered=True), new])
    return gpd.GeoDataFrame(both.sort_index().rename_axis("object_id"), geometry="geometry", crs=city.crs)
