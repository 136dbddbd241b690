"""Narrowings of ways: where, how narrow, over what length; and the width that a way has elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy import ndimage

from toegankelijk.widths.stations import Ways

LIMITS = (1.20, 1.50, 1.80)
"""Widths in metres below which the length of a narrowing is told: the route widths of the levels C, B and A (PAS-01)."""

LONGEST = 20.0
"""Metres that a narrowing is long at most; a longer narrow part is the width of the route itself (PAS-04, level C)."""

STEP = 0.25
"""Metres between the places along a way at which one looks `LONGEST` metres ahead and back."""

SQUARE = 3.0
"""Metres of the largest free square that is looked for before and after a narrowing."""

EPSILON = 1e-6
"""Metres that a width of computed coordinates may fall short of the same width as drawn."""


@dataclass(frozen=True)
class _Parts:
    """Parts of ways below some width: first and last station of each, and the part of each station, -1 for none.

    ``ends`` are the metres along the way, and ``walls`` along the left and the right wall, at which each part starts and ends.
    """

    first: np.ndarray
    last: np.ndarray
    of: np.ndarray
    ends: tuple[np.ndarray, np.ndarray]
    walls: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

    @classmethod
    def below(cls, ways: Ways, limit: float) -> _Parts:
        """Parts of ways that are narrower than a limit in metres; between stations the width runs evenly, but for jumps."""
        narrow = ways.width < limit
        together = np.append(False, (ways.way[1:] == ways.way[:-1]) & narrow[1:] & narrow[:-1])
        fresh = narrow & ~together
        first = np.flatnonzero(fresh)
        of = np.where(narrow, np.cumsum(fresh) - 1, -1)
        last = np.flatnonzero(narrow & ~np.append(together[1:], False))
        even = np.append(False, (ways.way[1:] == ways.way[:-1]) & ~ways.jump[1:])  # from the station before
        reached = []
        for inner, outer, runs in (
            (first, np.maximum(first - 1, 0), even[first]),
            (last, np.minimum(last + 1, len(narrow) - 1), np.append(even, False)[last + 1]),
        ):
            with np.errstate(divide="ignore", invalid="ignore"):
                share = (limit - ways.width[inner]) / (ways.width[outer] - ways.width[inner])
            share = np.where(runs, share, 0.0)
            reached.append([x[inner] + share * (x[outer] - x[inner]) for x in (ways.along, ways.left_along, ways.right_along)])
        (start, *before), (end, *after) = reached
        return cls(first, last, of, (start, end), ((before[0], after[0]), (before[1], after[1])))

    def lengths(self) -> np.ndarray:
        """Metres of each part, along the wall on the side where it is shorter."""
        return np.asarray(np.maximum(np.minimum(*(end - start for start, end in self.walls)), 0.0))


def find_narrowings(ways: Ways) -> pd.DataFrame:
    """Narrowings of ways, each at its narrowest place.

    A narrowing is a part of a way where it is less than 1.20 m wide, or less than 1.50 m and nowhere less than 1.20 m, or less
    than 1.80 m and nowhere less than 1.50 m. Its length below one of these widths is that of the wall on the side where it is
    shorter, so that a pole is as long as a pole is thick. What is longer than 20 m is no narrowing.

    Returns
    -------
    DataFrame
        Columns ``station`` (number of the narrowest station), ``width``, ``length_below_120``, ``length_below_150``,
        ``length_below_180`` (0 where it is not below), ``free_square``, ``gap_to_next`` and ``way_round``, in metres, in the
        order of the ways.
    """
    parts = [_Parts.below(ways, limit - EPSILON) for limit in LIMITS]
    taken = np.zeros(len(ways.way), bool)
    table = []
    for number, part in enumerate(parts):
        holds = np.zeros(len(part.first), bool)
        holds[part.of[taken & (part.of >= 0)]] = True
        fresh = np.flatnonzero(~holds & (part.lengths() <= LONGEST))
        order = np.lexsort((ways.width, part.of))
        order = order[part.of[order] >= 0]
        narrowest = order[np.unique(part.of[order], return_index=True)[1]]
        table.append(pd.DataFrame({"station": narrowest[fresh], "limit": number, "part": fresh}))
        taken |= part.of >= 0
    found = pd.concat(table).sort_values("station", ignore_index=True)
    station = found["station"].to_numpy()
    result = pd.DataFrame({"station": station, "width": ways.width[station]})
    for limit, part in zip(LIMITS, parts, strict=True):
        of = part.of[station]
        length = np.append(part.lengths(), 0.0)  # -1 is in no part
        result[f"length_below_{limit * 100:.0f}"] = length[of]
    own = found["limit"].to_numpy(dtype=np.intp), found["part"].to_numpy(dtype=np.intp)
    start, end = (_at(parts, *own, side) for side in (0, 1))
    wide = np.maximum(own[0], 1)  # a free square of 1.50 m lies where the way is wide enough for it
    around = np.where(own[0] < 1, parts[1].of[station], own[1])
    before, after = (_free_squares(ways, parts, wide, around, side) for side in (0, 1))
    result["free_square"] = np.minimum(before, after)
    gap = np.full(len(result), np.inf)
    same = ways.way[station[1:]] == ways.way[station[:-1]]
    gap[:-1][same] = np.maximum(start[1:] - end[:-1], _apart(ways, parts, *own))[same]
    result["gap_to_next"] = gap
    result["way_round"] = ways.way_round[station]
    return result


def lasting_widths(ways: Ways) -> np.ndarray:
    """Width in metres at each station that the way has there but for narrowings of at most `LONGEST` metres.

    It is the least, over all parts of the way of that length round the station, of the greatest width in the part: whatever is
    narrower is so over less than that length. A narrow part at the end of a way counts as longer than it is by half of it.
    """
    if not len(ways.way):
        return np.zeros(0)
    way, start = np.unique(ways.way, return_index=True)
    stop = np.append(start[1:], len(ways.way))
    reach = ways.along[stop - 1] - ways.along[start]
    count = np.ceil(reach / STEP).astype(np.intp) + 1
    margin = int(LONGEST / STEP)
    offset = np.cumsum(count + margin) - (count + margin)
    position = offset[np.searchsorted(way, ways.way)] + (ways.along - ways.along[start][np.searchsorted(way, ways.way)]) / STEP
    grid = np.interp(np.arange(int(offset[-1] + count[-1] + margin)), position, ways.width)
    gap = np.ones(len(grid), bool)
    number = np.repeat(np.arange(len(way)), count)
    inside = offset[number] + np.arange(len(number)) - np.repeat(np.cumsum(count) - count, count)
    gap[inside] = False
    grid[gap] = -np.inf  # beyond the ends there is nothing that is wide
    widest = ndimage.maximum_filter1d(grid, margin + 1, mode="constant", cval=-np.inf)
    widest[gap] = np.inf
    lasting = ndimage.minimum_filter1d(widest, margin + 1, mode="constant", cval=np.inf)
    return np.asarray(lasting[np.round(position).astype(np.intp)])


def _at(parts: list[_Parts], limit: np.ndarray, part: np.ndarray, side: int) -> np.ndarray:
    """Metres along their way at which some parts, each below one of the limits, start or end."""
    result = np.zeros(len(part))
    for number, of_limit in enumerate(parts):
        result[limit == number] = of_limit.ends[side][part[limit == number]]
    return result


def _apart(ways: Ways, parts: list[_Parts], limit: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Metres straight on from the last place across each part to the first place across the part that follows it."""
    first, last = (np.zeros(len(part), np.intp) for _ in range(2))
    for number, of_limit in enumerate(parts):
        chosen = limit == number
        first[chosen], last[chosen] = of_limit.first[part[chosen]], of_limit.last[part[chosen]]
    across = [shapely.linestrings(np.stack([ways.left[at], ways.right[at]], axis=1)) for at in (last[:-1], first[1:])]
    return np.asarray(shapely.distance(*across))


def _free_squares(ways: Ways, parts: list[_Parts], limit: np.ndarray, part: np.ndarray, side: int) -> np.ndarray:
    """Side in metres of the largest free square, at most `SQUARE`, directly before (0) or after (1) parts of ways.

    A way is taken to go on beyond its end as wide as it ends.
    """
    turn = (-1, 1)[side]
    start = _at(parts, limit, part, side)
    at = np.zeros(len(part), np.intp)
    for number, of_limit in enumerate(parts):
        chosen = limit == number
        at[chosen] = (of_limit.first, of_limit.last)[side][part[chosen]]
    width, place = np.full(len(part), SQUARE), np.zeros(len(part))
    before = np.take(np.array(LIMITS), limit)  # where the part ends, the way is as wide as its limit
    result = np.full(len(part), np.nan)
    todo = np.arange(len(part))
    while len(todo):
        following = at[todo] + turn
        ended = (following < 0) | (following >= len(ways.way))
        following = np.where(ended, at[todo], following)
        ended |= ways.way[following] != ways.way[at[todo]]
        away = np.where(ended, np.inf, np.abs(ways.along[following] - start[todo]))
        there = np.where(ended, ways.width[at[todo]], ways.width[following])
        sudden = ways.jump[np.maximum(following, at[todo])] & ~ended
        here = np.where(sudden | ended, there, before[todo])
        # widest square that ends between the last place and this one, where the width runs from one to the other
        slope = np.where(ended | sudden, 0.0, (there - here) / np.maximum(away - place[todo], 1e-9))
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = np.where(slope < 1, (here - slope * place[todo]) / (1 - slope), np.inf)
        ends_here = (np.minimum(width[todo], meets) <= away) | (width[todo] <= away)
        done = ends_here | ended
        result[todo[done]] = np.maximum(np.minimum(width[todo], meets), place[todo])[done]
        result[todo[done]] = np.minimum(result[todo[done]], width[todo[done]])
        width[todo] = np.minimum(width[todo], there)
        place[todo], before[todo], at[todo] = np.where(ended, place[todo], away), there, following
        todo = todo[~done]
    return result
