"""From prices to a plan: mend what breaks a limit, fill what is left, and let the solver choose anew where the choice is close.

The best choice at the prices of `toegankelijk.planning.relaxing` breaks budgets and minimums by little. Jobs whose loss is least
per EUR leave until all limits hold; then jobs that bring most enter where there is room. In the end the solver gets the jobs that
this moved, and those whose best term is hardly better than another (the core of the problem; Balas and Zemel 1980), with all
others as they are.
"""

from __future__ import annotations

import numpy as np

from toegankelijk.planning.integer import solve_part
from toegankelijk.planning.matrices import (
    Arrays,
    Bools,
    Floats,
    Terms,
    is_allowed,
    package_terms,
    points,
    spend_areas,
    spend_rows,
)
from toegankelijk.planning.programme import SLACK
from toegankelijk.planning.relaxing import Relaxed

ROUNDS = 2
"""How often the solver chooses anew."""

CORE = 200
"""How many jobs the solver gets in a round: those that mending moved, and the closest choices."""

CLOSE = 2e-4
"""Gap, as a share of the plan's value, at which a round ends: less takes the solver long and brings hardly anything."""

NODES = 200
"""Nodes that the solver may look at per round: a limit that, other than time, gives every run the same plan."""


class Draft:
    """A plan in the making, with what is left of every budget and what every area has got.

    Parameters
    ----------
    arrays, shares
        The programme, and the minimum shares that apply.
    chosen
        The plan to start from.
    """

    def __init__(self, arrays: Arrays, shares: Floats, chosen: Terms) -> None:
        self.arrays, self.shares, self.chosen = arrays, shares, chosen.copy()
        self.room = arrays.amounts * (1 + SLACK / 2) - spend_rows(arrays, chosen)
        self.spent = float(arrays.cost[chosen < arrays.terms].sum())
        self.got = spend_areas(arrays, chosen)
        self._inside = arrays.inside.tocsr()

    def areas_of(self, job: int) -> Terms:
        """Areas with a minimum in which a job lies."""
        return np.asarray(self._inside.indices[self._inside.indptr[job] : self._inside.indptr[job + 1]])

    @property
    def short(self) -> Floats:
        """EUR that each area is short of its share."""
        return np.asarray(self.shares * self.spent - self.got)

    def leave(self, job: int) -> None:
        """Take a job out, with all that waits for it."""
        leaving = [job]
        while leaving:
            one = leaving.pop()
            if self.chosen[one] < self.arrays.terms and not self.arrays.must[one]:
                leaving += self.arrays.leads_to.get(one, [])
                self._count(one, int(self.chosen[one]), -1)
                self.chosen[one] = self.arrays.terms

    def can_enter(self, job: int, term: int, *, keep_shares: bool = True) -> bool:
        """Whether a job that is not done can be done in a term beside all others."""
        arrays, cost = self.arrays, self.arrays.cost[job]
        if not arrays.choices[job, term] or (self.room[arrays.row_use[arrays.service[job], term]] < cost).any():
            return False
        if any(self.chosen[first] > term for first in arrays.waits_for.get(job, ())):
            return False
        if not keep_shares or not cost:
            return True
        short = self.short + self.shares * cost
        short[self.areas_of(job)] -= cost
        return bool((short <= SLACK / 2 * self.spent).all())

    def enter(self, job: int, term: int) -> None:
        """Do a job in a term."""
        self._count(job, term, 1)
        self.chosen[job] = term

    def _count(self, job: int, term: int, sign: int) -> None:
        cost = sign * self.arrays.cost[job]
        self.room[self.arrays.row_use[self.arrays.service[job], term]] -= cost
        self.spent += cost
        self.got[self.areas_of(job)] += cost


def find_plan(arrays: Arrays, shares: Floats, relaxed: Relaxed, trial: Terms, *, gap: float, seconds: float) -> Terms:
    """A good plan near the best choice at the prices.

    Parameters
    ----------
    arrays, shares
        The programme, and the minimum shares that apply.
    relaxed
        Prices, and what every job brings at them.
    trial
        A plan that keeps to everything, for when the choice cannot be mended.
    gap
        Gap to the bound that is good enough.
    seconds
        Most time for each round of the solver; it is not meant to be reached.
    """
    plan = fill(arrays, shares, relaxed, mend(arrays, shares, relaxed))
    if not is_allowed(arrays, plan, shares):
        plan = fill(arrays, shares, relaxed, trial)
    margin = _margins(arrays, relaxed)
    for _ in range(ROUNDS):
        value = points(arrays, plan)
        if relaxed.bound - value <= gap * relaxed.bound:
            break
        moved = (plan != relaxed.chosen) & np.isfinite(margin)
        free = np.zeros(len(arrays), dtype=bool)
        free[np.argsort(np.where(moved, -1.0, margin), kind="stable")[:CORE]] = True
        aim = max(gap, CLOSE) * value / max(_part_value(arrays, free, plan), 1e-300)
        part = solve_part(arrays, shares, free, plan, gap=aim, seconds=seconds, nodes=NODES)
        if part is None or points(arrays, part.chosen) <= value:
            break
        plan = part.chosen
    return plan


def mend(arrays: Arrays, shares: Floats, relaxed: Relaxed) -> Terms:
    """The choice at the prices without what breaks a budget or a minimum; the least loss per EUR leaves first."""
    draft = Draft(arrays, shares, relaxed.chosen)
    loss = _losses(arrays, relaxed)
    able = (relaxed.chosen < arrays.terms) & ~arrays.must & (arrays.cost > 0)
    jobs = np.flatnonzero(able)
    jobs = jobs[np.argsort(loss[jobs] / arrays.cost[jobs], kind="stable")]
    for row in np.flatnonzero(draft.room < 0):
        uses = arrays.row_use[arrays.service[jobs], relaxed.chosen[jobs], row]
        here = jobs[uses & (draft.chosen[jobs] < arrays.terms)]
        for job in here[_cheapest_exit(arrays.cost[here], loss[here], -draft.room[row])]:
            draft.leave(job)
    for area in np.flatnonzero(draft.short > 0).tolist():
        _mend_area(draft, area, relaxed, jobs)
    return draft.chosen


def _cheapest_exit(cost: Floats, loss: Floats, excess: float) -> Terms:
    """Which jobs, sorted by loss per EUR, leave to free an amount: some of the first, and one more that suffices."""
    freed, lost = np.append(0.0, np.cumsum(cost)), np.append(0.0, np.cumsum(loss))
    enough = int(np.searchsorted(freed, excess))
    least, exits = np.inf, np.arange(min(enough, len(cost)))
    for count in range(min(enough, len(cost))):
        able = np.flatnonzero(cost[count:] >= excess - freed[count]) + count
        if len(able):
            last = able[np.argmin(loss[able])]
            if lost[count] + loss[last] < least:
                least, exits = lost[count] + loss[last], np.append(np.arange(count), last)
    return exits


def _mend_area(draft: Draft, area: int, relaxed: Relaxed, jobs: Terms) -> None:
    """Do more in an area that is short of its share, and less elsewhere if that is not enough."""
    arrays = draft.arrays
    inside = arrays.inside.tocsc()
    there = inside.indices[inside.indptr[area] : inside.indptr[area + 1]]
    idle = there[(draft.chosen[there] == arrays.terms) & (arrays.cost[there] > 0)]
    worth = relaxed.profit[idle].max(axis=1) / arrays.cost[idle]
    for job in idle[np.argsort(-worth, kind="stable")]:
        if draft.short[area] <= 0:
            return
        term = next((t for t in range(arrays.terms) if draft.can_enter(job, t, keep_shares=False)), arrays.terms)
        if term < arrays.terms:
            draft.enter(job, term)
    mine = np.zeros(len(arrays), dtype=bool)
    mine[there] = True
    for job in jobs[~mine[jobs]]:
        if draft.short[area] <= 0:
            return
        draft.leave(job)


def fill(arrays: Arrays, shares: Floats, relaxed: Relaxed, plan: Terms) -> Terms:
    """Let jobs enter where there is room, those that bring most at the prices per EUR first."""
    draft = Draft(arrays, shares, plan)
    term = np.argmax(np.where(arrays.choices[:, :-1], relaxed.profit, -np.inf), axis=1)
    profit = relaxed.profit[np.arange(len(arrays)), term] + _bonus(arrays, plan)
    fits = np.stack([_fits(draft, t) for t in range(arrays.terms)], axis=1).any(axis=1)
    idle = np.flatnonzero(fits & (plan == arrays.terms))
    rank = profit[idle] / np.maximum(arrays.cost[idle], 1e-9)
    for job in idle[np.argsort(-rank, kind="stable")]:
        for t in np.argsort(-relaxed.profit[job], kind="stable"):
            if draft.can_enter(job, int(t)):
                draft.enter(job, int(t))
                break
    return draft.chosen


def _fits(draft: Draft, term: int) -> Bools:
    """Jobs that the room of a term can still pay for."""
    arrays = draft.arrays
    room = np.where(arrays.row_use[:, term], draft.room, np.inf).min(axis=1, initial=np.inf)
    return np.asarray(arrays.choices[:, term] & (arrays.cost <= room[arrays.service]))


def _bonus(arrays: Arrays, plan: Terms) -> Floats:
    """Points of packages that lack only this job, per job."""
    lacks = plan[arrays.link_job] == arrays.terms
    missing = np.bincount(arrays.link_package[lacks], minlength=len(arrays.package_values))
    last = lacks & (missing[arrays.link_package] == 1)
    return np.asarray(np.bincount(arrays.link_job[last], arrays.package_values[arrays.link_package[last]], len(arrays)))


def _losses(arrays: Arrays, relaxed: Relaxed) -> Floats:
    """What is lost at the prices when a job leaves: its own profit, its packages, and what waits for it."""
    chosen = relaxed.chosen
    done = chosen < arrays.terms
    loss = np.where(done, relaxed.profit[np.arange(len(arrays)), np.minimum(chosen, arrays.terms - 1)], 0.0)
    whole = np.append(arrays.weights, 0.0)[package_terms(arrays, chosen)] * arrays.package_values
    loss += np.bincount(arrays.link_job, whole[arrays.link_package], len(arrays))
    return np.asarray(loss + np.bincount(arrays.firsts, np.maximum(loss[arrays.thens], 0), len(arrays)))


def _margins(arrays: Arrays, relaxed: Relaxed) -> Floats:
    """Points between a job's best and second-best choice at the prices; a job of a package shares in what it brings."""
    parts = np.bincount(arrays.link_package, minlength=len(arrays.package_values))
    shared = np.bincount(arrays.link_job, (arrays.package_values / np.maximum(parts, 1))[arrays.link_package], len(arrays))
    profit = relaxed.profit + shared[:, None] * arrays.weights
    options = np.where(arrays.choices, np.hstack([profit, np.zeros((len(arrays), 1))]), -np.inf)
    best = np.sort(options, axis=1)
    margin = best[:, -1] - best[:, -2]
    return np.where(arrays.choices.sum(axis=1) > 1, margin, np.inf)


def _part_value(arrays: Arrays, free: Bools, plan: Terms) -> float:
    return points(arrays, plan) - points(arrays, np.where(free, arrays.terms, plan))
