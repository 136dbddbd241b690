"""How the table went from screening to screening, per unit of a division: what is open, what came, what was settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk.ledger.fields import CLOSED, KEY
from toegankelijk.ledger.history import table_at
from toegankelijk.ledger.state import State

LAST = 6
"""Screenings that are looked at, the last ones."""

CITY = "city"
"""Division of which the city as a whole is the one unit."""

PROGRESS_COLUMNS = ("division", "unit", "run", "on", "open", "high", "new", "settled")

Homes = Mapping[str, Callable[[gpd.GeoDataFrame], pd.Series]]
"""Per division a function that gives the unit of every row of a table, on its index."""


def progress(state: State, homes: Homes, *, last: int = LAST) -> pd.DataFrame:
    """What was open after each of the last screenings, and what changed since the one before.

    Imports between screenings are no screenings, but what they changed is in the next one. A bottleneck counts where it lay when
    it was last in the table: borders that are drawn anew do not bend the line.

    Parameters
    ----------
    state
        A table with its history.
    homes
        What to count by.
    last
        How many screenings to look back on.

    Returns
    -------
    DataFrame
        Columns `PROGRESS_COLUMNS`, a row per unit and screening, the oldest first, and for the city as a whole. ``on`` is the day
        on which the city was seen, ``open`` what was not closed, ``high`` of that the high priority, ``new`` what is open and was
        not before, ``settled`` what was open and is not any more. Of the first screening, before which there is none, the last
        two are missing.
    """
    runs = state.runs[state.runs["seen_on"].notna()].sort_values("run")
    if runs.empty:
        return pd.DataFrame(columns=list(PROGRESS_COLUMNS))
    numbers = runs["run"].astype(int).tolist()[-(last + 1) :]
    tables = {run: _open_rows(table_at(state, run), homes) for run in numbers}
    homes_of = pd.concat(list(tables.values())[::-1])
    homes_of = homes_of[~homes_of.index.duplicated()]
    seen = runs.set_index("run")
    days = seen["seen_on"]
    shown = numbers[-last:]
    parts = []
    for place, run in enumerate(numbers):
        if run in shown:
            before = tables[numbers[place - 1]] if place else None
            told = _changes(tables[run], before)
            parts.append(_summed(told, homes_of.reindex(told.index), days[run]).assign(run=run))
    return _completed(pd.concat(parts, ignore_index=True), shown, days, first=numbers[0])


def _open_rows(table: gpd.GeoDataFrame, homes: Homes) -> pd.DataFrame:
    """Of every bottleneck its units, whether it is open, and whether its priority is high."""
    rows = pd.DataFrame({f"in {name}": home(table).astype("object") for name, home in homes.items()}, index=table.index)
    rows = rows.assign(**{f"in {CITY}": CITY}, open=~table["status"].isin(CLOSED), high=table["priority_band"].eq("hoog"))
    rows = rows.set_axis(pd.Index(table[KEY], name=KEY))
    return rows[~rows.index.duplicated()]


def _changes(now: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    """Flags per bottleneck, of one screening and the one before."""
    ids = now.index if before is None else now.index.union(before.index)
    is_open = now["open"].reindex(ids, fill_value=False).astype(bool)
    was_open = is_open if before is None else before["open"].reindex(ids, fill_value=False).astype(bool)
    high = now["high"].reindex(ids, fill_value=False).astype(bool)
    flags = {"open": is_open, "high": is_open & high, "new": is_open & ~was_open, "settled": was_open & ~is_open}
    return pd.DataFrame(flags, index=ids).astype("int64")


def _summed(told: pd.DataFrame, homes: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    parts = []
    for column in [name for name in homes if name.startswith("in ")]:
        sums = told.groupby(homes[column].fillna("").astype(str)).sum().rename_axis("unit").reset_index()
        parts.append(sums.assign(division=column.removeprefix("in "), on=day))
    return pd.concat(parts, ignore_index=True)


def _completed(sums: pd.DataFrame, runs: list[int], days: pd.Series, *, first: int) -> pd.DataFrame:
    """A row for every unit and screening, also where nothing was."""
    units = sums[["division", "unit"]].drop_duplicates().sort_values(["division", "unit"])
    every = units.merge(pd.DataFrame({"run": runs}), how="cross")
    table = every.merge(sums.drop(columns="on"), on=["division", "unit", "run"], how="left")
    counts = ["open", "high", "new", "settled"]
    table[counts] = table[counts].fillna(0).astype("Int64")
    table["on"] = table["run"].map(days)
    table.loc[np.equal(table["run"], first) & (runs[0] == first), ["new", "settled"]] = pd.NA
    return table[list(PROGRESS_COLUMNS)]
