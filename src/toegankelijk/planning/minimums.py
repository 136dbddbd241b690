"""Minimum shares of the money per area, capped to what can be reached.

A minimum asks that an area gets at least its share of all the city's money that the plan spends. It is one of money spent, not of
the budget, so that money that nobody can use binds nobody, and a larger budget never takes a plan away.

It is tried first what the minimums can reach together: fixed choices come first; then the area that is furthest behind its share
of all the money (relative to it) gets its next job, the most points per EUR first, in the first term that can pay for it, until
every area has its share or none of its jobs fits any more. An area that got less than its share by then has its minimum capped to
the share that it got. So the trial itself is a plan that keeps to the capped minimums, and there always is one.
"""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd

from toegankelijk.errors import InputError
from toegankelijk.planning.matrices import Arrays, Floats, Terms, spend_areas, spend_rows
from toegankelijk.planning.programme import SLACK

REASONS = ("", "little_to_do", "no_budget")
"""Why a minimum is capped: not at all; less work in the area than its share; what is there does not fit in the budgets beside the
other minimums and the fixed choices."""


def cap_minimums(arrays: Arrays, base: Terms) -> tuple[Floats, Terms]:
    """Shares that can be reached together, shape (A,), and a plan that does.

    Parameters
    ----------
    arrays
        The programme.
    base
        A plan with only what must be done.
    """
    trial = base.copy()
    if not len(arrays.shares) or arrays.money <= 0:
        return arrays.shares.copy(), trial
    target = arrays.shares * arrays.money
    reached = spend_areas(arrays, base)
    room = arrays.amounts * (1 + SLACK / 2) - spend_rows(arrays, base)  # half: sums are taken in another order later
    queues = _queues(arrays, base)
    areas_of = arrays.inside.tocsr()
    heap = [(reached[a] / target[a], a) for a in range(len(target)) if target[a] > reached[a]]
    heapq.heapify(heap)
    while heap:
        rank, area = heapq.heappop(heap)
        if reached[area] >= target[area] or not queues[area]:
            continue
        if reached[area] / target[area] > rank:  # another area's job counted here too
            heapq.heappush(heap, (reached[area] / target[area], area))
            continue
        job = queues[area].pop()
        term = _first_fit(arrays, trial, job, room)
        if term < arrays.terms:
            trial[job] = term
            room[arrays.row_use[arrays.service[job], term]] -= arrays.cost[job]
            reached[areas_of.indices[areas_of.indptr[job] : areas_of.indptr[job + 1]]] += arrays.cost[job]
        heapq.heappush(heap, (reached[area] / target[area], area))
    return np.minimum(arrays.shares, reached / arrays.money), trial


def tell_minimums(arrays: Arrays, chosen: Terms, shares: Floats) -> pd.DataFrame:
    """Per area what was asked, what was applied, what the plan reaches, and why a minimum is capped."""
    spent = float(arrays.cost[chosen < arrays.terms].sum())
    reached = spend_areas(arrays, chosen)
    there = (arrays.cost * arrays.choices[:, :-1].any(axis=1)) @ arrays.inside
    capped = shares < arrays.shares
    little = capped & (there < arrays.shares * arrays.money)
    return pd.DataFrame(
        {
            "asked": arrays.shares,
            "applied": shares,
            "reached": reached / spent if spent > 0 else np.zeros(len(shares)),
            "spent": reached,
            "reason": np.select([little, capped], REASONS[1:], REASONS[0]),
        },
        index=pd.Index(arrays.area_ids, name="area"),
    )


def forced_jobs_problem(arrays: Arrays) -> InputError:
    """What to say when the jobs that fixed choices ask for do not fit in the budgets."""
    asked = arrays.ids[arrays.must & (arrays.fixed < 0)]
    return InputError(
        "Fixed choices ask for jobs that must come first, and these do not fit in the budgets.",
        [f"job {job!r} must be done before one that is fixed" for job in asked],
    )


def _queues(arrays: Arrays, base: Terms) -> list[list[int]]:
    """Jobs per area that can be done and cost something, the best at the end."""
    density = np.where(arrays.cost > 0, arrays.value / np.where(arrays.cost > 0, arrays.cost, 1), 0)
    able = arrays.work & (base == arrays.terms)
    best = np.lexsort((-np.arange(len(arrays)), density))
    best = best[able[best]]
    columns = arrays.inside.tocsc()
    rank = np.full(len(arrays), -1)
    rank[best] = np.arange(len(best))
    queues = []
    for area in range(columns.shape[1]):
        jobs = columns.indices[columns.indptr[area] : columns.indptr[area + 1]]
        jobs = jobs[rank[jobs] >= 0]
        queues.append(jobs[np.argsort(rank[jobs])].tolist())
    return queues


def _first_fit(arrays: Arrays, trial: Terms, job: int, room: Floats) -> int:
    """First term in which a job can still be paid and what it waits for is done; the number of terms if there is none."""
    if trial[job] < arrays.terms:
        return arrays.terms
    earliest = max((int(trial[first]) for first in arrays.waits_for.get(job, ())), default=0)
    for term in range(earliest, arrays.terms):
        rows = arrays.row_use[arrays.service[job], term]
        if arrays.choices[job, term] and (room[rows] >= arrays.cost[job]).all():
            return term
    return arrays.terms
