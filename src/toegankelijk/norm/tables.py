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
from typing import cast

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

KEYS: Mapping[str, str] = {
    "themes": "theme",
    "criteria": "code",
    "remedies": "remedy",
    "services": "service",
    "sources": "source",
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
    own = _bytes(folder, "attributes.csv") or b""
    about = tomllib.loads((_bytes(folder, "norm.toml") or b"").decode("utf-8"))
    tables: dict[str, pd.DataFrame] = {}
    faults: list[str] = []
    for name, raw in content.items():
        tables[name], found = parse_table(name, raw or b"")
        faults += found
    if not faults:
        attributes, found = _attributes(own)
        faults = [*found, *find_faults(tables, attributes)]
    if faults:
        raise NormError(f"norm {str(source)!r} has {len(faults)} faults", faults)
    digest = hashlib.sha256()
    for name in sorted(content):
        digest.update(name.encode() + b"\0" + (content[name] or b"") + b"\0")
    digest.update(own)
    keyed = {name: table.set_index(KEYS[name], drop=False) if name in KEYS else table for name, table in tables.items()}
    return Norm(
        name=str(about.get("name", folder.name)),
        version=str(about.get("version", "0")),
        hash=digest.hexdigest(),
        attributes=attributes,
        rules=compile_rules(tables, attributes),
        **keyed,
    )


def parse_table(name: str, raw: bytes) -> tuple[pd.DataFrame, list[str]]:
    """Table of text cells from the bytes of a CSV, and the faults of its form."""
    empty = pd.DataFrame(columns=list(HEADS[name]))
    if len(raw) > MAX_BYTES:
        return empty, [f"{name}: larger than {MAX_BYTES} bytes"]
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        return empty, [f"{name}: not a UTF-8 CSV table ({error})"]
    head, body = (rows[0], [row for row in rows[1:] if row]) if rows else ([], [])
    faults = [f"{name}: column {column!r} is missing" for column in HEADS[name] if column not in head]
    faults += [f"{name} row {i}: {len(row)} cells instead of {len(head)}" for i, row in enumerate(body, 2) if len(row) != len(head)]
    if faults:
        return empty, faults
    table = pd.DataFrame([[cell.strip() for cell in row] for row in body], columns=head, dtype="object")
    if name in KEYS:
        keys = table[KEYS[name]]
        faults = [f"{name}: key {key!r} is empty or not unique" for key in sorted(set(keys[keys.duplicated() | (keys == "")]))]
    return table, faults


def compile_rules(tables: Mapping[str, pd.DataFrame], attributes: Mapping[str, schema.Attribute]) -> dict[str, Rule]:
    """Criteria with their limits and severities, in the form that the kernel reads."""
    limits = {key: group for key, group in tables["limits"].groupby(["code", "level"], sort=False)}
    severities = {key: group for key, group in tables["severities"].groupby("code", sort=False)}
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
            limits={level: tuple(map(_limit_row, records(group))) for level, group in given.items()},
            drivers={level: group["driver"].iloc[0] for level, group in given.items()},
            severities=tuple(map(_severity_row, records(severities[code]))) if code in severities else (),
        )
    return rules


def records(table: pd.DataFrame) -> list[dict[str, str]]:
    """Rows of a table of text cells."""
    return cast(list[dict[str, str]], table.to_dict("records"))


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


def _attributes(raw: bytes) -> tuple[Mapping[str, schema.Attribute], list[str]]:
    """The package's attributes and those that a norm folder adds; one that exists already must agree."""
    known, faults = dict(schema.attributes()), []
    for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")):
        try:
            mine = schema.parse_attribute(row)
        except (KeyError, ValueError) as error:
            return known, [f"attributes: {error} in row {row}"]
        theirs = known.setdefault(mine.name, mine)
        if (mine.unit, mine.type, mine.kinds, mine.classes) != (theirs.unit, theirs.type, theirs.kinds, theirs.classes):
            faults.append(f"attribute {mine.name}: differs from the package's in unit, type, kinds or classes")
    return known, faults


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
    file = folder.joinpath(name)
    return file.read_bytes() if file.is_file() else None
