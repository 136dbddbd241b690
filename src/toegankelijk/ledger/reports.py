"""Reports of residents and inspectors: tied to the bottleneck that they are about, or opening one to verify.

A report is tied once: its key stands in the column ``reports`` of the bottleneck from then on, also when staff delete that row.
Who reported something is never read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk.labels import label
from toegankelijk.ledger.fields import BASE_FIELDS, CLOSED, FIELDS, HISTORY_FIELDS, KEY, as_text, canonical, differs
from toegankelijk.ledger.lifecycle import step
from toegankelijk.ledger.notes import Notes, conflict_id
from toegankelijk.ledger.snapshot import Snapshot

REPORT_COLUMNS: Mapping[str, str] = {
    **{"report_id": "str", "seen_on": "date", "source": "str", "text": "str", "photo": "str", "confidence": "float"},
    **{"x": "float", "y": "float", "kind": "str", "object_id": "str", "theme": "str"},
}
"""Columns of a report with their types: its number and source, when it was seen, what is said and shown, how sure it is (0 to 1),
and where and what it is about; all but the first may be empty."""

SURE = 0.7
"""A report that is at least so sure reopens like an observation; a less sure one asks to have a look."""

WITHIN = 10.0
"""A report is about a bottleneck whose object lies within so many metres."""

APART = 2.0
"""It is about the nearest one only if the next one lies so many metres further away, or more."""

NEW = "nieuw"
"""Decision of staff that a report is about something that is not in the table yet."""

TIES = ("key", "bottleneck_id", "how", "candidates")
"""Columns that `tie_reports` gives."""


def tie_reports(
    reports: pd.DataFrame,
    table: gpd.GeoDataFrame,
    base: pd.DataFrame,
    *,
    decisions: Mapping[str, str] = MappingProxyType({}),
    within: float = WITHIN,
) -> pd.DataFrame:
    """Find the bottleneck that each report is about.

    A report that names an object is about that; else about the nearest bottleneck of its kind and theme, before those that are
    closed, if no other is nearly as near. One that says neither kind nor theme is about no known bottleneck for sure.

    Parameters
    ----------
    reports
        Columns `REPORT_COLUMNS`; ``x`` and ``y`` in the coordinate system of the table.
    table
        Bottlenecks by ``bottleneck_id``: ``kind, theme, object_id, status`` and points.
    base
        What the table was when it was last written, with ``reports`` and the objects' ``shape``; also of deleted rows.
    decisions
        Key of a report to what staff decided: a ``bottleneck_id``, or `NEW`.
    within
        Metres from the object within which a report is about it.

    Returns
    -------
    DataFrame
        Columns `TIES` on the index of the reports. ``how``: ``known`` (tied before), ``tied``, ``new`` (``bottleneck_id`` is that
        of the row to open; several reports may share one), ``doubtful`` (with the ``candidates``) or ``nowhere``.
    """
    reports = canonical(reports, REPORT_COLUMNS)
    key = _keys(reports)
    ids = np.array([_row_id(one) for one in key], dtype=object)
    known = (
        key.duplicated().to_numpy() | key.isin(_tied_before(base)).to_numpy() | np.isin(ids, base.index.to_numpy(dtype=object))
    )
    pairs = _pairs(reports, table, base, within)
    pairs = pairs[~known[pairs["report"].to_numpy()]]
    first, rival = _nearest(pairs)
    place = reports["x"].notna().to_numpy() & reports["y"].notna().to_numpy()
    vague = reports[["kind", "theme", "object_id"]].eq("").all(axis=1).to_numpy()
    at = first.reindex(range(len(reports)))["row"]
    found = at.notna().to_numpy()
    doubtful = found & (vague | np.isin(np.arange(len(reports)), rival))
    how = np.select([known, doubtful, found, place], ["known", "doubtful", "tied", "new"], "nowhere").astype(object)
    about = np.where(how == "tied", table.index.to_numpy(dtype=object)[at.fillna(0).astype(int)] if len(table) else "", "")
    decided = np.array([decisions.get(one, "") for one in key], dtype=object)
    chosen = (how != "known") & np.isin(decided, table.index.to_numpy(dtype=object))
    how[chosen], about[chosen] = "tied", decided[chosen]
    how[(how != "known") & (decided == NEW) & place] = "new"
    fresh = how == "new"
    about[fresh] = ids[fresh][_leaders(reports[fresh], key[fresh], within)]
    near = pairs.assign(name=table.index.to_numpy(dtype=object)[pairs["row"]]).sort_values(["report", "far", "name"])
    listed = near.groupby("report")["name"].agg(lambda names: " | ".join(names.drop_duplicates()))
    listed = listed.astype("object").reindex(range(len(reports))).fillna("").to_numpy(dtype=object)
    candidates = np.where(how == "doubtful", listed, "")
    return pd.DataFrame({"key": key, "bottleneck_id": about, "how": how, "candidates": candidates}, index=reports.index)


def note_reports(
    table: gpd.GeoDataFrame,
    base: pd.DataFrame,
    snapshot: Snapshot,
    notes: Notes,
    *,
    conflicts: pd.DataFrame,
    lang: str = "nl",
    within: float = WITHIN,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
    """Take the reports of a screening in: tie them, open rows to verify, reopen what they show to be wrong.

    A report that was seen after a bottleneck was closed reopens it by the rules of `toegankelijk.ledger.lifecycle.step` if it is
    `SURE`; one that is less sure only proposes that, and is listed as a conflict. What no bottleneck is known for sure for is
    listed too: staff decide there, by an id or `NEW`. The same reports once more change nothing.

    Parameters
    ----------
    table, base
        As an update has them, by ``bottleneck_id``.
    snapshot
        Its ``reports``, and objects that they name.
    notes
        Gets history and conflicts.
    conflicts
        Those that stand, with the decisions of staff.
    lang
        Language of the texts in new rows.
    within
        Metres from an object within which a report is about it.

    Returns
    -------
    tuple
        Table, base, and the conflicts that still stand.
    """
    reports = _located(canonical(snapshot.reports, REPORT_COLUMNS).reset_index(drop=True), snapshot.objects)
    mine = conflicts["what"].eq("report") & conflicts["decision"].str.strip().ne("")
    decisions = dict(zip(conflicts.loc[mine, "staff_value"], conflicts.loc[mine, "decision"].str.strip(), strict=True))
    taken: set[str] = set()
    while True:  # a row that one report opens may be what another one is about
        ties = tie_reports(reports, table, base, decisions=decisions, within=within)
        done = ties["how"].isin(["tied", "new"])
        if not done.any():
            break
        taken |= set(ties.loc[done, "key"])
        table, base = _opened(table, base, reports, ties, notes, lang)
        table, base = _listed(table, base, reports[done], ties[done], notes)
        table, base = _reopened(table, base, reports[done], ties[done], notes, lang)
    open_ = ties[ties["how"].isin(["doubtful", "nowhere"])]
    words = [label(f"report.{how}", lang) for how in open_["how"]]
    _list(notes, open_["key"], [""] * len(open_), reports.loc[open_.index, "seen_on"], open_["candidates"], words)
    settled = conflicts["what"].eq("report") & conflicts["staff_value"].isin(taken)
    return table, base, conflicts[~settled]


def _keys(reports: pd.DataFrame) -> pd.Series:
    """Source and number of a report; of one without a number, a sign of when, where and what it is."""
    number = reports["report_id"].str.strip().str.replace("|", "/", regex=False)
    told = zip(*(map(as_text, reports[name]) for name in ("seen_on", "x", "y", "kind", "object_id", "theme")), strict=True)
    number = number.where(
        number != "", pd.Series([f"z{_digest(chr(0).join(one))}" for one in told], reports.index, dtype="object")
    )
    return (reports["source"].str.replace("|", "/", regex=False) + ":" + number).rename("key")


def _row_id(key: str) -> str:
    """Id of the row that a report opens."""
    return f"M-{_digest(key)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _tied_before(base: pd.DataFrame) -> set[str]:
    texts = base["reports"].astype("object")
    return {key for text in texts[texts.notna() & (texts != "")] for key in text.split("|")}


def _pairs(reports: pd.DataFrame, table: gpd.GeoDataFrame, base: pd.DataFrame, within: float) -> pd.DataFrame:
    """Reports and the bottlenecks that they may be about: positions of both, how far apart, and whether it is closed."""
    shapes = table.geometry.to_numpy().copy()
    drawn = shapely.from_wkb(base["shape"].reindex(table.index).where(lambda raw: raw.notna(), None).to_numpy(dtype=object))
    own = ~(shapely.is_missing(drawn) | shapely.is_empty(drawn))
    shapes[own] = drawn[own]
    points = shapely.points(reports["x"].to_numpy(), reports["y"].to_numpy())
    points[reports["x"].isna() | reports["y"].isna()] = None
    named = reports["object_id"].ne("").to_numpy()
    near = np.where(named, None, points)
    report, row = shapely.STRtree(shapes).query(near, predicate="dwithin", distance=within + APART)
    beside = pd.DataFrame({"report": report, "row": row, "far": shapely.distance(near[report], shapes[row])})
    names = pd.DataFrame({"report": np.flatnonzero(named), "object_id": reports.loc[named, "object_id"].to_numpy(dtype=object)})
    objects = pd.DataFrame({"row": np.arange(len(table)), "object_id": table["object_id"].to_numpy(dtype=object)})
    pairs = pd.concat([beside, names.merge(objects, on="object_id").drop(columns="object_id").assign(far=0.0)])
    at, to = pairs["report"].to_numpy(dtype=int), pairs["row"].to_numpy(dtype=int)
    like = {
        name: (reports[name].to_numpy(dtype=object)[at], table[name].to_numpy(dtype=object)[to]) for name in ("kind", "theme")
    }
    against = np.logical_or.reduce([(one != "") & (other != "") & (one != other) for one, other in like.values()])
    shared = np.logical_or.reduce([(one != "") & (one == other) for one, other in like.values()])
    vague = reports[["kind", "theme"]].eq("").all(axis=1).to_numpy()[at]
    closed = np.isin(table["status"].to_numpy(dtype=object)[to].astype(str), CLOSED)
    pairs = pairs.assign(report=at, row=to, closed=closed, over=pairs["far"].to_numpy() > within)
    return pairs[~against & (shared | vague)].reset_index(drop=True)


def _nearest(pairs: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """The nearest bottleneck of each report, live ones first; and reports of which another one is nearly as near."""
    pairs = pairs.sort_values(["report", "over", "closed", "far", "row"])
    first = pairs[~pairs["over"]].drop_duplicates("report").set_index("report")
    lead = pairs["report"].map(first["far"]), pairs["report"].map(first["closed"]), pairs["report"].map(first["row"])
    rival = (pairs["far"] - lead[0] < APART) & (pairs["closed"] == lead[1]) & (pairs["row"] != lead[2])
    return first, pairs.loc[rival & lead[0].notna(), "report"].unique().astype(np.intp)


def _leaders(reports: pd.DataFrame, key: pd.Series, within: float) -> npt.NDArray[np.intp]:
    """Of reports of what nobody knew yet: the position of the one that opens the row; the oldest of those at one place."""
    points = shapely.points(reports["x"].to_numpy(), reports["y"].to_numpy())
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=within)
    said = reports[["kind", "theme", "object_id"]].to_numpy(dtype=object)
    alike = (said[one] == said[other]).all(axis=1) & (said[one] != "").any(axis=1)
    near: dict[int, list[int]] = {}
    for a, b in zip(one[alike].tolist(), other[alike].tolist(), strict=True):
        near.setdefault(a, []).append(b)
    leader = np.full(len(reports), -1, np.intp)
    for place in np.lexsort((key.to_numpy(dtype=str), reports["seen_on"].to_numpy())).tolist():
        heads = sorted(other for other in near.get(place, ()) if leader[other] == other)
        leader[place] = heads[0] if heads else place
    return leader


def _located(reports: pd.DataFrame, objects: gpd.GeoDataFrame) -> pd.DataFrame:
    """Reports that name an object and no place, with the place of that object."""
    bare = reports["object_id"].ne("") & reports["x"].isna()
    if not bare.any():
        return reports
    found = objects.drop_duplicates("object_id").set_index("object_id").geometry.reindex(reports.loc[bare, "object_id"])
    points = shapely.point_on_surface(found.to_numpy())
    reports.loc[bare, "x"], reports.loc[bare, "y"] = shapely.get_x(points), shapely.get_y(points)
    return reports


def _opened(
    table: gpd.GeoDataFrame, base: pd.DataFrame, reports: pd.DataFrame, ties: pd.DataFrame, notes: Notes, lang: str
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Table and base with a row to verify for each report of what nobody knew yet."""
    ids = np.array([_row_id(key) for key in ties["key"]], dtype=object)
    lead = ties["how"].eq("new").to_numpy() & (ties["bottleneck_id"].to_numpy(dtype=object) == ids)
    if not lead.any():
        return table, base
    said = reports[lead].set_axis(pd.Index(ids[lead], name=KEY))
    day = said["seen_on"].fillna(pd.Timestamp(notes.today))
    when = [label("report.undated", lang) if pd.isna(date) else date.date().isoformat() for date in said["seen_on"]]
    told = [label("report.open", lang, date=date, source=source) for date, source in zip(when, said["source"], strict=True)]
    words = [f"{start}: {text}" if text else start for start, text in zip(told, said["text"], strict=True)]
    rows = said[["kind", "object_id", "theme", "photo"]].assign(
        description=[text[:1000] for text in words], source=said["source"].str[:254], phase="opmeten", status="open"
    )
    rows = rows.assign(status_proposed="open", status_since=day, first_seen=day, last_seen=day, observed_on=said["seen_on"])
    rows = canonical(rows, {name: field.type for name, field in FIELDS.items() if name != KEY})
    places = shapely.points(said["x"].to_numpy(), said["y"].to_numpy())
    beside = rows.assign(extra="", x=said["x"], y=said["y"], shape=None)
    beside = canonical(beside, {name: kind for name, kind in BASE_FIELDS.items() if name != KEY})
    added = gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(places, index=rows.index, crs=table.crs))
    _tell(notes, rows.index, "*", [""] * len(rows), ["report"] * len(rows), said["source"])
    table = pd.concat([table, added]) if len(table) else added
    return table, pd.concat([base, beside]) if len(base) else beside


def _listed(
    table: gpd.GeoDataFrame, base: pd.DataFrame, reports: pd.DataFrame, ties: pd.DataFrame, notes: Notes
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Table and base in which the rows list their reports, and the newest day; a report each in the history."""
    if not len(ties):
        return table, base
    about = ties["bottleneck_id"]
    keys = ties["key"].groupby(about).agg("|".join)
    was = base.loc[keys.index, "reports"]
    lists = (was + "|" + keys).str.strip("|")
    newest = pd.concat([base.loc[keys.index, "reported_on"], reports["seen_on"].groupby(about).max()], axis=1).max(axis=1)
    table, base = table.copy(), base.copy()
    for name, values in (("reports", lists), ("reported_on", newest.astype("datetime64[s]"))):
        untouched = values.index[~differs(table.loc[values.index, name], base.loc[values.index, name])]
        table.loc[untouched, name] = values[untouched].to_numpy()
        base.loc[values.index, name] = values.to_numpy()
    sure = reports["confidence"].map("{:g}".format).where(reports["confidence"].notna(), "")
    days = reports["seen_on"].dt.strftime("%Y-%m-%d").fillna("")
    parts = zip(ties["key"], days, sure, reports["photo"], reports["text"], strict=True)
    _tell(notes, about, "reports", [""] * len(about), [" · ".join(filter(None, part)) for part in parts], reports["source"])
    return table, base


def _reopened(
    table: gpd.GeoDataFrame, base: pd.DataFrame, reports: pd.DataFrame, ties: pd.DataFrame, notes: Notes, lang: str
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Closed rows that a report shows to be wrong: reopened by those that are sure, else proposed and listed."""
    table, base = table.copy(), base.copy()
    dated = ties.assign(seen_on=reports["seen_on"], source=reports["source"], sure=reports["confidence"].ge(SURE))
    dated = dated.dropna(subset="seen_on").sort_values(["seen_on", "key"])
    for sure in (True, False):
        newest = dated[dated["sure"] == sure].drop_duplicates("bottleneck_id", keep="last").set_index("bottleneck_id")
        closed = base["status"].isin(CLOSED) & base.index.isin(newest.index) & base.index.isin(table.index)
        rows = base[closed].assign(given="", done_on=table["done_on"].reindex(base.index[closed]))
        newest = newest.reindex(rows.index)
        evidence = rows[["value", "severity", "level"]].assign(outcome="fails", observed_on=newest["seen_on"])
        found = step(rows, evidence, today=notes.today)
        stood = rows["observed_on"]
        wrong = found["status"].eq("heropend") & (stood.isna() | newest["seen_on"].gt(stood))
        ids = rows.index[wrong]
        if sure:
            _tell(notes, ids, "status", rows.loc[ids, "status"], ["heropend"] * len(ids), newest.loc[ids, "source"])
        else:
            words = [label("report.after", lang)] * len(ids)
            _list(notes, newest.loc[ids, "key"], ids, newest.loc[ids, "seen_on"], [""] * len(ids), words)
        for name in ("status", "status_proposed", "status_since", "observed_on") if sure else ("status_proposed",):
            untouched = ids[~differs(table.loc[ids, name], base.loc[ids, name])]
            table.loc[untouched, name] = found.loc[untouched, name].to_numpy()
            base.loc[ids, name] = found.loc[ids, name].to_numpy()
    return table, base


def _tell(notes: Notes, ids: pd.Index, field: str, old: object, new: object, sources: pd.Series) -> None:
    """Rows of history that came by a report."""
    rows = pd.DataFrame({KEY: np.asarray(ids, dtype=object), "field": field, "old": list(old), "new": list(new)}, dtype="object")  # type: ignore[call-overload]
    if len(rows):
        rows = rows.assign(cause="street", changed_on=pd.Timestamp(notes.today), run=notes.run)
        rows["origin"] = ("report " + sources.astype("object")).to_numpy()
        notes.history.append(rows[list(HISTORY_FIELDS)])


def _list(notes: Notes, keys: pd.Series, ids: object, days: pd.Series, candidates: object, words: list[str]) -> None:
    """Conflicts of reports; ``staff_value`` holds the key of the report."""
    names = [conflict_id("report", key) for key in keys]
    days = days.dt.strftime("%Y-%m-%d").fillna("").to_numpy()
    cells = {"conflict_id": names, "field": "reports", "staff_value": keys.to_numpy(), "machine_value": days, "note": words}
    notes.list_conflicts("report", list(ids), **cells, candidates=list(candidates))  # type: ignore[call-overload]
