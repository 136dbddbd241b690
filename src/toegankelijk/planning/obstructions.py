"""What stands in the way: the things that are moved where the remedy is to move an obstacle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.bottlenecks import MOVE
from toegankelijk.gaps import HEDGE
from toegankelijk.norm.kernel import MARGIN
from toegankelijk.planning.facts import BETWEEN, Layers

PASSAGE = "min_passage_width"
"""Attribute of a footway that its narrowings make."""

SEAT = "rest_place "
"""Stands before the id of a seat that is that of an obstacle too."""


def list_moved(table: pd.DataFrame, criteria: pd.DataFrame, required: npt.NDArray[np.float64], layers: Layers) -> pd.DataFrame:
    """Things that are moved, for each bottleneck whose remedy is to move an obstacle.

    Of an obstacle itself; of a narrowing what makes it wider, or else what limits it; of a footway what does so at its narrowings
    that are too narrow, and what limits its widths.

    Parameters
    ----------
    table
        Bottlenecks: ``kind, object_id, remedy``.
    criteria, required
        What `toegankelijk.planning.facts.list_criteria` and ``required_values`` give.
    layers
        Kind to layer.

    Returns
    -------
    DataFrame
        ``row`` (place in the table) and ``thing`` (id of an obstacle or seat); a bottleneck of which nobody knows what stands
        there has no row.
    """
    places = table[["kind", "object_id", "remedy"]].astype("object").reset_index(drop=True)
    moving = places[places["remedy"] == MOVE]
    itself = moving[moving["kind"] == "obstacle"]
    parts = [pd.DataFrame({"row": itself.index, "thing": itself["object_id"].to_numpy()})]
    known = _movable(layers)
    gaps = _gaps(layers, known)
    own = moving[moving["kind"] == "narrowing"]
    parts.append(_joined(own, "object_id", gaps, "narrowing"))
    rows = criteria.assign(required=required)
    rows = rows[rows["row"].isin(moving.index[moving["kind"] == "footway"])]
    rows = rows.assign(object_id=places["object_id"].to_numpy()[rows["row"]])
    past = rows[rows["attribute"] == PASSAGE]
    narrow = past.merge(gaps, left_on="object_id", right_on="parent_id")
    parts.append(narrow.loc[~(narrow["width"] >= narrow["required"] - MARGIN), ["row", "thing"]])
    explained = (rows["attribute"] == PASSAGE) & rows["row"].isin(parts[-1]["row"])
    if "footway" in layers:
        parts.append(_limiting(rows[~explained], layers, known))
    found = pd.concat([part for part in parts if len(part)] or parts[:1]).astype({"row": np.intp, "thing": "object"})
    return found.drop_duplicates().sort_values(["row", "thing"], ignore_index=True)


def _movable(layers: Layers) -> frozenset[str]:
    """Ids of what can be moved: obstacles but hedges, and seats."""
    known: set[str] = set()
    if "obstacle" in layers:
        layer = layers["obstacle"]
        known |= set(layer.index[(schema.texts(layer, "obstacle_type") != HEDGE).to_numpy()])
    if "rest_place" in layers:
        known |= {name for seat in layers["rest_place"].index for name in (seat, f"{SEAT}{seat}")}
    return frozenset(known)


def _gaps(layers: Layers, known: frozenset[str]) -> pd.DataFrame:
    """A row per narrowing and thing to move there: ``narrowing, parent_id, width, thing``."""
    layer = layers.get("narrowing")
    if layer is None or layer.empty:
        return pd.DataFrame({"narrowing": [], "parent_id": [], "width": [], "thing": []}, dtype="object")
    ends = schema.texts(layer, "first_id") + BETWEEN + schema.texts(layer, "second_id")
    helps = schema.texts(layer, "movable_id")
    frame = pd.DataFrame(
        {
            "narrowing": layer.index.to_numpy(dtype=object),
            "parent_id": schema.texts(layer, "parent_id").to_numpy(dtype=object),
            "width": schema.bounds(layer, "narrowing_width")[1],
            "thing": helps.where(helps != "", ends).str.split(BETWEEN, regex=False).to_numpy(dtype=object),
        }
    )
    frame = frame.explode("thing", ignore_index=True)
    return frame[frame["thing"].isin(known)].reset_index(drop=True)


def _joined(rows: pd.DataFrame, key: str, gaps: pd.DataFrame, on: str) -> pd.DataFrame:
    found = rows.assign(row=rows.index).merge(gaps, left_on=key, right_on=on)
    return found[["row", "thing"]]


def _limiting(rows: pd.DataFrame, layers: Layers, known: frozenset[str]) -> pd.DataFrame:
    """Things that limit an attribute of a footway, where the layer names them."""
    parts = [pd.DataFrame({"row": [], "thing": []})]
    for attribute, group in rows.groupby("attribute", sort=True):
        column = f"{attribute}_limited_by"
        if column not in layers["footway"]:
            continue
        named = schema.texts(layers["footway"], column).reindex(group["object_id"]).fillna("")
        things = pd.DataFrame({"row": group["row"].to_numpy(), "thing": named.str.split(BETWEEN, regex=False).to_numpy()})
        things = things.explode("thing", ignore_index=True)
        parts.append(things[things["thing"].isin(known)])
    return pd.concat(parts)
