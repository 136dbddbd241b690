"""Recommendations per theme and per service: what each criterion asks, on what basis, why, what to do, and how the city does."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from toegankelijk import labels, schema, wording
from toegankelijk.charts import Chart, count_bars
from toegankelijk.evidence import limit_rows, required_text
from toegankelijk.labels import label
from toegankelijk.norm import Norm, Rule
from toegankelijk.reports.facts import Facts
from toegankelijk.reports.paper_parts import euros, file_stem, joined, listed, write_page

OUTCOMES = ("fails", "unknown", "meets")
"""Outcomes in the order in which they are counted."""

MOST_STREETS = 3
"""Streets that are named as bad and as good examples."""


def write_recommendations(folder: str | Path, facts: Facts, counts: pd.DataFrame, *, lang: str = "nl") -> list[Path]:
    """Write a page per theme and per service, to learn from and to design by.

    Parameters
    ----------
    folder
        Where to write; it must exist.
    facts
        The tables of a screening (see `toegankelijk.screening.fact_sheets.facts_of`).
    counts
        How the city does by each criterion (see `toegankelijk.screening.paper_tables.count_criteria`).
    lang
        One of `labels.LANGUAGES`.

    Returns
    -------
    list of Path
        Pages of the themes in the order of the norm, then of the services that have something to do.

    Examples
    --------
    >>> import tempfile
    >>> from toegankelijk import sample_city, screen
    >>> from toegankelijk.screening.fact_sheets import facts_of
    >>> from toegankelijk.screening.paper_tables import count_criteria
    >>> screening = screen(sample_city(), lang="en")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pages = write_recommendations(folder, facts_of(screening), count_criteria(screening), lang="en")
    >>> [page.name for page in pages][:2], len(pages)
    (['theme-doorgangen.html', 'theme-oppervlak.html'], 14)
    """
    names = wording.Names.of(facts.norm, labels.check_language(lang))
    rules = facts.norm.rules
    themes = {theme: [code for code, rule in rules.items() if rule.theme == theme] for theme in names.themes}
    services = {service: _codes_of(facts.norm, service) for service in names.services}
    pages = [("theme", code, names.themes[code], codes) for code, codes in themes.items() if codes]
    pages += [("service", code, names.services[code], codes) for code, codes in services.items() if codes]
    written: list[Path] = []
    for sort, code, name, codes in pages:
        path = Path(folder) / f"{file_stem(sort, code, taken=[page.stem for page in written])}.html"
        title = label(f"paper.learn.title_{sort}", lang, name=name, city=facts.city.name)
        written.append(
            write_page(path, "recommendations.html", facts, lang=lang, title=title, **_page(facts, counts, codes, names, sort))
        )
    return written


def _codes_of(norm: Norm, service: str) -> list[str]:
    """Criteria whose remedy a service carries out."""
    responsible = norm.remedies["responsible"]
    return [code for code, rule in norm.rules.items() if responsible[rule.remedy] == service]


def _page(facts: Facts, counts: pd.DataFrame, codes: list[str], names: wording.Names, sort: str) -> dict[str, Any]:
    """All that a page says: criteria with most that fails first, those that nothing was found of last."""
    lang, norm = names.lang, facts.norm
    mine = counts.reindex(codes).fillna(dict.fromkeys(OUTCOMES, 0)).fillna("")
    order = mine.assign(_core=[not norm.rules[code].core for code in codes])
    order = order.sort_values(["fails", "_core", "meets"], ascending=[False, True, False], kind="stable")
    shown = [_criterion(norm, code, order.loc[code].to_dict(), names) for code in order.index]
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in shown:
        groups.setdefault(entry["theme"] if sort == "service" else entry["kind"], []).append(entry)
    return {
        "sort": sort,
        "lead": [
            label("paper.learn.lead", lang, criteria=wording.number_of(len(codes), lang)),
            label("paper.learn.lead_fails", lang, count=wording.number_of(int((mine["fails"] > 0).sum()), lang)),
        ],
        "chart": _chart(order, names),
        "groups": [{"name": name, "criteria": entries} for name, entries in groups.items()],
    }


def _criterion(norm: Norm, code: str, counted: Mapping[Any, Any], names: wording.Names) -> dict[str, Any]:
    """A criterion: what it asks, on what basis, for whom, what helps, who does it, and how the city does."""
    lang, rule = names.lang, norm.rules[code]
    remedy = norm.remedies.loc[rule.remedy]
    cells = norm.criteria.loc[code]
    groups = [labels.word("user_group", one, lang) for one in schema.split(cells["user_groups"])]
    other = str(cells.get("alternative", ""))
    low, high = (float(remedy[name] or "nan") for name in ("cost_low_eur", "cost_high_eur"))
    cost = euros(low, high, lang)
    unit = labels.word("paper.per", remedy["unit"], lang)
    return {
        "code": code,
        "name": names.criteria[code],
        "theme": names.themes[rule.theme],
        "kind": names.kinds[rule.kind],
        "core": rule.core,
        "asked": [row for level in rule.limits for row in _limits(norm, rule, level, lang)],
        "whom": joined(groups, lang),
        "severity": labels.word("severity", rule.severity_base, lang),
        "worst": labels.word("severity", rule.severity_most, lang) if rule.severity_most > rule.severity_base else "",
        "remedy": names.remedies[rule.remedy],
        "other": names.remedies.get(other, ""),
        "who": names.services.get(str(remedy["responsible"]), ""),
        "partner": names.services.get(str(remedy["partner"]), ""),
        "cost": label("paper.learn.per", lang, cost=cost, unit=unit) if cost else "",
        "counts": {name: wording.number_of(counted[name], lang) for name in OUTCOMES},
        "any": any(counted[name] for name in OUTCOMES),
        "bad": listed("|".join(str(counted["bad"]).split("|")[:MOST_STREETS])),
        "good": listed("|".join(str(counted["good"]).split("|")[:MOST_STREETS])),
    }


def _limits(norm: Norm, rule: Rule, level: str, lang: str) -> list[dict[str, str]]:
    """What a level asks, with basis, source, article, and whether the source was read."""
    rows = limit_rows(norm, rule.code, level)
    verified = norm.limits.loc[(norm.limits["code"] == rule.code) & (norm.limits["level"] == level), "verified"]
    told = []
    for (row, basis, source, article), read in zip(rows, verified, strict=True):
        if not row.asks:
            continue
        one = dataclasses.replace(rule, limits={level: (row,)})  # what this row asks, without the other ranges
        fixed = row.limit is not None and not row.per_driver
        text = required_text(one, level, float(row.limit or 0) if fixed else float("nan"), lang)
        title = str(norm.sources["title"].get(source, source))
        told.append(
            {
                "level": level,
                "sentence": text if row.per_driver else norm.sentence(rule.code, _bare(text, rule, lang), lang),
                "range": _range(row.upto, rule, level, lang),
                "basis": labels.word("basis", basis, lang),
                "source": ", ".join(part for part in (title, labels.word("article", article, lang)) if part)
                if basis != "voorstel"
                else "",
                "unread": label("paper.learn.unread", lang) if read == "memory" else "",
            }
        )
    return told


def _bare(text: str, rule: Rule, lang: str) -> str:
    """A limit without its unit: the sentence of the criterion has it."""
    with_unit = labels.with_unit("", rule.unit, lang)
    return text.removesuffix(with_unit) if with_unit.strip() else text


def _range(upto: float, rule: Rule, level: str, lang: str) -> str:
    """For which values of its driver a row holds."""
    driver = rule.drivers.get(level, "")
    if not driver or upto == float("inf"):
        return ""
    unit = schema.attributes()[driver].unit if driver in schema.attributes() else ""
    most = labels.with_unit(labels.number(upto, lang), unit, lang)
    return label("paper.learn.range", lang, what=labels.word("attribute", driver, lang), most=most)


def _chart(counts: pd.DataFrame, names: wording.Names) -> Chart | None:
    """Criteria with most that fails."""
    failing = counts[counts["fails"] > 0].head(10)
    rows = [
        (f"{code} {names.criteria[str(code)]}", [int(row[name]) for name in OUTCOMES])
        for code, row in zip(failing.index, failing.to_dict("records"), strict=True)
    ]
    parts = [label(f"paper.learn.{name}", names.lang) for name in OUTCOMES]
    return count_bars(rows, parts, lang=names.lang, title=label("paper.learn.chart", names.lang)) if rows else None
