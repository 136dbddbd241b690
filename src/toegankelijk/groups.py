"""Verdicts per group of users: one object, judged for those who are hindered by a step, and for those who do not see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.findings import Findings, describe_objects
from toegankelijk.norm import Norm, Rule
from toegankelijk.norm.together import judge_together

GROUPS: Mapping[str, frozenset[str]] = {
    "physical": frozenset({"ROL", "ROLL", "SCO", "VAL", "HART", "KLEIN"}),
    "visual": frozenset({"VIS"}),
}
"""Verdicts and the user groups that each is for (column ``user_groups`` of the norm, see ``norms.md`` section 0)."""

EVERYBODY = "ALL"
"""User group that belongs to every verdict."""

_ORDER = ("meets", "unknown", "fails")
"""Outcomes from the best to the worst."""


def judge_groups(
    findings: Findings,
    norm: Norm,
    *,
    kinds: Collection[str] | None = None,
    groups: Mapping[str, Collection[str]] = GROUPS,
) -> gpd.GeoDataFrame:
    """Judge every object once per group of users, by the criteria of the scope that concern them.

    It fails if one of them fails, meets if all are met, and is unknown otherwise. A crossing follows its worst end; of an end
    outside all areas nothing is known.

    Parameters
    ----------
    findings
        What `toegankelijk.findings.assess` found.
    norm
        Says whom each criterion concerns.
    kinds
        Kinds of objects; if not given, all.
    groups
        Verdicts, and the user groups that each is for.

    Returns
    -------
    GeoDataFrame
        A row per object and level area: ``object_id, kind, zone_id, area_id, level, street, name``; per verdict a column with the
        outcome (empty where nothing is asked), and one called ``{verdict}_criteria`` with the criteria that decided, joined by
        ``|``: those that fail, or those that are unknown; ``geometry``.

    Examples
    --------
    >>> from toegankelijk import read_norm, sample_city, screen
    >>> findings = screen(sample_city()).findings
    >>> table = judge_groups(findings, read_norm(), kinds=["stop"]).set_index("object_id")
    >>> table.loc["HA-04", ["physical", "physical_criteria", "visual", "visual_criteria"]].tolist()
    ['fails', 'STO-01|STO-07|STO-18', 'fails', 'STO-08']
    """
    member = findings.membership
    wanted = sorted(set(member["kind"]) & set(member["kind"] if kinds is None else kinds))
    rules = [rule for code, rule in sorted(norm.rules.items()) if code in findings.scope]
    parts = []
    for kind in wanted:
        places = member[member["kind"] == kind].reset_index(drop=True)
        part = places[["object_id", "kind", "zone_id", "area_id", "level"]].copy()
        for name, users in groups.items():
            concerned = [rule for rule in rules if _users(norm, rule) & {*users, EVERYBODY}]
            part[name], part[f"{name}_criteria"] = _verdict(findings, kind, places, concerned)
        parts.append(part[(part[list(groups)] != "").any(axis=1)])
    columns = ["object_id", "kind", "zone_id", "area_id", "level", "street", "name"]
    columns += [column for name in groups for column in (name, f"{name}_criteria")]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({column: [] for column in columns})
    table = pd.concat([table.drop(columns=["street", "name"], errors="ignore"), _described(findings, table)], axis=1)
    return gpd.GeoDataFrame(table[[*columns, "geometry"]], geometry="geometry", crs=findings.city.crs)


def _described(findings: Findings, table: pd.DataFrame) -> pd.DataFrame:
    return describe_objects(findings.city, table["kind"], table["object_id"])


def _users(norm: Norm, rule: Rule) -> set[str]:
    return set(schema.split(str(norm.criteria.at[rule.code, "user_groups"])))


def _verdict(findings: Findings, kind: str, places: pd.DataFrame, rules: list[Rule]) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and deciding criteria of each row of a kind's membership."""
    codes = _codes(findings, kind, places, rules)
    listed = _listed(findings, [rule for rule in rules if rule.kind == kind])
    keys = pd.MultiIndex.from_frame(places[["object_id", "area_id"]])
    texts = {outcome: listed[outcome].reindex(keys, fill_value="").to_numpy(object) for outcome in _ORDER[1:]}
    of_ends = [rule for rule in rules if rule.kind == "crossing_end"]
    if kind == "crossing" and of_ends:
        worst, told = _ends(findings, of_ends)
        codes = np.maximum(codes, worst.reindex(places["object_id"], fill_value=-1).to_numpy())
        for outcome, text in texts.items():
            more = told[outcome].reindex(places["object_id"], fill_value="").to_numpy(object)
            texts[outcome] = np.array(["|".join(filter(None, pair)) for pair in zip(text, more, strict=True)], dtype=object)
    fails = np.where(texts["fails"] == "", texts["unknown"], texts["fails"])  # none by itself, but one of two that are opposed
    criteria = np.select([codes == 2, codes == 1], [fails, texts["unknown"]], "")
    return np.array([*_ORDER, ""], dtype=object)[codes], criteria


def _codes(findings: Findings, kind: str, places: pd.DataFrame, rules: Iterable[Rule]) -> np.ndarray:
    """Outcome as a position in `_ORDER`; -1 where nothing is asked."""
    layer = findings.city.layers[kind]
    verdicts = judge_together([rule for rule in rules if rule.kind == kind], layer)
    row, codes = layer.index.get_indexer(places["object_id"]), np.full(len(places), -1)
    for level, verdict in verdicts.items():
        code = np.where(verdict.asked, np.select([~verdict.possibly, verdict.surely], [2, 0], 1), -1)
        at = (places["level"] == level).to_numpy()
        codes[at] = code[row[at]]
    return codes


def _listed(findings: Findings, rules: Iterable[Rule]) -> dict[str, pd.Series]:
    """Criteria that fail, and those that are unknown and not surely met, per object and area; joined by ``|``."""
    table = findings.table[findings.table["criterion"].isin([rule.code for rule in rules])]
    result = {}
    for outcome in _ORDER[1:]:
        rows = table[(table["outcome"] == outcome) & (table["severity_worst"] > 0)]
        rows = rows.astype({"object_id": "object", "area_id": "object", "criterion": "object"})
        result[outcome] = rows.groupby(["object_id", "area_id"])["criterion"].agg("|".join)
    return result


def _ends(findings: Findings, rules: list[Rule]) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Worst outcome over the ends of each crossing, as a position in `_ORDER`, and the criteria that fail or are unknown."""
    ends = findings.city.layers["crossing_end"]
    parent = schema.texts(ends, "parent_id")
    places = findings.membership[findings.membership["kind"] == "crossing_end"]
    codes = pd.Series(_codes(findings, "crossing_end", places, rules)).groupby(places["object_id"].to_numpy()).max()
    worst = codes.reindex(ends.index, fill_value=1).groupby(parent).max()
    told = {}
    for outcome, criteria in _listed(findings, rules).items():
        of = parent.reindex(criteria.index.get_level_values("object_id")).to_numpy()
        told[outcome] = criteria.groupby(of).agg(_united)
    return worst, told


def _united(texts: Iterable[str]) -> str:
    return "|".join(sorted({code for text in texts for code in text.split("|")}))
