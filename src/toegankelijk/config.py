"""The form of ``city.toml``: which source gives which kind, and how its columns become attributes."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from toegankelijk import schema
from toegankelijk.errors import ConfigError

MAX_BYTES = 1 << 20
"""Largest city.toml that is read."""

MAX_LINE = 20_000
"""Longest line of it."""

MAX_PATH = 1000
"""Longest path in it."""

_PATHS = ("source", "inventory", "profile", "meanings")
_ADDRESS = re.compile(r"/vsi|[A-Za-z][\w+.-]+:")


SELDOM_COMPLETE = ("tactile", "entrance", "parking_bay")
"""Kinds of which layers seldom hold all there is, so that a city has to say so."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Table):
    """Where an attribute comes from: a column with its unit and codes, or one value for all rows.

    Of several columns the codes are those of their values together, joined by ``|`` (nothing where a value is missing).
    """

    column: str | tuple[str, ...] | None = None
    value: str | float | bool | None = None
    unit: str | None = None
    codes: dict[str, str] | str = Field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the source."""
        return (self.column,) if isinstance(self.column, str) else self.column or ()


def _column(given: Any) -> Any:
    return {"column": given} if isinstance(given, str) else given


Columns = dict[str, Annotated[Column, BeforeValidator(_column)]]


class Join(_Table):
    """Columns of another table, by the column ``on`` of the layer and the column ``key`` of the table (if left out, the same)."""

    source: Path
    layer: str | None = None
    on: str
    key: str | None = None


class Place(_Table):
    """Where data stands: a file relative to city.toml, or a PostGIS database whose address an environment variable holds.

    ``crs`` is the coordinate system of a file that does not say it; ``coordinates`` names the columns of a table in text.
    """

    source: Path | None = None
    postgis: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    crs: str | None = None
    coordinates: tuple[str, ...] | None = None

    @property
    def place_name(self) -> str:
        """File or variable, for messages."""
        return str(self.source) if self.source is not None else f"${self.postgis}"


class Source(Place):
    """A layer of a place."""

    layer: str | None = None
    id: str | None = None
    where: dict[str, list[str]] = Field(default_factory=dict)
    join: tuple[Join, ...] = ()


class Layer(Source):
    """A layer with objects of one kind.

    ``complete`` is false where the layer holds only part of what there is, so that nothing follows from an object's absence; it
    is true if not said, but for `SELDOM_COMPLETE`. ``optional`` columns may be absent, as deliveries of a register differ.
    ``drawn`` is ``axis`` for crossings drawn from the middle of one pavement to that of the other.
    """

    kind: str
    drawn: Literal["pavement", "walkway", "axis"] = "pavement"
    complete: bool | None = None
    optional: bool = False
    accuracy: float = Field(default=0.0, ge=0.0)
    date: datetime.date | None = None
    columns: Columns = Field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether the layer holds all there is."""
        return self.kind not in SELDOM_COMPLETE if self.complete is None else self.complete


class Register(Place):
    """A delivery of a register, read by its map: layers and columns under the register's own names.

    ``map`` is a bundled map or a TOML file; ``layers`` gives the names in this delivery where they differ from the map's.
    """

    map: str
    layers: dict[str, str] = Field(default_factory=dict)
    kinds: tuple[str, ...] | None = None
    complete: bool | None = None
    accuracy: float | None = Field(default=None, ge=0.0)
    date: datetime.date | None = None


class Observations(Place):
    """What was observed of objects at a date: a survey form that came back, inspections, labels of pictures.

    ``form`` is ``long`` (columns ``attribute`` and ``value``), ``wide`` (a column per attribute), or ``labels`` (points with a
    type, read by the table in ``meanings``); if not said, what its columns look like. Without ``layer`` all layers of a file are
    read.
    """

    layer: str | None = None
    form: Literal["long", "wide", "labels"] | None = None
    kind: str | None = None
    id: str | None = None
    attribute: str | None = None
    value: str | None = None
    unit: str | None = None
    date: str | datetime.date | None = None
    origin: str | None = None
    columns: Columns | None = None
    meanings: Path | None = None


class Terrain(_Table):
    """A raster with heights of the ground; ``accuracy`` is how far a height may be off, in metres."""

    source: Path
    accuracy: float = Field(gt=0.0)
    crs: str | None = None


class Zones(Source):
    """Woonzorgzones; ``level`` names the column that gives a whole zone one level."""

    name: str | None = None
    level: str | None = None
    columns: Columns = Field(default_factory=dict)


class Areas(Source):
    """Level areas inside the zones."""

    zone: str
    level: str
    approved: str | None = None


class District(Source):
    """Another division of the city to report by."""

    name: str | None = None


class Draft(_Table):
    """Assumed zones, where the city has none yet; ``auto`` is circles round care anchors if there are any, else a grid."""

    zones: Literal["auto", "circles", "grid"] = "auto"
    cell: float = Field(default=500.0, gt=0.0)
    level: Literal["A", "B", "C"] = "B"


class Osm(_Table):
    """A raw OSM extract, read through the tag table; ``complete`` is true where all pavements are known to be mapped."""

    source: Path
    kinds: list[str] | None = None
    accuracy: float = Field(default=0.5, ge=0.0)
    complete: bool = False
    date: datetime.date | None = None


class About(_Table):
    """Name of the city, its coordinate system (``auto``: the usual one of the place), and the date and origin of its data."""

    name: str = ""
    attribution: str = ""
    crs: str | None = None
    date: datetime.date | None = None


class Planning(_Table):
    """Years in which the terms end."""

    KT: int = Field(default=2028, ge=2000, le=2200)
    MLT: int = Field(default=2031, ge=2000, le=2200)
    LT: int = Field(default=2037, ge=2000, le=2200)


class Scores(_Table):
    """Shares (0 to 1) that scores go by, and weights of themes; what is not given is the profile's, or the default."""

    profile: Path | None = None
    coverage_floor: float | None = Field(default=None, ge=0.0, le=1.0)
    required_share: float | None = Field(default=None, gt=0.0, le=1.0)
    theme_weights: dict[str, Annotated[float, Field(ge=0.0, allow_inf_nan=False)]] = Field(default_factory=dict)


class NormChoice(_Table):
    """The norm to judge by: a bundled name, or a folder relative to city.toml."""

    source: str


class CityConfig(_Table):
    """A whole city.toml."""

    city: About = Field(default_factory=About)
    zones: Zones | None = None
    areas: Areas | None = None
    draft: Draft | None = None
    districts: dict[str, District] = Field(default_factory=dict)
    layers: list[Layer] = Field(default_factory=list)
    osm: list[Osm] = Field(default_factory=list)
    registers: list[Register] = Field(default_factory=list)
    terrain: Terrain | None = None
    observations: list[Observations] = Field(default_factory=list)
    norm: NormChoice | None = None
    inventory: Path | None = None
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    planning: Planning = Field(default_factory=Planning)
    scores: Scores = Field(default_factory=Scores)


def load_config(path: Path) -> CityConfig:
    """Read a city.toml and check it as a whole.

    Raises
    ------
    ConfigError
        The file is not there, is no TOML, or has faults; all of them are listed with their place.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a city.toml or an OSM extract")
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes; a city.toml holds no data")
    if max(map(len, raw.splitlines()), default=0) > MAX_LINE:
        raise ConfigError(f"{path}: a line is longer than {MAX_LINE} bytes; a city.toml holds no data")
    try:
        given = tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
    if faults := _path_faults(given):
        raise ConfigError(f"{path}: {len(faults)} faults", faults)
    try:
        config = CityConfig.model_validate(given)
    except ValidationError as error:
        faults = [*_form_faults(error), *_other_faults(given, error)]
        raise ConfigError(f"{path}: {len(faults)} faults", faults) from error
    if faults := _faults(config):
        raise ConfigError(f"{path}: {len(faults)} faults", faults)
    return config


def _path_faults(given: Any, place: str = "") -> list[str]:
    """Places where an address, or what cannot be a path, stands instead of a path; what stands there may hold a password."""
    if isinstance(given, list):
        return [fault for number, part in enumerate(given, 1) for fault in _path_faults(part, f"{place}[{number}]")]
    if not isinstance(given, dict):
        return []
    faults = []
    for name, value in given.items():
        here = f"{place}.{name}".removeprefix(".")
        if name not in _PATHS or not isinstance(value, str):
            faults += _path_faults(value, here)
        elif _ADDRESS.match(value):
            faults.append(
                f"{here}: only files on this computer are read; save a copy and give its path (what stands there is an address)"
            )
        elif not value.strip() or len(value) > MAX_PATH or not value.isprintable():
            faults.append(
                f"{here}: is no path of a file; it is empty, longer than {MAX_PATH} characters, or holds signs that nobody sees"
            )
    return faults


def _form_faults(error: ValidationError) -> list[str]:
    """Faults of form with their place; tables in a list are counted from 1."""
    faults = []
    for fault in error.errors():
        place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).removeprefix(".")
        secret = fault["loc"][-1] == "postgis"  # an address with a password, where the name of a variable belongs
        given = "" if secret or isinstance(fault["input"], dict | list) else f" (given: {fault['input']!r})"
        faults.append(f"{place}: {fault['msg']}{given}")
    return faults


def _other_faults(given: Mapping[str, Any], error: ValidationError) -> list[str]:
    """Faults of meaning in the layers whose form is right, when that of others is not."""
    wrong = {fault["loc"][:2] for fault in error.errors()}
    if any(place[0] == "codes" or place == ("layers",) for place in wrong):
        return []
    layers = enumerate(given.get("layers", ()))
    sound = [(i, Layer.model_validate(layer)) for i, layer in layers if ("layers", i) not in wrong]
    return [fault for i, layer in sound for fault in _layer_faults(i + 1, layer, given.get("codes", {}))]


def _faults(config: CityConfig) -> list[str]:
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
    for i, osm in enumerate(config.osm, 1):
        unknown = sorted(set(osm.kinds or ()) - {*schema.kinds(), *schema.context_kinds()})
        faults += [f"osm[{i}]: kind {kind!r} is not known" for kind in unknown]
    return faults


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
    known = {*schema.TEXT_COLUMNS, "parent_id"}
    if kind in schema.kinds():
        known |= set(schema.attributes_of(kind))
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
