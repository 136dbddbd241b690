"""A plan within a budget: which job in which term, what it gains, why others were left out, and what more money would buy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.areas import find_districts
from toegankelijk.bottlenecks import Horizon
from toegankelijk.network.gains import GAIN_COLUMNS, joint_gain
from toegankelijk.network.packages import Packages, find_packages
from toegankelijk.network.places import METRES, Places
from toegankelijk.network.walking import Walking
from toegankelijk.planning.asked import ZONE, Budget, Choices, check_asked, check_services, read_budget
from toegankelijk.planning.more_money import Marginal, marginal
from toegankelijk.planning.programme import ALL_SERVICES, NEVER, Programme
from toegankelijk.planning.reasons import explain_jobs
from toegankelijk.planning.solving import Solution, solve
from toegankelijk.planning.weighing import Weighed
from toegankelijk.planning.works import term_of

PRIORITY_WORTH = 1.0
"""Points of a plan that a point of priority is worth, next to one for a resident who wins a way to a purpose of weight 1; a
proposal."""

DETOUR_WORTH = 0.001
"""Points that a metre of detour is worth, saved for one resident: a kilometre is worth a way that is won; a proposal."""

METRE_WORTH = 0.1
"""Points of a metre of street, where no residents and no addresses are known; a proposal."""

YEARLY = 0.05
"""Part of its worth that a point loses per year that it comes later; a proposal."""

LEAST_WORTH = 0.2
"""What a point is worth at least, however late it comes."""


@dataclass(frozen=True)
class Plan:
    """A plan.

    Parameters
    ----------
    table
        Bottlenecks with the term, year and reason that the plan gives them.
    jobs
        Jobs with ``value`` (points), ``term`` (empty if not done), ``why`` (code of the reason why not), ``priority_band`` and
        ``plan_reason`` in words.
    gains
        Per term, in order, what all that is done until then gains on the network, worked out anew (`GAIN_COLUMNS`); the last row
        is the true gain of the plan.
    programme, solution
        The model, its solution with the proven bound, and what was spent.
    more
        What the next part of money would buy.
    """

    table: gpd.GeoDataFrame
    jobs: gpd.GeoDataFrame
    gains: pd.DataFrame
    programme: Programme
    solution: Solution
    more: Marginal

    def __repr__(self) -> str:
        done = int((self.jobs["term"] != "").sum())
        return f"Plan({done} of {len(self.jobs)} jobs, {self.solution.value:.1f} points, gap {self.solution.gap:.4f})"

    def _repr_html_(self) -> str:
        """What is spent and gained per term, and the first jobs, for a notebook."""
        from toegankelijk.display import card
        from toegankelijk.labels import label

        facts = {label("display.points"): float(self.solution.value), label("display.gap"): 100 * float(self.solution.gap)}
        tables = {"budgets": self.solution.budgets, "gains": self.gains, "jobs": self.jobs}
        return card(repr(self), facts=facts, tables=tables)

    @property
    def left_out(self) -> gpd.GeoDataFrame:
        """Jobs of high priority that the plan leaves out, the highest first."""
        out = self.jobs[(self.jobs["term"] == "") & self.jobs["priority_band"].eq("hoog")]
        return out.sort_values(["priority", "severity"], ascending=False, kind="stable")

    @property
    def decided(self) -> frozenset[str]:
        """Bottlenecks whose term the plan gives, and not the rule."""
        planned = self.jobs.index[self.jobs["track"].eq("eigen") & self.jobs["term"].notna()]
        return frozenset(self.table.loc[self.table["job"].isin(planned), "bottleneck_id"])


def plan_works(
    weighed: Weighed,
    city: schema.City,
    walking: Walking | None = None,
    *,
    budget: Budget | None = None,
    worth: Mapping[str, float] | None = None,
    minimum: Choices | None = None,
    weight: Choices | None = None,
    order: pd.DataFrame | None = None,
    horizon: Horizon | None = None,
    extra: float = 0.10,
    gap: float = 1e-4,
    seconds: float = 30.0,
    lang: str = "nl",
) -> Plan:
    """Choose jobs and their terms so that the plan gains most within the budget.

    A plan's points are, for every job that is done, its priorities (`PRIORITY_WORTH`) and the detour that it saves
    (`DETOUR_WORTH`), and for every set of jobs that together gives people a way, the people times the weight of the purpose; each
    times what a point is worth in the term in which it comes (1, less `YEARLY` per year after the first term's end).

    What staff chose holds: a job with a term of theirs is done in it. A job that goes with planned works is done in the term of
    those works, or not at all. Jobs of third parties cost the city nothing and are done only in a term that is given.

    Parameters
    ----------
    weighed
        Jobs, costs and gains (see `toegankelijk.planning.weighing.weigh`).
    city
        The city as measured; gives zones and districts, and the choices of its city.toml for what is not given.
    walking
        Its walking network.
    budget
        Euros per term (``KT``, ``MLT``, ``LT``) or year, for all services or per service. What has no amount has no money.
    worth
        What a point is worth in a term (0 to 1).
    minimum
        Least share of the money that is spent per area of a division.
    weight
        How much what is gained in an area counts; 1 if nothing is said.
    order
        Columns ``first`` and ``then``, ids of jobs: the second is done only if the first is, and not earlier.
    horizon
        Years in which the terms end.
    extra
        Part by which all budgets grow, to tell what more money would buy.
    gap, seconds
        As `toegankelijk.planning.solving.solve`.
    lang
        Language of the reasons.

    Raises
    ------
    ConfigError
        No budget is given, or it names terms, services, divisions or areas that are not there.
    InputError
        Choices of staff cost more than there is.
    """
    said = city.settings.get("plan", {})
    if budget is not None:
        budget = read_budget(budget)
    if budget is not None and worth is None:  # a call may be about fewer terms than the city has
        worth = {term: value for term, value in said.get("worth", {}).items() if term in budget}
    budget, worth = _first(budget, said, "budget"), _first(worth, said, "worth")
    minimum, weight = _first(minimum, said, "minimum"), _first(weight, said, "weight")
    ends = horizon or Horizon(**city.settings.get("planning", {}))
    jobs = weighed.jobs.drop(columns=["value", "term"], errors="ignore")
    check_asked(budget, worth, minimum, weight, city)
    check_services(budget, weighed.services)
    terms = find_terms(budget, worth, ends)
    areas = _areas(jobs, city, {*minimum, *weight})
    factor = _factors(areas, weight, jobs.index)
    fixed, only = _choices(jobs, terms, ends)
    own = jobs["track"].eq("eigen")
    usable = (own & fixed.reindex(jobs.index).ne(NEVER)) | fixed.reindex(jobs.index).isin(terms.index)
    packages = _packages(weighed, walking, city, jobs["cost"].where(usable), weight)
    scale = METRE_WORTH if weighed.counted == METRES else 1.0
    value = (PRIORITY_WORTH * _priorities(weighed) + DETOUR_WORTH * scale * jobs["gain_metres"].fillna(0.0)) * factor
    programme = Programme(
        jobs=pd.DataFrame({"cost": jobs["cost"], "service": jobs["responsible"], "value": value, "own": own}),
        terms=terms[["weight"]],
        budgets=_budgets(budget, terms, jobs["responsible"]),
        packages=_members(packages),
        package_values=pd.Series(dtype=float) if packages is None else packages.value * scale,
        minimums=_minimums(minimum),
        members=areas.drop(columns="division"),
        order=pd.DataFrame({"first": [], "then": []}, dtype="object") if order is None else order,
        fixed=fixed,
        only=only,
    )
    solution = solve(programme, gap=gap, seconds=seconds)
    more = marginal(programme, solution, extra=extra, gap=gap, seconds=seconds)
    jobs = _with_bands(jobs.assign(value=value), weighed)
    jobs = explain_jobs(jobs, programme, solution, services=weighed.services, lang=lang)
    table = _planned(weighed, jobs, terms, ends)
    return Plan(table, jobs, _true_gains(weighed, walking, solution, terms), programme, solution, more)


def find_terms(budget: Budget, worth: Mapping[str, float], ends: Horizon) -> pd.DataFrame:
    """Terms of a plan in their order: the year in which each ends, and what a point is worth that comes in it.

    Examples
    --------
    >>> find_terms({"MLT": 1.0, "KT": 1.0}, {}, Horizon())
         year  weight
    term
    KT   2028    1.00
    MLT  2031    0.85
    """
    years = {term: getattr(ends, term) if term in ("KT", "MLT", "LT") else int(term) for term in budget}
    ordered = sorted(years, key=lambda term: (years[term], term))
    first = years[ordered[0]] if ordered else 0
    later = {term: max(LEAST_WORTH, 1 - YEARLY * (years[term] - first)) for term in ordered}
    weight = np.minimum.accumulate([worth.get(term, later[term]) for term in ordered] or [1.0])[: len(ordered)]
    index = pd.Index(ordered, name="term", dtype="object")
    return pd.DataFrame({"year": [years[term] for term in ordered], "weight": weight}, index=index)


def _first(given: Any, said: Mapping[str, Any], name: str) -> Any:
    """What the call says, or else the city."""
    return said.get(name, {}) if given is None else given


def _areas(jobs: gpd.GeoDataFrame, city: schema.City, divisions: set[str]) -> pd.DataFrame:
    """In which area of each division a job lies: ``area`` (with its division), ``job`` and ``division``."""
    parts = []
    for division in sorted(divisions):
        ids = (
            jobs["zone_id"].to_numpy(dtype=object)
            if division == ZONE
            else find_districts(jobs.geometry.to_numpy(), city.districts[division])
        )
        table = pd.DataFrame({"area": [f"{division}: {one}" for one in ids], "job": jobs.index, "division": division})
        parts.append(table[ids != ""])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"area": [], "job": [], "division": []}, dtype="object")


def _factors(areas: pd.DataFrame, weight: Choices, jobs: pd.Index) -> pd.Series:
    """How much a job counts by where it lies: the product over the divisions."""
    said = {f"{division}: {area}": float(one) for division, choices in weight.items() for area, one in choices.items()}
    factor = areas["area"].map(said).fillna(1.0).astype(float).groupby(areas["job"]).prod()
    return factor.reindex(jobs).fillna(1.0)


def _choices(jobs: gpd.GeoDataFrame, terms: pd.DataFrame, ends: Horizon) -> tuple[pd.Series, pd.Series]:
    """Terms that staff fixed, and those of planned works. A choice beyond the terms of the plan is never in this plan."""
    codes = {term: str(term_of(np.array([float(year)]), ends)[0]) for term, year in terms["year"].items()}
    first = {code: next(term for term in terms.index if codes[term] == code) for code in dict.fromkeys(codes.values())}
    by_year = jobs["year"].map(lambda year: _holding(int(year), terms) if year else "")
    staff = jobs["planning"].map(lambda code: (first.get(code, NEVER) if code not in terms.index else code) if code else "")
    chosen = by_year.where(by_year != "", staff)
    begun = jobs["status"].eq("in_uitvoering") & chosen.eq("")
    chosen = chosen.mask(begun, terms.index[0])
    works = jobs["work_year"].map(lambda year: _holding(int(year), terms) if year else "")
    # works of a third party itself say when; works after the plan ends are waited for
    waiting = chosen.eq("") & (works.eq(NEVER) | (jobs["track"].eq("derden") & works.ne("")))
    fixed = chosen.mask(waiting, works)
    fixed = fixed[fixed != ""].astype("object")
    only = works[(works != "") & (works != NEVER) & jobs["track"].eq("eigen") & ~works.index.isin(fixed.index)].astype("object")
    return fixed, only


def _holding(year: int, terms: pd.DataFrame) -> str:
    """The term that holds a year; `NEVER` if the plan ends before it."""
    later = terms.index[terms["year"] >= year]
    return str(later[0]) if len(later) else NEVER


def _budgets(budget: Budget, terms: pd.DataFrame, services: pd.Series) -> pd.DataFrame:
    """Amounts per term and service; where a term has amounts per service, a service without one has no money in it."""
    rows: list[tuple[str, str, float]] = []
    for term in terms.index:
        amount = budget[term]
        if not isinstance(amount, Mapping):
            rows.append((term, ALL_SERVICES, float(amount)))
            continue
        rows += [(term, service, float(amount.get(service, 0.0))) for service in sorted({*services, *amount})]
    return pd.DataFrame(rows, columns=["term", "service", "amount"])


def _minimums(minimum: Choices) -> pd.DataFrame:
    rows = [(f"{division}: {area}", float(share)) for division, areas in minimum.items() for area, share in areas.items()]
    return pd.DataFrame(rows, columns=["area", "share"])


def _priorities(weighed: Weighed) -> pd.Series:
    """Sum of the priorities of the bottlenecks of each job."""
    priority = weighed.table.set_index("bottleneck_id")["priority"].astype(float)
    members = weighed.bundles.members
    total = members["bottleneck_id"].map(priority).fillna(0.0).groupby(members["job_id"]).sum()
    return total.reindex(weighed.jobs.index).fillna(0.0)


def _packages(weighed: Weighed, walking: Walking | None, city: schema.City, costs: pd.Series, weight: Choices) -> Packages | None:
    """Sets of jobs that together give people a way, with those at the weight of where they live."""
    if walking is None:
        return None
    places = _weighted(walking, city, weight) if weight else walking.places
    return find_packages(walking.network, walking.leading, places, weighed.job_fixes, costs.dropna())


def _weighted(walking: Walking, city: schema.City, weight: Choices) -> Places:
    """Places whose residents count by where they live."""
    from toegankelijk.reach import reach_city

    origins = walking.places.origins
    reach = reach_city(city, walking)
    factor = pd.Series(1.0, origins.index)
    for division, choices in weight.items():
        area = reach.area_of(division)
        area = area[~area.index.duplicated()].reindex(origins.index)
        factor *= area.map({one: float(value) for one, value in choices.items()}).fillna(1.0).astype(float)
    return dataclasses.replace(walking.places, origins=origins.assign(residents=origins["residents"] * factor))


def _members(packages: Packages | None) -> pd.DataFrame:
    if packages is None:
        return pd.DataFrame({"package": [], "job": []}, dtype="object")
    return packages.members.rename(columns={"fix": "job"})[["package", "job"]]


def _with_bands(jobs: gpd.GeoDataFrame, weighed: Weighed) -> gpd.GeoDataFrame:
    """Jobs with the band of their highest priority, where that is high."""
    band = weighed.table.set_index("bottleneck_id")["priority_band"]
    members = weighed.bundles.members
    high = members["bottleneck_id"].map(band).eq("hoog").groupby(members["job_id"]).any().reindex(jobs.index).eq(True)
    return jobs.assign(priority_band=np.where(high, "hoog", "").astype(object))


def _planned(weighed: Weighed, jobs: gpd.GeoDataFrame, terms: pd.DataFrame, ends: Horizon) -> gpd.GeoDataFrame:
    """Bottlenecks with what the plan gives them: done in a term, or on the long term as there is no money for it now."""
    table = weighed.table
    own = jobs.reindex(table["job"])
    city = (own["track"].eq("eigen") & own["term"].notna()).to_numpy()
    done = city & own["term"].fillna("").ne("").to_numpy()
    year = np.where(done, terms["year"].reindex(own["term"]).to_numpy(dtype=float, na_value=np.nan), ends.LT)
    year = np.where(done & (own["work_year"].fillna(0).to_numpy() > 0), own["work_year"].fillna(0).to_numpy(), year)
    code = np.where(done, term_of(year, ends), "LT")
    planning, target, why = (table[name].astype("object").copy() for name in ("planning", "target_year", "planning_reason"))
    planning[city], target[city] = code[city], year[city].astype(int)
    why[city] = own["plan_reason"].to_numpy(dtype=object)[city]
    return table.assign(planning=planning, target_year=target.astype(table["target_year"].dtype), planning_reason=why)


def _true_gains(weighed: Weighed, walking: Walking | None, solution: Solution, terms: pd.DataFrame) -> pd.DataFrame:
    """What all that is done until the end of each term gains, worked out on the network."""
    rows = {}
    place = {term: i for i, term in enumerate(terms.index)}
    order = solution.terms.map(place)
    for term, i in place.items():
        jobs = order.index[order <= i]
        rows[term] = (
            pd.Series(np.nan, list(GAIN_COLUMNS))
            if walking is None
            else joint_gain(
                walking.network, walking.leading, walking.places, weighed.job_fixes[weighed.job_fixes["fix"].isin(jobs)]
            )
        )
    return pd.DataFrame(rows, index=list(GAIN_COLUMNS)).T.rename_axis("term")
