"""Edits that come from elsewhere, such as a workbook that went round: put in the table where nobody wrote meanwhile."""

from __future__ import annotations

import dataclasses
import datetime

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk.labels import word
from toegankelijk.ledger.fields import CONFLICTS, FIELDS, KEY, as_text, canonical_column
from toegankelijk.ledger.notes import Notes
from toegankelijk.ledger.rows import points_at
from toegankelijk.ledger.state import State

EDIT_COLUMNS = (KEY, "field", "before", "after", "sheet", "cell")
"""An edit: of which bottleneck and column, the value when it was given out and the value now, as texts, and where it stands."""

_BESIDE = ("geometry", "given", "sheet", "row", "x", "y")


def apply_edits(
    state: State,
    edits: pd.DataFrame,
    *,
    refused: pd.DataFrame | None = None,
    added: pd.DataFrame | None = None,
    today: datetime.date,
    origin: str,
    lang: str = "nl",
) -> tuple[State, pd.DataFrame]:
    """Put edits in the table; `toegankelijk.ledger.update.update` then takes them in as staff's.

    A cell that still says what it said when it was given out gets the new value. One that somebody else changed meanwhile stays,
    and the edit is listed as a conflict of kind ``workbook``; so is an edit of a row that is gone, and a value that its column
    cannot hold.

    Parameters
    ----------
    state
        The table as it stands.
    edits
        Columns `EDIT_COLUMNS`; values as `toegankelijk.ledger.fields.as_text` writes them.
    refused
        Edits that could not be read: they are listed, with the reason ``why`` and a ``note``.
    added
        Rows that people added, as texts, with columns of the table; ``given`` is the row that one was copied from, ``x`` and
        ``y`` its place. Ids that are known are left out: those rows were taken in before.
    today
        Day on which they are taken in.
    origin
        Where they come from, such as the name of the workbook.
    lang
        Language of the notes in the list of conflicts.

    Returns
    -------
    tuple
        The table with the edits in it, and every edit with its ``outcome``: ``set``, ``same`` (it says so already), or the reason
        of the conflict: ``changed`` (meanwhile, by somebody else), ``gone`` (the row), ``unfit`` (the value), ``unknown_field``.
    """
    table = state.table.copy()
    keys = table[KEY].astype("str")
    rows = pd.Series(table.index, index=keys)
    rows = rows[~rows.index.duplicated(keep=False)]
    told = edits.reset_index(drop=True).assign(outcome="")
    told.loc[~told[KEY].isin(rows.index), "outcome"] = "gone"
    writable = {*FIELDS, *state.extra} - {KEY}
    told.loc[told["outcome"].eq("") & ~told["field"].isin(writable), "outcome"] = "unknown_field"
    news = set(told.loc[told["outcome"].eq("unknown_field") & ~told["field"].isin([KEY, "geometry", ""]), "field"])
    for name in sorted(news):  # a column that people added in the workbook
        table[name] = pd.Series("", index=table.index, dtype="object")
        told.loc[told["field"].eq(name) & told["outcome"].eq("unknown_field"), "outcome"] = ""
    for name, group in told[told["outcome"].eq("")].groupby("field", sort=False):
        table[name], told.loc[group.index, "outcome"] = _column(table[name], str(name), group, rows)
    notes = Notes(today, 0, origin, lasting=CONFLICTS)
    lost = told[~told["outcome"].isin(["set", "same"])]
    at = rows.reindex(lost[KEY])
    stand = [
        as_text(table.at[row, name]) if not pd.isna(row) and name in table else ""
        for row, name in zip(at, lost["field"], strict=True)
    ]
    notes.list_conflicts(
        "workbook",
        lost[KEY],
        field=lost["field"].to_numpy(),
        staff_value=lost["after"].to_numpy(),
        machine_value=stand,
        note=(origin + " " + lost["sheet"] + "!" + lost["cell"] + ": " + _said(lost["outcome"], lang)).to_numpy(),
    )
    if refused is not None and len(refused):
        where = origin + " " + refused["sheet"] + "!" + refused["cell"]
        values = {"staff_value": refused["after"].to_numpy(), "machine_value": refused["before"].to_numpy()}
        reasons = (where + ": " + _said(refused["why"], lang) + " " + refused["note"]).str.strip()
        notes.list_conflicts("workbook", refused[KEY], field=refused["field"].to_numpy(), note=reasons.to_numpy(), **values)
        lost = refused[[*EDIT_COLUMNS, "note"]].assign(outcome=refused["why"])
        told = pd.concat([told.assign(note=""), lost], ignore_index=True)
    conflicts = notes.all_conflicts(state.conflicts)
    if added is not None:
        added = added[~added[KEY].isin(table[KEY]) & ~added[KEY].isin(state.base.index)]
    table = _with_added(table, added)
    return dataclasses.replace(state, table=table, conflicts=conflicts), told


def _said(codes: pd.Series, lang: str) -> pd.Series:
    """Outcomes in words."""
    return codes.map({code: word("import", code, lang) for code in codes.unique()}).astype("object")


def _column(column: pd.Series, name: str, edits: pd.DataFrame, rows: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """The column with the edits that hold, and the outcome of each."""
    at = rows.loc[edits[KEY]].to_numpy()
    stands = column.loc[at].map(as_text).to_numpy()
    before, after = edits["before"].to_numpy(dtype=object), edits["after"].to_numpy(dtype=object)
    outcome = np.select([stands == after, stands == before], ["same", "set"], "changed").astype(object)
    twice = pd.Series(at).duplicated(keep=False).to_numpy()
    outcome[twice & (outcome == "set")] = "changed"
    typed = _typed(pd.Series(after, dtype="object"), FIELDS[name].type if name in FIELDS else "", column)
    unfit = typed.isna().to_numpy() & (after != "")
    outcome[unfit & (outcome == "set")] = "unfit"
    put = outcome == "set"
    if put.any():
        column = column.copy() if typed.dtype == column.dtype else column.astype("object")
        column.loc[at[put]] = typed[put].to_numpy()
    return column, outcome


def _typed(texts: pd.Series, kind: str, like: pd.Series) -> pd.Series:
    """Texts in the type of their column; what does not fit is missing."""
    if not kind:
        return _like(texts, like)
    typed = canonical_column(texts, kind, texts.index)
    if typed.dtype == object and not kind.startswith("str"):
        one = [canonical_column(texts.iloc[[i]], kind, texts.index[[i]]) for i in range(len(texts))]
        fitting = [part for part in one if part.dtype != object]
        return pd.concat(fitting).reindex(texts.index) if fitting else canonical_column(None, kind, texts.index)
    return typed


def _like(texts: pd.Series, like: pd.Series) -> pd.Series:
    """Texts as what a column of staff holds: numbers in one of numbers."""
    if pd.api.types.is_bool_dtype(like):
        return texts.map({"true": True, "false": False}).astype("boolean")
    if pd.api.types.is_integer_dtype(like):
        numbers = pd.to_numeric(texts.replace("", None), errors="coerce")
        return numbers.astype("Int64") if (numbers.dropna() % 1 == 0).all() else numbers
    if pd.api.types.is_float_dtype(like):
        return pd.to_numeric(texts.replace("", None), errors="coerce")
    if pd.api.types.is_datetime64_any_dtype(like):
        return pd.to_datetime(texts.replace("", None), errors="coerce", format="ISO8601")
    return texts


def _with_added(table: gpd.GeoDataFrame, added: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """The table with rows that people added; they get their own ids when staff's edits are noted."""
    if added is None or added.empty:
        return table
    numbers = -1 - np.arange(len(added)) + min(0, int(table.index.min()) if len(table) else 0)
    fresh = added.set_axis(pd.Index(numbers, name="row"))
    parts = {}
    for name in table:
        if name == "geometry":
            continue
        texts = fresh[name] if name in fresh else pd.Series("", index=fresh.index)
        texts = texts.astype("object").fillna("")
        typed = _typed(texts, FIELDS[name].type if name in FIELDS else "", table[name])
        kept = name in FIELDS or not (typed.isna() & (texts != "")).any()  # else what people typed goes before the type
        parts[name] = (typed if kept else texts).set_axis(fresh.index)
    for name in fresh:
        if name not in parts and name not in _BESIDE:
            table = table.assign(**{name: pd.Series("", index=table.index, dtype="object")})
            parts[name] = fresh[name].fillna("").astype("object")
    if "given" in fresh:
        parts["parent_id"] = fresh["given"].where(fresh["given"].isin(table[KEY]), "").astype("object")
    places = np.array([None] * len(fresh), dtype=object)
    if "x" in fresh:
        places = points_at(*(pd.to_numeric(fresh[name], errors="coerce").to_numpy(dtype=float) for name in ("x", "y")))
    rows = gpd.GeoDataFrame(parts, geometry=gpd.GeoSeries(places, index=fresh.index, crs=table.crs))
    return gpd.GeoDataFrame(pd.concat([table, rows]), geometry="geometry", crs=table.crs).rename_axis("row")
