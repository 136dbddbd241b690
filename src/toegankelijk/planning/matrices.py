"""A programme as arrays, in an order of its own, so that the order of rows in its tables changes nothing.

"Done by term t" is a yes or no per job and term that never turns back. In these words order ("first done by t before then is"),
packages and fixed choices are all of one kind: one yes asks for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from toegankelijk.planning.programme import ALL_SERVICES, NEVER, SLACK, Programme

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Terms = npt.NDArray[np.intp]
"""Term of every job by its place, 0 to T - 1; T means that it is not done."""


@dataclass(frozen=True)
class Arrays:
    """Jobs (n), terms (T), services (S), rows of budgets (R), areas with a minimum (A) and packages (P), each sorted by id.

    Parameters
    ----------
    ids
        Ids of the jobs, sorted.
    cost
        EUR that a job takes from budgets: 0 for jobs of third parties.
    value
        Points of a job.
    service
        Number of the service of a job.
    own
        Whether a job is the city's own.
    weights
        What a point is worth in each term, never rising.
    amounts
        EUR of each row of the budgets; with money carried over, all up to its term.
    row_names
        Term and service of each row.
    row_use
        Which rows a job of a service uses in a term, shape (S, T, R).
    feeds
        To which rows (first) the budget of a row (second) adds: itself, and with money carried over later ones; shape (R, R).
    open
        Whether a job may be done in exactly that term, shape (n, T).
    lower, upper
        Whether a job must be, and may be, done by a term, shape (n, T).
    firsts, thens
        Pairs of jobs by number: the second waits for the first.
    link_package, link_job
        Which package asks for which job, both by number.
    package_values
        Points of each package.
    area_ids, shares, inside
        Areas with a minimum, the share asked (0 to 1), and a sparse matrix (n, A) of ones: which jobs lie in it.
    fixed
        Term that staff gave, T for never, -1 where they said nothing.
    money
        The most that any plan can spend: all budgets, or all work if that is less (EUR).
    """

    ids: npt.NDArray[np.object_]
    cost: Floats
    value: Floats
    service: Terms
    own: Bools
    weights: Floats
    amounts: Floats
    row_names: tuple[tuple[object, str], ...]
    row_use: Bools
    feeds: Bools
    open: Bools
    lower: Bools
    upper: Bools
    firsts: Terms
    thens: Terms
    link_package: Terms
    link_job: Terms
    package_values: Floats
    area_ids: npt.NDArray[np.object_]
    shares: Floats
    inside: sparse.csr_array
    fixed: Terms
    money: float

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def terms(self) -> int:
        """Number of terms."""
        return len(self.weights)

    @property
    def room(self) -> Floats:
        """EUR that may be spent per row: its amount, and a trifle for rounding."""
        return np.asarray(self.amounts * (1 + SLACK) + SLACK)

    @property
    def must(self) -> Bools:
        """Jobs that are done in any plan."""
        return np.asarray(self.lower[:, -1])

    @cached_property
    def choices(self) -> Bools:
        """Which terms a job may have, shape (n, T + 1); the last column is not being done."""
        before = np.hstack([np.zeros((len(self), 1), dtype=bool), self.lower[:, :-1]])
        return np.hstack([self.open & self.upper & ~before, ~self.lower[:, -1:]])

    @cached_property
    def linked(self) -> Bools:
        """Jobs that a package or an order ties to others."""
        tied = np.zeros(len(self), dtype=bool)
        tied[self.firsts] = tied[self.thens] = tied[self.link_job] = True
        return tied

    @cached_property
    def waits_for(self) -> dict[int, list[int]]:
        """What each job waits for, by number."""
        waits: dict[int, list[int]] = {}
        for first, then in zip(self.firsts.tolist(), self.thens.tolist(), strict=True):
            waits.setdefault(then, []).append(first)
        return waits

    @cached_property
    def leads_to(self) -> dict[int, list[int]]:
        """What waits for each job, by number."""
        leads: dict[int, list[int]] = {}
        for first, then in zip(self.firsts.tolist(), self.thens.tolist(), strict=True):
            leads.setdefault(first, []).append(then)
        return leads

    @property
    def work(self) -> Bools:
        """The city's own jobs that some term may hold and that cost something."""
        return np.asarray(self.choices[:, :-1].any(axis=1) & (self.cost > 0))

    def fixed_terms(self) -> Terms:
        """The plan of only what staff have fixed."""
        return np.where(self.fixed >= 0, self.fixed, self.terms)


def as_arrays(programme: Programme) -> Arrays:
    """The arrays of a programme."""
    jobs = programme.jobs.loc[sorted(programme.jobs.index, key=str)]
    place = pd.Series(np.arange(len(jobs)), index=jobs.index)
    names = sorted({str(name) for name in jobs["service"]})
    service = np.asarray(pd.Index(names).get_indexer(jobs["service"].astype("object").map(str)), dtype=np.intp)
    own = jobs["own"].to_numpy(dtype=bool)
    cost = np.where(own, pd.to_numeric(jobs["cost"]).to_numpy(dtype=float), 0.0)
    amounts, row_names, row_use, feeds = _rows(programme, names)
    fixed = _fixed(programme, jobs.index)
    firsts, thens = _pairs(programme.order, place, "first", "then")
    opened = _open(cost, service, amounts, row_use) & (own | (fixed >= 0))[:, None] & _allowed(programme, jobs.index)
    lower, upper = _bounds(opened, fixed, firsts, thens)
    packages = sorted(programme.package_values.index, key=str)
    link_package, link_job = _links(programme.packages, packages, place, "package")
    areas = programme.minimums.iloc[np.argsort(programme.minimums["area"].astype("object").map(str).to_numpy(dtype=object))]
    member_area, member_job = _links(programme.members, list(areas["area"]), place, "area")
    inside = sparse.csr_array((np.ones(len(member_job)), (member_job, member_area)), shape=(len(jobs), len(areas)))
    return Arrays(
        ids=jobs.index.to_numpy(dtype=object),
        cost=cost,
        value=pd.to_numeric(jobs["value"]).to_numpy(dtype=float),
        service=service,
        own=own,
        weights=pd.to_numeric(programme.terms["weight"]).to_numpy(dtype=float),
        amounts=amounts,
        row_names=row_names,
        row_use=row_use,
        feeds=feeds,
        open=opened | (np.arange(len(programme.terms)) == fixed[:, None]),
        lower=lower,
        upper=upper,
        firsts=firsts,
        thens=thens,
        link_package=link_package,
        link_job=link_job,
        package_values=pd.to_numeric(programme.package_values.loc[packages]).to_numpy(dtype=float),
        area_ids=areas["area"].to_numpy(dtype=object),
        shares=pd.to_numeric(areas["share"]).to_numpy(dtype=float),
        inside=inside,
        fixed=fixed,
        money=min(_budget(programme, names), float(cost[upper.any(axis=1)].sum())),
    )


def spend_cells(arrays: Arrays, chosen: Terms) -> Floats:
    """EUR per service and term, shape (S, T)."""
    services, terms = arrays.row_use.shape[:2]
    done = chosen < terms
    cell = arrays.service[done] * terms + chosen[done]
    return np.asarray(np.bincount(cell, arrays.cost[done], services * terms), dtype=float).reshape(services, terms)


def spend_rows(arrays: Arrays, chosen: Terms) -> Floats:
    """EUR per row of the budgets, shape (R,)."""
    return np.asarray(np.einsum("st,str->r", spend_cells(arrays, chosen), arrays.row_use))


def spend_areas(arrays: Arrays, chosen: Terms) -> Floats:
    """EUR per area with a minimum, shape (A,)."""
    return np.asarray((arrays.cost * (chosen < arrays.terms)) @ arrays.inside)


def package_terms(arrays: Arrays, chosen: Terms) -> Terms:
    """Term in which each package is complete: that of its last job; T if it never is."""
    last = np.zeros(len(arrays.package_values), dtype=np.intp)
    np.maximum.at(last, arrays.link_package, chosen[arrays.link_job])
    return last


def points(arrays: Arrays, chosen: Terms) -> float:
    """Value of a plan in points."""
    weights = np.append(arrays.weights, 0.0)
    packages = arrays.package_values @ weights[package_terms(arrays, chosen)]
    return float(arrays.value @ weights[chosen] + packages)


def owed(arrays: Arrays, chosen: Terms, shares: Floats) -> Floats:
    """EUR that each area is short of its share of all money spent, shape (A,); below 0 where it gets more."""
    spent = float(arrays.cost[chosen < arrays.terms].sum())
    return np.asarray(shares * spent - spend_areas(arrays, chosen) - SLACK * spent)


def is_allowed(arrays: Arrays, chosen: Terms, shares: Floats) -> bool:
    """Whether a plan keeps to budgets, minimum shares, order and fixed choices."""
    return bool(
        arrays.choices[np.arange(len(arrays)), chosen].all()
        and (chosen[arrays.thens] >= chosen[arrays.firsts]).all()
        and (spend_rows(arrays, chosen) <= arrays.room).all()
        and (owed(arrays, chosen, shares) <= 0).all()
    )


def _rows(programme: Programme, names: list[str]) -> tuple[Floats, tuple[tuple[object, str], ...], Bools, Bools]:
    """Amounts and names of the budgets' rows, sorted by service and then term, their use, and which row feeds which."""
    order = {term: t for t, term in enumerate(programme.terms.index)}
    table = programme.budgets[["term", "service", "amount"]].itertuples(index=False)
    given = sorted((str(service), order[term], term, float(amount)) for term, service, amount in table)
    service, t = np.array([row[0] for row in given], dtype=object), np.array([row[1] for row in given], dtype=np.intp)
    feeds = service[:, None] == service
    feeds &= t <= t[:, None] if programme.carry_over else t == t[:, None]
    pays = (np.array(names, dtype=object)[:, None] == service) | (service == ALL_SERVICES)
    inside = np.arange(len(order))[:, None] == t  # the term itself
    use = pays[:, None] & (inside @ feeds.T)
    amounts = feeds @ np.array([row[3] for row in given], dtype=float)
    return amounts, tuple((term, name) for name, _, term, _ in given), use, feeds


def _budget(programme: Programme, names: list[str]) -> float:
    """EUR of all budgets together; infinite where some service has no limit in some term."""
    amounts = pd.to_numeric(programme.budgets["amount"]).to_numpy(dtype=float)
    table = pd.Series(amounts, pd.MultiIndex.from_frame(programme.budgets[["service", "term"]].astype("object")))
    whole = pd.MultiIndex.from_product([[*names, ALL_SERVICES], programme.terms.index])
    cells = table.reindex(whole).fillna(np.inf).to_numpy(dtype=float).reshape(len(names) + 1, -1)
    apart, together = cells[:-1].sum(axis=0), cells[-1]
    return float(min(apart.sum(), together.sum()) if programme.carry_over else np.minimum(apart, together).sum())


def _fixed(programme: Programme, ids: pd.Index) -> Terms:
    order = {term: t for t, term in enumerate(programme.terms.index)} | {NEVER: len(programme.terms)}
    chosen = programme.fixed.map(order).reindex(ids).astype(float)
    return np.asarray(chosen.fillna(-1), dtype=np.intp)


def _pairs(table: pd.DataFrame, place: pd.Series, one: str, other: str) -> tuple[Terms, Terms]:
    pairs = np.column_stack([place.reindex(table[column]).to_numpy() for column in (one, other)]).astype(np.intp).reshape(-1, 2)
    pairs = np.unique(pairs, axis=0)
    return pairs[:, 0], pairs[:, 1]


def _links(table: pd.DataFrame, groups: list[object], place: pd.Series, group: str) -> tuple[Terms, Terms]:
    """Numbers of group and job, sorted, each pair once; groups that are not asked for are left out."""
    number = pd.Index(groups, dtype="object").get_indexer(pd.Index(table[group], dtype="object"))
    job = place.reindex(table["job"]).to_numpy()
    pairs = np.column_stack([number, job]).astype(np.intp).reshape(-1, 2)
    pairs = np.unique(pairs[pairs[:, 0] >= 0], axis=0)
    return pairs[:, 0], pairs[:, 1]


def _open(cost: Floats, service: Terms, amounts: Floats, row_use: Bools) -> Bools:
    """Whether a job's cost is within every budget of a term, shape (n, T)."""
    room = np.where(row_use, amounts * (1 + SLACK) + SLACK, np.inf).min(axis=2, initial=np.inf)
    return np.asarray(cost[:, None] <= room[service])


def _allowed(programme: Programme, jobs: pd.Index) -> Bools:
    """Terms in which a job may be done by what the programme says of it alone, shape (n, T)."""
    only = programme.only.reindex(jobs).to_numpy(dtype=object)
    terms = programme.terms.index.to_numpy(dtype=object)
    return np.asarray(pd.isna(only)[:, None] | (only[:, None] == terms[None, :]), dtype=bool)


def _bounds(opened: Bools, fixed: Terms, firsts: Terms, thens: Terms) -> tuple[Bools, Bools]:
    """By which term a job must be done, and may be done, given fixed choices and all that follows from them."""
    term = np.arange(opened.shape[1])
    chosen = (fixed >= 0)[:, None]
    opened = np.where(chosen, term == fixed[:, None], opened)
    lower = chosen & (term >= fixed[:, None])
    upper = ~chosen | (term >= fixed[:, None])
    while True:
        before = lower.sum() - upper.sum()
        upper[:, 1:] &= opened[:, 1:] | upper[:, :-1]
        upper[:, 0] &= opened[:, 0]
        np.logical_and.at(upper, thens, upper[firsts])
        np.logical_or.at(lower, firsts, lower[thens])
        lower[:, :-1] |= lower[:, 1:] & ~opened[:, 1:] & ~chosen
        if lower.sum() - upper.sum() == before:
            return lower, upper
