"""A city as A11yJSON: stops, parking and entrances as places; ramps and controls as equipment.

One JSON document with two lists, ``places`` and ``equipment``, whose items follow the PlaceInfo and EquipmentInfo of A11yJSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.exchange import facts
from toegankelijk.findings import Findings
from toegankelijk.groups import GROUPS

VERSION = "31.1.0"
"""Version of A11yJSON that the documents follow."""

PROFILES: Mapping[str, frozenset[str]] = MappingProxyType(
    {"wheelchair": frozenset({"ROL"}), "mobilityImpairment": GROUPS["physical"], "visualImpairment": GROUPS["visual"]}
)
"""Properties of a personal profile to the user groups of the norm."""

CATEGORIES: Mapping[str, str] = MappingProxyType(
    {"stop": "public_transport", "car_park": "parking", "parking_bay": "parking", "entrance": "entrance"}
)
"""Kinds of objects that are places, and their category."""

EQUIPMENT = ("ramp", "control")
"""Kinds of objects that are equipment."""


def write_a11yjson(findings: Findings, path: str | Path) -> facts.Exported:
    """Write a screened city as A11yJSON.

    Parameters
    ----------
    findings
        What was found; its city is what is written.
    path
        JSON file to write.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from toegankelijk import sample_city, screen
    >>> with TemporaryDirectory() as folder:
    ...     write_a11yjson(screen(sample_city()).findings, f"{folder}/city.json").written
    {'places': 20, 'equipment': 7}
    """
    city = findings.city
    told = facts.verdicts(findings, PROFILES, [*CATEGORIES, *EQUIPMENT])
    places = [_place(item, told) for kind in CATEGORIES for item in _items(city, kind)]
    equipment = [found for kind in EQUIPMENT for item in _items(city, kind) if (found := _equipment(item, told))]
    source = {"name": city.name, "attribution": city.settings.get("attribution", ""), "norm": f"{findings.norm.name}"}
    document = {"generator": facts.program(), "source": facts.known(source), "places": places, "equipment": equipment}
    facts.put(Path(path), facts.as_json(document))
    there = {kind: sum(_is(item, kind) for item in (*places, *equipment)) for kind in city.layers}
    left_out = {kind: len(layer) - there[kind] for kind, layer in sorted(city.layers.items()) if len(layer) > there[kind]}
    return facts.Exported(Path(path), {"places": len(places), "equipment": len(equipment)}, left_out)


def _is(item: Mapping[str, Any], kind: str) -> bool:
    return bool(item["properties"]["ids"]["kind"] == kind)


class _Item:
    """One object, and what is surely known of it."""

    def __init__(self, kind: str, key: str, shape: shapely.Point, values: Mapping[str, Any]) -> None:
        self.kind, self.key, self.shape, self.values = kind, key, shape, values

    def length(self, attribute: str) -> dict[str, Any] | None:
        return self._quantity(attribute, {"m": "meter", "cm": "cm"}[schema.attributes()[attribute].unit])

    def truth(self, attribute: str) -> bool | None:
        return facts.truth(self.values.get(attribute, np.nan))

    def count(self, attribute: str) -> int | None:
        value = self.values.get(attribute, np.nan)
        return None if np.isnan(value) else int(value)

    def slope(self, attribute: str) -> dict[str, Any] | None:
        """A slope as an angle: the only unit of slopes there."""
        value = self.values.get(attribute, np.nan)
        return None if np.isnan(value) else {"value": round(float(np.degrees(np.arctan(value / 100))), 2), "unit": "deg"}

    def _quantity(self, attribute: str, unit: str) -> dict[str, Any] | None:
        value = self.values.get(attribute, np.nan)
        return None if np.isnan(value) else {"value": round(float(value), 3), "unit": unit}


_READ = {
    "stop": ("shelter", "bench", "guide_to_tile", "boarding_tile"),
    "car_park": ("bay_count", "reserved_count"),
    "parking_bay": ("bay_width", "bay_length", "sign", "bay_entrance_distance"),
    "entrance": ("entrance_step",),
    "ramp": ("ramp_slope", "ramp_width", "intermediate_landing", "handrail_present"),
    "control": ("push_button", "ticket_machine", "control_height"),
}


def _items(city: schema.City, kind: str) -> Iterator[_Item]:
    layer: gpd.GeoDataFrame | None = city.layers.get(kind)
    if layer is None or layer.empty:
        return
    shapes = facts.in_degrees(shapely.point_on_surface(layer.geometry.to_numpy()), city.crs)
    numbers = {name: facts.exact(layer, name).to_numpy() for name in _READ[kind]}
    texts = {name: schema.texts(layer, name).astype("str").to_numpy() for name in schema.TEXT_COLUMNS}
    for row, key in enumerate(layer.index):
        values = {name: column[row] for name, column in {**numbers, **texts}.items()}
        yield _Item(kind, str(key), shapes[row], values)


def _shell(item: _Item, properties: Mapping[str, Any]) -> dict[str, Any]:
    ids = {"ids": {"kind": item.kind, "object_id": item.key}, "originalId": item.key}
    point = {"type": "Point", "coordinates": [item.shape.x, item.shape.y]}
    return {"formatVersion": VERSION, "geometry": point, "properties": {**facts.known(properties), **ids}}


def _profiles(item: _Item, told: pd.DataFrame) -> dict[str, bool]:
    """For whom it is right, and for whom it is not; nobody of whom it is unknown."""
    said = {name: facts.verdict_of(told, item.kind, item.key, name) for name in PROFILES}
    return {name: verdict == "meets" for name, verdict in said.items() if verdict}


def _place(item: _Item, told: pd.DataFrame) -> dict[str, Any]:
    accessibility = {"accessibleWith": _profiles(item, told), **_ABOUT[item.kind](item)}
    name, street = item.values["name"], item.values["street"]
    properties = {
        "category": CATEGORIES[item.kind],
        "name": {"und": name} if name else None,
        "address": {"street": {"und": street}} if street else None,
        "accessibility": facts.known(accessibility),
    }
    return _shell(item, properties)


def _stop(item: _Item) -> dict[str, Any]:
    return {"hasTactileGuideStrips": item.truth("guide_to_tile")}


def _car_park(item: _Item) -> dict[str, Any]:
    reserved = facts.known({"count": item.count("reserved_count")})
    return {"parking": facts.known({"count": item.count("bay_count"), "forWheelchairUsers": reserved})}


def _bay(item: _Item) -> dict[str, Any]:
    size = {"width": item.length("bay_width"), "length": item.length("bay_length"), "hasDedicatedSignage": item.truth("sign")}
    distance = {"distanceToEntrance": item.length("bay_entrance_distance")}
    return {"parking": {"forWheelchairUsers": {"count": 1, **facts.known({**size, **distance})}}}


def _entrance(item: _Item) -> dict[str, Any]:
    step = item.values["entrance_step"]
    level = None if np.isnan(step) else bool(step == 0)
    door = facts.known({"thresholdHeight": item.length("entrance_step")})
    found = facts.known({"isLevel": level, "door": door})
    return {"entrances": [{"properties": found}] if found else None}


_ABOUT = {"stop": _stop, "car_park": _car_park, "parking_bay": _bay, "entrance": _entrance}


def _equipment(item: _Item, told: pd.DataFrame) -> dict[str, Any] | None:
    if item.kind == "ramp":
        said = facts.verdict_of(told, item.kind, item.key, "wheelchair")
        usable = None if said is None else said == "meets"
        landings = item.truth("intermediate_landing")
        return _shell(item, {"category": "ramp", "hasLandings": landings, "isAccessibleWithWheelchair": usable})
    sort = {(True, False): "switch", (False, True): "ticketVendingMachine"}
    category = sort.get((bool(item.truth("push_button")), bool(item.truth("ticket_machine"))))
    if category is None:  # the list of categories has nothing for other devices
        return None
    return _shell(item, {"category": category, "heightOfControls": item.length("control_height")})
