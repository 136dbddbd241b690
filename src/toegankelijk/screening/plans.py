"""A screening with a plan: what it does to scores and reach, and the files that people get."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk.errors import ConfigError
from toegankelijk.io.geopackage import check_free, write_layers
from toegankelijk.io.lists import write_list
from toegankelijk.io.outcome_styles import outcome_finish
from toegankelijk.labels import label, number
from toegankelijk.ledger.state import State
from toegankelijk.monitoring import open_store, update_state
from toegankelijk.planning.asked import Budget, Choices
from toegankelijk.planning.plan import Plan, plan_works
from toegankelijk.planning.weighing import Weighed, weigh
from toegankelijk.planning.whatif import Difference, apply_fixes, compare_reach, compare_screenings
from toegankelijk.reach import CITY, ZONE, Reach, share_of_all
from toegankelijk.screening import Screening, screen_city
from toegankelijk.wording import Names

NETWORK_FILES = ("network.gpkg", "reach.csv", "network.html")
"""What `write_reach` writes."""

PLAN_FILES = ("plan.gpkg", "plan.html", "plan_map.html", "jobs.csv", "plan.json")
"""What `CityPlan.write` writes."""

_KEYS = ["kind", "object_id", "remedy"]


@dataclass(frozen=True)
class CityPlan:
    """A plan for a city that was screened.

    Parameters
    ----------
    screening
        The screening; its table has the terms and reasons of the plan.
    plan
        Jobs, gains, and what was left out.
    """

    screening: Screening
    plan: Plan

    @cached_property
    def after(self) -> Screening:
        """The screening as it would be once all jobs of the plan are done."""
        done = self.plan.jobs.index[self.plan.jobs["term"] != ""]
        members = _weighed(self.screening).bundles.members
        chosen = members.loc[members["job_id"].isin(done), "bottleneck_id"]
        fixes = _weighed(self.screening).fixes
        fixes = fixes[fixes["fix"].isin(chosen)]
        users = [] if self.screening.walking is None else self.screening.walking.profiles.values()
        rules = [rule for user in users for rule in user.rules]
        city = apply_fixes(self.screening.city, self.screening.norm, fixes, rules=rules)
        return screen_city(city, self.screening.norm, scope=self.screening.findings.scope, lang=self.screening.lang)

    @cached_property
    def difference(self) -> Difference:
        """Scores and bottlenecks before and after the plan."""
        return compare_screenings(self.screening, self.after)

    @cached_property
    def reach(self) -> pd.DataFrame:
        """Reach per profile, area and purpose before and after the plan; empty where there is no walking network."""
        if self.screening.walking is None:
            return pd.DataFrame()
        return compare_reach(self.screening.reach.areas, self.after.reach.areas)

    def __repr__(self) -> str:
        return f"CityPlan({self.screening.city.name!r}, {self.plan!r})"

    def _repr_html_(self) -> str:
        """What is done per term, what it gains, and the first jobs, for a notebook."""
        from toegankelijk.display import card

        lang, solution = self.screening.lang, self.plan.solution
        done = int((self.plan.jobs["term"] != "").sum())
        facts = {
            label("display.jobs", lang): f"{done} / {len(self.plan.jobs)}",
            label("display.points", lang): float(solution.value),
            label("display.gap", lang): 100 * float(solution.gap),
        }
        jobs = self.jobs[["term", "street", "solutions", "responsible", "cost", "gain_residents", "plan_reason"]]
        tables = {label("column.term", lang): self.plan.gains, label("layer_name.jobs", lang): jobs}
        return card(label("display.plan", lang, city=self.screening.city.name), facts=facts, tables=tables, lang=lang)

    def write(self, folder: str | Path, *, progress: Callable[[str], object] = str) -> Path:
        """Write the plan: a GeoPackage for QGIS, a page, a table of jobs, and the figures.

        Raises
        ------
        ConfigError
            The folder is a file, or a file in it cannot be replaced.
        """
        folder = _folder(folder, PLAN_FILES)
        progress("plan.gpkg")
        layers = self._layers()
        write_layers(folder / "plan.gpkg", layers, finish=outcome_finish(layers, self.screening.lang))
        progress("jobs.csv")
        write_list(folder / "jobs.csv", pd.DataFrame(self.jobs.drop(columns="geometry")).reset_index())
        progress("plan.html")
        (folder / "plan.html").write_text(self._page(), encoding="utf-8", newline="\n")
        progress("plan_map.html")
        self._write_map(folder / "plan_map.html")
        text = json.dumps(self.record(), indent=1, ensure_ascii=False, default=str)
        (folder / "plan.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        return folder

    @cached_property
    def jobs(self) -> gpd.GeoDataFrame:
        """Jobs with what is done in each, in words; those of the plan first, by term, then by points per euro."""
        weighed, plan = _weighed(self.screening), self.plan
        rows = weighed.table.merge(weighed.bundles.members[["bottleneck_id", "job_id"]], on="bottleneck_id")
        parts = rows.groupby("job_id")
        told = pd.DataFrame({"solutions": parts["solution"].agg(_joined), "objects": parts["object_id"].agg(_joined)})
        places = {term: place for place, term in enumerate(plan.programme.terms.index)}
        jobs = plan.jobs.join(told)
        order = jobs["term"].map(places).fillna(len(places))
        rate = (jobs["value"] + jobs["value_together"]) / jobs["cost"].clip(lower=1.0)
        jobs = jobs.assign(_place=order, _rate=-rate).sort_values(["_place", "_rate"], kind="stable")
        return gpd.GeoDataFrame(jobs.drop(columns=["_place", "_rate"]), geometry="geometry", crs=self.screening.city.crs)

    def record(self) -> dict[str, Any]:
        """The figures of the plan."""
        solution, more = self.plan.solution, self.plan.more
        return {
            "city": self.screening.city.name,
            "norm": {"name": self.screening.norm.name, "hash": self.screening.norm.hash},
            "counted": _weighed(self.screening).counted,
            "points": solution.value,
            "bound": solution.bound,
            "gap": solution.gap,
            "method": solution.method,
            "budgets": solution.budgets.to_dict("records"),
            "minimums": solution.minimums.reset_index(names="area").to_dict("records"),
            "gains": self.plan.gains.reset_index().to_dict("records"),
            "jobs": {"done": int((self.plan.jobs["term"] != "").sum()), "of": len(self.plan.jobs)},
            "more": {"money": more.money, "points": more.gain, "changes": more.changes.reset_index().to_dict("records")},
        }

    def _layers(self) -> dict[str, gpd.GeoDataFrame]:
        table = self.screening.table
        layers = {"jobs": self.jobs, "bottlenecks": table, "scores": self.difference.scores}
        return {name: _plain(layer) for name, layer in layers.items() if len(layer)}

    def _write_map(self, path: Path) -> None:
        from toegankelijk.maps import write_map
        from toegankelijk.network_maps import show_jobs
        from toegankelijk.screening.drawing import service_words

        screening, plan, lang = self.screening, self.plan, self.screening.lang
        fixes = _weighed(screening).job_fixes
        title = label("network.map.title_plan", lang, city=screening.city.name)
        page = show_jobs(
            self.jobs,
            screening.city.zones,
            reach=None if screening.walking is None else screening.reach,
            fixes=fixes[fixes["fix"].isin(plan.jobs.index[plan.jobs["term"] != ""])],
            after=None if self.after.walking is None else self.after.reach,
            services=service_words(screening),
            gains=plan.gains,
            lang=lang,
            title=title,
            attribution=screening.city.settings.get("attribution", ""),
        )
        write_map(page, path, title=title, lang=lang, region=label("network.map.plan_region", lang), large=True)

    def _page(self) -> str:
        from toegankelijk.pages import fill_template

        lang, norm = self.screening.lang, self.screening.norm
        names = Names.of(norm, lang)
        return fill_template("plan.html", lang, **describe_plan(self, names))


def plan_city(
    screening: Screening,
    *,
    table: gpd.GeoDataFrame | None = None,
    budget: Budget | None = None,
    worth: Mapping[str, float] | None = None,
    minimum: Choices | None = None,
    weight: Choices | None = None,
    order: pd.DataFrame | None = None,
    extra: float = 0.10,
    gap: float = 1e-4,
    seconds: float = 30.0,
) -> CityPlan:
    """Plan the works of a city that was screened.

    Parameters
    ----------
    screening
        A screening.
    table
        The monitoring table, of which the choices of staff hold: terms, jobs, costs and statuses.
    budget, worth, minimum, weight, order, extra, gap, seconds
        As `toegankelijk.planning.plan.plan_works`; what is not given is that of the city.toml.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> planned = plan_city(screen(sample_city()), budget={"KT": 50_000, "MLT": 100_000})
    >>> bool(planned.plan.solution.budgets["spent"].max() <= 100_000), round(planned.plan.solution.gap, 3)
    (True, 0.0)
    """
    weighed = _weighed(screening)
    if table is not None:
        chosen = _with_choices(screening.table, table)
        weighed = weigh(chosen, screening.city, screening.norm, walking=screening.walking, lang=screening.lang)
    options: dict[str, Any] = {"budget": budget, "worth": worth, "minimum": minimum, "weight": weight, "order": order}
    options |= {"extra": extra, "gap": gap, "seconds": seconds, "lang": screening.lang}
    plan = plan_works(weighed, screening.city, screening.walking, **options)
    held = screening.table.columns
    decided = weighed.decided | plan.decided
    planned = dataclasses.replace(screening, table=plan.table[list(held)], weighed=weighed, decided=decided)
    return CityPlan(planned, plan)


def plan_into(state: State, screening: Screening) -> Screening:
    """The screening with the plan of the city's own budget, by what staff chose in the monitoring table; as it is without one."""
    if not screening.city.settings.get("plan", {}).get("budget"):
        return screening
    merged = update_state(state, screening)
    return plan_city(screening, table=merged.table).screening


def read_staff(folder: str | Path) -> gpd.GeoDataFrame | None:
    """The monitoring table in the folder of a screening; none if there is none."""
    path = Path(folder) / "monitoring.gpkg"
    return open_store(path).read().table if path.is_file() else None


def write_reach(reach: Reach, folder: str | Path, *, lang: str = "nl") -> Path:
    """Write who gets where: the network with what each edge is to each kind of user, origins, islands, and sums per area."""
    from toegankelijk.maps import write_map
    from toegankelijk.network_maps import network_title, show_network

    folder = _folder(folder, NETWORK_FILES)
    edges = reach.edges(lang=lang)
    point = edges["kind"].eq("gate")
    layers = {"ways": edges[~point], "gates": edges[point], "origins": reach.origins, "islands": reach.islands}
    plain = {name: _plain(layer) for name, layer in layers.items() if len(layer)}
    write_layers(folder / "network.gpkg", plain, finish=outcome_finish(plain, lang, user=reach.walking.leading.profile))
    write_list(folder / "reach.csv", reach.areas.replace([np.inf, -np.inf], np.nan))  # what is not reached has no distance
    page = show_network(reach, edges=edges, lang=lang, attribution=reach.city.settings.get("attribution", ""))
    region = label("network.map.region", lang)
    write_map(page, folder / "network.html", title=network_title(reach, lang), lang=lang, region=region, large=True)
    return folder


def describe_plan(planned: CityPlan, names: Names) -> dict[str, Any]:
    """What the page of a plan shows, as texts."""
    lang, plan, solution = planned.screening.lang, planned.plan, planned.plan.solution

    def euros(amount: float) -> str:
        return number(float(amount), lang, digits=0)

    jobs = planned.jobs.assign(service=lambda t: t["responsible"].map(names.services).fillna(t["responsible"]))
    rows = [
        {**row, "cost": euros(row["cost"]), "gain": euros(row["gain_residents"])}
        for row in jobs.fillna("").reset_index().to_dict("records")
    ]
    budgets = [
        {
            "term": row["term"],
            "service": names.services.get(row["service"], row["service"]),
            **{name: euros(row[name]) for name in ("amount", "spent")},
        }
        for row in solution.budgets.to_dict("records")
    ]
    more = plan.more.changes.join(jobs[["street", "solutions"]])
    return {
        "title": planned.screening.city.name,
        "counted": _weighed(planned.screening).counted.partition(" ")[0] or "residents",
        "budgets": budgets,
        "points": number(solution.value, lang, digits=1),
        "bound": number(solution.bound, lang, digits=1),
        "gap": number(100 * solution.gap, lang, digits=2),
        "gains": [
            {"term": term, **{name: euros(value) for name, value in row.items()}}
            for term, row in plan.gains.to_dict("index").items()
        ],
        "terms": [(term, [row for row in rows if row["term"] == term]) for term in plan.programme.terms.index],
        "left": [row for row in rows if row["term"] == "" and row["priority_band"] == "hoog"],
        "left_count": sum(row["term"] == "" for row in rows),
        "more_money": euros(plan.more.money),
        "more_points": number(plan.more.gain, lang, digits=1),
        "more": [{**row, "cost": euros(row["cost"])} for row in more.fillna("").to_dict("records")],
        "scores": _score_rows(planned.difference.scores, lang),
        "reach": _reach_rows(planned, lang),
    }


def _score_rows(scores: pd.DataFrame, lang: str) -> list[dict[str, str]]:
    from toegankelijk.labels import interval

    rows = scores[(scores["level"] == "all") & (scores["theme"] == "all")]
    return [
        {
            "name": str(row["zone_name"]),
            **{part: interval(row[f"score_low_{part}"], row[f"score_high_{part}"], lang) for part in ("before", "after")},
        }
        for row in rows.to_dict("records")
    ]


def _reach_rows(planned: CityPlan, lang: str) -> list[dict[str, str]]:
    """Share that reaches each purpose before and after, for the leading users: the city and its zones."""
    from toegankelijk.labels import interval

    table, walking = planned.reach, planned.screening.walking
    if walking is None or table.empty:
        return []
    purposes = walking.places.purposes
    rows = table[(table["profile"] == walking.leading.profile) & table["division"].isin([CITY, ZONE])]
    return [
        {
            "name": str(row["name"]) if "name" in row else str(row["area"]),
            "purpose": purposes[row["purpose"]].names.get(lang, row["purpose"]),
            "within": interval(row["share_before"], share_of_all(row, "_before"), lang),
            **{part: interval(row[f"share_low_{part}"], row[f"share_high_{part}"], lang) for part in ("before", "after")},
        }
        for row in rows.to_dict("records")
    ]


def _with_choices(table: gpd.GeoDataFrame, kept: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bottlenecks of a screening with what staff say of them in the monitoring table."""
    known = kept[~kept[_KEYS].astype("object").duplicated(keep=False)]
    staff = [name for name in known if str(name).endswith("_staff")]
    index = pd.MultiIndex.from_frame(known[_KEYS].astype("object"))
    said = known[[*staff, "status"]].set_index(index).reindex(pd.MultiIndex.from_frame(table[_KEYS].astype("object")))
    said = said.set_axis(table.index)
    status = said["status"].astype("object")
    return table.assign(**{name: said[name] for name in staff}, status=status.where(status.notna(), table["status"]))


def _weighed(screening: Screening) -> Weighed:
    if screening.weighed is None:
        raise ConfigError("the screening holds no jobs and costs; screen the city with this version")
    return screening.weighed


def _joined(texts: pd.Series) -> str:
    return "; ".join(dict.fromkeys(str(text) for text in texts if str(text)))


def _folder(folder: str | Path, files: tuple[str, ...]) -> Path:
    """The folder, made if need be; refused where a GeoPackage in it is open elsewhere."""
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise ConfigError(f"{path}: is a file; give a folder to write to")
    path.mkdir(parents=True, exist_ok=True)
    for name in files:
        if name.endswith(".gpkg"):
            check_free(path / name)
    return path


def _plain(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A layer with columns that a GeoPackage holds: infinite numbers are missing there."""
    frame = layer.copy()
    for name in frame.columns.drop(frame.geometry.name):
        if pd.api.types.is_float_dtype(frame[name]):
            frame[name] = frame[name].where(np.isfinite(frame[name]), np.nan)
        elif isinstance(frame[name].dtype, pd.CategoricalDtype) or frame[name].dtype == object:
            frame[name] = frame[name].astype("object").where(frame[name].notna(), None)
    return frame
