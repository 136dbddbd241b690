"""Bottlenecks: one row per object and remedy, with priority, feasibility, planning and responsible by rule, each with its reason.

The formulas are those of ``norms.md`` section 11 (proposals): priority P = 3 S + E + L + 3 K.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import evidence, gaps, schema
from toegankelijk.findings import Findings, describe_objects
from toegankelijk.labels import kind_names, label, names
from toegankelijk.norm import Norm
from toegankelijk.zones import representative_points

LEVEL_TERM = {"A": 2, "B": 1, "C": 0}
"""Level term L of the priority."""

EXPOSURE = ((100.0, 3), (200.0, 2), (500.0, 1))
"""Exposure term E: within this distance in metres of a care anchor."""

BANDS = ((14, "hoog"), (9, "middel"), (0, "laag"))
"""Least priority of each band."""

FEASIBILITY_FLAGS = ("space_free", "ground_free", "permit_free")
"""True/false attributes that each give a point of feasibility; the fourth point is a cost class of at most 2."""

TERMS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("hoog", "hoog"): ("KT", "uitvoering"),
    ("hoog", "middel"): ("KT", "studie"),
    ("hoog", "laag"): ("KT", "tijdelijke_maatregel"),
    ("middel", "hoog"): ("KT", "uitvoering"),
    ("middel", "middel"): ("MLT", "uitvoering"),
    ("middel", "laag"): ("LT", "uitvoering"),
    ("laag", "hoog"): ("MLT", "onderhoud"),
    ("laag", "middel"): ("LT", "uitvoering"),
    ("laag", "laag"): ("LT", "uitvoering"),
}
"""Term and phase by priority band and feasibility."""

FRONTAGE = ("terrace", "bin")
"""Obstacles that a frontager put there; enforcement deals with them."""

MOVE, PRUNE, WIDEN = "obstakel_verplaatsen", "snoeien", "voetpad_verbreden"
"""Remedies of a width: by what limits it, an obstacle, a hedge, or the edges of the pavement."""


@dataclass(frozen=True)
class Horizon:
    """Years in which the short, medium and long term end; the default follows the municipal multi-year plan 2026-2031."""

    KT: int = 2028
    MLT: int = 2031
    LT: int = 2037


Importance = Callable[[pd.DataFrame], pd.DataFrame]
"""What a walking network says of bottlenecks: from their columns ``kind, object_id, remedy, criterion, criteria, level`` to
columns ``distance`` (metres to walk to the nearest care anchor; NaN or infinite where the network does not tell) and ``chain``
(whether it lies on every way between a care anchor and its stop or shop), on the same index."""

COLUMNS = (
    *("bottleneck_id", "theme", "criterion", "criteria", "object_id", "kind", "zone_id", "level", "street", "description"),
    *("value", "required", "severity", "solution", "solution_reason", "remedy", "cost_class", "feasibility"),
    *("feasibility_reason", "track", "priority", "priority_band", "priority_reason", "planning", "planning_reason", "phase"),
    *(
        "target_year",
        "responsible",
        "partner",
        "responsible_reason",
        "basis",
        "source",
        "status",
        "first_seen",
        "last_seen",
        "geometry",
    ),
)


def find_bottlenecks(
    findings: Findings,
    norm: Norm,
    *,
    horizon: Horizon | None = None,
    importance: Importance | None = None,
    lang: str = "nl",
) -> gpd.GeoDataFrame:
    """Turn failing findings into bottlenecks, each with a solution, a term and a responsible service by rule.

    All failing criteria count, also those outside the scope of the scores: what was measured and fails is on the table. Where an
    object lies in several areas, the gravest finding leads.

    Parameters
    ----------
    findings
        What `assess` found.
    norm
        Gives remedies and services.
    horizon
        Years in which the terms end.
    importance
        What a walking network says of them (see `toegankelijk.planning.importance`). Without one, exposure goes by the straight
        line to the nearest care anchor, and the chain term is 0.
    lang
        Language of the sentences.

    Returns
    -------
    GeoDataFrame
        One row per object and remedy, columns `COLUMNS`, sorted by priority, highest first; ``geometry`` is a point on the
        object.
    """
    table = _group(_failing(findings), norm)
    objects = describe_objects(findings.city, table["kind"], table["object_id"])
    shapes = objects["geometry"].to_numpy(dtype=object)
    table = table.assign(street=objects["street"], shape=shapes, geometry=representative_points(shapes))
    table = _set_solution(table, findings, norm, lang)
    table = _set_evidence(table, findings, norm, lang)
    table = _set_priority(table, findings.city, importance, lang)
    table = _set_feasibility(table, findings.city, norm, lang)
    table = _set_responsible(table, findings.city, norm, lang)
    table = _set_planning(table, norm, horizon or Horizon(), lang)
    table["bottleneck_id"] = [_identity(*row) for row in zip(table["kind"], table["object_id"], table["remedy"], strict=True)]
    seen = findings.city.settings.get("date") or datetime.datetime.now(datetime.UTC).date()
    table = table.assign(status="open", first_seen=seen, last_seen=seen)
    table = table.sort_values(["priority", "severity", "bottleneck_id"], ascending=[False, False, True], ignore_index=True)
    return gpd.GeoDataFrame(table[list(COLUMNS)], geometry="geometry", crs=findings.city.crs)


def _failing(findings: Findings) -> pd.DataFrame:
    """Failing findings with the place that they hold for."""
    failing = findings.table[findings.table["outcome"] == "fails"]
    rules = findings.norm.rules
    code = failing["criterion"].astype("object")
    frame = failing.assign(
        object_id=failing["object_id"].astype("object"),
        area_id=failing["area_id"].astype("object"),
        criterion=code,
        kind=code.map({rule.code: rule.kind for rule in rules.values()}),
        remedy=code.map({rule.code: rule.remedy for rule in rules.values()}),
        detail=code.map({rule.code: not rule.core for rule in rules.values()}).astype(bool),
    )
    frame["remedy"] = _remedies(frame, findings)
    return frame.merge(findings.membership, on=["kind", "object_id", "area_id"], how="left")


def _remedies(failing: pd.DataFrame, findings: Findings) -> np.ndarray:
    """The remedy of the criterion; to move an obstacle only where one limits, or nobody knows what does.

    Where a hedge limits, it is pruned. Where no obstacle does, it is the criterion's other remedy, or else a wider footway.
    """
    remedy: np.ndarray = failing["remedy"].to_numpy(dtype=object, copy=True)
    known, moved = set(findings.norm.remedies.index), np.flatnonzero(remedy == MOVE)
    for code, rows in failing.iloc[moved].groupby("criterion").indices.items():
        rule, at = findings.norm.rules[code], moved[rows]
        limits = gaps.limited_by(findings.city, rule.kind, rule.attribute).loc[failing["object_id"].iloc[at]].to_numpy()
        other = findings.norm.criteria.at[code, "alternative"]
        chosen = {"edge": WIDEN if other in ("", PRUNE) else other, "hedge": PRUNE}
        remedy[at] = [chosen[limit] if chosen.get(limit) in known else MOVE for limit in limits]
    return remedy


def _group(failing: pd.DataFrame, norm: Norm) -> pd.DataFrame:
    """One row per object and remedy: the leading finding, and all criteria that it stands for."""
    ordered = failing.sort_values(
        ["kind", "object_id", "remedy", "severity", "level", "detail", "criterion", "share", "zone_id"],
        ascending=[True, True, True, False, True, True, True, False, True],
    )
    keys = ["kind", "object_id", "remedy"]
    lead = ordered.drop_duplicates(keys).reset_index(drop=True)
    listed = ordered.sort_values([*keys, "criterion"]).drop_duplicates([*keys, "criterion"])
    others = listed.groupby(keys, sort=False)["criterion"].agg(list)
    index = pd.MultiIndex.from_frame(lead[keys])
    lead["criteria"] = [
        "|".join([first, *(code for code in codes if code != first)])
        for first, codes in zip(lead["criterion"], others.reindex(index), strict=True)
    ]
    return lead.assign(theme=lead["criterion"].map({rule.code: rule.theme for rule in norm.rules.values()}))


def _set_evidence(table: pd.DataFrame, findings: Findings, norm: Norm, lang: str) -> pd.DataFrame:
    """Value, requirement, basis, source and a sentence, per leading criterion."""
    value, required = np.full(len(table), "", object), np.full(len(table), "", object)
    kinds, criteria = kind_names(lang), names(norm.criteria, lang)
    basis, source, description = (np.full(len(table), "", object) for _ in range(3))
    for (code, level, limit), group in table.groupby(["criterion", "level", "required"], sort=True, dropna=False):
        rule = norm.rules[code]
        layer = findings.city.layers[rule.kind].loc[group["object_id"]]
        value[group.index] = evidence.value_texts(rule, layer, lang)
        required[group.index] = evidence.required_text(rule, level, limit, lang)
        basis[group.index], source[group.index] = evidence.basis_texts(norm, code, level, limit, lang=lang)
        for i in group.index:
            description[i] = label(
                "bottleneck.sentence",
                lang,
                kind=kinds[rule.kind],
                criterion=criteria[code],
                value=value[i],
                required=required[i],
                level=level,
            )
    solution = table["remedy"].map(names(norm.remedies, lang))
    return table.assign(value=value, required=required, basis=basis, source=source, description=description, solution=solution)


def _set_solution(table: pd.DataFrame, findings: Findings, norm: Norm, lang: str) -> pd.DataFrame:
    """Reason of the solution, where a measured gap gives one."""
    rules = [norm.rules[code] for code in table["criterion"]]
    asked = table[["kind", "object_id", "level"]].assign(
        attribute=[rule.attribute for rule in rules],
        limit=table["required"].to_numpy(dtype=float, na_value=np.nan),
        tolerance=[rule.tolerance for rule in rules],
    )
    return table.assign(solution_reason=gaps.explain_solutions(findings.city, asked, lang=lang))


def _set_priority(table: pd.DataFrame, city: schema.City, importance: Importance | None, lang: str) -> pd.DataFrame:
    """P = 3 S + E + L + 3 K; where the walking network does not tell, E goes by straight-line distance and K is 0."""
    straight = anchor_distance(table["shape"].to_numpy(), city)
    walked, chain = np.full(len(table), np.nan), np.zeros(len(table), bool)
    if importance is not None:
        told = importance(table[["kind", "object_id", "remedy", "criterion", "criteria", "level"]])
        walked, chain = told["distance"].to_numpy(dtype=float), told["chain"].to_numpy(dtype=bool)
    by_network = np.isfinite(walked)
    distance = np.where(by_network, walked, straight)
    exposure = np.select([distance <= limit + 1e-9 for limit, _ in EXPOSURE], [points for _, points in EXPOSURE], 0)
    level = table["level"].map(LEVEL_TERM).to_numpy(dtype=int)
    priority = 3 * table["severity"].to_numpy(dtype=int) + exposure + level + 3 * chain
    band = np.select([priority >= least for least, _ in BANDS], [name for _, name in BANDS], "")
    chains = [label(f"why.chain_{code}", lang) for code in ("no", "yes", "unknown")]
    why = chain.astype(int) if importance is not None else np.full(len(table), 2)
    terms = zip(priority, table["severity"], exposure, level, distance, by_network, chain, why, strict=True)
    reasons = [
        label(
            "why.priority",
            lang,
            p=p,
            s=s,
            e=e,
            l=term,
            distance=_distance_text(metres, lang, walked=on),
            k=int(k),
            chain=chains[c],
        )
        for p, s, e, term, metres, on, k, c in terms
    ]
    return table.assign(priority=priority, priority_band=band, priority_reason=reasons)


def anchor_distance(shapes: np.ndarray, city: schema.City) -> np.ndarray:
    """Distance in metres to the nearest care anchor; NaN where no anchors are known."""
    anchors = city.layers.get("anchor")
    distance = np.full(len(shapes), np.nan)
    if anchors is None or anchors.empty or not len(shapes):
        return distance
    (which, _), found = shapely.STRtree(anchors.geometry.to_numpy()).query_nearest(
        shapes, return_distance=True, all_matches=False
    )
    distance[which] = found
    return distance


def _distance_text(metres: float, lang: str, *, walked: bool) -> str:
    if np.isnan(metres):
        return label("why.no_anchor", lang)
    return label("why.anchor_walk" if walked else "why.anchor_distance", lang, metres=f"{metres:.0f}")


def _set_feasibility(table: pd.DataFrame, city: schema.City, norm: Norm, lang: str) -> pd.DataFrame:
    """The remedy's default, or four points when the three flags of the object are known."""
    remedies = norm.remedies.loc[table["remedy"]]
    cost = remedies["cost_class"].astype(int).to_numpy()
    default = remedies["feasibility_default"].to_numpy()
    flags = pd.DataFrame({flag: pd.array(_attribute(table, city, flag), dtype="boolean") for flag in FEASIBILITY_FLAGS})
    known = flags.notna().all(axis=1).to_numpy()
    points = np.where(known, flags.fillna(False).sum(axis=1).to_numpy(dtype=int) + (cost <= 2), -1)
    feasibility = np.select([points >= 4, points >= 2, points >= 0], ["hoog", "middel", "laag"], default.astype(object))
    reasons = [
        label("why.feasibility_points", lang, points=p, cost=c) if p >= 0 else label("why.feasibility_default", lang, cost=c)
        for p, c in zip(points, cost, strict=True)
    ]
    return table.assign(cost_class=cost, feasibility=feasibility, feasibility_reason=reasons)


def _set_responsible(table: pd.DataFrame, city: schema.City, norm: Norm, lang: str) -> pd.DataFrame:
    """The service of the remedy, unless the manager of the object is another."""
    service = norm.remedies.loc[table["remedy"], "responsible"].to_numpy()
    partner = norm.remedies.loc[table["remedy"], "partner"].to_numpy()
    manager = pd.Series(_attribute(table, city, "manager"), dtype="object").fillna("").to_numpy()
    obstacle = pd.Series(_attribute(table, city, "obstacle_type"), dtype="object").fillna("").to_numpy()
    own = norm.services["own"].eq("true")
    rows = [
        _responsible(*row, own=own)
        for row in zip(table["theme"], table["remedy"], service, partner, manager, obstacle, strict=True)
    ]
    parts = pd.DataFrame(rows, columns=["responsible", "partner", "why"], index=table.index)
    track = np.where(own.reindex(parts["responsible"]).to_numpy(dtype=bool), "eigen", "derden")
    reasons = [label(f"why.responsible.{why}", lang) for why in parts["why"]]
    return table.assign(responsible=parts["responsible"], partner=parts["partner"], responsible_reason=reasons, track=track)


def _responsible(
    theme: str, remedy: str, service: str, partner: str, manager: str, obstacle: str, *, own: pd.Series
) -> tuple[str, str, str]:
    """Service, partner and the rule that decided."""
    why = {"": "manager_unknown", "municipality": "municipal"}.get(manager, manager)
    road = {"awv": "awv", "private": "eigenaar", "other": "eigenaar"}.get(manager, "wegen")
    if remedy == "obstakel_verplaatsen" and obstacle in FRONTAGE:
        return "handhaving", "eigenaar", "frontage"
    if theme == "haltes":
        return ("delijn", road, "stop_operator") if service == "delijn" else (road, "delijn", f"stop_{why}")
    if manager == "awv":
        return "awv", service if own[service] else "", "awv"
    if manager in ("private", "other"):
        return "eigenaar", service if own[service] else "", manager
    return service, "" if partner == "awv" else partner, why


def _set_planning(table: pd.DataFrame, norm: Norm, horizon: Horizon, lang: str) -> pd.DataFrame:
    default = norm.remedies.loc[table["remedy"], "phase_default"].to_numpy()
    rows = [
        _planning(*row, lang=lang)
        for row in zip(table["track"], table["priority_band"], table["feasibility"], default, strict=True)
    ]
    parts = pd.DataFrame(rows, columns=["planning", "phase", "planning_reason"], index=table.index)
    years = parts["planning"].map({"KT": horizon.KT, "MLT": horizon.MLT, "LT": horizon.LT}).astype("int64")
    return table.assign(**{column: parts[column] for column in parts}, target_year=years)


def _planning(track: str, band: str, feasibility: str, phase_default: str, *, lang: str) -> tuple[str, str, str]:
    """Term, phase and the reason in words."""
    if track == "derden":
        return "KT", "aanmelden_bij_derden", label("why.planning_third_party", lang)
    term, phase = TERMS[band, feasibility]
    if (band, feasibility) == ("middel", "hoog") and phase_default == "onderhoud":
        phase = "onderhoud"
    reason = label("why.planning", lang, band=label(f"band.{band}", lang), feasibility=label(f"feasibility.{feasibility}", lang))
    then = label("why.planning_then_mlt", lang) if phase in ("studie", "tijdelijke_maatregel") else ""
    return term, phase, reason + then


def _attribute(table: pd.DataFrame, city: schema.City, attribute: str) -> np.ndarray:
    """An attribute of the objects of the table; None where the layer does not have it."""
    values = np.full(len(table), None, object)
    for kind, group in table.groupby("kind", sort=False):
        layer = city.layers[kind]
        if attribute in layer:
            values[group.index] = layer.loc[group["object_id"], attribute].astype("object").to_numpy()
    return values


def _identity(kind: str, object_id: str, remedy: str) -> str:
    """Key of a bottleneck: it rests on the object's own key and the remedy, never on the order of rows."""
    digest = hashlib.sha256(f"{kind}\0{object_id}\0{remedy}".encode()).hexdigest()
    return f"K-{digest[:12]}"
