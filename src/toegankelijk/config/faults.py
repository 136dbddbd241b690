"""What can be wrong with a ``city.toml``: all faults, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from toegankelijk import schema
from toegankelijk.config.forms import CityConfig, Columns, Layer, Place

MAX_PATH = 1000
"""Longest path in it."""

_PATHS = ("source", "inventory", "profile", "meanings", "profile_table", "purpose_table")
_ADDRESS = re.compile(r"/vsi|[A-Za-z][\w+.-]+:")


def path_faults(given: Any, place: str = "") -> list[str]:
    """Places where an address, or what cannot be a path, stands instead of a path; what stands there may hold a password."""
    if isinstance(given, list):
        return [fault for number, part in enumerate(given, 1) for fault in path_faults(part, f"{place}[{number}]")]
    if not isinstance(given, dict):
        return []
    faults = []
    for name, value in given.items():
        here = f"{place}.{name}".removeprefix(".")
        if name not in _PATHS or not isinstance(value, str):
            faults += path_faults(value, here)
        elif _ADDRESS.match(value):
            faults.append(
                f"{here}: only files on this computer are read; save a copy and give its path (what stands there is an address)"
            )
        elif not value.strip() or len(value) > MAX_PATH or not value.isprintable():
            faults.append(
                f"{here}: is no path of a file; it is empty, longer than {MAX_PATH} characters, or holds signs that nobody sees"
            )
    return faults


def form_faults(error: ValidationError) -> list[str]:
    """Faults of form with their place; tables in a list are counted from 1."""
    faults = []
    for fault in error.errors():
        place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).removeprefix(".")
        secret = fault["loc"][-1] == "postgis"  # an address with a password, where the name of a variable belongs
        given = "" if secret or isinstance(fault["input"], dict | list) else f" (given: {fault['input']!r})"
        faults.append(f"{place}: {fault['msg']}{given}")
    return faults


def other_faults(given: Mapping[str, Any], error: ValidationError) -> list[str]:
    """Faults of meaning in the layers whose form is right, when that of others is not."""
    wrong = {fault["loc"][:2] for fault in error.errors()}
    if any(place[0] == "codes" or place == ("layers",) for place in wrong):
        return []
    layers = enumerate(given.get("layers", ()))
    sound = [(i, Layer.model_validate(layer)) for i, layer in layers if ("layers", i) not in wrong]
    return [fault for i, layer in sound for fault in _layer_faults(i + 1, layer, given.get("codes", {}))]


def meaning_faults(config: CityConfig) -> list[str]:
    """What is wrong although it has the right form."""
    faults = []
    if not config.layers and not config.osm and not config.registers:
        faults.append("no [[layers]], no [[registers]] and no [[osm]]: nothing to screen")
    if config.zones and config.draft:
        faults.append("[zones] and [draft]: give one of them")
    if config.areas and not config.zones:
        faults.append("[areas] needs [zones]")
    if config.zones and not config.areas and not config.zones.level:
        faults.append("zones: give `level` (a column with the level of the whole zone), or [areas] with level areas")
    for i, layer in enumerate(config.layers, 1):
        faults += _layer_faults(i, layer, config.codes)
    for i, register in enumerate(config.registers, 1):
        faults += _place_faults(f"registers[{i}] ({register.map})", register)
    for i, observed in enumerate(config.observations, 1):
        faults += _place_faults(f"observations[{i}]", observed)
    if config.zones:
        faults += _place_faults("zones", config.zones)
        faults += _column_faults(config.zones.columns, "zone", "zones", config.codes)
    if config.areas:
        faults += _place_faults("areas", config.areas)
    for name, district in config.districts.items():
        faults += _place_faults(f"districts.{name}", district)
    if unknown_themes := sorted(set(config.scores.theme_weights) - set(schema.THEMES)):
        faults.append(f"scores.theme_weights: themes {unknown_themes} are not known; known are {', '.join(schema.THEMES)}")
    faults += _division_faults(config)
    for i, osm in enumerate(config.osm, 1):
        unknown = sorted(set(osm.kinds or ()) - {*schema.kinds(), *schema.context_kinds()})
        faults += [f"osm[{i}]: kind {kind!r} is not known" for kind in unknown]
    return faults


def _division_faults(config: CityConfig) -> list[str]:
    """Divisions of the plan that the city does not have."""
    known = {"zone", *config.districts}
    reserved = ["districts.zone: the name is that of the zones; give it another"] if "zone" in config.districts else []
    return reserved + [
        f"planning.{name}: {division!r} is no division; known are {', '.join(sorted(known))}"
        for name in ("minimum", "weight")
        for division in getattr(config.planning, name)
        if division not in known
    ]


def _layer_faults(i: int, layer: Layer, codes: dict[str, dict[str, str]]) -> list[str]:
    where = f"layers[{i}] ({layer.kind})"
    drawn = layer.drawn == "axis" and layer.kind != "crossing"
    faults = [f"{where}: drawn = 'axis' says how crossings are drawn, and this is no layer of them"] if drawn else []
    return [*_place_faults(where, layer), *faults, *kind_faults(layer.kind, layer.columns, where, codes)]


def kind_faults(kind: str, columns: Columns, where: str, codes: dict[str, dict[str, str]]) -> list[str]:
    """What is wrong with the kind and the columns of a layer, each with its place."""
    if kind not in (*schema.kinds(), *schema.context_kinds()):
        return [f"{where}: kind must be one of {', '.join([*schema.kinds(), *schema.context_kinds()])}"]
    return _column_faults(columns, kind, where, codes)


def _place_faults(where: str, place: Place) -> list[str]:
    faults = []
    if (place.source is None) == (place.postgis is None):
        faults.append(f"{where}: give `source` (a file) or `postgis` (an environment variable)")
    if place.coordinates is not None and len(place.coordinates) not in (1, 2):
        faults.append(f"{where}: `coordinates` names the columns with x and y, or the one with well-known text")
    return faults


def _column_faults(columns: Columns, kind: str, where: str, codes: dict[str, dict[str, str]]) -> list[str]:
    faults = []
    known = {*schema.TEXT_COLUMNS, "parent_id", *schema.attributes_of(kind)}
    if kind == "crossing":  # a crossing may say what holds for both its ends
        known |= set(schema.attributes_of("crossing_end"))
    for name, column in columns.items():
        if name not in known:
            faults.append(f"{where}.columns: {name!r} is no attribute of {kind}; known are {', '.join(sorted(known))}")
        if (column.column is None) == (column.value is None):
            faults.append(f"{where}.columns.{name}: give `column` or `value`")
        if isinstance(column.column, tuple) and not column.codes:
            faults.append(f"{where}.columns.{name}: several columns need `codes`: their values joined by | and what that means")
        if isinstance(column.codes, str) and column.codes not in codes:
            faults.append(f"{where}.columns.{name}: no [codes.{column.codes}] in this file")
    return faults
