"""The best plan of a programme: which job in which term, how good that surely is, and what money is worth.

Small programmes are solved exactly (`toegankelijk.planning.integer`). Larger ones get prices and a proven bound from
`toegankelijk.planning.relaxing`, and a plan near them from `toegankelijk.planning.improving`. Nothing depends on the order of
rows; only where a limit in seconds is reached may two runs differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toegankelijk.planning.explaining import explain_left_out
from toegankelijk.planning.improving import find_plan
from toegankelijk.planning.integer import linear_prices, solve_part
from toegankelijk.planning.matrices import Arrays, Floats, Terms, as_arrays, is_allowed, points, spend_cells
from toegankelijk.planning.minimums import cap_minimums, forced_jobs_problem, tell_minimums
from toegankelijk.planning.programme import ALL_SERVICES, Programme
from toegankelijk.planning.relaxing import relax

EXACT = 300
"""Most jobs that the solver gets as a whole; HiGHS may take minutes for some thousands that packages tie together."""

NODES = 2000
"""Nodes that the solver may look at in a small programme, unless the very best is asked for: a limit that, other than time, gives
every run the same plan."""


@dataclass(frozen=True)
class Solution:
    """A plan within the budgets.

    Parameters
    ----------
    terms
        Term of every job, in the order of the programme's jobs; empty where it is not done.
    value
        Points of the plan.
    bound
        Points that no plan of this programme can exceed; proven.
    budgets
        Columns ``term``, ``service``, ``amount``, ``spent`` (EUR) and ``price``: points that the next EUR there brings. With
        money carried over ``spent`` may exceed ``amount``.
    spent
        EUR per term (rows) and service (columns).
    minimums
        Per area ``asked``, ``applied`` and ``reached`` (shares of all money spent), ``spent`` (EUR), ``premium`` (points that the
        minimum costs per EUR that it moves) and ``reason``, why less applies than was asked
        (`toegankelijk.planning.minimums.REASONS`).
    left_out
        Per job that is not done: see `toegankelijk.planning.explaining.explain_left_out`.
    method
        ``exact``, ``prices`` or ``kept`` (an earlier plan that is as good).
    """

    terms: pd.Series
    value: float
    bound: float
    budgets: pd.DataFrame
    spent: pd.DataFrame
    minimums: pd.DataFrame
    left_out: pd.DataFrame
    method: str

    @property
    def gap(self) -> float:
        """How far the plan may be from the best one, as a share of the bound."""
        return max(0.0, (self.bound - self.value) / self.bound) if self.bound > 0 else 0.0


def solve(programme: Programme, *, gap: float = 1e-4, seconds: float = 60.0, start: Solution | None = None) -> Solution:
    """Choose jobs and their terms so that the plan brings most.

    Parameters
    ----------
    programme
        What there is to choose from.
    gap
        Gap to the bound (0 to 1) that is good enough; 0 asks for the very best of a small programme.
    seconds
        Most time that the solver takes for each of its searches.
    start
        An earlier plan, of a smaller budget perhaps: where it still is allowed, nothing worse is given.

    Raises
    ------
    InputError
        Jobs that must come before fixed ones do not fit in the budgets.

    Returns
    -------
    Solution
        The plan, its bound, and the reasons.
    """
    arrays = as_arrays(programme)
    base = _forced_plan(arrays, seconds)
    shares, trial = cap_minimums(arrays, base)
    found = _find(arrays, shares, base, trial, gap, seconds)
    chosen, method = _take_free_jobs(arrays, found.chosen), found.method
    earlier = None if start is None else _earlier(arrays, programme, start)
    if earlier is not None and is_allowed(arrays, earlier, shares) and points(arrays, earlier) > points(arrays, chosen):
        chosen, method = _take_free_jobs(arrays, earlier), "kept"
    value = points(arrays, chosen)
    names = np.append(programme.terms.index.to_numpy(dtype=object), "")
    terms = pd.Series(names[chosen], index=pd.Index(arrays.ids), dtype="object").reindex(programme.jobs.index)
    minimums = tell_minimums(arrays, chosen, shares).assign(premium=found.premiums)
    return Solution(
        terms=terms.rename("term"),
        value=value,
        bound=max(found.bound, value),
        budgets=_tell_budgets(arrays, programme, chosen, found.prices),
        spent=_tell_spent(arrays, programme, chosen),
        minimums=minimums,
        left_out=explain_left_out(arrays, chosen, found.prices, found.premiums, shares).reindex(terms.index[terms == ""]),
        method=method,
    )


@dataclass(frozen=True)
class _Found:
    chosen: Terms
    bound: float
    prices: Floats
    premiums: Floats
    method: str


def _find(arrays: Arrays, shares: Floats, base: Terms, trial: Terms, gap: float, seconds: float) -> _Found:
    """The best plan of a small programme; else, or if that takes too long, one near the prices."""
    part = None
    if len(arrays) <= EXACT:
        nodes = NODES if gap > 0 else None
        part = solve_part(arrays, shares, np.ones(len(arrays), dtype=bool), base, gap=gap, seconds=seconds, nodes=nodes)
    if part is not None and part.ended:
        prices, premiums, bound = linear_prices(arrays, shares, base)
        return _Found(part.chosen, min(part.bound, bound), prices, premiums, "exact")
    relaxed = relax(arrays, shares)
    enough = gap if part is None else 1.0  # the solver has had its turn
    chosen = find_plan(arrays, shares, relaxed, trial, gap=enough, seconds=seconds)
    if part is None:
        return _Found(chosen, relaxed.bound, relaxed.prices, relaxed.premiums, "prices")
    best = max([chosen, part.chosen], key=lambda plan: points(arrays, plan))
    return _Found(best, min(part.bound, relaxed.bound), relaxed.prices, relaxed.premiums, "prices")


def _forced_plan(arrays: Arrays, seconds: float) -> Terms:
    """The plan of only what staff have fixed, and what that asks for."""
    base = arrays.fixed_terms()
    asked = arrays.must & (arrays.fixed < 0)
    if not asked.any():
        return base
    part = solve_part(arrays, np.zeros(len(arrays.shares)), asked, base, gap=0.0, seconds=seconds)
    if part is None:
        raise forced_jobs_problem(arrays)
    return part.chosen


def _take_free_jobs(arrays: Arrays, chosen: Terms) -> Terms:
    """Do also what costs nothing, as early as what comes before it allows."""
    chosen = chosen.copy()
    waiting = np.flatnonzero((chosen == arrays.terms) & (arrays.cost == 0)).tolist()
    moved = True
    while moved:
        moved = False
        for job in waiting:
            earliest = max((int(chosen[first]) for first in arrays.waits_for.get(job, ())), default=0)
            able = np.flatnonzero(arrays.choices[job, earliest : arrays.terms])
            if chosen[job] == arrays.terms and len(able):
                chosen[job] = earliest + able[0]
                moved = True
    return chosen


def _earlier(arrays: Arrays, programme: Programme, start: Solution) -> Terms | None:
    """The terms of an earlier plan; None if it knows other jobs or terms."""
    terms = {name: t for t, name in enumerate(programme.terms.index)} | {"": arrays.terms}
    if not start.terms.isin(terms).all() or not pd.Index(arrays.ids).isin(start.terms.index).all():
        return None
    return np.asarray(start.terms.reindex(arrays.ids).map(terms), dtype=np.intp)


def _tell_spent(arrays: Arrays, programme: Programme, chosen: Terms) -> pd.DataFrame:
    names = sorted({str(name) for name in programme.jobs["service"]})
    return pd.DataFrame(spend_cells(arrays, chosen).T, index=programme.terms.index, columns=names)


def _tell_budgets(arrays: Arrays, programme: Programme, chosen: Terms, prices: Floats) -> pd.DataFrame:
    """Budgets as given, with what is spent in their term, and what an EUR more in them brings."""
    spent = _tell_spent(arrays, programme, chosen)
    worth = dict(zip(arrays.row_names, prices @ arrays.feeds, strict=True))
    table = programme.budgets[["term", "service", "amount"]].reset_index(drop=True)
    keys = [(term, str(service)) for term, service in zip(table["term"], table["service"], strict=True)]
    paid = [
        float(spent.loc[term].sum() if service == ALL_SERVICES else spent.loc[term].get(service, 0.0)) for term, service in keys
    ]
    return table.assign(spent=paid, price=[worth[key] for key in keys])
