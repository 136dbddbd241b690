"""Gaps: where a pavement is narrow, between what, and what to move there; for the map, the tables, and the reason of a remedy.

A narrowing that was measured is a line across the pavement, from one thing that limits it to the other. One that a city
delivers has a geometry of its own, and is no gap.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.evidence import bounds_text
from toegankelijk.labels import context_names, kind_names, label, number, word
from toegankelijk.norm.kernel import MARGIN
from toegankelijk.widths.footprints import obstacle_shapes

TEXTS = ("parent_id", "first_id", "second_id", "movable_id")
"""Text columns of a measured narrowing: its pavement, the objects at both ends, empty at the edge, and what can be moved."""

LENGTHS = {"length_below_120": 1.20, "length_below_150": 1.50, "length_below_180": 1.80}
"""Columns with the length in metres over which it is narrower than these widths in metres."""

NUMBERS = ("narrowing_width", "narrowing_length", *LENGTHS, "free_square_side", "narrowing_gap", "way_round", "width_without")
"""Number columns of a narrowing, in metres."""

WIDE = 1.80
"""Width in metres that holds wherever no narrowing was found: they are looked for below it."""

BETWEEN = " | "
"""Stands between the ids of several objects."""

TICK = 0.12
"""Metres on either side of a gap that the marks at its ends are long when it is drawn."""

AROUND = 6.0
"""Metres round a gap in which pavement and objects are drawn with it."""

NOTHING = 1e-6
"""Metres below which a gap has no direction."""

HEDGE = "hedge"
"""Kind of obstacle that is pruned, not moved."""

WIDTHS = ("narrowing_width", "min_passage_width", "route_width", "clear_width")
"""Attributes that a gap explains."""


def find_gaps(city: schema.City) -> gpd.GeoDataFrame:
    """Narrowings that were measured, each as the line across its narrowest place.

    Parameters
    ----------
    city
        A measured city.

    Returns
    -------
    GeoDataFrame
        Index ``object_id``; ``street``, the columns `TEXTS` (empty where nothing is given), and what is there of `NUMBERS` with
        their bounds ``_low`` and ``_high``.
    """
    layer = city.layers.get("narrowing", gpd.GeoDataFrame(geometry=[], crs=city.crs))
    drawn = schema.is_marked(layer, "derived").to_numpy() & (shapely.get_type_id(layer.geometry.to_numpy()) == 1)
    found = layer[drawn]
    names = [name for column in NUMBERS for name in (column, f"{column}_low", f"{column}_high")]
    columns = {name: schema.texts(found, name) for name in ("street", *TEXTS)}
    columns |= {name: found[name] for name in names if name in found}
    return gpd.GeoDataFrame(columns, geometry=found.geometry.to_numpy(), index=found.index.rename("object_id"), crs=city.crs)


def describe_gaps(city: schema.City, *, lang: str = "nl") -> gpd.GeoDataFrame:
    """Gaps with what they are in words: ``width``, ``lengths``, ``limits`` (between what) and ``advice`` (what to move).

    Examples
    --------
    >>> line = gpd.GeoDataFrame({"derived": [True], "narrowing_width": [0.8], "first_id": ["VB-1"]}, index=["n"],
    ...                         geometry=[shapely.LineString([(0, 0), (0, 0.8)])], crs="EPSG:31370")
    >>> bins = gpd.GeoDataFrame({"obstacle_type": ["bin"]}, index=["VB-1"], geometry=[shapely.Point(0, 0)], crs="EPSG:31370")
    >>> city = schema.City("", line.crs, {"narrowing": line, "obstacle": bins}, bins, bins)
    >>> describe_gaps(city, lang="en")[["width", "limits"]].to_numpy().tolist()
    [['0.80 m', 'between bin VB-1 and the edge of the pavement']]
    """
    gaps = find_gaps(city)
    low, high = schema.bounds(gaps, "narrowing_width")
    exact = gaps["narrowing_width"].to_numpy(float) if "narrowing_width" in gaps else np.full(len(gaps), np.nan)
    names = name_objects(city, pd.concat([gaps["first_id"], gaps["second_id"], gaps["movable_id"]]), lang=lang)
    edge = label("gap.edge", lang)
    ends = zip(gaps["first_id"], gaps["second_id"], strict=True)
    return gaps.assign(
        width=[bounds_text(*values, "m", lang) for values in zip(exact, low, high, strict=True)],
        lengths=_lengths(gaps, lang),
        limits=[_between(names.get(a, edge), names.get(b, edge), edge, lang) for a, b in ends],
        advice=[
            label("gap.advice", lang, objects=names[movable], width=_metres(width, lang)) if movable else ""
            for movable, width in zip(gaps["movable_id"], _number(gaps, "width_without"), strict=True)
        ],
    )


def gaps_to_draw(city: schema.City, bottlenecks: pd.DataFrame, *, lang: str = "nl") -> gpd.GeoDataFrame:
    """Gaps that explain a bottleneck: of a narrowing its own, of a pavement the narrowest that it has.

    Parameters
    ----------
    city
        A measured city.
    bottlenecks
        Rows with ``bottleneck_id, theme, kind, object_id, level, required, solution`` and ``priority_band``.
    lang
        Language of the texts.

    Returns
    -------
    GeoDataFrame
        The columns of `describe_gaps` and those of the bottleneck, a row per gap, and shapes: ``geometry`` has a mark at both
        ends, ``pavement`` and ``things`` are what lies and stands within `AROUND` metres (an empty shape if nothing does).
    """
    described = describe_gaps(city, lang=lang)
    width = pd.Series(schema.bounds(described, "narrowing_width")[1], described.index)
    own = bottlenecks[(bottlenecks["kind"] == "narrowing") & bottlenecks["object_id"].isin(described.index)]
    narrowest = described.assign(order=width).sort_values("order", kind="stable").drop_duplicates("parent_id")
    found = pd.Series(narrowest.index, narrowest["parent_id"], dtype="object")
    wide = bottlenecks[(bottlenecks["kind"] == "footway") & bottlenecks["object_id"].isin(found.index)]
    wide = wide[wide["theme"].astype(str) == "doorgangen"]
    rows = pd.concat([own.assign(gap=own["object_id"]), wide.assign(gap=found.reindex(wide["object_id"]).to_numpy())])
    rows = rows.drop_duplicates("gap").set_index("gap").rename_axis("object_id")
    columns = ["bottleneck_id", "theme", "level", "required", "solution", "priority_band"]
    joined = described.loc[rows.index].assign(**{name: rows[name] for name in columns})
    lines = joined.geometry.to_numpy()
    footways = city.layers["footway"].geometry.to_numpy() if "footway" in city.layers else np.array([], dtype=object)
    shapes = {"pavement": footways[shapely.get_dimensions(footways) == 2], "things": _things(city)}
    joined = joined.assign(
        **{name: gpd.GeoSeries(_around(lines, shape), joined.index, crs=city.crs) for name, shape in shapes.items()}
    )
    return joined.set_geometry(gpd.GeoSeries(with_ticks(lines), joined.index, crs=city.crs))


def _things(city: schema.City) -> np.ndarray:
    """Ground that obstacles, seats and buildings take up, as large as they may be."""
    obstacles = city.layers.get("obstacle")
    parts = [] if obstacles is None else [obstacle_shapes(obstacles, largest=True)]
    if "rest_place" in city.layers:
        parts.append(obstacle_shapes(city.layers["rest_place"].assign(obstacle_type="bench"), largest=True))
    if "building" in city.context:
        parts.append(city.context["building"].geometry.to_numpy())
    return np.concatenate([*parts, np.array([], dtype=object)])


def _around(lines: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """What of the shapes lies round each line, as one shape per line."""
    discs = shapely.buffer(shapely.centroid(lines), AROUND, quad_segs=6)
    line, shape = shapely.STRtree(shapes).query(discs, predicate="intersects")
    parts = shapely.intersection(discs[line], shapes[shape])
    found = np.full(len(lines), shapely.MultiPolygon(), dtype=object)
    with_some, place = np.unique(line, return_inverse=True)
    if len(line):
        found[with_some] = shapely.union_all(shapely.geometrycollections(parts, indices=place)[:, None], axis=1)
    return found


def with_ticks(lines: np.ndarray) -> np.ndarray:
    """Each line with a mark across both its ends, as one geometry of three parts.

    Examples
    --------
    >>> with_ticks(np.array([shapely.LineString([(0, 0), (0, 1)])]))[0].wkt
    'MULTILINESTRING ((0 0, 0 1), (-0.12 0, 0.12 0), (-0.12 1, 0.12 1))'
    """
    first, last = (shapely.get_coordinates(shapely.get_point(lines, end)) for end in (0, -1))
    along = last - first
    length = np.hypot(*along.T)
    along[length < NOTHING], length[length < NOTHING] = (1.0, 0.0), 1.0  # a way that is closed has a gap without length
    across = TICK * np.stack([along[:, 1], -along[:, 0]], axis=1) / length[:, None]
    parts = [np.stack(pair, axis=1) for pair in ((first, last), (first - across, first + across), (last - across, last + across))]
    return np.asarray(shapely.multilinestrings(shapely.linestrings(np.stack(parts, axis=1))))


def name_objects(city: schema.City, ids: Iterable[str], *, lang: str = "nl") -> dict[str, str]:
    """What the ids stand for: kind and id, such as ``vuilnisbak VB-12``; of several ids in one text, all of them."""
    listed = {text: text.split(BETWEEN) for text in dict.fromkeys(ids) if text}
    single = pd.Index(dict.fromkeys(one for several in listed.values() for one in several), dtype="object")
    kinds = context_names(lang) | kind_names(lang)
    names = pd.Series(single, single, dtype="object")
    layers = {**city.context, **city.layers}
    # An obstacle says what it is; it comes last, so that its name stays
    for kind in sorted(layers, key=lambda kind: kind == "obstacle"):
        layer = layers[kind]
        there = single[single.isin(layer.index)]
        if kind == "obstacle":
            types = schema.texts(layer, "obstacle_type").loc[there]
            said = [word("obstacle", code or "other", lang) for code in types]
        else:
            said = [kinds[kind] if lang == "de" else kinds[kind][:1].lower() + kinds[kind][1:]] * len(there)
        names.loc[there] = [f"{what} {one}" for what, one in zip(said, there, strict=True)]
    joiner = f" {label('and', lang)} "
    return {text: joiner.join(names[one] for one in several) for text, several in listed.items()}


def limited_by(city: schema.City, kind: str, attribute: str) -> pd.Series:
    """What limits a width of each object: ``edge``, ``hedge`` or ``object``; empty where that is not known.

    Measuring tells; so does a width as great as that of the whole pavement: only the edges limit it. Buildings are edges: nobody
    moves them.
    """
    ids = _limiting(city.layers[kind], kind, attribute)
    types = schema.texts(city.layers["obstacle"], "obstacle_type") if "obstacle" in city.layers else pd.Series(dtype="object")
    hedges, things = set(types.index[types == HEDGE]), _thing_ids(city)

    def sort(text: str) -> str:
        named = {one for one in text.split(BETWEEN) if one in things}
        return "edge" if not named else "hedge" if named <= hedges else "object"

    limits = ids.fillna("").map(sort).where(ids.notna(), "")
    return limits.mask(limits.eq("") & _is_whole(city.layers[kind], kind, attribute), "edge")


def _is_whole(layer: pd.DataFrame, kind: str, attribute: str) -> np.ndarray:
    """Whether a width is known, and that of the whole pavement."""
    if kind != "footway" or attribute not in WIDTHS:
        return np.zeros(len(layer), bool)
    own, whole = schema.bounds(layer, attribute), schema.bounds(layer, "footway_width")
    same: np.ndarray = np.isfinite(own[1]) & (own[0] == whole[0]) & (own[1] == whole[1])
    return same


def _thing_ids(city: schema.City) -> set[str]:
    """Ids of what stands on pavements; a seat with the id of an obstacle has its kind before it."""
    obstacles, seats = (set(city.layers[kind].index) if kind in city.layers else set() for kind in ("obstacle", "rest_place"))
    return obstacles | seats | {f"rest_place {one}" for one in obstacles & seats}


def _limiting(layer: pd.DataFrame, kind: str, attribute: str) -> pd.Series:
    """Ids of what limits an attribute, missing where nobody says."""
    if kind == "narrowing" and {"first_id", "second_id"} <= set(layer):
        ends = schema.texts(layer, "first_id") + BETWEEN + schema.texts(layer, "second_id")
        return ends.where(schema.is_marked(layer, "derived"), None)
    if f"{attribute}_limited_by" not in layer:
        return pd.Series(None, layer.index, dtype="object")
    measured = schema.texts(layer, f"{attribute}_how").eq("measured")
    return layer[f"{attribute}_limited_by"].astype("object").where(measured, None)


def explain_solutions(city: schema.City, table: pd.DataFrame, *, lang: str = "nl") -> np.ndarray:
    """Reason of the remedy of each bottleneck in words: what to move and what that gives, or that nothing can be moved.

    Parameters
    ----------
    city
        A measured city.
    table
        Bottlenecks: ``kind, object_id, attribute, level``, and in metres ``limit``, which may be NaN, and its ``tolerance``.
    lang
        Language of the sentences.

    Returns
    -------
    ndarray
        A sentence per row; empty where no gap explains it.
    """
    gaps = find_gaps(city)
    reasons = np.full(len(table), "", dtype=object)
    rows = pd.DataFrame({"row": np.arange(len(table)), "kind": table["kind"], "object_id": table["object_id"]})
    width = schema.bounds(gaps, "narrowing_width")[1]
    gaps = gaps.assign(now=width, after=np.fmax(width, _number(gaps, "width_without")))
    own = rows[(rows["kind"] == "narrowing") & table["attribute"].isin(WIDTHS)].merge(gaps, left_on="object_id", right_index=True)
    edged, parts = np.zeros(len(table), bool), []
    for (kind, attribute), group in table.groupby(["kind", "attribute"], sort=False):
        if kind == "footway" and attribute in WIDTHS:
            at = table.index.get_indexer(group.index)
            edged[at] = limited_by(city, "footway", str(attribute)).loc[group["object_id"]].to_numpy() == "edge"
            parts.append(rows.iloc[at[~edged[at]]])
    reasons[edged] = label("why.solution.edge", lang)
    of = pd.concat(parts or [rows.iloc[:0]]).merge(gaps.drop(columns="street"), left_on="object_id", right_on="parent_id")
    found = pd.concat([part for part in (own, of) if len(part)] or [own])
    found = found[~(found["now"].to_numpy() >= table["limit"].to_numpy(float)[found["row"]])]
    names = name_objects(city, [*found["first_id"], *found["second_id"], *found["movable_id"]], lang=lang)
    things = _thing_ids(city)
    for row, group in found.groupby("row"):
        reasons[int(row)] = _reason(group, names, things, table.iloc[int(row)], lang)
    return reasons


def _reason(group: pd.DataFrame, names: dict[str, str], things: set[str], line: pd.Series, lang: str) -> str:
    movable = [one for one in dict.fromkeys(group["movable_id"]) if one]
    if not movable:
        narrowest = group.sort_values("now", kind="stable").iloc[0]
        ends = [narrowest["first_id"], narrowest["second_id"]]
        edge = label("gap.edge", lang)
        if not things.intersection(ends):
            return label("why.solution.edge", lang)
        if ends[0] == ends[1]:
            return label("gap.closed", lang, object=names[ends[0]])
        return label("why.solution.fixed", lang, first=names.get(ends[0], edge), second=names.get(ends[1], edge))
    after, text = float(group["after"].min()), ""
    if line["kind"] == "footway" and after > WIDE:  # elsewhere the pavement may be no wider than what is no narrowing
        after, text = WIDE, label("at_least", lang, value=_metres(WIDE, lang))
    joiner = f" {label('and', lang)} "
    said = {"objects": joiner.join(names[one] for one in movable), "width": text or _metres(after, lang), "level": line["level"]}
    if np.isnan(line["limit"]):
        return label("why.solution.moves", lang, **said)
    key = "why.solution.enough" if after >= line["limit"] - line["tolerance"] - MARGIN else "why.solution.helps"
    return label(key, lang, **said, limit=_metres(line["limit"], lang))


def _between(first: str, second: str, edge: str, lang: str) -> str:
    if first == second:
        return label("gap.edges", lang) if first == edge else label("gap.closed", lang, object=first)
    return label("gap.between", lang, first=first, second=second)


def _lengths(gaps: pd.DataFrame, lang: str) -> list[str]:
    """Over which length a gap is narrower than each width."""
    parts = []
    for name, width in LENGTHS.items():
        exact, (low, high) = _number(gaps, name), schema.bounds(gaps, name)
        there = (high > 0) & np.isfinite(high) | (low > 0)
        lengths = [bounds_text(*values, "m", lang) for values in zip(exact, np.where(low > 0, low, -np.inf), high, strict=True)]
        texts = [label("gap.length", lang, length=length, width=_metres(width, lang)) for length in lengths]
        parts.append(np.where(there, np.array(texts, dtype=object), ""))
    return ["; ".join(filter(None, texts)) for texts in zip(*parts, strict=True)]


def _metres(value: float, lang: str) -> str:
    return label("unknown", lang) if np.isnan(value) else f"{number(value, lang)} m"


def _number(table: pd.DataFrame, column: str) -> np.ndarray:
    return table[column].to_numpy(dtype=float, na_value=np.nan) if column in table else np.full(len(table), np.nan)
