"""The form of a ``city.toml``: its tables and their keys."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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
    """Another division of the city to report by; ``office`` names the column with who manages it."""

    name: str | None = None
    office: str | None = None


class Draft(_Table):
    """Assumed zones, where the city has none yet; ``auto`` is circles round care anchors if there are any, else a grid.

    ``network`` goes by the walking distance from care anchors instead.
    """

    zones: Literal["auto", "circles", "grid", "network"] = "auto"
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
    """Name of the city, its coordinate system (``auto``: the usual one of the place), and the date and origin of its data.

    ``contact`` is who answers questions on letters and work lists: a service with its address, not a person.
    """

    name: str = ""
    contact: str = ""
    attribution: str = ""
    crs: str | None = None
    date: datetime.date | None = None


Term = Annotated[str, Field(pattern=r"^(KT|MLT|LT|2[01]\d\d)$")]
Euros = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Planning(_Table):
    """Years in which the terms end, money per term, and what counts in a plan.

    ``budget`` gives a term or a year an amount in euros, or an amount per service. ``worth`` is what a point is worth that comes
    in that term or year. ``minimum`` is the least share of the money per zone or district, ``weight`` how much what is gained
    there counts; both by the division (``zone``, or the name of one of the ``[districts]``) and its ids.
    """

    KT: int = Field(default=2028, ge=2000, le=2200)
    MLT: int = Field(default=2031, ge=2000, le=2200)
    LT: int = Field(default=2037, ge=2000, le=2200)
    budget: dict[Term, Euros | dict[str, Euros]] = Field(default_factory=dict)
    worth: dict[Term, Share] = Field(default_factory=dict)
    minimum: dict[str, dict[str, Share]] = Field(default_factory=dict)
    weight: dict[str, dict[str, Weight]] = Field(default_factory=dict)


class Network(_Table):
    """The walking network: for which users, the first of whom leads, and where people go.

    The tables take the place of those that come with the package.
    """

    profiles: tuple[str, ...] = ("wheelchair",)
    profile_table: Path | None = None
    purpose_table: Path | None = None


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
    network: Network = Field(default_factory=Network)
    scores: Scores = Field(default_factory=Scores)
