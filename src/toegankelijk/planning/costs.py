"""What it costs to mend bottlenecks: how much of what, times the unit cost of the norm, with the sum in words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk.errors import InputError
from toegankelijk.labels import label
from toegankelijk.norm import Norm
from toegankelijk.planning.facts import Layers
from toegankelijk.planning.quantities import count_quantities, shorts

COLUMNS = ("quantity", "unit", "cost_low", "cost_high", "cost", "cost_reason", "share", "pays_for", "given")
"""Columns of the costs; see `estimate_costs`."""

STAFF = "cost_eur_staff"
"""Column with the amount that staff give."""

CLASS_COSTS = {1: (100.0, 1e3), 2: (1e3, 5e3), 3: (5e3, 25e3), 4: (25e3, 100e3), 5: (100e3, 500e3)}
"""Least and largest cost in euros of each cost class; source: ``norms.md`` section 11.3, the outer ends are proposals."""

Numbers = npt.NDArray[np.float64]


def estimate_costs(table: pd.DataFrame, layers: Layers, norm: Norm, *, lang: str = "nl") -> pd.DataFrame:
    """What it costs to mend each bottleneck.

    ``cost = (cost_low + cost_high) / 2``, with ``cost_low = quantity * cost_low_eur`` and ``cost_high = quantity *
    cost_high_eur`` of the remedy. The middle is the arithmetic one: then the cost of several bottlenecks is the middle of the
    sums of their bounds, and a table adds up. What staff gave as cost holds instead.

    Parameters
    ----------
    table
        Bottlenecks: ``bottleneck_id, kind, object_id, remedy, criterion, criteria, level``, and ``cost_eur_staff`` where staff
        have a say.
    layers
        Kind to layer, measured.
    norm
        Gives unit and unit costs of the remedies.
    lang
        Language of the reason.

    Returns
    -------
    DataFrame
        Index ``bottleneck_id``: ``quantity``, ``unit`` (``piece``, ``m`` or ``m2``), ``cost_low``, ``cost_high`` and ``cost`` in
        euros, never zero; ``cost_reason`` in words; ``share``, the part of ``quantity`` that is used up (half a bench, where one
        serves twice that length), ``pays_for``, keys of what is paid for, such as the obstacles to move, and ``given``, whether
        staff gave the amount.

    Raises
    ------
    InputError
        Staff gave amounts below zero, or a remedy has no price and no cost class; all are listed.
    """
    counted = count_quantities(table, layers, norm, lang=lang)
    prices = norm.remedies.reindex(table["remedy"].astype("object"))
    priced = prices["cost_low_eur"].notna().to_numpy()
    low, high = (prices[name].astype(float).to_numpy() for name in ("cost_low_eur", "cost_high_eur"))
    unit = prices["unit"].astype("object").fillna("piece").to_numpy()
    quantity = whole_units(counted["share"].to_numpy(), unit)
    numbers = zip(*(shorts(np.nan_to_num(part), lang) for part in (quantity, low, high)), strict=True)
    texts = [
        label(f"plan.cost.{one}", lang, quantity=many, low=least, high=most, how=how)
        for one, (many, least, most), how in zip(unit, numbers, counted["how"], strict=True)
    ]
    costs = pd.DataFrame(
        {
            **{"quantity": quantity, "unit": unit, "cost_low": quantity * low, "cost_high": quantity * high},
            **{"cost_reason": texts, "share": counted["share"].to_numpy(), "pays_for": counted["pays_for"].to_numpy()},
        },
        index=pd.Index(table["bottleneck_id"], dtype="object", name="bottleneck_id"),
    )
    _by_class(costs, table, ~priced, lang)
    given = _given(table)
    costs["given"] = ~np.isnan(given)
    for name in ("cost_low", "cost_high"):
        costs[name] = np.where(costs["given"], given, costs[name])
    costs.loc[costs["given"], "cost_reason"] = label("plan.cost.staff", lang)
    return costs.assign(cost=(costs["cost_low"] + costs["cost_high"]) / 2.0)[list(COLUMNS)]


def whole_units(share: Numbers, unit: npt.NDArray[np.object_]) -> Numbers:
    """Quantities to pay for: of pieces whole ones, at least one.

    Examples
    --------
    >>> whole_units(np.array([0.2, 2.2, 2.2]), np.array(["piece", "piece", "m"], dtype=object)).tolist()
    [1.0, 3.0, 2.2]
    """
    return np.where(unit == "piece", np.maximum(np.ceil(share - 1e-9), 1.0), share)


def _given(table: pd.DataFrame) -> Numbers:
    """Amounts that staff gave; NaN where they gave none."""
    if STAFF not in table:
        return np.full(len(table), np.nan)
    amounts = pd.to_numeric(table[STAFF], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if (wrong := amounts < 0).any():
        lines = [f"{one}: {amount}" for one, amount in zip(table.loc[wrong, "bottleneck_id"], amounts[wrong], strict=True)]
        raise InputError(f"column {STAFF!r} has amounts below zero; empty them or give what it costs", sorted(lines))
    return np.asarray(amounts)


def _by_class(costs: pd.DataFrame, table: pd.DataFrame, bare: npt.NDArray[np.bool_], lang: str) -> None:
    """Costs by the class, where the norm has no such remedy (any more)."""
    if not bare.any():
        return
    named = table["cost_class"] if "cost_class" in table else pd.Series(np.nan, table.index)
    classes = pd.to_numeric(named, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if (lost := bare & ~np.isin(classes, list(CLASS_COSTS))).any():
        lines = [f"{one}: {remedy}" for one, remedy in table.loc[lost, ["bottleneck_id", "remedy"]].to_numpy()]
        raise InputError("these remedies are not in the norm, and their bottlenecks have no cost class", sorted(lines))
    bounds = np.array([CLASS_COSTS.get(int(one), (np.nan, np.nan)) for one in np.nan_to_num(classes)])
    for place, name in enumerate(("cost_low", "cost_high")):
        costs[name] = np.where(bare, bounds[:, place], costs[name])
    said = [label("plan.cost.class", lang, cost_class=int(one)) for one in np.nan_to_num(classes)]
    costs["cost_reason"] = np.where(bare, np.array(said, dtype=object), costs["cost_reason"])
