"""How long bringing a monitoring table up to date in place takes, against writing its layer anew with geopandas.

    python benchmarks/monitoring.py [--rows 100000] [--turns 5]

All is taken in one run, in turns, and told as ratios of medians: seconds stand in brackets and hold for one machine under one
load. One in a hundred rows changes from turn to turn; the screening itself is not part of it.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.io.monitoring_geopackage import GeoPackageStore
from toegankelijk.ledger.fields import FIELDS, KEY
from toegankelijk.ledger.snapshot import Snapshot
from toegankelijk.ledger.state import State
from toegankelijk.ledger.update import update

CRS = "EPSG:31370"
DAY = datetime.date(2026, 3, 1)
LEFT_OUT = (KEY, "status", "status_since", "first_seen", "last_seen", "parent_id")
"""Columns that an update fills in by itself."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds = measure(Path(folder), given.rows, given.turns)
    anew = statistics.median(seconds["written anew"])
    print(f"{given.rows:,} rows, 1 in 100 changed; {given.turns} turns; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'GeoDataFrame.to_file':46}  1.00  ({anew:.2f} s)")
    for name, label in (
        ("write", "what changed is found and written, with commit"),
        ("read, write", "the same with reading all"),
        ("read, update, write", "the same with the update by a screening"),
    ):
        ratios = [one / other for one, other in zip(seconds[name], seconds["written anew"], strict=True)]
        spread = f"{min(ratios):.2f} - {max(ratios):.2f}"
        print(f"{label:46}  {statistics.median(ratios):.2f}  [{spread}]  ({statistics.median(seconds[name]):.2f} s)")


def measure(folder: Path, rows: int, turns: int) -> dict[str, list[float]]:
    """Seconds of each turn by what was done; a first turn to warm up is left out."""
    store = GeoPackageStore(folder / "monitoring.gpkg")
    with store.edit() as desk:
        before = desk.read()
        desk.write(before, update(before, make_snapshot(rows, 0), today=DAY))
    seconds: dict[str, list[float]] = {name: [] for name in ("written anew", "write", "read, write", "read, update, write")}
    for turn in range(turns + 1):
        timed = {
            **take_turn(
                store, "read, update, write", lambda state, at=turn: update(state, make_snapshot(rows, at + 1), today=DAY)
            ),
            **take_turn(store, "read, write", lambda state, at=turn: change_some(state, at)),
        }
        table = store.read().table
        start = time.perf_counter()
        table.to_file(folder / "anew.gpkg", layer="monitoring")
        timed["written anew"] = time.perf_counter() - start
        for name, took in timed.items():
            if turn:
                seconds[name].append(took)
    return seconds


def take_turn(store: GeoPackageStore, name: str, change: Callable[[State], State]) -> dict[str, float]:
    """One transaction; what making a screening or picking rows takes is not counted unless it is the update."""
    start = time.perf_counter()
    with store.edit() as desk:
        before = desk.read()
        between = time.perf_counter()
        after = change(before)
        changed = time.perf_counter()
        desk.write(before, after)
    end = time.perf_counter()
    if name == "read, update, write":
        return {name: end - start - MAKING.pop()}
    return {name: end - start - (changed - between), "write": end - changed}


MAKING: list[float] = []
"""Seconds that making the last screening took."""


def change_some(state: State, turn: int) -> State:
    """One in a hundred rows gets another value, in the table and in what is kept of it."""
    picked = state.table.index[turn::100]
    table, base = state.table.copy(), state.base.copy()
    table.loc[picked, "required"] = f"eis {turn}"
    base.loc[table.loc[picked, KEY], "required"] = f"eis {turn}"
    return dataclasses.replace(state, table=table, base=base, history=state.history.iloc[:0])


def make_snapshot(rows: int, turn: int) -> Snapshot:
    """A screening of benches on a grid, whose values differ from turn to turn in one in a hundred."""
    start = time.perf_counter()
    at = np.arange(rows)
    ids = np.array([f"bench-{number}" for number in at], dtype=object)
    values = np.array([f"{number % 40} cm" for number in at], dtype=object)
    for past in range(turn):
        values[past + 50 :: 100] = f"{60 + past} cm"
    points = shapely.points(150_000.0 + 5 * (at % 400), 170_000.0 + 5 * (at // 400))
    columns: dict[str, Any] = {}
    for name, field in FIELDS.items():
        if field.of == name and field.owner != "staff" and name not in LEFT_OUT:
            columns[name] = at % 9 + 1 if field.type == "int32" else [f"{name} {number % 200}" for number in at]
    columns |= {"kind": "bench", "object_id": ids, "parent": "", "criterion": "FUR-01", "remedy": "verplaatsen", "value": values}
    columns |= {"observed_on": pd.Timestamp(DAY), "planning": "KT", "priority_band": "hoog", "target_year": 2027}
    table = gpd.GeoDataFrame(columns, geometry=points, crs=CRS)
    table["shape"] = pd.Series(shapely.buffer(points, 0.5, quad_segs=1), dtype="object")
    objects = table[["kind", "object_id", "parent", "geometry"]].copy()
    verdicts = pd.DataFrame(table[["kind", "object_id", "criterion", "level", "value", "observed_on"]]).assign(outcome="fails")
    known = {"city": "Raster", "norm": "vlaanderen", "norm_version": "1", "norm_hash": "x", "crs": CRS, "version": "0"}
    made = Snapshot(table, objects, verdicts, frozenset({"bench"}), DAY, **known, criteria=frozenset({"FUR-01"}))
    MAKING[:] = [time.perf_counter() - start]
    return made


if __name__ == "__main__":
    main()
