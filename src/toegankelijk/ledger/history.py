"""What the table was like at a date, what happened to a bottleneck, and how a zone goes from year to year."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk.errors import ConfigError
from toegankelijk.ledger.fields import (
    CAUSES,
    CLOSED,
    FIELDS,
    HISTORY_FIELDS,
    KEY,
    canonical,
    canonical_column,
    unpack_extra,
)
from toegankelijk.ledger.rows import points_at
from toegankelijk.ledger.state import State

ROW = "*"
"""What stands as the field of a row that came or went."""

GONE = "deleted"
"""What the history says of a row that went; any other word is of one that came."""

BACK = "restored"
"""What it says of one that was deleted and came again."""

CITY = "city"
"""Stands for all groups together in `trends`."""

COUNTED = ("uitgevoerd", "geverifieerd", "vervallen", "onterecht", "aanvaard")
"""Statuses that `trends` counts, in the order of its columns."""


def table_at(state: State, when: datetime.date | int) -> gpd.GeoDataFrame:
    """The table as it was at the end of a day, or after an update.

    The history is walked back: a cell that changed since has its old value again, a row that came since is not there, one that
    staff deleted since is there again. Columns of which no changes are kept (sentences such as ``description``, what is
    proposed, ``last_seen``: those that are not `logged` in `toegankelijk.ledger.fields.FIELDS`) have their present value, and so
    has a place that a screening moved. What staff typed since the last update belongs to no day yet: it is there only on days
    after that update.

    Parameters
    ----------
    state
        A table with its history.
    when
        A day, or the number of an update.

    Returns
    -------
    GeoDataFrame
        Columns of the table and those that staff added, rows in the order of today, deleted ones last; by plain numbers.

    Raises
    ------
    ConfigError
        There is no such update.
    """
    runs = state.runs
    if isinstance(when, int | np.integer):
        if when not in set(runs["run"]):
            known = f"there are {runs['run'].min()} to {runs['run'].max()}" if len(runs) else "there is none yet"
            raise ConfigError(f"there is no update {when} of the table; {known}")
        later = state.history[state.history["run"] > when]
    else:
        if runs.empty or pd.Timestamp(when) > runs["run_on"].max():
            return state.table.reset_index(drop=True)
        later = state.history[state.history["changed_on"] > pd.Timestamp(when)]
    written = _as_written(state) if len(state.base) else state.table.set_index(KEY)
    first = later[later["field"].eq(ROW)].drop_duplicates(KEY).set_index(KEY)["new"]
    word = first.reindex(written.index).fillna("")
    there = word.eq(GONE) | (word.eq("") & ~written.index.isin(_deleted(state)))
    walked = _walked_back(written[there.to_numpy()], later)
    order = pd.Index(state.table[KEY]).unique()
    walked = walked.loc[[*order[order.isin(walked.index)], *walked.index.difference(order, sort=False)]]
    extra = [name for name in walked if name not in FIELDS and name != "geometry"]
    walked = walked.rename_axis(KEY).reset_index()
    return walked.assign(**{KEY: walked[KEY].astype("object")})[[*FIELDS, *extra, "geometry"]]


def history_of(
    state: State, bottleneck_id: str | None = None, *, since: datetime.date | None = None, cause: str | None = None
) -> pd.DataFrame:
    """What happened, oldest first, with the place and the defect that it happened to.

    Parameters
    ----------
    state
        A table with its history.
    bottleneck_id
        Only of this bottleneck.
    since
        Only from this day on.
    cause
        Only of this cause, one of `toegankelijk.ledger.fields.CAUSES`.

    Returns
    -------
    DataFrame
        ``changed_on, run, bottleneck_id, zone_id, street, theme, object_id, field, old, new, cause, origin``; ``field`` is ``*``
        for a row that came or went, and ``new`` says how.

    Raises
    ------
    ConfigError
        There never was such a bottleneck, or there is no such cause.
    """
    history = state.history
    keep = np.ones(len(history), dtype=bool)
    if cause is not None:
        if cause not in CAUSES:
            raise ConfigError(f"there is no cause {cause!r}: choose one of {', '.join(CAUSES)}")
        keep &= history["cause"].eq(cause).to_numpy()
    if bottleneck_id is not None:
        if not {bottleneck_id} & {*state.base.index, *state.table[KEY], *history[KEY]}:
            raise ConfigError(f"the table never had a bottleneck {bottleneck_id!r}; look its id up in the column {KEY!r}")
        keep &= history[KEY].eq(bottleneck_id).to_numpy()
    if since is not None:
        keep &= (history["changed_on"] >= pd.Timestamp(since)).to_numpy()
    told = history[keep].reset_index(drop=True)
    where = _last_known(state, ["zone_id", "street", "theme", "object_id"]).reindex(told[KEY]).fillna("").reset_index(drop=True)
    return pd.concat([told[["changed_on", "run", KEY]], where, told[["field", "old", "new", "cause", "origin"]]], axis=1)


def trends(state: State, *, by: str | Sequence[str] = "zone_id") -> pd.DataFrame:
    """How many bottlenecks came, were closed and are open, per group and year, and in the city.

    A bottleneck counts in the zone, theme and so on that it has now, or had last: zones that are drawn anew do not bend the
    line. Counted is how often something happened: one that was done and verified in a year counts in both columns.

    Parameters
    ----------
    state
        A table with its history.
    by
        Column or columns to group by, such as ``"zone_id"``, ``"theme"``, or both.

    Returns
    -------
    DataFrame
        A row per group and year, from the first update to the last: the columns of `by` (the city as a whole has ``"city"`` in
        the first, and nothing in the others), ``year``, ``new``, a column per status of `COUNTED` (how often it was given),
        ``reopened`` (from closed to not closed), ``deleted`` (by staff), ``open`` (not closed at the end of the year).

    Raises
    ------
    ConfigError
        The table has no such column.
    """
    names = [by] if isinstance(by, str) else list(by)
    if unknown := [name for name in names if name not in state.table or name in ("geometry", "year")]:
        raise ConfigError(f"the table has no column {', '.join(map(repr, unknown))} to group by")
    steps = _status_steps(state)
    groups = _last_known(state, names)
    steps = steps.join(groups, on=KEY)
    whole = steps.assign(**{**dict.fromkeys(names, ""), names[0]: CITY})
    years = pd.RangeIndex(*_years(state, steps), name="year")
    parts = [_counts(part, [*names, "year"], years) for part in (steps, whole) if len(part)]
    columns = [*names, "year", "new", *COUNTED, "reopened", "deleted", "open"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _as_written(state: State) -> gpd.GeoDataFrame:
    """All rows that ever were, by id, as the last update left them: the base, with cells of the machine that staff hold."""
    base, table = state.base, state.table
    extra = unpack_extra(base["extra"])
    columns = {name: base[name] for name in FIELDS if name != KEY}
    columns |= {str(name): _typed_like(extra[name], table.get(name)) for name in extra}
    for name in state.extra:
        columns.setdefault(name, _typed_like(pd.Series("", index=base.index, dtype="object"), table[name]))
    x, y = (base[axis].to_numpy(dtype=float) for axis in "xy")
    rows = gpd.GeoDataFrame(columns, geometry=points_at(x, y), index=base.index, crs=table.crs)
    conflicts = state.conflicts[state.conflicts["what"].eq("machine_field") & state.conflicts[KEY].isin(base.index)]
    held = conflicts[[KEY, "field", "staff_value"]].rename(columns={"staff_value": "old"})
    deleted = state.history[state.history[KEY].isin(_deleted(state)) & state.history["field"].ne(ROW)]
    last = deleted.drop_duplicates([KEY, "field"], keep="last")[[KEY, "field", "new"]].rename(columns={"new": "old"})
    return _walked_back(rows, pd.concat([held, last]))


def _deleted(state: State) -> pd.Index:
    """Ids of rows that staff deleted, as the last update knows."""
    return state.base.index[state.base["deleted_on"].notna()]


def _walked_back(rows: gpd.GeoDataFrame, changes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Rows with the oldest of the old values that changes tell of each cell."""
    told = changes[changes[KEY].isin(rows.index) & changes["field"].ne(ROW)].drop_duplicates([KEY, "field"])
    result = rows.copy()
    for name, cells in told.groupby("field", sort=True):
        texts = cells.set_index(KEY)["old"]
        if name == "geometry":
            parts = [text.split() or ("nan", "nan") for text in texts]
            x, y = np.array(parts, dtype=float).reshape(-1, 2).T
            points = result.geometry.to_numpy().copy()
            points[result.index.get_indexer(texts.index)] = points_at(x, y)
            result = result.set_geometry(gpd.GeoSeries(points, index=result.index, crs=result.crs))
            continue
        old = canonical_column(texts, FIELDS[name].type, texts.index) if name in FIELDS else texts
        if name not in FIELDS:
            old = _typed_like(texts, result.get(name))
        column = result[name] if name in result else pd.Series("", index=result.index, dtype="object")
        if column.dtype != old.dtype:
            column = column.astype("object")
        column = column.copy()
        column[old.index] = old.to_numpy()
        result[name] = column
    return result


def _typed_like(texts: pd.Series, like: pd.Series | None) -> pd.Series:
    """Texts of a column that staff added, in the type that it has now, if they fit."""
    if like is None or like.dtype == object or isinstance(like.dtype, pd.StringDtype):
        return texts.astype("object")
    values = texts.astype("object").where(texts != "", None)
    try:
        if pd.api.types.is_bool_dtype(like):
            return values.map({"true": True, "false": False}).astype(like.dtype if not values.isna().any() else "boolean")
        if pd.api.types.is_datetime64_any_dtype(like):
            return pd.to_datetime(values, format="ISO8601").astype(like.dtype)
        numbers = pd.to_numeric(values)
        whole = pd.api.types.is_integer_dtype(like)
        return numbers.astype("Int64" if whole and numbers.isna().any() else like.dtype)
    except (TypeError, ValueError):
        return texts.astype("object")


def _last_known(state: State, names: Sequence[str]) -> pd.DataFrame:
    """Columns as texts by id: of the table, and for rows that are gone as they were last."""
    now = state.table.drop_duplicates(KEY).set_index(KEY)
    now = now[now.index != ""]
    gone = state.base[~state.base.index.isin(now.index)]
    was = pd.DataFrame({name: gone.get(name, "") for name in names}, index=gone.index, dtype="object")
    parts = [part for part in (now[list(names)].astype("object"), was) if len(part)]
    both = pd.concat(parts) if parts else was
    return both.where(both.notna(), "").astype("str").astype("object")


def _status_steps(state: State) -> pd.DataFrame:
    """Every change of a status, oldest first: ``bottleneck_id, on, old, new``; "" before a row came and after it went."""
    history = canonical(state.history, HISTORY_FIELDS)
    status = history[history["field"].eq("status")]
    rows = history[history["field"].eq(ROW)]
    known = _last_known(state, ["status", "first_seen"])
    first = known["status"].copy()
    if len(state.base):  # what staff typed since the last update belongs to no year yet
        known = known[known.index.isin(state.base.index)]
        first = canonical_column(state.base["status"], "str", state.base.index)
    oldest = status.drop_duplicates(KEY).set_index(KEY)["old"]
    first.update(oldest[oldest.index.isin(first.index)])
    unsaid = known.index.difference(rows[KEY])  # of a table that is older than its history
    born = pd.DataFrame({KEY: unsaid, "on": pd.to_datetime(known.loc[unsaid, "first_seen"].replace("", None)).to_numpy()})
    start = state.runs["run_on"].min() if len(state.runs) else pd.NaT
    born["on"] = born["on"].fillna(start)
    steps = [born.dropna(subset="on").assign(old="", new=first.reindex(unsaid).to_numpy(), came=True)]
    told = history[history["field"].isin([ROW, "status"])].rename(columns={"changed_on": "on"})[
        [KEY, "on", "field", "old", "new"]
    ]
    away = _deleted(state).difference(rows.loc[rows["new"].eq(GONE), KEY])  # parts of what staff deleted never came
    told = told[told[KEY].isin(first.index) & ~told[KEY].isin(away)].reset_index(drop=True)
    is_row = told["field"].eq(ROW)
    running = told["new"].where(~is_row).groupby(told[KEY]).ffill().fillna(told[KEY].map(first))
    gone = is_row & told["new"].eq(GONE)
    told["came"] = is_row & ~gone & told["new"].ne(BACK)
    told["old"] = told["old"].where(~is_row, running.where(gone, ""))
    told["new"] = told["new"].where(~is_row, running.where(~gone, ""))
    return pd.concat([*steps, told.drop(columns="field")], ignore_index=True)[[KEY, "on", "old", "new", "came"]]


def _years(state: State, steps: pd.DataFrame) -> tuple[int, int]:
    """First year, and the one after the last."""
    days = pd.concat([steps["on"], state.runs["run_on"]]).dropna()
    return (int(days.min().year), int(days.max().year) + 1) if len(days) else (0, 0)


def _counts(steps: pd.DataFrame, keys: Sequence[str], years: pd.RangeIndex) -> pd.DataFrame:
    """What happened per group and year, and how many are open at its end."""
    is_open = {side: ~steps[side].isin(("", *CLOSED)) for side in ("old", "new")}
    flags = {"new": steps["came"], "deleted": steps["new"].eq("")}
    flags |= {status: steps["new"].eq(status) & ~steps["old"].isin(("", status)) for status in COUNTED}
    flags["reopened"] = steps["old"].isin(CLOSED) & is_open["new"]
    flags["open"] = is_open["new"].astype(int) - is_open["old"].astype(int)
    table = pd.DataFrame(flags).astype(int).assign(**{name: steps[name] for name in keys[:-1]}, year=steps["on"].dt.year)
    sums = table.groupby(list(keys)).sum()
    groups = sums.index.droplevel("year").unique()
    wanted = [(*(group if isinstance(group, tuple) else (group,)), year) for group in groups for year in years]
    sums = sums.reindex(pd.MultiIndex.from_tuples(wanted, names=keys), fill_value=0)
    sums["open"] = sums["open"].groupby(level=list(keys[:-1])).cumsum()
    return sums.reset_index()
