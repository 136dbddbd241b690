"""Made-up programmes of any size for `plan.py`, and for the tests of large plans."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toegankelijk.planning.programme import Programme

TERMS = ("KT", "MLT", "LT")


def make_programme(
    jobs: int, *, seed: int = 1, areas: int = 50, services: int = 10, money: float = 0.15, links: bool = True
) -> Programme:
    """Jobs with lognormal costs and values; areas that bring more or less per EUR, each with a minimum share.

    ``money`` is the share of the cost of all jobs that all budgets together pay. A twentieth of the jobs waits for another, and a
    fifth is in packages of two to four jobs that bring something more together.
    """
    rng = np.random.default_rng(seed)
    ids = np.array([f"J-{number:07d}" for number in range(jobs)], dtype=object)
    cost = np.round(np.exp(rng.normal(9, 1.2, jobs)), -1) + 100
    area, service = rng.integers(0, areas, jobs), rng.integers(0, services, jobs)
    value = np.round(np.exp(rng.normal(3, 1.0, jobs)) * (0.4 + 1.2 * area / areas), 1)
    own = rng.random(jobs) >= 0.02
    names = np.array([f"service {number}" for number in range(services)], dtype=object)
    table = pd.DataFrame({"cost": cost, "service": names[service], "value": value, "own": own}, index=ids)
    budgets = pd.DataFrame(
        [
            (term, name, round(cost[service == number].sum() * money * part))
            for term, part in zip(TERMS, (0.2, 0.3, 0.5), strict=True)
            for number, name in enumerate(names)
        ],
        columns=["term", "service", "amount"],
    )
    area_names = np.array([f"area {number:02d}" for number in range(areas)], dtype=object)
    share = 0.6 * np.bincount(area, cost, areas) / cost.sum()
    order, packages, values = _links(rng, ids, value) if links else (None, None, None)
    chosen = rng.permutation(jobs)[: jobs // 100]
    fixed = pd.Series("never", index=ids[chosen[: len(chosen) // 2]], dtype="object")
    more = {} if order is None else {"order": order, "packages": packages, "package_values": values}
    return Programme(
        jobs=table,
        terms=pd.DataFrame({"weight": [1.0, 0.8, 0.6]}, index=list(TERMS)),
        budgets=budgets,
        minimums=pd.DataFrame({"area": area_names, "share": share}),
        members=pd.DataFrame({"area": area_names[area], "job": ids}),
        fixed=fixed,
        **more,
    )


def _links(rng: np.random.Generator, ids: np.ndarray, value: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    pairs = np.sort(rng.integers(0, len(ids), (len(ids) // 20, 2)), axis=1)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    tied = rng.permutation(len(ids))[: len(ids) // 5]
    sizes = rng.integers(2, 5, len(tied))
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), len(tied), side="right")]
    number = np.repeat(np.arange(len(sizes)), sizes)
    names = np.array([f"P-{each:06d}" for each in range(len(sizes))], dtype=object)
    worth = np.bincount(number, value[tied[: len(number)]], len(sizes)) * rng.uniform(0.3, 1.5, len(sizes))
    return (
        pd.DataFrame({"first": ids[pairs[:, 0]], "then": ids[pairs[:, 1]]}),
        pd.DataFrame({"package": names[number], "job": ids[tied[: len(number)]]}),
        pd.Series(worth.round(1), index=names),
    )
