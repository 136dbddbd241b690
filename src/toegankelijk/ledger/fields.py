"""Columns of the monitoring table: their types, their one owner, and the codes that may stand in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

SCHEMA_VERSION = 3
"""Version of the table's form; see `toegankelijk.ledger.migrations`."""

LAYER = "monitoring"
"""Name of the table; those that are kept beside it begin with it: ``monitoring_base``, ``monitoring_history`` and so on."""

KEY = "bottleneck_id"
"""Column by which a bottleneck is known, for ever."""

_LARGEST = 1e15
_MANY = 1000

Owner = Literal["key", "machine", "effective", "proposed", "staff"]
"""Whose column it is. ``effective`` is what counts: what staff say, or else what is proposed."""


@dataclass(frozen=True)
class Field:
    """A column of the monitoring table.

    Parameters
    ----------
    name
        Its name in every store.
    type
        ``"str"`` or ``"str:80"`` (at most 80 characters), ``"int32"``, ``"float"``, ``"bool"`` or ``"date"``.
    owner
        Whose it is.
    logged
        Whether its changes are in the history; sentences made from other columns are not.
    of
        What the column is about, for ``_proposed`` and ``_staff``: the name of the effective one; else its own name.
    """

    name: str
    type: str
    owner: Owner
    logged: bool
    of: str


STATUSES = (
    *("open", "gepland", "in_uitvoering", "uitgevoerd", "geverifieerd", "heropend"),
    *("onterecht", "aanvaard", "doorverwezen", "vervallen"),
)
"""Life of a bottleneck: open, planned, in progress, done, verified, reopened; false finding, accepted with a reason, referred to
a third party, lapsed (norm, level or delivery changed)."""

CLOSED = ("uitgevoerd", "geverifieerd", "onterecht", "aanvaard", "vervallen")
"""Statuses of bottlenecks on which nobody has to act."""

STAFF_STATUSES = ("open", "gepland", "in_uitvoering", "uitgevoerd", "geverifieerd", "onterecht", "aanvaard", "doorverwezen")
"""Statuses that staff give; the others follow from evidence."""

SHARED: Mapping[str, str] = {
    "status": "str:30",
    "planning": "str:4",
    "target_year": "int32",
    "priority_band": "str:10",
    "cost_class": "int32",
    "cost_eur": "float",
    "job": "str:40",
    "responsible": "str:40",
    "partner": "str:40",
}
"""Columns where both have a say: each stands in the table three times, effective, ``_proposed`` and ``_staff``."""

ADDED: Mapping[int, tuple[str, ...]] = {
    3: (
        *(f"{name}{part}" for name in ("cost_eur", "job") for part in ("", "_proposed", "_staff")),
        *("gain", "gain_reason", "cost_reason", "job_reason", "planned_work"),
    )
}
"""Columns that came with a later version of the table's form; that an older table lacks them, nobody took them away."""

STAFF: Mapping[str, str] = {"done_on": "date", "reason": "str:500", "remark": "str", "photo": "str:500"}
"""Columns of staff that every table has: when the work was done, why it is accepted or a false finding, a link to a picture."""

CODES: Mapping[str, tuple[str, ...]] = {
    "status": STATUSES,
    "planning": ("KT", "MLT", "LT"),
    "priority_band": ("hoog", "middel", "laag"),
}
"""Codes of shared columns; anything else that staff type there is kept, listed as a conflict, and has no effect."""

_MACHINE: tuple[tuple[str, str, bool], ...] = (
    ("theme", "str:40", False),
    ("zone_id", "str:120", True),
    ("level", "str:4", True),
    ("street", "str:254", True),
    ("description", "str:1000", False),
    ("value", "str:120", True),
    ("required", "str:254", True),
    ("severity", "int32", True),
    ("solution", "str:254", False),
    ("solution_reason", "str:500", False),
)
_DETAIL: tuple[tuple[str, str, bool], ...] = (
    ("phase", "str:40", True),
    ("priority", "int32", True),
    ("priority_reason", "str:500", False),
    ("planning_reason", "str:500", False),
    ("responsible_reason", "str:254", False),
    ("feasibility", "str:10", True),
    ("feasibility_reason", "str:500", False),
    ("gain", "float", False),
    ("gain_reason", "str:500", False),
    ("cost_reason", "str:254", False),
    ("job_reason", "str:500", False),
    ("planned_work", "str:254", True),
    ("track", "str:10", True),
    ("criterion", "str:20", True),
    ("criteria", "str:254", True),
    ("remedy", "str:60", True),
    ("kind", "str:40", True),
    ("object_id", "str:120", True),
    ("parent_id", "str:254", True),
    ("basis", "str:120", False),
    ("source", "str:254", False),
    ("observed_on", "date", False),
    ("reports", "str", True),
    ("reported_on", "date", True),
    ("status_since", "date", False),
    ("first_seen", "date", False),
    ("last_seen", "date", False),
)


def _fields() -> dict[str, Field]:
    rows = [Field(KEY, "str:40", "key", False, KEY)]
    rows += [Field(name, kind, "machine", logged, name) for name, kind, logged in _MACHINE]
    rows += [Field(name, kind, "effective", True, name) for name, kind in SHARED.items()]
    rows += [Field(f"{name}_staff", kind, "staff", True, name) for name, kind in SHARED.items()]
    rows += [Field(name, kind, "staff", True, name) for name, kind in STAFF.items()]
    rows += [Field(f"{name}_proposed", kind, "proposed", False, name) for name, kind in SHARED.items()]
    rows += [Field(name, kind, "machine", logged, name) for name, kind, logged in _DETAIL]
    return {row.name: row for row in rows}


FIELDS: Mapping[str, Field] = _fields()
"""Every column of the table but the geometry, in the order of the stores; columns that staff add follow."""

BASE_FIELDS: Mapping[str, str] = {
    **{name: field.type for name, field in FIELDS.items()},
    **{"extra": "str", "x": "float", "y": "float", "shape": "binary", "deleted_on": "date"},
}
"""Columns of ``monitoring_base``, what the table was like when it was last written: all fields, the columns that staff added as
one JSON object, the place of the point, the shape of the object (WKB), and when staff deleted the row."""

HISTORY_FIELDS: Mapping[str, str] = {
    **{KEY: "str:40", "changed_on": "date", "run": "int32", "field": "str:120", "old": "str", "new": "str"},
    **{"cause": "str:10", "origin": "str:120"},
}
"""Columns of ``monitoring_history``, a row per changed cell, only ever added to. ``field`` is ``"*"`` for a row that came or
went. ``cause``: one of `CAUSES`. ``origin``: the screening, the workbook or the report it came by; never a person."""

CAUSES = ("street", "data", "norm", "level", "staff", "system")
"""Why something changed: the street, what is known of it, the norm, the level asked, staff, or the form of the table."""

CONFLICT_FIELDS: Mapping[str, str] = {
    **{
        "conflict_id": "str:40",
        KEY: "str:40",
        "what": "str:30",
        "field": "str:120",
        "staff_value": "str",
        "machine_value": "str",
    },
    **{"candidates": "str", "note": "str", "since": "date", "decision": "str:40"},
}
"""Columns of ``monitoring_conflicts``, what people have to look at. ``what``: one of `CONFLICTS`. ``decision`` is of staff: for
an ambiguous bottleneck, which of the candidates it is, or ``nieuw``."""

CONFLICTS = ("machine_field", "both_edited", "unknown_code", "ambiguous", "copied_row", "field_gone", "workbook", "report")
"""Kinds of conflict: an edit in a column of the machine; effective and staff column edited differently; a word that is no code;
bottlenecks that may be one or another; a row with the id of another; a column that is gone; a cell that was changed in a workbook
and in the table; a report that belongs to no bottleneck."""

LASTING = ("copied_row", "both_edited", "field_gone", "workbook", "report")
"""Kinds that stay listed until staff delete them; the others are worked out anew at every update."""

RUN_FIELDS: Mapping[str, str] = {
    **{"run": "int32", "run_on": "date", "seen_on": "date", "schema_version": "int32", "action": "str:20", "city": "str:120"},
    **{"norm": "str:80", "norm_version": "str:40", "norm_hash": "str:80", "crs": "str:80", "version": "str:40", "note": "str"},
}
"""Columns of ``monitoring_runs``, a row for every update that changed something."""

BESIDE: Mapping[str, Mapping[str, str]] = {
    f"{LAYER}_base": BASE_FIELDS,
    f"{LAYER}_history": HISTORY_FIELDS,
    f"{LAYER}_conflicts": CONFLICT_FIELDS,
    f"{LAYER}_runs": RUN_FIELDS,
}
"""Tables that are kept beside the monitoring table, with the types of their columns."""


_FORMS = {"int32": "Int64", "int64": "Int64", "float": "float64", "bool": "boolean", "date": "datetime64[s]"}


def columns_of(*owners: Owner) -> list[str]:
    """Names of the columns that these own."""
    return [name for name, field in FIELDS.items() if field.owner in owners]


def canonical(frame: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """The frame with columns in the one form that the ledger works in, and columns that lack; others stay as they are.

    Text is ``object`` with "" for nothing, whole numbers are ``Int64``, numbers ``float64``, true/false ``boolean``, dates
    ``datetime64[s]``, bytes ``object``. A value that does not fit its column stays as text in an ``object`` column.
    """
    made = {name: canonical_column(frame.get(name), kind, frame.index) for name, kind in types.items()}
    rest = {name: frame[name] for name in frame if name not in types}
    result = frame.iloc[:, :0].assign(**made, **rest) if not hasattr(frame, "crs") else frame.assign(**made)
    return result[[*types, *rest]]


def canonical_column(column: pd.Series | None, kind: str, index: pd.Index) -> pd.Series:
    """One column in the ledger's form for its type; see `canonical`."""
    kind = kind.partition(":")[0]
    if column is None:
        column = pd.Series([None] * len(index), index=index, dtype="object")
    if column.dtype == _FORMS.get(kind):
        return column
    if kind == "str":
        return _texts(column)
    if kind == "binary":
        return column.astype("object")
    empty = column.astype("object").isin([""]) if column.dtype == object else None
    column = column if empty is None or not empty.any() else column.where(~empty, None)
    try:
        if kind in ("int32", "int64"):
            return pd.to_numeric(column).astype("Int64")
        if kind == "float":
            return pd.to_numeric(column).astype("float64")
        if kind == "bool":
            return column.astype("boolean")
        if column.dtype == object and not _are_days(column):
            return _texts(column)
        return pd.to_datetime(column, format="ISO8601" if column.dtype == object else None).astype("datetime64[s]")
    except (TypeError, ValueError):
        return _texts(column)


def _are_days(column: pd.Series) -> bool:
    """Whether all that is there is a whole date: of a year or a month alone, the first day would be made."""
    texts = pd.Series([value for value in column.dropna().unique() if isinstance(value, str)], dtype="object")
    return bool(texts.str.match(r"\d{4}-\d{2}-\d{2}").all())


def _texts(column: pd.Series) -> pd.Series:
    """A column as texts, with "" for nothing."""
    texts = column.astype("object")
    if pd.api.types.infer_dtype(texts, skipna=False) == "string":  # by far most are, and a table has millions of cells
        return texts
    return texts.where(texts.notna(), "").map(_plain_text).astype("object")


def _plain_text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def differs(left: pd.Series, right: pd.Series) -> np.ndarray:
    """Where two columns say another thing, row by row; nothing, blank and missing are the same."""
    if left.dtype == right.dtype and left.dtype != object:
        values, others = left.array, right.array
        same = pd.array(values == others, dtype="boolean").fillna(False).to_numpy(dtype=bool)
        return np.asarray(~same & ~(left.isna().to_numpy() & right.isna().to_numpy()))
    one, other = left.to_numpy(dtype=object), right.to_numpy(dtype=object)
    if one.size and one.__array_interface__ == other.__array_interface__:
        return np.zeros(len(one), dtype=bool)  # one is a view of the other
    try:
        unlike = np.asarray(one != other, dtype=bool)
    except TypeError:  # pandas' own word for missing does not compare
        one, other = _objects(left), _objects(right)
        unlike = np.asarray(one != other, dtype=bool)
    at = np.flatnonzero(unlike)
    if len(at) > _MANY:  # mostly blanks on one side and missing ones on the other
        one, other = _objects(left), _objects(right)
        unlike = np.asarray(one != other, dtype=bool)
        at = np.flatnonzero(unlike)
    unlike[at] = [as_text(a) != as_text(b) for a, b in zip(one[at], other[at], strict=True)]
    return unlike


def _objects(column: pd.Series) -> np.ndarray:
    """Values as Python objects; what is missing or blank is None, which compares with everything."""
    values = np.array(column, dtype=object)
    values[column.isna().to_numpy()] = None
    values[np.asarray(values == "", dtype=bool)] = None
    return values


def as_text(value: Any) -> str:
    """A value as the history and conflicts write it: ISO dates, whole numbers without decimals, nothing as nothing."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, pd.Timestamp | np.datetime64):
        moment = pd.Timestamp(value)
        return str(moment.date().isoformat() if moment == moment.normalize() else moment.isoformat())
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < _LARGEST:
        return str(int(value))
    if isinstance(value, bytes):  # such as a picture: enough to see that it changed
        return f"bytes:{len(value)}:{hashlib.sha256(value).hexdigest()[:16]}"
    return str(value)


def pack_extra(rows: pd.DataFrame) -> pd.Series:
    """Columns that staff added, as one JSON object per row; "" where all are empty."""
    if not len(rows.columns):
        return pd.Series([""] * len(rows), index=rows.index, dtype="object")
    texts = {name: rows[name].map(as_text).to_numpy() for name in sorted(rows.columns, key=str)}
    packed = [
        json.dumps({name: text for name, text in zip(texts, row, strict=True) if text}, ensure_ascii=False)
        for row in zip(*texts.values(), strict=True)
    ]
    return pd.Series(["" if text == "{}" else text for text in packed], index=rows.index, dtype="object")


def unpack_extra(packed: pd.Series) -> pd.DataFrame:
    """Texts of the columns that staff added; a column per name that occurs."""
    rows = [json.loads(text) if text else {} for text in packed]
    return pd.DataFrame(rows, index=packed.index, dtype="object").fillna("")
