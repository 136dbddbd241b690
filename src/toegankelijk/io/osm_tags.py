"""The table of OpenStreetMap tags, and what it makes of their values.

Everything that the package knows of tags stands in ``data/osm_tags.csv``. A row without attribute says which elements are objects
of a kind, a row with one says what a tag tells of them. Rows are read from top to bottom: an element becomes an object of a kind
by the first row that it fits, and the first row that gives an attribute counts.

=============== ==============================================================================================================
column          meaning
=============== ==============================================================================================================
``kind``        kind of object; a name in parentheses is a group that other rows refer to and that is not delivered, ``*`` is
                every kind
``elements``    ``node``, ``line`` (way), ``area`` (closed way or multipolygon), or ``joint``: the points where a line that fits
                meets a line of the kinds in ``on``; closed ways are lines only where the row does not ask for areas
``where``       conditions on tags, all of them: ``key``, ``!key``, ``key=a|b``, ``key!=a|b``
``on``          kinds that the element must share a point with, or with ``!`` not be or share a point with
``near``        a distance in metres and a kind that must be there; with ``!`` it must not: else the element is taken as the
                same object, and tells that one what it does not say itself
``attribute``   attribute, or ``name`` or ``street``; ``*`` takes all tags that the object lacks from the elements in ``from``
``from``        the tag is read from elements of this kind that share a point with the object
``tag``         key that is read; without it, ``codes`` is what all objects get that fit ``where``
``unit``        unit of plain numbers; ``none``: plain numbers are not understood
``codes``       what values stand for, separated by ``;``: ``..3`` and ``3..`` are bounds, nothing is missing, ``?`` and a
                reason is missing with a remark, ``*`` is every other value
``reads``       ``at_most``, ``at_least``, ``about`` (a quarter less to a quarter more), ``size`` (without sign), ``highest``
``note``        why
=============== ==============================================================================================================
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from toegankelijk import schema, units

Condition = tuple[str, bool, frozenset[str] | None]
Tags = dict[str, str]


@dataclass(frozen=True)
class TagRow:
    """A row of the tag table; see the head of this module for its columns."""

    kind: str
    attribute: str
    elements: tuple[str, ...]
    where: tuple[Condition, ...]
    on: tuple[str, ...]
    near: str
    source: str
    tag: str
    unit: str
    reads: str
    codes: Mapping[str, str]
    note: str

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Whether tags meet all conditions of the row."""
        return all((key in tags if values is None else tags.get(key) in values) == wanted for key, wanted, values in self.where)


@cache
def read_tag_table() -> tuple[TagRow, ...]:
    """The rows of ``data/osm_tags.csv``."""
    text = files("toegankelijk").joinpath("data", "osm_tags.csv").read_text("utf-8")
    return tuple(_row(row) for row in csv.DictReader(text.splitlines()))


def delivered_kinds(rows: Iterable[TagRow]) -> list[str]:
    """Kinds of the tag table that become layers, in the order of the table."""
    return list(dict.fromkeys(row.kind for row in rows if row.kind[0] not in "(*"))


def _row(row: Mapping[str, str]) -> TagRow:
    codes = [code.rpartition("=") for code in row["codes"].split(";")] if row["codes"] else []
    return TagRow(
        kind=row["kind"],
        attribute=row["attribute"],
        elements=schema.split(row["elements"]),
        where=tuple(_condition(text) for text in row["where"].split()),
        on=tuple(row["on"].split()),
        near=row["near"],
        source=row["from"],
        tag=row["tag"],
        unit=row["unit"],
        reads=row["reads"],
        codes={text.casefold(): meaning for text, _, meaning in codes},
        note=row["note"],
    )


def _condition(text: str) -> Condition:
    key, has_values, values = text.partition("=")
    wanted = not (key.startswith("!") or key.endswith("!"))
    return key.strip("!"), wanted, frozenset(values.split("|")) if has_values else None


def read_values(row: TagRow, text: pd.Series) -> pd.DataFrame:
    """What the values of a tag say of the attribute of a row.

    Several values in one (``a;b``) must say the same, as far as they say something.

    Parameters
    ----------
    row
        Row of the tag table with an attribute of the schema.
    text
        Values of the tag, or for a row without tag blanks.

    Returns
    -------
    DataFrame
        On the index of `text`: ``low`` and ``high`` in the unit of the schema (NaN: unknown) or, for truth values and classes,
        ``value`` (None: unknown); and ``reason``, why a value was not understood, else empty.

    Examples
    --------
    >>> row = next(row for row in read_tag_table() if row.attribute == "kerb_height" and row.tag == "kerb")
    >>> read_values(row, pd.Series(["lowered", "raised", "yes"]))
       low  high                                    reason
    0 -inf   3.0
    1  3.0   inf
    2  NaN   NaN  there is one, how high is not said
    """
    attribute = schema.attributes()[row.attribute]
    parts = text.dropna().str.split(";").explode().str.strip() if row.tag else text.fillna("")
    key = parts.str.casefold()
    if "*" in row.codes:
        parts = parts.where(key.isin(list(row.codes)), "*")
        key = parts.str.casefold()
    doubts = {code: meaning[1:] for code, meaning in row.codes.items() if meaning.startswith("?")}
    codes = {code: meaning for code, meaning in row.codes.items() if code not in doubts}
    doubt = pd.Series([doubts.get(code, "") for code in key], parts.index, dtype=object)
    if row.unit == "none":
        unitless = parts.str.fullmatch(r"[-+]?[0-9.,]+") & ~key.isin(list(codes))
        doubt = doubt.mask(unitless & (doubt == ""), "a number without unit: percent or degrees?")
    if row.reads == "size":
        parts = parts.str.lstrip("-")
    read = _parse(row, attribute, parts.mask(doubt != "", None), codes)
    read["reason"] = np.where(doubt != "", doubt, read["reason"])
    read = _agreed(read, highest=row.reads == "highest") if read.index.has_duplicates else read
    _widen(read, row.reads)
    return read.reindex(text.index).fillna({"reason": ""})


def _parse(row: TagRow, attribute: schema.Attribute, parts: pd.Series, codes: Mapping[str, str]) -> pd.DataFrame:
    if attribute.type == "number":
        given = None if row.unit in ("", "none") else row.unit
        numbers = units.parse_numbers(parts, attribute.unit, given=given, codes=codes, plausible=attribute.plausible)
        return pd.DataFrame({"low": numbers.low, "high": numbers.high, "reason": numbers.reason}, index=parts.index)
    if attribute.type == "bool":
        truth, reason = units.parse_bools(parts, codes=codes)
        value = truth.astype(object)
    else:
        value, reason = units.parse_classes(parts, attribute.classes, codes=codes)
    value = pd.Series(value, index=parts.index, dtype=object)
    return pd.DataFrame({"value": value.where(value.notna(), None), "reason": reason}, index=parts.index)


def _agreed(read: pd.DataFrame, *, highest: bool) -> pd.DataFrame:
    """One value per object out of several: the highest, or the one that all agree on that say something."""
    groups = read.groupby(level=0, sort=False)
    values = read.columns.drop("reason").tolist()
    result = groups[values].max() if highest else groups[values].first()
    result["reason"] = groups["reason"].max()
    if not highest:
        differ = (groups[values].nunique() > 1).any(axis=1) & (result["reason"] == "")
        result.loc[differ, "reason"] = "several values that do not say the same"
    result.loc[result["reason"] != "", values] = None if "value" in values else np.nan
    return result


def _widen(read: pd.DataFrame, reads: str) -> None:
    """Bounds for values that are at most, at least or about what they say."""
    if reads == "at_most":
        read["low"] = read["low"].mask(read["low"].notna(), -np.inf)
    elif reads == "at_least":
        read["high"] = read["high"].mask(read["high"].notna(), np.inf)
    elif reads == "about":
        read["low"], read["high"] = read["low"] * 0.75, read["high"] * 1.25
