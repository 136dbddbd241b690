"""Values that just meet: what an attribute has to be so that every criterion on it is met, at every level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.norm import Rule
from toegankelijk.norm.kernel import MARGIN
from toegankelijk.norm.tables import LimitRow

Booleans = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Bits = npt.NDArray[np.int64]

HOW = "fixed"
"""Marks in ``{attribute}_how`` what a fix made so."""


def mend(layer: pd.DataFrame, rules: Sequence[Rule], wanted: Booleans) -> pd.DataFrame:
    """The layer with one attribute of some objects such that it just meets all criteria on it.

    A number gets the strictest limit over all levels, and over all that the driver of the object can be; bounds are cleared. Of
    classes it is the first that every level allows. Criteria that surely do not apply ask nothing; where it is unknown whether
    one applies it counts as far as the others leave room. What meets already stays.

    Parameters
    ----------
    layer
        Objects of one kind.
    rules
        Criteria on one attribute of that kind.
    wanted
        Which objects to mend.

    Raises
    ------
    ConfigError
        Criteria contradict one another.
    """
    return _numbers(layer, rules, wanted) if rules[0].type == "number" else _classes(layer, rules, wanted)


def _numbers(layer: pd.DataFrame, rules: Sequence[Rule], wanted: Booleans) -> pd.DataFrame:
    attribute = rules[0].attribute
    low, high = schema.bounds(layer, attribute)
    floor, ceiling = np.full(len(layer), -np.inf), np.full(len(layer), np.inf)
    short = np.zeros(len(layer), bool)
    for sure in (True, False):
        least, most = floor.copy(), ceiling.copy()
        lacking = np.zeros(len(layer), bool)
        for rule, row, where, needed in _demands(layer, rules, sure=sure):
            slack = rule.tolerance + MARGIN
            if row.limit is not None and rule.compare == "min":
                least = np.where(where, np.fmax(least, needed), least)
                lacking |= where & (low < needed - slack)
            elif row.limit is not None:
                most = np.where(where, np.fmin(most, needed), most)
                lacking |= where & (high > needed + slack)
        room = least <= most + MARGIN
        if sure and not (room | ~wanted).all():
            _refuse(layer, attribute, wanted & ~room)
        floor, ceiling = np.where(room, least, floor), np.where(room, most, ceiling)
        short |= room & lacking
    change = wanted & short
    # the end that was missed; where nothing was known, the lower limit if there is one
    value = np.where((low < floor) & np.isfinite(floor), floor, ceiling)
    value = np.where(np.isfinite(value), value, floor)
    return _with(layer, attribute, change, np.where(change, value, np.nan))


def _classes(layer: pd.DataFrame, rules: Sequence[Rule], wanted: Booleans) -> pd.DataFrame:
    attribute, flag = rules[0].attribute, rules[0].type == "bool"
    names = ("true", "false") if flag else rules[0].classes
    bit = {name: 1 << i for i, name in enumerate(names)}
    held = _held(layer, attribute, bit, flag=flag)
    allowed, needed = np.full(len(layer), (1 << len(names)) - 1, np.int64), np.zeros(len(layer), np.int64)
    for sure in (True, False):
        fit, all_of = allowed.copy(), needed.copy()
        for rule, row, where, _ in _demands(layer, rules, sure=sure):
            mask = sum(bit[name] for name in row.classes)
            if row.classes and rule.compare == "contains_all":
                all_of = np.where(where, all_of | mask, all_of)
            elif row.classes:
                fit = np.where(where, fit & mask, fit)
        room = (fit != 0) & (all_of & ~fit == 0)
        if sure and not (room | ~wanted).all():
            _refuse(layer, attribute, wanted & ~room)
        allowed, needed = np.where(room, fit, allowed), np.where(room, all_of, needed)
    meets = (held > 0) & (held & ~allowed == 0) & (needed & ~held == 0)
    free = (allowed == (1 << len(names)) - 1) & (needed == 0)
    change = wanted & ~meets & ~free
    chosen = np.where(needed > 0, needed | (np.maximum(held, 0) & allowed), allowed & -allowed)
    texts = pd.Series(chosen).map(lambda bits: "|".join(name for name in names if bits & bit[name])).to_numpy(dtype=object)
    if flag:
        return _with(layer, attribute, change, texts == "true")
    return _with(layer, attribute, change, texts)


def _held(layer: pd.DataFrame, attribute: str, bit: dict[str, int], *, flag: bool) -> Bits:
    """Classes of each object as bits; 0 where nothing is known, and a bit of its own for a class that nobody lists."""
    if attribute not in layer:
        return np.zeros(len(layer), np.int64)
    if flag:
        known = layer[attribute].astype("boolean").to_numpy(dtype=np.int8, na_value=-1)
        return np.asarray(np.array([bit["false"], bit["true"], 0], np.int64)[known])
    codes, texts = pd.factorize(layer[attribute])
    other = 1 << len(bit)
    sets = [sum({bit.get(name, other) for name in str(text).split("|")}) for text in texts]
    return np.asarray(np.array([*sets, 0], np.int64)[codes])


def _demands(layer: pd.DataFrame, rules: Sequence[Rule], *, sure: bool) -> Iterator[tuple[Rule, LimitRow, Booleans, Numbers]]:
    """Each row of limits, where it can hold for an object, and the strictest number that it then asks.

    ``sure`` chooses criteria that surely apply, else those of which that is unknown.
    """
    for rule in rules:
        applies = _applying(rule, layer, sure=sure)
        if not applies.any():
            continue
        for level, rows in rule.limits.items():
            driver, start = rule.drivers[level], -np.inf
            nothing = np.zeros(len(layer))
            low, high = schema.bounds(layer, driver) if driver else (nothing, nothing)
            for row in rows:
                inside = (low <= row.upto + MARGIN) & ((high > start + MARGIN) | np.isneginf(start))
                if row.asks:
                    needed = _strictest(rule, row, np.maximum(low, start), np.minimum(high, row.upto))
                    yield rule, row, applies & inside & (np.isfinite(needed) | bool(row.classes)), needed
                start = row.upto


def _strictest(rule: Rule, row: LimitRow, low: Numbers, high: Numbers) -> Numbers:
    """Strictest number that a row asks while its driver lies between two values; not finite where it can be anything."""
    if row.limit is None or row.per_driver == 0:
        return np.full(len(low), np.nan if row.limit is None else row.limit)
    ends = row.limit + row.per_driver * low, row.limit + row.per_driver * high
    return np.maximum(*ends) if rule.compare == "min" else np.minimum(*ends)


def _applying(rule: Rule, layer: pd.DataFrame, *, sure: bool) -> Booleans:
    """Where a criterion surely applies; or else where that is unknown."""
    false, unclear = np.zeros(len(layer), bool), np.zeros(len(layer), bool)
    for name, right in rule.applies:
        flag = layer[name].astype("boolean") if name in layer else pd.Series(pd.NA, layer.index, dtype="boolean")
        false |= flag.eq(not right).fillna(False).to_numpy(bool)
        unclear |= flag.isna().to_numpy()
    return ~false & (~unclear if sure else unclear)


def _with(layer: pd.DataFrame, attribute: str, change: Booleans, values: npt.NDArray[np.generic]) -> pd.DataFrame:
    """The layer with new values of an attribute in some rows, without bounds there."""
    if not change.any():
        return layer
    blank = {"f": np.nan, "b": pd.NA}.get(values.dtype.kind)
    given = layer[attribute] if attribute in layer else pd.Series(blank, layer.index, dtype="object")
    form = {"f": "float64", "b": "boolean"}.get(values.dtype.kind, "object")
    columns: dict[str, object] = {attribute: given.astype(form).mask(change, pd.Series(values, layer.index).astype(form))}
    for end in (f"{attribute}_low", f"{attribute}_high"):
        if end in layer:
            columns[end] = layer[end].mask(change)
    columns[f"{attribute}_how"] = schema.texts(layer, f"{attribute}_how").mask(change, HOW)
    return layer.assign(**columns)


def _refuse(layer: pd.DataFrame, attribute: str, objects: Booleans) -> None:
    ids = ", ".join(map(str, layer.index[objects][:5]))
    raise ConfigError(f"{attribute}: criteria contradict one another, so that no value meets them all (for {ids})")
