"""One update of the monitoring table: what staff did, what a screening saw, and what follows for the life of each bottleneck."""

from __future__ import annotations

import dataclasses
import datetime

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk.errors import InputError
from toegankelijk.ledger import lifecycle
from toegankelijk.ledger.edits import Noted, allowed, cell_conflicts, note_edits
from toegankelijk.ledger.fields import FIELDS, LASTING, RUN_FIELDS, SCHEMA_VERSION, canonical, differs
from toegankelijk.ledger.migrations import migrate
from toegankelijk.ledger.notes import Notes
from toegankelijk.ledger.refresh import PROPOSED, recognise, refresh
from toegankelijk.ledger.reports import note_reports
from toegankelijk.ledger.rows import MOST_DELETED, in_order, is_own, put
from toegankelijk.ledger.snapshot import Snapshot
from toegankelijk.ledger.state import State, changes

TOLERANCE = 0.5
"""How far an object that was drawn again may lie from its old place, in metres, to be the same."""


def update(
    state: State,
    snapshot: Snapshot | None = None,
    *,
    today: datetime.date | None = None,
    action: str = "update",
    origin: str = "table",
    tolerance: float = TOLERANCE,
    most_deleted: float = MOST_DELETED,
) -> State:
    """Bring the monitoring table up to date.

    First all that staff did since it was last written is noted, then what the screening says is laid beside it, then the life
    of each bottleneck goes on. What staff wrote stays; what contradicts is listed. The same once more changes nothing.

    Parameters
    ----------
    state
        The table as it stands in its store.
    snapshot
        A screening; without it only staff's edits are taken in.
    today
        Day on which staff's edits are seen.
    action
        What is being done, for the list of runs.
    origin
        What the history gives as origin of staff's edits.
    tolerance
        How far an object that was drawn again may lie from its old place, in metres.
    most_deleted
        Share of the rows that staff may have deleted at once.

    Returns
    -------
    State
        The table as it is to be; its history holds the new entries only. The same object if nothing changes.

    Raises
    ------
    InputError
        The table has no ids, lost most of its rows, or is in another coordinate system than the screening.
    """
    today = today or datetime.date.today()  # noqa: DTZ011 - the day of the people who read it
    if snapshot is not None and len(state.table) and state.table.crs != snapshot.table.crs:
        raise InputError(
            f"monitoring table: it is in {state.table.crs}, and the screening in {snapshot.table.crs}; give the screening the "
            "coordinate system of the table (crs in city.toml)"
        )
    before, state = state, migrate(state, snapshot)
    notes = Notes(today, state.run + 1, f"screening {snapshot.date.isoformat()}" if snapshot else action, by_staff=origin)
    if snapshot is None:
        notes.lasting = (*LASTING, "ambiguous")  # only a screening can say whether they still are
    noted = note_edits(state, notes, most_deleted=most_deleted)
    table, base = noted.table, noted.base
    causes, renormed = pd.Series(dtype="object"), False
    if snapshot is None:
        stepped = _step(noted, None, notes, norm_changed=False)
    else:
        renormed = _norm_changed(state.runs, snapshot)
        recognised = recognise(table, base, snapshot, decisions=_decisions(state.conflicts), tolerance=tolerance)
        stepped = _step(noted, recognised.evidence, notes, norm_changed=renormed)
        table, base, causes = refresh(
            table,
            base,
            recognised,
            stepped,
            notes,
            snapshot=snapshot,
            norm_changed=renormed,
            seen_before=_seen_before(state.runs),
        )
    table, base = _live(table, base, stepped, noted.given, notes)
    if snapshot is not None and len(snapshot.reports):
        table, base, standing = note_reports(table, base, snapshot, notes, conflicts=state.conflicts)
        base = in_order(base, table.index)
        state = dataclasses.replace(state, conflicts=standing)
    table, base = _settle(table, base, causes, notes)
    cell_conflicts(table, base, notes)
    after = _assembled(state, table, base, notes)
    first = snapshot is not None and not len(state.runs)
    if not (first or renormed or changes(before, after)):
        return before
    runs = [frame for frame in (state.runs, _run(notes, action, snapshot)) if len(frame)]
    return dataclasses.replace(after, runs=canonical(pd.concat(runs, ignore_index=True), RUN_FIELDS))


def _decisions(conflicts: pd.DataFrame) -> pd.Series:
    """What staff decided, by conflict."""
    said = conflicts["decision"].str.strip()
    return said[conflicts["what"].eq("ambiguous") & said.ne("")]


def _norm_changed(runs: pd.DataFrame, snapshot: Snapshot) -> bool:
    known = runs.loc[runs["norm_hash"].ne(""), "norm_hash"]
    return bool(len(known)) and known.iloc[-1] != snapshot.norm_hash


def _seen_before(runs: pd.DataFrame) -> datetime.date | None:
    """Date of the data of the last screening."""
    days = runs["seen_on"].dropna()
    return days.iloc[-1].date() if len(days) else None


def _step(noted: Noted, evidence: pd.DataFrame | None, notes: Notes, *, norm_changed: bool) -> pd.DataFrame:
    """Where the life of each row that was there goes: staff's word until newer evidence."""
    names = ["status", "status_proposed", "status_since", "observed_on", "value", "severity", "level"]
    rows = noted.base.iloc[: len(noted.table)][names].assign(given=noted.given, done_on=noted.table["done_on"])
    if evidence is None:
        evidence = rows[["observed_on", "value", "severity", "level"]].assign(outcome="not_delivered")
    else:
        evidence = evidence.assign(outcome=evidence["outcome"].where(~is_own(rows.index), "not_delivered"))
    return lifecycle.step(rows, evidence, today=notes.today, norm_changed=norm_changed)


def _live(
    table: gpd.GeoDataFrame, base: pd.DataFrame, stepped: pd.DataFrame, given: pd.Series, notes: Notes
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Statuses, since when, and the evidence that they rest on; rows that were there come first."""
    ids, count = stepped.index, len(stepped)
    old, new, said = base["status"].iloc[:count], stepped["status"], given
    spoken = (said.ne("") & said.ne(old)).to_numpy()
    notes.tell(ids[spoken], "status", old[spoken], said[spoken], "staff")
    old = old.where(~spoken, said)
    changed = differs(new, old)
    notes.tell(ids[changed], "status", old[changed], new[changed], stepped["cause"][changed].to_numpy())
    for name in ("status", "status_proposed", "status_since", "observed_on"):
        was = base[name].iloc[:count]
        kept = differs(table[name].iloc[:count], was) if name != "status" else np.zeros(count, bool)
        newly = differs(stepped[name], was) | (differs(stepped[name], table[name].iloc[:count]) & ~kept)
        put(table, name, ids[newly & ~kept], stepped[name][newly & ~kept])
        put(base, name, ids[newly], stepped[name][newly])
    return table, base


def _settle(
    table: gpd.GeoDataFrame, base: pd.DataFrame, causes: pd.Series, notes: Notes
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Effective values: what staff say where it can be understood, else what is proposed."""
    years = _years(base)
    for name in PROPOSED:
        said = allowed(table[f"{name}_staff"], name)
        proposed = base[f"{name}_proposed"].iloc[: len(table)]
        numeric = pd.api.types.is_numeric_dtype(said)
        spoken = said.notna().to_numpy() if numeric else (said.notna() & said.ne("")).to_numpy(dtype=bool)
        if name == "target_year":
            other = differs(table["planning"], base["planning_proposed"].iloc[: len(table)])
            if other.any():
                proposed = proposed.where(~other, table["planning"].map(years).astype("Int64"))
        effective = said.where(spoken, proposed)
        was = base[name].iloc[: len(table)]
        changed = differs(effective, was)
        ids = table.index[changed]
        why = np.where(spoken[changed], "staff", causes.reindex(ids).fillna("staff").to_numpy())
        notes.tell(ids, name, was[changed], effective[changed], why)
        table[name] = effective
        put(base, name, ids, effective[changed])
    return table, base


def _years(base: pd.DataFrame) -> pd.Series:
    """The year that goes with each term, as it was proposed last and most."""
    pairs = base[base["planning_proposed"].ne("") & base["target_year_proposed"].notna()]
    return pairs.groupby("planning_proposed")["target_year_proposed"].agg(lambda years: years.mode().max())


def _assembled(state: State, table: gpd.GeoDataFrame, base: pd.DataFrame, notes: Notes) -> State:
    rows = table.reset_index()
    extra = [name for name in rows if name not in FIELDS and name not in ("row", "geometry")]
    fresh = rows["row"].isna() if "row" in rows else pd.Series(True, index=rows.index)
    numbers = rows["row"].astype("Float64") if "row" in rows else pd.Series(pd.NA, index=rows.index, dtype="Float64")
    numbers[fresh] = min(0, numbers.min() if len(numbers.dropna()) else 0) - np.arange(1.0, fresh.sum() + 1)
    rows.index = pd.Index(numbers.astype("int64"), name="row")
    result = gpd.GeoDataFrame(rows[[*FIELDS, *extra, "geometry"]], geometry="geometry", crs=rows.crs)
    return State(result, base, notes.all_conflicts(state.conflicts), state.runs, notes.all_history())


def _run(notes: Notes, action: str, snapshot: Snapshot | None) -> pd.DataFrame:
    row = {"run": notes.run, "run_on": pd.Timestamp(notes.today), "schema_version": SCHEMA_VERSION, "action": action}
    if snapshot is not None:
        names = ("city", "norm", "norm_version", "norm_hash", "crs", "version")
        row |= {"seen_on": pd.Timestamp(snapshot.date), **{name: getattr(snapshot, name) for name in names}}
    return canonical(pd.DataFrame([{**row, "note": notes.origin}]), RUN_FIELDS)
