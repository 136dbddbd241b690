"""Tables of a screening in words: what the map and the report say of a zone, a bottleneck, a good example."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from toegankelijk import labels
from toegankelijk.norm import Norm, read_norm

TEXTS = ("bottleneck_id", "object_id", "street", "description", "value", "required", "solution", "cost_class", "source")
"""Columns of bottlenecks that are shown as they are."""

REASONS = ("solution", "priority", "feasibility", "planning", "responsible")
"""What a bottleneck gives a reason for, in a column ``{what}_reason``."""


@dataclass(frozen=True)
class Names:
    """Names of codes in one language; a code without a name stands for itself."""

    lang: str
    themes: Mapping[str, str]
    criteria: Mapping[str, str]
    services: Mapping[str, str]
    remedies: Mapping[str, str]
    kinds: Mapping[str, str]
    sources: Mapping[str, str]

    @classmethod
    def of(cls, norm: Norm | None, lang: str) -> Names:
        """Names from a norm's tables; by default from the bundled norm."""
        norm = norm or _bundled_norm()
        return cls(
            lang=lang,
            themes=labels.names(norm.themes, lang),
            criteria=labels.names(norm.criteria, lang),
            services=labels.names(norm.services, lang),
            remedies=labels.names(norm.remedies, lang),
            kinds={**labels.context_names(lang), **labels.kind_names(lang)},
            sources=dict(norm.sources["title"]),
        )


@cache
def _bundled_norm() -> Norm:
    return read_norm()


def headline(scores: pd.DataFrame, lang: str) -> list[dict[str, Any]]:
    """What to say of each zone, all themes and levels together: ranked zones first, from the lowest score up."""
    chosen = scores[(scores["level"] == "all") & (scores["theme"] == "all")]
    order = chosen.assign(unranked=~chosen["ranked"].astype(bool), text=chosen["zone_id"].astype(str))
    order = order.sort_values(["unranked", "score_low", "score_high", "text"], na_position="last", kind="stable")
    return [describe_score(row, lang) for row in order.drop(columns="geometry", errors="ignore").to_dict("records")]


def zone_names(scores: pd.DataFrame) -> dict[str, str]:
    """Names of the zones by their id."""
    zones = scores.drop_duplicates("zone_id")
    return dict(zip(zones["zone_id"].astype(str), text(zones["zone_name"].fillna(zones["zone_id"])), strict=True))


def theme_scores(scores: pd.DataFrame, names: Names) -> list[tuple[str, pd.Series]]:
    """Per theme its name, and score and coverage in words by zone id."""
    table = describe_themes(scores, names)
    zones = [row["zone"]["zone_id"] for row in table["rows"]]
    cells = [[_score_and_coverage(cell, names.lang) for cell in row["cells"]] for row in table["rows"]]
    frame = pd.DataFrame(cells, index=zones, columns=range(len(table["themes"])), dtype="object")
    return [(theme, frame[order]) for order, theme in enumerate(table["themes"])]


def urgent_first(bottlenecks: pd.DataFrame) -> pd.DataFrame:
    """Bottlenecks by priority, then severity, then id."""
    by = ["priority", "severity", "bottleneck_id"]
    return bottlenecks.sort_values(by, ascending=[False, False, True], kind="stable")


def describe_bottlenecks(bottlenecks: pd.DataFrame, names: Names, zones: Mapping[str, str]) -> pd.DataFrame:
    """Bottlenecks in words, all columns text, on the same index."""
    table, lang = bottlenecks, names.lang
    shown = {column: text(table[column]) for column in TEXTS}
    shown["theme"] = translate(table["theme"], names.themes)
    shown["kind"] = translate(table["kind"], names.kinds)
    shown["zone"] = translate_each(table["zone_id"], zones)
    shown["basis"] = table["basis"].map(lambda codes: labels.several("basis", codes, lang))
    shown["level"] = text(table["level"])
    shown["criterion"] = translate(table["criterion"], {code: f"{code} {name}" for code, name in names.criteria.items()})
    several = text(table["criteria"])
    shown["criteria"] = several.str.replace("|", ", ").where(several != text(table["criterion"]), "")
    shown["severity"] = words(text(table["severity"]), "severity", lang)
    shown["solution"] = shown["solution"].where(shown["solution"] != "", translate(table["remedy"], names.remedies))
    for column in ("responsible", "partner"):
        shown[column] = translate(table[column], names.services)
    for column in ("feasibility", "track", "phase", "status"):
        shown[column] = words(table[column], column, lang)
    shown["band"] = text(table["priority_band"])
    shown["band_name"] = words(table["priority_band"], "band", lang)
    shown["letter"] = words(table["priority_band"], "band_letter", lang)
    shown["priority"] = text(table["priority"])
    year = text(table["target_year"])
    shown["planning"] = text(table["planning"]) + ": " + shown["phase"] + (" (" + year + ")").where(year != "", "")
    for what in REASONS:
        shown[f"{what}_reason"] = text(table[f"{what}_reason"])
    for column in ("first_seen", "last_seen"):
        shown[column] = table[column].map(lambda day: labels.day(day, lang))
    return pd.DataFrame(shown, index=table.index)


def describe_examples(examples: pd.DataFrame, names: Names, zones: Mapping[str, str]) -> pd.DataFrame:
    """Good examples in words, all columns text, on the same index."""
    shown = {
        "theme": translate_each(examples["theme"], names.themes),
        "kind": translate(examples["kind"], names.kinds),
        "zone": translate_each(examples["zone_id"], zones),
        "criteria": text(examples["criteria"]).str.replace("|", ", "),
    }
    plain = {column: text(examples[column]) for column in ("object_id", "level", "street", "name")}
    return pd.DataFrame({**shown, **plain}, index=examples.index)


def layer_names(layers: pd.Series, kinds: pd.Series) -> pd.Series:
    """Names of layers without the kind that they begin with, for a table that has the kind beside it."""
    pairs = zip(text(layers), text(kinds), strict=True)
    return pd.Series([layer.removeprefix(f"{kind}: ") for layer, kind in pairs], layers.index, dtype="object")


def aside_reason(reason: str, lang: str) -> str:
    """Why rows were set aside, in the language; a reason without words of its own stays. A number in it is kept."""
    found = re.search(r"\d+(\.\d+)?", reason)
    amount = found[0] if found else "#"
    return labels.word("aside", reason.replace(amount, "#"), lang).replace("#", amount)


def text(values: pd.Series) -> pd.Series:
    """Cells as text: nothing for a missing cell, whole numbers without decimals."""
    if pd.api.types.is_float_dtype(values.dtype):
        return values.map(lambda value: f"{value:.10g}", na_action="ignore").astype("object").fillna("")
    return values.astype("object").map(str, na_action="ignore").fillna("")


def translate(values: pd.Series, names: Mapping[str, str]) -> pd.Series:
    """Names for codes; a code without a name stays."""
    codes = text(values)
    return codes.map(lambda code: names.get(code, code))


def translate_each(values: pd.Series, names: Mapping[str, str]) -> pd.Series:
    """Names for codes of which several may stand in a cell, with a ``|`` between them."""
    return text(values).map(lambda codes: ", ".join(names.get(code, code) for code in codes.split("|")))


def describe_score(row: Mapping[Any, Any], lang: str) -> dict[str, Any]:
    """One row of scores in words, with the ends of its bar in hundredths."""
    low, high = float(row["score_low"]), float(row["score_high"])
    surely, possibly = (labels.word("level", row[f"level_{how}"], lang) for how in ("surely", "possibly"))
    between = labels.label("level_range", lang, surely=surely, possibly=possibly)
    known = not (math.isnan(low) or math.isnan(high))
    score = labels.interval(low, high, lang, unit="")
    ends = score.split("–")
    key = "report.bar_none" if not known else "report.bar" if len(ends) == 2 else "report.bar_one"
    return {
        "zone_id": str(row["zone_id"]),
        "name": str(row["zone_id"] if labels.is_missing(row["zone_name"]) else row["zone_name"]),
        "assumed": bool(row["assumed"]),
        "level": str(row["level"]),
        "ranked": bool(row["ranked"]),
        "known": known,
        "low": round(low * 100, 2) if known else 0,
        "wide": round(max(high - low, 0.01) * 100, 2) if known else 0,
        "score": score,
        "bar": labels.label(key, lang, low=ends[0], high=ends[-1]),
        "share": labels.interval(float(row["share_low"]), float(row["share_high"]), lang),
        "coverage": labels.interval(float(row["coverage"]), float(row["coverage"]), lang),
        "blockers": number_of(row["blockers"], lang),
        "objects": number_of(row["objects"], lang),
        "reached": surely if surely == possibly else between,
    }


def describe_themes(scores: pd.DataFrame, names: Names) -> dict[str, Any]:
    """Scores with ``themes`` as columns and zones as rows, in the order of the headline."""
    chosen = scores[(scores["level"] == "all") & (scores["theme"] != "all")].drop(columns="geometry", errors="ignore")
    present = set(chosen["theme"].astype(str))
    themes = [theme for theme in names.themes if theme in present] + sorted(present - set(names.themes))
    described = {(str(row["zone_id"]), str(row["theme"])): describe_score(row, names.lang) for row in chosen.to_dict("records")}
    rows = [
        {"zone": zone, "cells": [described.get((zone["zone_id"], theme)) for theme in themes]}
        for zone in headline(scores, names.lang)
    ]
    return {"themes": [names.themes.get(theme, theme) for theme in themes], "rows": rows}


def _score_and_coverage(cell: Mapping[str, Any] | None, lang: str) -> str:
    return f"{cell['score']} ({cell['coverage']})" if cell and cell["known"] else labels.label("no_data", lang)


def words(values: pd.Series, group: str, lang: str) -> pd.Series:
    """Words of a group of labels for codes; a code without a word stays."""
    return text(values).map(lambda code: labels.word(group, code, lang))


def number_of(value: Any, lang: str) -> str:
    """A count in words: unknown if it is missing."""
    return labels.number(float(value), lang, digits=0) if not labels.is_missing(value) else labels.label("unknown", lang)
