"""What a fix gains: residents and ways that become barrier-free, and metres of detour saved.

Three worlds are told apart, because passability may be unknown. In the *possible* world all that is unknown is passable; fixes
are ranked in it, for it counts only barriers that are known. In the *sure* world nothing unknown is passable. However the unknown
turns out, the truth lies between the two.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toegankelijk.network.graph import Network
from toegankelijk.network.openings import find_openings
from toegankelijk.network.passable import Passability
from toegankelijk.network.places import Places
from toegankelijk.network.spreading import Room
from toegankelijk.network.worlds import Some, World, find_aims, find_homes, spread_opened, ways_after, ways_over

Numbers = npt.NDArray[np.float64]
Numerals = npt.NDArray[np.intp]

LABELS = 2**23
"""Most labels (fix and node) at once. Two rooms of 12 bytes a label are held: 200 MB."""

GAIN_COLUMNS = ("residents", "pairs", "value", "metres", "residents_low", "residents_high")
"""Columns of the gains."""


def find_gains(
    network: Network,
    passability: Passability,
    places: Places,
    fixes: pd.DataFrame,
) -> pd.DataFrame:
    """What each fix gains when it is done by itself.

    A fix opens an edge only if it clears all that keeps it closed. A purpose is reached from an origin if the way from door to
    door is at most as long as the purpose allows. Won is what is reached after the fix and was not before. Exact: the figures are
    those that a new search over the whole network would give, for each fix.

    Parameters
    ----------
    network
        The network in which the places lie.
    passability
        What each edge is for one profile, and its barriers.
    places
        Origins with residents, and destinations by purpose. Origins without residents (such as anchors) gain nothing.
    fixes
        Columns `toegankelijk.network.openings.FIX_COLUMNS`: what passes its rule once the fix is done.

    Returns
    -------
    DataFrame
        Index ``fix``, sorted; columns `GAIN_COLUMNS`. In the possible world: ``residents`` who win a barrier-free way to at least
        one purpose; ``pairs`` won, residents times purposes; ``value``, the same with each purpose by its weight; ``metres`` of
        detour saved, residents times metres, for what was reached before as well (a way that is won counts as a pair, not in
        metres). ``residents_low`` and ``residents_high`` bound the residents who win, however the unknown turns out: at least
        those who are cut off even if all of it is passable, and reach even if none is; at most those who may be cut off, and may
        have a way within the limit over an edge that the fix clears.
    """
    openings = find_openings(passability, fixes)
    aims, homes = find_aims(places), find_homes(network, places)
    possible = World.of(network, passability.possibly, aims, homes)
    sure = World.of(network, passability.surely, aims, homes)
    count, nodes = len(openings.fixes), len(network.nodes)
    size = max(1, min(count, LABELS // max(1, nodes)))
    rooms = Room.of(size * nodes), Room.of(size * nodes)
    parts = []
    for start in range(0, count, size):
        end = min(start + size, count)
        opened, touched, surely = (
            Some.of(network, pairs, start, end) for pairs in (openings.possible, openings.touched, openings.sure)
        )
        parts.append(_gain(possible, sure, opened, touched, surely, rooms))
    table = pd.DataFrame(np.concatenate(parts) if parts else np.zeros((0, len(GAIN_COLUMNS))), columns=list(GAIN_COLUMNS))
    return table.set_index(openings.fixes)


def joint_gain(
    network: Network,
    passability: Passability,
    places: Places,
    fixes_subset: pd.DataFrame,
) -> pd.Series:
    """What fixes gain when all are done together.

    Not the sum of what each gains: two kerbs of one crossing are worth nothing apart, and of two ways side by side one will do.

    Parameters
    ----------
    network, passability, places
        As for `find_gains`.
    fixes_subset
        The fixes that are done, in the same columns.

    Returns
    -------
    Series
        By the names `GAIN_COLUMNS`.
    """
    if not len(fixes_subset):
        return pd.Series(0.0, index=list(GAIN_COLUMNS))
    return find_gains(network, passability, places, fixes_subset.assign(fix="all")).loc["all"].rename(None)


def _gain(possible: World, sure: World, opened: Some, touched: Some, surely: Some, rooms: tuple[Room, Room]) -> Numbers:
    """Gains of some fixes, a row each."""
    homes, count = possible.homes, opened.count
    total = np.zeros((count, len(GAIN_COLUMNS)))
    won: dict[str, list[Numerals]] = {"residents": [], "residents_low": [], "residents_high": []}
    for turn, aim in enumerate(possible.aims):
        far, sure_far = possible.way[turn] > aim.within, sure.way[turn] > aim.within
        keys = spread_opened(possible, opened, turn, rooms[0])
        slot, home, metres = ways_after(possible, opened, turn, keys, rooms[0])
        wins, had = (metres <= aim.within) & far[home], ~far[home]
        pairs = np.bincount(slot[wins], weights=homes.residents[home[wins]], minlength=count)
        saved = homes.residents[home[had]] * (possible.way[turn][home[had]] - metres[had])
        total[:, 1:4] += np.column_stack([pairs, pairs * aim.weight, np.bincount(slot[had], weights=saved, minlength=count)])
        won["residents"].append(slot[wins] * len(homes) + home[wins])
        slot, home, metres = ways_over(possible, opened, touched, turn, rooms)
        may = (metres <= aim.within) & sure_far[home]
        won["residents_high"].append(slot[may] * len(homes) + home[may])
        rooms[0].clear(keys)
        keys = spread_opened(sure, surely, turn, rooms[0])
        slot, home, metres = ways_after(sure, surely, turn, keys, rooms[0])
        must = (metres <= aim.within) & far[home]
        won["residents_low"].append(slot[must] * len(homes) + home[must])
        rooms[0].clear(keys)
    for name, found in won.items():
        who, each = np.unique(np.concatenate([np.zeros(0, dtype=np.intp), *found])), max(1, len(homes))
        total[:, GAIN_COLUMNS.index(name)] = np.bincount(who // each, weights=homes.residents[who % each], minlength=count)
    return total
