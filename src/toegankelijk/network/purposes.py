"""What people walk to, and how far: a table that a city can replace."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.labels import LANGUAGES
from toegankelijk.norm.tables import MAX_BYTES, parse_table, records

COLUMNS = ("purpose", "kinds", "within_m", "weight", *(f"name_{lang}" for lang in LANGUAGES), "source", "note")
"""Columns of a table of purposes."""


@dataclass(frozen=True)
class Purpose:
    """Something that people walk to.

    Parameters
    ----------
    name
        Short name, such as ``stop``.
    kinds
        Kinds of objects that serve it; each with a true/false attribute that must be true, or with nothing.
    within
        Longest way in metres, from door to door.
    weight
        What it counts for, next to other purposes.
    names
        Name in each of `toegankelijk.labels.LANGUAGES`.
    source
        Where the distance comes from.
    """

    name: str
    kinds: tuple[tuple[str, str], ...]
    within: float
    weight: float
    names: Mapping[str, str]
    source: str


def read_purposes(path: Path | str | None = None) -> Mapping[str, Purpose]:
    """Purposes that come with the package, or those of a city's own table.

    A cell of ``kinds`` holds kinds separated by ``|``; ``stop:bench`` are stops that are known to have a bench.

    Raises
    ------
    ConfigError
        The table has faults; all of them are listed.

    Examples
    --------
    >>> {name: purpose.within for name, purpose in read_purposes().items()}
    {'care': 500.0, 'stop': 500.0, 'shop': 500.0, 'parking': 200.0, 'rest': 150.0}
    """
    if path is None:
        return _bundled()
    file = Path(path)
    if not file.is_file():
        raise ConfigError(f"{file}: no such file; a table of purposes is a CSV with the columns {', '.join(COLUMNS)}")
    with file.open("rb") as stream:
        return _purposes(file.name, stream.read(MAX_BYTES + 1))


@cache
def _bundled() -> Mapping[str, Purpose]:
    return _purposes("purposes", files("toegankelijk").joinpath("data", "network", "purposes.csv").read_bytes())


def _purposes(name: str, raw: bytes) -> Mapping[str, Purpose]:
    table, faults = parse_table(name, raw, COLUMNS)
    rows = {str(place): row for place, row in zip(table.index, records(table), strict=True)}
    if not faults:
        faults = [f"{place}: {fault}" for place, row in rows.items() for fault in _faults(row)]
        names = table["purpose"]
        faults += [f"{name}: purpose {one!r} is there twice" for one in sorted(set(names[names.duplicated()]))]
        faults += [] if rows else [f"{name}: no row"]
    if faults:
        raise ConfigError(f"{name}: {len(faults)} faults", faults)
    return MappingProxyType({row["purpose"]: _purpose(row) for row in rows.values()})


def _purpose(row: Mapping[str, str]) -> Purpose:
    return Purpose(
        name=row["purpose"],
        kinds=tuple((kind, attribute) for kind, _, attribute in (cell.partition(":") for cell in schema.split(row["kinds"]))),
        within=float(row["within_m"]),
        weight=float(row["weight"]),
        names={lang: row[f"name_{lang}"] or row["purpose"] for lang in LANGUAGES},
        source=row["source"],
    )


def _faults(row: Mapping[str, str]) -> Iterator[str]:
    if not row["purpose"].isidentifier():
        yield f"purpose {row['purpose']!r} is no name of letters, digits and _"
    if not row["kinds"]:
        yield "no kinds"
    for cell in schema.split(row["kinds"]):
        kind, _, name = cell.partition(":")
        attribute = schema.attributes().get(name)
        if kind not in {**schema.kinds(), **schema.context_kinds()}:
            yield f"kind {kind!r} is not known"
        elif name and (attribute is None or attribute.type != "bool" or not attribute.belongs_to(kind)):
            yield f"{name!r} is no true/false attribute of {kind}"
    for column in ("within_m", "weight"):
        if not _is_positive(row[column]):
            yield f"{column} {row[column]!r} is not a number above 0"
    if not row["source"]:
        yield "no source"


def _is_positive(cell: str) -> bool:
    try:
        return 0 < float(cell) < math.inf
    except ValueError:
        return False
