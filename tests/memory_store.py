"""A monitoring table in memory, which applies what an update changes just as a store on disk has to."""

from collections.abc import Iterator
from contextlib import contextmanager

import geopandas as gpd
import pandas as pd

from toegankelijk.ledger.fields import BESIDE, FIELDS, LAYER
from toegankelijk.ledger.state import State, canonical_state, changes, empty_state


class MemoryStore:
    """Rows by a number that is never given twice; staff's programs may do anything to ``table``."""

    name = "memory"

    def __init__(self, crs="EPSG:31370"):
        self.table = empty_state(crs).table
        self.beside = {name: pd.DataFrame(columns=list(types)) for name, types in BESIDE.items()}
        self.next = 1
        self.written = 0

    def exists(self) -> bool:
        return True

    def read(self, *, history: bool = False) -> State:
        told = self.beside[f"{LAYER}_history"]
        parts = [self.beside[f"{LAYER}_{name}"].copy() for name in ("base", "history", "conflicts", "runs")]
        parts[1] = told.copy() if history else told.iloc[:0]
        return canonical_state(self.table.copy(), *parts)

    @contextmanager
    def edit(self) -> Iterator["MemoryStore"]:
        before = (self.table.copy(), {name: frame.copy() for name, frame in self.beside.items()}, self.next)
        try:
            yield self
        except BaseException:
            self.table, self.beside, self.next = before
            raise

    def write(self, before: State, after: State) -> None:
        found = changes(before, after)
        if not found:
            return
        self.written += 1
        table = self.table.copy()
        for name in found.new_fields:
            table[name] = pd.Series(None, index=table.index, dtype="object")
        for name in found.updated:
            if name != "geometry":
                column = table[name].astype("object")
                column.loc[found.updated.index] = found.updated[name].astype("object").to_numpy()
                table[name] = column
        if "geometry" in found.updated:
            geometry = table.geometry.copy()
            geometry.loc[found.updated.index] = found.updated.geometry.to_numpy()
            table = table.set_geometry(geometry)
        if len(found.added):
            numbers = range(self.next, self.next + len(found.added))
            self.next += len(found.added)
            rows = found.added.set_axis(pd.Index(numbers, name="row"))
            rows = rows.reindex(columns=[*table.columns, *(name for name in rows if name not in table)])
            table = gpd.GeoDataFrame(pd.concat([table, rows]) if len(table) else rows, geometry="geometry", crs=rows.crs)
        self.table = table
        self._put("base", "bottleneck_id", found.base, found.base_gone)
        self._put("conflicts", "conflict_id", found.conflicts, found.conflicts_gone)
        for name, rows in (("history", found.history), ("runs", found.runs)):
            standing = self.beside[f"{LAYER}_{name}"]
            self.beside[f"{LAYER}_{name}"] = pd.concat([standing, rows], ignore_index=True) if len(standing) else rows.copy()

    def _put(self, name, key, rows, gone):
        standing = self.beside[f"{LAYER}_{name}"]
        standing = standing[~standing[key].isin([*rows.index, *gone])]
        fresh = rows.rename_axis(key).reset_index()
        self.beside[f"{LAYER}_{name}"] = pd.concat([standing, fresh], ignore_index=True) if len(standing) else fresh


def plain(table):
    """Text columns as a program would leave them: missing instead of blank."""
    return table.assign(**{name: table[name].astype("object").where(table[name] != "", None) for name in table if name in FIELDS})
