"""The monitoring table as it stands in a store, with what is kept beside it; and what an update changes of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.ledger.fields import (
    BASE_FIELDS,
    BESIDE,
    CONFLICT_FIELDS,
    FIELDS,
    HISTORY_FIELDS,
    KEY,
    RUN_FIELDS,
    canonical,
    differs,
)


@dataclass(frozen=True)
class State:
    """A monitoring table with all that is kept beside it, in the ledger's types (see `toegankelijk.ledger.fields.canonical`).

    Parameters
    ----------
    table
        Rows as they stand, with the columns of `FIELDS` and those that staff added; ``geometry`` are points. The index, ``row``,
        is the store's own number of a row: it only serves to write back to that row. Rows that an update adds have negative ones.
    base
        What the table was like when it was last written, by ``bottleneck_id``; columns of `BASE_FIELDS`.
    conflicts
        What people have to look at, by ``conflict_id``.
    runs
        One row per update, the last one last.
    history
        Changes, oldest first. After an update only the new ones are here: a store adds them to what it has.
    missing
        Columns that the table lacks in its store: somebody took them away or renamed them. Here they are, and empty.
    """

    table: gpd.GeoDataFrame
    base: pd.DataFrame
    conflicts: pd.DataFrame
    runs: pd.DataFrame
    history: pd.DataFrame
    missing: tuple[str, ...] = ()

    @property
    def run(self) -> int:
        """Number of the last update; 0 if there was none."""
        return int(self.runs["run"].max()) if len(self.runs) else 0

    @property
    def version(self) -> int:
        """Version of the table's form at the last update; 0 if there was none."""
        return int(self.runs["schema_version"].max()) if len(self.runs) else 0

    @property
    def extra(self) -> list[str]:
        """Columns that staff added."""
        return [str(name) for name in self.table if name not in FIELDS and name != "geometry"]


class Desk(Protocol):
    """A store within one transaction, in which nobody else writes."""

    def read(self) -> State:
        """The table as it stands; without history."""

    def write(self, before: State, after: State) -> None:
        """Write what differs; all of it, or on an error nothing."""


class Store(Protocol):
    """Where a monitoring table is kept."""

    @property
    def name(self) -> str:
        """What it is called in messages; no secrets."""

    def exists(self) -> bool:
        """Whether there is a table already."""

    def read(self, *, history: bool = False) -> State:
        """The table as it stands at one moment."""

    def edit(self) -> AbstractContextManager[Desk]:
        """A transaction: kept if the block ends well, undone if it does not."""


@dataclass(frozen=True)
class Changes:
    """What a store has to write.

    Parameters
    ----------
    added
        New rows of the table.
    updated
        Rows that change, by ``row``; only the columns that change somewhere, with the geometry if one moved.
    new_fields
        Columns that the table lacks in the store.
    base, conflicts
        Rows to put in place of those of the same id, or to add.
    base_gone, conflicts_gone
        Ids of rows to take away.
    history, runs
        Rows to add.
    """

    added: gpd.GeoDataFrame
    updated: gpd.GeoDataFrame | pd.DataFrame
    new_fields: tuple[str, ...]
    base: pd.DataFrame
    base_gone: tuple[str, ...]
    conflicts: pd.DataFrame
    conflicts_gone: tuple[str, ...]
    history: pd.DataFrame
    runs: pd.DataFrame

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        parts = (self.added, self.updated, self.base, self.conflicts, self.history, self.runs)
        return any(map(len, parts)) or bool(self.base_gone or self.conflicts_gone)


def empty_state(crs: Any) -> State:
    """A table without rows."""
    table = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], index=pd.Index([], dtype="int64", name="row"), crs=crs))
    return canonical_state(table, *(pd.DataFrame() for _ in BESIDE))


def canonical_state(
    table: gpd.GeoDataFrame, base: pd.DataFrame, history: pd.DataFrame, conflicts: pd.DataFrame, runs: pd.DataFrame
) -> State:
    """A state from tables as a store gives them: types, columns that lack, indexes. `table` has its row numbers as index."""
    types = {name: field.type for name, field in FIELDS.items()}
    if table.geometry.name != "geometry":
        table = table.rename_geometry("geometry")
    given = set(table)
    table = canonical(table, types)
    missing = tuple(name for name in FIELDS if name not in given)
    extra = [name for name in table if name not in FIELDS and name != "geometry"]
    table = table[[*FIELDS, *extra, "geometry"]].rename_axis("row")
    base = canonical(base, BASE_FIELDS).set_index(KEY)
    conflicts = canonical(conflicts, CONFLICT_FIELDS).set_index("conflict_id")
    return State(table, base, conflicts, canonical(runs, RUN_FIELDS), canonical(history, HISTORY_FIELDS), missing)


def changes(before: State, after: State) -> Changes:
    """What a store has to write to get from one state to the next; nothing where nothing differs."""
    table = after.table
    new = ~table.index.isin(before.table.index)
    common = table.index[~new]
    was, now = _rows(before.table, common), _rows(table, common)
    columns = [name for name in table if name != "geometry"]
    changed = {name: differs(now[name], was[name]) if name in was else differs(now[name], _nothing(now)) for name in columns}
    changed["geometry"] = ~same_points(now.geometry.to_numpy(), was.geometry.to_numpy())
    rows = np.logical_or.reduce(list(changed.values())) if len(common) else np.zeros(0, bool)
    touched = [name for name, flags in changed.items() if flags.any()]
    base, base_gone = _replaced(before.base, after.base)
    conflicts, conflicts_gone = _replaced(before.conflicts, after.conflicts)
    return Changes(
        added=table[new],
        updated=now.loc[rows, touched],
        new_fields=tuple(name for name in columns if name not in before.table or name in before.missing),
        base=base,
        base_gone=base_gone,
        conflicts=conflicts,
        conflicts_gone=conflicts_gone,
        history=after.history,
        runs=after.runs.iloc[len(before.runs) :],
    )


def _replaced(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows that are new or differ, and ids that are gone."""
    common = after.index if after.index.equals(before.index) else after.index.intersection(before.index)
    was, now = _rows(before, common), _rows(after, common)
    unlike = [differs(now[name], was[name]) for name in after]
    rows = np.logical_or.reduce(unlike) if len(common) else np.zeros(0, bool)
    if common is after.index:
        return after[rows], ()
    fresh = ~after.index.isin(before.index)
    touched = fresh | after.index.isin(common[rows])
    return after[touched], tuple(before.index.difference(after.index))


def _rows(frame: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Rows of an index; the frame itself if it has just these, as a table has millions of cells to copy."""
    return frame if index.equals(frame.index) else frame.loc[index]


def same_points(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether geometries are the same to a tenth of a millimetre; nothing is as nothing."""
    neither = shapely.is_missing(one) & shapely.is_missing(other)
    return np.asarray(neither | shapely.equals_exact(one, other, tolerance=1e-4))


def _nothing(like: pd.DataFrame) -> pd.Series:
    return pd.Series([""] * len(like), index=like.index, dtype="object")
