"""Fact sheets: one page per zone, district and service that a council member understands in two minutes, and an index of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from toegankelijk import labels, pages, wording
from toegankelijk.charts import Bar, Chart, count_bars, score_bars
from toegankelijk.reports import sheet_parts
from toegankelijk.reports.facts import SERVICE, ZONE, Facts
from toegankelijk.reports.pictures import Spot, draw_spots

INDEX = "index.html"
"""Name of the page with all fact sheets."""

Key = tuple[str, str]
"""Division and unit of a sheet."""

LONGEST = 60
"""Longest part of a file name that is made of an id."""


def write_fact_sheets(
    folder: str | Path, facts: Facts, *, trail: Sequence[Mapping[str, str]] = (), lang: str = "nl"
) -> list[Path]:
    """Write a fact sheet per zone, district and service, and an index that links them, as HTML files without scripts.

    Parameters
    ----------
    folder
        Where to write; sheets of the same name are replaced.
    facts
        The tables of a screening (see `toegankelijk.screening.fact_sheets.facts_of`).
    trail
        Papers that these sheets are part of, the first one first: ``href`` from the folder, and ``text``.
    lang
        One of `labels.LANGUAGES`.

    Returns
    -------
    list of Path
        The index, then the sheets in its order.

    Raises
    ------
    ConfigError
        The language has no labels.

    Examples
    --------
    >>> import tempfile
    >>> from toegankelijk import sample_city, screen
    >>> from toegankelijk.screening.fact_sheets import facts_of
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write_fact_sheets(folder, facts_of(screen(sample_city())))
    >>> [file.name for file in files][:5]
    ['index.html', 'zone-wz-1.html', 'zone-wz-2.html', 'zone-wz-3.html', 'wijk-w-1.html']
    """
    folder = Path(folder)
    names = wording.Names.of(facts.norm, labels.check_language(lang))
    units = {division: _units(facts, division, names) for division in facts.divisions()}
    files = _file_names((division, unit) for division, named in units.items() for unit in named)
    shown = {key: sheet_parts.choose_urgent(facts.rows_of("bottlenecks", *key)) for key in files}
    wanted = {one for chosen in shown.values() for one in chosen["bottleneck_id"].astype(str)}
    spots = draw_spots(facts.city, facts.bottlenecks[facts.bottlenecks["bottleneck_id"].isin(wanted)], lang=lang)
    sheets = {
        (division, unit): _describe_sheet(facts, (division, unit, name), shown[division, unit], spots, names)
        for division, named in units.items()
        for unit, name in named.items()
    }
    texts = {INDEX: _index_page(facts, sheets, files, trail=trail, names=names)}
    texts |= {files[key]: _page(facts, sheet, trail, lang) for key, sheet in sheets.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]


def _units(facts: Facts, division: str, names: wording.Names) -> dict[str, str]:
    """Units of a division that have a sheet, by id, with their names."""
    if division == SERVICE:
        given = facts.homes[SERVICE]
        found = {str(home) for table in given.values() for home in table if home}
        order = [code for code in names.services if code in found]
        return {code: names.services.get(code, code) for code in [*order, *sorted(found - set(order))]}
    named = wording.zone_names(facts.scores_of(division))
    return {unit: named[unit] or unit for unit in sorted(named) if unit}


def _file_names(keys: Iterable[Key]) -> dict[Key, str]:
    """A file name for each sheet that every file system takes; two never share one."""
    names: dict[Key, str] = {}
    taken = {INDEX}
    for key in keys:
        plain = unicodedata.normalize("NFKD", "-".join(key)).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-") or "sheet"
        name = next(name for n in range(1, len(names) + 3) if (name := f"{stem}{f'-{n}' if n > 1 else ''}.html") not in taken)
        taken.add(name)
        names[key] = name
    return names


def _describe_sheet(
    facts: Facts, key: tuple[str, str, str], urgent: pd.DataFrame, spots: Mapping[str, Spot], names: wording.Names
) -> dict[str, Any]:
    """All that a sheet says, in words."""
    division, unit, name = key
    lang = names.lang
    rows = {table: facts.rows_of(table, division, unit) for table in ("bottlenecks", "good_examples", "survey")}
    scores = pd.DataFrame() if division == SERVICE else facts.scores_of(division)
    own = scores[scores["zone_id"].astype(str) == unit] if len(scores) else scores
    counts = sheet_parts.count_works(rows["bottlenecks"], lang)
    score = sheet_parts.describe_score(own, lang) if len(own) else None
    return {
        "division": division,
        "unit": unit,
        "name": name,
        "sort": sheet_parts.sort_name(division, lang),
        "city": facts.city.name,
        "office": "" if "office" not in own or own.empty else str(wording.text(own["office"]).iloc[0]),
        "score": score,
        "counts": counts,
        "lead": sheet_parts.lead(name, score, counts, lang),
        "themes": _theme_chart(own, names),
        "cards": sheet_parts.describe_cards(urgent, names, spots, zones=_zone_names(facts)),
        "works": _works_chart(rows["bottlenecks"], names),
        "where": _where_chart(facts, rows["bottlenecks"], names) if division == SERVICE else None,
        "who": _who_chart(rows["bottlenecks"], names) if division != SERVICE else None,
        "terms": sheet_parts.count_terms(rows["bottlenecks"], lang),
        "examples": sheet_parts.describe_examples(rows["good_examples"], names),
        "examples_total": wording.number_of(len(rows["good_examples"]), lang),
        "survey": sheet_parts.describe_survey(rows["survey"], names),
        "trend": sheet_parts.describe_trend(facts.progress, division, unit, lang),
        "reach": sheet_parts.describe_reach(facts.reach, division, unit, lang),
        "sources": sheet_parts.describe_sources(facts.city.sources, lang),
    }


def _page(facts: Facts, sheet: Mapping[str, Any], trail: Sequence[Mapping[str, str]], lang: str) -> str:
    trail = [*trail, {"href": INDEX, "text": labels.label("sheet.index_short", lang)}, {"href": "", "text": sheet["name"]}]
    title = labels.label("sheet.title", lang, name=sheet["name"], city=facts.city.name)
    return pages.fill_template("papers/fact_sheet.html", lang, title=title, sheet=sheet, trail=trail, foot=_foot(facts))


def _index_page(
    facts: Facts,
    sheets: Mapping[Key, Mapping[str, Any]],
    files: Mapping[Key, str],
    *,
    trail: Sequence[Mapping[str, str]],
    names: wording.Names,
) -> str:
    """The index: the units of every division beside each other, worst first where they are ranked."""
    divisions = []
    for division in facts.divisions():
        rows = [{**sheet, "href": files[key]} for key, sheet in sheets.items() if key[0] == division]
        rows.sort(key=_worst_first)
        name = sheet_parts.sort_name(division, names.lang)
        small = labels.word("area.division", division, names.lang) if division != ZONE else labels.label("sheet.zone", names.lang)
        keys = ("sheet.services", {}) if division == SERVICE else ("area.title", {"division": small})
        heading = labels.label(keys[0], names.lang, **keys[1])
        divisions.append({"code": division, "name": name, "heading": heading, "rows": rows, "scored": division != SERVICE})
    title = labels.label("sheet.index", names.lang, city=facts.city.name)
    steps = [*trail, {"href": "", "text": labels.label("sheet.index_short", names.lang)}] if trail else []
    context = {"title": title, "divisions": divisions, "foot": _foot(facts), "trail": steps}
    return pages.fill_template("papers/fact_index.html", names.lang, **context)


def _worst_first(sheet: Mapping[str, Any]) -> tuple[Any, ...]:
    score = sheet["score"]
    ranked = score is not None and score["ranked"] and score["known"]
    return (not ranked, score["low"] if ranked else 0.0, -sheet["counts"]["high"], -sheet["counts"]["total"], sheet["unit"])


def _foot(facts: Facts) -> dict[str, str]:
    return {key: str(facts.run.get(key, "")) for key in ("norm", "hash", "date", "version", "attribution")}


def _zone_names(facts: Facts) -> dict[str, str]:
    return wording.zone_names(facts.scores)


def _theme_chart(scores: pd.DataFrame, names: wording.Names) -> Chart | None:
    """Scores of the themes, in the order of the norm; nothing where there is no score."""
    if scores.empty:
        return None
    rows = scores[(scores["level"] == "all") & (scores["theme"] != "all")].set_index("theme")
    order = [theme for theme in names.themes if theme in rows.index]
    bars = [
        Bar(names.themes[theme], float(row["score_low"]), float(row["score_high"]), sure=bool(row["ranked"]))
        for theme, row in rows.loc[order].to_dict("index").items()
    ]
    return score_bars(bars, lang=names.lang, title=labels.label("sheet.themes", names.lang)) if bars else None


def _works_chart(bottlenecks: pd.DataFrame, names: wording.Names) -> Chart | None:
    themes = {code: name for code, name in names.themes.items() if code in set(bottlenecks["theme"])}
    return _bands_chart(bottlenecks, bottlenecks["theme"], themes, labels.label("sheet.per_theme", names.lang), names.lang)


def _where_chart(facts: Facts, bottlenecks: pd.DataFrame, names: wording.Names) -> Chart | None:
    zones = {zone: name for zone, name in _zone_names(facts).items() if zone in set(bottlenecks["zone_id"].astype(str))}
    return _bands_chart(bottlenecks, bottlenecks["zone_id"], zones, labels.label("sheet.where", names.lang), names.lang)


def _who_chart(bottlenecks: pd.DataFrame, names: wording.Names) -> Chart | None:
    services = {code: names.services.get(code, code) for code in sorted(set(bottlenecks["responsible"].dropna().astype(str)))}
    return _bands_chart(bottlenecks, bottlenecks["responsible"], services, labels.label("sheet.who", names.lang), names.lang)


def _bands_chart(bottlenecks: pd.DataFrame, by: pd.Series, rows: Mapping[str, str], title: str, lang: str) -> Chart | None:
    """Counts per row and priority, the largest first."""
    table = pd.crosstab(by.astype(str), bottlenecks["priority_band"].astype(str))
    table = table.reindex(index=list(rows), columns=list(sheet_parts.BANDS), fill_value=0)
    table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index].head(sheet_parts.MOST_ROWS)
    parts = [labels.label("sheet.band", lang, band=labels.word("band", band, lang)) for band in sheet_parts.BANDS]
    counted = [
        (rows[str(code)], [int(count) for count in counts]) for code, counts in zip(table.index, table.to_numpy(), strict=True)
    ]
    return count_bars(counted, parts, lang=lang, title=title) if counted else None
