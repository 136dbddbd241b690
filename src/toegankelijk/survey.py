"""Survey: what to measure on the spot, object by object, in the order that tells most.

Every unknown verdict lacks something: the attribute itself, an attribute that says whether the criterion applies, or one that the
limit depends on. What one visit can take is put together, and ranked by the priority of what may be found and by how much it
narrows the score of its zone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.bottlenecks import BANDS, EXPOSURE, LEVEL_TERM, Horizon, anchor_distance
from toegankelijk.findings import Findings, describe_objects, find_scope
from toegankelijk.labels import label, names, word
from toegankelijk.norm import Norm, Rule
from toegankelijk.scores import object_scores
from toegankelijk.zones import representative_points

REACH = 250.0
"""Length in metres of a street, or side of a square where no street is known, that one visit takes."""

ON_SITE = ("survey", "attribute")
"""How an attribute can be had on the spot; all others come from drawings, heights or the network."""

ASKED_INSTEAD: Mapping[str, str] = {
    "speed_50_or_more": "maxspeed",
    "line_narrowing": "narrowing_length",
    "length_below_120": "narrowing_length",
    "length_below_150": "narrowing_length",
    "length_below_180": "narrowing_length",
    "handrail_present": "handrail_sides",
    "required_speed": "crossing_time",
}
"""What follows from another attribute is not asked; the other one tells more (`toegankelijk.measure.implied`)."""

COLUMNS = (
    *("rank", "object_id", "kind", "zone_id", "level", "street", "name", "visit_id", "visit_order", "attributes", "from_data"),
    *("criteria", "reason", "priority", "priority_band", "priority_reason", "narrows", "planning", "planning_reason", "phase"),
    *("target_year", "responsible", "geometry"),
)

VISIT_COLUMNS = (
    *("rank", "visit_id", "zone_id", "street", "objects", "measurements", "priority", "priority_band", "narrows"),
    *("planning", "phase", "target_year", "geometry"),
)


def list_survey(
    findings: Findings,
    norm: Norm,
    *,
    criteria: str | Collection[str] | None = None,
    horizon: Horizon | None = None,
    lang: str = "nl",
) -> gpd.GeoDataFrame:
    """What to measure: one row per object of which a verdict is unknown.

    Priority is the P of `find_bottlenecks`, as it would be if the worst that is possible were found. ``narrows`` says by how many
    points (0 to 100) the score interval of its zone becomes narrower once all that the scope asks of the object is known; it is
    an approximation, as it takes every object that may count as one that does. Core criteria that are unknown at level A are
    planned in the short term, phase ``opmeten`` (``norms.md`` section 11.3); nothing else is planned by rule.

    Parameters
    ----------
    findings
        What `assess` found.
    norm
        Gives names, remedies and services.
    criteria
        Criteria to list: ``"core"``, ``"full"`` or codes; by default the scope of the run.
    horizon
        Years in which the terms end.
    lang
        Language of the reasons.

    Returns
    -------
    GeoDataFrame
        Columns `COLUMNS`, sorted by priority, then by ``narrows``. ``attributes`` are to be had on the spot, ``from_data`` only
        from drawings, heights or the network; several are joined by ``|``. Objects in one zone and street within 250 m have one
        ``visit_id``, which stays the same as long as the objects do, whatever is measured; ``visit_order`` runs along the street.
        An object without ``attributes`` is in no visit.

    Examples
    --------
    >>> from toegankelijk import sample_city, screen
    >>> screening = screen(sample_city())
    >>> survey = list_survey(screening.findings, screening.norm, lang="en")
    >>> survey.loc[survey["object_id"] == "VP-08", ["attributes", "visit_id", "priority"]].to_numpy().tolist()
    [['route_width', 'WZ-2 Rietlaan 1', 14]]
    """
    codes = findings.scope if criteria is None else find_scope(norm, criteria)
    gaps = [_texts(gap, norm, lang) for gap in _gaps(findings, norm, codes)]
    table = pd.concat([_NOTHING, *gaps]).merge(_places(findings), on=["kind", "object_id"], how="left")
    table = _prioritised(table, findings, lang)
    table = _planned(table, norm, horizon or Horizon(), lang)
    table = table.sort_values(
        ["priority", "narrows", "kind", "object_id"], ascending=[False, False, True, True], ignore_index=True
    )
    table["rank"] = np.arange(1, len(table) + 1)
    on_site = table["attributes"] != ""
    table["visit_id"] = table["visit_id"].where(on_site, "")
    order = table[on_site].sort_values(["visit_id", "along", "kind", "object_id"]).groupby("visit_id").cumcount() + 1
    table["visit_order"] = order.reindex(table.index, fill_value=0)
    return gpd.GeoDataFrame(table[list(COLUMNS)], geometry="geometry", crs=findings.city.crs)


def list_visits(survey: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Visits of a survey: one row each, the most telling first.

    Returns
    -------
    GeoDataFrame
        Columns `VISIT_COLUMNS`: ``objects`` and ``measurements`` to take, the highest ``priority`` among them, and the sum of
        ``narrows``; ``geometry`` is the middle of the objects.
    """
    listed = survey[survey["visit_id"] != ""]
    points = gpd.GeoSeries(representative_points(listed.geometry.to_numpy()), listed.index, crs=survey.crs)
    listed = listed.assign(measurements=listed["attributes"].str.count("[|]") + 1, x=points.x, y=points.y)
    listed = listed.sort_values(["visit_id", "planning", "rank"], ascending=[True, False, True])
    first = {name: (name, "first") for name in ("zone_id", "street", "planning", "phase", "target_year")}
    visits = (
        listed.groupby("visit_id", sort=True)
        .agg(
            objects=("object_id", "size"),
            measurements=("measurements", "sum"),
            priority=("priority", "max"),
            narrows=("narrows", "sum"),
            x=("x", "mean"),
            y=("y", "mean"),
            **first,
        )
        .reset_index()
    )
    visits = visits.sort_values(["priority", "narrows", "visit_id"], ascending=[False, False, True], ignore_index=True)
    visits = visits.assign(rank=np.arange(1, len(visits) + 1), priority_band=_bands(visits["priority"]))
    visits["geometry"] = shapely.points(visits["x"], visits["y"])
    return gpd.GeoDataFrame(visits[list(VISIT_COLUMNS)], geometry="geometry", crs=survey.crs)


_NOTHING = pd.DataFrame(
    {name: pd.Series(dtype="object") for name in ("kind", "object_id", "attributes", "from_data", "criteria", "reason", "level")}
).assign(lead="", severity=0, planned=False)


@dataclass(frozen=True)
class _Gap:
    """What is unknown of the objects of one kind.

    ``needs`` says per object and attribute, ``open`` per object and verdict (criterion and reason) whether it lacks; ``lead`` is
    the criterion of the gravest that may be found, with its ``severity`` and ``level``; ``planned`` marks an unknown core
    criterion at level A.
    """

    kind: str
    ids: pd.Index
    attributes: tuple[str, ...]
    needs: npt.NDArray[np.bool_]
    verdicts: tuple[tuple[str, str], ...]
    open: npt.NDArray[np.bool_]
    lead: npt.NDArray[np.object_]
    severity: npt.NDArray[np.int64]
    level: npt.NDArray[np.object_]
    planned: npt.NDArray[np.bool_]


def _gaps(findings: Findings, norm: Norm, codes: Collection[str]) -> Iterator[_Gap]:
    criteria = findings.table["criterion"].cat.categories
    asked = criteria.isin(list(codes))[findings.table["criterion"].cat.codes]
    table = findings.table[(findings.table["outcome"] == "unknown").to_numpy() & asked]
    kinds = pd.Index([norm.rules[code].kind for code in criteria])[table["criterion"].cat.codes]
    for kind, rows in sorted(table.groupby(kinds).indices.items()):
        yield _gap(str(kind), table.iloc[rows], findings, norm)


def _gap(kind: str, table: pd.DataFrame, findings: Findings, norm: Norm) -> _Gap:
    layer = findings.city.layers[kind]
    found, at = np.unique(table["object_id"].cat.codes.to_numpy(), return_inverse=True)
    ids = table["object_id"].cat.categories[found]
    row = layer.index.get_indexer(ids)
    criterion, reason = table["criterion"].cat.codes.to_numpy(), table["reason"].cat.codes.to_numpy()
    nothing = np.zeros(len(ids), bool)
    needs: dict[str, npt.NDArray[np.bool_]] = {}
    open_: dict[tuple[str, str], npt.NDArray[np.bool_]] = {}
    for number in np.unique(criterion):
        code = str(table["criterion"].cat.categories[number])
        mine = criterion == number
        lacks = np.zeros(len(ids), bool)
        lacks[at[mine]] = True
        for attribute in _rests_on(norm.rules[code]):
            unknown = lacks & ~_exact(layer, norm.attributes[attribute])[row]
            instead = ASKED_INSTEAD.get(attribute, attribute)
            told = _exact(layer, norm.attributes[instead])[row]  # and still it does not follow: then it is asked itself
            for ask, mask in ((instead, unknown & ~told), (attribute, unknown & told)):
                needs[ask] = needs.get(ask, nothing) | mask
        for why in np.unique(reason[mine]):
            flag = np.zeros(len(ids), bool)
            flag[at[mine & (reason == why)]] = True
            open_[code, str(table["reason"].cat.categories[why])] = flag
    levels = findings.city.areas["level"].reindex(table["area_id"].cat.categories).to_numpy()[table["area_id"].cat.codes]
    core = np.array([norm.rules[code].core for code in table["criterion"].cat.categories])[criterion]
    planned = np.zeros(len(ids), bool)
    planned[at[core & (levels == "A")]] = True
    severity = table["severity_worst"].to_numpy(np.int64)
    points = 3 * severity + pd.Series(levels).map(LEVEL_TERM).to_numpy(np.int64)
    order = np.lexsort((criterion, levels, ~core, -points, at))
    first = order[np.unique(at[order], return_index=True)[1]]
    return _Gap(
        kind=kind,
        ids=ids,
        attributes=tuple(name for name, lacks in needs.items() if lacks.any()),
        needs=_matrix([lacks for lacks in needs.values() if lacks.any()], len(ids)),
        verdicts=tuple(open_),
        open=_matrix(list(open_.values()), len(ids)),
        lead=table["criterion"].cat.categories.to_numpy(dtype=object)[criterion[first]],
        severity=severity[first],
        level=levels[first],
        planned=planned,
    )


def _rests_on(rule: Rule) -> list[str]:
    """Attributes that a verdict rests on: what says whether it applies, what its limit depends on, and what is judged."""
    return list(dict.fromkeys([*(name for name, _ in rule.applies), *filter(None, rule.drivers.values()), rule.attribute]))


def _exact(layer: pd.DataFrame, attribute: schema.Attribute) -> npt.NDArray[np.bool_]:
    """Objects of which nothing more is to be known of an attribute."""
    if attribute.type == "number":
        low, high = schema.bounds(layer, attribute.name)
        return np.asarray(low == high)
    return np.asarray(layer[attribute.name].notna()) if attribute.name in layer else np.zeros(len(layer), bool)


def _matrix(columns: Sequence[npt.NDArray[np.bool_]], rows: int) -> npt.NDArray[np.bool_]:
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0), bool)


def _texts(gap: _Gap, norm: Norm, lang: str) -> pd.DataFrame:
    """The gap as rows with texts, one for each combination that occurs."""
    here = np.array([_on_site(name) for name in gap.attributes], bool)
    named = names(norm.criteria, lang)

    def reasons(chosen: npt.NDArray[np.intp]) -> str:
        by_reason: dict[str, list[str]] = {}
        for i in chosen:
            code, why = gap.verdicts[i]
            by_reason.setdefault(why, []).append(named[code])
        return "; ".join(f"{word('unknown_reason', why, lang)}: {', '.join(codes)}" for why, codes in sorted(by_reason.items()))

    def joined(words: Sequence[str]) -> Callable[[npt.NDArray[np.intp]], str]:
        return lambda chosen: "|".join(dict.fromkeys(words[i] for i in chosen))

    columns = {
        **{"kind": gap.kind, "object_id": gap.ids.to_numpy(dtype=object)},
        "attributes": _by_row(gap.needs & here, joined(gap.attributes)),
        "from_data": _by_row(gap.needs & ~here, joined(gap.attributes)),
        "criteria": _by_row(gap.open, joined([code for code, _ in gap.verdicts])),
        "reason": _by_row(gap.open, reasons),
        **{"lead": gap.lead, "severity": gap.severity, "level": gap.level, "planned": gap.planned},
    }
    return pd.DataFrame(columns)


def _on_site(attribute: str) -> bool:
    known = schema.attributes().get(attribute)
    return known is not None and any(way in ON_SITE for way in known.how)


def _by_row(matrix: npt.NDArray[np.bool_], text: Callable[[npt.NDArray[np.intp]], str]) -> npt.NDArray[np.object_]:
    """A text per row of a matrix, made once per combination."""
    packed = np.ascontiguousarray(np.packbits(matrix, axis=1))
    if not packed.shape[1]:
        return np.full(len(matrix), "", dtype=object)
    whole = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, which = np.unique(whole, return_index=True, return_inverse=True)
    texts = np.array([text(np.flatnonzero(matrix[i])) for i in first], dtype=object)
    return np.asarray(texts[which])


def _places(findings: Findings) -> pd.DataFrame:
    """Zone, visit, place along it, street, name and geometry of every object in some area, whatever is known of it.

    The visits rest on all objects, so that they do not change while the list becomes shorter.
    """
    member = findings.membership.sort_values(["level", "share", "zone_id", "area_id"], ascending=[True, False, True, True])
    table = member.drop_duplicates(["kind", "object_id"])[["kind", "object_id", "zone_id"]].reset_index(drop=True)
    objects = describe_objects(findings.city, table["kind"], table["object_id"])
    points = representative_points(objects["geometry"].to_numpy(dtype=object))
    x, y = shapely.get_x(points), shapely.get_y(points)
    column, row = np.floor(x / REACH).astype(np.int64), np.floor(y / REACH).astype(np.int64)
    squares = pd.Series(column).astype(str) + "-" + pd.Series(row).astype(str)
    street = objects["street"].astype("object")
    zone = table["zone_id"].astype("str")
    group = pd.factorize(zone + "\0" + street.where(street != "", "\0" + squares))[0]
    along = _along(x, y, group)
    length = np.zeros(group.max(initial=-1) + 1)
    np.maximum.at(length, group, along)
    pieces = np.maximum(np.ceil(length / REACH - 1e-9), 1)[group]
    piece = np.minimum(np.floor(along / np.maximum(length[group], 1e-9) * pieces), pieces - 1).astype(np.int64) + 1
    visit = np.where(street != "", zone + " " + street + " " + pd.Series(piece).astype(str), zone + " vak " + squares)
    return pd.concat([table.assign(visit_id=visit, along=along), objects], axis=1)


def _along(x: np.ndarray, y: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Distance in metres along the main direction of each group, from its western (then southern) end."""
    count = np.bincount(group)
    dx, dy = (part - (np.bincount(group, part) / count)[group] for part in (x, y))
    xx, yy, xy = (np.bincount(group, part) for part in (dx * dx, dy * dy, dx * dy))
    angle = np.arctan2(2 * xy, xx - yy) / 2
    north = np.cos(angle) < 1e-9  # -90 and 90 degrees are the same street
    along = dx * np.where(north, 0, np.cos(angle))[group] + dy * np.where(north, 1, np.sin(angle))[group]
    least = np.full(len(count), np.inf)
    np.minimum.at(least, group, along)
    return np.asarray(np.round(along - least[group], 3))


def _prioritised(table: pd.DataFrame, findings: Findings, lang: str) -> pd.DataFrame:
    """Priority if the worst that is possible were found, and what is gained for the score of the zone."""
    distance = anchor_distance(table["geometry"].to_numpy(dtype=object), findings.city)
    exposure = np.select([distance <= limit + 1e-9 for limit, _ in EXPOSURE], [points for _, points in EXPOSURE], 0)
    level = table["level"].map(LEVEL_TERM).fillna(0).to_numpy(dtype=np.int64)
    severity = table["severity"].to_numpy(dtype=np.int64)
    priority = 3 * severity + exposure + level
    terms = pd.MultiIndex.from_arrays([severity, exposure, level])
    which, distinct = pd.factorize(terms)
    texts = [label("why.survey_priority", lang, p=3 * s + e + term, s=s, e=e, l=term) for s, e, term in distinct]
    gained = _narrows(findings).reindex(pd.MultiIndex.from_frame(table[["kind", "object_id"]])).fillna(0.0)
    return table.assign(
        priority=priority,
        priority_band=_bands(priority),
        priority_reason=np.array([*texts, ""], dtype=object)[which],
        narrows=np.round(gained.to_numpy(), 3),
    )


def _narrows(findings: Findings) -> pd.Series:
    """Points (0 to 100) of the interval of its zones that an object stands for, by the weights of the scores."""
    objects = object_scores(findings)
    if objects.empty:
        return pd.Series(dtype="float64", index=pd.MultiIndex.from_arrays([[], []]))
    norm, rules = findings.norm, [findings.norm.rules[code] for code in sorted(findings.scope)]
    chosen = findings.city.settings.get("theme_weights") or {}
    weight = pd.Series({theme: float(chosen.get(theme, norm.weight(theme))) for theme in norm.themes.index})
    missing = {(rule.theme, rule.kind) for rule in rules if rule.kind not in findings.city.layers}
    absent = pd.Series([theme for theme, _ in missing], dtype="object").value_counts()
    cell = objects.groupby(["zone_id", "theme", "kind"], observed=True)["weight"].transform("sum")
    present = objects[["zone_id", "theme", "kind"]].drop_duplicates().astype("str")
    kinds = present.groupby(["zone_id", "theme"]).size().rename("kinds").reset_index()
    kinds["kinds"] += kinds["theme"].map(absent).fillna(0)
    everywhere = present[["zone_id"]].drop_duplicates().merge(pd.DataFrame({"theme": absent.index}, dtype="str"), how="cross")
    themes = pd.concat([kinds[["zone_id", "theme"]], everywhere]).drop_duplicates()
    total = themes["theme"].map(weight).groupby(themes["zone_id"]).sum()
    at = pd.MultiIndex.from_arrays([objects["zone_id"].astype("str"), objects["theme"].astype("str")])
    of_kind = kinds.set_index(["zone_id", "theme"])["kinds"].reindex(at).to_numpy()
    share = objects["weight"] / cell / of_kind * objects["theme"].astype("str").map(weight).to_numpy()
    share = share / total.reindex(objects["zone_id"].astype("str")).to_numpy() * 100
    points = (share * (objects["score_high"] - objects["score_low"])).groupby(objects["thing"]).sum()
    ids = findings.table["object_id"].cat.categories
    kind, object_id = np.divmod(points.index.to_numpy(), len(ids))
    return points.set_axis(pd.MultiIndex.from_arrays([pd.Index(schema.kinds())[kind], ids[object_id]]))


def _planned(table: pd.DataFrame, norm: Norm, horizon: Horizon, lang: str) -> pd.DataFrame:
    """Term and phase by rule, and the service of the remedy that may be due."""
    core = table["planned"].to_numpy(bool)
    remedy = table["lead"].map({code: rule.remedy for code, rule in norm.rules.items()})
    return table.assign(
        planning=np.where(core, "KT", ""),
        planning_reason=np.where(core, label("why.survey_core", lang), label("why.survey_free", lang)),
        phase=np.where(core, "opmeten", ""),
        target_year=pd.Series(horizon.KT, table.index, dtype="Int64").where(core),
        responsible=remedy.map(norm.remedies["responsible"]).to_numpy(dtype=object),
    )


def _bands(priority: npt.ArrayLike) -> npt.NDArray[np.str_]:
    points = np.asarray(priority)
    return np.asarray(np.select([points >= least for least, _ in BANDS], [name for _, name in BANDS], ""))
