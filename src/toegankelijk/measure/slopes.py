"""Slopes of footways from heights of the ground.

The slope between two places is their difference in height over the length walked between them. Both heights may be off by the
raster's accuracy *a*, and one up while the other is down, so over a length *L* a slope is known to within 2 *a* / *L*: at 5 cm to
within 1 % over 10 m, but 4 % over 2.5 m. That bound is kept whole: a short noisy link stays unknown and is no barrier. The length
itself is off by at most twice the accuracy of the drawing.

A raster of the ground does not show what is built over it. Where the attribute ``off_ground`` says bridge or tunnel nothing is
measured; and a jump that nobody can walk (`ground.STEEPEST`) between two samples, or ground that is not known, hides what the way
does there, so that no slope is told across it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure import ground
from toegankelijk.measure.geometry import frame
from toegankelijk.measure.implied import FLAT
from toegankelijk.schema import Terrain

Layers = Mapping[str, gpd.GeoDataFrame]

RUN = 10.0
"""Metres over which a running slope counts; source: SUR-06, "over >= 10 m"."""

LONG = 30.0
"""Metres beyond which a slope is long; source: WAL-OBL, a rest place every 30 m; see attribute ``long_slope``."""

LEVEL = 2.0
"""Slope in % up to which a rest area is level, that of the cross fall it needs; source: ENT-R."""

REST = 1.50
"""Length in metres of a rest area: that of a landing between two runs; source: ENT-R, RMP-05."""


@dataclass(frozen=True)
class Windows:
    """Slopes over all parts of one length of some lines, in the order of the lines and of their starts.

    Parameters
    ----------
    line
        Number of the line.
    start
        Metres from the start of the line.
    low, high
        Bounds of the slope in %, negative downhill; infinite where nothing is known.
    """

    line: np.ndarray
    start: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def least(self) -> np.ndarray:
        """Least slope in % that the part can have, up or down."""
        return np.asarray(np.maximum(np.maximum(self.low, -self.high), 0.0))

    @property
    def most(self) -> np.ndarray:
        """Greatest slope in % that the part can have, up or down."""
        return np.asarray(np.maximum(self.high, -self.low))


@dataclass(frozen=True)
class _Walks:
    """Lines that people walk along, and the footways on them.

    A footway that was cut where others meet it is a part of the line from which it was cut: a short piece has too little length
    of its own to tell a slope. ``pieces`` has a row for each part of a footway: ``row`` in the layer, ``walk``, and where on that
    it starts and ends, ``begin`` and ``end``, in metres.
    """

    lines: np.ndarray
    slack: np.ndarray
    pieces: pd.DataFrame


def running_slope(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Largest slope of a footway over 10 m, in %, up or down.

    Of a stretch shorter than 10 m that was cut from a longer one, the slopes over the 10 m that hold it count, and its own. Any
    other short stretch can only be found to be flat enough: its own slope is an upper bound. A footway that is drawn as an area
    has no direction, so it stays unknown.
    """
    footways = layers["footway"]
    surveyed = _surveyed(terrain, _walks(footways), RUN)
    found = [_running(profile, windows, slack, pieces) for profile, windows, slack, pieces in surveyed]
    return _per_object(footways, found, most=100.0)


def long_slope(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Whether a footway is part of a slope above 4 % over more than 30 m, told in steps of 10 m.

    It is, if at least 10 m or half of it lies where every 10 m surely slope more than 4 % the same way for more than 30 m. It is
    not, if no such slope can be there.
    """
    footways = layers["footway"]
    flat = schema.bounds(footways, "running_slope")[1] <= FLAT
    lines = schema.texts(footways, "parent_id").where(schema.is_marked(footways, "derived"), footways.index.to_series())
    rows = np.flatnonzero(lines.isin(lines[~flat]))  # with the flat pieces of a line that is not all flat
    found = [pd.DataFrame({"row": np.flatnonzero(flat), "is": False, "not": True})]
    for profile, windows, _, pieces in _surveyed(terrain, _walks(footways.iloc[rows]), RUN):
        inside, outside = _on_long_slopes(windows, profile.step * profile.steps, pieces)
        found.append(pd.DataFrame({"row": rows[pieces["row"]], "is": inside, "not": outside}))
    parts = pd.concat(found).groupby("row")
    flag = np.full(len(footways), np.nan)
    flag[parts["not"].all().loc[lambda every: every].index] = 0.0
    flag[parts["is"].any().loc[lambda some: some].index] = 1.0
    flag[flat] = 0.0
    return frame(footways.index, flag, flag)


def slope_rest_gap(layers: Layers, terrain: Terrain) -> pd.DataFrame:
    """Largest distance in metres between level rest areas on the slope of a footway; its whole length where there is none.

    A rest area is 1.50 m with a slope of at most 2 %. Few rasters show one (cells of at most 0.5 m): the upper bound is mostly
    unknown, and on a gentle slope also the lower one.
    """
    footways = layers["footway"]
    result = _unknown(footways)
    steep = np.flatnonzero(schema.bounds(footways, "running_slope")[1] > FLAT)
    if terrain.cell > REST / 3 or not len(steep):
        return result
    walks = _walks(footways.iloc[steep].assign(derived=False))
    found = []
    for profile, windows, slack, pieces in _surveyed(terrain, walks, RUN):
        rests = slopes_over(profile, slack, REST)
        low, high = _rest_gaps(profile, windows, rests)
        found.append(pieces.assign(low=low[pieces["walk"]], high=high[pieces["walk"]]))
    result.iloc[steep] = _per_object(footways.iloc[steep], found).to_numpy()
    return result


def slopes_over(profile: ground.Profiles, slack: np.ndarray, span: float) -> Windows:
    """Slopes over all parts of a length of some lines, with bounds.

    Between samples the ground is taken as straight: the steepest part then starts or ends at a sample, so these are all.

    Parameters
    ----------
    profile
        Heights along the lines.
    slack
        Accuracy of each line as drawn, in metres.
    span
        Length of the parts in metres.
    """
    line = profile.line
    number = np.arange(len(line)) - profile.first[line]
    ratio = span / profile.step
    whole = np.floor(ratio + 1e-9)
    rest = np.where(ratio - whole < 1e-9, 0.0, ratio - whole)
    whole = whole.astype(np.intp)
    reach, broken = whole + (rest > 0), np.concatenate([[0], np.cumsum(profile.broken)])
    parts = []
    for ahead in (True, False):  # parts that start at a sample, and those that end at one
        fits = number + reach[line] <= profile.steps[line] if ahead else (number >= reach[line]) & (rest[line] > 0)
        here = np.flatnonzero(fits)
        on, way = line[here], 1 if ahead else -1
        near, far, share = here + way * whole[on], here + way * reach[on], rest[on]
        there_low, there_high = (ends[near] * (1 - share) + ends[far] * share for ends in (profile.low, profile.high))
        rise = (there_low - profile.high[here], there_high - profile.low[here])
        rise = rise if ahead else (-rise[1], -rise[0])
        known = broken[np.maximum(here, far)] == broken[np.minimum(here, far)]
        start = number[here] * profile.step[on] - (0.0 if ahead else span)
        parts.append((on, start, *_slope(rise, span, slack[on], known)))
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    far = span + (profile.step * profile.steps).max(initial=0.0)
    order = np.argsort(joined[0] * far + joined[1], kind="stable")  # two sorted halves: quick to merge
    return Windows(*(column[order] for column in joined))


def _slope(
    rise: tuple[np.ndarray, np.ndarray], span: float | np.ndarray, slack: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of a slope in % from those of its rise over a length that is off by twice the accuracy of the drawing at most."""
    least, most = np.maximum(span - 2 * slack, 0.0), span + 2 * slack
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(rise[0] > 0, rise[0] / most, rise[0] / least) * 100
        high = np.where(rise[1] > 0, rise[1] / least, rise[1] / most) * 100
    known = known & (least > 0)
    return np.where(known, low, -np.inf), np.where(known, high, np.inf)


def _walks(footways: gpd.GeoDataFrame) -> _Walks:
    """Lines of the footways on the ground; pieces that were cut from one line are put together again."""
    shapes, slack = footways.geometry.to_numpy(), schema.accuracy(footways)
    usable = (shapely.get_dimensions(shapes) == 1) & ~schema.is_marked(footways, "off_ground").to_numpy()
    parts, of = shapely.get_parts(np.where(usable, shapes, None), return_index=True)
    parts, of = parts[shapely.length(parts) > 0], of[shapely.length(parts) > 0]
    length = shapely.length(parts)
    walk, begin, end = np.arange(len(parts)), np.zeros(len(parts)), length.copy()
    lines = list(parts)
    cut = np.flatnonzero(schema.is_marked(footways, "derived").to_numpy()[of])
    if len(cut):
        parents = pd.factorize(schema.texts(footways, "parent_id").to_numpy()[of[cut]])[0]
        order = np.argsort(parents, kind="stable")
        cut, parents = cut[order], parents[order]
        whole = shapely.line_merge(shapely.multilinestrings(parts[cut], indices=parents))
        mother = np.where(shapely.get_type_id(whole) == shapely.GeometryType.LINESTRING, whole, None)[parents]
        ends = [shapely.line_locate_point(mother, shapely.get_point(parts[cut], place)) for place in (0, -1)]
        from_, to = np.minimum(*ends), np.maximum(*ends)
        fits = np.abs(to - from_ - length[cut]) < 1e-3  # not so where the line touches itself
        walk[cut[fits]] = len(lines) + parents[fits]
        begin[cut[fits]], end[cut[fits]] = from_[fits], to[fits]
        lines += list(whole)
    used, walk = np.unique(walk, return_inverse=True)
    pieces = pd.DataFrame({"row": of, "walk": walk, "begin": begin, "end": end})
    drawn = np.zeros(len(used))
    np.maximum.at(drawn, walk, slack[of])
    chosen = np.empty(len(used), dtype=object)
    chosen[:] = [lines[i] for i in used]
    return _Walks(chosen, drawn, pieces.sort_values(["walk", "begin"], ignore_index=True))


def _surveyed(
    terrain: Terrain, walks: _Walks, span: float
) -> Iterator[tuple[ground.Profiles, Windows, np.ndarray, pd.DataFrame]]:
    """Heights and slopes along some walks at a time, their accuracy, and the pieces on them, with ``walk`` counted anew."""
    for batch in ground.batches(walks.lines, terrain.cell):
        slack = walks.slack[batch]
        profile = ground.profiles(terrain, walks.lines[batch], slack)
        pieces = walks.pieces[walks.pieces["walk"].between(batch.start, batch.stop - 1)]
        yield profile, slopes_over(profile, slack, span), slack, pieces.assign(walk=pieces["walk"] - batch.start)


def _running(profile: ground.Profiles, windows: Windows, slack: np.ndarray, pieces: pd.DataFrame) -> pd.DataFrame:
    """Bounds of the running slope of each piece."""
    walk, begin, end = (pieces[column].to_numpy() for column in ("walk", "begin", "end"))
    step = profile.step[walk]
    short = end - begin < RUN - 1e-6
    first, last = np.where(short, end - RUN, begin), np.where(short, begin, end - RUN)
    base = np.concatenate([[0.0], np.cumsum(profile.step * profile.steps + 4 * RUN)])
    key, at = windows.start + base[windows.line], base[walk]
    # Of a long piece, parts that stick out by less than a step count for the upper bound: steeper ones may lie between samples.
    inner = np.searchsorted(key, at + first - 1e-6), np.searchsorted(key, at + last + 1e-6, side="right")
    outer = np.searchsorted(key, at + first - step), np.searchsorted(key, at + last + step, side="right")
    outer = tuple(np.where(short, ends[0], ends[1]) for ends in zip(inner, outer, strict=True))
    own_low, own_high = _own_slope(profile, slack, walk, begin, end)
    steepest, gentlest = _over(np.maximum, windows.least, *inner), _over(np.minimum, windows.least, *inner)
    low = np.where(short, np.minimum(gentlest, own_low), steepest)
    high = np.where(outer[1] > outer[0], _over(np.maximum, windows.most, *outer), np.where(short, own_high, np.inf))
    return pieces.assign(low=low, high=high)


def _own_slope(
    profile: ground.Profiles, slack: np.ndarray, walk: np.ndarray, begin: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the slope of pieces from their start to their end, up or down."""
    bounds, samples = [], []
    for place in (begin, end):
        number = place / profile.step[walk]
        before = np.clip(np.floor(number + 1e-9).astype(np.intp), 0, profile.steps[walk])
        share = np.clip(number - before, 0.0, 1.0)
        share[share < 1e-9] = 0.0
        after = profile.first[walk] + np.minimum(before + (share > 0), profile.steps[walk])
        before += profile.first[walk]
        bounds.append([ends[before] * (1 - share) + ends[after] * share for ends in (profile.low, profile.high)])
        samples.append((before, after))
    broken = np.concatenate([[0], np.cumsum(profile.broken)])
    known = (broken[samples[1][1]] == broken[samples[0][0]]) & ~np.isnan(bounds[0][0] + bounds[1][0])
    rise = bounds[1][0] - bounds[0][1], bounds[1][1] - bounds[0][0]
    low, high = _slope(rise, end - begin, slack[walk], known)
    return np.maximum(np.maximum(low, -high), 0.0), np.maximum(high, -low)


def _over(function: np.ufunc, values: np.ndarray, first: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Extreme of the values from one place to before another, for many pairs; 0 where there is none."""
    if not len(first):
        return np.zeros(0)
    reduced = function.reduceat(np.append(values, 0.0), np.column_stack([first, after]).ravel())[::2]
    return np.asarray(np.where(after > first, reduced, 0.0))


def _on_long_slopes(windows: Windows, length: np.ndarray, pieces: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Whether pieces surely are part of a long slope, and whether they surely are not."""
    parts = {}
    signs = {"up": windows.low > FLAT, "down": windows.high < -FLAT, "maybe": windows.most > FLAT}
    for name, chosen in signs.items():
        new = np.diff(windows.line, prepend=-1) != 0
        run = np.cumsum(new | (np.diff(chosen, prepend=False) != 0))
        spots = pd.DataFrame({"walk": windows.line, "from": windows.start, "run": run})[chosen]
        runs = spots.groupby("run").agg(walk=("walk", "first"), a=("from", "first"), b=("from", "last"))
        parts[name] = runs.assign(b=runs["b"] + RUN)
    sure = pd.concat([parts["up"], parts["down"]])
    sure, maybe = sure[sure["b"] - sure["a"] > LONG], parts["maybe"]
    open_ = (maybe["a"] < 1e-6) | (maybe["b"] > length[maybe["walk"]] - 1e-6)
    maybe = maybe[(maybe["b"] - maybe["a"] > LONG) | open_]
    numbered = pieces.reset_index(drop=True).rename_axis("piece").reset_index()
    shared = [_shared(numbered, runs) for runs in (sure, maybe)]
    part = (numbered["end"] - numbered["begin"]).to_numpy() / 2
    inside = shared[0] >= np.minimum(part, RUN)
    return inside, (shared[1] <= 0) & np.isin(numbered["walk"], windows.line)


def _shared(pieces: pd.DataFrame, runs: pd.DataFrame) -> np.ndarray:
    """Greatest length in metres that each piece shares with one of the runs."""
    pairs = pieces.merge(runs, on="walk")
    shared = np.minimum(pairs["end"], pairs["b"]) - np.maximum(pairs["begin"], pairs["a"])
    return np.asarray(shared.groupby(pairs["piece"]).max().reindex(pieces["piece"]).fillna(0.0), dtype=float)


def _rest_gaps(profile: ground.Profiles, windows: Windows, rests: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the largest distance between level rest areas on each line."""
    count = len(profile.step)
    length = profile.step * profile.steps
    sloping = _covered(profile, windows, rests)
    none = (np.maximum(rests.low, -rests.high) > LEVEL) & sloping  # surely no rest area starts here
    sure = (rests.low >= -LEVEL) & (rests.high <= LEVEL)
    new = np.diff(rests.line, prepend=-1) != 0
    table = pd.DataFrame({"line": rests.line, "at": rests.start, "run": np.cumsum(new | (np.diff(none, prepend=False) != 0))})
    runs = table[none].groupby("run").agg(line=("line", "first"), a=("at", "first"), b=("at", "last"))
    from_ = np.where(runs["a"] < 1e-6, 0.0, runs["a"] + REST)
    to = np.where(runs["b"] > length[runs["line"]] - REST - 1e-6, length[runs["line"]], runs["b"])
    low = np.zeros(count)
    np.maximum.at(low, runs["line"].to_numpy(), to - from_)
    spots = table[sure].groupby("line")["at"]
    widest = (spots.diff() - REST).groupby(table["line"][sure]).max().reindex(range(count)).fillna(0.0)
    first, last = spots.min().reindex(range(count)), spots.max().reindex(range(count)) + REST
    closed = (first < profile.step) & (last > length - profile.step)
    return low, np.where(closed, np.maximum(widest, 0.0), np.inf)


def _covered(profile: ground.Profiles, windows: Windows, rests: Windows) -> np.ndarray:
    """Which parts start where some 10 m surely slope more than 4 %."""
    steep = windows.least > FLAT
    base = np.concatenate([[0.0], np.cumsum(profile.step * profile.steps + 4 * RUN)])
    starts = (windows.start + base[windows.line])[steep]
    at = rests.start + base[rests.line]
    before = np.searchsorted(starts, at + 1e-6, side="right")
    return np.asarray((before > 0) & (np.append(starts, 0.0)[before - 1] + RUN >= at + REST - 1e-6))


def _per_object(footways: gpd.GeoDataFrame, found: list[pd.DataFrame], *, most: float = np.inf) -> pd.DataFrame:
    """Largest over the parts of each footway; unknown where there is none, or where all is possible."""
    result = _unknown(footways)
    if found:
        greatest = pd.concat(found).groupby("row")[["low", "high"]].max()
        result.iloc[greatest.index] = greatest.to_numpy()
    high = result["high"].where((result["high"] <= most) & np.isfinite(result["high"]))
    return result.assign(low=result["low"].mask(high.isna() & ~(result["low"] > 0)), high=high)


def _unknown(footways: gpd.GeoDataFrame) -> pd.DataFrame:
    unknown = np.full(len(footways), np.nan)
    return frame(footways.index, unknown, unknown)
