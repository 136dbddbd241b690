"""Which edges of a walking network a kind of user can pass, and what stops them.

An object on an edge is judged by the one kernel of the norm, with the rules of the profile. An edge *fails* if any object on it
does, else it is *unknown* if any is, else it *meets*. An edge without objects is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.network.graph import Network
from toegankelijk.network.profiles import EVERY, LEVEL, Profile, Question
from toegankelijk.norm.kernel import FAILS, MEETS, NOT_APPLICABLE, UNKNOWN, judge

BARRIER_COLUMNS = ("edge", "kind", "object_id", "attribute", "outcome")
"""Columns of what stops a user: on which edge, which object, by which attribute (`EVERY` for the object as such), and whether it
fails or is unknown."""

ON_EDGES = ("mouth",)
"""Kinds of edges that are judged by their kind where nothing stands on them."""

Codes = npt.NDArray[np.int8]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Passability:
    """What a kind of user can pass.

    Parameters
    ----------
    profile
        Name of the profile.
    outcome
        Per edge `FAILS`, `MEETS` or `UNKNOWN` of `toegankelijk.norm.kernel`.
    barriers
        One row per edge, object and rule that fails or is unknown; columns `BARRIER_COLUMNS`, sorted.
    """

    profile: str
    outcome: Codes
    barriers: pd.DataFrame

    @property
    def surely(self) -> Booleans:
        """Edges that can surely be passed."""
        return np.asarray(self.outcome == MEETS)

    @property
    def possibly(self) -> Booleans:
        """Edges that can perhaps be passed."""
        return np.asarray(self.outcome != FAILS)


def judge_edges(network: Network, layers: Mapping[str, gpd.GeoDataFrame], profile: Profile) -> Passability:
    """Judge which edges a kind of user can pass.

    Parameters
    ----------
    network
        The walking network.
    layers
        Kind to layer, measured. An object that is in no layer has no attributes.
    profile
        The kind of user.

    Returns
    -------
    Passability
        The outcome per edge, and what stops the user.
    """
    parts = _parts(network)
    found = [_whole(parts, kind, outcome) for kind, outcome in sorted(profile.whole.items())]
    for kind in sorted({question.rule.kind for question in profile.questions}):
        own = parts[parts["kind"] == kind]
        if len(own):
            asked = [question for question in profile.questions if question.rule.kind == kind]
            found += _by_questions(own, asked, layers, parts)
    barriers = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(BARRIER_COLUMNS))
    barriers = barriers.astype({"edge": np.intp, "outcome": np.int8})
    barriers = barriers.sort_values(list(BARRIER_COLUMNS), ignore_index=True)
    return Passability(profile.name, edge_outcomes(len(network), barriers), barriers)


def edge_outcomes(count: int, barriers: pd.DataFrame) -> Codes:
    """Outcome of each of so many edges, by what stops a user on them."""
    outcome = np.full(count, MEETS, dtype=np.int8)
    edge, code = barriers["edge"].to_numpy(dtype=np.intp), barriers["outcome"].to_numpy(dtype=np.int8)
    for worse in (UNKNOWN, FAILS):
        outcome[edge[code == worse]] = worse
    return outcome


def _parts(network: Network) -> pd.DataFrame:
    """Objects to pass on each edge, each once; an edge of `ON_EDGES` without any is one itself."""
    edges = network.edges
    bare = edges.index[edges["kind"].isin(ON_EDGES) & ~edges.index.isin(network.parts["edge"])]
    itself = pd.DataFrame({"edge": bare, "kind": edges.loc[bare, "kind"], "object_id": edges.loc[bare, "object_id"]})
    return pd.concat([network.parts, itself], ignore_index=True).drop_duplicates(ignore_index=True)


def _whole(parts: pd.DataFrame, kind: str, outcome: int) -> pd.DataFrame:
    return parts[parts["kind"] == kind].assign(attribute=EVERY, outcome=np.int8(outcome))


def _by_questions(
    own: pd.DataFrame, asked: list[Question], layers: Mapping[str, gpd.GeoDataFrame], parts: pd.DataFrame
) -> list[pd.DataFrame]:
    """What stops a user at the objects of one kind."""
    codes, ids = pd.factorize(own["object_id"])
    table = _attributes(asked, layers, ids)
    found = []
    for question in asked:
        if question.proxy_of:
            continue
        proxies = [other for other in asked if other.proxy_of == question.rule.attribute]
        outcome = _answer(question, proxies, table)
        if question.unless:
            outcome[_answered_by_others(ids, layers.get(question.unless), question.unless, parts)] = MEETS
        rows = outcome[codes] != MEETS
        found.append(own[rows].assign(attribute=question.rule.attribute, outcome=outcome[codes][rows]))
    return found


def _attributes(asked: list[Question], layers: Mapping[str, gpd.GeoDataFrame], ids: pd.Index) -> pd.DataFrame:
    """What is known of objects of one kind, as far as it is asked; nothing of those that are in no layer."""
    layer = layers.get(asked[0].rule.kind)
    if layer is None:
        return pd.DataFrame(index=ids)
    names = {name for question in asked for name in (question.rule.attribute, *(flag for flag, _ in question.rule.applies))}
    columns = [f"{name}{end}" for name in sorted(names) for end in ("", "_low", "_high")]
    return pd.DataFrame(layer[[column for column in columns if column in layer]]).reindex(ids)


def _answer(question: Question, proxies: list[Question], table: pd.DataFrame) -> Codes:
    """Outcome of a question per object, with what stands in for a value that is not known."""
    outcome = _judged(question, table)
    for proxy in proxies:
        word = MEETS if proxy.says == "for" else FAILS
        outcome[(outcome == UNKNOWN) & (_judged(proxy, table) == word)] = word
    if question.says == "against":
        outcome[(outcome == UNKNOWN) & ~_speaks_against(question, table)] = MEETS
    return outcome


def _judged(question: Question, table: pd.DataFrame) -> Codes:
    """Outcome of a comparison; it meets where it does not apply, and where that is unknown it does not fail."""
    verdicts = judge(replace(question.rule, applies=()), table)[LEVEL]
    outcome = np.where(verdicts.outcome == NOT_APPLICABLE, MEETS, verdicts.outcome).astype(np.int8)
    for name, wanted in question.rule.applies:
        flags = table[name].astype("boolean") if name in table else pd.Series(pd.NA, table.index, dtype="boolean")
        outcome[(flags.isna() & (outcome == FAILS)).to_numpy(dtype=bool)] = UNKNOWN
        outcome[flags.eq(not wanted).to_numpy(dtype=bool, na_value=False)] = MEETS
    return outcome


def _speaks_against(question: Question, table: pd.DataFrame) -> Booleans:
    """Objects of which something is known on the side on which the limit is missed."""
    rule = question.rule
    if rule.type != "number":
        return np.asarray(schema.is_known(table, rule.attribute))
    low, high = schema.bounds(table, rule.attribute)
    return np.asarray(np.isfinite(low if rule.compare == "min" else high))


def _answered_by_others(ids: pd.Index, others: gpd.GeoDataFrame | None, kind: str, parts: pd.DataFrame) -> Booleans:
    """Objects with parts of another kind, such as narrowings, all of which stand on the network themselves."""
    if others is None or "parent_id" not in others:
        return np.zeros(len(ids), dtype=bool)
    on_network = pd.Series(others.index.isin(parts.loc[parts["kind"] == kind, "object_id"]))
    complete = on_network.groupby(schema.texts(others, "parent_id").to_numpy()).all()
    return np.asarray(complete.reindex(ids).eq(True))
