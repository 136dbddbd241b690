"""The plan as a mixed integer programme for HiGHS: exact for as many jobs as are left free.

Variables are ``x[j, t]``, 1 if job j is done in term t, and ``y[p, t]``, the same for a package. With sums up to a term, so
"done by t":

    sum of y[p, s] for s <= t  <=  sum of x[j, s] for s <= t        for every job j of package p
    sum of x[then, s] for s <= t  <=  sum of x[first, s] for s <= t

These rows are tight: without budgets and minimums, the linear programme has a whole solution by itself (it is a closure problem).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp

from toegankelijk.planning.matrices import Arrays, Bools, Floats, Terms, is_allowed, owed, points, spend_areas, spend_rows

ATTEMPTS = 30
"""How often a plan that breaks a budget by less than the solver's tolerance is cut off, and the next one asked for."""

ENDED = 0
"""Status of the solver when it has proven what was asked."""


@dataclass(frozen=True)
class Model:
    """Matrices of a programme in which some jobs are free. The last variable is all the money that the plan spends.

    Parameters
    ----------
    job, term
        Which job and term each x stands for; the y follow them.
    gain
        Points of each variable.
    rows, most, least
        ``least <= rows @ variables <= most``.
    budgets, minimums
        Which rows are those of the budgets and of the minimums.
    unit
        EUR in which money is counted.
    """

    job: Terms
    term: Terms
    gain: Floats
    rows: sparse.csr_array
    most: Floats
    least: Floats
    budgets: slice
    minimums: slice
    unit: float


@dataclass(frozen=True)
class Part:
    """A plan, and what the solver has proven of it: ``ended`` if it is as good as was asked."""

    chosen: Terms
    bound: float
    ended: bool


def solve_part(
    arrays: Arrays, shares: Floats, free: Bools, base: Terms, *, gap: float, seconds: float, nodes: int | None = None
) -> Part | None:
    """The best plan in which only free jobs may differ from ``base``; None if none was found.

    Parameters
    ----------
    arrays, shares
        The programme, and the minimum shares that apply.
    free
        Jobs that the solver chooses for.
    base
        Terms of all other jobs.
    gap
        Gap that is good enough, as a share of the value of the whole plan.
    seconds, nodes
        Limits of the search; with a limit on nodes alone, every run gives the same.
    """
    model = build_model(arrays, shares, free, base)
    if len(np.unique(model.job)) < int((free & arrays.must).sum()):
        return None
    rest = points(arrays, np.where(free, arrays.terms, base))
    options = {"mip_rel_gap": gap, "time_limit": seconds} | ({} if nodes is None else {"node_limit": nodes})
    rows, most, least = model.rows, model.most, model.least
    for _ in range(ATTEMPTS):
        result = _search(model, rows, least, most, options)
        if result.x is None:
            return None
        chosen = _read(arrays, model, free, base, result)
        if is_allowed(arrays, chosen, shares):
            bound = np.inf if result.mip_dual_bound is None else rest - float(result.mip_dual_bound)
            return Part(chosen, bound, result.status == ENDED)
        cut, size = _cut(arrays, model, chosen, shares)
        rows = sparse.vstack([rows, cut], format="csr")
        most, least = np.append(most, size), np.append(least, -np.inf)
    return None


def linear_prices(arrays: Arrays, shares: Floats, base: Terms) -> tuple[Floats, Floats, float]:
    """Shadow prices of budgets and minimums (points per EUR) and the bound of the linear programme over all jobs."""
    model = build_model(arrays, shares, np.ones(len(arrays), dtype=bool), base)
    equal = model.least == model.most
    result = linprog(
        -model.gain,
        A_ub=model.rows[~equal],
        b_ub=model.most[~equal],
        A_eq=model.rows[equal],
        b_eq=model.most[equal],
        bounds=np.column_stack([np.zeros(len(model.gain)), np.append(np.ones(len(model.gain) - 1), np.inf)]),
        method="highs",
    )
    if result.status != ENDED:
        return np.zeros(len(arrays.amounts)), np.zeros(len(shares)), np.inf
    marginal = np.zeros(len(model.most))
    marginal[~equal] = np.maximum(-result.ineqlin.marginals, 0)
    return marginal[model.budgets] / model.unit, marginal[model.minimums] / model.unit, -float(result.fun)


def build_model(arrays: Arrays, shares: Floats, free: Bools, base: Terms) -> Model:
    """The model in which only free jobs are variables."""
    choices = _free_choices(arrays, free, base)
    number = np.full((len(arrays), arrays.terms), -1)
    job, term = np.nonzero(choices[:, :-1])
    number[job, term] = np.arange(len(job))
    rest = np.where(free, arrays.terms, base)
    unit = float(arrays.cost[free].mean() or 1.0) if free.any() else 1.0
    package, package_term = _free_packages(arrays, free, base)
    size = len(job) + len(package) + 1
    gain = np.zeros(size)
    gain[: len(job)] = arrays.value[job] * arrays.weights[term]
    gain[len(job) : -1] = arrays.package_values[package] * arrays.weights[package_term]
    once, asked = _once_rows(choices, job, size)
    blocks = [
        (_budget_rows(arrays, job, term, size, unit), (arrays.amounts - spend_rows(arrays, rest)) / unit),
        (_minimum_rows(arrays, shares, job, size, unit), spend_areas(arrays, rest) / unit),
        (_total_row(arrays, job, size, unit), np.array([-arrays.cost[rest < arrays.terms].sum() / unit])),
        (once, np.ones(once.shape[0])),
        (_order_rows(arrays, number, free, size), np.zeros(1)),
        (_package_rows(arrays, number, free, len(job), package, package_term, size), np.zeros(1)),
    ]
    rows = sparse.vstack([block for block, _ in blocks], format="csr")
    most = np.concatenate([np.broadcast_to(limit, block.shape[0]) for block, limit in blocks])
    least = np.full(len(most), -np.inf)
    ends = np.cumsum([block.shape[0] for block, _ in blocks])
    least[ends[1] : ends[2]] = most[ends[1] : ends[2]]
    least[ends[2] : ends[3]] = asked
    return Model(job, term, gain, rows, most, least, slice(0, ends[0]), slice(ends[0], ends[1]), unit)


def _search(model: Model, rows: sparse.csr_array, least: Floats, most: Floats, options: dict[str, float]) -> OptimizeResult:
    whole, top = np.zeros(len(model.gain)), np.ones(len(model.gain))
    whole[:-1] = 1
    top[-1] = np.inf
    limits = LinearConstraint(rows, least, most)
    return milp(-model.gain, integrality=whole, bounds=Bounds(0, top), constraints=limits, options=options)


def _read(arrays: Arrays, model: Model, free: Bools, base: Terms, result: OptimizeResult) -> Terms:
    chosen = np.where(free, arrays.terms, base)
    done = result.x[: len(model.job)] > 0.5
    chosen[model.job[done]] = model.term[done]
    return chosen


def _cut(arrays: Arrays, model: Model, chosen: Terms, shares: Floats) -> tuple[sparse.csr_array, float]:
    """A row that forbids what breaks a budget by a rounding, or else just this plan."""
    picked = chosen[model.job] == model.term
    over = np.flatnonzero(spend_rows(arrays, chosen) > arrays.room)
    if len(over) and (owed(arrays, chosen, shares) <= 0).all():
        picked &= arrays.row_use[arrays.service[model.job], model.term, over[0]] & (arrays.cost[model.job] > 0)
        line = picked.astype(float)
    else:
        line = np.where(picked, 1.0, -1.0)
    whole = np.zeros((1, len(model.gain)))
    whole[0, : len(line)] = line
    return sparse.csr_array(whole), float(picked.sum() - 1)


def _free_choices(arrays: Arrays, free: Bools, base: Terms) -> Bools:
    """Terms that free jobs may have beside those whose term stands, shape (n, T + 1)."""
    choices = arrays.choices & free[:, None]
    term = np.arange(arrays.terms + 1)
    held = ~free[arrays.firsts] & free[arrays.thens]
    np.logical_and.at(choices, arrays.thens[held], term >= base[arrays.firsts[held]][:, None])
    held = free[arrays.firsts] & ~free[arrays.thens]
    np.logical_and.at(choices, arrays.firsts[held], term <= base[arrays.thens[held]][:, None])
    return choices


def _free_packages(arrays: Arrays, free: Bools, base: Terms) -> tuple[Terms, Terms]:
    """Package and term of every y: packages with a free job, from the term in which their other jobs are done."""
    earliest = np.zeros(len(arrays.package_values), dtype=np.intp)
    touched = np.zeros(len(arrays.package_values), dtype=bool)
    standing = ~free[arrays.link_job]
    np.maximum.at(earliest, arrays.link_package[standing], base[arrays.link_job[standing]])
    touched[arrays.link_package[~standing]] = True
    package, term = np.nonzero(touched[:, None] & (np.arange(arrays.terms) >= earliest[:, None]))
    return package, term


def _matrix(values: Floats, row: npt.NDArray[np.intp], column: npt.NDArray[np.intp], shape: tuple[int, int]) -> sparse.csr_array:
    return sparse.csr_array(sparse.coo_array((values, (row, column)), shape=shape))


def _budget_rows(arrays: Arrays, job: Terms, term: Terms, size: int, unit: float) -> sparse.csr_array:
    column, row = np.nonzero(arrays.row_use[arrays.service[job], term])
    return _matrix(arrays.cost[job[column]] / unit, row, column, (len(arrays.amounts), size))


def _minimum_rows(arrays: Arrays, shares: Floats, job: Terms, size: int, unit: float) -> sparse.csr_array:
    """Share of all that is spent (the last variable) less what is spent in the area, per area."""
    inside = sparse.coo_array(arrays.inside[job].T)
    areas = np.arange(len(shares))
    area, column = inside.coords
    values = np.concatenate([-arrays.cost[job[column]] / unit, shares])
    return _matrix(values, np.append(area, areas), np.append(column, np.full(len(areas), size - 1)), (len(shares), size))


def _total_row(arrays: Arrays, job: Terms, size: int, unit: float) -> sparse.csr_array:
    """What free jobs cost less all that is spent."""
    columns = np.append(np.arange(len(job)), size - 1)
    return _matrix(np.append(arrays.cost[job] / unit, -1.0), np.zeros(len(columns), dtype=np.intp), columns, (1, size))


def _once_rows(choices: Bools, job: Terms, size: int) -> tuple[sparse.csr_array, Floats]:
    """A row per free job, and whether it has to be done (1) or not."""
    free, row = np.unique(job, return_inverse=True)
    return _matrix(np.ones(len(job)), row, np.arange(len(job)), (len(free), size)), np.where(choices[free, -1], -np.inf, 1.0)


def _order_rows(arrays: Arrays, number: Terms, free: Bools, size: int) -> sparse.csr_array:
    """Rows "then by t" less "first by t"."""
    both = free[arrays.firsts] & free[arrays.thens]
    first, then = arrays.firsts[both], arrays.thens[both]
    lines = [_sums(number, then, t, size) - _sums(number, first, t, size) for t in range(arrays.terms)]
    return sparse.vstack(lines, format="csr")


def _package_rows(
    arrays: Arrays, number: Terms, free: Bools, offset: int, package: Terms, package_term: Terms, size: int
) -> sparse.csr_array:
    """Rows "package by t" less "its job by t"."""
    place = np.full((len(arrays.package_values), arrays.terms), -1)
    place[package, package_term] = offset + np.arange(len(package))
    tied = free[arrays.link_job] & (place[arrays.link_package] >= 0).any(axis=1)
    packs, jobs = arrays.link_package[tied], arrays.link_job[tied]
    lines = [_sums(place, packs, t, size) - _sums(number, jobs, t, size) for t in range(arrays.terms)]
    return sparse.vstack(lines, format="csr")


def _sums(number: Terms, which: Terms, term: int, size: int) -> sparse.csr_array:
    """A row per element of ``which``: the sum of its variables up to a term."""
    columns = number[which, : term + 1]
    row, place = np.nonzero(columns >= 0)
    return _matrix(np.ones(len(row)), row, columns[row, place], (len(which), size))
