"""What a bottleneck goes against, criterion by criterion: a law in its scope, a law that may hold here, a guideline, a proposal.

The word infringement is for a law that was read, in the place and for the works that it is about. A law on footways that are
built or altered says nothing of one that lies there since before it. Scopes stand in ``data/laws.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.evidence import limit_rows, required_text, value_texts
from toegankelijk.findings import Findings
from toegankelijk.labels import label, names, word
from toegankelijk.norm import Norm
from toegankelijk.norm.kernel import FAILS, Verdicts, judge

GRADES = ("infringement", "law_open", "law_elsewhere", "richtlijn", "buitenlands", "voorstel")
"""What a failure is, gravest first: an infringement; against a law of which it is not known whether it holds here; against a law
that is not about this place or these works; against a guideline; a norm of another country; a proposal."""

COLUMNS = (
    *("bottleneck_id", "criterion", "name", "level", "value", "required", "basis", "source", "article", "title"),
    *("grade", "sentence"),
)


@dataclass(frozen=True)
class Law:
    """Where a law holds: for works of ``since`` and later, inside the areas of the context layer ``place``.

    ``since`` is the year of which all works surely fall under the law, not the year in which it was made.
    """

    source: str
    since: int
    place: str


def list_breaches(findings: Findings, bottlenecks: gpd.GeoDataFrame, *, lang: str = "nl") -> pd.DataFrame:
    """What bottlenecks go against, with the article and a sentence.

    Parameters
    ----------
    findings
        What was found; its city tells where things lie, and when they were built where ``built_year`` is known.
    bottlenecks
        As `toegankelijk.bottlenecks.find_bottlenecks`, or the monitoring table.
    lang
        Language of the texts.

    Returns
    -------
    DataFrame
        A row per bottleneck and criterion, gravest first within a bottleneck, columns `COLUMNS`. Where the level that is asked
        rests on no law and a looser level that fails too does, there is a row for each. ``grade`` is one of `GRADES`.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> screening = screen(sample_city())
    >>> breaches = list_breaches(screening.findings, screening.table, lang="en")
    >>> sorted(set(breaches["grade"]))
    ['buitenlands', 'law_open', 'richtlijn', 'voorstel']
    """
    rows = [row for part in _by_criterion(bottlenecks) for row in _of_criterion(findings, part, lang)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = table["grade"].map({grade: place for place, grade in enumerate(GRADES)})
    place = {one: place for place, one in enumerate(bottlenecks["bottleneck_id"].astype(str))}
    table = table.assign(_place=table["bottleneck_id"].map(place), _grade=order)
    table = table.sort_values(["_place", "_grade", "criterion", "level"], kind="stable", ignore_index=True)
    return table.drop(columns=["_place", "_grade"])


@cache
def laws() -> Mapping[str, Law]:
    """Laws of which the scope is known, by the key of their source."""
    text = files("toegankelijk").joinpath("data", "laws.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["source"]: Law(row["source"], int(row["since"]), row["place"]) for row in rows}


def _by_criterion(bottlenecks: gpd.GeoDataFrame) -> Iterator[gpd.GeoDataFrame]:
    """Bottlenecks of each criterion, as rows with ``code``."""
    listed = bottlenecks["criteria"].astype("object").where(bottlenecks["criteria"].notna(), bottlenecks["criterion"])
    codes = [[code for code in str(cell).split("|") if code] for cell in listed]
    spread = bottlenecks.assign(code=codes).explode("code")
    for _, part in spread.groupby("code", sort=True):
        yield part


def _of_criterion(findings: Findings, part: gpd.GeoDataFrame, lang: str) -> Iterator[tuple[str, ...]]:
    code, norm = str(part["code"].iloc[0]), findings.norm
    if code not in norm.rules:  # of a monitoring table that another norm began
        return
    rule = norm.rules[code]
    layer = findings.city.layers.get(rule.kind)
    if layer is None:
        return
    part = part[part["object_id"].isin(layer.index) & part["kind"].eq(rule.kind)]
    objects = layer.loc[part["object_id"]]
    verdicts = judge(rule, objects)
    values = value_texts(rule, objects, lang)
    name, titles = names(norm.criteria, lang)[code], norm.sources["title"]
    scope: dict[str, npt.NDArray[np.object_]] = {}
    grounds = _Grounds(norm, code)
    for at, (bottleneck, level) in enumerate(zip(part["bottleneck_id"].astype(str), part["level"].astype(str), strict=True)):
        for asked in _levels(grounds, level, verdicts, at):
            required = verdicts[asked].required[at]
            text = required_text(rule, asked, required, lang)
            for basis, source, article, verified in grounds.of(asked, required):
                if source not in scope:
                    scope[source] = _holds(findings.city, source, part)
                grade = _grade(basis, verified, scope[source][at])
                title, cited = str(titles.get(source, source)), word("article", article, lang)
                words = {"name": name, "value": values[at], "required": text, "title": title, "article": cited}
                sentence = label(f"paper.breach.{grade}" if article else f"paper.breach.{grade}_whole", lang, **words)
                yield bottleneck, code, name, asked, values[at], text, basis, source, cited, title, grade, sentence


class _Grounds:
    """What the levels of a criterion rest on; each requirement is looked up once."""

    def __init__(self, norm: Norm, code: str) -> None:
        self.rows = {}
        for level in norm.rules[code].limits:
            verified = norm.limits.loc[(norm.limits["code"] == code) & (norm.limits["level"] == level), "verified"]
            self.rows[level] = [(*row, read == "yes") for row, read in zip(limit_rows(norm, code, level), verified, strict=True)]
        self.known: dict[tuple[str, str], list[tuple[str, str, str, bool]]] = {}

    def of(self, level: str, required: float) -> list[tuple[str, str, str, bool]]:
        """Basis, source, article and whether it was read, of the rows that ask this; of all where it is not known which."""
        key = (level, repr(float(required)))
        if key not in self.known:
            rows = self.rows[level]
            asked = [row for row in rows if row[0].limit is not None and row[0].per_driver == 0 and row[0].limit == required]
            chosen = asked or [row for row in rows if row[0].asks]
            self.known[key] = list(dict.fromkeys((basis, source, article, read) for _, basis, source, article, read in chosen))
        return self.known[key]

    def legal(self, level: str, required: float) -> bool:
        """Whether a law asks this."""
        return any(basis == "wet" for basis, _, _, _ in self.of(level, required))


def _levels(grounds: _Grounds, level: str, verdicts: Mapping[str, Verdicts], at: int) -> list[str]:
    """The level to name: the one that is asked here, and a looser one that fails too where only that rests on a law."""
    failing = [one for one in schema.LEVELS if verdicts[one].outcome[at] == FAILS]
    if not failing:
        return []
    first = level if level in failing else failing[0]
    if grounds.legal(first, verdicts[first].required[at]):
        return [first]
    return [first, *[one for one in failing if grounds.legal(one, verdicts[one].required[at])][-1:]]


def _holds(city: schema.City, source: str, part: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Whether a law holds for objects: True, False, or None where that is not known."""
    law = laws().get(source)
    if law is None:
        return np.full(len(part), False, object)
    year = _years(city, part)
    inside = _inside(city, law.place, part)
    holds = np.full(len(part), None, object)
    holds[(year >= law.since) & (inside == True)] = True  # noqa: E712  (objects: True, False or None)
    holds[(year < law.since) | (inside == False)] = False  # noqa: E712
    return holds


def _years(city: schema.City, part: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    layer = city.layers[str(part["kind"].iloc[0])] if len(part) else pd.DataFrame()
    if "built_year" not in layer:
        return np.full(len(part), np.nan)
    year: npt.NDArray[np.float64] = pd.to_numeric(layer.loc[part["object_id"], "built_year"], errors="coerce").to_numpy(float)
    return year


def _inside(city: schema.City, place: str, part: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Whether each lies inside the areas: by what is known of the object, else by the areas if they are delivered."""
    inside = np.full(len(part), None, object)
    areas = city.context.get(place)
    if areas is not None and len(areas):
        shapes = part.geometry.to_numpy()
        covered = shapely.covers(shapely.union_all(areas.geometry.to_numpy()), shapes)
        inside[covered] = True
    layer = city.layers[str(part["kind"].iloc[0])] if len(part) else pd.DataFrame()
    if place in layer:
        known = layer.loc[part["object_id"], place]
        told = known.notna().to_numpy()
        inside[told] = [bool(value) for value in known[told]]
    return inside


def _grade(basis: str, verified: bool, holds: object) -> str:
    if basis != "wet":
        return basis
    if not verified or holds is False:
        return "law_elsewhere"
    return "infringement" if holds is True else "law_open"
