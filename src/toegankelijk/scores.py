"""Scores of zones, as intervals: what is surely so, and what is possible.

An object scores ``1 - severity / 4`` in a theme, by its worst failing criterion of the scope. The low end takes what is unknown
at the worst it can be, the high end as met; ``known`` leaves it out. Objects of one kind are averaged (stretches by their length
in the area), then the kinds of a theme, then the themes of a zone by the weights of the norm. Whether an object counts does not
depend on its level: it counts if level A asks something of it, so a looser level never scores lower. Where it is unknown whether
anything is asked, or a kind was not delivered, it counts in the low end only where that lowers it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.findings import LEVELS_REACHED, Findings
from toegankelijk.norm import Norm

ALL = "all"
"""Code of a row over all levels, or over all themes."""

CITY = "city"
"""Code of the row over all zones together."""

COVERAGE_FLOOR = 0.5
"""Share of criterion weight that must be known before a zone is ranked; a proposal (see the concepts page of the docs)."""

REQUIRED_SHARE = 0.9
"""Share that must meet a level before the zone has reached it; a proposal (see the concepts page of the docs)."""

_ENDS = ("score", "share", "A", "B", "C")
_LOWS = [f"{end}_low" for end in _ENDS]
_HIGHS = [f"{end}_high" for end in _ENDS]
_MEANS = ["score_known", "coverage"]


def score_zones(
    findings: Findings,
    norm: Norm,
    *,
    coverage_floor: float = COVERAGE_FLOOR,
    required_share: float = REQUIRED_SHARE,
    theme_weights: Mapping[str, float] | None = None,
) -> gpd.GeoDataFrame:
    """Score every zone, per theme and per level that occurs in it.

    Parameters
    ----------
    findings
        What `assess` found; only criteria of its scope count.
    norm
        Gives the themes and their weights.
    coverage_floor
        Known share (0 to 1) of criterion weight under which a zone is shown but not ranked.
    required_share
        Share (0 to 1) that must meet a level for the zone to have reached it.
    theme_weights
        Weights (0 or more) of themes in the score of a zone, in the place of those of the norm; a theme that is not named keeps
        the norm's. They only mix themes: scores per theme, counts and blockers stay as they are.

    Raises
    ------
    ConfigError
        A theme is not in the norm, or the weights are below 0, infinite, or all 0.

    Returns
    -------
    GeoDataFrame
        A row per zone, level (``"A"``, ``"B"``, ``"C"`` or ``"all"``) and theme (a code or ``"all"``), with the zone's geometry.
        ``score_low`` and ``score_high`` enclose the score (0 to 1), ``share_low`` and ``share_high`` the share of stretches and
        objects that meet their level; ``score_known`` is over what is known only; ``coverage`` is the known share of criterion
        weight; ``blockers`` counts objects with a failure of severity 4; ``level_surely`` and ``level_possibly`` are the
        strictest level reached. NaN means that there is nothing of that theme in the zone.
    """
    weight = _theme_weights(norm, theme_weights or {})
    objects = object_scores(findings)
    whole = objects.assign(level=pd.Categorical([ALL] * len(objects), objects["level"].cat.categories))
    both = pd.concat([whole, objects], ignore_index=True)
    kinds = _with_undelivered(_mean(both, ["zone_id", "level", "theme", "kind"], both["weight"]), findings)
    themes = _mean(kinds, ["zone_id", "level", "theme"], pd.Series(1.0, kinds.index))
    zones = _mean(themes, ["zone_id", "level"], themes["theme"].map(weight)).assign(theme=ALL)
    table = pd.concat([zones, themes], ignore_index=True)
    table = table.merge(_counts(both), on=["zone_id", "level", "theme"], how="left")
    return _finish(table, findings.city, coverage_floor, required_share)


def score_city(
    findings: Findings,
    norm: Norm,
    *,
    coverage_floor: float = COVERAGE_FLOOR,
    required_share: float = REQUIRED_SHARE,
    theme_weights: Mapping[str, float] | None = None,
) -> gpd.GeoDataFrame:
    """Score all zones together, as if they were one; an object that lies in several counts once, at its strictest level.

    Returns
    -------
    GeoDataFrame
        As `score_zones`, with the one zone `CITY` and the name of the city.
    """
    city = findings.city
    outline = city.zones.geometry.union_all()
    whole = gpd.GeoDataFrame(
        {"name": city.name, "assumed": bool(city.zones["assumed"].all())}, geometry=[outline], index=[CITY], crs=city.crs
    )
    together = regroup(findings, whole, city.areas.assign(zone_id=CITY), findings.membership.assign(zone_id=CITY))
    return score_zones(together, norm, coverage_floor=coverage_floor, required_share=required_share, theme_weights=theme_weights)


def regroup(findings: Findings, units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, membership: pd.DataFrame) -> Findings:
    """Findings in which other units stand in the place of the zones, so that `score_zones` scores these.

    In each unit an object counts once, however many zones it lies in: at its strictest level first.

    Parameters
    ----------
    units
        Index the unit's id; ``name``, ``assumed`` and ``geometry``.
    areas
        Level areas with the unit that they are in as ``zone_id``; an area that lies in several has a row for each.
    membership
        As that of the findings, with the unit as ``zone_id``. A column ``inside`` is the share of the object that lies in the
        unit, which its shares together do not exceed; without it that is 1.
    """
    keys = ["zone_id", "kind", "object_id"]
    member = membership.sort_values([*keys, "level", "area_id"], kind="stable")
    before = member.groupby(keys, sort=False)["share"].cumsum() - member["share"]
    most = member.get("inside", 1.0)
    share = np.minimum(member["share"], most - before)
    once = member.assign(weight=member["weight"] * share / member["share"], share=share)[share > 1e-9]
    return replace(findings, city=replace(findings.city, zones=units, areas=areas), membership=once)


def _theme_weights(norm: Norm, given: Mapping[str, float]) -> dict[str, float]:
    """Weight of every theme: as given, else the norm's."""
    weights = {theme: norm.weight(theme) for theme in norm.themes.index}
    problems = [f"theme {theme!r} is none of {', '.join(weights)}" for theme in given if theme not in weights]
    problems += [
        f"theme {theme!r} weighs {weight}; give 0 or more" for theme, weight in given.items() if not 0 <= weight < math.inf
    ]
    weights.update(given)
    if not problems and not any(weights.values()):
        problems.append("all themes weigh 0; at least one must count")
    if problems:
        raise ConfigError("theme_weights cannot be used", problems)
    return weights


def object_scores(findings: Findings) -> pd.DataFrame:
    """One row per object, area and theme that may ask something of it: interval, share, weight, coverage."""
    places = _places(findings)
    places = places.join(_summed(findings, places))
    best, worst = places["best"].fillna(0), places["worst"].fillna(0)
    known = places["known_worst"].fillna(0)  # nothing asked at this level is known, and met
    result = places[["zone_id", "level", "theme", "kind", "thing", "weight"]].copy()
    result["optional"] = places["asked"] < 2
    result["score_low"], result["score_high"] = 1 - worst / 4, 1 - best / 4
    result["share_low"], result["share_high"] = (worst == 0).astype(float), (best == 0).astype(float)
    for i, level in enumerate(schema.LEVELS):
        result[f"{level}_low"] = (places["surely"] <= i).astype(float)
        result[f"{level}_high"] = (places["possibly"] <= i).astype(float)
    result["score_known"] = (1 - known / 4).where(known >= 0)
    result["coverage"] = (places["known_base"] / places["base"]).fillna(1.0)
    result["blocker"] = best == 4
    return result


def _places(findings: Findings) -> pd.DataFrame:
    """Membership times standing: a row per object, area and theme; ``thing`` numbers the objects, whatever their kind."""
    member, standing = findings.membership, findings.standing
    ids = findings.table["object_id"].cat.categories
    kinds, levels = pd.Index(schema.kinds()), [*schema.LEVELS, ALL]

    def thing(table: pd.DataFrame) -> np.ndarray:
        return np.asarray(kinds.get_indexer(table["kind"]) * len(ids) + ids.get_indexer(table["object_id"]))

    places = pd.DataFrame(
        {
            "thing": thing(member),
            "kind": pd.Categorical(member["kind"], sorted(kinds)),
            "zone_id": pd.Categorical(member["zone_id"]),
            "area_id": pd.Categorical(member["area_id"], findings.table["area_id"].cat.categories),
            "level": pd.Categorical(member["level"], levels),
            "weight": member["weight"].to_numpy(float),
        }
    )
    asked = standing[["asked", "surely", "possibly"]].assign(
        thing=thing(standing), theme=pd.Categorical(standing["theme"], sorted(findings.norm.themes.index))
    )
    return places.merge(asked, on="thing")


def _summed(findings: Findings, places: pd.DataFrame) -> pd.DataFrame:
    """Findings of the scope per row of ``places``: severities and criterion weights; NaN where there is none."""
    norm, categories = findings.norm, findings.table["criterion"].cat.categories
    rules = [norm.rules[code] for code in categories]
    table = findings.table[categories.isin(findings.scope)[findings.table["criterion"].cat.codes]]
    rule, ids, area = (table[name].cat.codes.to_numpy(np.int64) for name in ("criterion", "object_id", "area_id"))
    things, areas = len(table["object_id"].cat.categories), len(table["area_id"].cat.categories)
    themes = places["theme"].cat.categories
    thing = pd.Index(schema.kinds()).get_indexer([rule.kind for rule in rules])[rule] * things + ids
    theme = themes.get_indexer([rule.theme for rule in rules])[rule]
    cells = (places["thing"] * areas + places["area_id"].cat.codes) * len(themes) + places["theme"].cat.codes
    cell, held = pd.factorize(cells)  # an area in several units has its objects in each
    at = pd.Index(held).get_indexer((thing * areas + area) * len(themes) + theme)
    base = np.array([rule.severity_base for rule in rules], float)[rule]
    known, worst = (table["outcome"] != "unknown").to_numpy(), table["severity_worst"].to_numpy()
    severities = {"best": table["severity"].to_numpy(), "worst": worst, "known_worst": np.where(known, worst, -1)}
    most = pd.DataFrame(severities).groupby(at).max()
    sums = pd.DataFrame({"base": base, "known_base": base * known}).groupby(at).sum()
    return (
        most.join(sums).reindex(cell).set_axis(places.index)
    )  # findings of which level A asks nothing stand at -1, and fall out


def _mean(table: pd.DataFrame, keys: Sequence[str], weight: pd.Series) -> pd.DataFrame:
    """Weighted mean per group; optional rows enter the low ends only where they lower them, the high ends always."""
    groups = table.groupby(list(keys), sort=True, observed=True)
    number, weights = groups.ngroup().to_numpy(), weight.to_numpy(float)
    result = groups["optional"].all().reset_index().astype(dict.fromkeys(keys, "str"))
    plain = table[[*_HIGHS, *_MEANS]].reset_index(drop=True)
    parts, valued = plain.mul(weights, axis=0), plain.notna().mul(weights, axis=0)
    result[list(plain)] = parts.groupby(number).sum(min_count=1) / valued.groupby(number).sum()
    result[_LOWS] = _lowest_mean(table[_LOWS].reset_index(drop=True), weights, table["optional"].to_numpy(bool), number)
    return result


def _lowest_mean(low: pd.DataFrame, weight: np.ndarray, optional: np.ndarray, group: np.ndarray) -> pd.DataFrame:
    """Least weighted mean over all choices of optional rows: those that must count, then the optional ones from the lowest up."""
    parts = low.mul(weight, axis=0).assign(weight=weight)
    must = parts[~optional].groupby(group[~optional]).sum().reindex(range(group.max(initial=-1) + 1), fill_value=0.0)
    result = must[list(low)].div(must["weight"].where(must["weight"] > 0), axis=0)
    free = np.flatnonzero(optional)
    for column in low:
        order = free[np.lexsort((low[column].to_numpy()[free], group[free]))]
        of, added = group[order], parts[[column, "weight"]].iloc[order]
        total = added.groupby(of).cumsum() + must[[column, "weight"]].to_numpy()[of]
        running = total[column] / total["weight"].where(total["weight"] > 0)
        result[column] = np.fmin(result[column], running.groupby(of).min().reindex(result.index))
    return result


def _with_undelivered(kinds: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Kinds that nobody delivered, in every zone and level, as wholly unknown."""
    rules = [findings.norm.rules[code] for code in sorted(findings.scope)]
    missing = sorted({(rule.theme, rule.kind) for rule in rules if rule.kind not in findings.city.layers})
    areas = findings.city.areas[["zone_id", "level"]]
    places = pd.concat([areas.assign(level=ALL), areas]).drop_duplicates()
    unknown = places.merge(pd.DataFrame(missing, columns=["theme", "kind"]), how="cross")
    unknown = unknown.assign(
        optional=True, score_known=np.nan, coverage=0.0, **dict.fromkeys(_LOWS, 0.0), **dict.fromkeys(_HIGHS, 1.0)
    )
    return pd.concat([kinds, unknown], ignore_index=True) if len(kinds) else unknown


def _counts(objects: pd.DataFrame) -> pd.DataFrame:
    """Objects, and objects with a blocker, per zone, level and theme; an object counts once however it is cut by areas."""
    keys = ["zone_id", "level", "theme"]
    things = objects.groupby([*keys, "thing"], observed=True)["blocker"].any()
    whole = things.groupby(level=["zone_id", "level", "thing"], observed=True).any()
    parts = [things.reset_index(), whole.reset_index().assign(theme=ALL)]
    counts = [part.groupby(keys, observed=True)["blocker"].agg(blockers="sum", objects="size").reset_index() for part in parts]
    return pd.concat([count.astype(dict.fromkeys(keys, "str")) for count in counts], ignore_index=True)


def _finish(table: pd.DataFrame, city: schema.City, coverage_floor: float, required_share: float) -> gpd.GeoDataFrame:
    for word, end in (("surely", "low"), ("possibly", "high")):
        reached = np.stack([table[f"{level}_{end}"] >= required_share - 1e-9 for level in schema.LEVELS])
        table[f"level_{word}"] = np.where(reached.any(axis=0), np.array(LEVELS_REACHED)[reached.argmax(axis=0)], "none")
    table["ranked"] = table["coverage"] >= coverage_floor
    zones = city.zones.rename_axis("zone_id").rename(columns={"name": "zone_name"})
    everything = _every_row(city)
    table = everything.merge(table, on=["zone_id", "level", "theme"], how="left")
    table = table.merge(zones[["zone_name", "assumed", "geometry"]], left_on="zone_id", right_index=True)
    table["ranked"] = table["ranked"].eq(True)
    table[["blockers", "objects"]] = table[["blockers", "objects"]].fillna(0).astype("int64")
    columns = [
        *(
            "zone_id",
            "zone_name",
            "assumed",
            "level",
            "theme",
            "share_low",
            "share_high",
            "score_known",
            "score_low",
            "score_high",
        ),
        *("coverage", "blockers", "objects", "level_surely", "level_possibly", "ranked", "geometry"),
    ]
    return gpd.GeoDataFrame(table[columns], geometry="geometry", crs=city.crs)


def _every_row(city: schema.City) -> pd.DataFrame:
    """Every zone with its levels and all themes, so that a theme without objects shows as such."""
    areas = city.areas[["zone_id", "level"]]
    whole = pd.DataFrame({"zone_id": sorted(city.zones.index), "level": ALL})
    places = pd.concat([whole, areas.drop_duplicates().sort_values(["zone_id", "level"])], ignore_index=True)
    order = {level: i for i, level in enumerate([ALL, *schema.LEVELS])}
    places = places.sort_values("level", key=lambda level: level.map(order), kind="stable").sort_values("zone_id", kind="stable")
    return places.merge(pd.DataFrame({"theme": [ALL, *schema.THEMES]}), how="cross")
