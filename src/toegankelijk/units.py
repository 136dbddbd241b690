"""Values as people write them, to numbers in the schema's unit, truth values and classes.

What is written in a way that can be meant in two ways is not guessed: it stays unknown, with the reason. Every function works
on the distinct values of a column, so that a long column costs little more than a short one.

Lengths, speeds, slopes and angles are told apart; a slope may be given as an angle and the other way round. Text with a unit
keeps its own unit, a plain number is in the unit of its column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from toegankelijk.errors import ConfigError

_UNITS = {
    "mm": ("a length", Fraction(1, 1000), "millimeter|millimeters|millimetre|millimetres"),
    "cm": ("a length", Fraction(1, 100), "centimeter|centimeters|centimetre|centimetres"),
    "dm": ("a length", Fraction(1, 10), "decimeter|decimetre"),
    "m": ("a length", Fraction(1), "meter|meters|metre|metres|mtr"),
    "km": ("a length", Fraction(1000), "kilometer|kilometers|kilometre|kilometres"),
    "in": ("a length", Fraction(254, 10_000), '"|inch|inches'),
    "ft": ("a length", Fraction(3048, 10_000), "'|foot|feet"),
    "mi": ("a length", Fraction(1_609_344, 1000), "mile|miles"),
    "m/s": ("a speed", Fraction(1), "m/sec|mps"),
    "s": ("a time", Fraction(1), "sec|second|seconds|seconde|seconden"),
    "km/h": ("a speed", Fraction(10, 36), "kmh|kph|km/u|km/uur"),
    "mph": ("a speed", Fraction(44_704, 100_000), "mi/h"),
    "%": ("a slope", Fraction(1), "percent|procent|pct"),
    "‰": ("a slope", Fraction(1, 10), "promille|permille"),
    "deg": ("an angle", Fraction(1), "°|degree|degrees|graad|graden|degré|degrés"),
    "count": ("a count", Fraction(1), "stuks"),
    "1": ("a plain number", Fraction(100), "1"),  # in %, for columns that hold 0.05 where 5 % is meant
}
"""Dimension, size in the unit of the dimension, and other spellings."""

_SPELLED = {word: unit for unit, (_, _, spellings) in _UNITS.items() for word in (unit, *spellings.split("|"))}

_MISSING = {"", "-", "?", "na", "n/a", "nan", "<na>", "null", "<null>", "nvt", "n.v.t.", "onbekend", "niet bekend", "unknown"}
_TRUE = {"ja", "j", "waar", "true", "t", "yes", "y", "1", "1.0", "oui", "vrai"}
_FALSE = {"nee", "neen", "n", "onwaar", "false", "f", "no", "0", "0.0", "non", "faux", "nein"}

_BARE = ("1", "count")  # units that are not written
_NO_DATA = (-99999.0, -9999.0, -999.0, 9999.0, 99999.0)
_USUAL_COLUMN_UNITS = ("cm", "mm", "m", "km/h", "m/s")

_SIGNS = str.maketrans("\u2032\u2019\u2033\u201d\u2212\u00ba\u02da", "''\"\"-°°")  # typographic to plain quotes, minus and degree
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)(?:e[+-]?[0-9]+)?")
_THOUSANDS_OR_DECIMALS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_RATIO = re.compile(r"1 ?: ?(.+)")
_FEET_AND_INCHES = re.compile(r"([0-9]+) ?(?:'|ft|foot|feet) ?([0-9]+(?:[.,][0-9]+)?) ?(?:\"|in|inch|inches)")
_NOT_EXACT = re.compile(r"[<>≤≥~≈±]|(?:ca|circa|about|min|max)\b")


@dataclass(frozen=True)
class Parsed:
    """Numbers read from a column, one per row.

    Parameters
    ----------
    low, high
        Bounds in the unit asked for: equal if the value is known, both NaN if nothing is known.
    reason
        Why a value was not understood; empty if it was, or if it is simply missing.
    """

    low: np.ndarray
    high: np.ndarray
    reason: np.ndarray


def parse_numbers(
    values: pd.Series,
    unit: str,
    *,
    given: str | None = None,
    codes: Mapping[str, str] | None = None,
    plausible: tuple[float, float] = (-np.inf, np.inf),
) -> Parsed:
    """Numbers in one unit, from numbers or text such as ``1,5 m``, ``90cm``, ``5 %``, ``1:12`` or ``3°``.

    Parameters
    ----------
    values
        A column of numbers, text or both. Blanks and words for unknown are missing.
    unit
        Unit to return, as in the schema: m, cm, %, deg, m/s, km/h, count or 1.
    given
        Unit of plain numbers in the column; by default the unit to return.
    codes
        What a text of the column stands for (case and outer blanks do not matter): a number in `unit`, bounds as ``0..3``,
        ``3..`` or ``..3``, or nothing for missing. A code goes before any other reading, and is not held against `plausible`.
    plausible
        Lowest and highest value that can be, in `unit`.

    Raises
    ------
    ConfigError
        A unit is not known, units cannot be converted, or a code is not a number or bounds.

    Examples
    --------
    >>> widths = pd.Series(["1,5 m", "90cm", "lowered", "1.500", "150", None])
    >>> parsed = parse_numbers(widths, "m", codes={"lowered": "..0.03"}, plausible=(0, 50))
    >>> parsed.high.tolist()
    [1.5, 0.9, 0.03, nan, nan, nan]
    >>> parsed.reason[4]
    'not plausible: above 50 m; is the column in cm?'
    """
    unit, column_unit = _units_of_call(unit, given)
    coded = _read_codes(codes, _code_bounds, "a number or bounds such as 0..3, 3.. or ..3")
    row, distinct = _distinct(values)
    number, written, reason = _read_numbers(distinct)
    value = np.full(len(distinct), np.nan)
    for found in set(written.tolist()):
        source, chosen = found or column_unit, (written == found) & ~np.isnan(number)
        if _convertible(source, unit) or source == column_unit:
            value[chosen] = _convert(number[chosen], source, unit)
            reason[chosen & np.isnan(value)] = "an angle of 90 degrees or more has no slope"
        else:
            reason[chosen] = f"{_quantity(source)}, where {_quantity(unit)} is asked"
    _refuse(value, reason, unit=unit, plausible=plausible)
    plain = np.where(written == "", number, np.nan)
    _hint(plain, reason, unit=unit, column_unit=column_unit, plausible=plausible)
    value[reason != ""] = np.nan
    low, high = value, value.copy()
    if coded:
        for place, text in enumerate(map(_text, distinct)):
            if text in coded:
                low[place], high[place] = coded[text]
                reason[place] = ""
    return Parsed(_spread(low, row, np.nan), _spread(high, row, np.nan), _spread(reason, row, ""))


def parse_bools(values: pd.Series, *, codes: Mapping[str, str] | None = None) -> tuple[pd.arrays.BooleanArray, np.ndarray]:
    """Truth values, from true and false, 1 and 0, or yes and no in Dutch, English or French.

    Parameters
    ----------
    values
        A column of truth values, numbers or text. Blanks and words for unknown are missing.
    codes
        What a text of the column stands for: true, false, or nothing for missing.

    Returns
    -------
    truth : BooleanArray
        True, false or missing, per row.
    reason : ndarray
        Why a value was not understood, else empty.

    Examples
    --------
    >>> truth, reason = parse_bools(pd.Series(["ja", "N", "misschien", None]))
    >>> truth.tolist(), reason.tolist()
    ([True, False, <NA>, <NA>], ['', '', 'not yes or no', ''])
    """
    coded = _read_codes(codes, _truth, "true or false")
    row, distinct = _distinct(values)
    read = [coded[text] if text in coded else _truth(text) for text in map(_text, distinct)]
    truth = pd.array([value if isinstance(value, bool) else None for value in read], dtype="boolean")
    reason = np.array([value if isinstance(value, str) else "" for value in read], dtype=object)
    return truth.take(row, allow_fill=True), _spread(reason, row, "")


def parse_classes(
    values: pd.Series, classes: Sequence[str], *, codes: Mapping[str, str] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Names of classes, or sets of them, from text.

    Parameters
    ----------
    values
        A column of names of classes (in any case), of codes, or of several of these separated by ``|`` or ``;``.
    classes
        The names that exist.
    codes
        What a text of the column stands for: a class, classes separated by ``|``, or nothing for missing.

    Returns
    -------
    names : ndarray
        The class, or several in the order of `classes` joined by ``|``; NaN if missing or not understood.
    reason : ndarray
        Why a value was not understood, else empty.

    Examples
    --------
    >>> names, reason = parse_classes(pd.Series(["Asfalt", "gravel", "puin"]), ["asphalt", "gravel"], codes={"asfalt": "asphalt"})
    >>> names.tolist(), reason.tolist()
    (['asphalt', 'gravel', nan], ['', '', 'not a known class; map it with codes'])
    """
    meaning = {name.casefold(): frozenset([name]) for name in classes}
    meaning |= _read_codes(codes, lambda text: _class_set(text, meaning), f"among the classes {', '.join(classes)}")
    row, distinct = _distinct(values)
    read = [_class_set(_text(value), meaning) for value in distinct]
    names = [np.nan if isinstance(found, str) or not found else "|".join(sorted(found, key=classes.index)) for found in read]
    reason = [found if isinstance(found, str) else "" for found in read]
    return _spread(np.array(names, dtype=object), row, np.nan), _spread(np.array(reason, dtype=object), row, "")


def print_number(value: float, unit: str) -> str:
    """A number with its unit, as text from which `parse_numbers` reads exactly that number.

    The decimals are all those of the number: round it first where it comes from a calculation.

    Examples
    --------
    >>> print_number(1.5, "m"), print_number(3.0, "count"), print_number(8.0, "deg"), print_number(np.inf, "m")
    ('1.5 m', '3', '8°', 'inf')
    >>> print_number(1.125, "m")  # 1.125 could be read as thousands
    '1.1250 m'
    """
    if not np.isfinite(value):
        return "" if np.isnan(value) else str(float(value))
    number = str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    if _THOUSANDS_OR_DECIMALS.fullmatch(number):
        number += "0"
    return number + ("" if unit in _BARE else "°" if unit == "deg" else f" {unit}")


def _units_of_call(unit: str, given: str | None) -> tuple[str, str]:
    """Units of a call by their usual names: the unit asked for, and that of plain numbers in the column."""
    names = (unit, given or unit)
    asked, column_unit = (_SPELLED.get(name.strip().casefold(), "") for name in names)
    if not asked or not column_unit:
        raise ConfigError(f"unit {names[bool(asked)]!r} is not known; use one of {', '.join(_UNITS)}")
    if not _convertible(column_unit, asked) and {column_unit, asked} != {"1", "%"}:
        raise ConfigError(f"{_quantity(column_unit)} cannot become {_quantity(asked)}; correct the unit of the column")
    return asked, column_unit


def _quantity(unit: str) -> str:
    return _UNITS[unit][0] + ("" if unit in _BARE else f" in {unit}")


def _convertible(source: str, target: str) -> bool:
    dimensions = {_UNITS[source][0], _UNITS[target][0]}
    return len(dimensions) == 1 or dimensions == {"a slope", "an angle"}


def _convert(number: np.ndarray, source: str, target: str) -> np.ndarray:
    """Numbers from one unit to another; NaN for an angle of 90 degrees or more as a slope."""
    if source == target:
        return number
    (dimension, size, _), (asked, step, _) = _UNITS[source], _UNITS[target]
    if dimension == asked or {source, target} == {"1", "%"}:
        factor = size / step
        value = number * factor.numerator / factor.denominator
    elif dimension == "an angle":
        angle = np.where(np.abs(number) < 90, number, np.nan)
        value = np.tan(np.radians(angle)) * 100 / float(step)
    else:
        value = np.degrees(np.arctan(number * float(size) / 100))
    # 0.29 m is 29 cm, not 28.999999999999996 cm
    with np.errstate(over="ignore"):
        rounded = np.round(value, 10)
    return np.where(np.isfinite(rounded), rounded, value)


def _refuse(value: np.ndarray, reason: np.ndarray, *, unit: str, plausible: tuple[float, float]) -> None:
    """Write the reasons for values that cannot be."""
    low, high = (f"{bound:g}" if unit in _BARE else f"{bound:g} {unit}" for bound in plausible)
    if unit == "count":
        reason[np.isfinite(value) & (value != np.round(value))] = "not a whole number"
    reason[value < plausible[0]] = f"not plausible: below {low}"
    reason[value > plausible[1]] = f"not plausible: above {high}"
    reason[np.isneginf(value)] = "not plausible: minus infinity"


def _hint(plain: np.ndarray, reason: np.ndarray, *, unit: str, column_unit: str, plausible: tuple[float, float]) -> None:
    """Say of refused plain numbers what they may be: a code for no data, or numbers in another unit."""
    doubtful = (reason != "") & np.isfinite(plain)
    others = [other for other in _USUAL_COLUMN_UNITS if other != column_unit and _convertible(other, unit)]
    for other in others if doubtful.any() else []:
        meant = _convert(plain, other, unit)
        fits = doubtful & (meant >= plausible[0]) & (meant <= plausible[1])
        reason[fits] = reason[fits] + f"; is the column in {other}?"
        doubtful &= ~fits
    reason[np.isin(plain, _NO_DATA)] = "a code for no data"


def _read_numbers(distinct: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number, written unit (empty for none) and reason, per distinct value."""
    if pd.api.types.is_numeric_dtype(distinct.dtype) and not pd.api.types.is_bool_dtype(distinct.dtype):
        # 0.9 in single precision is 0.89999998: what was meant is its shortest decimal form
        single = str(distinct.dtype).casefold() in ("float32", "float16", "float[pyarrow]", "halffloat[pyarrow]")
        exact = np.asarray(distinct, dtype="float32").astype(str) if single else distinct
        blank = np.full(len(distinct), "", dtype=object)
        return np.array(exact, dtype=float), blank, blank.copy()
    read = [_read_value(value) for value in distinct]
    number = np.array([part[0] for part in read], dtype=float)
    written, reason = (np.array([part[place] for part in read], dtype=object) for place in (1, 2))
    return number, written, reason


def _read_value(value: Any) -> tuple[float, str, str]:
    if isinstance(value, bool | np.bool_):
        return np.nan, "", "true or false, not a number"
    if isinstance(value, int | float | Decimal | np.integer | np.floating):
        return float(str(value)), "", ""
    text = " ".join(str(value).translate(_SIGNS).casefold().split())
    if text in _MISSING:
        return np.nan, "", ""
    if text == "inf":
        return np.inf, "", ""
    if ratio := _RATIO.fullmatch(text):
        run, unit, reason = _read_quantity(ratio[1])
        if not reason and not unit and run >= 1:
            return 100 / run, "%", ""
        return np.nan, "", reason or "a slope as a ratio is read only as 1:n, with n of 1 or more"
    if imperial := _FEET_AND_INCHES.fullmatch(text):
        return float(imperial[1]) * 12 + float(imperial[2].replace(",", ".")), "in", ""
    return _read_quantity(text)


def _read_quantity(text: str) -> tuple[float, str, str]:
    number = _NUMBER.match(text)
    if number is None:
        return np.nan, "", "not an exact number" if _NOT_EXACT.match(text) else "not a number"
    rest = text[number.end() :].strip()
    unit = _SPELLED.get(rest.rstrip("."), "")
    if (rest and not unit) or unit == "1":
        several = not rest[0].isalpha() and any(character.isdigit() for character in rest)
        return np.nan, "", "more than one number, or thousands set apart" if several else f"the unit {rest!r} is not known"
    if _THOUSANDS_OR_DECIMALS.fullmatch(number[0]):
        return np.nan, "", "a comma or point before three digits: thousands or decimals?"
    return float(number[0].replace(",", ".")), unit, ""


def _truth(text: str) -> bool | str | None:
    if text in _MISSING:
        return None
    return True if text in _TRUE else False if text in _FALSE else "not yes or no"


def _class_set(text: str, meaning: Mapping[str, frozenset[str]]) -> frozenset[str] | str:
    """Classes that a text names (none: missing), or the reason why it was not understood."""
    if text in meaning:
        return meaning[text]
    parts = [meaning.get(part.strip(), frozenset()) for part in re.split("[|;]", text)]
    if all(parts):
        return frozenset[str]().union(*parts)
    return frozenset() if text in _MISSING else "not a known class; map it with codes"


def _read_codes(codes: Mapping[str, str] | None, read: Callable[[str], Any], wanted: str) -> dict[str, Any]:
    """Codes by their text, with what they stand for; all that cannot be read at once."""
    found: dict[str, Any] = {}
    problems = []
    for code, stands_for in (codes or {}).items():
        text, value = _text(code), read(_text(stands_for))
        if isinstance(value, str):
            problems.append(f"{code!r} stands for {stands_for!r}, which is not {wanted}")
        elif found.get(text, value) != value:
            problems.append(f"{code!r} is there twice, with different meanings")
        found[text] = value
    if problems:
        raise ConfigError(f"{len(problems)} of {len(found)} codes cannot be used; correct them", problems)
    return found


def _code_bounds(text: str) -> tuple[float, float] | str:
    low, dots, high = text.partition("..")
    try:
        bounds = (float(low or -np.inf), float(high or np.inf)) if dots else (float(text or np.nan), float(text or np.nan))
    except ValueError:
        return "not a number or bounds"
    return bounds if text == "" or (text != ".." and bounds[0] <= bounds[1]) else "not bounds"


def _text(value: Any) -> str:
    """A value as codes are compared: without case and outer blanks, and 1.0 as 1."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip().casefold()


def _distinct(values: pd.Series) -> tuple[np.ndarray, Any]:
    """Place of each row's value among the distinct values (-1: missing), and the distinct values."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.codes.to_numpy(), values.cat.categories
    try:
        row, distinct = pd.factorize(values)
    except TypeError:  # lists and other values that cannot be compared
        row, distinct = pd.factorize(values.map(str, na_action="ignore"))
    return row, distinct


def _spread(distinct: np.ndarray, row: np.ndarray, missing: Any) -> np.ndarray:
    """Results of the distinct values to the rows; the last place, -1, is for missing."""
    return np.asarray(np.append(distinct, np.array([missing], dtype=distinct.dtype))[row])
