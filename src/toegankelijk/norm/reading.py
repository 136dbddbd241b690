"""Read a norm folder: CSV tables in, one validated `Norm` out."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import NormError
from toegankelijk.norm.faults import find_faults
from toegankelijk.norm.overrides import Overridden, override
from toegankelijk.norm.tables import (
    ATTRIBUTE_COLUMNS,
    HEADS,
    KEYS,
    MAX_BYTES,
    WORDING,
    Norm,
    compile_rules,
    no_overrides,
    parse_table,
    records,
)


def bundled_norms() -> list[str]:
    """Names of the norms that come with the package."""
    return sorted(entry.name for entry in _bundled().iterdir() if entry.is_dir())


def read_norm(source: str | Path = "vlaanderen") -> Norm:
    """Read and validate a norm: the name of a bundled one, or a folder with its tables.

    A folder holds the tables `HEADS` as CSV, and may hold an ``attributes.csv`` with attributes of its own and a
    ``norm.toml`` with ``name`` and ``version``. If its ``norm.toml`` names a bundled norm as ``base``, the folder holds only the
    rows that differ, and may hold a ``removed.csv`` with those to leave out.

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
    about, faults = _about(_bytes(folder, "norm.toml") or b"")
    base = about.get("base")
    content = _whole(folder, faults) if base is None else _on_base(folder, base)
    tables = dict(content.tables)
    digest = _digest(tables)
    attributes, found = _attributes(tables.pop("attributes", None))
    faults += content.faults + found
    if faults := faults or find_faults(tables, attributes):
        raise NormError(f"norm {str(source)!r} has {len(faults)} faults", map(content.cite, faults))
    keyed = {
        name: table.set_index(KEYS[name], drop=False) if name in KEYS else table.reset_index(drop=True)
        for name, table in tables.items()
    }
    return Norm(
        name=str(about.get("name", folder.name)),
        version=str(about.get("version", "0")),
        hash=digest,
        attributes=attributes,
        rules=compile_rules(tables, attributes),
        base="" if base is None else str(base),
        base_hash="" if base is None else read_norm(str(base)).hash,
        overrides=content.overrides,
        **keyed,
    )


def _whole(folder: Traversable, faults: list[str]) -> Overridden:
    """Tables of a norm that stands on its own."""
    given = {name: _bytes(folder, f"{name}.csv") for name in (*HEADS, "attributes")}
    if missing := [f"{name}.csv is not there" for name in HEADS if given[name] is None]:
        advice = 'norm.toml may name a bundled norm as `base = "vlaanderen"`; then only tables with changed rows are needed'
        raise NormError(f"norm {folder.name!r}: tables are missing ({advice})", [*faults, *missing])
    parsed = {name: parse_table(name, raw, HEADS.get(name, ATTRIBUTE_COLUMNS)) for name, raw in given.items() if raw is not None}
    found = [fault for _, faults in parsed.values() for fault in faults]
    if _bytes(folder, "removed.csv") is not None:
        found.append("removed.csv: only a norm with a `base` in norm.toml can leave rows of it out")
    return Overridden({name: table for name, (table, _) in parsed.items()}, no_overrides(), found, {})


def _on_base(folder: Traversable, base: object) -> Overridden:
    """Tables of a bundled norm, with the rows of a folder in them."""
    if not isinstance(base, str) or base not in bundled_norms():
        raise NormError(f"norm {folder.name!r} has 1 faults", [f"norm.toml: base {base!r} is none of {bundled_norms()}"])
    files = sorted(file.name for file in folder.iterdir() if file.name.lower().endswith(".csv"))
    given = {name: raw for name in files if (raw := _bytes(folder, name)) is not None}
    return override(base, _whole(_bundled().joinpath(base), []).tables, given)


def _digest(tables: Mapping[str, pd.DataFrame]) -> str:
    """SHA-256 over the cells of all tables: neither byte order marks and line ends nor another wording make another norm."""
    judging = {name: table[[column for column in table if not WORDING.fullmatch(str(column))]] for name, table in tables.items()}
    cells = {name: [list(table), *table.to_numpy().tolist()] for name, table in judging.items()}
    return hashlib.sha256(json.dumps(cells, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _about(raw: bytes) -> tuple[dict[str, object], list[str]]:
    """What norm.toml says, and whether it is one."""
    try:
        return tomllib.loads(raw.decode("utf-8-sig")), []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [f"norm.toml: not a TOML file ({error})"]


def _attributes(table: pd.DataFrame | None) -> tuple[Mapping[str, schema.Attribute], list[str]]:
    """The package's attributes and those that a norm folder adds; one that exists already must agree."""
    known, faults = dict(schema.attributes()), []
    for row in [] if table is None else records(table):
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
    """Content of a plain file of the folder, as far as it can be needed."""
    file = folder.joinpath(name)
    if isinstance(file, Path) and (file.is_symlink() or (file.exists() and not file.is_file())):
        raise NormError(f"norm {folder.name!r}: {name} is no plain file of the folder; links and folders are not followed")
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)
