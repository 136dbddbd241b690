"""Words and numbers for people: one table of labels, and how a language writes numbers, amounts and dates.

Names of themes, remedies, services and kinds are not here: they stand in the tables that define them.
"""

from __future__ import annotations

import csv
import datetime
import math
import re
import string
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

NO_UNIT = ("1", "count", "bool", "class")
"""Units that are not written."""

EURO: Mapping[str, str] = {"nl": "€\u00a0{}", "en": "€{}", "fr": "{}\u00a0€", "de": "{}\u00a0€"}
"""How an amount in euro is written, with spaces at which no line ends."""

MONTHS: Mapping[str, tuple[str, ...]] = {
    "nl": (
        *("januari", "februari", "maart", "april", "mei", "juni"),
        *("juli", "augustus", "september", "oktober", "november", "december"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}
"""Months of the year."""


def label(key: str, lang: str = "nl", **values: object) -> str:
    """Text of a label, with values filled in where the label names them.

    Parameters
    ----------
    key
        Key in ``data/labels.csv``.
    lang
        One of `LANGUAGES`.
    values
        What goes between the braces of the label; write numbers with `number` first. Where a label says
        ``{count:job|jobs}``, the value chooses between the singular and the plural of the language.

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
    >>> label("n.bottlenecks", count=1), label("n.bottlenecks", count="1.200"), label("n.bottlenecks", "fr", count=0)
    ('1 knelpunt', '1.200 knelpunten', '0 point noir')
    """
    texts = _table()[check_language(lang)]
    if key not in texts:
        raise KeyError(f"no label {key!r}; labels stand in data/labels.csv")
    return _Forms(lang).vformat(texts[key], (), values)


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


def group(prefix: str, lang: str = "nl") -> dict[str, str]:
    """All labels whose key begins with the prefix, by the rest of the key; what they name between braces stays as it is.

    Examples
    --------
    >>> group("phase.", "en")["uitvoering"]
    'works'
    """
    return {key.removeprefix(prefix): text for key, text in _table()[check_language(lang)].items() if key.startswith(prefix)}


def several(group: str, codes: object, lang: str = "nl") -> str:
    """Texts for codes that stand in one cell, with a comma or a ``|`` between them.

    Examples
    --------
    >>> several("basis", "wet, voorstel", "en"), several("theme", "haltes|drempels"), several("basis", None)
    ('law, own proposal', 'Haltes, Drempels', '')
    """
    parts = [] if is_missing(codes) else re.split(r"\s*[,|]\s*", str(codes))
    return ", ".join(word(group, part, lang) for part in parts if part)


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
    ('Trap', 'Escalier')
    """
    return _kind_names(schema.kinds(), lang)


def context_names(lang: str = "nl") -> dict[str, str]:
    """Names of the kinds of things that nobody judges.

    Examples
    --------
    >>> context_names("nl")["driveway"], context_names("de")["driveway"]
    ('Inrit', 'Einfahrt')
    """
    return _kind_names(schema.context_kinds(), lang)


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


def money(euros: float, lang: str = "nl", *, digits: int = 0) -> str:
    r"""An amount in euro as the language writes it; NaN is the word for unknown.

    Examples
    --------
    >>> [money(12500, lang).replace("\xa0", " ").replace("\u202f", " ") for lang in LANGUAGES]
    ['€ 12.500', '€12,500', '12 500 €', '12.500 €']
    """
    text = number(euros, lang, digits=digits)
    return text if math.isnan(euros) else EURO[lang].format(text)


def day(value: object, lang: str = "nl", *, short: bool = False) -> str:
    """A date as the language writes it; nothing for a missing one, and what is no date stays as it is.

    Parameters
    ----------
    value
        A date, a moment, or a text that begins with one as ISO 8601 has it.
    lang
        One of `LANGUAGES`.
    short
        Whether in digits, for the cell of a table.

    Examples
    --------
    >>> [day("2026-11-01", lang) for lang in LANGUAGES]
    ['1 november 2026', '1 November 2026', '1er novembre 2026', '1. November 2026']
    >>> day("2026-11-01", short=True), day("2026-11-01", "de", short=True), day("in 2025"), day(None)
    ('01/11/2026', '01.11.2026', 'in 2025', '')
    """
    check_language(lang)
    if is_missing(value):
        return ""
    if not isinstance(value, datetime.date):  # of which a moment is one
        try:
            value = datetime.date.fromisoformat(str(value)[:10])
        except ValueError:
            return str(value)
    if short:
        return ("." if lang == "de" else "/").join((f"{value.day:02}", f"{value.month:02}", f"{value.year:04}"))
    order = {"de": f"{value.day}.", "fr": "1er" if value.day == 1 else str(value.day)}.get(lang, str(value.day))
    return f"{order} {MONTHS[lang][value.month - 1]} {value.year}"


def with_unit(text: str, unit: str, lang: str = "nl") -> str:
    """A number that is written already, with its unit as the language writes it; some units are not written.

    Examples
    --------
    >>> with_unit("45", "deg"), with_unit("30", "km/h"), with_unit("30", "km/h", "en"), with_unit("3", "count")
    ('45°', '30 km/u', '30 km/h', '3')
    """
    written = word("unit", unit, lang)
    return text if unit in NO_UNIT else f"{text}{written}" if written == "°" else f"{text} {written}"


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


class _Forms(string.Formatter):
    """Fills in values; ``{count:job|jobs}`` is the word that the number asks for."""

    def __init__(self, lang: str) -> None:
        self.single = re.compile(r"[01](,\d+)?" if lang == "fr" else "1")  # in French less than two is one

    def format_field(self, value: object, format_spec: str) -> str:
        one, bar, several = format_spec.partition("|")
        if not bar:
            return str(super().format_field(value, format_spec))
        return one if self.single.fullmatch(str(value)) else several


def _kind_names(kinds: Mapping[str, schema.Kind], lang: str) -> dict[str, str]:
    columns = {f"name_{one}": [str(getattr(kind, f"name_{one}")) for kind in kinds.values()] for one in LANGUAGES}
    return names(pd.DataFrame(columns, index=list(kinds)), lang)


def _hundredths(share: float) -> int:
    nearest = round(share * 100)
    if 0 < share < 1:
        return min(max(nearest, 1), 99)
    return nearest


_BEFORE_MARK = re.compile(r" (?=[:;?!%€])")
"""Spaces before a mark, which French has and at which no line may end."""


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """Labels by language and key."""
    text = files("toegankelijk").joinpath("data", "labels.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    for row in rows:
        row["fr"] = _BEFORE_MARK.sub("\u00a0", row["fr"])
    return MappingProxyType({lang: MappingProxyType({row["key"]: row[lang] for row in rows}) for lang in LANGUAGES})
