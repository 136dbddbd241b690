"""Registers by the names of their layers and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from toegankelijk import registers

LEAST_COLUMNS = 2
"""Columns of a register's layer that a delivery must have to be recognised."""

LEAST_SHARE = 0.6
"""Share of the columns of a register's layer that a delivery must have."""


def recognise(layers: Mapping[str, Sequence[str]]) -> str:
    """Name of the bundled register map that layers (name to columns) fit best; empty if none does.

    A column that selects rows or holds the key counts as much as one with an attribute.
    """
    ranked = []
    for name in registers.bundled_maps():
        scores = [
            _score(wanted, columns, layer in ("", own)) for layer, wanted in _wanted(name) for own, columns in layers.items()
        ]
        if scores and max(scores) > 0:
            ranked.append((sum(scores), max(scores), name))
    return max(ranked)[2] if ranked else ""


def _score(wanted: frozenset[str], columns: Sequence[str], named: bool) -> float:
    """How well the columns of a layer fit those of a register's layer; 0 if they do not."""
    there = wanted & set(columns)
    share = len(there) / len(wanted)
    if len(there) < LEAST_COLUMNS or share < LEAST_SHARE:
        return 0.0
    return share * len(there) + (1.0 if named else 0.0)


@cache
def _wanted(name: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Per layer of a map: its name, and the columns that it reads."""
    found = []
    for layer in registers.load_map(name).layers:
        columns = {part for column in layer.columns.values() for part in column.columns} | set(layer.where) | {layer.id or ""}
        if columns - {""}:
            found.append((layer.layer or "", frozenset(columns - {""})))
    return tuple(found)
