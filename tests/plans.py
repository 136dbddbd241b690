"""What the tests of planning share: programmes drawn at random, and a judge of plans that knows the tables alone."""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from toegankelijk.planning.programme import NEVER, Programme

Plan = Mapping[str, str]
"""Term of every job; empty for not done."""


def draw_tables(rng: np.random.Generator, jobs: int = 6, terms: int = 3) -> dict[str, object]:
    """Tables of a small programme with something of everything; fixed choices may contradict each other."""
    ids = [f"j{number}" for number in rng.permutation(jobs)]
    names = [f"t{number}" for number in range(terms)]
    packages = [
        (f"p{number}", job) for number in range(rng.integers(0, 4)) for job in rng.choice(ids, rng.integers(2, 4), replace=False)
    ]
    pairs = [sorted(rng.choice(jobs, 2, replace=False)) for _ in range(rng.integers(0, 4))]
    areas = [("x", 0.4), ("y", 0.3)][: rng.integers(0, 3)]
    budgets = [(t, s, int(rng.integers(0, 15))) for t in names for s in ("", "a", "b") if rng.random() < 0.7]
    return {
        "jobs": pd.DataFrame(
            {
                "cost": rng.integers(0, 10, jobs),
                "service": rng.choice(["a", "b"], jobs),
                "value": rng.integers(0, 10, jobs),
                "own": rng.random(jobs) > 0.15,
            },
            index=ids,
        ),
        "terms": pd.DataFrame({"weight": np.sort(rng.random(terms).round(2))[::-1]}, index=names),
        "budgets": pd.DataFrame(budgets, columns=["term", "service", "amount"]),
        "packages": pd.DataFrame(packages, columns=["package", "job"]),
        "package_values": pd.Series({name: float(rng.integers(0, 15)) for name, _ in packages}, dtype=float),
        "minimums": pd.DataFrame(areas, columns=["area", "share"]),
        "members": pd.DataFrame([(area, job) for area in "xy" for job in ids if rng.random() < 0.4], columns=["area", "job"]),
        "order": pd.DataFrame([(ids[first], ids[then]) for first, then in pairs], columns=["first", "then"]),
        "fixed": pd.Series({job: rng.choice([*names, NEVER]) for job in ids if rng.random() < 0.1}, dtype="object"),
        "only": pd.Series({job: rng.choice(names) for job in ids if rng.random() < 0.1}, dtype="object"),
        "carry_over": bool(rng.random() < 0.3),
    }


class Judge:
    """Judges plans by the tables alone; they are read once, as there are many plans."""

    def __init__(self, programme: Programme) -> None:
        self.carry_over = programme.carry_over
        self.terms = list(programme.terms.index)
        self.place = {term: number for number, term in enumerate(self.terms)} | {"": len(self.terms)}
        self.weight = {term: float(weight) for term, weight in programme.terms["weight"].items()} | {"": 0.0}
        self.jobs = list(programme.jobs.index)
        self.own = dict(programme.jobs["own"])
        self.cost = {job: float(cost) if self.own[job] else 0.0 for job, cost in programme.jobs["cost"].items()}
        self.value = {job: float(value) for job, value in programme.jobs["value"].items()}
        self.service = dict(programme.jobs["service"])
        self.fixed = dict(programme.fixed)
        self.only = dict(programme.only)
        self.order = list(zip(programme.order["first"], programme.order["then"], strict=True))
        self.amount = {(row.term, row.service): float(row.amount) for row in programme.budgets.itertuples()}
        self.packages = [
            (float(programme.package_values[name]), list(jobs)) for name, jobs in programme.packages.groupby("package")["job"]
        ]
        self.inside = {area: set(jobs) for area, jobs in programme.members.groupby("area")["job"]}

    def faults(self, plan: Plan, shares: Mapping[str, float]) -> list[str]:
        """What a plan breaks."""
        found = []
        for job in self.jobs:
            fixed = self.fixed.get(job)
            if fixed is not None and plan[job] != ("" if fixed == NEVER else fixed):
                found.append(f"{job} is fixed at {fixed}")
            if fixed is None and plan[job] not in {"", self.only.get(job, plan[job])}:
                found.append(f"{job} may only come in {self.only[job]}")
            if not self.own[job] and fixed is None and plan[job]:
                found.append(f"{job} is a third party's")
        place = self.place
        found += [f"{then} before {first}" for first, then in self.order if place[plan[then]] < place[plan[first]]]
        paid: dict[tuple[str, str], float] = {}
        for job in self.jobs:
            if plan[job]:
                paid[plan[job], self.service[job]] = paid.get((plan[job], self.service[job]), 0.0) + self.cost[job]
        for (term, service), amount in self.amount.items():
            earlier = [t for t in self.terms if place[t] < place[term]] if self.carry_over else []
            those = [term, *(t for t in earlier if (t, service) in self.amount)]
            room = amount if those == [term] else sum(self.amount[t, service] for t in those)
            spent = sum(cost for (t, s), cost in paid.items() if t in those and service in {s, ""})
            if spent > room * (1 + 1e-8) + 1e-8:
                found.append(f"{term} {service!r}: {spent}")
        total = sum(paid.values())
        for area, share in shares.items():
            got = sum(self.cost[job] for job in self.inside.get(area, ()) if plan[job])
            if got < share * total - 1e-7 * max(total, 1):
                found.append(f"{area}: {got} of {total}")
        return found

    def worth(self, plan: Plan) -> float:
        """Points of a plan."""
        points = sum(self.value[job] * self.weight[plan[job]] for job in self.jobs)
        for value, jobs in self.packages:
            points += value * self.weight[max((plan[job] for job in jobs), key=self.place.__getitem__)]
        return points

    def all_plans(self) -> Iterator[Plan]:
        """Every plan there is, allowed or not; what is fixed or a third party's only as it must be."""
        options = []
        for job in self.jobs:
            fixed = self.fixed.get(job)
            free = [*self.terms, ""] if self.own[job] else [""]
            options.append(free if fixed is None else ["" if fixed == NEVER else fixed])
        for choice in itertools.product(*options):
            yield dict(zip(self.jobs, choice, strict=True))

    def best_by_trying_all(self, shares: Mapping[str, float]) -> float | None:
        """Points of the best allowed plan; None if there is none."""
        for points, plan in sorted(((self.worth(plan), plan) for plan in self.all_plans()), key=lambda each: -each[0]):
            if not self.faults(plan, shares):
                return points
        return None
