"""Rows of the table as staff left them: columns that are gone, ids that are doubled or lack, rows added and deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.errors import InputError
from toegankelijk.keys import key_texts
from toegankelijk.ledger.fields import ADDED, BASE_FIELDS, FIELDS, KEY, SHARED, as_text, canonical, columns_of, differs
from toegankelijk.ledger.notes import Notes
from toegankelijk.ledger.state import State

ISSUED = ("K-", "M-")
"""How ids that the machine gave begin; rows with another id are staff's own."""

MOST_DELETED = 0.5
"""Share of the rows that may be gone at once; a table that lost more was cut by accident, and is refused."""

FEWEST = 20
"""Rows that a table must have had for that to be asked."""

MOVED = 0.001
"""A point that lies so many metres from where it was written was moved by staff."""


def in_order(base: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """The base with these rows first, in this order."""
    if base.index[: len(ids)].equals(ids):
        return base
    first = base.index.get_indexer(ids)
    rest = np.ones(len(base), bool)
    rest[first] = False
    return base.iloc[np.concatenate([first, np.flatnonzero(rest)])]


def is_own(ids: pd.Index) -> np.ndarray:
    """Which rows are staff's own."""
    return ~np.asarray(ids.astype("object").str.startswith(ISSUED), dtype=bool)


def put(frame: pd.DataFrame, name: str, ids: pd.Index, values: pd.Series) -> None:
    """Set cells of a column, which becomes one of objects where a value does not fit its type."""
    if not len(ids):
        return
    if frame[name].dtype != values.dtype:
        frame[name] = frame[name].astype("object")
    frame.loc[ids, name] = values.to_numpy()


def with_fields(state: State, notes: Notes) -> gpd.GeoDataFrame:
    """The table with columns that were taken away or renamed: as they were last seen."""
    if not state.missing:
        return state.table
    table = state.table.copy()
    if KEY in state.missing:
        table[KEY] = _ids_elsewhere(state)
    known = table[KEY].isin(state.base.index)
    for name in state.missing:
        if name == KEY or not len(state.base):
            continue
        column = table[name].copy()
        column[known] = state.base.loc[table.loc[known, KEY], name].to_numpy()
        table[name] = column
    later = {name for version, names in ADDED.items() if version > state.version for name in names}
    gone = [name for name in state.missing if name not in later]
    if len(state.base) and gone:
        notes.list_conflicts("field_gone", [""] * len(gone), field=gone)
    return table


def _ids_elsewhere(state: State) -> pd.Series:
    """Ids from the column that holds them under another name."""
    found = {name: int(state.table[name].astype("str").isin(state.base.index).sum()) for name in state.extra}
    if len(state.table) and not any(found.values()):
        names = ", ".join(map(str, state.extra)) or "none"
        raise InputError(
            f"monitoring table: there is no column {KEY!r} any more (columns that are not of the table: {names}); give it back"
        )
    return state.table[max(found, key=lambda name: found[name])].astype("str") if found else state.table[KEY]


def with_ids(table: gpd.GeoDataFrame, base: pd.DataFrame, notes: Notes) -> gpd.GeoDataFrame:
    """The table by ids that are there once: copies and rows of staff get one of their own."""
    given = pd.Index(table[KEY], dtype="object", name=KEY)
    if given.equals(base.index) or (given.is_unique and given.isin(base.index).all()):
        rows = table.index
        table = table.drop(columns=KEY).set_axis(given, axis=0)
        table["row"] = rows.to_numpy()
        return table
    table = table.reset_index(names="row")
    ids = key_texts(table[KEY])
    typed = ids.copy()
    ids = _taken_back(table, ids, base, notes)
    original = pd.Series(_unlike(table, ids, base), index=table.index)
    order = pd.DataFrame({"id": ids, "unlike": original, "row": table["row"]}).sort_values(["unlike", "row"])
    copied = order.index[order.duplicated("id") & order["id"].ne("")]
    foreign = ids.index[ids.str.startswith(ISSUED) & ~ids.isin(base.index)]
    taken = set(ids) | set(base.index)
    for at in [*copied, *foreign.difference(copied), *ids.index[ids.eq("")]]:
        own = _own_id(table.loc[at], taken)
        taken.add(own)
        if ids[at]:
            notes.list_conflicts("copied_row", [own], field=KEY, staff_value=typed[at], candidates=ids[at])
            table.loc[at, "parent_id"] = ids[at] if ids[at] in base.index else table.loc[at, "parent_id"]
        ids[at] = own
    return table.assign(**{KEY: ids}).set_index(KEY)


def _taken_back(table: gpd.GeoDataFrame, ids: pd.Series, base: pd.DataFrame, notes: Notes) -> pd.Series:
    """Ids with those restored that somebody wrote over: the row says the object and the remedy of one that lacks."""
    names = ["kind", "object_id", "remedy"]
    lacking = base[~base.index.isin(ids) & base["deleted_on"].isna() & base["kind"].ne("")]
    strange = ids.index[~ids.isin(base.index) & table["kind"].ne("")]
    if lacking.empty or not len(strange):
        return ids
    keys = pd.MultiIndex.from_frame(lacking[names])
    asked = pd.MultiIndex.from_frame(table.loc[strange, names])
    single = ~asked.duplicated(keep=False) & asked.isin(keys[~keys.duplicated(keep=False)])
    rows = strange[single]
    ids = ids.copy()
    if len(rows):
        restored = pd.Series(lacking.index, index=keys).reindex(asked[single]).to_numpy()
        notes.list_conflicts("copied_row", restored, field=KEY, staff_value=ids[rows].to_numpy())
        ids[rows] = restored
    return ids


def _unlike(table: gpd.GeoDataFrame, ids: pd.Series, base: pd.DataFrame) -> np.ndarray:
    """In how many cells a row of a doubled id differs from what was written: the original differs least."""
    unlike = np.zeros(len(table), dtype=int)
    rows = np.flatnonzero((ids.duplicated(keep=False) & ids.isin(base.index)).to_numpy())
    if len(rows):
        was = base.loc[ids.iloc[rows]]
        for name in (name for name in FIELDS if name != KEY):
            unlike[rows] += differs(table[name].iloc[rows], was[name])
        unlike[rows] += moved_points(table.geometry.to_numpy()[rows], was)
    return unlike


def _own_id(row: pd.Series, taken: set[str]) -> str:
    """An id for a row of staff."""
    text = "\0".join(as_text(value) for name, value in row.items() if name not in ("row", "geometry"))
    count = 0
    while True:
        own = "E-" + hashlib.sha256(f"{text}\0{row['row']}\0{count}".encode()).hexdigest()[:12]
        if own not in taken:
            return own
        count += 1


def with_deletions(table: gpd.GeoDataFrame, base: pd.DataFrame, notes: Notes, most_deleted: float) -> pd.DataFrame:
    """The base, in which rows that staff deleted have a tombstone, and rows that came back have none."""
    if base.index.equals(table.index) and base["deleted_on"].isna().all():
        return base
    here = base.index.isin(table.index)
    gone = ~here & base["deleted_on"].isna().to_numpy()
    back = here & base["deleted_on"].notna().to_numpy()
    alive = int(base["deleted_on"].isna().sum())
    if alive >= FEWEST and gone.sum() > most_deleted * alive:
        raise InputError(
            f"monitoring table: {int(gone.sum())} of {alive} rows are gone since it was last written. If that is meant, say so "
            "(most_deleted=1); if not, restore the table from a backup first. Nothing was changed",
            base.index[gone][:20].tolist(),
        )
    if not (gone.any() or back.any()):
        return base
    base = base.copy()
    base.loc[gone, "deleted_on"] = pd.Timestamp(notes.today)
    base.loc[back, "deleted_on"] = pd.NaT
    notes.tell(base.index[gone], "*", [""] * int(gone.sum()), ["deleted"] * int(gone.sum()), "staff")
    notes.tell(base.index[back], "*", [""] * int(back.sum()), ["restored"] * int(back.sum()), "staff")
    return base


def with_new_rows(table: gpd.GeoDataFrame, base: pd.DataFrame, notes: Notes) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Rows that staff added, now in the base too; they are open from the day they were seen."""
    new = table.index[:0] if table.index.equals(base.index) else table.index[~table.index.isin(base.index)]
    if not len(new):
        return table, base.copy()
    table = table.copy()
    for name, value in (("first_seen", pd.Timestamp(notes.today)), ("status_since", pd.Timestamp(notes.today))):
        empty = table.loc[new, name].isna()
        table.loc[new[empty], name] = value
    unset = new[table.loc[new, "status"].eq("") & table.loc[new, "status_staff"].eq("")]
    table.loc[unset, "status"] = "open"
    notes.tell(new, "*", [""] * len(new), ["own"] * len(new), "staff")
    rows = canonical(pd.DataFrame(table.loc[new].drop(columns="geometry")).reset_index(), BASE_FIELDS)
    rows = rows[list(BASE_FIELDS)].set_index(KEY)
    rows[columns_of("staff")] = _blank(rows, columns_of("staff"))
    rows[list(SHARED)] = rows[[f"{name}_proposed" for name in SHARED]].to_numpy()
    rows = canonical(rows.reset_index(), BASE_FIELDS).set_index(KEY)
    places = table.loc[new].geometry.to_numpy()
    rows = rows.assign(x=shapely.get_x(places), y=shapely.get_y(places))
    return table, pd.concat([part for part in (base, rows) if len(part)])


def _blank(rows: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return canonical(pd.DataFrame(index=rows.index), {name: FIELDS[name].type for name in names})


def points_at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Points, and nothing where a coordinate is missing."""
    points = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    points[known] = shapely.points(x[known], y[known])
    return points


def place_text(place: shapely.Geometry | None) -> str:
    """A place as the lists write it: metres, to the millimetre."""
    return "" if place is None or place.is_empty else xy_text(place.x, place.y)


def xy_text(x: float, y: float) -> str:
    """Two coordinates as the lists write them."""
    return "" if np.isnan(x) else f"{x:.3f} {y:.3f}"


def moved_points(places: np.ndarray, base: pd.DataFrame) -> np.ndarray:
    """Which points do not lie where they were written."""
    x, y = shapely.get_x(places), shapely.get_y(places)
    apart = np.hypot(x - base["x"].to_numpy(dtype=float), y - base["y"].to_numpy(dtype=float))
    lost = np.isnan(x) != base["x"].isna().to_numpy()
    return np.asarray((apart > MOVED) | lost)
