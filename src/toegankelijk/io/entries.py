"""What people typed in a cell, as the text that the ledger keeps; what can be meant in two ways is refused, never guessed."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from toegankelijk.io.cells import clean
from toegankelijk.labels import is_missing
from toegankelijk.ledger.fields import as_text

_TRUE = frozenset(("ja", "j", "waar", "true", "yes", "y", "oui", "o", "vrai", "wahr", "1", "x", "✓"))
_FALSE = frozenset(("nee", "neen", "n", "onwaar", "false", "no", "non", "faux", "nein", "falsch", "0"))
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](.+))?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?: (.+))?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,' \u00a0\u202f])\d{3})+")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_SERIALS = (36_526, 73_050)  # the years 2000 to 2099, as Excel counts days
_ZERO_DAY = datetime.date(1899, 12, 30)
_CLOSE = 1e-12  # numbers are written with 15 or 16 digits


class Unread(Exception):  # noqa: N818 - no error of ours: it says why a cell cannot be taken over
    """Why an entry is not taken over."""


def read_entry(value: Any, kind: str, codes: Mapping[str, str] | None = None) -> str:
    """Text of an entry for a column of a type.

    Parameters
    ----------
    value
        What stands in the cell.
    kind
        Type of the column, as in the ledger: ``str``, ``str:80``, ``int32``, ``float``, ``bool``, ``date``.
    codes
        In a coded column, the code that each word stands for, by `fold`; what is not there stays as it was typed.

    Raises
    ------
    Unread
        It is no value of that type.

    Examples
    --------
    >>> read_entry("1/5/2026", "date"), read_entry("2 030", "int32"), read_entry(" kt ", "str:4", {"kt": "KT"})
    ('2026-05-01', '2030', 'KT')
    >>> read_entry("1.234,50", "float"), read_entry("ja", "bool"), read_entry(7.0, "str")
    ('1234.5', 'true', '7')
    """
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return ""
    if codes:
        folded = fold(plain_text(value))
        if folded in codes:
            return codes[folded]
    kind, _, most = kind.partition(":")
    if kind == "str":
        text = plain_text(value)
        text = text.strip() if codes else text
        if most and len(text) > int(most):
            raise Unread(f"is longer than {most} characters")
        return text
    text = value.strip() if isinstance(value, str) else value
    if kind in ("int32", "int64"):
        return str(_whole(text, 31 if kind == "int32" else 63))
    if kind == "float":
        return as_text(_number(text))
    return _truth(text) if kind == "bool" else _date(text)


def plain_text(value: Any) -> str:
    """A value of a cell as text, without what cells cannot hold; lines end as everywhere."""
    if isinstance(value, datetime.datetime):
        value = pd.Timestamp(value)
    return clean(as_text(value))[0]


def same_entry(value: Any, before: str, kind: str) -> bool:
    """Whether a cell still says what was written to it, though a program may have put it in another way.

    Examples
    --------
    >>> same_entry("a ", "a", "str"), same_entry(0.3, "0.30000000000000004", "float"), same_entry(7, "007", "str")
    (True, True, True)
    """
    if is_missing(value):
        return not before.strip()
    text = plain_text(value)
    shown = clean(before)[0]
    if text == shown or text.strip() == shown.strip():
        return True
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind in ("float", "int32", "int64") or (number and kind.startswith("str")):
        try:
            return math.isclose(float(text), float(before), rel_tol=_CLOSE)
        except ValueError:
            return False
    if kind == "date":
        try:
            return bool(abs(pd.Timestamp(text) - pd.Timestamp(before)) < pd.Timedelta(seconds=1))
        except (ValueError, TypeError):
            return False
    return False


def fold(text: str) -> str:
    """A word by which it is found: capitals and blanks do not matter."""
    return " ".join(text.split()).casefold()


def _whole(value: Any, bits: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+", value):
        number = int(value)
    elif isinstance(value, str) and (grouped := _GROUPED.fullmatch(value)):
        number = int(value.replace(grouped[1], ""))
    else:
        found = _number(value)
        if not found.is_integer():
            raise Unread("is no whole number")
        number = int(found)
    if not -(2**bits) <= number < 2**bits:
        raise Unread("is too large")
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unread("is no number")
    text = str(value)
    if isinstance(value, str):
        text = re.sub(r"(?<=\d)[ '\u00a0\u202f](?=\d{3})", "", text)
        marks = [mark for mark in text if mark in ".,"]
        if len(marks) == 1 and re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", text):
            raise Unread("can be read as thousands or as decimals; write it without a mark between thousands")
        if len(set(marks)) == 2:
            text = text.replace(marks[0], "") if marks.count(marks[-1]) == 1 else ""
        elif len(marks) > 1:
            text = text.replace(marks[0], "") if _GROUPED.fullmatch(text) else ""
        text = text.replace(",", ".")
        if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", text):
            raise Unread("is no number")
    number = float(text)
    if not math.isfinite(number):
        raise Unread("is no number")
    return number


def _truth(value: Any) -> str:
    text = fold(plain_text(value))
    if text not in _TRUE | _FALSE:
        raise Unread("is neither yes nor no")
    return "true" if text in _TRUE else "false"


def _date(value: Any) -> str:
    if isinstance(value, str):
        return _written_date(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and _SERIALS[0] <= value <= _SERIALS[1]:
        value = _ZERO_DAY + datetime.timedelta(days=int(value))  # a date in a cell that lost its format
    if not isinstance(value, datetime.date):
        raise Unread("is no date; write it as 31/05/2026")
    return _believed(pd.Timestamp(value))


def _written_date(text: str) -> str:
    year_first, day_first = _YEAR_FIRST.fullmatch(text), _DAY_FIRST.fullmatch(text)
    if year_first:
        year, month, day, time = year_first.groups()
    elif day_first:
        day, month, year, time = day_first.groups()
    else:
        raise Unread("is no date; write it as 31/05/2026")
    try:
        moment = pd.Timestamp(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
        if time:
            moment = pd.Timestamp(f"{moment.date().isoformat()}T{time}")
    except ValueError:
        raise Unread("is no date that exists; write it as 31/05/2026") from None
    return _believed(moment)


def _believed(moment: pd.Timestamp) -> str:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise Unread(f"is a date of the year {moment.year}; write it as 31/05/2026")
    return as_text(moment.round("s"))
