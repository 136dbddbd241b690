"""Rows of a GeoPackage's tables through SQLite alone: exact types, in place, within a transaction that the caller holds.

No other library may open the file meanwhile: when a process closes a file, it loses all locks that it has on it.
"""

from __future__ import annotations

import datetime
import json
import math
import re
import sqlite3
import struct
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import shapely

Known = dict[tuple[str, str, int], tuple[str, np.ndarray | None]]
"""Text and values of what was read, by column, type and block of rows."""

_SEPARATOR = "\x1f"
_BLOCK = 20_000  # rows that are put together in one text; SQLite holds at most 1 GB in one
_NOTHING = -9_123_456_789_012_345_678  # stands for nothing in a list of whole numbers; nobody types it
_WHOLE = ("INT", "INTEGER", "MEDIUMINT", "SMALLINT", "TINYINT")
_EMPTY = {**dict.fromkeys((*_WHOLE, "BOOLEAN"), int), **dict.fromkeys(("REAL", "DOUBLE", "FLOAT"), float), "BLOB": bytes}
_ENVELOPES = np.array([0, 32, 48, 48, 64, 0, 0, 0])  # bytes by the number in the flags


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"{}"'.format(name.replace('"', '""'))


def columns_of(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Columns of a table with their types in capitals, in order; empty if there is no such table."""
    return {row[1]: str(row[2]).upper() for row in connection.execute(f"PRAGMA table_info({quoted(table)})")}


def read_columns(
    connection: sqlite3.Connection, table: str, columns: Mapping[str, str], key: str, *, alike: Known | None = None
) -> dict[str, Any]:
    """Values of columns, row by row in the order of `key`.

    Parameters
    ----------
    connection
        In a transaction, so that all is of one moment; made with ``check_same_thread=False``.
    table
        Name of a table.
    columns
        Column to what is expected there: a type of the ledger (``"str:80"``, ``"int32"``, ``"date"`` ...), or "" for whatever
        stands there, as it stands there.
    key
        Column with the row numbers.
    alike
        What was read of a table that says nearly the same; parts that are the same are taken from there, and what is read is kept
        in it.

    Returns
    -------
    dict
        Column to array. If all values are as expected: ``object`` with "" for nothing ("str"), ``Int64`` (whole numbers),
        ``datetime64[s]`` ("date"). Else ``object`` with what SQLite holds.
    """
    quick = {name: kind.partition(":")[0] for name, kind in columns.items()}
    quick = {name: kind for name, kind in quick.items() if kind in ("str", "int32", "date")}
    found = _read_together(connection, table, quick, key, {} if alike is None else alike) if quick else {}
    exact = [name for name in columns if name not in found]
    if exact:
        listed = ", ".join(quoted(name) for name in exact)
        rows = connection.execute(f"SELECT {listed} FROM {quoted(table)} ORDER BY {quoted(key)}").fetchall()  # noqa: S608
        values: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(exact)
        found |= {name: _objects(column) for name, column in zip(exact, values, strict=True)}
    return {name: found[name] for name in columns}


def _read_together(
    connection: sqlite3.Connection, table: str, kinds: Mapping[str, str], key: str, alike: Known
) -> dict[str, Any]:
    """Columns whose values are all as expected, each fetched as one long text: half the time of a value at a time."""
    together = {
        "str": f"coalesce({{0}}, ''), '{_SEPARATOR}'",
        "int32": f"coalesce({{0}}, {_NOTHING})",
        "date": "coalesce({0}, '')",
    }
    listed = ", ".join(f"group_concat({together[kind].format(quoted(name))})" for name, kind in kinds.items())
    ordered = f"SELECT {quoted(key)} AS k FROM {quoted(table)} ORDER BY 1"  # noqa: S608  (quoted)
    count, text = connection.execute(f"SELECT count(*), group_concat(k) FROM ({ordered})").fetchone()  # noqa: S608  (quoted)
    keys = _numbers(text or "")
    own = f"group_concat({quoted(key)})"
    query = f"SELECT {own}, {listed} FROM {quoted(table)} WHERE {quoted(key)} BETWEEN ? AND ?"  # noqa: S608  (quoted)
    blocks = [keys[start : start + _BLOCK] for start in range(0, len(keys), _BLOCK)]
    parts: dict[str, list[Any]] = {name: [] for name in kinds}
    # SQLite puts the next block together while this one is taken apart
    with ThreadPoolExecutor(1) as ahead:
        fetched = ahead.map(lambda block: connection.execute(query, (int(block[0]), int(block[-1]))).fetchone(), blocks)
        try:
            for number, (block, (rows, *texts)) in enumerate(zip(blocks, fetched, strict=True)):
                if not np.array_equal(_numbers(rows), block):
                    return {}
                for (name, kind), text in zip(kinds.items(), texts, strict=True):
                    known, part = alike.get((name, kind, number), ("", None))
                    if part is None or text != known:
                        part = _split(text, kind, len(block)) if name in parts else None
                        alike[name, kind, number] = (text, part)
                    if part is None or name not in parts:
                        parts.pop(name, None)
                    else:
                        parts[name].append(part)
        except sqlite3.DataError:  # more text than SQLite puts together
            return {}
    if len(keys) != count:
        return {}
    empty = {"str": np.zeros(0, object), "int32": np.zeros(0, "int64"), "date": np.zeros(0, "datetime64[s]")}
    made = {name: np.concatenate([empty[kinds[name]], *blocks]) for name, blocks in parts.items()}
    return {name: _whole(values) if kinds[name] == "int32" else values for name, values in made.items()}


def _split(text: str, kind: str, count: int) -> np.ndarray | None:
    """The values in a text; nothing if they are not as many as there are rows, or others than expected."""
    if kind == "int32":
        numbers = _numbers(text)
        return numbers if len(numbers) == count else None
    values = text.split(_SEPARATOR if kind == "str" else ",")
    if len(values) != count:
        return None
    return _objects(values) if kind == "str" else _days(values)


def _numbers(text: str) -> np.ndarray:
    """Whole numbers in a text; none at all if something else stands there."""
    if not text or text.strip("-0123456789,"):
        return np.zeros(0, dtype="int64")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text, dtype="int64", sep=",")
        except (DeprecationWarning, ValueError):
            return np.zeros(0, dtype="int64")


def _days(texts: list[str]) -> np.ndarray | None:
    """Days written as in ISO 8601; nothing if something else stands there, as numpy also reads ``2026`` and ``today``."""
    lengths = np.fromiter(map(len, texts), dtype=np.intp, count=len(texts))
    if not lengths.any():
        return np.full(len(texts), "NaT", dtype="datetime64[s]")
    letters = np.array(texts, dtype="U10").view("uint32").reshape(-1, 10)
    digits = (letters >= ord("0")) & (letters <= ord("9"))
    dashes = letters[:, [4, 7]] == ord("-")
    day = digits[:, [0, 1, 2, 3, 5, 6, 8, 9]].all(axis=1) & dashes.all(axis=1)
    if not ((day & (lengths == 10)) | (lengths == 0)).all():
        return None
    try:
        return np.array(texts, dtype="U10").astype("datetime64[s]")
    except ValueError:
        return None  # a day that is in no calendar


def _whole(numbers: np.ndarray) -> pd.arrays.IntegerArray:
    nothing = numbers == _NOTHING
    return pd.arrays.IntegerArray(np.where(nothing, 0, numbers), nothing)


def _objects(values: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def decode_points(blobs: np.ndarray) -> np.ndarray:
    """Geometries of the binary form of GeoPackage; missing stays missing, and what is no geometry is missing too."""
    shapes = np.full(len(blobs), None, dtype=object)
    if (points := _plain_points(blobs)) is not None:
        return points
    there = np.array([isinstance(blob, bytes) and blob[:2] == b"GP" and len(blob) > 8 for blob in blobs], dtype=bool)
    if there.any():
        given = blobs[there]
        starts = 8 + _ENVELOPES[np.array([blob[3] >> 1 & 7 for blob in given])]
        bodies = [blob[start:] for blob, start in zip(given, starts.tolist(), strict=True)]
        shapes[there] = shapely.from_wkb(bodies, on_invalid="ignore")
    return shapes


def _plain_points(blobs: np.ndarray) -> np.ndarray | None:
    """Geometries that are all points as nearly every program writes them, at once; nothing if some are not."""
    if not len(blobs) or set(map(type, blobs)) != {bytes} or set(map(len, blobs)) != {29}:
        return None
    body = np.frombuffer(b"".join(blobs), dtype="uint8").reshape(-1, 29)
    alike = (body[:, :4] == np.frombuffer(b"GP\0\1", "uint8")).all() and (body[:, 8:13] == [1, 1, 0, 0, 0]).all()
    places = np.ascontiguousarray(body[:, 13:]).view("<f8")
    return shapely.points(places) if alike and np.isfinite(places).all() else None


def encode_points(shapes: np.ndarray, srs_id: int) -> list[bytes | None]:
    """Geometries in the binary form of GeoPackage: a header without envelope, and little-endian WKB."""
    heads = [b"GP\x00\x01" + struct.pack("<i", srs_id), b"GP\x00\x11" + struct.pack("<i", srs_id)]
    bodies = shapely.to_wkb(shapes, byte_order=1, output_dimension=2, flavor="iso")
    empty = shapely.is_empty(shapes)
    return [None if body is None else heads[int(none)] + body for body, none in zip(bodies, empty, strict=True)]


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the triggers of a spatial index call."""

    def bound(at: int) -> Any:
        def of(blob: bytes | None) -> float | None:
            box = _box(blob)
            return None if box is None else box[at]

        return of

    connection.create_function(
        "ST_IsEmpty", 1, lambda blob: None if blob is None else int(_box(blob) is None), deterministic=True
    )
    for at, name in enumerate(("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY")):
        connection.create_function(name, 1, bound(at), deterministic=True)


def _box(blob: bytes | None) -> tuple[float, float, float, float] | None:
    """Bounds of a geometry; none if it is empty, missing or no geometry."""
    if not isinstance(blob, bytes) or blob[:2] != b"GP":
        return None
    if len(blob) == 29 and blob[8:13] == b"\x01\x01\x00\x00\x00":  # a plain point
        x, y = struct.unpack_from("<dd", blob, 13)
        return None if math.isnan(x) or math.isnan(y) else (x, y, x, y)
    shape = decode_points(_objects([blob]))[0]
    if shape is None or shape.is_empty:
        return None
    west, south, east, north = shape.bounds
    return west, south, east, north


def typed(values: np.ndarray, declared: str) -> Any:
    """Values of a column that staff added, in a type that says what they are; as they stand if some are of another kind."""
    declared = declared.partition("(")[0]
    kinds = set(map(type, values)) - {type(None)} or {_EMPTY.get(declared, str)}
    nothing = np.array([value is None for value in values], dtype=bool)
    if kinds == {int} and declared == "BOOLEAN" and set(values) <= {0, 1, None}:
        return pd.arrays.BooleanArray(np.where(nothing, 0, values).astype(bool), nothing)
    if kinds == {int}:
        return pd.arrays.IntegerArray(np.where(nothing, 0, values).astype("int64"), nothing)
    if kinds == {float}:
        return np.where(nothing, np.nan, values).astype("float64")
    if kinds != {str}:
        return values
    texts = np.where(nothing, "", values)
    days = _days(texts.tolist()) if declared == "DATE" else None
    return texts if days is None else days


def cells(column: pd.Series, declared: str) -> list[Any]:
    """Values of a column as SQLite takes them; "" and missing are NULL."""
    kind = declared.partition("(")[0]
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%S.000Z" if kind == "DATETIME" else "%Y-%m-%d")
    values = column.astype(object).where(column.notna(), None).tolist()
    return [_cell(value, kind) for value in values]


def _cell(value: Any, kind: str) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return _of_words(value) if kind == "BOOLEAN" else value
    if isinstance(value, (bool, int, bytes)):
        return int(value) if isinstance(value, bool) else value
    if isinstance(value, float):
        return int(value) if kind in _WHOLE and value.is_integer() else value
    if isinstance(value, datetime.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str)


def _of_words(text: str) -> Any:
    """True and false as numbers, where somebody wrote them out."""
    if re.fullmatch("true|1", text, re.IGNORECASE):
        return 1
    return 0 if re.fullmatch("false|0", text, re.IGNORECASE) else text


def update_rows(
    connection: sqlite3.Connection, table: str, key: str, values: Mapping[str, list[Any]], changed: np.ndarray
) -> None:
    """Write changed cells, and no others.

    Parameters
    ----------
    table, key
        Table, and the column by which a row is found.
    values
        Column to values, a value per row; among them those of `key`.
    changed
        Which cells to write: a row per row, a column per column of `values` without `key`.
    """
    names = [name for name in values if name != key]
    keys = values[key]
    patterns, which = np.unique(changed, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        touched = [name for name, flag in zip(names, pattern, strict=True) if flag]
        if not touched:
            continue
        rows = np.flatnonzero(which.ravel() == number).tolist()
        sets = ", ".join(f"{quoted(name)} = ?" for name in touched)
        statement = f"UPDATE {quoted(table)} SET {sets} WHERE {quoted(key)} = ?"  # noqa: S608  (quoted)
        picked = [values[name] for name in touched]
        connection.executemany(statement, ([*(column[row] for column in picked), keys[row]] for row in rows))


def insert_rows(connection: sqlite3.Connection, table: str, values: Mapping[str, list[Any]]) -> None:
    """Add rows; row numbers are given out by the table."""
    names = ", ".join(quoted(name) for name in values)
    marks = ", ".join("?" * len(values))
    statement = f"INSERT INTO {quoted(table)} ({names}) VALUES ({marks})"  # noqa: S608  (quoted)
    connection.executemany(statement, zip(*values.values(), strict=True))
