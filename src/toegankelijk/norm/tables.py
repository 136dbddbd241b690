"""The tables of a norm, and the form in which the kernel reads them."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from toegankelijk import labels, schema

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
"""Tables of a norm folder and the columns that each must have; more columns are allowed, such as ``name_fr``."""

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

WORDING = re.compile(r"(name|sentence)_[a-z]{2}")
"""Columns that only say in a language what the norm is about: another wording is no other norm."""

OVERRIDE_COLUMNS = ("table", "key", "column", "was", "now")
"""Columns of what a norm changed of its base: a row per cell; a whole row that was added or removed has no column."""

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
    """A value beyond which, or classes for which, a failure is graver than the base; of classes ``beyond`` is infinite."""

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
        Which norm it is; ``hash`` is the SHA-256 over all its tables but names and sentences, and travels with every result.
    themes, criteria, remedies, services, sources
        Tables with their key as index, all cells text.
    limits, severities
        Tables without key, all cells text.
    attributes
        Attributes that criteria may use: the package's own and those that the folder adds.
    rules
        The criteria in the form that the kernel reads, by code.
    base, base_hash
        The bundled norm of which rows were overridden, and its hash; empty if there is none.
    overrides
        What differs from the base; columns `OVERRIDE_COLUMNS`.
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
    base: str = ""
    base_hash: str = ""
    overrides: pd.DataFrame = field(default_factory=lambda: no_overrides())  # noqa: PLW0108 - defined below

    def __repr__(self) -> str:
        return f"Norm({self.name!r}, version {self.version}, {len(self.rules)} criteria)"

    def _repr_html_(self) -> str:
        """Criteria per theme, for a notebook."""
        from toegankelijk.display import card

        facts = {"version": self.version, "criteria": len(self.rules), "hash": self.hash[:12]}
        shown = self.criteria[[name for name in ("theme", "kind", "tier", "name_nl", "name_en") if name in self.criteria]]
        return card(f"Norm {self.name}", facts=facts, tables={"criteria": shown})

    def weight(self, theme: str) -> float:
        """Weight of a theme in the score of a zone."""
        return float(str(self.themes.at[theme, "weight"]))

    def sentence(self, code: str, required: str, lang: str = "nl") -> str:
        """What a criterion asks, in words, for a requirement that is written already (`"1,20"`, `"asfalt of beton"`).

        Examples
        --------
        >>> from toegankelijk.norm import read_norm
        >>> read_norm().sentence("PAS-01", "1.50", "en")
        'The walking route is at least 1.50 m clear.'
        >>> read_norm().sentence("PAS-01", "1,50", "fr")
        "Le cheminement offre un passage libre d'au moins 1,50 m."
        """
        row = self.criteria.loc[code]
        columns = [f"sentence_{one}" for one in (labels.check_language(lang), "en", "nl")]
        text = next(str(row[column]) for column in columns if row.get(column))  # a norm of one's own may lack a language
        return text.replace("{limit} {unit}", labels.with_unit(required, str(row["unit"]), lang)).replace("{limit}", required)


def no_overrides() -> pd.DataFrame:
    """Table of what a norm changed of its base, when that is nothing."""
    return pd.DataFrame(columns=list(OVERRIDE_COLUMNS), dtype="object")


def parse_table(name: str, raw: bytes, columns: tuple[str, ...]) -> tuple[pd.DataFrame, list[str]]:
    """Table of text cells from the bytes of a CSV with at least these columns, and the faults of its form.

    The index says where a row stands (``"limits row 2"``), so that a fault found later can name the place.
    """
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
    places = [f"{name} row {i}" for i in range(2, len(body) + 2)]
    table = pd.DataFrame([[cell.strip() for cell in row] for row in body], places, head, dtype="object")
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
    beyond = float(row["beyond"]) if row["beyond"] else math.inf
    return SeverityRow(beyond, frozenset(schema.split(row["classes"])), int(row["severity"]))
