"""Which bottleneck of a screening is which of the monitoring table: by the source's key, else by place, kind and remedy."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.ledger.fields import CONFLICT_FIELDS, KEY
from toegankelijk.ledger.objects import Seen, read_objects
from toegankelijk.ledger.pairing import Pairs, pair_objects
from toegankelijk.ledger.snapshot import Snapshot

NEW = "nieuw"
"""Decision that an ambiguous bottleneck is none of those in the table."""

WITHHELD = "?"
"""Stands for a bottleneck that may be one or another in the table."""

BETWEEN = " | "
"""Stands between several ids."""


@dataclass(frozen=True)
class Matches:
    """What became of bottlenecks from one screening to the next.

    Parameters
    ----------
    found
        For each row of the snapshot's table the ``bottleneck_id`` that it has; "" if it is new, `WITHHELD` if it may be one or
        another: it is not to be written until staff decide.
    how
        Why: ``key``, ``place``, ``decision``, ``new``, ``split`` (new, its object is a part of an older one) or ``ambiguous``.
    parent
        Ids of the bottlenecks of which it is a part, or that were merged into it; "" if there are none.
    objects
        What became of those in the table that do not fail any more, by ``bottleneck_id``: ``kind, object_id`` of their object
        now ("" if it is gone, or nobody can say); ``how`` (as above, or ``part``, ``gone``); ``candidates``, all objects that it
        is or may be; ``merged_into``, the bottleneck that stands for it now; ``shape`` of the object.
    conflicts
        Those withheld, with columns of `toegankelijk.ledger.fields.CONFLICT_FIELDS`; ``note`` holds the remedy and the distance
        in metres of each candidate.
    """

    found: pd.Series
    how: pd.Series
    parent: pd.Series
    objects: pd.DataFrame
    conflicts: pd.DataFrame


def match(
    base: pd.DataFrame,
    snapshot: Snapshot,
    *,
    decisions: Mapping[str, str] = MappingProxyType({}),
    tolerance: float = 0.5,
) -> Matches:
    """Find the bottlenecks of the table in a screening, one to one.

    A bottleneck is an object and a remedy. Objects are matched first, see `toegankelijk.ledger.pairing.pair_objects`: by their
    key where the kind's keys are stable, else by place, as long as only one can be the other. Of an object that was split the
    part that shares most keeps the bottleneck, among those on which it still fails; of objects that were merged the one that
    shared most gives it. If the remedy changed and nothing else, it is the same bottleneck.

    Parameters
    ----------
    base
        The table as it was last written, `toegankelijk.ledger.state.State.base`: ``kind, object_id, remedy, theme, criteria,
        status, last_seen, deleted_on``, and the object's ``shape`` as WKB, else ``x`` and ``y``. Rows that staff deleted are
        found like others; those that they added (``E-``) are left alone.
    snapshot
        The screening, in the same coordinate system.
    decisions
        What staff decided of earlier conflicts: ``conflict_id`` to a ``bottleneck_id`` or `NEW`.
    tolerance
        Metres that the place of the same object may lie off.

    Returns
    -------
    Matches
        What was found.

    Raises
    ------
    ConfigError
        The tolerance is no positive number.
    InputError
        The base lacks columns.

    Examples
    --------
    >>> import datetime
    >>> import geopandas as gpd
    >>> bench = {"kind": "rest_place", "object_id": "7", "remedy": "bank_vervangen"}
    >>> bench |= {"theme": "straatmeubilair", "criteria": "MEU-01"}
    >>> base = pd.DataFrame([bench], index=pd.Index(["K-1"], name="bottleneck_id"))
    >>> base = base.assign(status="open", last_seen=pd.NaT, deleted_on=pd.NaT, shape=None, x=10.0, y=20.0)
    >>> there = gpd.GeoDataFrame([bench | {"object_id": "B7"}], geometry=gpd.points_from_xy([10.2], [20.3]), crs="EPSG:31370")
    >>> now = Snapshot(there.assign(shape=there.geometry), there.assign(parent=""), pd.DataFrame(), frozenset(),
    ...                datetime.date(2026, 6, 1))
    >>> match(base, now).found.tolist()
    ['K-1']
    """
    _check(base, tolerance)
    seen = read_objects(base, snapshot, tolerance=tolerance)
    said = _decided(decisions, seen)
    pairs = pair_objects(
        seen.old, seen.new, decided=(said.o.to_numpy(), said.n.to_numpy()), refused=said.refused, tolerance=tolerance
    )
    related = pd.DataFrame({name: getattr(pairs, name) for name in ("old", "new", "how", "main", "claims", "overlap")})
    related = related.rename(columns={"old": "o", "new": "n"})
    result = _Result(seen, related)
    result.decide(said)
    result.claim()
    result.claim_with_other_remedy()
    doubt = result.withhold(pairs)
    parent, merged = result.families()
    names = seen.table.index
    return Matches(
        pd.Series(result.found, names, dtype="object"),
        pd.Series(np.where((result.how == "new") & (parent != ""), "split", result.how), names, dtype="object"),
        pd.Series(parent, names, dtype="object"),
        _fates(seen, pairs, related, result.at >= 0, merged),
        _conflicts(seen, doubt),
    )


def fresh_ids(kinds: Iterable[str], object_ids: Iterable[str], remedies: Iterable[str], *, taken: Collection[str]) -> list[str]:
    """Ids for new bottlenecks, of their object and remedy; with a number where that id was given out before.

    Examples
    --------
    >>> fresh_ids(["stop"], ["HA-01"], ["abri_verplaatsen"], taken=[])
    ['K-9a2242aa8a33']
    """
    issued, ids = set(taken), []
    for parts in zip(kinds, object_ids, remedies, strict=True):
        made, again = _digest("K-", *parts), 0
        while made in issued:
            again += 1
            made = _digest("K-", *parts, str(again))
        issued.add(made)
        ids.append(made)
    return ids


def conflict_of(kind: str, object_id: str, remedy: str) -> str:
    """Id of the conflict on an ambiguous bottleneck: the same as long as its object is called the same."""
    return _digest("C-", "ambiguous", kind, object_id, remedy)


def _digest(prefix: str, *parts: str) -> str:
    return prefix + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _check(base: pd.DataFrame, tolerance: float) -> None:
    if not (isinstance(tolerance, int | float) and math.isfinite(tolerance) and tolerance > 0):
        raise ConfigError(f"tolerance={tolerance!r} is no distance; give the metres that a place may lie off, such as 0.5")
    needed = ("kind", "object_id", "remedy", "theme", "criteria", "status", "last_seen", "deleted_on", "shape", "x", "y")
    if absent := [name for name in needed if name not in base]:
        raise InputError(
            f"monitoring_base: no columns {', '.join(absent)}; it was written by something else, restore a copy of it"
        )


@dataclass(frozen=True)
class _Said:
    """What staff decided: bottleneck `b` is row `t`, so object `o` is `n`; rows that are new, and their objects."""

    b: np.ndarray
    t: np.ndarray
    o: pd.Series
    n: pd.Series
    new: np.ndarray
    refused: np.ndarray


def _decided(decisions: Mapping[str, str], seen: Seen) -> _Said:
    """Decisions that can be followed: on what is there, of one kind, each bottleneck once. Others stay in the list."""
    said = {name.strip(): text.strip() for name, text in decisions.items() if text.strip()}
    names = seen.table[["kind", "object_id", "remedy"]]
    of = names.itertuples(index=False, name=None) if said else ()
    text = pd.Series([said.get(conflict_of(*row), "") for row in of], dtype="object")
    table, rows = seen.table.reset_index(drop=True), seen.rows
    at = np.flatnonzero(~text.isin(["", NEW]))
    b = pd.Index(rows["id"]).get_indexer(text.iloc[at])
    at, b = at[b >= 0], b[b >= 0]
    fine = ~pd.Series(b).duplicated(keep=False).to_numpy()
    fine &= table["kind"].to_numpy()[at] == rows["kind"].to_numpy()[b]
    t, b = at[fine], b[fine]
    new = np.flatnonzero(text.str.casefold().eq(NEW))
    n = table["n"]
    refused = np.setdiff1d(n.iloc[new], n.iloc[t])
    return _Said(b, t, rows["o"].iloc[b], n.iloc[t], new, refused)


class _Result:
    """Which bottleneck each row is; each is given once."""

    def __init__(self, seen: Seen, related: pd.DataFrame) -> None:
        self.rows, self.table, self.related = seen.rows, seen.table.reset_index(drop=True), related
        self.found = np.full(len(self.table), "", dtype=object)
        self.how = np.full(len(self.table), "new", dtype=object)
        self.at = np.full(len(self.rows), -1)  # of each bottleneck, its row
        self.closed = np.zeros(len(self.table), bool)

    def give(self, b: np.ndarray, t: np.ndarray, how: np.ndarray | str) -> None:
        self.found[t], self.how[t], self.at[b] = self.rows["id"].to_numpy(dtype=object)[b], how, t

    def pairs(self, related: pd.DataFrame, on: list[str]) -> pd.DataFrame:
        """Bottlenecks and rows of related objects, where bottleneck and row agree on these columns."""
        rows = self.rows[["o", "live", "seen", "deleted", *on]].rename_axis("b").reset_index()
        table = self.table[["n", *on]].rename_axis("t").reset_index()
        return related.merge(rows, on="o").merge(table, on=["n", *on])

    def decide(self, said: _Said) -> None:
        """Follow decisions, as far as the objects were free."""
        pairs = pd.MultiIndex.from_arrays([said.o, said.n]).isin(pd.MultiIndex.from_frame(self.related[["o", "n"]]))
        self.give(said.b[pairs], said.t[pairs], "decision")
        self.closed[said.new] = True

    def open(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Pairs of which neither was given nor taken."""
        t = pairs["t"].to_numpy()
        return pairs[(self.at[pairs["b"].to_numpy()] < 0) & (self.found[t] == "") & ~self.closed[t]]

    def claim(self) -> None:
        """Same object, same remedy: first the object itself, then the parts that share most."""
        pairs = self.pairs(self.related[self.related["claims"]], ["remedy"])
        order = ["main", "overlap", "deleted", "live", "seen", "o", "b", "n", "t"]
        pairs = pairs.sort_values(order, ascending=[False, False, True, False, False, True, True, True, True])
        while len(pairs := self.open(pairs)):
            first = pairs[~pairs["b"].duplicated() & ~pairs["t"].duplicated()]
            self.give(first["b"].to_numpy(), first["t"].to_numpy(), first["how"].to_numpy(dtype=object))

    def claim_with_other_remedy(self) -> None:
        """Same object and theme, and a criterion in common, if one bottleneck lost its remedy and one row has another."""
        pairs = self.open(self.pairs(self.related[self.related["main"]], ["theme"]))
        pairs = pairs[pairs["live"].to_numpy(dtype=bool)]
        pairs = pairs[self.overlap(pairs)]
        pairs = pairs[~pairs["b"].duplicated(keep=False) & ~pairs["t"].duplicated(keep=False)]
        self.give(pairs["b"].to_numpy(), pairs["t"].to_numpy(), pairs["how"].to_numpy(dtype=object))

    def overlap(self, pairs: pd.DataFrame) -> np.ndarray:
        """Whether bottleneck and row have a criterion in common."""
        sides = self.rows["criteria"].iloc[pairs["b"]], self.table["criteria"].iloc[pairs["t"]]
        return np.array([bool({*one.split("|")} & {*other.split("|")} - {""}) for one, other in zip(*sides, strict=True)], bool)

    def withhold(self, pairs: Pairs) -> pd.DataFrame:
        """Rows that may be one bottleneck or another; a row with a remedy that none of these has is new."""
        doubt = pd.DataFrame({"o": pairs.doubt_old, "n": pairs.doubt_new}).drop_duplicates()
        same = self.open(self.pairs(doubt, ["remedy"]))
        theme = self.open(self.pairs(doubt, ["theme"]))
        theme = theme[theme["live"].to_numpy(dtype=bool)]
        doubtful = pd.concat([same, theme[self.overlap(theme)]]).drop_duplicates(["b", "t"])
        t = doubtful["t"].unique()
        self.found[t], self.how[t] = WITHHELD, "ambiguous"
        return doubtful

    def families(self) -> tuple[np.ndarray, np.ndarray]:
        """Ids of the bottlenecks that each row is a part of, or that were merged into it; and into which one each was merged."""
        pairs = self.pairs(self.related, ["remedy"])
        b, t = pairs["b"].to_numpy(), pairs["t"].to_numpy()
        ids = self.rows["id"].to_numpy(dtype=object)
        lost = self.at[b] < 0
        into = lost & (self.found[t] != "") & (self.found[t] != WITHHELD)
        of = into | (self.found[t] == "")
        merged = np.full(len(self.rows), "", dtype=object)
        merged[b[into]] = self.found[t[into]]
        parent = np.full(len(self.table), "", dtype=object)
        parents = pd.Series(ids[b[of]]).groupby(t[of]).agg(lambda names: BETWEEN.join(sorted(set(names))))
        parent[parents.index] = parents.to_numpy()
        return parent, merged


def _fates(seen: Seen, pairs: Pairs, related: pd.DataFrame, found: np.ndarray, merged: np.ndarray) -> pd.DataFrame:
    """What became of bottlenecks that do not fail any more."""
    rows, objects = seen.rows[~found], seen.objects
    doubt = pd.DataFrame({"o": pairs.doubt_old, "n": pairs.doubt_new}).assign(main=False, overlap=0.0)
    every = pd.concat([related, doubt], ignore_index=True)
    every = every[every["o"].isin(rows["o"])].sort_values(["main", "overlap", "n"], ascending=[False, False, True])
    names = pd.Series(objects["object_id"].to_numpy(dtype=object)[every["n"]])
    listed = names.groupby(every["o"].to_numpy()).agg(lambda ids: BETWEEN.join(dict.fromkeys(ids)))
    lead = every[every["how"].notna()].drop_duplicates("o").set_index("o") if len(related) else every.iloc[:0].set_index("o")
    unclear = rows["o"].isin(pairs.doubt_old).to_numpy() | pairs.lost_in_throng[rows["o"].to_numpy()]
    there = rows["o"].isin(lead.index).to_numpy()
    now = lead.reindex(rows["o"])
    at = now["n"].fillna(0).to_numpy(dtype=np.intp)
    how = np.where(now["main"].eq(True).to_numpy(), now["how"].to_numpy(dtype=object), "part")
    nothing = np.full(len(rows), None, dtype=object)
    return pd.DataFrame(
        {
            "kind": rows["kind"].to_numpy(dtype=object),
            "object_id": np.where(there, objects["object_id"].to_numpy(dtype=object)[at] if len(objects) else "", ""),
            "how": np.select([there, unclear], [how, "ambiguous"], "gone"),
            "candidates": listed.astype("object").reindex(rows["o"], fill_value="").to_numpy(dtype=object),
            "merged_into": merged[~found],
            "shape": np.where(there, objects["shape"].to_numpy(dtype=object)[at], None) if len(objects) else nothing,
        },
        index=pd.Index(rows["id"].to_numpy(dtype=object), name=KEY),
    )


def _conflicts(seen: Seen, doubt: pd.DataFrame) -> pd.DataFrame:
    """Rows withheld, for the list of conflicts; nearest candidates first."""
    shapes = seen.old.shape[doubt["o"]], seen.new.shape[doubt["n"]]
    doubt = doubt.assign(id=seen.rows["id"].to_numpy(dtype=object)[doubt["b"]], apart=np.round(shapely.distance(*shapes), 2))
    doubt = doubt.sort_values(["t", "apart", "id"])
    groups = doubt.groupby("t", sort=True)
    table = seen.table.iloc[list(groups.groups)]
    columns: dict[str, Any] = dict.fromkeys(CONFLICT_FIELDS, "")
    columns["conflict_id"] = [conflict_of(*row) for row in table[["kind", "object_id", "remedy"]].itertuples(index=False)]
    columns |= {"what": "ambiguous", "field": "object_id", "since": pd.NaT, "machine_value": table["object_id"].to_numpy()}
    columns["candidates"] = groups["id"].agg(BETWEEN.join).to_numpy(dtype=object)
    metres = groups["apart"].agg(lambda apart: BETWEEN.join(f"{metre:.2f} m" for metre in apart)).to_numpy(dtype=object)
    columns["note"] = (table["kind"] + ", " + table["remedy"]).to_numpy(dtype=object) + ": " + metres
    return pd.DataFrame(columns, index=range(len(table)))
