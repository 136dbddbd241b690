"""Guesses at what an unknown layer holds: its kind, its key, and which column is which attribute in which unit.

A guess rests on names (``data/inspection/words.csv``) and is held against the values; its confidence is between 0 and 1. A guess
is a draft for a person to check, never a reading.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from toegankelijk import schema, units

SURE, LIKELY, DOUBTFUL = 0.9, 0.7, 0.4
"""Confidence of a guess that name and values agree on, that one of them carries, and that little speaks for."""

UNDERSTOOD = 0.8
"""Share of the filled values that a reading must understand to be proposed."""

LEAST_NAMED = 0.3
"""Share of a column's name that must speak of a true/false attribute."""

MOST_CODES = 40
"""Different texts up to which a column is taken for one with codes."""

ROW_NUMBERS = {"fid", "ogc fid", "objectid", "object id", "index", "gid", "rowid", "row number"}
"""Names of columns that number rows: they change when a file is saved again, so they are no key."""

_UNIT_WORDS = {
    **{"cm": "cm", "mm": "mm", "m": "m", "meter": "m", "pct": "%", "procent": "%", "percent": "%"},
    **{"kmh": "km/h", "graden": "deg"},
}
_LENGTHS = ("m", "cm", "mm")


@dataclass(frozen=True)
class ColumnGuess:
    """What a column may be: an attribute, or ``name``, ``street``, ``manager``; with unit and codes."""

    attribute: str
    confidence: float
    unit: str = ""
    unit_confidence: float = 0.0
    codes: Mapping[str, str] = field(default_factory=dict)
    understood: float = 1.0


@dataclass(frozen=True)
class _Words:
    what: str
    name: str
    words: tuple[str, ...]
    typical: tuple[float, float] | None


def guess_kind(names: Iterable[str], dimensions: set[int]) -> tuple[str, float]:
    """Kind that a layer's name (the first) or its file's name speaks of, if its geometry can be that.

    Examples
    --------
    >>> guess_kind(["Voetpaden_2024", "export"], {1})
    ('footway', 0.9)
    >>> guess_kind(["export"], {0})
    ('', 0.0)
    """
    for confidence, name in zip((SURE, LIKELY), names, strict=False):
        ranked = _ranked(name, [row for row in _words() if row.what == "kind"])
        for found, score in ranked:
            if _can_be(found, dimensions):
                return found, confidence if score > 0.5 else DOUBTFUL
    return "", 0.0


def split_by_tags(table: pd.DataFrame) -> list[tuple[str, str, list[str]]]:
    """Kinds that the rows of a layer with tags in columns hold: kind, column, and the values that select its rows.

    Examples
    --------
    >>> split_by_tags(pd.DataFrame({"amenity": ["bench", "parking", "bench", "toilets"]}))
    [('rest_place', 'amenity', ['bench']), ('car_park', 'amenity', ['parking'])]
    """
    found = []
    for row in (row for row in _words() if row.what == "tag"):
        column, _, values = "|".join(row.words).partition("=")
        wanted = [value for value in values.split("|") if column in table and table[column].eq(value).any()]
        if wanted:
            found.append((row.name, column, wanted))
    return found


def guess_division(name: str) -> str:
    """Whether a layer of polygons is ``zone``, ``area`` (a level area) or ``district`` by its name; else empty."""
    for what in ("area", "zone", "district"):
        if _ranked(name, [row for row in _words() if row.what == what]):
            return what
    return ""


def guess_key(table: pd.DataFrame) -> str:
    """Column that holds the objects' own key: filled, without doubles, named as one, and no row number."""
    ranked = []
    for position, column in enumerate(table):
        values = table[column]
        if spaced(str(column)) in ROW_NUMBERS or values.isna().any() or values.astype("str").duplicated().any():
            continue
        score = max((score for name, score in _ranked(str(column), _roles()) if name == "id"), default=0.0)
        if score:
            ranked.append((-score, position, str(column)))
    return min(ranked)[2] if ranked else ""


def guess_role(table: pd.DataFrame, role: str) -> str:
    """Column of a division for a role: ``name``, ``level`` or ``zone_id``; empty if none."""
    for column in table:
        values = table[column].dropna().astype("str").str.strip()
        if role == "level" and not (len(values) and values[values != ""].isin(schema.LEVELS).all()):
            continue
        if any(name == role for name, _ in _ranked(str(column), _roles())):
            return str(column)
    return ""


def guess_columns(table: pd.DataFrame, kind: str, key: str = "") -> dict[str, ColumnGuess]:
    """Columns of a layer that may be attributes of a kind; each attribute goes to the column that speaks most for it."""
    wanted = [row for row in _words() if row.what == "attribute" and row.name in _attributes(kind)]
    exact = [_Words("attribute", name, (name,), None) for name in _attributes(kind)]
    texts = [row for row in _roles() if row.name in ("name", "street", "manager")]
    best: dict[str, tuple[float, str, ColumnGuess]] = {}
    for column in table:
        if column == key or table[column].isna().all():
            continue
        typical = {row.name: row.typical for row in wanted}
        for name, score in _ranked(str(column), [*exact, *wanted, *texts]):
            guess = _guess(table[column], str(column), name, score, typical.get(name))
            if guess is None:
                continue
            before = best.get(name)
            if before is None or guess.confidence > before[0]:
                best[name] = (guess.confidence, str(column), guess)
    result: dict[str, ColumnGuess] = {}
    for confidence, column, guess in sorted(best.values(), key=lambda entry: -entry[0]):
        if column not in result and confidence > 0:
            result[column] = guess
    return result


def spaced(text: str) -> str:
    """A name as lower-case words without accents: ``Breedte_cm`` and ``breedteCM`` are ``breedte cm``.

    Examples
    --------
    >>> spaced("WegBeheerder"), spaced("capacity:disabled"), spaced("hoogte_pérron")
    ('weg beheerder', 'capacity disabled', 'hoogte perron')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return " ".join(re.findall(r"[a-z]+|[0-9]+", parted.lower()))


def _guess(values: pd.Series, column: str, name: str, score: float, typical: tuple[float, float] | None) -> ColumnGuess | None:
    """A column as an attribute, if its values can be that."""
    if name in schema.TEXT_COLUMNS:
        return ColumnGuess(name, LIKELY if score > 0.5 else DOUBTFUL) if values.dtype.kind not in "fiub" else None
    attribute = schema.attributes()[name]
    filled = values.dropna()
    if attribute.type == "number":
        return _number_guess(filled, column, attribute, score, typical)
    codes = _codes(filled, attribute)
    if codes is None:
        return None
    known = filled.astype("str").str.strip().str.casefold().map(lambda text: codes.get(text, "?")) != ""
    share = float(known.mean())
    if attribute.type == "bool" and (share < 1 or score < LEAST_NAMED):  # any number might be read as yes or no
        return None
    listed = {text: meaning for text, meaning in codes.items() if meaning != "?"}
    if share == 0:
        return None
    return ColumnGuess(name, (SURE if score > 0.5 else LIKELY) * share, codes=listed, understood=share)


def _number_guess(
    filled: pd.Series, column: str, attribute: schema.Attribute, score: float, typical: tuple[float, float] | None
) -> ColumnGuess | None:
    """A column as a number, in the unit that its name or its values speak for."""
    if filled.dtype.kind == "b":
        return None
    codes = {row.words[i]: row.name for row in _values(attribute.name) for i in range(len(row.words))}
    present = {text: codes[text] for text in filled.astype("str").str.strip().str.casefold().unique() if text in codes}
    named = [_UNIT_WORDS[word] for word in spaced(column).split()[1:] if word in _UNIT_WORDS]
    candidates = [unit for unit in named if _fits(unit, attribute.unit)] or _candidates(attribute.unit)
    tried = []
    for unit in candidates:
        parsed = units.parse_numbers(filled, attribute.unit, given=unit, codes=present or None, plausible=attribute.plausible)
        known = ~(np.isnan(parsed.low) & np.isnan(parsed.high))
        middle = float(np.median(parsed.low[known & (parsed.low == parsed.high)])) if known.any() else np.nan
        usual = typical is None or np.isnan(middle) or typical[0] <= middle <= typical[1]
        tried.append((float(known.mean()), usual, unit))
    fitting = [entry for entry in tried if entry[0] >= UNDERSTOOD and entry[1]] or [e for e in tried if e[0] >= UNDERSTOOD]
    if not fitting:
        return None
    share, usual, unit = fitting[0]
    sure = SURE if named and usual else LIKELY if usual and typical and len(fitting) == 1 else DOUBTFUL
    weight = (SURE if score > 0.5 else LIKELY) * share * (1.0 if usual else 0.5)
    return ColumnGuess(attribute.name, weight, unit, sure, present, share)


def _codes(filled: pd.Series, attribute: schema.Attribute) -> dict[str, str] | None:
    """What each text of a column stands for; ``?`` where it is understood as it stands, empty where nobody knows."""
    texts = list(dict.fromkeys(filled.astype("str").str.strip()))
    if len(texts) > MOST_CODES:
        return None
    words = {word: row.name for row in _values(attribute.name) for word in row.words}
    if attribute.type == "bool":
        understood = units.parse_bools(pd.Series(texts, dtype="object"))[1] == ""
    else:
        understood = units.parse_classes(pd.Series(texts, dtype="object"), attribute.classes)[1] == ""
    result = {}
    for text, plain in zip(texts, understood, strict=True):
        meaning = words.get(text.casefold()) or words.get(spaced(text))
        result[text.casefold()] = meaning or ("?" if plain else "")
    return result


def _candidates(unit: str) -> list[str]:
    """Units that plain numbers of an attribute come in, its own first."""
    if unit in _LENGTHS:
        return [unit, *(other for other in _LENGTHS if other != unit)]
    return [unit, "1"] if unit == "%" else [unit]


def _fits(unit: str, other: str) -> bool:
    return unit == other or (unit in _LENGTHS and other in _LENGTHS) or {unit, other} <= {"%", "deg", "1"}


def _can_be(kind: str, dimensions: set[int]) -> bool:
    """Whether objects of a kind can be drawn so; a point cannot be a stretch, nor a line an area."""
    found = schema.kinds().get(kind) or schema.context_kinds()[kind]
    if not dimensions:
        return True
    if found.stretch:
        return max(dimensions) >= 1
    return max(dimensions) == 2 if kind in schema.context_kinds() and found.geometry == "polygon" else True


def _attributes(kind: str) -> dict[str, schema.Attribute]:
    """Attributes that a layer of a kind may give; a crossing may say what holds for its ends."""
    if kind not in schema.kinds():
        return {}
    ends = schema.attributes_of("crossing_end") if kind == "crossing" else {}
    return {**schema.attributes_of(kind), **ends}


def _ranked(name: str, rows: Iterable[_Words]) -> list[tuple[str, float]]:
    """Names of the rows whose words a name holds, with the share of the name that they cover, best first."""
    text = spaced(name)
    joined = text.replace(" ", "")
    found: dict[str, float] = {}
    for row in rows:
        for word in row.words:
            plain = spaced(word)
            letters = plain.replace(" ", "")
            whole = f" {plain} " in f" {text} " or letters == joined
            inside = len(letters) >= 5 and letters in joined
            if letters and (whole or inside):
                share = len(letters) / len(joined) * (1.0 if whole else 0.8)
                found[row.name] = max(found.get(row.name, 0.0), share)
    return sorted(found.items(), key=lambda entry: -entry[1])


def _roles() -> list[_Words]:
    return [row for row in _words() if row.what == "role"]


@cache
def _words() -> tuple[_Words, ...]:
    return tuple(
        _Words(row["what"], row["name"], tuple(row["words"].split("|")), _range(row["typical"])) for row in _table("words.csv")
    )


@cache
def _values(attribute: str) -> tuple[_Words, ...]:
    rows = [row for row in _table("values.csv") if row["attribute"] == attribute]
    return tuple(_Words("value", row["value"], tuple(word.casefold() for word in row["words"].split("|")), None) for row in rows)


def _range(text: str) -> tuple[float, float] | None:
    low, _, high = text.partition("..")
    return (float(low), float(high)) if text else None


def _table(name: str) -> list[dict[str, str]]:
    text = files("toegankelijk").joinpath("data", "inspection", name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
