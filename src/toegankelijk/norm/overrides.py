"""Rows of a norm folder that take the place of rows of a bundled norm, and what that changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from toegankelijk.norm.tables import ATTRIBUTE_COLUMNS, HEADS, KEYS, OVERRIDE_COLUMNS, parse_table, records

GROUPS: Mapping[str, tuple[str, ...]] = {
    **{table: (KEYS[table],) for table in ("themes", "criteria", "remedies", "services", "sources")},
    "limits": ("code", "level"),
    "severities": ("code",),
}
"""Columns of each table whose values together say which rows take whose place: rows that share them are replaced together."""

REMOVED_COLUMNS = ("table", "key")
"""Columns of the ``removed.csv`` that a norm folder with a base may have."""

Row = tuple[str, dict[str, str]]
Groups = dict[str, list[Row]]


@dataclass(frozen=True)
class Overridden:
    """The tables of a base with the rows of a folder put in.

    Parameters
    ----------
    tables
        All tables; the index says where a row stands.
    overrides
        What differs from the base; columns `OVERRIDE_COLUMNS`.
    faults
        What is wrong with the files of the folder, in words.
    files
        Key of every row that the folder speaks of, to the files that do.
    """

    tables: dict[str, pd.DataFrame]
    overrides: pd.DataFrame
    faults: list[str]
    files: Mapping[str, list[str]]

    def cite(self, fault: str) -> str:
        """A fault of the outcome, with the files of the folder that speak of the rows it names."""
        named = dict.fromkeys(re.findall(r"[^\s,;()\[\]{}:'\"]+", fault))
        files = dict.fromkeys(file for word in named for file in self.files.get(word, ()))
        unnamed = [file for file in files if file not in fault]
        return f"{fault} (see {', '.join(unnamed)})" if unnamed else fault


def override(base: str, tables: Mapping[str, pd.DataFrame], given: Mapping[str, bytes]) -> Overridden:
    """Put the rows of a norm folder in the place of those of its base.

    Parameters
    ----------
    base
        Name of the base.
    tables
        Tables of the base.
    given
        CSV files of the folder, by name: tables of a norm, ``attributes.csv`` and ``removed.csv``.

    Returns
    -------
    Overridden
        A row of the folder replaces the row of the base with the same key, or is added after all others. Of ``limits`` all rows
        of a code and level are replaced together, of ``severities`` all rows of a code. A table with one row per key may leave
        columns out: these keep what the base says. A criterion that is removed takes its limits and severities with it.
    """
    known = {*(f"{table}.csv" for table in HEADS), "attributes.csv", "removed.csv"}
    faults = [f"{file}: is no table of a norm; there are {', '.join(sorted(known))}" for file in sorted(set(given) - known)]
    before = {name: _groups(_placed(table, f" of {base}"), name) for name, table in tables.items() if name in HEADS}
    after = {name: dict(groups) for name, groups in before.items()}
    own, found = _own(given)
    faults += found
    removed = own.pop("removed", None)
    files: dict[str, list[str]] = {}
    for place, row in _rows(removed):
        faults += _remove(after, row["table"], row["key"], place, base)
        files.setdefault(row["key"], []).append("removed.csv")
    for name in HEADS:
        columns = list(tables[name])
        if name in own:
            groups = _groups(own[name], name)
            faults += _put(after[name], groups, name, own[name], columns, _removed_keys(removed, name), base)
            for word in dict.fromkeys(key.split(" ")[0] for key in groups):
                files.setdefault(word, []).append(f"{name}.csv")
    merged = {name: _table(groups, list(tables[name])) for name, groups in after.items()}
    attributes = [table for table in (tables.get("attributes"), own.get("attributes")) if table is not None]
    if attributes:
        merged["attributes"] = pd.concat(attributes).fillna("")
    rows = [row for name in HEADS for row in _differences(name, before[name], after[name])]
    return Overridden(merged, pd.DataFrame(rows, columns=list(OVERRIDE_COLUMNS), dtype="object"), faults, files)


def _own(given: Mapping[str, bytes]) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Tables of the folder. Those with one row per key need only that key, the others all their columns."""
    heads = {name: GROUPS[name] if name in KEYS else head for name, head in HEADS.items()}
    own, faults = {}, []
    for name, head in {**heads, "attributes": ATTRIBUTE_COLUMNS, "removed": REMOVED_COLUMNS}.items():
        if (raw := given.get(f"{name}.csv")) is not None:
            table, found = parse_table(name, raw, head)
            own[name] = table.set_axis(table.index.str.replace(name, f"{name}.csv", n=1)) if len(table) else table
            faults += found
    return own, faults


def _remove(tables: Mapping[str, Groups], table: str, key: str, place: str, base: str) -> list[str]:
    """Take a row out, or say why that cannot be done."""
    if table == "limits":
        return [f"{place}: limits are not removed; give a row with an empty limit, which asks nothing"]
    if key not in tables.get(table, {}):
        return [f"{place}: {base} has no {table} {key!r}" if table in tables else f"{place}: table {table!r} is not known"]
    del tables[table][key]
    if table == "criteria":
        tables["severities"].pop(key, None)
        for limit in [limit for limit in tables["limits"] if limit.split(" ")[0] == key]:
            del tables["limits"][limit]
    return []


def _put(
    after: Groups, own: Groups, name: str, table: pd.DataFrame, columns: list[str], removed: Iterable[str], base: str
) -> Iterator[str]:
    """Put rows in; yields the faults."""
    missing = [column for column in HEADS[name] if column not in table]
    for column in (column for column in table if column not in columns):
        yield f"{name}.csv: column {column!r} is not one of {', '.join(columns)}"
    for key, rows in own.items():
        if key in removed:
            yield f"{rows[0][0]}: {key!r} is removed in removed.csv, and given here"
        if key not in after and missing:
            yield f"{rows[0][0]}: {base} has no {name} {key!r}, and a new row needs {', '.join(missing)} too"
            continue
        kept = after[key][0][1] if name in KEYS and key in after else {}
        after[key] = [(place, {**kept, **row}) for place, row in rows]


def _differences(name: str, before: Groups, after: Groups) -> Iterator[tuple[str, str, str, str, str]]:
    """What changed in a table: a row per cell, or per row that came or went."""
    for key in dict.fromkeys([*before, *after]):
        was, now = ([row for _, row in groups.get(key, ())] for groups in (before, after))
        if not (was and now):
            yield name, key, "", _told(was), _told(now)
            continue
        for column in dict.fromkeys([*was[0], *now[0]]):
            texts = [" / ".join(row.get(column, "") for row in rows) for rows in (was, now)]
            if texts[0] != texts[1]:
                yield name, key, column, texts[0], texts[1]


def _told(rows: list[dict[str, str]]) -> str:
    return " / ".join(", ".join(f"{column} {cell}" for column, cell in row.items() if cell) for row in rows)


def _removed_keys(removed: pd.DataFrame | None, name: str) -> set[str]:
    return {row["key"] for _, row in _rows(removed) if row["table"] == name}


def _placed(table: pd.DataFrame, where: str) -> pd.DataFrame:
    return table.set_axis([f"{place}{where}" for place in table.index])


def _rows(table: pd.DataFrame | None) -> list[Row]:
    return [] if table is None else list(zip(map(str, table.index), records(table), strict=True))


def _groups(table: pd.DataFrame, name: str) -> Groups:
    """Rows by key, in the order of the table."""
    groups: Groups = {}
    for place, row in _rows(table):
        groups.setdefault(" ".join(row[column] for column in GROUPS[name]), []).append((place, row))
    return groups


def _table(groups: Groups, columns: list[str]) -> pd.DataFrame:
    rows = [row for group in groups.values() for row in group]
    cells = [[row.get(column, "") for column in columns] for _, row in rows]
    return pd.DataFrame(cells, [place for place, _ in rows], columns, dtype="object")
