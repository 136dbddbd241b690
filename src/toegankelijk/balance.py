"""The balance of a run: what became of every row read, and what is known of every attribute."""

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
        if source["kind"] not in city.layers:  # context: nobody judges it
            continue
        layer = city.layers[source["kind"]]
        mine = layer[layer["source"] == source["layer"]]
        derived = schema.is_marked(mine, "derived")
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


def attribute_rows(city: schema.City) -> pd.DataFrame:
    """What is known of every attribute, per kind and layer that delivered it, and how it was obtained.

    Returns
    -------
    DataFrame
        ``kind, attribute, unit, layer, how, objects, values, bounds``: of so many objects, how many have a value and how many
        only bounds; ``how`` is ``read``, ``measured`` or ``observed``. Attributes of which nothing is known have no row.
    """
    rows = []
    for kind, layer in sorted(city.layers.items()):
        for name, attribute in schema.attributes_of(kind).items():
            ends = [column for column in (f"{name}_low", f"{name}_high") if column in layer]
            if name not in layer and not ends:
                continue
            value = layer[name].notna() if name in layer else pd.Series(False, layer.index)
            bounds = ~value & layer[ends].notna().any(axis=1) if ends else pd.Series(False, layer.index)
            how = schema.texts(layer, f"{name}_how").replace("", "read").str.split(" ", n=1).str[0]  # without date and source
            table = pd.DataFrame({"layer": layer.get("source", ""), "how": how, "values": value, "bounds": bounds})
            total = table.groupby("layer")["values"].size()
            known = table[value | bounds].groupby(["layer", "how"], sort=True)[["values", "bounds"]].sum().reset_index()
            known.insert(2, "objects", total.reindex(known["layer"]).to_numpy())
            known.insert(0, "unit", attribute.unit)
            known.insert(0, "attribute", name)
            known.insert(0, "kind", kind)
            rows.append(known)
    columns = ["kind", "attribute", "unit", "layer", "how", "objects", "values", "bounds"]
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)
