"""Objects that bottlenecks of the table and of a screening are about, numbered so that they can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from toegankelijk.ledger.fields import CLOSED
from toegankelijk.ledger.likeness import WHOLE, find_links
from toegankelijk.ledger.snapshot import Snapshot

_OWN = "E-"
_NUMBERED = r"^(.+?)/+v?\d{1,4}$"
_COLUMNS = ("kind", "object_id", "remedy", "theme", "criteria")


@dataclass(frozen=True)
class Objects:
    """Objects of one date, one per place in each array.

    Parameters
    ----------
    kind, key
        Numbers, the same ones for both dates. A key is of one kind; -1 for none that can be used.
    parent
        Number of the key of the parent, for objects that were derived from another; else -1. Their own numbers change when
        another one comes before them.
    shape
        Where they are.
    """

    kind: np.ndarray
    key: np.ndarray
    parent: np.ndarray
    shape: np.ndarray


@dataclass(frozen=True)
class Seen:
    """Bottlenecks and objects of the table and of a screening.

    Parameters
    ----------
    rows
        Bottlenecks of the table that a screening may find: ``id, kind, object_id, remedy, theme, criteria``, whether it is
        ``deleted`` or ``live``, when it was last ``seen``, its object's ``shape``, and position ``o`` of that among the old ones.
    table
        Those of the screening, with the position ``n`` of the object among the new ones.
    objects
        Objects of the screening: ``kind, object_id, parent, shape``.
    old, new
        Objects of both, as numbers.
    """

    rows: pd.DataFrame
    table: pd.DataFrame
    objects: pd.DataFrame
    old: Objects
    new: Objects


def read_objects(base: pd.DataFrame, snapshot: Snapshot, *, tolerance: float) -> Seen:
    """Bottlenecks of the table and of a screening with their objects, each object once.

    Rows that staff added are left out. Where rows of one key lie in different places, the one that was seen last has the key.

    Parameters
    ----------
    base
        See `toegankelijk.ledger.identity.match`.
    snapshot
        The screening.
    tolerance
        Metres that two rows of one object may lie off.
    """
    rows = _known(base)
    table = pd.DataFrame({name: snapshot.table[name].to_numpy(dtype=object) for name in _COLUMNS}, index=snapshot.table.index)
    objects = _present(snapshot)
    names = pd.MultiIndex.from_frame(objects[["kind", "object_id"]])
    table["n"] = names.get_indexer(pd.MultiIndex.from_frame(table[["kind", "object_id"]]))
    kind = _numbers(rows["kind"], objects["kind"])
    key = _numbers(rows["kind"] + "\0" + rows["object_id"], objects["kind"] + "\0" + objects["object_id"])
    stem = rows["object_id"].str.extract(_NUMBERED, expand=False) if len(rows) else rows["object_id"]
    derived = [name.startswith(f"{parent}/") for name, parent in zip(objects["object_id"], objects["parent"], strict=True)]
    made = objects["parent"].where(np.array(derived, bool) & objects["parent"].ne("").to_numpy())
    parent = _numbers(stem, made)
    of, first, usable = _each_once(rows, key[0], tolerance)
    old = Objects(kind[0][first], np.where(usable, key[0][first], -1), parent[0][first], rows["shape"].to_numpy()[first])
    new = Objects(kind[1], key[1], parent[1], objects["shape"].to_numpy(dtype=object))
    return Seen(rows.assign(o=of), table, objects, old, new)


def _numbers(one: pd.Series, other: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The same number for the same text in both; -1 where there is none."""
    codes = pd.factorize(np.concatenate([one.to_numpy(dtype=object), other.to_numpy(dtype=object)]))[0]
    return codes[: len(one)], codes[len(one) :]


def _each_once(rows: pd.DataFrame, key: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Object of each row, the row that stands for each object, and whether its key is its own."""
    drawn = pd.factorize(shapely.to_wkb(rows["shape"].to_numpy(dtype=object)))[0]
    table = pd.DataFrame({"key": key, "drawn": drawn, "seen": rows["seen"].to_numpy(), "live": rows["live"].to_numpy()})
    table = table.sort_values(["key", "seen", "live"], ascending=[True, False, False], kind="stable")
    lead = table.groupby("key", sort=False)["drawn"].transform("first")
    first = pd.Series(table.index, table.index).groupby(table["key"], sort=False).transform("first")
    other = table.index[(table["drawn"] != lead).to_numpy()].to_numpy()
    shapes = rows["shape"].to_numpy(dtype=object)
    number = np.arange(len(other))
    to = first.loc[other].to_numpy()
    links = find_links(shapes[other], shapes[to], old_kind=number, new_kind=number, tolerance=tolerance)
    whole = links.old[(links.old_share >= WHOLE) & (links.new_share >= WHOLE)]
    apart = np.zeros(len(rows), bool)
    apart[np.delete(other, whole)] = True
    table["apart"] = apart[table.index]
    table["own"] = table["drawn"].where(table["apart"], -2)
    of = table.groupby(["key", "own"], sort=False).ngroup()
    stands = table.index[~of.duplicated()].to_numpy()
    numbers = np.empty(len(rows), np.intp)
    numbers[table.index] = of.to_numpy()
    return numbers, stands, ~apart[stands]


def _known(base: pd.DataFrame) -> pd.DataFrame:
    """Bottlenecks of the table that a screening may find."""
    own = np.array([str(name).startswith(_OWN) for name in base.index], bool)
    rows = base[~own & base["kind"].ne("").to_numpy()]
    table = pd.DataFrame(
        {"id": rows.index.to_numpy(dtype=object), **{name: rows[name].to_numpy(dtype=object) for name in _COLUMNS}}
    )
    table = table.astype("object")
    table["deleted"] = rows["deleted_on"].notna().to_numpy()
    table["live"] = ~table["deleted"] & ~rows["status"].isin(CLOSED).to_numpy()
    seen = pd.to_datetime(rows["last_seen"]).to_numpy().astype("datetime64[s]")
    table["seen"] = np.where(np.isnat(seen), np.datetime64("9999-12-31", "s"), seen)  # no date: it was there the last time
    shapes = _read_shapes(rows["shape"].to_numpy(dtype=object))
    x, y = (pd.to_numeric(rows[name]).to_numpy(dtype=float, na_value=np.nan) for name in ("x", "y"))
    bare = shapely.is_missing(shapes) & np.isfinite(x) & np.isfinite(y)
    shapes[bare] = shapely.points(x[bare], y[bare])
    table["shape"] = shapes
    return table


def _read_shapes(stored: np.ndarray) -> np.ndarray:
    given = [bytes(one) if isinstance(one, bytes | bytearray | memoryview) else None for one in stored]
    return _plain(shapely.from_wkb(np.array(given, dtype=object), on_invalid="ignore"))


def _plain(shapes: np.ndarray) -> np.ndarray:
    """Shapes in two dimensions; empty ones are missing, a line without length is a point, of a collection the most counts."""
    result = np.array(shapely.force_2d(shapes), dtype=object)
    result[shapely.is_empty(result)] = None
    short = (shapely.get_dimensions(result) == 1) & (shapely.length(result) == 0)
    result[short] = shapely.points(shapely.bounds(result[short])[:, :2])
    for at in np.flatnonzero(shapely.get_type_id(result) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapely.get_parts(result[at]))
        dimension = shapely.get_dimensions(parts)
        result[at] = shapely.union_all(parts[dimension == dimension.max()])
    return result


def _present(snapshot: Snapshot) -> pd.DataFrame:
    """Objects there are now, each once; those of the table too, should they not be among them."""
    sides = [(snapshot.objects, snapshot.objects.geometry.to_numpy()), (snapshot.table, snapshot.table["shape"].to_numpy())]
    columns = {
        name: np.concatenate(
            [side[name].to_numpy(dtype=object) if name in side else np.full(len(side), "", object) for side, _ in sides]
        )
        for name in ("kind", "object_id", "parent")
    }
    objects = pd.DataFrame(columns, dtype="object")
    objects["shape"] = np.concatenate([np.asarray(shapes, dtype=object) for _, shapes in sides])
    objects = objects.drop_duplicates(["kind", "object_id"], ignore_index=True)
    objects["shape"] = _plain(objects["shape"].to_numpy(dtype=object))
    return objects
