"""The action plan: what is done, where, by whom, when, at what cost and for what gain, per term."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from toegankelijk import labels, wording
from toegankelijk.charts import Chart, count_bars
from toegankelijk.labels import label
from toegankelijk.reports.facts import Facts
from toegankelijk.reports.paper_parts import euros, listed, write_page

MOST = 60
"""Actions per part of the plan on the page; the list beside it has all of them."""

TERMS = ("KT", "MLT", "LT")
"""Codes of terms."""


def write_action_plan(
    path: str | Path,
    facts: Facts,
    actions: pd.DataFrame,
    *,
    counted: str = "",
    budgets: pd.DataFrame | None = None,
    beside: str = "",
    lang: str = "nl",
) -> Path:
    """Write the action plan as a page to read and print.

    Parameters
    ----------
    path
        File to write.
    facts
        The tables of a screening (see `toegankelijk.screening.fact_sheets.facts_of`).
    actions
        As `toegankelijk.screening.paper_tables.list_actions`.
    counted
        In what gains are counted: ``residents``, ``addresses`` or ``metres`` of street.
    budgets
        Money per term and service, with what is spent of it; only where there is a plan within a budget.
    beside
        Name of the file beside it with all actions as a table.
    lang
        One of `labels.LANGUAGES`.

    Examples
    --------
    >>> import tempfile
    >>> from toegankelijk import sample_city, screen
    >>> from toegankelijk.screening.fact_sheets import facts_of
    >>> from toegankelijk.screening.paper_tables import list_actions
    >>> screening = screen(sample_city(), lang="en")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write_action_plan(Path(folder, "plan.html"), facts_of(screening), list_actions(screening), lang="en")
    ...     "Move or remove the obstacle" in page.read_text("utf-8")
    True
    """
    names = wording.Names.of(facts.norm, labels.check_language(lang))
    zones = wording.zone_names(facts.scores)
    title = label("paper.action.title", lang, city=facts.city.name)
    parts = list(dict.fromkeys(actions["section"])) if len(actions) else []
    return write_page(
        Path(path),
        "action_plan.html",
        facts,
        lang=lang,
        title=title,
        summary=[_summary(actions[actions["section"] == part], part, lang) for part in parts],
        sections=[_section(actions[actions["section"] == part], names, zones, counted) for part in parts],
        chart=_chart(actions, names),
        budgets=_budgets(budgets, names),
        counted=label(f"paper.counted.{counted}", lang) if counted else "",
        total=wording.number_of(len(actions), lang),
        bottlenecks=wording.number_of(actions["bottlenecks"].sum() if len(actions) else 0, lang),
        beside=beside,
    )


def _summary(actions: pd.DataFrame, part: str, lang: str) -> dict[str, str]:
    """One part of the plan in figures."""
    known = actions["cost"].notna()
    cost = euros(actions["cost_low"].sum(), actions["cost_high"].sum(), lang) if known.any() else ""
    if cost and not known.all():
        cost = label("sheet.cost_part", lang, cost=cost, known=wording.number_of(int(known.sum()), lang))
    return {
        "part": part,
        "name": part_name(part, lang),
        "actions": wording.number_of(len(actions), lang),
        "bottlenecks": wording.number_of(actions["bottlenecks"].sum(), lang),
        "likely": "" if not known.any() else labels.money(float(actions["cost"].sum()), lang),
        "cost": cost,
    }


def part_name(part: str, lang: str) -> str:
    """What a part of the plan is called."""
    return labels.word("term", part, lang) if part in TERMS else label(f"paper.action.{part}", lang)


def _section(actions: pd.DataFrame, names: wording.Names, zones: dict[str, str], counted: str) -> dict[str, Any]:
    """One part of the plan: its actions in words, the first of them."""
    lang, part = names.lang, str(actions["section"].iloc[0])
    shown = [_row(row, names, zones, counted) for row in actions.head(MOST).to_dict("records")]
    more = len(actions) - len(shown)
    return {
        "part": part,
        "name": part_name(part, lang),
        "note": label(f"paper.action.note_{part}", lang),
        "rows": shown,
        "more": label("paper.action.more", lang, count=wording.number_of(more, lang)) if more else "",
    }


def _row(row: dict[Any, Any], names: wording.Names, zones: dict[str, str], counted: str) -> dict[str, str]:
    lang = names.lang
    count = int(row["bottlenecks"])
    where = listed(row["streets"], lang=lang) or label("sheet.no_street", lang)
    phases = [labels.word("phase", phase, lang) for phase in str(row["phase"]).split("|") if phase]
    year = f" ({row['year']})" if row["year"] else ""
    return {
        "what": listed(row["solutions"], most=8, lang=lang),
        "things": listed(row["kinds"], names.kinds, most=8, lang=lang),
        "count": label("n.bottlenecks", lang, count=count),
        "where": where,
        "zone": listed(row["zones"], zones, lang=lang),
        "who": names.services.get(str(row["responsible"]), str(row["responsible"])),
        "partner": listed(row["partner"], names.services, lang=lang),
        "when": f"{', '.join(phases)}{year}",
        "works": listed(row["works"], lang=lang),
        "cost": euros(float(row["cost_low"]), float(row["cost_high"]), lang),
        "likely": "" if np.isnan(float(row["cost"])) else labels.money(float(row["cost"]), lang),
        "gain": _gain(row, counted, lang),
        "priority": str(row["priority"]),
        "band": str(row["band"]),
        "band_name": labels.word("band", row["band"], lang),
        "letter": labels.word("band_letter", row["band"], lang),
        "job": str(row["job"]),
    }


def _gain(row: dict[Any, Any], counted: str, lang: str) -> str:
    """What it gains, where that is known and something."""
    people, metres = float(row["gain_residents"]), float(row["gain_metres"])
    told = []
    if people >= 0.5 and counted:
        told.append(label(f"paper.count.{counted}", lang, count=labels.number(people, lang, digits=0)))
    if metres >= 0.5:
        told.append(label("paper.gain.metres", lang, metres=labels.number(metres, lang, digits=0)))
    return "; ".join(told)


def _budgets(budgets: pd.DataFrame | None, names: wording.Names) -> list[dict[str, str]]:
    if budgets is None:
        return []
    return [
        {
            "term": labels.word("term", row["term"], names.lang),
            "service": names.services.get(str(row["service"]), str(row["service"])),
            **{name: labels.money(float(row[name]), names.lang) for name in ("amount", "spent")},
        }
        for row in budgets.to_dict("records")
    ]


def _chart(actions: pd.DataFrame, names: wording.Names) -> Chart | None:
    """Actions of own services per term."""
    if actions.empty:
        return None
    own = actions[actions["section"].isin(TERMS)]
    table = pd.crosstab(own["responsible"].astype(str), own["section"]).reindex(columns=list(TERMS), fill_value=0)
    table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    rows = [
        (names.services.get(str(code), str(code)), [int(count) for count in counts])
        for code, counts in zip(table.index, table.to_numpy(), strict=True)
    ]
    return count_bars(rows, TERMS, lang=names.lang, title=label("paper.action.per_service", names.lang)) if rows else None
