"""Heights of the ground at points and along lines, as bounds that hold what the raster and the drawing may be off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from toegankelijk.schema import Terrain

STEEPEST = 0.5
"""Rise over run between neighbouring samples beyond which nobody walks: a wall, a bank, stairs, or the end of a bridge."""

_SAMPLES = 1_000_000  # samples that are held at once


@dataclass(frozen=True)
class Profiles:
    """Heights along lines, at equal steps from the start of each line to its end.

    Parameters
    ----------
    first
        Place of each line's first sample among all samples; one more entry says how many samples there are.
    step
        Metres between the samples of each line, at most a cell.
    low, high
        Bounds of the height at each sample, in metres; NaN where it is not known.
    broken
        Per sample, whether what lies between it and the next is unknown or cannot be walked; the last of a line is not.
    """

    first: np.ndarray
    step: np.ndarray
    low: np.ndarray
    high: np.ndarray
    broken: np.ndarray

    @property
    def line(self) -> np.ndarray:
        """Number of the line that each sample belongs to."""
        return np.repeat(np.arange(len(self.step)), np.diff(self.first))

    @property
    def steps(self) -> np.ndarray:
        """Number of steps of each line."""
        return np.diff(self.first) - 1


def heights(terrain: Terrain, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the ground at points, between the middles of the four cells around each; NaN where one of these is unknown.

    Examples
    --------
    >>> slope = Terrain(np.array([[1.0, 2.0], [1.0, 2.0]]), left=0, top=2, cell=1, accuracy=0.05)
    >>> heights(slope, np.array([0.5, 1.0, 1.5, 1.9]), np.array([1.0, 1.0, 1.0, 1.0])).tolist()
    [1.0, 1.5, 2.0, nan]
    """
    across, down = (np.asarray(x) - terrain.left) / terrain.cell - 0.5, (terrain.top - np.asarray(y)) / terrain.cell - 0.5
    rows, columns = terrain.heights.shape
    with np.errstate(invalid="ignore"):
        inside = (across >= 0) & (down >= 0) & (across <= columns - 1) & (down <= rows - 1)
    if rows < 2 or columns < 2:
        return np.full(inside.shape, np.nan)
    across, down = np.where(inside, across, 0.0), np.where(inside, down, 0.0)
    column, row = np.minimum(across.astype(np.intp), columns - 2), np.minimum(down.astype(np.intp), rows - 2)
    right, below = across - column, down - row
    cell = row * columns + column
    grid = terrain.heights.ravel()
    upper = grid.take(cell) * (1 - right) + grid.take(cell + 1) * right
    lower = grid.take(cell + columns) * (1 - right) + grid.take(cell + columns + 1) * right
    return np.where(inside, upper * (1 - below) + lower * below, np.nan)


def bounds_around(
    terrain: Terrain, points: np.ndarray, radius: np.ndarray, *, gaps: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest ground within a distance of points, the raster's accuracy included.

    Parameters
    ----------
    points
        Coordinates, shape (n, 2).
    radius
        Metres, one per point.
    gaps
        Whether unknown ground beside a point is left out; else nothing is known of the point.

    Returns
    -------
    tuple
        Metres; NaN where the ground at the point itself is not known.
    """
    low = high = heights(terrain, *points.T)
    least, most = (np.fmin, np.fmax) if gaps else (np.minimum, np.maximum)
    rings = int(np.ceil(radius.max(initial=0.0) / terrain.cell))
    angles = np.arange(12) * (np.pi / 6)
    for ring in range(1, rings + 1):
        for angle in angles:
            away = radius * ring / rings
            beside = heights(terrain, points[:, 0] + away * np.cos(angle), points[:, 1] + away * np.sin(angle))
            low, high = np.where(np.isnan(low), low, least(low, beside)), np.where(np.isnan(high), high, most(high, beside))
    return low - terrain.accuracy, high + terrain.accuracy


def batches(lines: np.ndarray, step: float) -> Iterator[slice]:
    """Parts of an array of lines that hold about a million samples each."""
    ends = np.cumsum(np.ceil(shapely.length(lines) / step) + 1)
    cuts = np.searchsorted(ends, np.arange(_SAMPLES, ends[-1] if len(ends) else 0, _SAMPLES), side="right")
    starts = np.unique(np.concatenate([[0], cuts, [len(lines)]]))
    yield from (slice(int(start), int(end)) for start, end in pairwise(starts))


def profiles(terrain: Terrain, lines: np.ndarray, slack: np.ndarray) -> Profiles:
    """Heights along lines, sampled at least once per cell.

    A line may lie beside where it is drawn: the bounds of a height hold what the ground is on either side, as far as the drawing
    may be off. Unknown ground beside a line (a wall, water) is not where it lies.

    Parameters
    ----------
    lines
        Lines in one part, each longer than 0.
    slack
        Accuracy of each line as drawn, in metres.
    """
    x, y, ahead, first, step = points_along(lines, terrain.cell)
    line = np.repeat(np.arange(len(lines)), np.diff(first))
    middle = heights(terrain, x, y)
    low = high = middle
    sides = int(np.ceil(slack.max(initial=0.0) / terrain.cell))
    for side in [*range(-sides, 0), *range(1, sides + 1)]:
        away = slack[line] * side / sides
        beside = heights(terrain, x - away * ahead[:, 1], y + away * ahead[:, 0])
        low, high = np.where(np.isnan(low), low, np.fmin(low, beside)), np.where(np.isnan(high), high, np.fmax(high, beside))
    jump = np.abs(np.append(np.diff(middle), 0.0))
    with np.errstate(invalid="ignore"):
        broken = ~(jump <= STEEPEST * step[line] + 2 * terrain.accuracy)
    broken[first[1:] - 1] = False
    return Profiles(first, step, low - terrain.accuracy, high + terrain.accuracy, broken)


def points_along(lines: np.ndarray, most: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points at equal steps along lines, from the start of each to its end.

    Parameters
    ----------
    lines
        Lines in one part, each longer than 0.
    most
        Greatest step in metres.

    Returns
    -------
    tuple
        Coordinates x and y; the direction of the line at each point, as a vector of length 1; the place of each line's first
        point, and how many points there are; the step of each line.
    """
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    forward = np.diff(coordinates, axis=0, append=coordinates[-1:])
    reach = np.hypot(*forward.T)
    reach[np.flatnonzero(np.diff(owner, append=-1))] = 1.0  # metres that part the end of one line from the start of the next
    along = np.concatenate([[0.0], np.cumsum(reach)[:-1]])
    start = along[np.flatnonzero(np.diff(owner, prepend=-1))]
    length = along[np.flatnonzero(np.diff(owner, append=-1))] - start
    count = np.maximum(np.ceil(length / most - 1e-9), 1).astype(np.intp)
    first = np.concatenate([[0], np.cumsum(count + 1)])
    step = length / count
    line = np.repeat(np.arange(len(lines)), count + 1)
    number = np.arange(first[-1]) - first[line]
    place = np.minimum(start[line] + number * step[line], start[line] + length[line])
    inward = np.where(number == count[line], -1e-3, 1e-3) * np.minimum(
        step[line], 1.0
    )  # the direction of an end is the line's own
    segment = np.clip(np.searchsorted(along, place + inward, side="right") - 1, 0, len(along) - 1)
    ahead = forward[segment] / np.where(reach[segment] > 0, reach[segment], 1.0)[:, None]
    x, y = (np.interp(place, along, column) for column in coordinates.T)
    return x, y, ahead, first, step
