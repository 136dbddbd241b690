"""What if: a city in which defects are mended, or that is judged at another level or by another norm, beside the first.

What is mended just meets: each attribute gets the strictest limit of all levels, at what the object's drivers are. So the same
functions that judged the city before can judge it again, and tables of before and after can be laid side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.findings import Findings
from toegankelijk.measure.shares import measure_shares
from toegankelijk.norm import Norm, Rule, judge
from toegankelijk.norm.kernel import FAILS, MEETS, NOT_APPLICABLE, UNKNOWN
from toegankelijk.planning.mending import mend

FIX_COLUMNS = ("fix", "kind", "object_id", "attribute")
"""Columns of a table of fixes: what passes once the fix is done; the attribute ``*`` is all that is judged of the object."""

EVERYTHING = "*"
"""Stands for all attributes of an object that some criterion judges."""

SHARES = ("accessible_share", "ergonomic_share")
"""Attributes of a zone that follow from what its objects meet."""

MOST_ROUNDS = 10
"""Rounds in which a change may ask for another; in practice three are enough."""

SCORE_KEYS = ("division", "district_id", "zone_id", "level", "theme")
REACH_KEYS = ("profile", "division", "area", "area_id", "origin", "purpose")
NAMES = ("district_name", "office", "zone_name", "assumed", "geometry")
"""Columns that only name a row; they are those of the later table, and where it lacks the row of the earlier one."""

BOTTLENECK_KEYS = ("kind", "object_id", "remedy")
"""What makes a bottleneck the same in two screenings."""

_RANK = np.zeros(4, np.int8)
_RANK[[FAILS, UNKNOWN, MEETS, NOT_APPLICABLE]] = 0, 1, 2, 2


class Screened(Protocol):
    """What two screenings are compared by."""

    @property
    def findings(self) -> Findings:
        """Every object against every criterion."""

    @property
    def scores(self) -> gpd.GeoDataFrame:
        """Scores per zone, level and theme."""

    @property
    def city_scores(self) -> gpd.GeoDataFrame:
        """Scores of all zones together."""

    @property
    def area_scores(self) -> gpd.GeoDataFrame:
        """Scores per district."""

    @property
    def table(self) -> gpd.GeoDataFrame:
        """Bottlenecks."""


@dataclass(frozen=True)
class Difference:
    """What is different in a second screening.

    Parameters
    ----------
    scores, city_scores, area_scores
        Scores of both beside one another (see `compare_scores`).
    criteria
        Per criterion how many findings fail, meet and are unknown: ``{outcome}_before``, ``_after`` and ``_difference``.
    bottlenecks
        A row per bottleneck of either: ``change`` is ``gone``, ``new`` or ``stays``; priority and severity of both.
    """

    scores: gpd.GeoDataFrame
    city_scores: gpd.GeoDataFrame
    area_scores: gpd.GeoDataFrame
    criteria: pd.DataFrame
    bottlenecks: gpd.GeoDataFrame


def apply_fixes(city: schema.City, norm: Norm, fixes: pd.DataFrame, *, rules: Iterable[Rule] = ()) -> schema.City:
    """The city with these fixes done.

    An attribute that already meets all that is asked of it stays as it is. If a change makes something else of the object worse
    (a wider pavement of which more is asked, a new kerb ramp of which nothing is known), that is built right too. What was
    measured from other objects stays, but for the shares of zones, which are measured again. Where a limit grows with a driver
    of which no upper end is known (the length of a warning strip with the width of the crossing), it stays unknown.

    Parameters
    ----------
    city
        A measured city.
    norm
        The criteria; what is mended meets them at every level.
    fixes
        Columns `FIX_COLUMNS`. Attributes that nothing judges are left as they are.
    rules
        More criteria to meet, such as those of a user profile.

    Raises
    ------
    InputError
        A fix names an object that is not in the city.
    ConfigError
        Criteria contradict one another, so that no value meets them.
    """
    _check(city, fixes)
    every = [*norm.rules.values(), *rules]
    layers = dict(city.layers)
    wanted = {str(kind): rows for kind, rows in fixes.groupby("kind", sort=True)}
    for kind in [*(kind for kind in wanted if kind != "zone")]:
        layers[kind] = _mended(layers[kind], [rule for rule in every if rule.kind == kind], wanted[kind])
    mended = replace(city, layers=layers)
    if {"stop", "rest_place"} & set(wanted):
        mended = with_norm(mended, norm)
    if "zone" in wanted:  # after the shares, which would otherwise be measured over what is mended
        zones = _mended(mended.layers["zone"], [rule for rule in every if rule.kind == "zone"], wanted["zone"])
        mended = replace(mended, layers={**mended.layers, "zone": zones})
    return mended


def with_level(city: schema.City, level: str, norm: Norm) -> schema.City:
    """The city as if all level areas had one level; the shares of zones are measured again.

    Raises
    ------
    ConfigError
        There is no such level.
    """
    if level not in schema.LEVELS:
        raise ConfigError(f"level {level!r} is none of {', '.join(schema.LEVELS)}")
    return with_norm(replace(city, areas=city.areas.assign(level=level)), norm)


def with_norm(city: schema.City, norm: Norm) -> schema.City:
    """The city ready to be judged by another norm: the shares of zones, which follow from the norm, are measured again."""
    zones = city.layers.get("zone")
    if zones is None:
        return city
    for attribute in SHARES:
        measured = schema.texts(zones, f"{attribute}_how").eq("measured")
        columns = [name for name in (attribute, f"{attribute}_low", f"{attribute}_high") if name in zones]
        zones = zones.assign(**{name: zones[name].mask(measured) for name in columns})
        zones = zones.assign(**{f"{attribute}_how": schema.texts(zones, f"{attribute}_how").mask(measured, "")})
    return measure_shares(replace(city, layers={**city.layers, "zone": zones}), norm)


def compare_scores(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Scores of zones, districts or the city before and after, and the difference.

    Returns
    -------
    GeoDataFrame
        A row per zone or district, level and theme of either. Of each number ``{name}_before``, ``{name}_after`` and
        ``{name}_difference``; both ends of an interval are kept, each with its own difference. The low end takes what is unknown
        at its worst, before and after; so the difference of the low ends is what changes in the worst case, that of the high
        ends in the best.
    """
    return gpd.GeoDataFrame(_beside(before, after, SCORE_KEYS), geometry="geometry", crs=before.crs)


def compare_reach(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Reach before and after, per origin and purpose or summed per area and purpose, and the difference.

    Returns
    -------
    DataFrame
        As `compare_scores`. Not reached is an infinite distance: what is reached now and was not before has a difference of minus
        infinity, and where neither is reached there is none. True and false differ by 1.
    """
    index = [name for name in before.index.names if name in REACH_KEYS]
    first, second = (table.reset_index(index) if index else table for table in (before, after))
    return _beside(first, second, REACH_KEYS)


def compare_screenings(first: Screened, second: Screened) -> Difference:
    """What is different in a second screening: after a plan, at another level, or by another norm."""
    return Difference(
        scores=compare_scores(first.scores, second.scores),
        city_scores=compare_scores(first.city_scores, second.city_scores),
        area_scores=compare_scores(first.area_scores, second.area_scores),
        criteria=_criteria(first.findings, second.findings),
        bottlenecks=_bottlenecks(first.table, second.table),
    )


def _check(city: schema.City, fixes: pd.DataFrame) -> None:
    if lacking := [name for name in FIX_COLUMNS if name not in fixes]:
        raise InputError(f"fixes: columns {lacking} are missing; there are {', '.join(map(str, fixes.columns))}")
    lost = []
    for kind, rows in fixes.groupby("kind", sort=True):
        known = city.layers[kind].index if kind in city.layers else pd.Index([])
        astray = rows[~rows["object_id"].isin(known)].sort_values(["object_id", "fix"])
        lost += [f"fix {fix}: no {kind} {one!r}" for fix, one in zip(astray["fix"], astray["object_id"], strict=True)]
    if lost:
        raise InputError("fixes: some name objects that the city does not have", lost)


def _mended(layer: gpd.GeoDataFrame, rules: Sequence[Rule], fixes: pd.DataFrame) -> gpd.GeoDataFrame:
    """The layer with attributes of some objects mended, and all that thereby became worse."""
    whole = fixes["attribute"] == EVERYTHING
    wanted = {str(name): set(rows["object_id"]) for name, rows in fixes[~whole].groupby("attribute", sort=True)}
    for rule in rules:
        wanted.setdefault(rule.attribute, set()).update(fixes.loc[whole, "object_id"])
    objects = layer.index[layer.index.isin(fixes["object_id"])]
    before = layer.loc[objects]
    was = _ranks(rules, before)
    after = before
    for _ in range(MOST_ROUNDS):
        last = after
        for attribute in sorted(wanted):
            judged = [rule for rule in rules if rule.attribute == attribute]
            after = mend(after, judged, objects.isin(wanted[attribute])) if judged else after
        if after is last:  # nothing changed any more
            break
        for attribute, found in _worse(rules, was, _ranks(rules, after)).items():
            wanted.setdefault(attribute, set()).update(objects[found])
    columns = [name for name in after if name not in layer or not after[name].equals(before[name])]
    changed = {name: _replaced(layer, after, name) for name in columns}
    result = layer.assign(**changed)
    result.attrs.update(layer.attrs)
    return result


def _replaced(layer: gpd.GeoDataFrame, after: pd.DataFrame, name: str) -> pd.Series:
    """A column of the layer with the new cells of some rows."""
    column = layer[name] if name in layer else pd.Series(None, layer.index, dtype=after[name].dtype)
    column = column.astype(after[name].dtype) if column.dtype != after[name].dtype else column.copy()
    column.loc[after.index] = after[name]
    return column


def _ranks(rules: Sequence[Rule], layer: pd.DataFrame) -> Mapping[str, npt.NDArray[np.int8]]:
    """How good each object is by each criterion, per level: 0 fails, 1 unknown, 2 meets or nothing asked."""
    ranks = {}
    for number, rule in enumerate(rules):
        verdicts = judge(rule, layer)
        ranks[f"{number}"] = _RANK[np.stack([verdicts[level].outcome for level in schema.LEVELS])]
    return ranks


def _worse(
    rules: Sequence[Rule], before: Mapping[str, npt.NDArray[np.int8]], after: Mapping[str, npt.NDArray[np.int8]]
) -> dict[str, npt.NDArray[np.bool_]]:
    """Attribute to the objects of which a criterion on it is worse than before, at any level."""
    worse: dict[str, npt.NDArray[np.bool_]] = {}
    for number, rule in enumerate(rules):
        found = np.asarray((after[f"{number}"] < before[f"{number}"]).any(axis=0))
        worse[rule.attribute] = worse[rule.attribute] | found if rule.attribute in worse else found
    return {attribute: found for attribute, found in sorted(worse.items()) if found.any()}


def _beside(before: pd.DataFrame, after: pd.DataFrame, known: Sequence[str]) -> pd.DataFrame:
    """Two tables beside one another, by those of the known keys that they have."""
    keys = [name for name in known if name in before and name in after]
    first, second = (table.set_index(keys).sort_index() for table in (before, after))
    for table in (first, second):
        if table.index.has_duplicates:
            raise InputError(f"tables cannot be compared: several rows have the same {', '.join(keys)}")
    rows = first.index.union(second.index)
    first, second = first.reindex(rows), second.reindex(rows)
    columns = {}
    for name in (column for column in second if column in first):
        if name in NAMES:
            columns[name] = second[name].where(second[name].notna(), first[name])
            continue
        columns |= {f"{name}_before": first[name], f"{name}_after": second[name]}
        if pd.api.types.is_numeric_dtype(before[name].dtype) or pd.api.types.is_bool_dtype(before[name].dtype):
            columns[f"{name}_difference"] = _difference(first[name], second[name])
    return pd.DataFrame(columns, index=rows).reset_index()


def _difference(before: pd.Series, after: pd.Series) -> npt.NDArray[np.float64]:
    """After minus before; nothing where both are infinite."""
    first, second = (column.astype("float").to_numpy(dtype=float, na_value=np.nan) for column in (before, after))
    both = np.isinf(first) & (first == second)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(both, np.nan, second - first))


def _criteria(first: Findings, second: Findings) -> pd.DataFrame:
    tables = []
    for findings in (first, second):
        table = findings.table[["criterion", "outcome"]].astype("str")
        counts = table.groupby(["criterion", "outcome"]).size().unstack(fill_value=0)
        tables.append(counts.reindex(columns=list(schema.OUTCOMES), fill_value=0))
    rows = tables[0].index.union(tables[1].index)
    before, after = (table.reindex(rows, fill_value=0) for table in tables)
    columns = {}
    for outcome in schema.OUTCOMES:
        columns[f"{outcome}_before"], columns[f"{outcome}_after"] = before[outcome], after[outcome]
        columns[f"{outcome}_difference"] = after[outcome] - before[outcome]
    return pd.DataFrame(columns, index=rows.rename("criterion")).reset_index()


def _bottlenecks(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    keys = list(BOTTLENECK_KEYS)
    before, after = (table.set_index(keys).sort_index() for table in (first, second))
    rows = before.index.union(after.index)
    change = np.select([~rows.isin(after.index), ~rows.isin(before.index)], ["gone", "new"], "stays")
    before, after = before.reindex(rows), after.reindex(rows)
    columns: dict[str, object] = {"change": change}
    for name in ("bottleneck_id", "theme", "street", "zone_id", "geometry"):
        columns[name] = after[name].where(after[name].notna(), before[name]).to_numpy()
    for name in ("priority", "severity"):
        columns |= {f"{name}_before": before[name].astype("Int64"), f"{name}_after": after[name].astype("Int64")}
    table = pd.DataFrame(columns, index=rows).reset_index()
    return gpd.GeoDataFrame(table, geometry="geometry", crs=second.crs)
