"""What a plan has to choose from, as tables: jobs, terms, budgets, packages, minimum shares, order and fixed choices.

The model that `toegankelijk.planning.solving.solve` solves: every job is done in one term or not at all, and the plan gets

    sum over jobs     weight(term) x value of the job
    + sum over packages   weight(term of its last job) x value of the package, once all its jobs are done

as much as budgets, minimum shares, order and fixed choices allow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from toegankelijk.errors import InputError

JOB_COLUMNS = ("cost", "service", "value", "own")
"""Columns of the jobs. ``cost`` is in EUR, ``service`` names the service that pays, ``value`` is in points of 0 or more, and
``own`` is false for jobs of third parties."""

NEVER = "never"
"""What a fixed choice says of a job that staff will not have."""

ALL_SERVICES = ""
"""What a budget names that holds for all services together."""

SLACK = 1e-9
"""Share of a budget that rounding of sums may take over it."""


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype="object") for column in columns})


@dataclass(frozen=True)
class Programme:
    """Jobs to choose from, and what limits the choice. Every fault in the tables is told at once.

    Parameters
    ----------
    jobs
        Columns `JOB_COLUMNS`, indexed by job id. Jobs that are not the city's own cost no budget, and are done in the term that
        ``fixed`` gives them, else the plan does not count on them.
    terms
        Column ``weight``, indexed by term in their order: what a point is worth when it comes in that term, from 0 to 1, and
        never more than in the term before.
    budgets
        Columns ``term``, ``service`` and ``amount`` in EUR. Service `ALL_SERVICES` is a limit for all services together. What
        has no row has no limit of its own.
    packages
        Columns ``package`` and ``job``: jobs that together bring something more. Packages may share jobs.
    package_values
        Points of each package, got once when all its jobs are done.
    minimums
        Columns ``area`` and ``share`` (0 to 1): at least that share of all the city's money that the plan spends goes to jobs of
        the area. What cannot be met is capped (see `toegankelijk.planning.minimums`).
    members
        Columns ``area`` and ``job``: which jobs lie in which area. Areas may overlap.
    order
        Columns ``first`` and ``then``: ``then`` is done only if ``first`` is, and not in an earlier term.
    fixed
        Term of each job that staff have decided on, or `NEVER`.
    only
        Term in which a job is done if it is done at all, such as that of planned works that it goes with.
    carry_over
        Money that a term leaves goes to the next term in which the same service (or all services together) has a budget.

    Raises
    ------
    InputError
        Tables have faults: unknown or doubled ids, numbers out of range, an order that runs in a circle, fixed choices that
        contradict each other or cost more than there is.
    """

    jobs: pd.DataFrame
    terms: pd.DataFrame
    budgets: pd.DataFrame = field(default_factory=lambda: _empty("term", "service", "amount"))
    packages: pd.DataFrame = field(default_factory=lambda: _empty("package", "job"))
    package_values: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    minimums: pd.DataFrame = field(default_factory=lambda: _empty("area", "share"))
    members: pd.DataFrame = field(default_factory=lambda: _empty("area", "job"))
    order: pd.DataFrame = field(default_factory=lambda: _empty("first", "then"))
    fixed: pd.Series = field(default_factory=lambda: pd.Series(dtype="object"))
    only: pd.Series = field(default_factory=lambda: pd.Series(dtype="object"))
    carry_over: bool = False

    def __post_init__(self) -> None:
        problems = [*_missing_columns(self)] or [*_wrong_numbers(self), *_wrong_ids(self)]
        problems = problems or [*_contradictions(self)]
        if problems:
            raise InputError("The programme cannot be planned.", problems)


def _missing_columns(programme: Programme) -> Iterator[str]:
    wanted = {
        "jobs": JOB_COLUMNS,
        "terms": ("weight",),
        "budgets": ("term", "service", "amount"),
        "packages": ("package", "job"),
        "minimums": ("area", "share"),
        "members": ("area", "job"),
        "order": ("first", "then"),
    }
    for table, columns in wanted.items():
        missing = [column for column in columns if column not in getattr(programme, table).columns]
        if missing:
            yield f"{table}: no column {', '.join(missing)}"


def _wrong_numbers(programme: Programme) -> Iterator[str]:
    """Numbers that are missing, infinite or out of range."""
    tables = (
        ("jobs", programme.jobs["cost"], programme.jobs.index, math.inf),
        ("jobs", programme.jobs["value"], programme.jobs.index, math.inf),
        ("terms", programme.terms["weight"], programme.terms.index, 1.0),
        ("budgets", programme.budgets["amount"], _pairs(programme.budgets, "term", "service"), math.inf),
        ("minimums", programme.minimums["share"], programme.minimums["area"], 1.0),
        ("package_values", programme.package_values.rename("value"), programme.package_values.index, math.inf),
    )
    for table, column, ids, most in tables:
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
        wrong = ~(np.isfinite(numbers) & (numbers >= 0) & (numbers <= most))
        if wrong.any():
            limit = "0 or more" if most == math.inf else "0 to 1"
            yield f"{table}: {column.name} must be a number, {limit}: {_some(np.asarray(ids, dtype=object)[wrong])}"
    weights = pd.to_numeric(programme.terms["weight"], errors="coerce").to_numpy(dtype=float)
    if (np.diff(weights) > 0).any():
        yield "terms: a later term weighs more than the one before it"
    if not len(weights):
        yield "terms: there is none"


def _wrong_ids(programme: Programme) -> Iterator[str]:
    """Ids that stand twice where they may not, or that nothing else knows."""
    once = {
        "jobs": programme.jobs.index,
        "terms": programme.terms.index,
        "budgets": pd.Index(_pairs(programme.budgets, "term", "service")),
        "package_values": programme.package_values.index,
        "minimums": pd.Index(programme.minimums["area"]),
        "fixed": programme.fixed.index,
        "only": programme.only.index,
    }
    for table, ids in once.items():
        if ids.has_duplicates:
            yield f"{table}: more than once: {_some(ids[ids.duplicated()])}"
    terms, jobs = programme.terms.index, programme.jobs.index
    if NEVER in terms or "" in terms:
        yield f"terms: no term can be called {NEVER!r} or have no name"
    known = (
        ("budgets: no term", programme.budgets["term"], terms),
        ("packages: no job", programme.packages["job"], jobs),
        ("packages: no value for", programme.packages["package"], programme.package_values.index),
        ("package_values: no jobs in", programme.package_values.index, pd.Index(programme.packages["package"])),
        ("members: no job", programme.members["job"], jobs),
        ("order: no job", programme.order["first"], jobs),
        ("order: no job", programme.order["then"], jobs),
        ("fixed: no job", programme.fixed.index, jobs),
        ("only: no job", programme.only.index, jobs),
        ("only: no term", programme.only, terms),
        ("fixed: no term", programme.fixed, terms.append(pd.Index([NEVER], dtype="object"))),
    )
    for what, ids, those in known:
        strange = pd.Index(ids)[~pd.Index(ids).isin(those)]
        if len(strange):
            yield f"{what} {_some(strange)}"


def _contradictions(programme: Programme) -> Iterator[str]:
    """Faults of tables that are whole in themselves: circles of order, and fixed choices that cannot all hold."""
    from toegankelijk.planning.matrices import as_arrays, spend_rows

    circle = jobs_in_circles(programme.order)
    if circle:
        yield f"order: these jobs wait for each other: {_some(circle)}"
        return
    arrays = as_arrays(programme)
    clash = (arrays.lower & ~arrays.upper).any(axis=1)
    for job in arrays.ids[clash]:
        yield f"fixed: job {job!r} must be done for the sake of a later job that is fixed, and cannot be in time"
    if clash.any():
        return
    chosen = arrays.fixed_terms()
    spent = spend_rows(arrays, chosen)
    for row in np.flatnonzero(spent > arrays.room):
        term, service = arrays.row_names[row]
        name = repr(service) if service else "all services"
        yield f"fixed: {spent[row]:,.0f} EUR in term {term!r} for {name}; the budget is {arrays.amounts[row]:,.0f} EUR"


def jobs_in_circles(order: pd.DataFrame) -> list[str]:
    """Jobs that stand in a circle of order, or behind one; sorted."""
    waits: dict[object, set[object]] = {}
    leads: dict[object, list[object]] = {}
    for first, then in zip(order["first"], order["then"], strict=True):
        if first not in waits.setdefault(then, set()):
            waits[then].add(first)
            leads.setdefault(first, []).append(then)
    ready = [job for job in leads if not waits.get(job)]
    while ready:
        job = ready.pop()
        for then in leads.get(job, []):
            waits[then].discard(job)
            if not waits[then]:
                ready.append(then)
    return sorted(str(job) for job, firsts in waits.items() if firsts)


def _pairs(table: pd.DataFrame, one: str, other: str) -> list[str]:
    return [f"{a}, {b or 'all services'}" for a, b in zip(table[one], table[other], strict=True)]


def _some(ids: Iterable[object]) -> str:
    """The first ten of some ids in their order, and how many more there are."""
    names = sorted({str(each) for each in ids})
    return ", ".join(repr(name) for name in names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
