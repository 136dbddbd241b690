"""One screening as the monitoring table needs it: bottlenecks, all objects, all verdicts, and when everything was seen."""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import crs as systems
from toegankelijk import evidence, schema
from toegankelijk.findings import Findings
from toegankelijk.ledger.fields import FIELDS
from toegankelijk.ledger.snapshot import Snapshot
from toegankelijk.ledger.verdicts import DERIVED_FROM
from toegankelijk.norm import Norm, Rule

NOT_SAID = ("bottleneck_id", "status", "first_seen", "last_seen")
"""Columns of bottlenecks that the monitoring table gives itself."""

OUTCOMES = (*schema.OUTCOMES, "not_applicable", "outside")
"""What a verdict says."""

OBSTACLE = "obstacle"
PAST_OBSTACLES = (
    *("route_width", "min_passage_width", "clear_width", "passing_place_gap", "turning_diameter", "passage_width"),
    *("narrowing_width", "narrowing_gap", "length_below_120", "length_below_150", "length_below_180", "free_square_side"),
)
"""Attributes that, where they are measured, are no newer than the layer of obstacles."""

_RANK = np.array([0, 2, 1])  # of schema.OUTCOMES, the worst first: fails, unknown, meets
_OBSERVED = r"^observed(?: on (\d{4}-\d{2}-\d{2}))? \("

Days = npt.NDArray[np.datetime64]
Texts = npt.NDArray[np.object_]


def take_snapshot(
    findings: Findings,
    norm: Norm,
    table: gpd.GeoDataFrame,
    *,
    decided: Collection[str] = (),
    reports: pd.DataFrame | None = None,
    today: datetime.date | None = None,
    lang: str = "nl",
) -> Snapshot:
    """What a screening saw, for the monitoring table.

    When something was seen is the date of the observation that was used, else that of the layer of its object (of what is derived
    from another object, of the layer of that one; of a width past obstacles, of the oldest of the two layers). The date of a
    city.toml is that of all layers that say none. An observation without a date has none.

    Parameters
    ----------
    findings
        What `assess` found.
    norm
        By what.
    table
        Its bottlenecks, as `find_bottlenecks` gives them.
    decided
        Those whose term a plan or planned works give, by ``bottleneck_id``.
    reports
        What residents and inspectors reported (see `toegankelijk.ledger.reports`).
    today
        Date of the data where the city says none; else the day on which this is called.
    lang
        Language of the table, for values.

    Returns
    -------
    Snapshot
        A kind is in ``delivered`` if its layer was delivered, holds objects and is complete. What only an inventory knows was not
        delivered.

    Examples
    --------
    >>> from toegankelijk import assess, find_bottlenecks, measure_layers, read_city, read_norm, sample_city
    >>> norm = read_norm()
    >>> findings = assess(measure_layers(read_city(sample_city())), norm)
    >>> snapshot = take_snapshot(findings, norm, find_bottlenecks(findings, norm))
    >>> snapshot.date.isoformat(), "stop" in snapshot.delivered, "stairs" in snapshot.delivered
    ('2026-05-01', False, True)
    """
    city = findings.city
    verdicts = _verdicts(findings, lang)
    objects = _objects(city)
    said = table.drop(columns=[name for name in table if name in NOT_SAID or (name not in FIELDS and name != "geometry")])
    said = said.reset_index(drop=True)
    said["decided"] = table["bottleneck_id"].isin(list(decided)).to_numpy(dtype=bool)
    keys = ["kind", "object_id", "criterion"]
    seen = said[keys].astype("object").merge(_failing(verdicts), how="left", on=keys)["observed_on"]
    place = pd.MultiIndex.from_frame(objects[["kind", "object_id"]]).get_indexer(
        pd.MultiIndex.from_frame(said[["kind", "object_id"]].astype("object"))
    )
    said = said.assign(observed_on=seen.to_numpy().astype("datetime64[s]"), parent=objects["parent"].to_numpy()[place])
    said["shape"] = pd.Series(objects.geometry.to_numpy()[place], said.index, dtype="object")
    return Snapshot(
        table=said,
        objects=objects,
        verdicts=verdicts,
        delivered=_delivered(city),
        date=city.settings.get("date") or today or datetime.datetime.now(datetime.UTC).date(),
        city=city.name,
        norm=norm.name,
        norm_version=norm.version,
        norm_hash=norm.hash,
        crs=systems.label(city.crs),
        version=importlib.metadata.version("toegankelijk"),
        criteria=frozenset(norm.rules),
        reports=pd.DataFrame() if reports is None else reports,
        layer_dates=_kind_dates(city),
        unmeasured=_unmeasured(city),
    )


def _failing(verdicts: pd.DataFrame) -> pd.DataFrame:
    """When what fails was seen."""
    fails = verdicts.loc[(verdicts["outcome"] == "fails").to_numpy(), ["kind", "object_id", "criterion", "observed_on"]]
    return fails.astype(dict.fromkeys(("kind", "object_id", "criterion"), "object"))


def _objects(city: schema.City) -> gpd.GeoDataFrame:
    """All objects of all layers, sorted by kind and id."""
    parts = []
    for kind, layer in sorted(city.layers.items()):
        parent = schema.texts(layer, "parent_id").where(schema.is_marked(layer, "derived"), "")
        ids = layer.index.to_numpy(dtype=object)
        columns = {"kind": kind, "object_id": ids, "parent": parent.to_numpy(dtype=object)}
        parts.append(pd.DataFrame({**columns, "geometry": layer.geometry.to_numpy()}, columns=[*columns, "geometry"]))
    parts = [part for part in parts if len(part)]
    empty = pd.DataFrame({"kind": [], "object_id": [], "parent": [], "geometry": []}, dtype="object")
    table = pd.concat(parts, ignore_index=True) if parts else empty
    table = table.astype(dict.fromkeys(("kind", "object_id", "parent"), "object"))
    return gpd.GeoDataFrame(table, geometry="geometry", crs=city.crs)


@dataclass(frozen=True)
class _Worst:
    """The worst finding of each object and criterion, sorted by them."""

    key: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.intp]
    level: npt.NDArray[np.intp]
    objects: pd.Index
    criteria: pd.Index

    @classmethod
    def of(cls, findings: Findings) -> _Worst:
        table = findings.table
        ids, codes = table["object_id"].cat.categories, table["criterion"].cat.categories
        levels = findings.city.areas["level"].reindex(table["area_id"].cat.categories)
        level = pd.Index(schema.LEVELS).get_indexer(levels)[table["area_id"].cat.codes]
        outcome = table["outcome"].cat.codes.to_numpy(dtype=np.intp)
        key = table["object_id"].cat.codes.to_numpy(dtype=np.int64) * len(codes) + table["criterion"].cat.codes.to_numpy()
        badness = (_RANK[outcome] * 5 + 4 - table["severity"].to_numpy(dtype=np.intp)) * len(schema.LEVELS) + level
        order = np.lexsort((badness, key))
        key = key[order]
        first = np.append(True, key[1:] != key[:-1])[: len(key)]
        chosen = order[first]
        return cls(key[first], outcome[chosen], level[chosen], ids, codes)

    def judged(
        self, row: npt.NDArray[np.intp], level: npt.NDArray[np.intp], code: str
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Outcome of a criterion, as positions in `OUTCOMES`, and its level, for objects by row and strictest level."""
        outcome = np.where(level < 0, OUTCOMES.index("outside"), OUTCOMES.index("not_applicable"))
        if code not in self.criteria or not len(self.key):
            return outcome, level
        key = row * len(self.criteria) + self.criteria.get_loc(code)
        at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        hit = (row >= 0) & (self.key[at] == key)
        return np.where(hit, self.outcome[at], outcome), np.where(hit, self.level[at], level)


def _strictest(findings: Findings) -> dict[str, pd.Series]:
    """By kind: the strictest level of the areas that each object lies in, as a position in `schema.LEVELS`."""
    member = findings.membership
    level = pd.Index(schema.LEVELS).get_indexer(member["level"])
    table = pd.DataFrame({"kind": member["kind"].astype("object"), "object_id": member["object_id"], "level": level})
    return {str(kind): part.groupby("object_id")["level"].min() for kind, part in table.groupby("kind")}


def _verdicts(findings: Findings, lang: str) -> pd.DataFrame:
    """A row per object and criterion of its kind, the worst of its areas."""
    worst, strictest, city = _Worst.of(findings), _strictest(findings), findings.city
    dates = _source_dates(city)
    codes = sorted(findings.norm.rules)
    rules = [findings.norm.rules[code] for code in codes]
    blocks: list[tuple[np.ndarray, ...]] = []
    for kind, layer in sorted(city.layers.items()):
        own = _layer_dates(layer, dates)
        past = np.minimum(own, _kind_date(city, OBSTACLE)) if OBSTACLE in city.layers else own
        row = worst.objects.get_indexer(layer.index)
        place = strictest.get(kind, pd.Series(dtype="int64")).reindex(layer.index).fillna(-1).to_numpy(dtype=np.intp)
        ids = layer.index.to_numpy(dtype=object)
        for number in [i for i, rule in enumerate(rules) if rule.kind == kind and len(layer)]:
            outcome, level = worst.judged(row, place, codes[number])
            known = np.flatnonzero(outcome <= OUTCOMES.index("meets"))
            value = np.full(len(layer), "", object)
            value[known] = evidence.value_texts(rules[number], layer.iloc[known], lang)
            blocks.append((ids, np.full(len(ids), number), outcome, level, value, _seen(rules[number], layer, own, past)))
    empty = [np.zeros(0, kind) for kind in (object, np.intp, np.intp, np.intp, object, "datetime64[s]")]
    columns = [np.concatenate(parts) for parts in zip(*blocks, strict=True)] or empty
    kinds = pd.Categorical([rule.kind for rule in rules], sorted({rule.kind for rule in rules}))
    return pd.DataFrame(
        {
            "kind": kinds[columns[1]],
            "object_id": pd.Series(columns[0], dtype="object"),
            "criterion": pd.Categorical.from_codes(columns[1], codes),
            "outcome": pd.Categorical.from_codes(columns[2], OUTCOMES),
            "level": pd.Categorical.from_codes(columns[3] + 1, ("", *schema.LEVELS)),
            "value": pd.Series(columns[4], dtype="object"),
            "observed_on": columns[5],
        }
    )


def _seen(rule: Rule, layer: pd.DataFrame, own: Days, past: Days) -> Days:
    """When the attribute of a rule was seen, per object."""
    how = schema.texts(layer, f"{rule.attribute}_how").astype("str")
    base = past if rule.attribute in PAST_OBSTACLES else own
    dates = np.where((how == "measured").to_numpy(), base, own)
    observed = how.str.startswith("observed").to_numpy()
    if observed.any():
        said = how[observed].str.extract(_OBSERVED, expand=False)
        dates[observed] = pd.to_datetime(said, format="%Y-%m-%d").to_numpy().astype("datetime64[s]")
    return np.asarray(dates)


def _source_dates(city: schema.City) -> dict[str, np.datetime64]:
    """Date of each layer by its name."""
    if "date" not in city.sources:
        return {}
    dates = pd.to_datetime(city.sources["date"]).to_numpy().astype("datetime64[s]")
    return dict(zip(city.sources["layer"].astype("object"), dates, strict=True))


def _layer_dates(layer: pd.DataFrame, dates: Mapping[str, np.datetime64]) -> Days:
    """Date of the layer that each object comes from, or was derived from; missing where it has none."""
    row, sources = pd.factorize(schema.texts(layer, "source").astype("object"))
    known = np.array([_named_date(str(text), dates) for text in sources], dtype="datetime64[s]")
    return np.asarray(known[row])


def _named_date(text: str, dates: Mapping[str, np.datetime64]) -> np.datetime64:
    """Date of a layer by its name; of what was derived from several layers, the oldest."""
    if text in dates:
        return dates[text]
    parts = [date for name, date in dates.items() if name and name in text] if text.startswith("derived: ") else []
    return _oldest_of(np.array(parts, dtype="datetime64[s]"))


def _kind_dates(city: schema.City) -> dict[str, datetime.date]:
    """Date of the layers of each kind; of one whose objects are derived, of what they are derived from too."""
    kinds = {*city.layers, *(kind for kind, parent in DERIVED_FROM.items() if parent in city.layers)}
    dates = {kind: _kind_date(city, kind) for kind in sorted(kinds)}
    return {kind: pd.Timestamp(date).date() for kind, date in dates.items() if not np.isnat(date)}


def _kind_date(city: schema.City, kind: str) -> np.datetime64:
    if "date" not in city.sources:
        return np.datetime64("NaT", "s")
    own = city.sources["kind"] == kind
    whole = city.sources["kind"] == DERIVED_FROM.get(kind, kind)
    around = (city.sources["kind"] == OBSTACLE) & (kind == "narrowing")
    return _oldest_of(pd.to_datetime(city.sources.loc[own | whole | around, "date"]).to_numpy().astype("datetime64[s]"))


def _oldest_of(dates: Days) -> np.datetime64:
    """The oldest of some dates; missing if one is, or if there are none."""
    return dates.min() if len(dates) else np.datetime64("NaT", "s")


def _delivered(city: schema.City) -> frozenset[str]:
    """Kinds of which a layer with objects was delivered that holds all there is; derived objects are of no delivery."""
    kinds = set()
    for kind, layer in city.layers.items():
        given = ~schema.is_marked(layer, "derived") | (kind not in DERIVED_FROM)
        given &= layer["delivered"].ne(False) if "delivered" in layer else True
        if kind != "zone" and given.any() and schema.is_complete(layer[given]):
            kinds.add(kind)
    return frozenset(kinds)


def _unmeasured(city: schema.City) -> frozenset[str]:
    """Pavements drawn as polygons that have no width: what was narrow there may still be."""
    footways = city.layers.get("footway")
    if footways is None or footways.empty:
        return frozenset()
    drawn = shapely.get_dimensions(footways.geometry.to_numpy()) == 2
    blind = drawn & ~schema.is_known(footways, "route_width").to_numpy()
    return frozenset(footways.index[blind].astype(str))
