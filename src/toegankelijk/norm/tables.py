"""Read a norm folder: CSV tables in, one validated `Norm` out."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import NormError

HEADS: Mapping[str, tuple[str, ...]] = {
    "themes": ("theme", "weight", "name_nl", "name_en"),
    "criteria": (
        *("code", "theme", "kind", "tier", "attribute", "compare", "unit", "applies", "tolerance", "severity_base"),
        *("remedy", "alternative", "user_groups", "how", "name_en", "name_nl", "sentence_nl", "sentence_en"),
    ),
    "limits": ("code", "level", "driver", "upto", "limit", "per_driver", "classes", "basis", "verified", "source", "article"),
    "severities": ("code", "compare_beyond", "beyond", "classes", "severity"),
    "remedies": (
        *("remedy", "name_nl", "name_en", "unit", "cost_low_eur", "cost_high_eur", "cost_class", "feasibility_default"),
        *("responsible", "partner", "phase_default", "basis"),
    ),
    "services": ("service", "name_nl", "name_en", "own"),
    "sources": ("source", "title", "publisher", "year", "article", "url", "kind", "read"),
}
"""Tables of a norm folder and the columns that each must have; more columns are allowed."""

ATTRIBUTE_COLUMNS = ("attribute", "kind", "unit", "type", "classes", "how", "description_en")
"""Columns of the ``attributes.csv`` that a norm folder may have."""

KEYS: Mapping[str, str] = {
    "themes": "theme",
    "criteria": "code",
    "remedies": "remedy",
    "services": "service",
    "sources": "source",
    "attributes": "attribute",
}
"""Tables in which each row has a key of its own."""

MAX_BYTES = 1 << 20
"""Largest table that is read; the bundled ones have less than 50 kB."""


@dataclass(frozen=True)
class LimitRow:
    """What a criterion asks at one level while its driver is at most ``upto``.

    Required is ``limit + per_driver * driver``, or one of (or all of) ``classes``; neither means that nothing is required.
    """

    upto: float
    limit: float | None
    per_driver: float
    classes: frozenset[str]

    @property
    def asks(self) -> bool:
        """Whether anything is required in this range."""
        return self.limit is not None or bool(self.classes)


@dataclass(frozen=True)
class SeverityRow:
    """A value beyond which, or classes for which, a failure is graver than the base severity."""

    beyond: float
    classes: frozenset[str]
    severity: int


@dataclass(frozen=True)
class Rule:
    """A criterion in the form that the kernel reads."""

    code: str
    theme: str
    kind: str
    core: bool
    attribute: str
    type: str
    classes: tuple[str, ...]
    compare: str
    unit: str
    applies: tuple[tuple[str, bool], ...]
    tolerance: float
    severity_base: int
    remedy: str
    limits: Mapping[str, tuple[LimitRow, ...]]
    drivers: Mapping[str, str]
    severities: tuple[SeverityRow, ...]

    @property
    def severity_most(self) -> int:
        """Gravest severity that a failure can have."""
        return max([self.severity_base, *(row.severity for row in self.severities)])


@dataclass(frozen=True)
class Norm:
    """A validated norm.

    Parameters
    ----------
    name, version, hash
        Which norm it is; ``hash`` is the SHA-256 over all its tables and travels with every result.
    themes, criteria, remedies, services, sources
        Tables with their key as index, all cells text.
    limits, severities
        Tables without key, all cells text.
    attributes
        Attributes that criteria may use: the package's own and those that the folder adds.
    rules
        The criteria in the form that the kernel reads, by code.
    """

    name: str
    version: str
    hash: str
    themes: pd.DataFrame
    criteria: pd.DataFrame
    limits: pd.DataFrame
    severities: pd.DataFrame
    remedies: pd.DataFrame
    services: pd.DataFrame
    sources: pd.DataFrame
    attributes: Mapping[str, schema.Attribute]
    rules: Mapping[str, Rule]

    def weight(self, theme: str) -> float:
        """Weight of a theme in the score of a zone."""
        return float(str(self.themes.at[theme, "weight"]))

    def sentence(self, code: str, required: str, lang: str = "nl") -> str:
        """What a criterion asks, in words, for a requirement that is written already (`"1,20"`, `"asfalt of beton"`).

        Examples
        --------
        >>> read_norm().sentence("PAS-01", "1.50", "en")
        'The walking route is at least 1.50 m clear.'
        """
        row = self.criteria.loc[code]
        text = str(row["sentence_nl" if lang == "nl" else "sentence_en"])
        return text.replace("{limit}", required).replace("{unit}", str(row["unit"]))


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
    from toegankelijk.norm.faults import find_faults

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


def parse_table(name: str, raw: bytes, columns: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    """Table of text cells from the bytes of a CSV with at least these columns, and the faults of its form."""
    empty = pd.DataFrame(columns=list(columns))
    if len(raw) > MAX_BYTES:
        return empty, [f"{name}: larger than {MAX_BYTES} bytes"]
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        return empty, [f"{name}: not a UTF-8 CSV table ({error})"]
    head, body = (rows[0], [row for row in rows[1:] if row]) if rows else ([], [])
    faults = [f"{name}: column {column!r} is missing" for column in columns if column not in head]
    faults += [f"{name}: column {column!r} is there twice" for column in sorted({c for c in head if head.count(c) > 1})]
    faults += [
        f"{name} row {i}: {len(row)} cells instead of {len(head)}" for i, row in enumerate(body, 2) if len(row) != len(head)
    ]
    if faults:
        return empty, faults
    table = pd.DataFrame([[cell.strip() for cell in row] for row in body], columns=head, dtype="object")
    if name in KEYS:
        keys = table[KEYS[name]]
        faults = [f"{name}: key {key!r} is empty or not unique" for key in sorted(set(keys[keys.duplicated() | (keys == "")]))]
    return table, faults


def compile_rules(tables: Mapping[str, pd.DataFrame], attributes: Mapping[str, schema.Attribute]) -> dict[str, Rule]:
    """Criteria with their limits and severities, in the form that the kernel reads."""
    limits: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in records(tables["limits"]):
        limits.setdefault((row["code"], row["level"]), []).append(row)
    severities: dict[str, list[dict[str, str]]] = {}
    for row in records(tables["severities"]):
        severities.setdefault(row["code"], []).append(row)
    rules = {}
    for row in records(tables["criteria"]):
        code, attribute = row["code"], attributes[row["attribute"]]
        given = {level: limits[code, level] for level in schema.LEVELS if (code, level) in limits}
        rules[code] = Rule(
            code=code,
            theme=row["theme"],
            kind=row["kind"],
            core=row["tier"] == "core",
            attribute=attribute.name,
            type=attribute.type,
            classes=attribute.classes,
            compare=row["compare"],
            unit=row["unit"],
            applies=tuple((name.removeprefix("!"), not name.startswith("!")) for name in schema.split(row["applies"])),
            tolerance=float(row["tolerance"]),
            severity_base=int(row["severity_base"]),
            remedy=row["remedy"],
            limits={level: tuple(map(_limit_row, group)) for level, group in given.items()},
            drivers={level: group[0]["driver"] for level, group in given.items()},
            severities=tuple(map(_severity_row, severities.get(code, ()))),
        )
    return rules


def records(table: pd.DataFrame) -> list[dict[str, str]]:
    """Rows of a table of text cells."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.to_numpy().tolist()]


def _limit_row(row: Mapping[str, str]) -> LimitRow:
    return LimitRow(
        upto=float(row["upto"]) if row["upto"] else math.inf,
        limit=float(row["limit"]) if row["limit"] else None,
        per_driver=float(row["per_driver"] or 0),
        classes=frozenset(schema.split(row["classes"])),
    )


def _severity_row(row: Mapping[str, str]) -> SeverityRow:
    beyond = float(row["beyond"]) if row["beyond"] else math.nan
    return SeverityRow(beyond, frozenset(schema.split(row["classes"])), int(row["severity"]))


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
