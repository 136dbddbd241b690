"""Tables behind the papers: the actions of a plan, where things lie, and how a city does by each criterion."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.wording import text

if TYPE_CHECKING:
    from toegankelijk.screening import Screening
    from toegankelijk.screening.plans import CityPlan

SECTIONS = ("KT", "MLT", "LT", "left", "derden")
"""Parts of an action plan: own works per term, own works for which a plan has no money, and what others are asked."""

COSTS = ("cost_low", "cost", "cost_high")
"""What a job may cost, costs most likely, and costs at most, in euro."""

GAINS = ("gain_residents", "gain_metres")
"""What a job gains."""


def list_actions(screening: Screening, plan: CityPlan | None = None, *, table: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """What is to be done: a row per part of the plan, job and service.

    Parameters
    ----------
    screening
        A screening, of which the terms by rule count.
    plan
        A plan, of which the terms count instead.
    table
        Bottlenecks in the place of those of the screening, such as those with what staff did.

    Returns
    -------
    DataFrame
        ``section`` (one of `SECTIONS`), ``job, zones, streets, solutions, kinds, objects, bottlenecks, ids, responsible,
        partner, phase, year, cost_low, cost, cost_high, priority, band, works, reason, gain_residents, gain_metres``: in the
        order of the sections, and in each by priority, then what is gained per euro. Several of one kind are joined by ``|``.
        Costs are missing where none is known; a gain is given where the whole job is in the section.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> actions = list_actions(screen(sample_city()))
    >>> actions["section"].value_counts().reindex(SECTIONS, fill_value=0).tolist(), int(actions["bottlenecks"].sum())
    ([24, 16, 10, 0, 9], 70)
    """
    rows = (screening.table if table is None else table).reset_index(drop=True)
    rows = _with_jobs(rows, screening)
    rows = rows.assign(section=_sections(rows, plan))
    groups = rows.groupby(["section", "job", "responsible"], sort=True)
    actions = pd.DataFrame([_action(key, group) for key, group in groups])
    if actions.empty:
        return actions
    actions = _with_gains(actions, screening, plan)
    rate = actions[list(GAINS)].fillna(0).sum(axis=1) / actions["cost"].fillna(0).clip(lower=1)
    place = actions["section"].map({name: place for place, name in enumerate(SECTIONS)})
    ordered = actions.assign(_place=place, _rate=rate)
    ordered = ordered.sort_values(["_place", "priority", "_rate", "job"], ascending=[True, False, False, True], kind="stable")
    return ordered.drop(columns=["_place", "_rate"]).reset_index(drop=True)


def _with_jobs(rows: gpd.GeoDataFrame, screening: Screening) -> gpd.GeoDataFrame:
    """Bottlenecks with their job and what they cost in it; a bottleneck without a job is one of its own."""
    job = text(rows["job"]) if "job" in rows else pd.Series("", rows.index, dtype="object")
    issued = text(rows["bottleneck_id"])
    rows = rows.assign(job=job.where(job != "", issued), **dict.fromkeys(COSTS, np.nan))
    if screening.weighed is None:
        return rows
    key = ["kind", "object_id", "remedy"]
    found = screening.weighed.table[[*key, "bottleneck_id"]].astype("object").rename(columns={"bottleneck_id": "_fix"})
    members = screening.weighed.bundles.members.set_index("bottleneck_id")[list(COSTS)]
    found = found.join(members, on="_fix").drop_duplicates(key).set_index(key)
    costs = found.reindex(pd.MultiIndex.from_frame(rows[key].astype("object"))).set_axis(rows.index)
    given = rows["cost_eur"].astype(float) if "cost_eur" in rows else pd.Series(np.nan, rows.index)
    return rows.assign(**{name: costs[name].astype(float).fillna(given) for name in COSTS})


def _sections(rows: pd.DataFrame, plan: CityPlan | None) -> np.ndarray:
    """Which part of the plan each is in."""
    section: np.ndarray = text(rows["planning"]).to_numpy(dtype=object, copy=True)
    if plan is not None:
        done = plan.plan.jobs["term"]
        term = rows["job"].map(done).fillna("").to_numpy(dtype=object)
        section[term == ""] = "left"
    section[(rows["track"] == "derden").to_numpy()] = "derden"
    section[~np.isin(section, SECTIONS)] = "left"
    return section


def _action(key: tuple[Hashable, ...], group: pd.DataFrame) -> dict[str, object]:
    """What is done in a job in one part of the plan, by one service."""
    section, job, responsible = map(str, key)
    first = group.sort_values(["priority", "severity", "bottleneck_id"], ascending=[False, False, True], kind="stable")
    costs = {name: group[name].sum(min_count=1) for name in COSTS}
    return {
        "section": section,
        "job": job,
        "zones": _joined(first["zone_id"]),
        "streets": _joined(first["street"]),
        "solutions": _joined(first["solution"]),
        "kinds": _joined(first["kind"]),
        "objects": first["object_id"].nunique(),
        "bottlenecks": len(first),
        "ids": _joined(first["bottleneck_id"]),
        "responsible": responsible,
        "partner": _joined(first["partner"]),
        "phase": _joined(first["phase"]),
        "year": int(first["target_year"].dropna().astype(int).max()) if first["target_year"].notna().any() else 0,
        **costs,
        "priority": int(first["priority"].max()),
        "band": str(first["priority_band"].iloc[0]),
        "works": _joined(first["planned_work"]) if "planned_work" in first else "",
        "reason": str(text(first["planning_reason"]).iloc[0]),
    }


def _with_gains(actions: pd.DataFrame, screening: Screening, plan: CityPlan | None) -> pd.DataFrame:
    """Actions with what their job gains; nothing where only a part of the job is in the section."""
    jobs = screening.weighed.jobs if screening.weighed is not None else pd.DataFrame(columns=[*GAINS, "bottlenecks"])
    jobs = plan.plan.jobs if plan is not None else jobs
    whole = actions["job"].map(jobs["bottlenecks"]) == actions["bottlenecks"]
    return actions.assign(**{name: actions["job"].map(jobs[name]).where(whole).astype(float) for name in GAINS})


def _joined(values: pd.Series) -> str:
    return "|".join(dict.fromkeys(one for one in text(values) if one))


def locate(rows: gpd.GeoDataFrame) -> pd.DataFrame:
    """Where rows lie: ``x`` and ``y`` in the coordinate system of the table, ``lat`` and ``lon``, and all of it in words.

    Examples
    --------
    >>> from shapely import Point
    >>> spot = gpd.GeoDataFrame({"geometry": [Point(228450, 182530)]}, crs=31370)
    >>> locate(spot)["where"].tolist()
    ['x 228450, y 182530 (EPSG:31370); 50.94774, 5.48513 (lat, lon)']
    """
    points = rows.geometry
    ground = points.to_crs(4326) if len(rows) else points
    spots = {
        "x": shapely.get_x(points.to_numpy()),
        "y": shapely.get_y(points.to_numpy()),
        "lat": shapely.get_y(ground.to_numpy()),
        "lon": shapely.get_x(ground.to_numpy()),
    }
    table = pd.DataFrame(spots, index=rows.index).round({"x": 2, "y": 2, "lat": 6, "lon": 6})
    epsg = rows.crs.to_epsg() if rows.crs is not None else None
    system = f"EPSG:{epsg}" if epsg else str(rows.crs.name if rows.crs is not None else "")
    said = [
        "" if np.isnan(x) else f"x {x:.0f}, y {y:.0f} ({system}); {lat:.5f}, {lon:.5f} (lat, lon)"
        for x, y, lat, lon in table[["x", "y", "lat", "lon"]].to_numpy(dtype=float)
    ]
    return table.assign(where=pd.Series(said, index=table.index, dtype="object"))


def count_criteria(screening: Screening) -> pd.DataFrame:
    """How many objects meet, fail and are unknown by each criterion, and the streets with most that fail and that meet.

    Returns
    -------
    DataFrame
        Index ``code``; columns ``meets, fails, unknown``: an object counts once, as failing if it fails anywhere, else as unknown
        if it is anywhere; and ``bad, good``: streets, those with most first, joined by ``|``.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> counts = count_criteria(screen(sample_city()))
    >>> counts.loc["PAS-01", ["meets", "fails", "unknown"]].tolist()
    [10, 2, 1]
    """
    findings = screening.findings
    ranks = {"fails": 0, "unknown": 1, "meets": 2}
    table = findings.table[["criterion", "object_id", "outcome"]]
    rank = table["outcome"].astype("object").map(ranks)
    worst = rank.groupby([table["criterion"], table["object_id"]], observed=True).min()
    frame = worst.rename("rank").reset_index()
    frame["criterion"] = frame["criterion"].astype("object")
    kind = frame["criterion"].map({code: rule.kind for code, rule in findings.norm.rules.items()})
    streets = {one: text(layer["street"]) for one, layer in findings.city.layers.items() if "street" in layer}
    frame["street"] = ""
    for one, rows in frame.groupby(kind, sort=False).groups.items():
        if one in streets:
            frame.loc[rows, "street"] = frame.loc[rows, "object_id"].astype("object").map(streets[str(one)]).fillna("")
    counts = pd.crosstab(frame["criterion"], frame["rank"]).reindex(columns=list(ranks.values()), fill_value=0)
    counts = counts.rename(columns={place: name for name, place in ranks.items()})
    counts = counts.reindex(list(findings.norm.rules), fill_value=0).rename_axis(index="code", columns=None)
    for name, outcome in (("bad", "fails"), ("good", "meets")):
        named = frame[(frame["rank"] == ranks[outcome]) & (frame["street"] != "")]
        most = named.groupby(["criterion", "street"]).size().reset_index(name="n")
        most = most.sort_values(["criterion", "n", "street"], ascending=[True, False, True], kind="stable")
        counts[name] = most.groupby("criterion")["street"].agg("|".join).reindex(counts.index).fillna("")
    return counts[["meets", "fails", "unknown", "bad", "good"]]
