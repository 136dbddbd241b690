"""A proven bound of a large programme, and prices of money, by Lagrangian relaxation.

Budgets and minimum shares are taken out of the limits and paid for instead: an EUR from a row of the budgets costs its price, an
EUR that goes to an area with a minimum earns a premium. What is left falls apart. A job that nothing ties to others takes its
best term; jobs that packages and order tie together are a closure problem ("done by t asks for done by t"), which one largest
flow solves exactly (Picard 1976). With prices u and premiums m, all 0 or more, the plan's value is at most

    L(u, m) = sum over rows u x amount + sum of what the best choice of every job and package brings at these prices

whatever the prices are, so the bound holds even where the search for the best prices stops early. As the closure problem has
whole solutions, the least L is the bound of the linear programme (Geoffrion 1974).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from toegankelijk.planning.matrices import Arrays, Bools, Floats, Terms, spend_areas, spend_rows

ENDLESS = 2**30 - 1
"""Capacity that no cut goes through: half of what scipy's flows can hold, as two such arcs may face each other."""

LARGEST = 2**26
"""Capacity that the largest gain or loss gets: gains are told to 1/67,000,000 of it, always rounded in favour of the bound."""

ENOUGH = 1e-8
"""The search for prices ends when a step lowers the bound by a smaller share of it."""


@dataclass(frozen=True)
class Relaxed:
    """What the relaxation found.

    Parameters
    ----------
    bound
        No plan is worth more (points).
    prices, premiums
        Points per EUR of each row of the budgets, and of each minimum.
    chosen
        Best term of every job at these prices; it may break budgets and minimums.
    profit
        What a job brings in each term at these prices, shape (n, T): its points less what its money would bring elsewhere.
    """

    bound: float
    prices: Floats
    premiums: Floats
    chosen: Terms
    profit: Floats


def relax(arrays: Arrays, shares: Floats, *, steps: int = 60) -> Relaxed:
    """The least bound that a number of steps finds, with its prices.

    Parameters
    ----------
    arrays, shares
        The programme, and the minimum shares that apply.
    steps
        Steps of the search; a fixed number, so that every run finds the same.
    """
    closure = Closure(arrays)
    count = len(arrays.amounts)
    rate = float(arrays.value.sum() / max(arrays.cost.sum(), 1e-300)) or 1.0  # points per EUR: the unit of prices
    best: list[Relaxed] = []
    scale = 1.0

    def look(unknowns: Floats) -> tuple[float, Floats]:
        prices, premiums = unknowns[:count] * rate, unknowns[count:] * rate
        found = _at_prices(arrays, shares, closure, prices, premiums)
        if not best or found.bound < best[0].bound:
            best[:] = [found]
        spent = float(arrays.cost[found.chosen < arrays.terms].sum())
        slope = [arrays.amounts - spend_rows(arrays, found.chosen), spend_areas(arrays, found.chosen) - shares * spent]
        return found.bound / scale, np.concatenate(slope) * rate / scale

    start = np.concatenate([np.ones(count), np.zeros(len(shares))])
    scale = max(look(start)[0], 1e-300)
    if len(start):
        options = {"maxfun": steps, "maxiter": steps, "ftol": ENOUGH}
        minimize(look, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start), options=options)
    return best[0]


def _at_prices(arrays: Arrays, shares: Floats, closure: Closure, prices: Floats, premiums: Floats) -> Relaxed:
    cell = arrays.row_use @ prices
    premium = arrays.inside @ premiums - float(premiums @ shares)
    profit = arrays.value[:, None] * arrays.weights - arrays.cost[:, None] * (cell[arrays.service] - premium[:, None])
    options = np.where(arrays.choices, np.hstack([profit, np.zeros((len(arrays), 1))]), -np.inf)
    chosen = arrays.terms - np.argmax(options[:, ::-1], axis=1)
    worth = float(options[np.arange(len(arrays)), chosen][~arrays.linked].sum())
    tied, chosen[closure.jobs] = closure.solve(profit[closure.jobs])
    return Relaxed(float(prices @ arrays.amounts) + worth + tied, prices, premiums, chosen, profit)


class Closure:
    """The jobs that packages and order tie together, as a graph; solved anew for each set of prices.

    Parameters
    ----------
    arrays
        The programme.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.jobs = np.flatnonzero(arrays.linked)
        self.terms = arrays.terms
        steps = arrays.weights - np.append(arrays.weights[1:], 0)
        self._worth = arrays.package_values[:, None] * steps
        lower, upper = arrays.lower[self.jobs], arrays.upper[self.jobs]
        able = np.ones(self._worth.shape, dtype=bool)
        np.logical_and.at(able, arrays.link_package, arrays.upper[arrays.link_job])
        self._sure = np.concatenate([lower.ravel(), np.zeros(able.size, dtype=bool)])
        self._free = np.concatenate([(upper & ~lower).ravel(), able.ravel()])
        self._build(*self._asks(arrays))

    def _asks(self, arrays: Arrays) -> tuple[Terms, Terms]:
        """Arcs from each node to those it asks for; a node is a job, or a package, done by a term."""
        place = np.full(len(arrays), -1)
        place[self.jobs] = np.arange(len(self.jobs)) * self.terms
        package = (len(self.jobs) + arrays.link_package) * self.terms
        own = place[self.jobs]
        ones, others = [], []
        for term in range(self.terms):
            ones += [place[arrays.thens] + term, package + term]
            others += [place[arrays.firsts] + term, place[arrays.link_job] + term]
            if term:
                shut = own[~arrays.open[self.jobs, term]]
                ones += [own + term - 1, shut + term]
                others += [own + term, shut + term - 1]
        one, other = np.concatenate(ones), np.concatenate(others)
        inner = self._free[one] & self._free[other]
        return one[inner], other[inner]

    def _build(self, one: Terms, other: Terms) -> None:
        nodes = np.flatnonzero(self._free)
        number = np.full(len(self._free), -1)
        number[nodes] = np.arange(len(nodes))
        size = len(nodes)
        self._nodes, self._size = nodes, size
        tail = np.concatenate([np.full(size, size), np.arange(size), number[one]])
        head = np.concatenate([np.arange(size), np.full(size, size + 1), number[other]])
        arcs = sparse.coo_array((np.arange(1, len(tail) + 1), (tail, head)), shape=(size + 2, size + 2)).tocsr()
        self._order = arcs.data - 1
        self._graph = sparse.csr_array(
            (np.zeros(len(self._order), dtype=np.int32), arcs.indices.astype(np.int32), arcs.indptr.astype(np.int32)),
            shape=arcs.shape,
        )

    def solve(self, profit: Floats) -> tuple[float, Terms]:
        """At least what the best choice brings, to within rounding, and the term of each job in it."""
        gains = np.concatenate([(profit - np.hstack([profit[:, 1:], np.zeros((len(profit), 1))])).ravel(), self._worth.ravel()])
        worth = float(gains[self._sure].sum())
        done = self._sure.copy()
        free = gains[self._nodes]
        most = float(np.abs(free).max(initial=0.0))
        if most > 0:
            unit = most / LARGEST
            plus, minus = np.ceil(np.maximum(free, 0) / unit), np.floor(np.maximum(-free, 0) / unit)
            cut, inside = self._cut(plus, minus)
            worth += (float(plus.sum()) - cut) * unit
            done[self._nodes] = inside
        by = done[: profit.size].reshape(profit.shape)
        return worth, self.terms - by.sum(axis=1)

    def _cut(self, plus: Floats, minus: Floats) -> tuple[float, Bools]:
        """Size of the smallest cut, and which nodes stand at the source's side of it."""
        arcs = len(self._order) - 2 * self._size
        capacity = np.concatenate([plus, minus, np.full(arcs, ENDLESS)]).astype(np.int32)
        graph = self._graph
        graph.data = capacity[self._order]
        flow = maximum_flow(graph, self._size, self._size + 1, method="dinic")
        left = graph - flow.flow
        left.data[left.data < 0] = 0
        left.eliminate_zeros()
        reached = breadth_first_order(left, self._size, return_predecessors=False)
        inside = np.zeros(self._size + 2, dtype=bool)
        inside[reached] = True
        return float(flow.flow_value), inside[: self._size]
