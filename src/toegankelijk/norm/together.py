"""Several criteria as one: whether an object meets all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.norm.kernel import NOT_APPLICABLE, Verdicts, judge
from toegankelijk.norm.tables import Rule

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Together:
    """What several criteria together say of each object of a layer, at one level.

    Parameters
    ----------
    asked
        Whether any of them asks something, surely or perhaps.
    surely, possibly
        Whether the object meets all that is asked of it, at its worst and at its best.
    """

    asked: Booleans
    surely: Booleans
    possibly: Booleans


def judge_together(rules: Iterable[Rule], layer: pd.DataFrame) -> Mapping[str, Together]:
    """Judge all objects of a layer by several criteria as one.

    Where one criterion holds if an attribute is true and another if it is false, and the attribute is unknown, both cases are
    looked at: what fails in either case fails, and what meets all in either case meets all. A platform of 5 cm is too low
    whether or not the bus swings in.

    Parameters
    ----------
    rules
        Criteria of one kind.
    layer
        Objects of that kind, with their attributes.

    Returns
    -------
    Mapping[str, Together]
        By level.

    Examples
    --------
    >>> from toegankelijk.norm import read_norm
    >>> norm = read_norm()
    >>> stops = pd.DataFrame({"platform_height": [5.0, 15.0, 18.0]})
    >>> heights = judge_together([norm.rules["STO-01"], norm.rules["STO-18"]], stops)["A"]
    >>> heights.possibly.tolist(), heights.surely.tolist()
    ([False, True, True], [False, False, True])
    """
    rules = list(rules)
    plain = {rule.code: judge(rule, layer) for rule in rules}
    cases = [
        [{**plain, **{rule.code: judge(rule, held) for rule in rules if rule.code in concerned}} for held in _cases(layer, flag)]
        for flag, concerned in _opposed(rules).items()
    ]
    result = {}
    for level in schema.LEVELS:
        surely, possibly = _both([verdicts[level] for verdicts in plain.values()], len(layer))
        for either in cases:
            ends = [_both([verdicts[level] for verdicts in case.values()], len(layer)) for case in either]
            surely |= np.logical_and.reduce([end[0] for end in ends])
            possibly &= np.logical_or.reduce([end[1] for end in ends])
        asked = [verdicts[level].outcome != NOT_APPLICABLE for verdicts in plain.values()]
        result[level] = Together(np.logical_or.reduce(asked) if asked else np.zeros(len(layer), bool), surely, possibly)
    return result


def _both(verdicts: Sequence[Verdicts], count: int) -> tuple[Booleans, Booleans]:
    """Objects that surely and possibly meet all of some criteria."""
    surely, possibly = np.ones(count, bool), np.ones(count, bool)
    for one in verdicts:
        surely &= one.severity_worst == 0
        possibly &= one.severity == 0
    return surely, possibly


def _opposed(rules: Iterable[Rule]) -> dict[str, set[str]]:
    """Attributes that one criterion asks to be true and another to be false, with the criteria that look at them."""
    wanted: dict[str, set[bool]] = {}
    concerned: dict[str, set[str]] = {}
    for rule in rules:
        for attribute, true in rule.applies:
            wanted.setdefault(attribute, set()).add(true)
            concerned.setdefault(attribute, set()).add(rule.code)
    return {attribute: concerned[attribute] for attribute in sorted(wanted) if len(wanted[attribute]) == 2}


def _cases(layer: pd.DataFrame, flag: str) -> list[pd.DataFrame]:
    """The layer with a true/false attribute taken as true, and as false, where it is unknown."""
    given = layer[flag].astype("boolean") if flag in layer else pd.Series(pd.NA, layer.index, dtype="boolean")
    return [pd.DataFrame(layer).assign(**{flag: given.fillna(value)}) for value in (True, False)]
