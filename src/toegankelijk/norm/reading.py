"""Read a norm folder: CSV tables in, one validated `Norm` out."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import NormError
from toegankelijk.norm.faults import find_faults
from toegankelijk.norm.tables import ATTRIBUTE_COLUMNS, HEADS, KEYS, MAX_BYTES, Norm, compile_rules, parse_table, records


def bundled_norms() -> list[str]:
    """Names of the norms that come with the package."""
    return sorted(entry.name for entry in _bundled().iterdir() if entry.is_dir())


def read_norm(source: str | Path = "vlaanderen") -> Norm:
    """Read and validate a norm: the name of a bundled one, or a folder with its tables.

    A folder holds the tables `HEADS` as CSV, and may hold an ``attributes.csv`` with attributes of its own and a
    ``norm.toml`` with ``name`` and ``version``.

    Raises
    ------
    NormError
        The folder is not there, or its tables have faults; all of them are listed.

    Examples
    --------
    >>> norm = read_norm("vlaanderen")
    >>> len(norm.rules), norm.rules["CRO-01"].limits["A"][0].limit
    (143, 2.0)
    """
    folder = _locate(source)
    content = {name: _bytes(folder, f"{name}.csv") for name in HEADS}
    missing = [f"{name}.csv is not there" for name, raw in content.items() if raw is None]
    if missing:
        raise NormError(f"norm {str(source)!r}: tables are missing", missing)
    own = _bytes(folder, "attributes.csv")
    about, faults = _about(_bytes(folder, "norm.toml") or b"")
    tables: dict[str, pd.DataFrame] = {}
    for name, raw in content.items():
        tables[name], found = parse_table(name, raw or b"", HEADS[name])
        faults += found
    attributes, found = _attributes(own)
    faults += found
    if faults := faults or find_faults(tables, attributes):
        raise NormError(f"norm {str(source)!r} has {len(faults)} faults", faults)
    digest = hashlib.sha256()
    for name in sorted(content):
        digest.update(name.encode() + b"\0" + (content[name] or b"") + b"\0")
    digest.update(own or b"")
    keyed = {name: table.set_index(KEYS[name], drop=False) if name in KEYS else table for name, table in tables.items()}
    return Norm(
        name=str(about.get("name", folder.name)),
        version=str(about.get("version", "0")),
        hash=digest.hexdigest(),
        attributes=attributes,
        rules=compile_rules(tables, attributes),
        **keyed,
    )


def _about(raw: bytes) -> tuple[dict[str, object], list[str]]:
    """Name and version of a norm folder."""
    try:
        return tomllib.loads(raw.decode("utf-8-sig")), []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [f"norm.toml: not a TOML file ({error})"]


def _attributes(raw: bytes | None) -> tuple[Mapping[str, schema.Attribute], list[str]]:
    """The package's attributes and those that a norm folder adds; one that exists already must agree."""
    known = dict(schema.attributes())
    if raw is None:
        return known, []
    table, faults = parse_table("attributes", raw, ATTRIBUTE_COLUMNS)
    for row in records(table):
        try:
            mine = schema.parse_attribute(row)
        except ValueError as error:
            faults.append(f"attribute {row['attribute']}: plausible {row['plausible']!r} is not bounds such as 0..50 ({error})")
            continue
        theirs = known.setdefault(mine.name, mine)
        if (mine.unit, mine.type, mine.kinds, mine.classes) != (theirs.unit, theirs.type, theirs.kinds, theirs.classes):
            faults.append(f"attribute {mine.name}: differs from the package's in unit, type, kinds or classes")
        faults += _attribute_faults(mine)
    return known, faults


def _attribute_faults(attribute: schema.Attribute) -> list[str]:
    where, faults = f"attribute {attribute.name}", []
    units = sorted({known.unit for known in schema.attributes().values() if known.type == attribute.type})
    if not units:
        faults.append(f"{where}: type {attribute.type!r} is not number, bool or class")
    elif attribute.unit not in units:
        faults.append(f"{where}: unit {attribute.unit!r} does not fit a {attribute.type}; use one of {', '.join(units)}")
    if unknown := [kind for kind in attribute.kinds if kind not in (*schema.kinds(), "any")]:
        faults.append(f"{where}: kind {', '.join(unknown)} is not known")
    if not attribute.kinds:
        faults.append(f"{where}: has no kind")
    if (attribute.type == "class") != bool(attribute.classes):
        faults.append(f"{where}: classes only and always for the type class")
    return faults


def _bundled() -> Traversable:
    return files("toegankelijk").joinpath("data", "norm")


def _locate(source: str | Path) -> Traversable:
    if str(source) in bundled_norms():
        return _bundled().joinpath(str(source))
    folder = Path(source)
    if not folder.is_dir():
        raise NormError(f"no norm {str(source)!r}: give one of {bundled_norms()}, or an existing folder with norm tables")
    return folder


def _bytes(folder: Traversable, name: str) -> bytes | None:
    """Content of a file, as far as it can be needed."""
    file = folder.joinpath(name)
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)
