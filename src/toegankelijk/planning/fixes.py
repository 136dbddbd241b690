"""What a fix changes: the attributes of objects that pass their rule once the bottleneck is mended."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.bottlenecks import MOVE
from toegankelijk.norm import Norm
from toegankelijk.planning.facts import (
    BETWEEN,
    WHOLE,
    Layers,
    cleared_attributes,
    is_kept,
    list_criteria,
    read_facts,
    required_values,
)
from toegankelijk.planning.obstructions import list_moved

COLUMNS = ("fix", "kind", "object_id", "attribute")
"""Columns of the fixes. ``fix`` is the id of the bottleneck; the attribute ``"*"`` stands for all of the object."""

_PLACE = ["kind", "object_id", "attribute"]


def find_fixes(table: pd.DataFrame, norm: Norm, layers: Layers) -> pd.DataFrame:
    """What passes its rule once a bottleneck is mended.

    A fix puts right the attributes of the criteria of its bottleneck, and those of all criteria of that kind that name the same
    remedy, first or second: who lowers a kerb does so at the right width and slope. What another row of the same object says to
    need another remedy stays, unless the remedy contains that one (a new surface needs no mending; ``data/planning``). A ramp
    opens stairs, a new footway its street (attribute ``"*"``). An obstacle that is moved no longer limits a narrowing or a
    footway, where nothing else does.

    Parameters
    ----------
    table
        Bottlenecks: ``bottleneck_id, kind, object_id, remedy, criteria, level``.
    norm
        Says what criteria look at, and which remedies they have.
    layers
        Kind to layer, measured.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; each row once, sorted. A bottleneck whose remedy leaves everything as it is has no row.
    """
    places = table[["bottleneck_id", "kind", "object_id", "remedy"]].astype("object").reset_index(drop=True)
    places["row"] = np.arange(len(places))
    criteria = list_criteria(table, norm)
    cleared = cleared_attributes(norm)
    contained = contained_objects(places, layers)
    failing = _failing(places, criteria)
    own = failing.assign(row=failing["by"])[~is_kept(failing)]
    same = places.merge(cleared, on=["remedy", "kind"])
    within = contained.merge(cleared, left_on=["contains", "on"], right_on=["remedy", "kind"], suffixes=("_of", ""))
    within = within.assign(object_id=within["inner_id"])
    inner = contained.merge(
        own.drop(columns="row"),
        left_on=["contains", "on", "inner_id"],
        right_on=["remedy", "kind", "object_id"],
        suffixes=("_of", ""),
    )
    moved = list_moved(table, criteria, required_values(table, criteria, layers, norm), layers)
    moved = _moved(places, moved, layers, cleared)
    rows = pd.concat([part[["row", *_PLACE]] for part in (own, same, within, inner, moved)], ignore_index=True)
    return _sorted(rows[~_needs_another(rows, places, failing, contained)], places["bottleneck_id"])


def contained_objects(places: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """What the remedies of bottlenecks contain, by the table ``contains``, on which objects.

    Parameters
    ----------
    places
        Bottlenecks: ``row, kind, object_id, remedy``.
    layers
        Kind to layer: a crossing contains what is done at its ends, those objects that name it as their parent.

    Returns
    -------
    DataFrame
        ``row``, ``kind``, ``object_id`` and ``remedy`` of the bottleneck; ``contains``, the remedy, ``on``, the kind of the
        object that it is done to, and ``inner_id``, the id of that.
    """
    columns = ["row", "kind", "object_id", "remedy", "contains", "on"]
    found = places.merge(read_facts("contains"), on=["remedy", "kind"])[columns]
    own = found["kind"] == found["on"]
    parts = [found[own].assign(inner_id=found.loc[own, "object_id"])]
    for kind, group in found[~own].groupby("on", sort=True):
        layer = layers.get(str(kind))
        if layer is not None and "parent_id" in layer:
            children = pd.DataFrame({"parent": schema.texts(layer, "parent_id").to_numpy(), "inner_id": layer.index})
            parts.append(group.merge(children.astype("object"), left_on="object_id", right_on="parent").drop(columns="parent"))
    return pd.concat(parts, ignore_index=True).astype({"inner_id": "object"})


def _failing(places: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """What fails by the table: ``kind, object_id, attribute``, the ``remedy`` that it needs, and ``by``, the row that says so."""
    rows = places[["kind", "object_id", "remedy"]].iloc[criteria["row"]].reset_index(drop=True)
    return rows.assign(attribute=criteria["attribute"], by=criteria["row"])


def _needs_another(
    rows: pd.DataFrame, places: pd.DataFrame, failing: pd.DataFrame, contained: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Whether an attribute fails by other bottlenecks only, of which the remedy is another one and not in this one."""
    asked = rows[["row", *_PLACE]].assign(place=np.arange(len(rows))).merge(failing, on=_PLACE)
    inner = pd.MultiIndex.from_frame(contained[["row", "on", "inner_id", "contains"]])
    mine = pd.MultiIndex.from_frame(asked[["row", "kind", "object_id", "remedy"]]).isin(inner)
    mine |= asked["remedy"].to_numpy() == places["remedy"].to_numpy()[asked["row"].to_numpy(dtype=np.intp)]
    allowed = np.zeros(len(rows), bool)
    allowed[asked.loc[mine, "place"]] = True
    others = np.zeros(len(rows), bool)
    others[asked["place"]] = True
    return others & ~allowed


def _moved(places: pd.DataFrame, moved: pd.DataFrame, layers: Layers, cleared: pd.DataFrame) -> pd.DataFrame:
    """What is right once things are moved: their own place, and narrowings and footways that nothing else limits."""
    parts = [_obstacles(moved, layers), _narrowings(moved, layers)]
    parts.append(_footways(places, moved, parts[1], layers))
    on = pd.concat(parts, ignore_index=True)
    found = on.merge(cleared[cleared["remedy"] == MOVE], on="kind")
    limited = found["limits"].isna() | (found["limits"] == found["attribute"])
    return found.loc[limited, ["row", *_PLACE]]


def _obstacles(moved: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    there = moved[moved["thing"].isin(layers["obstacle"].index)] if "obstacle" in layers else moved.iloc[:0]
    return pd.DataFrame({"row": there["row"], "kind": "obstacle", "object_id": there["thing"], "limits": None}, dtype="object")


def _narrowings(moved: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Narrowings of which all is moved that has to be."""
    layer = layers.get("narrowing")
    if layer is None or "movable_id" not in layer:
        return pd.DataFrame(columns=["row", "kind", "object_id", "limits"], dtype="object")
    asked = schema.texts(layer, "movable_id").str.split(BETWEEN, regex=False).explode()
    asked = pd.DataFrame({"object_id": asked.index, "thing": asked.to_numpy()}).astype("object")
    asked = asked[asked["thing"] != ""]
    found = asked.merge(moved, on="thing").groupby(["row", "object_id"], sort=True).size().reset_index(name="count")
    needed = asked["object_id"].value_counts()
    whole = found[found["count"].to_numpy() == needed.reindex(found["object_id"]).to_numpy()]
    return pd.DataFrame(
        {"row": whole["row"], "kind": "narrowing", "object_id": whole["object_id"], "limits": None}, dtype="object"
    )


def _footways(places: pd.DataFrame, moved: pd.DataFrame, open_narrowings: pd.DataFrame, layers: Layers) -> pd.DataFrame:
    """Footways with an attribute that only the moved things limit: all their bottlenecks at narrowings are gone too."""
    layer = layers.get("footway")
    parts = [pd.DataFrame({"row": [], "kind": [], "object_id": [], "limits": []}, dtype="object")]
    for column in () if layer is None else sorted(name for name in layer if str(name).endswith("_limited_by")):
        named = schema.texts(layer, column)
        named = named[named != ""].str.split(BETWEEN, regex=False).explode()
        named = pd.DataFrame({"object_id": named.index, "thing": named.to_numpy()}).astype("object")
        hit = named.merge(moved, on="thing")[["row", "object_id"]].drop_duplicates()
        parts.append(hit.assign(kind="footway", limits=column.removesuffix("_limited_by")))
    found = pd.concat(parts, ignore_index=True)
    left = _left(places, layers, found, open_narrowings)
    return found[~left]


def _left(places: pd.DataFrame, layers: Layers, found: pd.DataFrame, open_narrowings: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether a footway keeps a bottleneck at a narrowing that the fix leaves as it is."""
    narrow = places[places["kind"] == "narrowing"]
    if narrow.empty or "parent_id" not in layers.get("narrowing", pd.DataFrame()) or found.empty:
        return np.zeros(len(found), bool)
    parent = schema.texts(layers["narrowing"], "parent_id").reindex(narrow["object_id"]).to_numpy()
    of = pd.DataFrame({"object_id": parent, "inner_id": narrow["object_id"].to_numpy()}).drop_duplicates()
    pairs = found[["row", "object_id"]].assign(place=np.arange(len(found))).merge(of, on="object_id")
    opened = pd.MultiIndex.from_frame(open_narrowings[["row", "object_id"]])
    closed = ~pd.MultiIndex.from_frame(pairs[["row", "inner_id"]]).isin(opened)
    left = np.zeros(len(found), bool)
    left[pairs.loc[closed, "place"]] = True
    return left


def _sorted(rows: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Each row once, sorted; nothing beside what stands for the whole object."""
    fixes, fix = np.unique(ids.to_numpy(dtype=object).astype("str"), return_inverse=True)
    columns = [(fix[rows["row"].to_numpy(dtype=np.intp)], fixes)]
    columns += [pd.factorize(rows[name].astype("object"), sort=True) for name in _PLACE]
    code = np.zeros(len(rows), np.int64)  # one number per row: far quicker to sort than four texts
    for part, words in columns:
        code = code * max(len(words), 1) + part
    code = np.unique(code)
    parts: dict[str, npt.NDArray[np.object_]] = {}
    left = code
    for name, (_, words) in zip(reversed(COLUMNS), reversed(columns), strict=True):
        left, place = np.divmod(left, max(len(words), 1))
        parts[name] = np.asarray(words, dtype=object)[place]
    objects, whole = code // max(len(columns[-1][1]), 1), parts["attribute"] == WHOLE
    kept = whole | ~np.isin(objects, objects[whole])
    return pd.DataFrame({name: parts[name][kept] for name in COLUMNS}, dtype="object")
