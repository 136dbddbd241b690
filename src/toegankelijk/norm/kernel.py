"""The one comparison kernel: values or bounds against limits, at every level at once.

A value that is not known is the widest bound there is, so values, bounds and gaps take the same path: a criterion *fails* only
if all that the value can be fails, *meets* only if all of it meets, and is *unknown* otherwise. The same holds for the driver
of a limit: each row that the driver can fall in counts as possible, and a row that asks nothing counts as met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.norm.tables import LimitRow, Rule

MARGIN = 1e-9
"""Comparisons have this margin, so that 0.1 + 0.2 is not over 0.3."""

FAILS, MEETS, UNKNOWN, NOT_APPLICABLE = range(4)
"""Codes of the four outcomes, in the order of `schema.OUTCOMES`."""

REASONS = ("", "missing", "bounds", "applies", "driver")
"""Why a verdict is unknown: no value; bounds on both sides of the limit; unknown whether it applies; unknown driver."""

Booleans = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Verdicts:
    """Verdicts of one criterion on all objects of a layer, at one level; arrays with one entry per object.

    Parameters
    ----------
    outcome
        `FAILS`, `MEETS`, `UNKNOWN` or `NOT_APPLICABLE`.
    severity, severity_worst
        Least and greatest severity (0 to 4) that the failure can have; both 0 if it is met. Where the driver is not known, the
        greatest may be greater than it need be, never less.
    required
        The limit, where it is one number; else NaN.
    reason
        Index in `REASONS`.
    surely_asked
        Whether the level surely asks something of the object (an outcome of `UNKNOWN` may also mean: perhaps).
    """

    outcome: Codes
    severity: Codes
    severity_worst: Codes
    required: Numbers
    reason: Codes
    surely_asked: Booleans


def judge(rule: Rule, layer: pd.DataFrame) -> Mapping[str, Verdicts]:
    """Judge all objects of a layer by one criterion.

    Parameters
    ----------
    rule
        The criterion.
    layer
        Objects of the criterion's kind, with their attributes; a column that is not there is unknown.

    Returns
    -------
    Mapping[str, Verdicts]
        The verdicts by level. At a level for which the norm has no limit nothing applies.

    Examples
    --------
    >>> from toegankelijk.norm import read_norm
    >>> kerbs = pd.DataFrame({"kerb_height": [2.0, 2.4, 7.0, np.nan], "kerb_height_high": [np.nan, np.nan, np.nan, 3.0]})
    >>> verdicts = judge(read_norm().rules["CRO-01"], kerbs)
    >>> [(schema.OUTCOMES + ("not_applicable",))[code] for code in verdicts["A"].outcome]
    ['meets', 'fails', 'fails', 'unknown']
    >>> verdicts["A"].severity.tolist(), verdicts["C"].outcome.tolist()
    ([0, 2, 4, 0], [1, 1, 0, 1])
    """
    value = _Numbers.of(rule, layer) if rule.type == "number" else _Classes.of(rule, layer)
    false, unclear = _applies(rule, layer)
    asked = {level: _asked(rule, level, layer, value) for level in rule.limits}
    severities = value.severities(rule)
    verdicts = {}
    for i, level in enumerate(schema.LEVELS):
        if level not in asked:
            verdicts[level] = _nothing(len(layer))
            continue
        looser = asked.get(schema.LEVELS[i + 1]) if i + 1 < len(schema.LEVELS) else None
        verdicts[level] = _verdicts(asked[level], looser, value.known, (false, unclear), severities)
    return verdicts


@dataclass(frozen=True)
class _Numbers:
    """Values of a number attribute: the end of what they can be that is best for the criterion, and the worst."""

    best: Numbers
    worst: Numbers
    known: Booleans

    @classmethod
    def of(cls, rule: Rule, layer: pd.DataFrame) -> _Numbers:
        low, high = schema.bounds(layer, rule.attribute)
        known = ~(np.isneginf(low) & np.isposinf(high))
        return cls(high, low, known) if rule.compare == "min" else cls(low, high, known)

    def meet(self, rule: Rule, row: LimitRow, low: Numbers, high: Numbers) -> tuple[Booleans, Booleans]:
        """Whether the best, and the worst, meets a row that asks between ``low`` and ``high``."""
        slack = rule.tolerance + MARGIN
        if rule.compare == "min":
            return self.best >= low - slack, self.worst >= high - slack
        return self.best <= high + slack, self.worst <= low + slack

    def severities(self, rule: Rule) -> tuple[Codes, Codes]:
        """Severity of a failure by the best, and by the worst."""
        return self._severity(rule, self.best), self._severity(rule, self.worst)

    @staticmethod
    def _severity(rule: Rule, value: Numbers) -> Codes:
        severity = np.full(len(value), rule.severity_base, np.int8)
        for row in rule.severities:
            beyond = value < row.beyond - MARGIN if rule.compare == "min" else value > row.beyond + MARGIN
            severity = np.where(beyond, np.maximum(severity, row.severity), severity).astype(np.int8)
        return severity


@dataclass(frozen=True)
class _Classes:
    """Values of a bool or class attribute: codes into a list of sets of classes; the last code means unknown."""

    codes: npt.NDArray[np.intp]
    sets: list[frozenset[str]]
    known: Booleans

    @classmethod
    def of(cls, rule: Rule, layer: pd.DataFrame) -> _Classes:
        if rule.type == "bool":
            codes: npt.NDArray[np.intp] = _flags(layer, rule.attribute).astype(np.intp)
            texts = ["false", "true"]
        elif rule.attribute in layer:
            codes, uniques = pd.factorize(layer[rule.attribute])
            texts = [str(text) for text in uniques]
        else:
            codes, texts = np.full(len(layer), -1), []
        sets = [frozenset(text.split("|")) for text in texts]
        return cls(np.where(codes < 0, len(sets), codes), sets, codes >= 0)

    def meet(self, rule: Rule, row: LimitRow, low: Numbers, high: Numbers) -> tuple[Booleans, Booleans]:
        """Whether the best, and the worst, that the classes can be meets a row."""
        holds: Callable[[frozenset[str]], bool] = (
            row.classes.issubset if rule.compare == "contains_all" else row.classes.issuperset
        )
        met = [holds(held) for held in self.sets]
        return np.array([*met, True])[self.codes], np.array([*met, False])[self.codes]

    def severities(self, rule: Rule) -> tuple[Codes, Codes]:
        """Severity of a failure by the best, and by the worst."""
        grades = [max([rule.severity_base, *(r.severity for r in rule.severities if r.classes & held)]) for held in self.sets]
        best = np.array([*grades, rule.severity_base], np.int8)[self.codes]
        return best, np.array([*grades, rule.severity_most], np.int8)[self.codes]


@dataclass(frozen=True)
class _Asked:
    """What one level asks of each object, over all rows that its driver can fall in."""

    asks: Booleans  # some possible row asks something
    silent: Booleans  # some possible row asks nothing
    met: Booleans  # the worst meets every possible row
    possible: Booleans  # the best meets some possible row that asks
    clear: Booleans  # only one row is possible
    required: Numbers


def _asked(rule: Rule, level: str, layer: pd.DataFrame, value: _Numbers | _Classes) -> _Asked:
    count, driver = len(layer), rule.drivers[level]
    driver_low, driver_high = schema.bounds(layer, driver) if driver else (np.zeros(count), np.zeros(count))
    asks, silent, possible = (np.zeros(count, bool) for _ in range(3))
    met, rows = np.ones(count, bool), np.zeros(count, np.int16)
    least, most = np.full(count, np.inf), np.full(count, -np.inf)
    start = -np.inf
    for row in rule.limits[level]:
        inside = (driver_low <= row.upto + MARGIN) & ((driver_high > start + MARGIN) | np.isneginf(start))
        rows += inside
        if row.asks:
            low, high = _required(row, np.maximum(driver_low, start), np.minimum(driver_high, row.upto))
            best, worst = value.meet(rule, row, low, high)
            asks |= inside
            possible |= inside & best
            met &= ~inside | worst
            least, most = np.where(inside, np.fmin(least, low), least), np.where(inside, np.fmax(most, high), most)
        else:
            silent |= inside
        start = row.upto
    single = (least == most) & ~silent
    return _Asked(asks, silent, met, possible, rows <= 1, np.where(single, least, np.nan))


def _required(row: LimitRow, driver_low: Numbers, driver_high: Numbers) -> tuple[Numbers, Numbers]:
    """Least and greatest number that a row asks while its driver lies between two values."""
    if row.limit is None or row.per_driver == 0:
        limit = np.full(len(driver_low), np.nan if row.limit is None else row.limit)
        return limit, limit
    ends = row.limit + row.per_driver * driver_low, row.limit + row.per_driver * driver_high
    return np.minimum(*ends), np.maximum(*ends)


def _verdicts(
    asked: _Asked,
    looser: _Asked | None,
    known: Booleans,
    applies: tuple[Booleans, Booleans],
    severities: tuple[Codes, Codes],
) -> Verdicts:
    false, unclear = applies
    best, worst = severities
    if looser is not None:  # a value that still meets the next lower level is a point of attention at most
        best = np.where(looser.asks & looser.possible, np.minimum(best, 1), best)
        worst = np.where(looser.asks & ~looser.silent & looser.met, np.minimum(worst, 1), worst)
    none = false | ~asked.asks
    met = ~none & asked.met
    failed = ~none & ~asked.possible & ~asked.silent & ~unclear
    unknown = ~none & ~failed & (~met | unclear)
    outcome = np.full(len(none), MEETS, np.int8)
    outcome[unknown], outcome[failed], outcome[none] = UNKNOWN, FAILS, NOT_APPLICABLE
    reason = np.full(len(none), REASONS.index("driver"), np.int8)
    for where, why in ((asked.clear, "bounds"), (~known, "missing"), (unclear, "applies"), (~unknown, "")):
        reason[where] = REASONS.index(why)  # the last that holds
    return Verdicts(
        outcome=outcome,
        severity=np.where(failed, best, 0).astype(np.int8),
        severity_worst=np.where(none | met, 0, worst).astype(np.int8),
        required=asked.required,
        reason=reason,
        surely_asked=~none & ~unclear & ~asked.silent,
    )


def _nothing(count: int) -> Verdicts:
    none, zero = np.full(count, NOT_APPLICABLE, np.int8), np.zeros(count, np.int8)
    return Verdicts(none, zero, zero, np.full(count, np.nan), zero, np.zeros(count, bool))


def _applies(rule: Rule, layer: pd.DataFrame) -> tuple[Booleans, Booleans]:
    """Where the criterion surely does not apply, and where that is unknown."""
    false, unclear = np.zeros(len(layer), bool), np.zeros(len(layer), bool)
    for attribute, wanted in rule.applies:
        flag = _flags(layer, attribute)
        false |= flag == (0 if wanted else 1)
        unclear |= flag < 0
    return false, unclear & ~false


def _flags(layer: pd.DataFrame, attribute: str) -> Codes:
    """A bool attribute as 1, 0, or -1 for unknown."""
    if attribute not in layer:
        return np.full(len(layer), -1, np.int8)
    return np.asarray(layer[attribute].astype("boolean").to_numpy(dtype=np.int8, na_value=-1))
