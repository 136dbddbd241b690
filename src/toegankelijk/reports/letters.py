"""Letters to others who manage roads, stops and frontages: what lies with them, why, and what is asked.

They are drafts: a person fills in what is open, and signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from toegankelijk import labels, wording
from toegankelijk.labels import label
from toegankelijk.reports.facts import Facts
from toegankelijk.reports.paper_parts import file_stem, joined, listed, write_page
from toegankelijk.reports.pictures import draw_spots
from toegankelijk.reports.sheet_parts import choose_urgent

OWNERS = "eigenaar"
"""Code of owners and frontagers: each of them gets a letter of their own, so there is one per street."""

LEGAL = ("infringement", "law_open")
"""Grades of failures that a letter explains apart."""


def write_letters(
    folder: str | Path,
    facts: Facts,
    breaches: pd.DataFrame,
    *,
    places: pd.DataFrame,
    lists: Mapping[str, tuple[str, ...]] | None = None,
    lang: str = "nl",
) -> dict[str, list[Path]]:
    """Write a letter to each other party that has bottlenecks to mend; the owners get one per street.

    What only a person can know (addresses, dates, a name, a signature) is left open and marked.

    Parameters
    ----------
    folder
        Where to write; it must exist.
    facts
        The tables of a screening (see `toegankelijk.screening.fact_sheets.facts_of`).
    breaches
        What the bottlenecks go against (see `toegankelijk.breaches.list_breaches`). The word infringement is used for those of
        that grade and no others.
    places
        Where the bottlenecks lie, on their index (see `toegankelijk.screening.paper_tables.locate`).
    lists
        Per service the names of the files that go with the letter.
    lang
        One of `labels.LANGUAGES`.

    Returns
    -------
    dict
        Letters per service.

    Examples
    --------
    >>> import tempfile
    >>> from toegankelijk import sample_city, screen
    >>> from toegankelijk.breaches import list_breaches
    >>> from toegankelijk.screening.fact_sheets import facts_of
    >>> from toegankelijk.screening.paper_tables import locate
    >>> screening = screen(sample_city())
    >>> breaches = list_breaches(screening.findings, screening.table)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     letters = write_letters(folder, facts_of(screening), breaches, places=locate(screening.table))
    >>> sorted(letters), letters["awv"][0].name
    (['awv', 'delijn', 'eigenaar', 'parkeerbedrijf'], 'letter-awv.html')
    """
    names = wording.Names.of(facts.norm, labels.check_language(lang))
    others = facts.bottlenecks[facts.bottlenecks["track"] == "derden"]
    letters: dict[str, list[Path]] = {}
    taken: list[str] = []
    for service in [code for code in names.services if code in set(others["responsible"])]:
        mine = others[others["responsible"] == service]
        streets = wording.text(mine["street"])
        parts = [mine[streets == street] for street in sorted(set(streets))] if service == OWNERS else [mine]
        for part in parts:
            street = str(wording.text(part["street"]).iloc[0]) if service == OWNERS else ""
            stem = file_stem("letter", service, street, taken=taken)
            taken.append(stem)
            said = _describe(facts, part, breaches, names, places)
            heading = names.services[service] + (f", {street}" if street else "")
            page = write_page(
                Path(folder) / f"{stem}.html",
                "letter.html",
                facts,
                lang=lang,
                title=label("paper.letter.title", lang, name=heading),
                to={"name": names.services[service], "street": street, "owners": service == OWNERS},
                letter=said,
                files=(lists or {}).get(service, ()),
            )
            letters.setdefault(service, []).append(page)
    return letters


def _describe(
    facts: Facts, rows: pd.DataFrame, breaches: pd.DataFrame, names: wording.Names, places: pd.DataFrame
) -> dict[str, Any]:
    """All that a letter says, in words."""
    lang = names.lang
    ordered = wording.urgent_first(rows)
    mine = breaches[breaches["bottleneck_id"].isin(ordered["bottleneck_id"].astype(str))]
    urgent = choose_urgent(ordered)
    spots = draw_spots(facts.city, facts.bottlenecks.loc[urgent.index], lang=lang)
    entries = [_entry(row, mine, names, places) for row in _worded(ordered, names, facts)]
    shown = set(urgent["bottleneck_id"].astype(str))
    for entry in entries:
        entry["spot"] = spots.get(entry["id"]) if entry["id"] in shown else None
    years = sorted({int(year) for year in ordered["target_year"].dropna()})
    return {
        "city": facts.city.name,
        "contact": str(facts.city.settings.get("contact") or ""),
        "count": len(ordered),
        "count_text": label("n.bottlenecks", lang, count=wording.number_of(len(ordered), lang)),
        "high": int((ordered["priority_band"] == "hoog").sum()),
        "date": str(facts.run.get("date", "")),
        "norm": str(facts.run.get("norm", "")),
        "why": list(dict.fromkeys(text for text in wording.text(ordered["responsible_reason"]) if text)),
        "partners": joined(_named(ordered["partner"], names.services), lang),
        "streets": listed("|".join(dict.fromkeys(street for street in wording.text(ordered["street"]) if street)), lang=lang),
        "year": str(years[-1]) if years else "",
        "legal": _legal(mine, lang),
        "entries": entries,
    }


def _named(codes: pd.Series, named: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(named.get(code, code) for code in wording.text(codes) if code))


def _worded(rows: pd.DataFrame, names: wording.Names, facts: Facts) -> list[dict[Any, Any]]:
    described = wording.describe_bottlenecks(rows, names, wording.zone_names(facts.scores))
    return [{**row, "place": place} for place, row in zip(described.index, described.to_dict("records"), strict=True)]


def _entry(row: dict[Any, Any], breaches: pd.DataFrame, names: wording.Names, places: pd.DataFrame) -> dict[str, Any]:
    """One bottleneck of a letter: what, where, why, and what is asked."""
    found = breaches[breaches["bottleneck_id"] == row["bottleneck_id"]]
    return {
        "id": row["bottleneck_id"],
        "object_id": row["object_id"],
        "kind": row["kind"],
        "where": row["street"] or label("sheet.no_street", names.lang),
        "place": str(places.loc[row["place"], "where"]) if row["place"] in places.index else "",
        "description": row["description"],
        "against": list(dict.fromkeys(found["sentence"])),
        "infringement": bool((found["grade"] == "infringement").any()),
        "asked": row["solution"],
        "asked_why": row["solution_reason"],
        "band": row["band"],
        "band_name": row["band_name"],
        "letter": row["letter"],
        "priority": row["priority"],
    }


def _legal(breaches: pd.DataFrame, lang: str) -> list[str]:
    """What a reader has to know of the force of the rules that are named."""
    said = []
    for grade in LEGAL:
        mine = breaches[breaches["grade"] == grade]
        if mine.empty:
            continue
        titles = joined(list(dict.fromkeys(mine["title"])), lang)
        count = wording.number_of(mine["bottleneck_id"].nunique(), lang)
        said.append(label(f"paper.letter.legal_{grade}", lang, count=count, titles=titles))
        said += [label(f"paper.scope.{source}", lang) for source in dict.fromkeys(mine["source"])]
    if not said or not breaches["grade"].isin(LEGAL).all():
        said.append(label("paper.letter.legal_none" if not said else "paper.letter.legal_rest", lang))
    return list(dict.fromkeys(said))
