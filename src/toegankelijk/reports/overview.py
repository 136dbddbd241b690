"""The report: one plain HTML page that says what was found, what was not known, and from which data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from toegankelijk import labels, pages, schema, wording
from toegankelijk.norm import Norm

MAX_ROWS = 1000
"""Longest list of bottlenecks or good examples in a report; the monitoring table has them all."""

BANDS, TERMS = ("hoog", "middel", "laag"), ("KT", "MLT", "LT")
"""Columns of works with counts per priority and per term."""

NO_OPERATION = "none"
"""Operation of a layer that was in the coordinate system of the run already; the report leaves it out."""


def write_report(
    path: Path,
    *,
    city_name: str,
    scores: pd.DataFrame,
    bottlenecks: pd.DataFrame,
    good_examples: pd.DataFrame,
    unknowns: pd.DataFrame,
    balance: pd.DataFrame,
    run: Mapping[str, Any],
    lang: str = "nl",
    norm: Norm | None = None,
    areas: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Write the report of a screening as one HTML file without scripts, that opens without a network.

    Parameters
    ----------
    path
        File to write.
    city_name
        Name of the city or district, for the title.
    scores
        Scores per zone, level (``all`` is all levels together) and theme (``all`` is all themes together), between 0 and 1.
    bottlenecks, good_examples
        Tables of the screening; at most `MAX_ROWS` rows of each are shown, the most urgent first.
    unknowns
        Missing verdicts: ``theme, criterion, kind, reason, objects``.
    balance
        Per layer: ``layer, kind, read, assessed, outside, not_assessable, derived``; ``reasons`` is text, or a mapping of
        reasons to counts.
    run
        ``norm`` (``name, version, hash``), ``scope``, ``crs``, ``date``, ``version``, ``attribution`` and ``inputs``: per file
        ``layer, kind, path, sha256, crs, operation, accuracy`` (metres) and ``date``. What is not there is not shown.
    lang
        One of `labels.LANGUAGES`.
    norm
        Norm that gives the names of themes, criteria, remedies and services; by default the bundled one.

    areas
        ``area_scores``, ``area_works`` and ``area_outside`` of the screening, where the city has districts (see
        `toegankelijk.areas`); a section is written per division.

    Raises
    ------
    ConfigError
        The language has no labels.
    """
    names, zones = wording.Names.of(norm, lang), wording.zone_names(scores)
    urgent = wording.urgent_first(bottlenecks).head(MAX_ROWS)
    page = pages.fill_template(
        "report.html",
        lang,
        title=labels.label("report.title", lang, city=city_name),
        headline=wording.headline(scores, lang),
        per_level=_per_level(scores, lang),
        per_theme=wording.describe_themes(scores, names),
        divisions=_describe_divisions(areas or {}, names),
        bottlenecks=wording.describe_bottlenecks(urgent, names, zones).to_dict("records"),
        good_examples=wording.describe_examples(good_examples.head(MAX_ROWS), names, zones).to_dict("records"),
        totals={"bottlenecks": len(bottlenecks), "good_examples": len(good_examples)},
        unknowns=_describe_unknowns(unknowns, names),
        balance=_describe_balance(balance, names),
        run={
            **dict.fromkeys(("norm", "scope", "crs", "version", "attribution"), ""),
            **run,
            "date": labels.day(run.get("date"), lang),
        },
        inputs=[_describe_input(source, names) for source in run.get("inputs", ())],
    )
    Path(path).write_text(page, encoding="utf-8", newline="\n")


def _per_level(scores: pd.DataFrame, lang: str) -> list[dict[str, Any]]:
    chosen = scores[scores["level"].isin(schema.LEVELS) & (scores["theme"] == "all")].drop(columns="geometry", errors="ignore")
    ordered = chosen.assign(text=chosen["zone_id"].astype(str)).sort_values(["text", "level"], kind="stable")
    return [wording.describe_score(row, lang) for row in ordered.to_dict("records")]


def _describe_divisions(areas: Mapping[str, pd.DataFrame], names: wording.Names) -> list[dict[str, Any]]:
    """Per division of the city: scores of its districts, what is to be done there and by whom, and what lies in none of them."""
    if not areas:
        return []
    described = []
    for division, scores in areas["area_scores"].groupby("division", sort=True):
        scored = scores.rename(columns={"district_id": "zone_id", "district_name": "zone_name"})
        offices = dict(zip(scored["zone_id"].astype(str), wording.text(scored["office"]), strict=True))
        name = labels.word("area.division", division, names.lang)
        works = areas["area_works"][areas["area_works"]["division"] == division]
        row = {
            "name": name,
            "heading": name[:1].upper() + name[1:],
            "scores": wording.headline(scored, names.lang),
            "per_theme": wording.describe_themes(scored, names),
            "offices": offices if any(offices.values()) else {},
            "works": _describe_works(works, names),
            "costs": bool(works["cost"].notna().any()),
            "outside": wording.number_of((areas["area_outside"]["division"] == division).sum(), names.lang),
            "any_outside": bool((areas["area_outside"]["division"] == division).any()),
        }
        described.append(row)
    return described


def _describe_works(works: pd.DataFrame, names: wording.Names) -> list[dict[str, Any]]:
    """What is to be done per district, with a line for each service; most bottlenecks of high priority first."""
    lang, rows = names.lang, works[works["theme"] == "all"].drop(columns="geometry", errors="ignore")
    whole = rows[rows["responsible"] == "all"].assign(text=rows["district_id"].astype(str))
    order = whole.sort_values(["hoog", "bottlenecks", "text"], ascending=[False, False, True], kind="stable")
    parts = dict(iter(rows[rows["responsible"] != "all"].groupby("district_id")))
    described = []
    for row in order.to_dict("records"):
        counts = {key: wording.number_of(row[key], lang) for key in ("bottlenecks", *BANDS, *TERMS)}
        group = parts.get(row["district_id"], rows.iloc[:0])
        services = wording.translate(group["responsible"], names.services)
        shares = [
            labels.label("area.service", lang, service=service, count=wording.number_of(count, lang))
            for service, count in zip(services, group["bottlenecks"], strict=True)
        ]
        name = str(row["district_name"] or row["district_id"]) or labels.label("area.none", lang)
        described.append({"name": name, **counts, "services": shares, "cost": _cost_text(row, lang)})
    return described


def _cost_text(row: Mapping[Any, Any], lang: str) -> str:
    """Least and most that the works cost, in euros; nothing where no bottleneck has a cost."""
    ends = [row["cost"] if labels.is_missing(row[end]) else row[end] for end in ("cost_low", "cost_high")]
    if any(labels.is_missing(end) for end in ends):
        return ""
    low, high = (labels.number(float(end), lang, digits=0) for end in ends)
    return labels.label("area.euros", lang, amount=low if low == high else f"{low}–{high}")


def _describe_unknowns(unknowns: pd.DataFrame, names: wording.Names) -> list[dict[Any, Any]]:
    table = unknowns.sort_values(["objects", "criterion", "kind", "reason"], ascending=[False, True, True, True], kind="stable")
    shown = {
        "theme": wording.translate(table["theme"], names.themes),
        "criterion": wording.translate(table["criterion"], {code: f"{code} {name}" for code, name in names.criteria.items()}),
        "kind": wording.translate(table["kind"], names.kinds),
        "reason": wording.words(table["reason"], "unknown_reason", names.lang),
        "objects": table["objects"].map(lambda count: wording.number_of(count, names.lang)),
    }
    rows: list[dict[Any, Any]] = pd.DataFrame(shown).to_dict("records")
    return rows


def _describe_balance(balance: pd.DataFrame, names: wording.Names) -> list[dict[Any, Any]]:
    counts = ("read", "assessed", "outside", "not_assessable", "derived")
    layers = wording.layer_names(balance["layer"], balance["kind"])
    shown: dict[str, Any] = {"layer": layers, "kind": wording.translate(balance["kind"], names.kinds)}
    shown |= {column: balance[column].map(lambda count: wording.number_of(count, names.lang)) for column in counts}
    reasons: Sequence[Any] = list(balance["reasons"]) if "reasons" in balance else [None] * len(balance)
    shown["reasons"] = [_list_reasons(cell, names.lang) for cell in reasons]
    rows: list[dict[Any, Any]] = pd.DataFrame(shown).to_dict("records")
    return rows


def _list_reasons(cell: object, lang: str) -> list[str]:
    if isinstance(cell, Mapping):
        return [f"{wording.aside_reason(reason, lang)}: {wording.number_of(count, lang)}" for reason, count in cell.items()]
    return [] if labels.is_missing(cell) or cell == "" else [str(cell)]


def _describe_input(source: Mapping[str, Any], names: wording.Names) -> dict[str, str]:
    shown = {key: "" if labels.is_missing(value) else str(value) for key, value in source.items()}
    accuracy = source.get("accuracy")
    metres = "" if labels.is_missing(accuracy) else labels.number(float(str(accuracy)), names.lang)
    kind = shown.get("kind", "")
    if shown.get("operation") == NO_OPERATION:
        shown["operation"], metres = "", ""
    shown["layer"] = shown.get("layer", "").removeprefix(f"{kind}: ")
    return {
        **{key: shown.get(key, "") for key in ("layer", "path", "sha256", "crs", "operation")},
        "date": labels.day(source.get("date"), names.lang, short=True),
        "kind": names.kinds.get(kind, kind),
        "accuracy": metres and labels.label("report.metres", names.lang, value=metres),
    }
