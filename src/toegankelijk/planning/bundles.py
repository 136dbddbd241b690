"""Bundles: bottlenecks that one service mends in one go become one job, with its cost, and the reason in words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.bottlenecks import Horizon
from toegankelijk.errors import InputError
from toegankelijk.labels import label, number, word
from toegankelijk.planning.clustering import connect, cut_long
from toegankelijk.planning.costs import whole_units
from toegankelijk.planning.facts import Layers, look_up
from toegankelijk.planning.grouping import (
    GROUP,
    Ties,
    group_keys,
    hold_up,
    list_open,
    own_work,
    root_objects,
    spread_texts,
    streets_of,
    wished_together,
)
from toegankelijk.planning.works import BROAD, Works

NEAR = 30.0
"""Metres within which bottlenecks on a street are mended in one go: one road closure; a proposal."""

EXTENT = 150.0
"""Metres over which the bottlenecks of a job lie apart at most: a street between two junctions, or one phase of works; a
proposal. One object or crossing is never cut."""

JOB_COLUMNS = (
    *("street", "responsible", "partner", "track", "zone_id", "cost_low", "cost", "cost_high", "priority", "severity"),
    *("bottlenecks", "planning", "year", "status", "work_id", "work_year", "work_term", "work_owner", "reason", "geometry"),
)
"""Columns of the jobs; see `find_bundles`."""

MEMBER_COLUMNS = ("job_id", "bottleneck_id", "cost_low", "cost", "cost_high", "counted_in")
"""Columns of the members of jobs."""

TERMS = ("KT", "MLT", "LT")


@dataclass(frozen=True)
class Bundles:
    """Jobs, and the bottlenecks in them.

    Parameters
    ----------
    jobs
        Index ``job_id``, columns `JOB_COLUMNS`. ``planning`` and ``year`` are what staff chose ("" and 0 where nothing),
        ``status`` is ``in_uitvoering`` of what is in progress, ``work_*`` the planned work that the job is done with ("" and 0
        for none).
    members
        A row per open bottleneck: ``job_id, bottleneck_id``, ``cost_low``, ``cost`` and ``cost_high``, what it adds to the cost
        of the job, and ``counted_in``, the bottleneck whose remedy contains this one ("" if none does).
    """

    jobs: gpd.GeoDataFrame
    members: pd.DataFrame


def find_bundles(
    table: gpd.GeoDataFrame,
    costs: pd.DataFrame,
    layers: Layers,
    works: Works | None = None,
    *,
    near: float = NEAR,
    extent: float = EXTENT,
    horizon: Horizon | None = None,
    lang: str = "nl",
) -> Bundles:
    """Join bottlenecks into jobs.

    Only bottlenecks of one service, one track, and one choice of staff are ever one job. Of these, one job is: what staff gave
    the same text; what lies in one planned work of its own manager; what is of one object or one crossing, or pays for one
    thing; and what lies on one street within ``near`` metres of each other, cut along the street where it would be longer than
    ``extent``. What costs more than five times as much as all graver bottlenecks of its job is taken out of that, so that a
    quick repair does not wait for it; kerbs of a crossing, works and choices of staff stay together. A job pays once for what
    several of its bottlenecks ask, and nothing for what another remedy in it contains.

    Parameters
    ----------
    table
        Bottlenecks, as `toegankelijk.find_bottlenecks` or the monitoring table has them.
    costs
        What `toegankelijk.planning.costs.estimate_costs` gives for them.
    layers
        Kind to layer, measured.
    works
        What `toegankelijk.planning.works.find_works` gives.
    near, extent
        Distances in metres; see `NEAR` and `EXTENT`.
    horizon
        Years in which the terms end.
    lang
        Language of the reasons.

    Returns
    -------
    Bundles
        Every open bottleneck is in exactly one job. The id of a job rests on those of its bottlenecks alone.

    Raises
    ------
    InputError
        Bottlenecks have the same id, or no cost.
    """
    _check(table, costs)
    rows = list_open(table)
    frame = group_keys(rows, horizon).assign(street=streets_of(rows, layers), root=root_objects(rows, layers))
    group = frame.groupby(list(GROUP), sort=True).ngroup().to_numpy(dtype=np.intp)
    ties = Ties.of(rows, costs, layers)
    knots = ties.knots(group)
    frame["text"] = spread_texts(wished_together(rows), knots)
    frame["work"] = own_work(rows, knots, works).where(frame["text"] == "", "")
    dear = _dear_parts(rows, frame, knots, costs)
    frame["knot"] = ties.knots(group * 2 + dear)
    one, other = _neighbours(rows, frame, group, layers, near)
    for _ in range(2):  # then without what would hold up the rest of its job, which is joined with others of that sort
        free = dear[one] == dear[other]
        frame["job"], frame["cut"] = _join(rows, frame, group, one[free], other[free], extent)
        dear = dear | _dear_knots(rows, frame, costs)
    members = _count_once(rows, frame, costs, ties)
    members["overlaps"] = members["job"].map(ties.overlaps(frame["job"].to_numpy())).fillna(0)
    return _describe(rows, frame, members, works, near=near, extent=extent, lang=lang)


def _check(table: pd.DataFrame, costs: pd.DataFrame) -> None:
    ids = table["bottleneck_id"]
    if twice := sorted(set(ids[ids.duplicated()])):
        raise InputError("bottlenecks have the same id; give each its own", map(str, twice))
    if lost := sorted(set(ids) - set(costs.index)):
        raise InputError("bottlenecks have no cost; estimate the costs of this very table", map(str, lost))


def _chosen(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """What staff or a planned work hold together; nothing is taken out of it."""
    return np.asarray(((frame["text"] != "") | (frame["work"] != "")).to_numpy())


def _dear_parts(
    rows: gpd.GeoDataFrame, frame: pd.DataFrame, knots: npt.NDArray[np.intp], costs: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Bottlenecks that would hold up graver ones of their knot; the kerbs of a crossing stay together."""
    if rows.empty:
        return np.zeros(0, bool)
    severity, cost = rows["severity"].to_numpy(dtype=int), costs["cost"].loc[rows["bottleneck_id"]].to_numpy()
    kerbs = (rows["kind"] == "crossing_end").to_numpy()
    return np.asarray(hold_up(severity, cost, knots) & ~kerbs & ~_chosen(frame))


def _dear_knots(rows: gpd.GeoDataFrame, frame: pd.DataFrame, costs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Bottlenecks of knots that would hold up graver ones in their job."""
    table = frame[["job", "knot"]].assign(severity=rows["severity"], cost=costs["cost"].loc[rows["bottleneck_id"]].to_numpy())
    knots = table.groupby(["job", "knot"], as_index=False).agg(severity=("severity", "max"), cost=("cost", "sum"))
    if knots.empty:
        return np.zeros(0, bool)
    held = hold_up(knots["severity"].to_numpy(dtype=int), knots["cost"].to_numpy(), knots["job"].to_numpy(dtype=np.intp))
    return np.asarray(frame["knot"].isin(knots.loc[held, "knot"]).to_numpy() & ~_chosen(frame))


def _join(
    rows: gpd.GeoDataFrame,
    frame: pd.DataFrame,
    group: npt.NDArray[np.intp],
    one: npt.NDArray[np.intp],
    other: npt.NDArray[np.intp],
    extent: float,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Number of the job of each bottleneck, and whether it was cut off a longer piece."""
    keys = [group, frame["text"], frame["work"], np.where(_chosen(frame), 0, frame["knot"])]
    knot = pd.DataFrame(dict(enumerate(keys))).groupby([0, 1, 2, 3], sort=True).ngroup().to_numpy(dtype=np.intp)
    count = int(knot.max()) + 1 if len(knot) else 0
    one, other = knot[one], knot[other]
    joined = connect(count, one, other)
    cut = cut_long(_centres(rows, knot, count), joined, extent) if count else joined
    inside = cut[one] == cut[other]
    final = connect(count, one[inside], other[inside])
    pieces = pd.DataFrame({"joined": joined, "final": final}).drop_duplicates().groupby("joined").size()
    return final[knot], (pieces.loc[joined].to_numpy() > 1)[knot]


def _neighbours(
    rows: gpd.GeoDataFrame, frame: pd.DataFrame, group: npt.NDArray[np.intp], layers: Layers, near: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Pairs of bottlenecks of one group and street whose objects lie within a distance in metres of each other."""
    free = np.flatnonzero(~_chosen(frame) & ~rows["kind"].isin(BROAD).to_numpy())
    shapes = look_up(rows.iloc[free], layers, "geometry").to_numpy(dtype=object)
    shapes = np.where(shapely.is_missing(shapes) | shapely.is_empty(shapes), rows.geometry.to_numpy()[free], shapes)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=near)
    one, other = free[one], free[other]
    street = pd.factorize(frame["street"])[0]
    kept = (one < other) & (group[one] == group[other]) & (street[one] == street[other])
    return one[kept], other[kept]


def _centres(rows: gpd.GeoDataFrame, knot: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.float64]:
    """Middle of the bottlenecks of each knot."""
    points = shapely.centroid(rows.geometry.to_numpy())
    placed = np.isfinite(shapely.get_x(points))
    xy, knot = shapely.get_coordinates(points[placed]), knot[placed]
    many = np.maximum(np.bincount(knot, minlength=count), 1)
    return np.stack([np.bincount(knot, xy[:, i], minlength=count) / many for i in (0, 1)], axis=1)


def _count_once(rows: pd.DataFrame, frame: pd.DataFrame, costs: pd.DataFrame, ties: Ties) -> pd.DataFrame:
    """What each bottleneck adds to the cost of its job; what another one pays for adds nothing."""
    job = frame["job"].to_numpy()
    own = costs.loc[rows["bottleneck_id"]].reset_index(drop=True)
    within = ties.contained(job)
    given = own["given"].to_numpy()
    container = np.full(len(rows), "", dtype=object)
    container[within["row"]] = rows["bottleneck_id"].to_numpy()[within["container"]]
    container[given] = ""  # what staff gave holds as it is
    row = ties.things["row"].to_numpy()
    each = own["cost"].to_numpy() / np.bincount(row, minlength=len(rows))
    things = ties.things.assign(job=job[row], free=(container != "")[row], given=given[row], cost=each[row])
    keys = ["job", "what", "free", "given", "cost", "row"]
    things = things.sort_values(keys, ascending=[True, True, True, False, False, True])
    things["counts"] = ~things["free"] & (things["given"] | ~things.duplicated(["job", "what"]))
    part = things.groupby("row")["counts"].mean().reindex(range(len(rows))).to_numpy(dtype=float, copy=True)
    share = own["share"].to_numpy() * part
    pooled = (own["unit"] == "piece").to_numpy() & ~given
    sums = pd.DataFrame({"job": job, "remedy": rows["remedy"], "share": share, "quantity": own["quantity"] * part})[pooled]
    total = sums.groupby(["job", "remedy"])[["share", "quantity"]].transform("sum")
    wanted = np.where(total["share"] > 0, whole_units(total["share"].to_numpy(), np.full(len(total), "piece", dtype=object)), 0.0)
    part[pooled] *= np.divide(wanted, total["quantity"], out=np.zeros(len(total)), where=total["quantity"].to_numpy() > 0)
    added = {name: own[name].to_numpy() * part for name in ("cost_low", "cost", "cost_high")}
    added["saved"] = own["cost"].to_numpy() - added["cost"]
    return pd.DataFrame({"job": job, "bottleneck_id": rows["bottleneck_id"].to_numpy(), **added, "counted_in": container})


def _describe(
    rows: gpd.GeoDataFrame,
    frame: pd.DataFrame,
    members: pd.DataFrame,
    works: Works | None,
    *,
    near: float,
    extent: float,
    lang: str,
) -> Bundles:
    """Jobs with what they hold and why they are one, and the ids."""
    text = {name: schema.texts(rows, name) for name in ("zone_id", "partner", "planning")}
    full = frame.assign(**text, **{name: rows[name] for name in ("bottleneck_id", "priority", "severity")})
    grouped = full.groupby("job", sort=True)
    ids = _identities(full)
    jobs = pd.DataFrame({name: grouped[name].first() for name in (*GROUP, "work", "text", "cut")})
    jobs = jobs.rename(columns={"term": "planning"}).assign(
        street=_most(full, "street"),
        zone_id=_most(full, "zone_id"),
        partner=_all(full, "partner"),
        **{name: grouped[name].max() for name in ("priority", "severity")},
        bottlenecks=grouped.size(),
        **{name: members.groupby("job")[name].sum() for name in ("cost_low", "cost", "cost_high", "saved")},
        overlaps=members.groupby("job")["overlaps"].first().astype("int64"),
        status=np.where(jobs["busy"], "in_uitvoering", ""),
        soonest=full["planning"].map({term: place for place, term in enumerate(TERMS)}).groupby(full["job"]).min(),
        roots=grouped["root"].nunique(),
        root=grouped["root"].first(),
    )
    for name, column, bare in (("work_year", "year", 0), ("work_term", "term", ""), ("work_owner", "name", "")):
        said = pd.Series(dtype="object") if works is None else works.works[column].astype("object")
        said = said.reindex(jobs["work"]).to_numpy()
        jobs[name] = np.where(pd.isna(said), bare, said)
    jobs = jobs.rename(columns={"work": "work_id"}).astype({"work_year": "int64", "work_term": "object", "work_owner": "object"})
    jobs["reason"] = [_reason(row, near, extent, lang) for row in jobs.itertuples()]
    shapes = _multipoints(rows, frame["job"].to_numpy(), len(jobs))
    made = gpd.GeoDataFrame(jobs[list(JOB_COLUMNS[:-1])], geometry=shapes, crs=rows.crs).set_axis(
        pd.Index(ids, name="job_id", dtype="object")
    )
    members = members.assign(job_id=ids[members["job"].to_numpy()])[list(MEMBER_COLUMNS)]
    return Bundles(made.sort_index(), members.sort_values(["job_id", "bottleneck_id"], ignore_index=True))


def _most(full: pd.DataFrame, column: str) -> pd.Series:
    """What most bottlenecks of each job have; of as many, the first by the alphabet; empty where none has anything."""
    counted = full[full[column] != ""].groupby(["job", column]).size().rename("count").reset_index()
    counted = counted.sort_values(["job", "count", column], ascending=[True, False, True]).drop_duplicates("job")
    return counted.set_index("job")[column].reindex(sorted(full["job"].unique())).fillna("").astype("object")


def _multipoints(rows: gpd.GeoDataFrame, job: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.object_]:
    """The place of a single bottleneck, the places of several."""
    points = shapely.centroid(rows.geometry.to_numpy())
    placed = np.flatnonzero(np.isfinite(shapely.get_x(points)))
    order = placed[np.argsort(job[placed], kind="stable")]
    shapes = np.full(count, None, dtype=object)
    if len(order):
        held, place = np.unique(job[order], return_inverse=True)
        several = shapely.multipoints(points[order], indices=place)
        shapes[held] = np.where(np.bincount(place) == 1, shapely.get_geometry(several, 0), several)
    return shapes


def _all(full: pd.DataFrame, column: str) -> pd.Series:
    """What the bottlenecks of each job have, each once, sorted, with ``|`` between them."""
    named = full.loc[full[column] != "", ["job", column]].drop_duplicates().sort_values(["job", column])
    several = named["job"].duplicated(keep=False)
    joined = pd.concat([named[~several].set_index("job")[column], named[several].groupby("job")[column].agg("|".join)])
    return joined.reindex(sorted(full["job"].unique())).fillna("").astype("object")


def _identities(full: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Keys of the jobs: each rests on its bottlenecks alone, never on the order of rows."""
    order = full.sort_values(["job", "bottleneck_id"])
    first = np.flatnonzero(order["job"].to_numpy()[1:] != order["job"].to_numpy()[:-1]) + 1
    parts = np.split(order["bottleneck_id"].to_numpy(dtype=object), first) if len(order) else []
    keys = [hashlib.sha256(chr(0).join(map(str, part)).encode()).hexdigest() for part in parts]
    return np.array([f"J-{key[:12]}" for key in keys], dtype=object)


def _reason(row: Any, near: float, extent: float, lang: str) -> str:
    """Why these bottlenecks are one job, and what holds for it."""
    count = int(row.bottlenecks)
    year = int(row.work_year)
    if row.text and count > 1:
        parts = [label("plan.job.staff", lang, count=count, text=row.text)]
    elif row.work_id and count > 1:
        parts = [label("plan.job.work", lang, count=count, name=row.work_owner or row.work_id, year=year)]
    elif row.work_id:
        parts = [label("plan.work.own", lang, name=row.work_owner or row.work_id, year=year)]
    elif count == 1:
        parts = [label("plan.job.alone", lang)]
    elif row.roots == 1:
        parts = [label(f"plan.job.{'crossing' if row.root.startswith('crossing/') else 'object'}", lang, count=count)]
    else:
        parts = [label("plan.job.street", lang, count=count, near=number(near, lang, digits=0))]
    if row.cut:
        parts.append(label("plan.job.cut", lang, extent=number(extent, lang, digits=0)))
    if row.work_term in TERMS and TERMS.index(row.work_term) > row.soonest:
        parts.append(label("plan.job.later", lang, term=word("term", TERMS[int(row.soonest)], lang)))
    if row.planning or row.year:
        parts.append(label("plan.job.fixed", lang, term=row.year or word("term", row.planning, lang)))
    if row.saved >= 1.0:
        parts.append(label("plan.job.once", lang, amount=number(row.saved, lang, digits=0)))
    if row.overlaps:
        parts.append(label("plan.job.overlap", lang, count=row.overlaps))
    return "; ".join(parts)
