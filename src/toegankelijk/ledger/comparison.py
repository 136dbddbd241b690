"""What differs between two states of the table, and how a table stands: counts for a council and for a service."""

from __future__ import annotations

import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import crs as systems
from toegankelijk.ledger.fields import CLOSED, CODES, FIELDS, KEY, SHARED, as_text, canonical, columns_of, differs
from toegankelijk.ledger.history import GONE, ROW
from toegankelijk.ledger.state import State

CHANGES = ("new", "gone", "better", "worse", "edited", "changed")
"""What `diff` says of a difference: a row that came or went; the street better or worse; by staff; anything else."""

MENDED = ("uitgevoerd", "geverifieerd")
"""Statuses that say that the street is better. What is closed otherwise is not: it was no defect, is borne, or is not asked."""

MOVED = 0.01
"""Metres from which on a point is somewhere else."""

_GRADES = ("severity", "priority")
_ASKED = ("level", "required")
_UNTOLD = (KEY, "observed_on")  # a new date at every screening says nothing of the street


def diff(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """What differs between two tables of one city: two files, or one table at two dates.

    A bottleneck is **better** when its status becomes one of `MENDED`, or its severity or priority falls while as much is asked
    of it as before; **worse** the other way round. Where another level or limit is asked, a grade that moves is only **changed**,
    never a better or worse street. **Edited** are columns of staff, columns that they added, and shared ones where staff say
    otherwise. Rows without id are compared in their order.

    Parameters
    ----------
    before, after
        Tables with the column ``bottleneck_id``; coordinate systems may differ.

    Returns
    -------
    DataFrame
        ``bottleneck_id, change, field, before, after`` with one of `CHANGES`, a row per cell that differs. A row that came or
        went has the field ``*`` and its status. Sorted by change, field, and the order of the tables.

    Examples
    --------
    >>> before = gpd.GeoDataFrame({"bottleneck_id": ["K-1", "K-2"], "severity": [3, 2]}, geometry=[shapely.Point(0, 0)] * 2)
    >>> after = before.assign(severity=[2, 2], remark=["", "seen"])
    >>> diff(before, after)
      bottleneck_id  change     field before after
    0           K-1  better  severity      3     2
    1           K-2  edited    remark         seen
    """
    was, now = _by_key(before), _by_key(after)
    common = now.index[now.index.isin(was.index)]
    parts = [
        _rows(now.index[~now.index.isin(was.index)], "new", ROW, "", now.get("status", "")),
        _rows(was.index[~was.index.isin(now.index)], "gone", ROW, was.get("status", ""), ""),
        *_cells(was.loc[common], now.loc[common]),
        _places(was.loc[common], now.loc[common]),
    ]
    result = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    result["change"] = pd.Categorical(result["change"], CHANGES)
    fields = {name: place for place, name in enumerate([ROW, *FIELDS])}
    result = result.assign(place=result["field"].map(fields).fillna(len(fields)))
    result = result.sort_values(["change", "place", "field"], kind="stable", ignore_index=True)
    return result[[KEY, "change", "field", "before", "after"]].astype({"change": "object"})


def status(state: State, *, today: datetime.date) -> pd.DataFrame:
    """How the table stands.

    Parameters
    ----------
    state
        A table; with its history, for what is new.
    today
        Gives the year from which on a target year is past.

    Returns
    -------
    DataFrame
        ``what, code, count``. ``what`` is, in this order: ``total``; ``open`` (not closed); ``status``, by code; of those that
        are not closed ``planning`` and ``responsible``, by code ("" where nothing stands), and ``overdue`` (the target year is
        past), by responsible service; ``to_verify`` (done, and not seen since); ``new`` (came with the last update);
        ``conflicts``, by kind. Where there are none of the latter four, one row says so.
    """
    table = state.table
    is_open = ~table["status"].isin(CLOSED)
    overdue = is_open & (pd.to_numeric(table["target_year"], errors="coerce") < today.year).fillna(False).astype(bool)
    done = table["status"].eq("uitgevoerd")
    seen = (table["observed_on"] > table["done_on"].fillna(table["status_since"])).fillna(False).astype(bool)
    history, last = state.history, state.run
    came = history["field"].eq(ROW) & history["new"].ne(GONE) & history["run"].eq(last)
    conflicts = state.conflicts["what"]
    parts = [
        _one("total", len(table)),
        _one("open", int(is_open.sum())),
        _per_code("status", table["status"], CODES["status"]),
        _per_code("planning", table.loc[is_open, "planning"], CODES["planning"]),
        _per_code("responsible", table.loc[is_open, "responsible"]),
        _one("overdue", int(overdue.sum())) if not overdue.any() else _per_code("overdue", table.loc[overdue, "responsible"]),
        _one("to_verify", int((done & ~seen).sum())),
        _one("new", int(came.sum())),
        _one("conflicts", 0) if conflicts.empty else _per_code("conflicts", conflicts),
    ]
    return pd.concat(parts, ignore_index=True)


def _one(what: str, count: int) -> pd.DataFrame:
    return pd.DataFrame({"what": [what], "code": [""], "count": [count]})


def _per_code(what: str, column: pd.Series, order: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows per code: in the order of the codes, others by how many there are."""
    counts = column.map(as_text).value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    known = [code for code in order if code in counts.index]
    counts = counts.loc[[*known, *(code for code in counts.index if code not in known)]]
    return pd.DataFrame({"what": what, "code": counts.index.astype("object"), "count": counts.to_numpy(dtype="int64")})


def _by_key(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The table by id and how often the id stood above, in the ledger's types."""
    table = table if table.geometry.name == "geometry" else table.rename_geometry("geometry")
    table = canonical(table, {name: field.type for name, field in FIELDS.items() if name in table or name == KEY})
    return table.set_index([KEY, table.groupby(KEY).cumcount().rename("copy")])


def _cells(was: gpd.GeoDataFrame, now: gpd.GeoDataFrame) -> list[pd.DataFrame]:
    """Cells that differ, by column."""
    names = [str(name) for name in dict.fromkeys([*was, *now]) if name != "geometry" and name not in _UNTOLD]
    nothing = pd.Series("", index=now.index, dtype="object")
    unlike = {name: differs(now.get(name, nothing), was.get(name, nothing)) for name in names}
    none = np.zeros(len(now), dtype=bool)
    asked = np.logical_or.reduce([unlike.get(name, none) for name in _ASKED])
    own = {*columns_of("staff")} | {name for name in names if name not in FIELDS}
    parts = []
    for name in names:
        told, cells = unlike[name], [side.get(name, nothing) for side in (was, now)]
        if name in SHARED:
            said = unlike.get(f"{name}_staff", none)
            kinds = np.where(said, "edited", "changed").astype(object)
            if name == "status":
                mended = [column.isin(MENDED).to_numpy() for column in cells]
                kinds[~mended[0] & mended[1]] = "better"
                kinds[mended[0] & ~mended[1]] = "worse"
        elif name in _GRADES:
            low, high = (pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan) for column in cells)
            kinds = np.select([asked, high < low, high > low], ["changed", "better", "worse"], "changed").astype(object)
        elif name in own:
            about = FIELDS[name].of if name in FIELDS else name
            if about != name:  # told by the effective column, unless that stays as it was
                told = told & ~unlike.get(about, none)
            kinds = np.full(len(now), "edited", dtype=object)
        elif name in FIELDS and FIELDS[name].logged:
            kinds = np.full(len(now), "changed", dtype=object)
        else:
            continue
        parts.append(_rows(now.index[told], kinds[told], name, cells[0][told], cells[1][told]))
    return parts


def _places(was: gpd.GeoDataFrame, now: gpd.GeoDataFrame) -> pd.DataFrame:
    """Points that lie elsewhere."""
    if was.crs is not None and now.crs is not None and was.crs != now.crs and len(was):
        was = systems.transform(was, now.crs)[0]
    old, new = was.geometry.to_numpy(), now.geometry.to_numpy()
    with np.errstate(invalid="ignore"):
        apart = np.asarray(shapely.distance(old, new))
    lost = shapely.is_missing(old) != shapely.is_missing(new)
    told = (apart > MOVED) | lost
    texts = [["" if place is None else f"{place.x:.2f} {place.y:.2f}" for place in side[told]] for side in (old, new)]
    return _rows(now.index[told], "changed", "geometry", *texts)


def _rows(keys: pd.MultiIndex, change: object, field: str, before: object, after: object) -> pd.DataFrame:
    """Rows of the answer; `before` and `after` are one text, or values by key."""
    sides = {
        side: values.loc[keys].map(as_text).to_numpy() if isinstance(values, pd.Series) else values
        for side, values in (("before", before), ("after", after))
    }
    return pd.DataFrame({KEY: keys.get_level_values(0), "change": change, "field": field, **sides}, dtype="object")
