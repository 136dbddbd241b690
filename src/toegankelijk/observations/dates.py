"""Dates as people and programs write them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

FIRST_YEAR = 1980
"""A date before it is a mistake: no source that is read is that old."""

_EPOCH = (2e11, 4e12)
_MISSING = {"", "-", "?", "null", "none", "nan", "nat", "<na>"}
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2})(?:[T ].*)?)?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?: .*)?")


def parse_dates(values: pd.Series, *, today: datetime.date | None = None) -> tuple[pd.Series, np.ndarray]:
    """Dates of a column, and why a cell was not understood.

    Read are dates and times, ``2026-05-03`` with or without a time, ``3/05/2026`` (the day first, as in Europe), a month or a
    year (its first day, so that it is never taken for newer than it is), and milliseconds since 1970. A date in the future or
    before `FIRST_YEAR` is not believed.

    Returns
    -------
    tuple
        ``datetime64[s]`` on the same index, missing where nothing is known; reason per row, else empty.

    Examples
    --------
    >>> dates, reason = parse_dates(pd.Series(["3/05/2026", "2019-07", "3/05/26", None]), today=datetime.date(2026, 6, 1))
    >>> dates.dt.date.tolist()
    [datetime.date(2026, 5, 3), datetime.date(2019, 7, 1), NaT, NaT]
    >>> reason.tolist()
    ['', '', 'not a date; write it as 2026-05-31', '']
    """
    limit = (today or datetime.datetime.now(datetime.UTC).date()) + datetime.timedelta(days=1)  # of another time zone
    try:
        row, distinct = pd.factorize(values)
    except TypeError:
        row, distinct = pd.factorize(values.map(str, na_action="ignore"))
    read = [*(_read(value, limit) for value in distinct), (None, "")]
    dates = np.array([None if date is None else np.datetime64(date, "s") for date, _ in read], dtype="datetime64[s]")
    reasons = np.array([reason for _, reason in read], dtype=object)
    return pd.Series(dates[row], values.index), reasons[row]


def _read(value: Any, limit: datetime.date) -> tuple[datetime.date | None, str]:
    date = _date(value)
    if isinstance(date, str):
        return None, date
    if date is None:
        return None, ""
    if date > limit:
        return None, "a date in the future"
    return (date, "") if date.year >= FIRST_YEAR else (None, f"a date before {FIRST_YEAR}")


def _date(value: Any) -> datetime.date | str | None:
    if isinstance(value, datetime.datetime | np.datetime64):
        moment: datetime.date = pd.Timestamp(value).date()
        return moment
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        if _EPOCH[0] < value < _EPOCH[1]:
            return datetime.datetime.fromtimestamp(float(value) / 1000, datetime.UTC).date()
        value = int(value) if float(value).is_integer() else value
    text = str(value).strip()
    if text.casefold() in _MISSING:
        return None
    if text.isdigit() and len(text) in (12, 13):
        return _date(int(text))
    make: Callable[..., datetime.date] = datetime.date
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return make(*(int(part or 1) for part in found.groups()))
        if found := _DAY_FIRST.fullmatch(text):
            return make(*map(int, reversed(found.groups())))
    except ValueError:
        return "there is no such day"
    return "not a date; write it as 2026-05-31"
