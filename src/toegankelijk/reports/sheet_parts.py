"""The parts of a fact sheet in words: its lead, score, bottlenecks, good examples, survey, trend and reach."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from toegankelijk import labels, schema, wording
from toegankelijk.charts import trend_bars
from toegankelijk.labels import label
from toegankelijk.reports.facts import SERVICE, ZONE
from toegankelijk.reports.pictures import Spot

MOST = 8
"""Bottlenecks on a sheet; the monitoring table has them all."""

MOST_EXAMPLES, MOST_VISITS, MOST_KINDS, MOST_ROWS = 6, 6, 4, 12
"""Good examples, visits, kinds of measurements of a visit, and rows of a chart on a sheet."""

BANDS, TERMS = ("hoog", "middel", "laag"), ("KT", "MLT", "LT")
"""Codes of priorities and terms, the most urgent first."""

ALIKE = ["criterion", "street", "solution", "priority"]
"""Columns in which bottlenecks are the same for a reader: one of them is shown, and how many more there are."""


def sort_name(division: str, lang: str) -> str:
    """What a unit of a division is called."""
    if division in (ZONE, SERVICE):
        return label("zone" if division == ZONE else "sheet.service", lang)
    name = labels.word("area.division", division, lang)
    return name[:1].upper() + name[1:]


def choose_urgent(bottlenecks: pd.DataFrame) -> pd.DataFrame:
    """The most urgent bottlenecks, of those that are alike one, with ``alike``: how many more of them there are."""
    rows = wording.urgent_first(bottlenecks)
    groups = rows[ALIKE].astype("object").where(rows[ALIKE].notna(), "").astype(str).agg("\n".join, axis=1)
    if rows.empty:
        return rows.assign(alike=pd.Series(dtype="int64"))
    return rows.assign(alike=groups.map(groups.value_counts()) - 1)[~groups.duplicated()].head(MOST)


def count_works(bottlenecks: pd.DataFrame, lang: str) -> dict[str, Any]:
    """How many there are, how many are urgent, and what they cost together where that is known."""
    cost = bottlenecks["cost_eur"].astype(float) if "cost_eur" in bottlenecks else pd.Series(dtype=float)
    known = int(cost.notna().sum())
    counts: dict[str, Any] = {"total": len(bottlenecks), "high": int((bottlenecks["priority_band"] == "hoog").sum())}
    counts |= {f"{key}_text": wording.number_of(counts[key], lang) for key in ("total", "high")}
    key = "sheet.bottlenecks_of" if counts["high"] else "sheet.count_none" if len(bottlenecks) else ""
    counts["said"] = label(key, lang, total=counts["total_text"], high=counts["high_text"]) if key else counts["total_text"]
    counts["cost"] = "" if not known else labels.money(float(cost.sum()), lang)
    if known and known < len(bottlenecks):
        counts["cost"] = label("sheet.cost_part", lang, cost=counts["cost"], known=wording.number_of(known, lang))
    return counts


def count_terms(bottlenecks: pd.DataFrame, lang: str) -> list[dict[str, str]]:
    """How many are planned per term."""
    rows = [(labels.word("term", term, lang), int((bottlenecks["planning"] == term).sum())) for term in TERMS]
    rest = len(bottlenecks) - sum(count for _, count in rows)
    if rest:
        rows.append((label("sheet.no_term", lang), rest))
    return [{"term": term, "count": wording.number_of(count, lang)} for term, count in rows]


def describe_score(scores: pd.DataFrame, lang: str) -> dict[str, Any]:
    """The score of one unit, the levels that are asked of it, and how far it is at each."""
    whole = scores[(scores["level"] == "all") & (scores["theme"] == "all")].iloc[0]
    described = wording.describe_score(whole.to_dict(), lang)
    asked = scores[scores["level"].isin(schema.LEVELS) & (scores["theme"] == "all") & (scores["objects"] > 0)]
    levels = [wording.describe_score(row, lang) for row in asked.sort_values("level").to_dict("records")]
    names = [row["level"] for row in levels]
    described["asked"] = ", ".join(names) if names else label("none", lang)
    described["levels"] = levels
    return described


def lead(name: str, score: Mapping[str, Any] | None, counts: Mapping[str, Any], lang: str) -> list[str]:
    """The sheet in a few sentences."""
    said = []
    if score is not None:
        ends = score["score"].split("–")
        key = "sheet.lead_none" if not score["known"] else "sheet.lead_score" if len(ends) == 2 else "sheet.lead_one"
        said.append(label(key, lang, name=name, low=ends[0], high=ends[-1]))
        if score["known"]:
            said.append(label("sheet.lead_known", lang, coverage=score["coverage"]))
        if score["known"] and not score["ranked"]:
            said.append(label("sheet.lead_unsure", lang))
    key = {0: "sheet.lead_no_works", 1: "sheet.lead_work"}.get(counts["total"], "sheet.lead_works")
    key += "_none" if counts["total"] and not counts["high"] else ""
    said.append(label(key, lang, total=counts["total_text"], high=counts["high_text"]))
    if score is not None and score["assumed"]:
        said.append(label("sheet.lead_assumed", lang))
    return said


def describe_cards(
    urgent: pd.DataFrame, names: wording.Names, spots: Mapping[str, Spot], *, zones: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Bottlenecks in words, each with the picture of its spot."""
    described = wording.describe_bottlenecks(urgent, names, zones)
    cards = []
    for place, row in described.iterrows():
        raw = urgent.loc[place]
        gained = float(raw["gain"]) if "gain" in urgent and not labels.is_missing(raw["gain"]) else 0.0
        cost = float(raw["cost_eur"]) if "cost_eur" in urgent and not labels.is_missing(raw["cost_eur"]) else math.nan
        where = row["street"] or label("sheet.no_street", names.lang)
        cards.append(
            {
                **row.to_dict(),
                "where": where,
                "cost": "" if math.isnan(cost) else labels.money(cost, names.lang),
                "gain": str(raw["gain_reason"]) if gained > 0 and "gain_reason" in urgent else "",
                "alike": ""
                if not raw["alike"]
                else _several("sheet.alike" if row["street"] else "sheet.alike_any", int(raw["alike"]), names.lang),
                "spot": spots.get(str(raw["bottleneck_id"])),
            }
        )
    return cards


def describe_examples(examples: pd.DataFrame, names: wording.Names) -> list[dict[Any, Any]]:
    """A few good examples, of as many themes and kinds as there are."""
    order = examples.groupby(["theme", "kind"]).cumcount()
    chosen = (
        examples.assign(_order=order).sort_values(["_order", "theme", "kind", "object_id"], kind="stable").head(MOST_EXAMPLES)
    )
    told = wording.describe_examples(chosen.drop(columns="_order"), names, {})
    rows: list[dict[Any, Any]] = told.assign(name=told["name"].where(told["name"] != told["street"], "")).to_dict("records")
    return rows


def describe_survey(survey: pd.DataFrame, names: wording.Names) -> dict[str, Any]:
    """What to measure: visits on the spot, the most telling first, and how many objects need data from elsewhere."""
    lang = names.lang
    visits = survey[survey["visit_id"].astype(str) != ""]
    rows: list[dict[str, Any]] = []
    for visit, group in visits.groupby("visit_id", sort=True):
        asked = pd.Series([name for cell in group["attributes"].astype(str) for name in cell.split("|") if name], dtype="object")
        kinds = list(dict.fromkeys(labels.word("attribute", name, lang) for name in sorted(asked.unique(), key=_often(asked))))
        rest = [_several("sheet.more_kinds", len(kinds) - MOST_KINDS, lang)] if len(kinds) > MOST_KINDS else []
        rows.append(
            {
                "visit": str(visit),
                "street": next(
                    (street for street in wording.text(group["street"]) if street), label("sheet.visit", lang, visit=visit)
                ),
                "objects": _several("sheet.objects", len(group), lang),
                "what": ", ".join([*kinds[:MOST_KINDS], *rest]),
                "priority": int(group["priority"].max()),
                "narrows": float(group["narrows"].sum()),
            }
        )
    rows.sort(key=lambda row: (-row["priority"], -row["narrows"], row["visit"]))
    for row in rows:
        row["points"] = labels.number(row["narrows"], lang, digits=1)
    elsewhere = len(survey) - len(visits)
    return {
        "visits": rows[:MOST_VISITS],
        "more": _several("sheet.more_visits", len(rows) - MOST_VISITS, lang) if len(rows) > MOST_VISITS else "",
        "elsewhere": _several("sheet.elsewhere", elsewhere, lang) if elsewhere else "",
        "objects": wording.number_of(len(survey), lang),
    }


def describe_trend(progress: pd.DataFrame | None, division: str, unit: str, lang: str) -> dict[str, Any] | None:
    """How many were open after each screening; nothing where the monitoring table was not given."""
    if progress is None or progress.empty:
        return None
    rows = progress[(progress["division"] == division) & (progress["unit"] == unit)]
    every = progress.drop_duplicates("run")
    if rows.empty:
        rows = every.assign(open=0, high=0, new=0, settled=0)
    moments = [labels.day(day.date(), lang) for day in rows["on"]]
    shown = [
        {"on": moment}
        | {key: "" if pd.isna(row[key]) else wording.number_of(row[key], lang) for key in ("open", "high", "new", "settled")}
        for moment, row in zip(moments, rows.to_dict("records"), strict=True)
    ]
    series = {
        label("sheet.open", lang): rows["open"].astype(int).tolist(),
        label("sheet.high", lang): rows["high"].astype(int).tolist(),
    }
    short = [labels.day(day.date(), lang, short=True) for day in rows["on"]]
    chart = trend_bars(short, series, marks=(2, 0), lang=lang, title=label("sheet.trend", lang)) if len(rows) > 1 else None
    return {"rows": shown, "chart": chart}


def describe_reach(reach: pd.DataFrame | None, division: str, unit: str, lang: str) -> list[dict[str, Any]]:
    """Who gets where without a barrier, per kind of user."""
    if reach is None:
        return []
    rows = reach[(reach["division"] == division) & (reach["area"].astype(str) == unit)]
    told = []
    for user, group in rows.groupby("profile_name", sort=False):
        lines = [
            {
                "purpose": row["purpose_name"],
                "within": wording.number_of(row["within"], lang),
                "reached": _between(row["reached_low"], row["reached_high"], lang),
            }
            for row in group.to_dict("records")
        ]
        unit = str(group["counted"].iloc[0])
        told.append({"user": user, "unit": unit, "residents": wording.number_of(group["residents"].max(), lang), "rows": lines})
    return told


def describe_sources(sources: pd.DataFrame, lang: str) -> list[str]:
    """Files that it rests on, with their date where one is known."""
    if sources.empty or "path" not in sources:
        return []
    paths = wording.text(sources["path"]).map(lambda path: path.replace("\\", "/").rsplit("/", 1)[-1])
    dates = (
        sources["date"].map(lambda value: labels.day(value, lang)) if "date" in sources else pd.Series("", index=sources.index)
    )
    return list(dict.fromkeys(f"{path} ({date})" if date else path for path, date in zip(paths, dates, strict=True) if path))


def _between(low: Any, high: Any, lang: str) -> str:
    if labels.is_missing(low) or labels.is_missing(high):
        return label("unknown", lang)
    ends = [wording.number_of(end, lang) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else label("sheet.from_to", lang, low=ends[0], high=ends[1])


def _often(asked: pd.Series) -> Callable[[str], tuple[int, str]]:
    """Order in which what is asked most often comes first."""
    counts = asked.value_counts().to_dict()
    return lambda name: (-counts[name], name)


def _several(key: str, count: int, lang: str) -> str:
    """A sentence about one or about several."""
    return label(f"{key}_one" if count == 1 else key, lang, count=wording.number_of(count, lang))
