"""Registers by the names of their layers and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from toegankelijk import registers

LEAST_COLUMNS = 2
"""Columns of a register's layer that a delivery must have to be recognised."""

LEAST_SHARE = 0.6
"""Share of the columns of a register's layer that a delivery must have."""


def recognise(layers: Mapping[str, Sequence[str]]) -> tuple[str, frozenset[str]]:
    """Bundled register map that layers (name to columns) fit best, and which of them it reads; empty if none fits.

    A layer must have the register's name for it, unless map and file both have one layer only. A column that selects rows or
    holds the key counts as much as one with an attribute.
    """
    ranked = []
    for name in registers.bundled_maps():
        wanted = _wanted(name)
        single = len({layer for layer, _ in wanted}) == 1 and len(layers) == 1
        pairs = [(columns, own) for layer, columns in wanted for own in layers if single or _same(layer, own)]
        scores = {own: max(_score(columns, layers[own]) for columns, other in pairs if other == own) for _, own in pairs}
        fitting = frozenset(own for own, score in scores.items() if score > 0)
        if fitting:
            ranked.append((sum(scores.values()), name, fitting))
    return max(ranked)[1:] if ranked else ("", frozenset())


def _same(name: str, own: str) -> bool:
    """Whether two names of a layer are the same, in any case, with or without a prefix such as ``GRB:``."""
    return name.rpartition(":")[2].casefold() == own.rpartition(":")[2].casefold()


def _score(wanted: frozenset[str], columns: Sequence[str]) -> float:
    """How well the columns of a layer fit those of a register's layer; 0 if they do not."""
    there = wanted & set(columns)
    share = len(there) / len(wanted)
    return share * len(there) if len(there) >= LEAST_COLUMNS and share >= LEAST_SHARE else 0.0


@cache
def _wanted(name: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Per layer of a map: its name, and the columns that it reads."""
    found = []
    for layer in registers.load_map(name).layers:
        columns = {part for column in layer.columns.values() for part in column.columns} | set(layer.where) | {layer.id or ""}
        if columns - {""}:
            found.append((layer.layer or "", frozenset(columns - {""})))
    return tuple(found)
