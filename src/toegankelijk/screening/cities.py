"""Several cities in one run: judged by one norm, one scope and the same choices, or not compared at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from toegankelijk.city import find_choices
from toegankelijk.config import load_config
from toegankelijk.errors import ConfigError
from toegankelijk.io.lists import write_list
from toegankelijk.norm import Norm
from toegankelijk.scores import ALL, CITY
from toegankelijk.screening import OSM_ENDINGS, Progress, Screening, choose_norm, screen

FILES = ("cities.csv", "city_scores.csv", "cities.html")
"""What `Cities.write` writes: a row per city and zone; all levels and themes; and both as a page."""

FACTS = ("bottlenecks", "hoog", "date", "not_delivered", "norm", "norm_hash", "scope")
"""Columns of `Cities.table` beside the scores and the counts per level."""

MOST_SHOWN = 5
"""Rows in which two norms differ that a refusal lists."""

_TABLES = ("themes", "criteria", "limits", "severities")


@dataclass(frozen=True)
class Cities:
    """Several cities beside one another.

    Parameters
    ----------
    table
        A row per city and zone, over all levels and themes; the zone ``city`` is all zones of a city together, in which an object
        counts once. ``city``, the columns of scores, ``objects_A`` to ``objects_C`` (how many objects lie at a level, in which
        cities may differ), and `FACTS`: bottlenecks and those of high priority, the date of the data, and kinds of the scope that
        were not delivered, which make the interval wide.
    scores
        The same for every level and theme: ``city`` and the columns of `toegankelijk.scores.score_zones`, without geometry.
    norm, scope
        What all were judged by.
    """

    table: pd.DataFrame
    scores: pd.DataFrame
    norm: Norm
    scope: frozenset[str]

    def write(self, folder: str | Path, *, lang: str = "nl") -> list[Path]:
        """Write `FILES` into a folder; files of an earlier comparison are replaced, all or none is written."""
        from toegankelijk.reports import write_comparison

        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"{folder}: is a file; give a folder to write to")
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".compare-", dir=folder))
        try:
            write_list(draft / FILES[0], self.table)
            write_list(draft / FILES[1], self.scores)
            write_comparison(draft / FILES[2], table=self.table, scores=self.scores, norm=self.norm, lang=lang)
            return [(draft / name).replace(folder / name) for name in FILES]
        finally:
            shutil.rmtree(draft)


def screen_cities(
    sources: Sequence[str | Path],
    *,
    norm: str | Path | Norm | None = None,
    scope: str | Collection[str] = "core",
    lang: str = "nl",
    progress: Progress = lambda step, what: None,
) -> Cities:
    """Screen several cities so that their scores can be compared.

    Parameters
    ----------
    sources
        A city.toml each, or a raw OSM extract.
    norm, scope, lang, progress
        As for `toegankelijk.screening.screen`, for all cities.

    Raises
    ------
    ConfigError
        Fewer than two cities; or their norms, or the choices that scores go by, differ. What differs is listed, before anything
        is screened.
    """
    paths = [Path(source) for source in sources]
    if len(paths) < 2:  # one city has nothing to be compared with
        raise ConfigError("give two cities or more to compare")
    if twice := sorted({str(path) for path in paths if sum(path.resolve() == other.resolve() for other in paths) > 1}):
        raise ConfigError("a city is given twice", twice)
    configs = {path: None if path.name.endswith(OSM_ENDINGS) else load_config(path) for path in paths}
    judges = [norm if isinstance(norm, Norm) else choose_norm(norm, config, path.parent) for path, config in configs.items()]
    _refuse_norms(dict(zip(map(str, paths), judges, strict=True)))
    _refuse_choices({str(path): find_choices(config, path.parent) if config else {} for path, config in configs.items()})
    first = judges[0]
    rows, scores, names = [], [], []
    for path in paths:
        screened = screen(path, norm=first, scope=scope, lang=lang, progress=progress)
        names.append(screened.city.name or path.stem)
        rows.append(_rows(screened))
        scores.append(_scores(screened))
    keys = [name if names.count(name) == 1 else f"{name} ({path})" for name, path in zip(names, paths, strict=True)]
    parts = [pd.concat([part.assign(city=key) for part, key in zip(tables, keys, strict=True)]) for tables in (rows, scores)]
    table, every = (part[["city", *(name for name in part if name != "city")]].reset_index(drop=True) for part in parts)
    return Cities(table, every, first, screened.findings.scope)


def _refuse_norms(norms: Mapping[str, Norm]) -> None:
    """Refuse cities that name different norms; the tables in which they differ from the first are listed."""
    (one, first), *others = norms.items()
    problems = []
    for path, norm in others:
        if norm.hash != first.hash:
            problems.append(
                f"{path}: norm {norm.name} {norm.version} ({norm.hash[:12]}), but {one}: {first.name} {first.version}"
            )
            problems += _norm_differences(first, norm)
    if problems:
        raise ConfigError("cities are judged by different norms, so their scores cannot be compared; give one norm", problems)


def _norm_differences(first: Norm, second: Norm) -> list[str]:
    found = []
    for name in _TABLES:
        before, after = (set(map(tuple, _cells(norm, name))) for norm in (first, second))
        rows = sorted(before ^ after)
        found += [f"{name}: {', '.join(row)[:120]}" for row in rows[:MOST_SHOWN]]
        found += [f"{name}: and {len(rows) - MOST_SHOWN} rows more"] if len(rows) > MOST_SHOWN else []
    return found


def _cells(norm: Norm, name: str) -> list[list[str]]:
    table: pd.DataFrame = getattr(norm, name)
    rows: list[list[str]] = table.astype("str").to_numpy().tolist()
    return rows


def _refuse_choices(choices: Mapping[str, Mapping[str, Any]]) -> None:
    (one, first), *others = choices.items()
    problems = [
        f"{path}: {name} is {other.get(name, 'the default')}, in {one} {first.get(name, 'the default')}"
        for path, other in others
        for name in sorted({*first, *other})
        if other.get(name) != first.get(name)
    ]
    if problems:
        raise ConfigError("cities chose differently what scores go by ([scores]), so they cannot be compared", problems)


def _scores(screened: Screening) -> pd.DataFrame:
    parts = [screened.city_scores, screened.scores]
    return pd.concat([pd.DataFrame(part.drop(columns="geometry")) for part in parts], ignore_index=True)


def _rows(screened: Screening) -> pd.DataFrame:
    """One row per zone of a city, after that of all zones together."""
    scores = _scores(screened)
    every = scores[scores["theme"] == ALL]
    rows = every[every["level"] == ALL].drop(columns=["level", "theme"]).reset_index(drop=True)
    counts = every[every["level"] != ALL].pivot_table(index="zone_id", columns="level", values="objects", aggfunc="sum")
    counts = counts.reindex(index=rows["zone_id"], columns=list("ABC")).fillna(0).astype("int64")
    table, findings = screened.table, screened.findings
    high = table["priority_band"] == "hoog"
    needed = {findings.norm.rules[code].kind for code in findings.scope}
    facts = {f"objects_{level}": counts[level].to_numpy() for level in "ABC"}
    for name, chosen in (("bottlenecks", high | True), ("hoog", high)):
        number = table.loc[chosen, "zone_id"].value_counts().reindex(rows["zone_id"]).fillna(0).astype("int64")
        number[CITY] = int(chosen.sum())
        facts[name] = number.to_numpy()
    date = screened.city.settings.get("date")
    missing = "|".join(sorted(needed - set(screened.city.layers)))
    told = {"date": "" if date is None else str(date), "not_delivered": missing}
    told |= {"norm": f"{screened.norm.name} {screened.norm.version}", "norm_hash": screened.norm.hash}
    return rows.assign(**facts, **told, scope="|".join(sorted(findings.scope)))
