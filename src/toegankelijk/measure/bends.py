"""Bends in the ways over a footway that is drawn as a polygon: where one must turn, and how much room there is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.measure.footway_widths import pieces_of
from toegankelijk.measure.geometry import flags, frame
from toegankelijk.measure.narrowings import Layers, Widths
from toegankelijk.widths.footprints import obstacle_shapes

STEP = 0.25
"""Metres between the places of a way at which its turn is looked at."""

LEG = 1.5
"""Metres of way before and after a turn that give its direction: the length of a wheelchair with who pushes it; a proposal."""

LASTING = 5.0
"""Metres of way before and after a turn that must have turned too, as far as the way goes; a proposal."""

IN_BEND = 0.75
"""Share of the width that a bend takes up on either side of its middle."""

SURELY, PERHAPS = 15.0, 30.0
"""Degrees from 90 within which a turn is a right angle, and beyond which it is not."""

LEAST = 0.90
"""Width in metres that both sides of a bend must have, or their sum counts as 0; source: ZW-VP, see ``norms.md`` section 2."""

AROUND, ENOUGH = 2.25, 2.0
"""Metres round a turn within which a circle is looked for, and diameter in metres from which one may go on beyond."""

FAR = 100.0
"""Metres between one way and the next, where all ways lie in one row."""

Numbers = npt.NDArray[np.float64]


def right_angle_bend(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Whether a way over a footway has a bend of 75 to 105 degrees; unknown if there is one from 60 or up to 120.

    The direction of a way is that over 1.50 m before the bend and after it; the bend itself takes three quarters of the width on
    either side. A turn where a way begins or ends, as from a crossing, is no bend of the footway.
    """
    angle = _bends(widths).groupby("pavement_id")["angle"]
    off = angle.agg(lambda found: (found - 90).abs().min()).reindex(_walked(widths))
    index = layers["footway"].index
    sure, perhaps = off <= SURELY, off <= PERHAPS
    return _flags(index, sure, ~perhaps)


def turning_point(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Whether one must turn by 90 degrees (75 or more) on a way over a footway.

    That there is neither such a turn nor a dead end nor a gate, no width tells.
    """
    most = _bends(widths).groupby("pavement_id")["angle"].max().reindex(_walked(widths))
    turned = most >= 90 - SURELY
    return _flags(layers["footway"].index, turned, pd.Series(False, turned.index))


def bend_width_sum(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Sum in metres of the clear widths before and after a right-angle bend, the least of all bends; 0 unless both exceed 0.90 m.

    Each is the least of the first piece of the way beyond the bend, of 2 m at most. Where not all obstacles are known it is an
    upper bound.
    """
    bends = _bends(widths)
    bends = bends[(bends["angle"] - 90).abs() <= PERHAPS]
    ends = {}
    for end, sign, slack in (("low", -1, "under"), ("high", 1, "over")):
        before, after = (bends[side] + sign * bends[slack] for side in ("before", "after"))
        ends[end] = (before + after).where((before > LEAST) & (after > LEAST), 0.0)
    return _least(layers, widths, pd.DataFrame(ends), bends["pavement_id"])


def turning_diameter(layers: Layers, widths: Widths) -> pd.DataFrame:
    """Diameter in metres of the largest free circle where one must turn by 90 degrees or more, the least of all such places.

    It is looked for within 2.25 m of the middle of the turn, so one of 2 m or more may be larger. Where not all obstacles are
    known it is an upper bound.
    """
    bends = _bends(widths)
    bends = bends[bends["angle"] >= 90 - SURELY]
    free = [_room(bends, widths, largest=largest) for largest in (True, False)]
    slack = schema.accuracy(widths.pavements.loc[bends["pavement_id"]]) + schema.accuracy(widths.barred).max(initial=0.0)
    high = np.where(free[1] >= ENOUGH, np.inf, free[1] + slack)
    table = pd.DataFrame({"low": np.maximum(free[0] - slack, 0.0), "high": high}, index=bends.index)
    return _least(layers, widths, table, bends["pavement_id"])


def _room(bends: pd.DataFrame, widths: Widths, *, largest: bool) -> Numbers:
    """Diameter of the largest circle within `AROUND` each turn that holds no obstacle, by their largest or smallest size."""
    if bends.empty:
        return np.zeros(0)
    around = shapely.buffer(shapely.points(bends["x"], bends["y"]), AROUND, quad_segs=16)
    free = _union_near(around, widths.pavements.geometry.to_numpy())
    things = obstacle_shapes(widths.barred, largest=largest)
    free = shapely.difference(shapely.intersection(around, free), _union_near(around, things))
    result = np.zeros(len(bends))
    some = shapely.area(free) > 0
    result[some] = 2 * shapely.length(shapely.maximum_inscribed_circle(free[some], tolerance=0.005))
    return result


def _union_near(around: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """All shapes that meet each place, as one; empty where there are none."""
    place, shape = shapely.STRtree(shapes).query(around, predicate="intersects")
    order = np.argsort(place, kind="stable")
    result = np.full(len(around), shapely.Polygon(), dtype=object)
    if len(place):
        bundles = shapely.geometrycollections(shapes[shape[order]], indices=np.unique(place[order], return_inverse=True)[1])
        result[np.unique(place)] = shapely.union_all(bundles[:, None], axis=1)
    return result


def _walked(widths: Widths) -> pd.Index:
    """Footways that some way goes over."""
    return pd.Index(widths.clear.profile["pavement_id"].unique())


def _flags(index: pd.Index, true: pd.Series, false: pd.Series) -> pd.DataFrame:
    return flags(index, *(one.reindex(index, fill_value=False).to_numpy(dtype=bool) for one in (true, false)))


def _least(layers: Layers, widths: Widths, table: pd.DataFrame, pavement: pd.Series) -> pd.DataFrame:
    """Least bounds of each pavement; no lower ones where obstacles may be missing."""
    index = layers["footway"].index
    least = table.groupby(pavement.to_numpy()).min().reindex(index)
    low = least["low"].to_numpy(dtype=float) if widths.whole else np.full(len(index), np.nan)
    return frame(index, low, least["high"].to_numpy(dtype=float))


def _bends(widths: Widths) -> pd.DataFrame:
    """Turns of 60 degrees or more: where, with the least widths ``before`` and ``after``, and slack."""
    pieces = pieces_of(widths)
    empty = pd.DataFrame(
        {name: [] for name in ("pavement_id", "angle", "before", "after", "x", "y", "under", "over")}, dtype=float
    )
    if pieces.empty:
        return empty
    row = _Row.of(pieces)
    at = row.places()
    run, half = row.run_of(at), IN_BEND * row.width(at)
    inside = (at - half - LEG >= row.start[run]) & (at + half + LEG <= row.end[run])
    at, run, half = at[inside], run[inside], half[inside]
    before, after = (row.direction(at + side * (half + LEG / 2)) for side in (-1, 1))
    # round a thing in the way one swerves, and goes on as before: that is no bend
    far = (
        row.spot(at - half) - row.spot(np.maximum(at - half - LASTING, row.start[run])),
        (row.spot(np.minimum(at + half + LASTING, row.end[run])) - row.spot(at + half)),
    )
    angle = np.minimum(_angle(before, after), _angle(*far))
    turned = angle >= 90 - PERHAPS
    bend = np.cumsum(turned & ~np.concatenate([[False], turned[:-1] & (np.diff(at) < 2 * STEP)]))[turned]
    if not turned.any():
        return empty
    table = pd.DataFrame({"bend": bend, "at": at[turned], "half": half[turned], "angle": angle[turned]})
    peak = table[table["angle"] >= table.groupby("bend")["angle"].transform("max") - 1.0]
    found = peak.groupby("bend").median()
    places, half = found["at"].to_numpy(), found["half"].to_numpy()
    turn = row.spot(places)
    piece = row.piece_of(places)
    return pd.DataFrame(
        {
            "pavement_id": pieces["pavement_id"].to_numpy()[piece],
            "angle": found["angle"].to_numpy(),
            "before": row.width_before(places - half),
            "after": row.width_after(places + half),
            "x": turn[:, 0],
            "y": turn[:, 1],
            "under": pieces["under"].to_numpy()[piece],
            "over": pieces["over"].to_numpy()[piece],
        }
    )


class _Row:
    """All runs of pieces one behind the other, `FAR` apart: a place is one number, in metres along that row."""

    def __init__(self, pieces: tuple[Numbers, Numbers, Numbers], vertex: Numbers, xy: Numbers, runs: tuple[Numbers, Numbers]):
        self._piece_start, self._piece_end, self._piece_width = pieces
        self._vertex, self._xy = vertex, xy
        self.start, self.end = runs

    @classmethod
    def of(cls, pieces: pd.DataFrame) -> _Row:
        """The row of pieces that are sorted by run and place."""
        length, run = pieces["length"].to_numpy(dtype=float), pieces["run"].to_numpy()
        first = np.concatenate([[True], run[1:] != run[:-1]])
        start = np.concatenate([[0.0], np.cumsum(length)[:-1]]) + FAR * (np.cumsum(first) - 1)
        coordinates, owner = shapely.get_coordinates(np.asarray(pieces["geometry"], dtype=object), return_index=True)
        step = np.hypot(*np.diff(coordinates, axis=0, prepend=coordinates[:1]).T)
        step[np.concatenate([[True], owner[1:] != owner[:-1]])] = 0.0
        along = pd.Series(step).groupby(owner).cumsum().to_numpy()
        ends = np.flatnonzero(np.concatenate([first[1:], [True]]))
        widths = pieces["width"].to_numpy(dtype=float)
        runs = start[first], start[ends] + length[ends]
        return cls((start, start + length, widths), start[owner] + along, coordinates, runs)

    def places(self) -> Numbers:
        """Places every `STEP` along all runs."""
        count = np.floor((self.end - self.start) / STEP).astype(np.intp) + 1
        return np.repeat(self.start, count) + STEP * (np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count))

    def run_of(self, at: Numbers) -> npt.NDArray[np.intp]:
        """Number of the run of each place."""
        return np.searchsorted(self.start, at, side="right") - 1

    def piece_of(self, at: Numbers) -> npt.NDArray[np.intp]:
        """Number of the piece of each place."""
        return np.clip(np.searchsorted(self._piece_start, at, side="right") - 1, 0, None)

    def width(self, at: Numbers) -> Numbers:
        """Clear width at each place."""
        return self._piece_width[self.piece_of(at)]

    def width_before(self, at: Numbers) -> Numbers:
        """Clear width of the last piece that ends before each place."""
        piece = np.searchsorted(self._piece_end, at, side="right") - 1
        return self._piece_width[np.where(self.run_of(self._piece_start[piece]) == self.run_of(at), piece, self.piece_of(at))]

    def width_after(self, at: Numbers) -> Numbers:
        """Clear width of the first piece that starts behind each place."""
        piece = np.minimum(np.searchsorted(self._piece_start, at, side="left"), len(self._piece_start) - 1)
        return self._piece_width[np.where(self.run_of(self._piece_start[piece]) == self.run_of(at), piece, self.piece_of(at))]

    def direction(self, middle: Numbers) -> Numbers:
        """Direction of the way over `LEG` round each place, as vectors."""
        return self.spot(middle + LEG / 2) - self.spot(middle - LEG / 2)

    def spot(self, at: Numbers) -> Numbers:
        """Coordinates of each place."""
        return np.column_stack([np.interp(at, self._vertex, axis) for axis in self._xy.T])


def _angle(one: Numbers, other: Numbers) -> Numbers:
    """Degrees between directions."""
    return np.asarray(np.degrees(np.abs(np.arctan2(_cross(one, other), (one * other).sum(axis=1)))))


def _cross(one: Numbers, other: Numbers) -> Numbers:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
