"""Words and numbers for people: one table of labels, and how a language writes numbers.

Names of themes, remedies, services and kinds are not here: they stand in the tables that define them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import ConfigError

LANGUAGES = ("nl", "en", "fr", "de")
"""Languages that every label has, the default first."""

SEPARATORS: Mapping[str, tuple[str, str]] = {"nl": (",", "."), "en": (".", ","), "fr": (",", "\u202f"), "de": (",", ".")}
"""Decimal mark and mark between thousands."""


def label(key: str, lang: str = "nl", **values: object) -> str:
    """Text of a label, with values filled in where the label names them.

    Parameters
    ----------
    key
        Key in ``data/labels.csv``.
    lang
        One of `LANGUAGES`.
    values
        What goes between the braces of the label; write numbers with `number` first.

    Raises
    ------
    KeyError
        There is no such label, or a value that it names was not given.
    ConfigError
        The language has no labels.

    Examples
    --------
    >>> label("level", "nl"), label("level", "en")
    ('Niveau', 'Level')
    """
    texts = _table()[check_language(lang)]
    if key not in texts:
        raise KeyError(f"no label {key!r}; labels stand in data/labels.csv")
    return texts[key].format_map(values)


def word(group: str, code: object, lang: str = "nl") -> str:
    """Text for a code of the tables; the code itself if it has no label, and nothing for a missing value.

    Examples
    --------
    >>> word("phase", "uitvoering", "en"), word("phase", "something else", "en"), word("phase", None)
    ('works', 'something else', '')
    """
    if is_missing(code):
        return ""
    texts = _table()[check_language(lang)]
    return texts.get(f"{group}.{code}", str(code))


def names(table: pd.DataFrame, lang: str = "nl") -> dict[str, str]:
    """Names of the rows of a table with columns ``name_nl``, ``name_en`` ..., by key.

    A name that is missing in the language falls back on English, then Dutch, then the key.
    """
    columns = [name for name in (f"name_{check_language(lang)}", "name_en", "name_nl") if name in table]
    if not columns:
        return {str(key): str(key) for key in table.index}
    text = table[columns].astype("object")
    first = text.where(text != "").bfill(axis="columns").iloc[:, 0]
    return {str(key): str(key) if is_missing(name) else str(name) for key, name in first.items()}


def kind_names(lang: str = "nl") -> dict[str, str]:
    """Names of the kinds of objects.

    Examples
    --------
    >>> kind_names("nl")["stairs"], kind_names("fr")["stairs"]
    ('Trap', 'Stairs')
    """
    table = pd.DataFrame(
        {
            "name_nl": [kind.name_nl for kind in schema.kinds().values()],
            "name_en": [kind.name_en for kind in schema.kinds().values()],
        },
        index=list(schema.kinds()),
    )
    return names(table, lang)


def number(value: float, lang: str = "nl", *, digits: int = 2) -> str:
    """A number as the language writes it; NaN is the word for unknown.

    Examples
    --------
    >>> number(1234.5, "nl"), number(1234.5, "en"), number(-0.001), number(float("nan"))
    ('1.234,50', '1,234.50', '0,00', 'onbekend')
    """
    decimal, thousands = SEPARATORS[check_language(lang)]
    if math.isnan(value):
        return label("unknown", lang)
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    text = f"{value:,.{digits}f}"
    if not text.strip("-0.,"):
        text = text.removeprefix("-")
    return text.translate({ord(","): thousands, ord("."): decimal})


def interval(low: float, high: float, lang: str = "nl", *, unit: str = "%") -> str:
    """A share between 0 and 1, known within bounds, in hundredths.

    Bounds are rounded outwards, and 0 and 100 are only written for exactly that: an interval never looks better or surer
    than it is.

    Examples
    --------
    >>> interval(0.62, 0.778, "en"), interval(0.6666, 0.6666, "en"), interval(0.9999, 0.9999, unit=""), interval(0, 1, unit="")
    ('62–78%', '67%', '99', '0–100')
    """
    if math.isnan(low) or math.isnan(high):
        return label("unknown", lang)
    unit = unit if not unit or check_language(lang) == "en" else f"\u00a0{unit}"
    if high - low < 1e-9:
        return f"{_hundredths(low)}{unit}"
    below, above = math.floor(round(low * 100, 7)), math.ceil(round(high * 100, 7))
    return f"{below}–{above}{unit}"


def check_language(lang: str) -> str:
    """The language, if it has labels.

    Raises
    ------
    ConfigError
        It has none.
    """
    if lang not in LANGUAGES:
        raise ConfigError(f"language {lang!r} has no labels: choose one of {', '.join(LANGUAGES)}")
    return lang


def is_missing(value: object) -> bool:
    """Whether a table cell holds nothing: None, NaN, NaT or pandas' NA."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _hundredths(share: float) -> int:
    nearest = round(share * 100)
    if 0 < share < 1:
        return min(max(nearest, 1), 99)
    return nearest


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """Labels by language and key."""
    text = files("toegankelijk").joinpath("data", "labels.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return MappingProxyType({lang: MappingProxyType({row["key"]: row[lang] for row in rows}) for lang in LANGUAGES})
