"""Ramps: runs and landings from the drawn line, slope from height and the other way round, stairs beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.geometry import flags, frame
from toegankelijk.measure.levels import rise_between_ends
from toegankelijk.measure.passages import SNAP
from toegankelijk.schema import Terrain, is_complete

Layers = Mapping[str, gpd.GeoDataFrame]

LEG = 1.5
"""Length in metres from which a straight part of a ramp's line is one to go along, and no part of a turn: that of a landing."""

TURN = 3.0
"""Metres of line within which a turn is one on a landing; a longer one may be a bend in the ramp itself."""

BACK = 2.5
"""Distance in metres between two lanes up to which a ramp turns back on one landing (one of 2.40 m, source: WST-HEL)."""

APART = 4.0
"""Distance in metres between two turns the same way from which each has its own landing; from `BACK` to this it is unclear."""

ENDS = 15.0
"""Metres between the end of a ramp and that of stairs within which both lead to the same place."""

FAR = 25.0
"""Metres from a ramp beyond which stairs do not lie beside it."""


@dataclass(frozen=True)
class _Bends:
    """What the line of each ramp does: counts of turns of 90 and 180 degrees, and of those that may or may not be one.

    ``length`` is that of the line and ``section`` that of its longest part between sure turns; NaN where the line is not the
    ramp's own. ``whole`` is false where the line goes on in that of another ramp, so that the ramp may be drawn in parts.
    """

    right: np.ndarray
    back: np.ndarray
    unclear: np.ndarray
    length: np.ndarray
    section: np.ndarray
    whole: np.ndarray


def turn_90(layers: Layers) -> pd.DataFrame:
    """Whether a ramp has a landing with a turn of 90 degrees (60 to 120), from the bends of its line."""
    bends = _bends(layers)
    return flags(layers["ramp"].index, bends.right > 0, bends.whole & (bends.unclear == 0))


def turn_180(layers: Layers) -> pd.DataFrame:
    """Whether a ramp turns back on a landing (150 degrees or more), from the bends of its line."""
    bends = _bends(layers)
    return flags(layers["ramp"].index, bends.back > 0, bends.whole & (bends.unclear == 0))


def landing(layers: Layers) -> pd.DataFrame:
    """Whether a ramp has a landing between two runs: it turns, or one was measured. That it has none, no line shows."""
    ramps = layers["ramp"]
    turns = (schema.is_marked(ramps, "turn_90") | schema.is_marked(ramps, "turn_180")).to_numpy()
    sizes = [schema.bounds(ramps, name)[0] > 0 for name in ("landing_length", "landing_90", "landing_180")]
    return flags(ramps.index, turns | np.logical_or.reduce(sizes), np.zeros(len(ramps), bool))


def run_length(layers: Layers) -> pd.DataFrame:
    """Length of the longest run of a ramp in metres.

    The longest part of its line between two turns is an upper bound, as straight runs may have landings too; a ramp that is
    known to have no landing is one run. Lines are off by twice the accuracy of the drawing at most. Of a ramp that may be drawn
    in several lines, one line gives no upper bound.
    """
    ramps = layers["ramp"]
    bends, slack = _bends(layers), 2 * schema.accuracy(ramps)
    single = _without_landing(ramps)
    low = np.where(single, np.maximum(bends.length - slack, 0.0), np.nan)
    high = np.where(single, bends.length, bends.section) + slack
    return frame(ramps.index, low, np.where(bends.whole, high, np.nan))


def ramp_slope(layers: Layers) -> pd.DataFrame:
    """Steepest slope of a ramp in %, from its height over the length of its line.

    Landings are level, so the runs are steeper than the whole: the mean is a lower bound. Of a ramp without landing it is the
    slope of its one run.
    """
    ramps = layers["ramp"]
    bends, slack = _bends(layers), 2 * schema.accuracy(ramps)
    length = np.where(bends.whole, bends.length, np.nan)
    low, high = schema.bounds(ramps, "rise")
    least, most = 100 * low / (length + slack), 100 * high / np.where(length > slack, length - slack, np.nan)
    known = _without_landing(ramps) & np.isfinite(most)
    return frame(ramps.index, np.where(least > 0, least, np.nan), np.where(known, most, np.nan))


def ramp_rise(layers: Layers) -> pd.DataFrame:
    """Height of a ramp in metres, from its slope and the length of its line: an upper bound, exact without landing."""
    ramps = layers["ramp"]
    bends, slack = _bends(layers), 2 * schema.accuracy(ramps)
    length = np.where(bends.whole, bends.length, np.nan)
    low, high = schema.bounds(ramps, "ramp_slope")
    least, most = low / 100 * np.maximum(length - slack, 0.0), high / 100 * (length + slack)
    known = _without_landing(ramps) & (least > 0)
    return frame(ramps.index, np.where(known, least, np.nan), np.where(np.isfinite(most), most, np.nan))


def terrain_rise(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Height of a ramp in metres: at least the difference of the ground at its ends, at most what its slope gives."""
    ramps = layers["ramp"]
    ground, drawn = rise_between_ends(ramps, terrain), ramp_rise(layers)
    low, high = np.fmax(ground["low"], drawn["low"]), drawn["high"]
    return frame(ramps.index, low, high).mask(low > high)  # one of the two is wrong, and nothing says which


def stair_alternative(layers: Layers) -> pd.DataFrame:
    """Whether stairs lie beside a ramp.

    They do, if each end of some stairs lies within 15 m of another end of the ramp, and farther from the other. They do not, if
    all stairs are known and none is within 25 m.
    """
    ramps, stairs = layers["ramp"], layers.get("stairs")
    near, beside = np.zeros(len(ramps), bool), np.zeros(len(ramps), bool)
    if stairs is not None and len(stairs):
        here, there = shapely.STRtree(stairs.geometry.to_numpy()).query(
            ramps.geometry.to_numpy(), predicate="dwithin", distance=FAR + schema.accuracy(stairs).max() + schema.accuracy(ramps)
        )
        near[here] = True
        seen = stairs["delivered"].ne(False).to_numpy() if "delivered" in stairs else np.ones(len(stairs), bool)
        here, there = here[seen[there]], there[seen[there]]
        foot, top = (_ends(ramps)[side][here] for side in (0, 1))
        one, other = (_ends(stairs)[side][there] for side in (0, 1))
        for a, b in ((one, other), (other, one)):
            joined = np.maximum(_between(a, foot), _between(b, top)) <= ENDS
            apart = (_between(a, foot) < _between(a, top)) & (_between(b, top) < _between(b, foot))
            beside[here[joined & apart]] = True
    none = ~near if is_complete(stairs) else np.zeros(len(ramps), bool)
    return flags(ramps.index, beside, none & ~shapely.is_missing(ramps.geometry.to_numpy()))


def _without_landing(ramps: gpd.GeoDataFrame) -> np.ndarray:
    if "intermediate_landing" not in ramps:
        return np.zeros(len(ramps), bool)
    return np.asarray(ramps["intermediate_landing"].eq(False).fillna(False).to_numpy(dtype=bool))


def _bends(layers: Layers) -> _Bends:
    """Turns in the lines of ramps.

    The line of a ramp along stairs may be that of the stairs; then it says nothing of the ramp.
    """
    ramps = layers["ramp"]
    shapes = ramps.geometry.to_numpy()
    several = shapely.get_type_id(shapes) == shapely.GeometryType.MULTILINESTRING
    shapes = np.where(several, shapely.line_merge(np.where(several, shapes, None)), shapes)
    own = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & (shapely.length(shapes) > 0)
    if "stairs" in layers:
        own &= ~np.isin(shapely.to_wkb(shapes), shapely.to_wkb(layers["stairs"].geometry.to_numpy()))
    rows = np.flatnonzero(own)
    turns = _turns(shapely.simplify(shapes[rows], 0.1), schema.accuracy(ramps)[rows])
    counts = {}
    for name in ("right", "back", "unclear"):
        counts[name] = np.bincount(rows[turns["line"][turns["is"] == name]], minlength=len(ramps))
    length = np.where(own, shapely.length(shapes), np.nan)
    sure = turns[turns["is"].isin(["right", "back"])]
    ends = pd.DataFrame({"line": np.tile(np.arange(len(rows)), 2), "at": np.concatenate([np.zeros(len(rows)), length[rows]])})
    cuts = pd.concat([ends, sure[["line", "at"]]]).sort_values(["line", "at"])
    section = np.full(len(ramps), np.nan)
    section[rows] = cuts.groupby("line")["at"].agg(lambda at: at.diff().max())
    return _Bends(counts["right"], counts["back"], counts["unclear"], length, section, own & ~_goes_on(shapes, rows))


def _goes_on(shapes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Whether an end of a line touches another line."""
    result = np.zeros(len(shapes), bool)
    for place in (0, -1):
        end, other = shapely.STRtree(shapes[rows]).query(
            shapely.get_point(shapes[rows], place), predicate="dwithin", distance=SNAP
        )
        result[rows[end[end != other]]] = True
        result[rows[other[end != other]]] = True
    return result


def _turns(lines: np.ndarray, slack: np.ndarray) -> pd.DataFrame:
    """Turns between the legs of lines: ``line``, ``at`` (metres from its start) and ``is``, as what it counts."""
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    same = np.diff(owner) == 0
    forward, line = np.diff(coordinates, axis=0)[same], owner[:-1][same]
    length = np.hypot(*forward.T)
    first = np.diff(line, prepend=-1) != 0
    heading = np.degrees(np.arctan2(forward[:, 1], forward[:, 0]))
    turned = np.where(first, 0.0, (np.diff(heading, prepend=0.0) + 180) % 360 - 180)
    table = pd.DataFrame({"line": line, "length": length, "turned": turned})
    table["end"] = table.groupby("line")["length"].cumsum()
    table["turned"] = table.groupby("line")["turned"].cumsum()
    table["doubt"] = np.degrees(np.arcsin(np.minimum(2 * slack[line] / np.maximum(length, 1e-9), 1.0)))
    legs = table[table["length"] >= LEG]
    before = legs.groupby("line").shift()
    angle, doubt = (legs["turned"] - before["turned"]), legs["doubt"] + before["doubt"]
    gap = legs["end"] - legs["length"] - before["end"]
    size = angle.abs()
    kind = np.select(
        [
            size.isna() | (size + doubt < 30),
            (size - doubt >= 60) & (size + doubt <= 120) & (gap <= TURN),
            (size - doubt >= 150) & (gap <= TURN + 1),
        ],
        ["", "right", "back"],
        "unclear",
    )
    found = pd.DataFrame({"line": legs["line"], "at": legs["end"] - legs["length"] - gap / 2, "is": kind, "angle": angle})
    return _joined(found.assign(lane=legs["length"]))


def _joined(turns: pd.DataFrame) -> pd.DataFrame:
    """Turns, with two right angles the same way and close to each other taken as one turn back, or as unclear."""
    # The leg before a turn runs from the turn before it: its length is the distance between the two.
    lane = turns.groupby("line")["lane"].shift()
    angle, kind = turns.groupby("line")["angle"].shift(), turns.groupby("line")["is"].shift()
    second = (turns["is"] == "right") & (kind == "right") & (angle * turns["angle"] > 0) & (lane < APART)
    first = second.groupby(turns["line"]).shift(-1, fill_value=False)
    chain = second & first  # three or more in a row: a spiral
    paired = (second | first) & ~chain & ~chain.groupby(turns["line"]).shift(-1, fill_value=False)
    paired &= ~chain.groupby(turns["line"]).shift(fill_value=False)
    near = lane.where(second, lane.groupby(turns["line"]).shift(-1)) <= BACK
    is_ = turns["is"].mask(second | first, "unclear").mask(paired & near & second, "back").mask(paired & near & first, "")
    return turns.assign(**{"is": is_})[is_ != ""]


def _ends(layer: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of both ends of lines; NaN where there is none."""
    shapes = layer.geometry.to_numpy()
    line = np.where(shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING, shapes, None)
    first, last = (shapely.get_point(line, place) for place in (0, -1))
    return tuple(np.column_stack([shapely.get_x(point), shapely.get_y(point)]) for point in (first, last))  # type: ignore[return-value]


def _between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.hypot(*(a - b).T))
