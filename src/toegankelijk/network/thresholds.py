"""How wide a user may be to still reach a target, and which edge decides it: for all widths at once.

The widest way from a node to a target is the one of which the narrowest place is widest. All widest ways together form a maximum
spanning forest. It is grown here by Borůvka's method (Nešetřil, Milková & Nešetřilová 2001, *Discrete Mathematics* 233): in each
round every group of nodes without a target leaves by its widest edge, and the groups so joined become one. Along the edges that a
round takes, widths never fall on the way to where it leads, so that the first of them is the narrowest. Hence what a node reaches
is the least of one width per round, and neither the edges have to be sorted nor the forest walked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from toegankelijk.network.graph import Network

Numbers = npt.NDArray[np.float64]
Numerals = npt.NDArray[np.intp]


class Thresholds(NamedTuple):
    """Widths at which nodes are cut off from all targets.

    Parameters
    ----------
    node
        Per node: width of the widest user that reaches a target, in the unit of the widths; infinite at a target itself, 0 where
        no way leads to one.
    bottleneck
        Per node: the edge that is the narrowest place of its widest way; -1 at a target, and where none is reached.
    gain
        Per edge: weight of the nodes of which it is that narrowest place.
    """

    node: Numbers
    bottleneck: Numerals
    gain: Numbers


class _Round(NamedTuple):
    """What one round did: per group the width and number of the edge that it left by, and the group it came to."""

    width: Numbers
    edge: Numerals
    group: Numerals


def reach_thresholds(network: Network, width: Numbers, targets: Numerals) -> Numbers:
    """Width of the widest user that still reaches a target from each node.

    Parameters
    ----------
    network
        The walking network.
    width
        Passable width per edge, 0 or more, in any unit; infinite where nothing limits it. An unknown one (nan) counts as 0: give
        what it is at least or at most instead, to get a bound.
    targets
        Numbers of the nodes to reach.

    Returns
    -------
    numpy.ndarray
        Width per node, in the unit given; infinite at a target, 0 where no way leads to one.
    """
    return find_thresholds(network, width, targets).node


def find_thresholds(network: Network, width: Numbers, targets: Numerals, weight: Numbers | None = None) -> Thresholds:
    """Width of the widest user that still reaches a target from each node, and the edges that decide it.

    An edge gains the weight of the nodes that it holds back: those that lie behind it on their widest way, with no narrower place
    there. Were that edge alone wider, wider users would reach a target from them; from other nodes of the same threshold they
    would not. Of edges that are equally wide, the later in the table counts as narrower, so that one edge decides.

    Parameters
    ----------
    network
        The walking network.
    width, targets
        As for `reach_thresholds`.
    weight
        Weight per node, such as residents; 1 each if not given.

    Returns
    -------
    Thresholds
        Per node the width and the narrowest edge, per edge the gain.
    """
    wide = np.nan_to_num(np.asarray(width, dtype=float), nan=0.0, posinf=np.inf)
    group = _first_groups(len(network.nodes), np.asarray(targets, dtype=np.intp))
    groups = int(group.max(initial=0)) + 1
    threshold, narrowest = _unroll(_join(group[network.tail], group[network.head], wide, groups), groups)
    node, bottleneck = np.maximum(threshold, 0.0)[group], narrowest[group]
    held = bottleneck >= 0
    weights = np.ones(len(group)) if weight is None else np.asarray(weight, dtype=float)
    gain = np.bincount(bottleneck[held], weights=weights[held], minlength=len(network)).astype(float)
    return Thresholds(node, bottleneck, gain)


def _first_groups(nodes: int, targets: Numerals) -> Numerals:
    """All targets are group 0, each other node is a group of its own."""
    alone = np.ones(nodes, dtype=bool)
    alone[targets] = False
    return np.where(alone, np.cumsum(alone), 0)


def _join(tail: Numerals, head: Numerals, width: Numbers, groups: int) -> list[_Round]:
    """Join groups by the widest edge of each, round after round, until no edge is left between two groups."""
    rounds = []
    edge = np.flatnonzero(tail != head)
    tail, head, width = tail[edge], head[edge], width[edge]
    while len(edge):
        pick = _widest(tail, head, width, groups)
        leaves = np.flatnonzero(pick >= 0)
        onward = np.arange(groups)
        chosen = pick[leaves]
        onward[leaves] = np.where(tail[chosen] == leaves, head[chosen], tail[chosen])
        both = (onward[onward[leaves]] == leaves) & (leaves < onward[leaves])  # two groups that chose the same edge
        onward[leaves[both]] = leaves[both]
        stays = onward == np.arange(groups)
        while not stays[onward].all():
            onward = onward[onward]
        group = (np.cumsum(stays) - 1)[onward]
        taken = np.where(stays, -1, pick)
        rounds.append(_Round(np.where(stays, np.inf, width[taken]), np.where(stays, -1, edge[taken]), group))
        tail, head, groups = group[tail], group[head], int(stays.sum())
        between = np.flatnonzero(tail != head)
        edge, tail, head, width = edge[between], tail[between], head[between], width[between]
    return rounds


def _widest(tail: Numerals, head: Numerals, width: Numbers, groups: int) -> Numerals:
    """The widest edge of each group, by its place: of equally wide ones the first. None (-1) for group 0, which has a target."""
    most = np.full(groups, -np.inf)
    np.maximum.at(most, tail, width)
    np.maximum.at(most, head, width)
    pick = np.full(groups, len(width))
    for end in (tail, head):
        widest = np.flatnonzero(width == most[end])[::-1]
        mine = np.full(groups, len(width))
        mine[end[widest]] = widest  # of several, the last one written stays: the first edge
        np.minimum(pick, mine, out=pick)
    pick[pick == len(width)] = -1
    pick[0] = -1
    return pick


def _unroll(rounds: list[_Round], groups: int) -> tuple[Numbers, Numerals]:
    """Threshold and narrowest edge of the groups of the first round, from those of the last."""
    last = int(rounds[-1].group.max()) + 1 if rounds else groups
    threshold, narrowest = np.full(last, -np.inf), np.full(last, -1)
    threshold[0] = np.inf
    for step in reversed(rounds):
        ahead, beyond = threshold[step.group], narrowest[step.group]
        mine = (step.width < ahead) | ((step.width == ahead) & (step.edge > beyond))
        threshold, narrowest = np.where(mine, step.width, ahead), np.where(mine, step.edge, beyond)
    return threshold, narrowest
