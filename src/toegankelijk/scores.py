"""Scores of zones, as intervals: what is surely so, and what is possible.

An object scores ``1 - severity / 4`` in a theme, by its worst failing criterion of the scope. The low end takes what is unknown at
the worst it can be, the high end as met; ``known`` leaves it out. Objects of one kind are averaged (stretches by their length in the
area), then the kinds of a theme, then the themes of a zone by the weights of the norm. Whether an object counts does not depend on
its level: it counts if level A asks something of it, so a looser level never scores lower. Where it is unknown whether anything is
asked, or a kind was not delivered, it counts in the low end only where that lowers it.
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from toegankelijk import schema
from toegankelijk.findings import LEVELS_REACHED, Findings
from toegankelijk.norm import Norm

ALL = "all"
"""Code of a row over all levels, or over all themes."""

COVERAGE_FLOOR = 0.5
"""Share of criterion weight that must be known before a zone is ranked; source: DESIGN section 4, a proposal."""

REQUIRED_SHARE = 0.9
"""Share that must meet a level before the zone has reached it; source: DESIGN section 4, a proposal."""

_ENDS = ("score", "share", "A", "B", "C")
_LOWS = [f"{end}_low" for end in _ENDS]
_HIGHS = [f"{end}_high" for end in _ENDS]
_MEANS = ["score_known", "coverage"]


def score_zones(
    findings: Findings, norm: Norm, *, coverage_floor: float = COVERAGE_FLOOR, required_share: float = REQUIRED_SHARE
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

    Returns
    -------
    GeoDataFrame
        A row per zone, level (``"A"``, ``"B"``, ``"C"`` or ``"all"``) and theme (a code or ``"all"``), with the zone's geometry.
        ``score_low`` and ``score_high`` enclose the score (0 to 1), ``share_low`` and ``share_high`` the share of stretches and
        objects that meet their level; ``score_known`` is over what is known only; ``coverage`` is the known share of criterion
        weight; ``blockers`` counts objects with a failure of severity 4; ``level_surely`` and ``level_possibly`` are the strictest
        level reached. NaN means that there is nothing of that theme in the zone.
    """
    objects = _object_scores(findings)
    both = pd.concat([objects.assign(level=ALL), objects]) if len(objects) else objects
    kinds = _with_undelivered(_mean(both, ["zone_id", "level", "theme", "kind"], both["weight"]), findings)
    themes = _mean(kinds, ["zone_id", "level", "theme"], pd.Series(1.0, kinds.index))
    weights = themes["theme"].map({theme: norm.weight(theme) for theme in norm.themes.index})
    zones = _mean(themes, ["zone_id", "level"], weights).assign(theme=ALL)
    table = pd.concat([zones, themes], ignore_index=True)
    table = table.merge(_counts(both), on=["zone_id", "level", "theme"], how="left")
    return _finish(table, findings.city, coverage_floor, required_share)


def _object_scores(findings: Findings) -> pd.DataFrame:
    """One row per object, area and theme that may ask something of it: interval, share, weight, coverage."""
    table, norm = findings.table, findings.norm
    codes = table["criterion"].cat.categories
    rules = [norm.rules[code] for code in codes]
    position = table["criterion"].cat.codes.to_numpy()
    counted = np.array([code in findings.scope for code in codes], bool)[position]
    base = np.array([rule.severity_base for rule in rules], float)[position][counted]
    known = (table["outcome"] != "unknown").to_numpy()[counted]
    frame = pd.DataFrame(
        {
            "object_id": table["object_id"].to_numpy()[counted],
            "area_id": table["area_id"].to_numpy()[counted],
            "kind": np.array([rule.kind for rule in rules], object)[position][counted],
            "theme": np.array([rule.theme for rule in rules], object)[position][counted],
            "best": table["severity"].to_numpy()[counted],
            "worst": table["severity_worst"].to_numpy()[counted],
            "known_worst": np.where(known, table["severity_worst"].to_numpy()[counted], -1),
            "base": base,
            "known_base": base * known,
        }
    )
    keys = ["kind", "object_id", "area_id", "theme"]
    summed = frame.groupby(keys, observed=True, sort=False).agg(
        best=("best", "max"), worst=("worst", "max"), known_worst=("known_worst", "max"), base=("base", "sum"),
        known_base=("known_base", "sum"),
    )  # fmt: skip
    places = findings.membership.merge(findings.standing, on=["kind", "object_id"]).merge(
        summed.reset_index(), on=keys, how="left"
    )
    best, worst = places["best"].fillna(0), places["worst"].fillna(0)
    known = places["known_worst"].fillna(0)  # nothing asked at this level is known, and met
    result = places[["zone_id", "area_id", "level", "theme", "kind", "object_id", "weight"]].copy()
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


def _mean(table: pd.DataFrame, keys: Sequence[str], weight: pd.Series) -> pd.DataFrame:
    """Weighted mean per group; optional rows enter the low ends only where they lower them, the high ends always."""
    keys = list(keys)
    frame = table.reset_index(drop=True).assign(weight=weight.to_numpy())
    groups = frame.groupby(keys, sort=True)
    result = pd.DataFrame({"optional": groups["optional"].all()})
    for column in _HIGHS:
        result[column] = _plain_mean(frame, keys, column)
    for column in _MEANS:
        result[column] = _plain_mean(frame, keys, column)
    for column in _LOWS:
        result[column] = _lowest_mean(frame, keys, column)
    return result.reset_index()


def _plain_mean(frame: pd.DataFrame, keys: list[str], column: str) -> pd.Series:
    """Mean by weight over the rows that have a value."""
    valued = frame[column].notna()
    parts = frame.loc[valued, keys].assign(part=frame[column] * frame["weight"], weight=frame["weight"])
    sums = parts.groupby(keys, sort=True)[["part", "weight"]].sum()
    return sums["part"] / sums["weight"]


def _lowest_mean(frame: pd.DataFrame, keys: list[str], column: str) -> pd.Series:
    """Least weighted mean over all choices of optional rows: those that must count, then the optional ones from the lowest up."""
    ordered = frame.sort_values([*keys, "optional", column], kind="stable")
    part = (ordered[column] * ordered["weight"]).groupby([ordered[key] for key in keys], sort=False).cumsum()
    weight = ordered.groupby(keys, sort=False)["weight"].cumsum()
    running = part / weight.where(weight > 0)
    final = ~ordered.duplicated([*keys, "optional"], keep="last") | ordered["optional"]  # all that must count do count
    return running[final].groupby([ordered.loc[final, key] for key in keys], sort=True).min()


def _with_undelivered(kinds: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """Kinds that nobody delivered, in every zone and level, as wholly unknown."""
    rules = [findings.norm.rules[code] for code in sorted(findings.scope)]
    missing = sorted({(rule.theme, rule.kind) for rule in rules if rule.kind not in findings.city.layers})
    areas = findings.city.areas[["zone_id", "level"]]
    places = pd.concat([areas.assign(level=ALL), areas]).drop_duplicates()
    unknown = places.merge(pd.DataFrame(missing, columns=["theme", "kind"]), how="cross")
    unknown = unknown.assign(optional=True, score_known=np.nan, coverage=0.0, **dict.fromkeys(_LOWS, 0.0), **dict.fromkeys(_HIGHS, 1.0))
    return pd.concat([kinds, unknown], ignore_index=True) if len(kinds) else unknown


def _counts(objects: pd.DataFrame) -> pd.DataFrame:
    """Objects, and objects with a blocker, per zone, level and theme; an object counts once however it is cut by areas."""
    things = objects.groupby(["zone_id", "level", "theme", "kind", "object_id"], sort=True)["blocker"].any().reset_index()
    whole = things.groupby(["zone_id", "level", "kind", "object_id"], sort=True)["blocker"].any().reset_index().assign(theme=ALL)
    both = pd.concat([things, whole])
    counts = both.groupby(["zone_id", "level", "theme"], sort=True)["blocker"].agg(blockers="sum", objects="size")
    return counts.reset_index()


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
        *("zone_id", "zone_name", "assumed", "level", "theme", "share_low", "share_high", "score_known", "score_low", "score_high"),
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
