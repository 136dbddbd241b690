"""What staff did since the table was last written: their edits, cell by cell.

The table is laid against its base. Nothing that staff wrote is overwritten: an edit in a column of the machine stays, and is
listed; one in an effective column becomes what staff say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.ledger.fields import (
    CODES,
    FIELDS,
    KEY,
    SHARED,
    STAFF_STATUSES,
    as_text,
    columns_of,
    differs,
    pack_extra,
    unpack_extra,
)
from toegankelijk.ledger.notes import Notes
from toegankelijk.ledger.rows import (
    MOST_DELETED,
    in_order,
    is_own,
    moved_points,
    place_text,
    put,
    with_deletions,
    with_fields,
    with_ids,
    with_new_rows,
    xy_text,
)
from toegankelijk.ledger.state import State


@dataclass(frozen=True)
class Noted:
    """A table whose rows can be told apart, its base with staff's columns brought up to it, and statuses that staff gave."""

    table: gpd.GeoDataFrame
    base: pd.DataFrame
    given: pd.Series


def note_edits(state: State, notes: Notes, *, most_deleted: float = MOST_DELETED) -> Noted:
    """Lay the table against its base, and note all that staff did.

    Parameters
    ----------
    state
        The table as it stands.
    notes
        Gets history and conflicts.
    most_deleted
        Share of the rows that may be gone.

    Returns
    -------
    Noted
        ``table`` by ``bottleneck_id`` with the column ``row``; machine columns hold what stands there, also where staff edited.
        ``base`` begins with the rows of the table, in their order; those that staff deleted follow.

    Raises
    ------
    InputError
        The table has no ids any more, or most of its rows are gone.
    """
    table = with_fields(state, notes)
    table = with_ids(table, state.base, notes)
    base = with_deletions(table, state.base, notes, most_deleted)
    table, base = with_new_rows(table, base, notes)
    base = in_order(base, table.index)
    base = _note_extra(table, base, state.extra, notes)
    given = _note_shared(table, base, notes)
    _note_staff(table, base, notes)
    _note_machine(table, base, state.conflicts, notes)
    return Noted(table, base, given)


def _note_extra(table: gpd.GeoDataFrame, base: pd.DataFrame, extra: Sequence[str], notes: Notes) -> pd.DataFrame:
    """The base with the columns that staff added as they are now."""
    now = pack_extra(pd.DataFrame(table[list(extra)]))
    was = base["extra"].iloc[: len(now)]
    unlike = now.index[differs(now, was)]
    if not len(unlike):
        return base
    before, after = unpack_extra(was[unlike]), unpack_extra(now[unlike])
    for name in sorted({*before, *after}, key=str):
        old, new = (part[name] if name in part else pd.Series("", index=unlike, dtype="object") for part in (before, after))
        changed = (old != new).to_numpy()
        notes.tell(unlike[changed], str(name), old[changed], new[changed], "staff")
    base.loc[unlike, "extra"] = now[unlike]
    return base


def _note_shared(table: gpd.GeoDataFrame, base: pd.DataFrame, notes: Notes) -> pd.Series:
    """Edits of shared columns, which become what staff say; gives the statuses that staff gave, by id."""
    given = pd.Series("", index=table.index, dtype="object")
    was = base.iloc[: len(table)]
    done = differs(table["done_on"], was["done_on"]) & table["done_on"].notna().to_numpy()
    for name in SHARED:
        says = f"{name}_staff"
        effective, said = table[name], table[says]
        edited = differs(effective, was[name])
        told = differs(said, was[says])
        both = edited & told
        both[both] = differs(effective[both], said[both])
        notes.list_conflicts(
            "both_edited",
            table.index[both],
            field=name,
            staff_value=[as_text(value) for value in effective[both]],
            machine_value=[as_text(value) for value in said[both]],
        )
        taken = edited & ~told
        if taken.any():
            if said.dtype != effective.dtype:
                said = said.astype("object")
            table[says] = said.where(~taken, effective)
        if name in CODES and (taken | told).any():
            table[says] = _coded(table[says])
        if name == "status":
            new = told | edited | (done & table[says].eq("uitgevoerd").to_numpy())
            given[new] = table.loc[new, says]
            given[~given.isin(STAFF_STATUSES)] = ""
    return given


def _coded(column: pd.Series) -> pd.Series:
    """Codes as they are written, whatever the capitals and blanks."""
    codes = {code.casefold(): code for listed in CODES.values() for code in listed}
    return column.map(lambda text: codes.get(str(text).strip().casefold().replace(" ", "_"), text)).astype("object")


def _note_staff(table: gpd.GeoDataFrame, base: pd.DataFrame, notes: Notes) -> None:
    """Edits of staff's columns go to the history and to the base."""
    for name in columns_of("staff"):
        was = base[name].iloc[: len(table)]
        changed = differs(table[name], was)
        if changed.any():
            ids = table.index[changed]
            notes.tell(ids, name, was[changed], table.loc[ids, name], "staff")
            put(base, name, ids, table.loc[ids, name])


def _note_machine(table: gpd.GeoDataFrame, base: pd.DataFrame, conflicts: pd.DataFrame, notes: Notes) -> None:
    """Edits of machine columns go to the history; of rows that are staff's own, they go to the base too."""
    own, count = is_own(table.index), len(table)
    listed = conflicts[conflicts["what"].eq("machine_field") & conflicts[KEY].isin(table.index)]
    stood = listed.drop_duplicates([KEY, "field"]).set_index("field")[[KEY, "staff_value"]]
    for name in columns_of("machine", "proposed"):
        was = base[name].iloc[:count]
        asked = differs(table[name], was)
        held = stood.loc[[name]].set_index(KEY)["staff_value"] if name in stood.index else pd.Series(dtype="object")
        if len(held):
            asked |= table.index.isin(held.index)
        if not asked.any():
            continue
        ids = table.index[asked]
        new = table.loc[ids, name].map(as_text)
        old = held.reindex(ids).fillna(was[asked].map(as_text))  # an edit that is listed already stood there before
        changed = (old != new).to_numpy()
        notes.tell(ids[changed], name, old[changed], new[changed], "staff")
        mine = table.index[asked & own]
        put(base, name, mine, table.loc[mine, name])
    held = stood.loc[["geometry"]].set_index(KEY)["staff_value"] if "geometry" in stood.index else pd.Series(dtype="object")
    moved = moved_points(table.geometry.to_numpy(), base.iloc[:count])
    asked = moved | np.asarray(table.index.isin(held.index))
    for id_, place in zip(table.index[asked], table.geometry.to_numpy()[asked], strict=True):
        old, new = held.get(id_, xy_text(*base.loc[id_, ["x", "y"]])), place_text(place)
        notes.tell([id_] if old != new else [], "geometry", [old], [new], "staff")
    mine = table.index[moved & own]
    if len(mine):
        places = table.loc[mine].geometry.to_numpy()
        base.loc[mine, "x"], base.loc[mine, "y"] = shapely.get_x(places), shapely.get_y(places)


def cell_conflicts(table: gpd.GeoDataFrame, base: pd.DataFrame, notes: Notes) -> None:
    """List cells of machine columns in which staff wrote something else than the machine says, and words that are no code."""
    issued = ~is_own(table.index)
    was = base.iloc[: len(table)]
    for name in columns_of("machine", "proposed"):
        unlike = differs(table[name], was[name]) & issued
        notes.list_conflicts(
            "machine_field",
            table.index[unlike],
            field=name,
            staff_value=[as_text(value) for value in table.loc[unlike, name]],
            machine_value=[as_text(value) for value in was.loc[unlike, name]],
        )
    places = table.geometry.to_numpy()
    moved = moved_points(places, was) & issued
    notes.list_conflicts(
        "machine_field",
        table.index[moved],
        field="geometry",
        staff_value=[place_text(place) for place in places[moved]],
        machine_value=[xy_text(x, y) for x, y in was.loc[moved, ["x", "y"]].itertuples(index=False, name=None)],
    )
    done = table["done_on"]
    if done.dtype == object:  # somebody wrote something else than a date
        wrong = (done.ne("") & ~done.astype("str").str.match(r"\d{4}-\d{2}-\d{2}")).to_numpy(dtype=bool)
        notes.list_conflicts("unknown_code", table.index[wrong], field="done_on", staff_value=done[wrong].map(as_text).to_numpy())
    for name in SHARED:
        said = table[f"{name}_staff"]
        if name not in CODES and said.dtype != object:
            continue
        wrong = differs(said, allowed(said, name))
        notes.list_conflicts(
            "unknown_code",
            table.index[wrong],
            field=f"{name}_staff",
            staff_value=[as_text(value) for value in said[wrong]],
            machine_value=[as_text(value) for value in table.loc[wrong, name]],
        )


def allowed(said: pd.Series, name: str) -> pd.Series:
    """What staff say where it can be understood, and nothing elsewhere."""
    if name in CODES:
        codes = STAFF_STATUSES if name == "status" else CODES[name]
        return said.where(said.isin(codes), "")
    if FIELDS[name].type == "int32":
        return pd.to_numeric(said.replace("", None) if said.dtype == object else said, errors="coerce").astype("Int64")
    return said
