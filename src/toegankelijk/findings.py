"""Findings: every object, in every level area it lies in, against every criterion that applies to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.norm import Norm, Rule, judge
from toegankelijk.norm.kernel import NOT_APPLICABLE, REASONS, Verdicts
from toegankelijk.zones import find_membership

LEVELS_REACHED = (*schema.LEVELS, "none")
"""Strictest level met: A, B, C, or none of them."""

COLUMNS = (
    *("object_id", "area_id", "criterion", "value", "required", "outcome"),
    *("severity", "severity_worst", "level_met", "level_possible", "reason"),
)

Codes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Findings:
    """Outcome of a screening, before anything is summed up.

    Parameters
    ----------
    table
        One row per object, level area and criterion that applies or may apply, columns `COLUMNS`; about 30 bytes a row.
        ``value`` is the number, 1 or 0 for true or false, or the position of the class in the attribute's list; NaN where
        it is bounds or unknown. ``severity`` and ``severity_worst`` (0 to 4) enclose how grave the failure is; both are 0 for
        what is met. ``level_met`` and ``level_possible`` are the strictest level that the value surely and possibly meets.
    standing
        One row per object and theme, over the criteria of the scope: whether level A ``asked`` something of it surely
        (2) or possibly (1), and the strictest level met ``surely`` and ``possibly`` (positions in `LEVELS_REACHED`).
    membership
        Which objects lie in which areas (see `toegankelijk.zones.find_membership`).
    not_applicable
        How many objects each criterion does not apply to, at the level of their area.
    city, norm
        What was judged, by what.
    scope
        Codes of the criteria that count in scores.
    """

    table: pd.DataFrame
    standing: pd.DataFrame
    membership: pd.DataFrame
    not_applicable: pd.Series
    city: schema.City
    norm: Norm
    scope: frozenset[str]

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        return f"Findings({self.city.name!r}, {len(self):,} rows, norm {self.norm.name!r})"

    def _repr_html_(self) -> str:
        """Outcomes per theme and the first rows, for a notebook."""
        from toegankelijk.display import card
        from toegankelijk.labels import label

        themes = pd.Series({code: rule.theme for code, rule in self.norm.rules.items()}, dtype="object")
        theme = self.table["criterion"].astype("object").map(themes)
        counts = pd.crosstab(theme.rename("theme"), self.table["outcome"].astype("object"))
        tables = {label("display.outcome"): counts, label("display.findings"): self.table}
        return card(
            f"{label('display.findings')}: {self.city.name}",
            facts={label("display.norm", name=""): self.norm.name},
            tables=tables,
        )


def assess(city: schema.City, norm: Norm, *, scope: str | Collection[str] = "core") -> Findings:
    """Judge every object by the criteria of its kind, at the level of each area that it lies in.

    Parameters
    ----------
    city
        Layers with their attributes, and level areas.
    norm
        Criteria and limits.
    scope
        Criteria that count in scores: ``"core"``, ``"full"``, or codes. All criteria are judged in any case.

    Returns
    -------
    Findings
        Sorted by object, area and criterion; the order of the input does not matter.
    """
    counted = find_scope(norm, scope)
    layers = {kind: layer.sort_index() for kind, layer in city.layers.items()}
    membership = find_membership(layers, city.areas)
    areas = pd.Index(sorted(city.areas.index), name="area_id")
    ids = pd.Index([]).append([layer.index for layer in layers.values() if len(layer)]).infer_objects().unique().sort_values()
    codes = pd.Index(sorted(norm.rules))
    blocks: list[_Block] = []
    standing: list[pd.DataFrame] = []
    absent: dict[str, int] = dict.fromkeys(codes, 0)
    for kind, places in membership.groupby("kind", sort=True):
        layer = layers[str(kind)]
        at = _Places.of(places, layer, ids, areas)
        rules = [rule for rule in norm.rules.values() if rule.kind == kind]
        verdicts = {rule.code: judge(rule, layer) for rule in rules}
        for rule in rules:
            block = _block(rule, layer, verdicts[rule.code], at, codes.get_loc(rule.code))
            absent[rule.code] = len(places) - len(block.rows)
            blocks.append(block)
        standing += _standing(str(kind), layer, [rule for rule in rules if rule.code in counted], verdicts)
    return Findings(
        table=_table(blocks, ids, areas, codes),
        standing=pd.concat(standing, ignore_index=True) if standing else _standing_table("", [], "", np.zeros((3, 0), np.int8)),
        membership=membership,
        not_applicable=pd.Series(absent, name="not_applicable", dtype="int64"),
        city=city,
        norm=norm,
        scope=counted,
    )


def find_scope(norm: Norm, scope: str | Collection[str]) -> frozenset[str]:
    """Codes of a scope: ``"core"``, ``"full"``, or a collection of codes that the norm has."""
    if scope == "full":
        return frozenset(norm.rules)
    if scope == "core":
        return frozenset(rule.code for rule in norm.rules.values() if rule.core)
    codes = frozenset([scope] if isinstance(scope, str) else scope)
    if unknown := sorted(codes - set(norm.rules)):
        raise ConfigError(f"scope: norm {norm.name!r} has no criteria {unknown}; give 'core', 'full' or codes of the norm")
    return codes


def find_good_examples(findings: Findings) -> gpd.GeoDataFrame:
    """Objects of which every core criterion that applies is known and met in every area they lie in, and nothing else fails.

    A crossing follows its worst end: it is a good example only if both its ends are.

    Returns
    -------
    GeoDataFrame
        ``object_id, kind, theme, zone_id, area_id, level, street, name, criteria, geometry``; several themes, zones or criteria
        are joined by ``|``, and ``level`` is the strictest one met.
    """
    table, norm = findings.table, findings.norm
    rules = table["criterion"].cat.categories
    kinds = pd.Index([norm.rules[code].kind for code in rules]).to_numpy()
    core = np.array([norm.rules[code].core for code in rules])[table["criterion"].cat.codes]
    kind = kinds[table["criterion"].cat.codes]
    bad = (table["outcome"] == "fails") | (core & (table["outcome"] == "unknown"))
    frame = pd.DataFrame(
        {"kind": kind, "object_id": table["object_id"], "bad": bad, "core": core, "criterion": table["criterion"]}
    )
    state = frame.groupby(["kind", "object_id"], observed=True, sort=True).agg(bad=("bad", "any"), core=("core", "any"))
    good = _with_good_ends(state.index[~state["bad"] & state["core"]], findings.city)
    met = frame[frame["core"].to_numpy()].set_index(["kind", "object_id"])["criterion"].astype(str)
    met = met[met.index.isin(good)]
    listed = pd.DataFrame({"criteria": met, "theme": met.map(lambda code: norm.rules[code].theme)})
    joined = listed.groupby(level=["kind", "object_id"], sort=True).agg(
        criteria=("criteria", _joined), theme=("theme", lambda themes: _joined(themes, schema.THEMES))
    )
    member = findings.membership.set_index(["kind", "object_id"])
    member = member[member.index.isin(good)].sort_values(["level", "zone_id", "area_id"])
    places = member.groupby(level=["kind", "object_id"]).agg(
        zone_id=("zone_id", _joined), area_id=("area_id", _joined), level=("level", "first")
    )
    result = joined.join(places).reset_index()
    described = describe_objects(findings.city, result["kind"], result["object_id"])
    result = pd.concat([result, described], axis=1)
    columns = ["object_id", "kind", "theme", "zone_id", "area_id", "level", "street", "name", "criteria", "geometry"]
    return gpd.GeoDataFrame(result[columns], geometry="geometry", crs=findings.city.crs)


def _with_good_ends(good: pd.MultiIndex, city: schema.City) -> pd.MultiIndex:
    """Good objects without the crossings that have an end which is not good."""
    ends = city.layers.get("crossing_end")
    if ends is None or "parent_id" not in ends:
        return good
    fine = ends.index.isin(good[good.get_level_values("kind") == "crossing_end"].get_level_values("object_id"))
    spoiled = pd.MultiIndex.from_product([["crossing"], ends.loc[~fine, "parent_id"].dropna().unique()], names=good.names)
    return good[~good.isin(spoiled)]


def describe_objects(city: schema.City, kind: Iterable[str], object_id: Iterable[str]) -> pd.DataFrame:
    """Street, name and geometry of objects, in the order given; text that is not there is empty."""
    wanted = pd.MultiIndex.from_arrays([list(kind), list(object_id)], names=["kind", "object_id"])
    parts = []
    for name in dict.fromkeys(wanted.get_level_values(0)):
        layer = city.layers[name]
        text = {column: schema.texts(layer, column).astype("str") for column in schema.TEXT_COLUMNS}
        index = pd.MultiIndex.from_product([[name], layer.index], names=wanted.names)
        frame = pd.DataFrame({**text, "geometry": layer.geometry.to_numpy()}, index=layer.index).set_index(index)
        parts.append(frame)
    if not parts:
        return pd.DataFrame({"name": [], "street": [], "geometry": []})
    return pd.concat(parts).reindex(wanted).reset_index(drop=True)


@dataclass(frozen=True)
class _Places:
    """Membership of one kind as positions: object in its layer, object and area in the sorted ids, level in LEVELS."""

    row: npt.NDArray[np.intp]
    object: npt.NDArray[np.intp]
    area: npt.NDArray[np.intp]
    level: npt.NDArray[np.intp]

    @classmethod
    def of(cls, places: pd.DataFrame, layer: pd.DataFrame, ids: pd.Index, areas: pd.Index) -> _Places:
        return cls(
            row=layer.index.get_indexer(places["object_id"]),
            object=ids.get_indexer(places["object_id"]),
            area=areas.get_indexer(places["area_id"]),
            level=pd.Index(schema.LEVELS).get_indexer(places["level"]),
        )


@dataclass(frozen=True)
class _Block:
    """Findings of one criterion, as arrays."""

    rows: npt.NDArray[np.int64]
    area: npt.NDArray[np.int32]
    criterion: int
    value: npt.NDArray[np.float64]
    required: npt.NDArray[np.float64]
    codes: Codes  # outcome, severity, severity_worst, level_met, level_possible, reason


_NOTHING = _Block(np.zeros(0, np.int64), np.zeros(0, np.int32), 0, np.zeros(0), np.zeros(0), np.zeros((6, 0), np.int8))


def _block(rule: Rule, layer: pd.DataFrame, verdicts: Mapping[str, Verdicts], at: _Places, position: int) -> _Block:
    by_level = [verdicts[level] for level in schema.LEVELS]
    outcome = np.stack([v.outcome for v in by_level])[at.level, at.row]
    keep = np.flatnonzero(outcome != NOT_APPLICABLE)
    level, row = at.level[keep], at.row[keep]
    met = _first_true(np.stack([v.severity_worst == 0 for v in by_level]))
    possible = _first_true(np.stack([v.severity == 0 for v in by_level]))
    codes = [
        outcome[keep],
        np.stack([v.severity for v in by_level])[level, row],
        np.stack([v.severity_worst for v in by_level])[level, row],
        met[row],
        possible[row],
        np.stack([v.reason for v in by_level])[level, row],
    ]
    return _Block(
        rows=at.object[keep],
        area=at.area[keep].astype(np.int32),
        criterion=position,
        value=_values(rule, layer)[row],
        required=np.stack([v.required for v in by_level])[level, row],
        codes=np.stack(codes).astype(np.int8),
    )


def _table(blocks: list[_Block], ids: pd.Index, areas: pd.Index, criteria: pd.Index) -> pd.DataFrame:
    blocks = blocks or [_NOTHING]
    rows = np.concatenate([block.rows for block in blocks])
    area = np.concatenate([block.area for block in blocks])
    criterion = np.repeat([block.criterion for block in blocks], [len(block.rows) for block in blocks]).astype(np.int16)
    order = np.argsort((rows * len(areas) + area) * len(criteria) + criterion)  # one number: far quicker than three keys
    codes = np.concatenate([block.codes for block in blocks], axis=1)[:, order]
    columns = {
        "object_id": pd.Categorical.from_codes(rows[order], ids),
        "area_id": pd.Categorical.from_codes(area[order], areas),
        "criterion": pd.Categorical.from_codes(criterion[order], criteria),
        "value": np.concatenate([block.value for block in blocks])[order],
        "required": np.concatenate([block.required for block in blocks])[order],
        "outcome": pd.Categorical.from_codes(codes[0], schema.OUTCOMES),
        "severity": codes[1],
        "severity_worst": codes[2],
        "level_met": pd.Categorical.from_codes(codes[3], LEVELS_REACHED, ordered=True),
        "level_possible": pd.Categorical.from_codes(codes[4], LEVELS_REACHED, ordered=True),
        "reason": pd.Categorical.from_codes(codes[5], REASONS),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS), copy=False)


def _standing(
    kind: str, layer: pd.DataFrame, rules: list[Rule], verdicts: Mapping[str, Mapping[str, Verdicts]]
) -> list[pd.DataFrame]:
    """Per theme: whether anything is asked of each object at level A, and the strictest level that it meets in all of it."""
    tables = []
    for theme in dict.fromkeys(rule.theme for rule in rules):
        asked = np.zeros(len(layer), np.int8)
        surely, possibly = np.zeros(len(layer), np.int8), np.zeros(len(layer), np.int8)
        for rule in (rule for rule in rules if rule.theme == theme):
            by_level = [verdicts[rule.code][level] for level in schema.LEVELS]
            asked = np.maximum(asked, np.where(by_level[0].surely_asked, 2, by_level[0].outcome != NOT_APPLICABLE))
            surely = np.maximum(surely, _first_true(np.stack([v.severity_worst == 0 for v in by_level])))
            possibly = np.maximum(possibly, _first_true(np.stack([v.severity == 0 for v in by_level])))
        tables.append(_standing_table(kind, layer.index, theme, np.stack([asked, surely, possibly]).astype(np.int8)))
    return tables


def _standing_table(kind: str, ids: Iterable[str], theme: str, codes: Codes) -> pd.DataFrame:
    columns = {"kind": kind, "object_id": pd.Index(ids, dtype="object"), "theme": theme}
    table = pd.DataFrame({**columns, "asked": codes[0], "surely": codes[1], "possibly": codes[2]}, index=range(codes.shape[1]))
    return table[table["asked"] > 0]


def _values(rule: Rule, layer: pd.DataFrame) -> npt.NDArray[np.float64]:
    """What was found, as one number: the value, 1 or 0, or the position of a single class."""
    if rule.attribute not in layer:
        return np.full(len(layer), np.nan)
    column = layer[rule.attribute]
    if rule.type == "number":
        return np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    if rule.type == "bool":
        return np.asarray(column.astype("boolean").to_numpy(dtype=float, na_value=np.nan))
    codes = pd.Index(rule.classes).get_indexer(pd.Index(column))
    return np.where(codes < 0, np.nan, codes)


def _first_true(met: npt.NDArray[np.bool_]) -> Codes:
    """Position of the strictest level that is met; one past the last if none is."""
    return np.where(met.any(axis=0), met.argmax(axis=0), len(schema.LEVELS)).astype(np.int8)


def _joined(texts: Iterable[str], order: Iterable[str] = ()) -> str:
    given = set(texts)
    return "|".join([text for text in order if text in given] if order else sorted(given))
