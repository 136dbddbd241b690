"""What a new screening says of the bottlenecks in the table: known ones are refreshed, new ones get a row and an id for ever."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.ledger import lifecycle
from toegankelijk.ledger.fields import BASE_FIELDS, FIELDS, KEY, SHARED, canonical, columns_of, differs
from toegankelijk.ledger.identity import BETWEEN, Matches, fresh_ids, match
from toegankelijk.ledger.notes import Notes
from toegankelijk.ledger.rows import in_order, is_own, put
from toegankelijk.ledger.snapshot import Snapshot
from toegankelijk.ledger.verdicts import GONE, find_evidence

KEPT = ("parent_id", "status_since", "first_seen", "last_seen", "reports", "reported_on")
"""Machine columns that no screening says anew."""

SAID = tuple(name for name in columns_of("machine") if name not in KEPT)
"""Machine columns that a screening says."""

NAMES = ("kind", "object_id", "parent_id")
"""Machine columns that say which object it is: if they change, the street does not."""

PROPOSED = tuple(name for name in SHARED if name != "status")
"""Shared columns of which a screening proposes the value."""

STEADY = 0.01
"""A point moves only if its object lies otherwise by so many metres."""


@dataclass(frozen=True)
class Recognised:
    """Which bottleneck of the table is which of a screening.

    Parameters
    ----------
    matches
        What `toegankelijk.ledger.identity.match` found.
    seen
        Bottlenecks of the screening, in the ledger's types.
    known
        Those of the table, by ``bottleneck_id``; of deleted rows too.
    evidence
        What the screening tells of every row of the table, as `toegankelijk.ledger.lifecycle.step` asks.
    """

    matches: Matches
    seen: gpd.GeoDataFrame
    known: gpd.GeoDataFrame
    evidence: pd.DataFrame


class _Pen:
    """Writes what the machine says: in the base always, in the table where staff wrote nothing else; and tells the history."""

    def __init__(self, table: gpd.GeoDataFrame, base: pd.DataFrame, causes: pd.Series, notes: Notes) -> None:
        self.table, self.base, self.causes, self.notes = table, base, causes, notes
        self._asked: tuple[pd.Index, np.ndarray] = (pd.Index([]), np.zeros(0, np.intp))

    def renew(self, name: str, said: pd.Series) -> None:
        """Column `name` of the rows by which `said` is indexed; ids of deleted rows are in the base only."""
        if self._asked[0] is not said.index:  # columns come one after the other for the same rows
            self._asked = (said.index, self.base.index.get_indexer(said.index))
        was = self.base[name].iloc[self._asked[1]]
        changed = differs(said, was)
        if not changed.any():
            return
        ids, new, old = said.index[changed], said[changed], was[changed]
        here = ids.isin(self.table.index)
        untouched = np.zeros(len(ids), bool)
        untouched[here] = ~differs(self.table.loc[ids[here], name], old[here])
        put(self.base, name, ids, new)
        put(self.table, name, ids[untouched], new[untouched])
        if FIELDS[name].logged:
            why = "data" if name in NAMES else self.causes.reindex(ids[here]).fillna("data").to_numpy()
            self.notes.tell(ids[here], name, old[here], new[here], why)


def recognise(
    table: gpd.GeoDataFrame, base: pd.DataFrame, snapshot: Snapshot, *, decisions: pd.Series, tolerance: float
) -> Recognised:
    """Find the bottlenecks of the table in a screening.

    Parameters
    ----------
    table, base
        As `toegankelijk.ledger.edits.note_edits` leaves them.
    snapshot
        The screening.
    decisions
        What staff decided of ambiguous bottlenecks, by conflict.
    tolerance
        How far an object that was drawn again may lie from its old place, in metres.
    """
    matches = match(base, snapshot, decisions=decisions.to_dict(), tolerance=tolerance)
    seen = canonical(snapshot.table, {name: FIELDS[name].type for name in (*SAID, *PROPOSED)})
    found = matches.found.to_numpy(dtype=object)
    old = matches.found.isin(base.index).to_numpy()
    known = seen[old].set_axis(pd.Index(found[old], dtype="object", name=KEY), axis=0)
    asked = base.loc[table.index, ["kind", "object_id", "criterion", "criteria"]].copy()
    present = matches.objects[matches.objects["object_id"].ne("")]
    for part in (present, known):
        here = part.index.intersection(asked.index)
        asked.loc[here, ["kind", "object_id"]] = part.loc[here, ["kind", "object_id"]].to_numpy()
    gone = matches.objects.index.difference(present.index).intersection(asked.index)
    asked.loc[gone, "object_id"] = GONE + asked.loc[gone, "object_id"]  # its key may be that of another object by now
    positions = pd.Series(np.flatnonzero(old), index=known.index)
    asked["at"] = positions.reindex(asked.index).fillna(-1).astype("int64")
    doubtful = {name for listed in matches.conflicts["candidates"] for name in listed.split(BETWEEN)}
    doubtful |= set(matches.objects.index[matches.objects["how"].eq("ambiguous")])
    asked["doubtful"] = asked.index.isin(doubtful)
    evidence = _with_parts(find_evidence(asked, snapshot), asked, matches.objects, snapshot)
    return Recognised(matches, seen, known, evidence)


def _with_parts(evidence: pd.DataFrame, asked: pd.DataFrame, objects: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    """Evidence in which an object that was split is right only if all its parts are, and one that was merged is gone."""
    objects = objects[objects.index.isin(asked.index)]
    split = objects[objects["candidates"].str.contains(BETWEEN, regex=False) & ~asked.loc[objects.index, "doubtful"]]
    merged = objects.index[objects["merged_into"].ne("")]
    evidence = evidence.copy()
    if len(split):
        parts = split["candidates"].str.split(BETWEEN, regex=False).explode()
        each = asked.loc[parts.index].assign(object_id=parts.to_numpy()).reset_index()
        told = find_evidence(each, snapshot).assign(id=each[KEY].to_numpy())
        right = told["outcome"].eq("meets").groupby(told["id"]).transform("all")
        days = told.groupby("id")["observed_on"].agg(lambda days: days.min(skipna=False))
        whole = right.groupby(told["id"]).first()
        evidence.loc[whole.index, "outcome"] = np.where(whole, "meets", "unknown")
        evidence.loc[whole.index, "observed_on"] = days[whole.index].to_numpy()
    evidence.loc[merged, "outcome"] = "gone"
    evidence.loc[merged, "observed_on"] = pd.NaT
    return evidence


def refresh(
    table: gpd.GeoDataFrame,
    base: pd.DataFrame,
    recognised: Recognised,
    stepped: pd.DataFrame,
    notes: Notes,
    *,
    snapshot: Snapshot,
    norm_changed: bool,
    seen_before: datetime.date | None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.Series]:
    """Bring machine columns up to a screening.

    Parameters
    ----------
    table, base
        As `toegankelijk.ledger.edits.note_edits` leaves them.
    recognised
        Which row is which bottleneck.
    stepped
        What the life cycle said of each row; those with ``hold`` stay as they are.
    notes
        Gets history and conflicts.
    snapshot
        The screening.
    norm_changed
        Whether the norm is another one than at the last screening.
    seen_before
        Date of the data of the screening before.

    Returns
    -------
    tuple
        Table and base by ``bottleneck_id``, new rows last; and why machine columns of a row changed.
    """
    matches, known = recognised.matches, recognised.known
    if len(matches.conflicts):
        notes.conflicts.append(matches.conflicts)
    held = stepped.index[stepped["hold"].to_numpy(dtype=bool)]
    fresh = known[~known.index.isin(held)]
    causes = lifecycle.causes(base.loc[fresh.index], fresh, norm_changed=norm_changed)
    pen = _Pen(table, base, causes, notes)
    for name in SAID:
        if name != "observed_on":  # the life cycle says which evidence a row stands on
            pen.renew(name, fresh[name])
    _propose(pen, fresh)
    _follow(pen, known, matches.objects)
    _date_last_seen(pen, known, seen_before)
    new = matches.found.to_numpy(dtype=object) == ""
    rows, base_rows = _new_rows(recognised.seen[new], matches.parent[new], pen.base, snapshot)
    if len(rows):
        kept = base_rows["deleted_on"].isna().to_numpy()
        rows, how = rows[kept], matches.how[new][kept]
        notes.tell(rows.index, "*", [""] * len(rows), how, _why_new(rows, seen_before, norm_changed=norm_changed))
        pen.table = pd.concat([pen.table, rows]) if len(pen.table) else rows
        pen.base = in_order(pd.concat([pen.base, base_rows]) if len(pen.base) else base_rows, pen.table.index)
    return pen.table, pen.base, causes


def _why_new(rows: pd.DataFrame, seen_before: datetime.date | None, *, norm_changed: bool) -> np.ndarray:
    """Why rows came: seen since the screening before, a new norm, or else the data."""
    if seen_before is None:
        return np.full(len(rows), "data", dtype=object)
    newer = (rows["observed_on"] > pd.Timestamp(seen_before)).to_numpy()
    return np.where(newer, "street", "norm" if norm_changed else "data").astype(object)


def _propose(pen: _Pen, known: gpd.GeoDataFrame) -> None:
    """Proposals; a term that was proposed by rule, and its year, do not slide. One that was decided is taken as it is."""
    said = {name: known[name] for name in PROPOSED}
    before = pen.base.loc[known.index]
    before = before.assign(**{name: before[f"{name}_proposed"] for name in ("planning", "target_year", "priority_band")})
    held = lifecycle.hold_terms(before, known)
    decided = schema.is_marked(known, "decided")
    said |= {name: held[name].where(~decided, known[name].astype(held[name].dtype)) for name in held}
    for name, values in said.items():
        pen.renew(f"{name}_proposed", values)


def _follow(pen: _Pen, known: gpd.GeoDataFrame, objects: pd.DataFrame) -> None:
    """The base goes along with objects that were renamed or drawn again, so that the next screening finds them."""
    drawn = pd.Series(shapely.to_wkb(known["shape"].to_numpy()), index=known.index, dtype="object")
    places = known.geometry.to_numpy()
    was = pen.base.loc[known.index]
    apart = np.hypot(shapely.get_x(places) - was["x"].to_numpy(), shapely.get_y(places) - was["y"].to_numpy())
    moved = (drawn != was["shape"]).to_numpy() & ~(apart <= STEADY)
    here = known.index.isin(pen.table.index)
    at = pen.table.loc[known.index[here]].geometry.to_numpy()
    own = np.hypot(shapely.get_x(at) - was["x"].to_numpy()[here], shapely.get_y(at) - was["y"].to_numpy()[here])
    mine = np.zeros(len(known), bool)
    mine[here] = own <= 0.001
    ids = known.index[moved & mine]
    if len(ids):
        geometry = pen.table.geometry.copy()
        geometry.loc[ids] = places[moved & mine]
        pen.table = pen.table.set_geometry(geometry)
    pen.base.loc[known.index[moved], "x"] = shapely.get_x(places[moved])
    pen.base.loc[known.index[moved], "y"] = shapely.get_y(places[moved])
    pen.base.loc[known.index, "shape"] = drawn
    there = objects[objects["object_id"].ne("") & objects.index.isin(pen.base.index)]
    for name in ("kind", "object_id"):
        pen.renew(name, there[name].astype("object"))
    pen.base.loc[there.index, "shape"] = shapely.to_wkb(there["shape"].to_numpy(dtype=object))
    merged = objects.loc[objects["merged_into"].ne("") & objects.index.isin(pen.table.index), "merged_into"]
    pen.renew("parent_id", merged.astype("object"))


def _date_last_seen(pen: _Pen, known: gpd.GeoDataFrame, seen_before: datetime.date | None) -> None:
    """What is not found any more was last seen by the screening before; what is found has no such date."""
    ids, count = pen.table.index, len(pen.table)
    found = np.zeros(count, bool)
    at = ids.get_indexer(known.index)
    found[at[at >= 0]] = True
    standing = pen.base["last_seen"].iloc[:count]
    lost = ~found & standing.isna().to_numpy() & ~is_own(ids)
    back = found & standing.notna().to_numpy()
    before = pen.base["first_seen"].iloc[:count][lost]
    if seen_before:
        before = pd.Series(pd.Timestamp(seen_before), index=ids[lost]).astype(before.dtype)
    pen.renew("last_seen", before)
    pen.renew("last_seen", standing[back].mask(standing[back].notna()))


def _new_rows(
    seen: gpd.GeoDataFrame, parents: pd.Series, base: pd.DataFrame, snapshot: Snapshot
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Rows for bottlenecks that nobody knew, and their base; a part of what staff deleted is deleted too."""
    ids = fresh_ids(seen["kind"], seen["object_id"], seen["remedy"], taken=base.index)
    day = pd.Timestamp(snapshot.date)
    rows = pd.DataFrame(
        {name: seen[name].to_numpy() for name in (*SAID, *PROPOSED)}, index=pd.Index(ids, dtype="object", name=KEY)
    )
    rows = rows.assign(**{f"{name}_proposed": rows[name] for name in PROPOSED})
    rows = rows.assign(status="open", status_proposed="open", parent_id=parents.to_numpy())
    rows = rows.assign(first_seen=day, status_since=day)
    types = {name: field.type for name, field in FIELDS.items() if name != KEY}
    rows = canonical(rows, types)
    places = seen.geometry.to_numpy()
    beside = {"extra": "", "x": shapely.get_x(places), "y": shapely.get_y(places)}
    beside["shape"] = shapely.to_wkb(seen["shape"].to_numpy())
    base_types = {name: kind for name, kind in BASE_FIELDS.items() if name != KEY}
    beside["deleted_on"] = [_deleted(listed, base) for listed in parents]
    table = gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(places, index=rows.index, crs=seen.crs))
    return table, canonical(rows.assign(**beside), base_types)


def _deleted(parents: str, base: pd.DataFrame) -> pd.Timestamp:
    """When staff deleted all that a new row came from; missing if they did not."""
    days = [base.at[name, "deleted_on"] for name in parents.split(BETWEEN) if name in base.index]
    return max(days) if days and not any(map(pd.isna, days)) else pd.NaT
