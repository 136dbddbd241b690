"""The row balance: what became of every row read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import ToegankelijkError
from toegankelijk.findings import Findings


def balance_rows(findings: Findings) -> pd.DataFrame:
    """What became of every row read, per layer.

    Returns
    -------
    DataFrame
        ``layer, kind, read, assessed, outside, not_assessable, derived, reasons``: a row is assessed if it lies in some level
        area, outside if in none, and not assessable if it was set aside, with a count per reason. Derived objects stand apart.

    Raises
    ------
    ToegankelijkError
        The counts do not add up: rows were lost.
    """
    city, rows = findings.city, []
    inside = findings.membership.groupby("kind")["object_id"].agg(set).to_dict()
    for source in city.sources.to_dict("records"):
        layer = city.layers[source["kind"]]
        mine = layer[layer["source"] == source["layer"]]
        derived = mine["derived"].eq(True) if "derived" in mine else pd.Series(False, mine.index)
        piece = derived & mine.get("parent_id", pd.Series("", mine.index)).notna()
        origin = pd.Series(mine.index, mine.index).where(~piece, mine.get("parent_id"))
        assessed = set(origin[mine.index.isin(inside.get(source["kind"], set()))])
        aside = city.remarks[(city.remarks["layer"] == source["layer"]) & (city.remarks["attribute"] == "")]
        row = {
            **{"layer": source["layer"], "kind": source["kind"], "read": source["read"], "assessed": len(assessed)},
            **{"outside": len(set(origin) - assessed), "not_assessable": len(aside), "derived": _derived_count(city, source)},
            "reasons": aside["reason"].value_counts().sort_index().to_dict(),
        }
        rows.append(row)
    table = pd.DataFrame(rows)
    lost = table[table["read"] != table["assessed"] + table["outside"] + table["not_assessable"]]
    if len(lost):
        raise ToegankelijkError("rows were lost on the way; please report this", [str(row) for row in lost.to_dict("records")])
    return table


def _derived_count(city: schema.City, source: dict[str, Any]) -> int:
    """Objects derived from a layer: pieces of its own, and crossing ends."""
    return sum(
        int((layer["derived"].eq(True) & (layer["source"] == source["layer"])).sum())
        for layer in city.layers.values()
        if "derived" in layer and "source" in layer
    )
