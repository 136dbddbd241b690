"""Which object of today is which of before, one to one: by key where keys can be trusted, else by place; never by a guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from toegankelijk.ledger.likeness import WHOLE, Links, are_unmoved, find_links, measures
from toegankelijk.ledger.objects import Objects
from toegankelijk.ledger.parts import Parts, find_groups, find_parts

MOVED = 20.0
"""Metres that an object may move with its key and be the same without anybody being asked."""

DERIVED_APART = 2.0
"""Metres that a derived object may move and still be known by its number on its parent, where nothing else contests it."""

SUSPECT = 3
"""Keys of a kind that point elsewhere, from which on they may have been given out anew."""

SUSPECT_SHARE = 0.05
"""Share of the common keys of a kind that has to point elsewhere for none of them to be trusted."""

NEARLY = 0.93
"""Share from which two lie so wholly in one place that parts of them say nothing else."""


@dataclass(frozen=True)
class Pairs:
    """What became of objects.

    Parameters
    ----------
    old, new
        Positions of two that are the same, or one a part of the other.
    how
        ``key``, ``place`` or ``decision``.
    main
        Whether they are the same; else the new one is a further part, or the old one was merged into the new one.
    claims
        Whether what failed on the old one is the same as what fails on the new one, if no pair that goes before it says so.
    overlap
        Size of what they share: those that share more go before.
    doubt_old, doubt_new
        Positions of two that may be the same; people have to say.
    lost_in_throng
        Per old object: so many are like it in its place that nobody can say where it is.
    """

    old: np.ndarray
    new: np.ndarray
    how: np.ndarray
    main: np.ndarray
    claims: np.ndarray
    overlap: np.ndarray
    doubt_old: np.ndarray
    doubt_new: np.ndarray
    lost_in_throng: np.ndarray


@dataclass(frozen=True)
class _Edges:
    """Pairs that may be the same object.

    ``near``: they lie in one place; ``keyed``: they have one key, and it is trusted; ``doubtful``: not to be taken even if
    nothing else is left; ``contested``: key and place say different things; ``still``: unmoved.
    """

    old: np.ndarray
    new: np.ndarray
    apart: np.ndarray
    near: np.ndarray
    keyed: np.ndarray
    doubtful: np.ndarray
    contested: np.ndarray
    still: np.ndarray

    def only(self, rows: np.ndarray) -> _Edges:
        return _Edges(**{name: column[rows] for name, column in vars(self).items()})


class _Rest:
    """Objects that are not paired yet, and pairs so far."""

    def __init__(self, old: int, new: int) -> None:
        self.old, self.new = np.ones(old, bool), np.ones(new, bool)
        self.pairs: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def take(self, old: np.ndarray, new: np.ndarray, how: np.ndarray | str) -> None:
        """Pair these; they are no longer free."""
        self.old[old], self.new[new] = False, False
        self.pairs.append((old, new, np.broadcast_to(np.asarray(how, dtype=object), old.shape)))

    def free(self, old: np.ndarray, new: np.ndarray) -> np.ndarray:
        """Which pairs are of two that are both free."""
        return np.asarray(self.old[old] & self.new[new])


def pair_objects(
    old: Objects, new: Objects, *, decided: tuple[np.ndarray, np.ndarray], refused: np.ndarray, tolerance: float
) -> Pairs:
    """Pair objects of two dates, one to one.

    In this order: the same key and not moved; what people decided; then, where exactly one old and one new object can be each
    other, these. Where several can: by keys, if the kind's keys can be trusted and the places do not speak against it; else by
    being unmoved, if the kind's other objects are unmoved too. What is left of such a group is in doubt. Then parts of what was
    split and wholes of what was merged, and last derived objects by their number.

    Parameters
    ----------
    old, new
        Objects of both dates.
    decided
        Positions of pairs that people said are the same.
    refused
        New objects of which people said that they are none of the old ones.
    tolerance
        Metres that a place may lie off.
    """
    common = _common(old.key, new.key)
    sure = are_unmoved(old.shape[common[0]], new.shape[common[1]])
    rest, links = _begin(old, new, common, sure, decided, refused, tolerance)
    keys = _judge_keys(old, new, rest, links, common, sure, tolerance)
    if (astray := keys.suspect[old.kind[common[0]]] & sure).any():
        # keys that are not trusted count for nothing, also where one happens to be right
        rest, links = _begin(old, new, common, sure & ~astray, decided, refused, tolerance)
        keys = _judge_keys(old, new, rest, links, common, sure & ~astray, tolerance, keys.suspect)
    edges, stays = _edges(old, new, links, keys)
    thronged = links.old_thronged, links.new_thronged
    while (agreed := _agreed(edges, rest, thronged, stays, old.kind)).any():
        chosen = edges.only(agreed)
        rest.take(chosen.old, chosen.new, np.where(chosen.keyed, "key", "place"))
    left = rest.free(edges.old, edges.new)
    doubt = edges.old[left], edges.new[left]
    unclear = rest.old & thronged[0], rest.new & thronged[1]
    unclear[0][doubt[0]], unclear[1][doubt[1]] = True, True
    lost = unclear[0] & thronged[0]
    parts = find_parts(old, new, links, free=(rest.old, rest.new), unclear=unclear, tolerance=tolerance)
    rest.old[parts.old], rest.new[parts.new] = False, False
    rest.take(*_derived(old, new, rest, unclear), "key")
    return _joined(rest, parts, doubt, lost)


def _begin(
    old: Objects,
    new: Objects,
    common: tuple[np.ndarray, np.ndarray],
    sure: np.ndarray,
    decided: tuple[np.ndarray, np.ndarray],
    refused: np.ndarray,
    tolerance: float,
) -> tuple[_Rest, Links]:
    """What is the same for sure, or because people said so; and which others lie in the same place."""
    rest = _Rest(len(old.key), len(new.key))
    rest.take(common[0][sure], common[1][sure], "key")
    open_ = rest.free(*decided)
    rest.take(decided[0][open_], decided[1][open_], "decision")
    rest.new[refused] = False
    return rest, _links(old, new, rest, tolerance)


def _common(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the keys that both have; each is there once."""
    _, i, j = np.intersect1d(old, new, assume_unique=False, return_indices=True)
    usable = old[i] >= 0
    return i[usable], j[usable]


def _links(old: Objects, new: Objects, rest: _Rest, tolerance: float) -> Links:
    """Links among what is free."""
    i, j = np.flatnonzero(rest.old), np.flatnonzero(rest.new)
    found = find_links(old.shape[i], new.shape[j], old_kind=old.kind[i], new_kind=new.kind[j], tolerance=tolerance)
    thronged = np.zeros_like(rest.old), np.zeros_like(rest.new)
    thronged[0][i], thronged[1][j] = found.old_thronged, found.new_thronged
    return Links(i[found.old], j[found.new], found.old_share, found.new_share, found.apart, *thronged)


def _same(links: Links) -> np.ndarray:
    return np.asarray((links.old_share >= WHOLE) & (links.new_share >= WHOLE))


@dataclass(frozen=True)
class _Keys:
    """Keys that both dates have, of what is free.

    The two objects, the link between them if they lie in one place, and how far they lie apart; ``rivals``: another one lies in
    the place of one of them. Per kind: objects that are unmoved, whether keys are ``suspect``, and whether they are so ``firm``
    that an object may have moved with its key.
    """

    old: np.ndarray
    new: np.ndarray
    link: np.ndarray
    apart: np.ndarray
    rivals: np.ndarray
    unmoved: np.ndarray
    suspect: np.ndarray
    firm: np.ndarray


def _judge_keys(
    old: Objects,
    new: Objects,
    rest: _Rest,
    links: Links,
    common: tuple[np.ndarray, np.ndarray],
    sure: np.ndarray,
    tolerance: float,
    suspect: np.ndarray | None = None,
) -> _Keys:
    """Which keys can be trusted. Those of derived objects cannot: they are numbers."""
    open_ = rest.free(*common) & (new.parent[common[1]] < 0)
    i, j = common[0][open_], common[1][open_]
    width = len(new.key) + 1
    link = _positions(links.old * width + links.new, i * width + j)
    linked = link >= 0
    apart = np.nan_to_num(shapely.distance(old.shape[i], new.shape[j]))  # without a place nothing speaks against the key
    degree = _degrees(links.old, links.new, old, new)
    whole = _degrees(links.old[_same(links)], links.new[_same(links)], old, new)
    # where they still touch, a part of them may well have become another one
    rivals = np.where(apart <= tolerance, (whole[0][i] > 0) | (whole[1][j] > 0), (degree[0][i] > 0) | (degree[1][j] > 0))
    rivals &= ~linked
    moved = ~linked & ~rivals & (apart <= MOVED)
    kind, kinds = old.kind[i], int(max(old.kind.max(initial=0), new.kind.max(initial=0))) + 1
    unmoved, for_, moves = (
        np.bincount(kind_of, minlength=kinds) for kind_of in (old.kind[common[0][sure]], kind[linked | moved], kind[moved])
    )
    against = np.bincount(kind[~linked & ~moved], minlength=kinds)
    for_ = for_ + unmoved
    if suspect is None:
        suspect = (against >= SUSPECT) & (against > SUSPECT_SHARE * (for_ + against)) & (against >= moves)
    return _Keys(i, j, link, apart, rivals, unmoved, suspect, for_ >= 2 * against)


def _edges(old: Objects, new: Objects, links: Links, keys: _Keys) -> tuple[_Edges, np.ndarray]:
    """Pairs that may be the same, by place and by keys that are trusted; and per kind whether most of its objects are unmoved.

    That is 1 if they are, -1 if they moved, and 0 if there is none of which that can be told.
    """
    kinds, linked = len(keys.unmoved), keys.link >= 0
    suspect = keys.suspect[old.kind[keys.old]]
    same = _same(links)
    whole = np.zeros(len(old.key), bool), np.zeros(len(new.key), bool)
    whole[0][links.old[same]], whole[1][links.new[same]] = True, True
    keyed, keep = np.zeros(len(links.old), bool), same.copy()
    keyed[keys.link[linked & ~suspect]] = True
    cut = linked & ~suspect & ~whole[0][keys.old] & ~whole[1][keys.new]
    keep[keys.link[cut]] = True
    still = same & are_unmoved(old.shape[links.old], new.shape[links.new])
    disputed = _disputed(old, new, links, same) & ~keyed & ~still
    keep |= disputed
    moved = ~linked & ~keys.rivals & (keys.apart <= MOVED)
    more = np.flatnonzero(moved | (~linked & ~suspect))
    none, every = np.zeros(keep.sum(), bool), np.ones(len(more), bool)
    firm = keys.firm[old.kind[keys.old]]
    edges = _Edges(
        old=np.append(links.old[keep], keys.old[more]),
        new=np.append(links.new[keep], keys.new[more]),
        apart=np.append(links.apart[keep], keys.apart[more]),
        near=np.append(~none, ~every),
        keyed=np.append(keyed[keep], every),
        doubtful=np.append(disputed[keep], (~moved | suspect | ~firm)[more]),
        contested=np.append(none, keys.rivals[more]),
        still=np.append(still[keep], ~every),
    )
    count = _degrees(links.old[same], links.new[same], old, new)
    alone = same & (count[0][links.old] == 1) & (count[1][links.new] == 1)
    moving, staying = (np.bincount(old.kind[links.old[rows]], minlength=kinds) for rows in (alone & ~still, alone & still))
    staying += keys.unmoved
    return edges, np.where(staying >= moving, np.minimum(staying, 1), -1)


def _disputed(old: Objects, new: Objects, links: Links, same: np.ndarray) -> np.ndarray:
    """Links of what is the same by its place, and of its parts, where these make it up as well."""
    inside, around = ~same & (links.new_share >= WHOLE), ~same & (links.old_share >= WHOLE)
    size = measures(old.shape), measures(new.shape)
    nearly = same & (np.minimum(links.old_share, links.new_share) < NEARLY)
    result = np.zeros(len(same), bool)
    for at, part, rows, share, of, whole in (
        (links.old, links.new, inside, links.new_share, size[1], size[0]),
        (links.new, links.old, around, links.old_share, size[0], size[1]),
    ):
        sum_ = np.bincount(at[rows], (share * of[part])[rows], minlength=len(whole))
        only, weak = (np.bincount(at[like], minlength=len(whole)) > 0 for like in (same, nearly))
        made_up = (only & (sum_ >= WHOLE * whole)) | (weak & (sum_ >= 0.5 * whole))
        result |= (same | rows) & made_up[at]
    return result


def _degrees(i: np.ndarray, j: np.ndarray, old: Objects, new: Objects) -> tuple[np.ndarray, np.ndarray]:
    """In how many of these pairs each old and each new object is."""
    return np.bincount(i, minlength=len(old.key)), np.bincount(j, minlength=len(new.key))


def _positions(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted number is in the values, -1 if nowhere."""
    if not len(values):
        return np.full(len(wanted), -1)
    order = np.argsort(values, kind="stable")
    at = np.minimum(np.searchsorted(values[order], wanted), len(values) - 1)
    return np.where(values[order[at]] == wanted, order[at], -1)


def _agreed(
    edges: _Edges, rest: _Rest, thronged: tuple[np.ndarray, np.ndarray], stays: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """Pairs that are the same beyond doubt, given what is taken already."""
    result = np.zeros(len(edges.old), bool)
    rows = np.flatnonzero(rest.free(edges.old, edges.new))
    if not len(rows):
        return result
    left = edges.only(rows)
    group, olds, news = find_groups(left.old, left.new, (len(rest.old), len(rest.new)))
    alone = (olds[group] == 1) & (news[group] == 1)
    crowded = thronged[0][left.old] | thronged[1][left.new]
    chosen = alone & ~left.doubtful & ~crowded
    chosen |= ~alone & left.keyed & left.near & _keys_fit(left, group)[group]
    done = np.zeros(len(olds), bool)
    done[group[chosen]] = True
    chosen |= ~done[group] & ~alone & _stayed(left, group, stays[kind[left.old]], rest)
    result[rows] = chosen
    return result


def _keys_fit(edges: _Edges, group: np.ndarray) -> np.ndarray:
    """Groups in which places do not speak against keys: together these lie no more than twice as far as the nearest ones."""
    count = int(group.max()) + 1
    nearest = np.full(int(edges.old.max()) + 1, np.inf)
    np.minimum.at(nearest, edges.old[edges.near], edges.apart[edges.near])
    keyed = edges.keyed & edges.near
    by_key = np.bincount(group[keyed], edges.apart[keyed], minlength=count)
    by_place = np.bincount(group[keyed], nearest[edges.old[keyed]], minlength=count)
    slack = 0.01 * np.bincount(group[keyed], minlength=count)
    disputed = np.bincount(group[edges.contested], minlength=count) > 0
    return np.asarray((by_key <= 2 * by_place + slack) & ~disputed)


def _stayed(edges: _Edges, group: np.ndarray, stays: np.ndarray, rest: _Rest) -> np.ndarray:
    """Pairs of groups in which all, or nearly all, are unmoved.

    A row of things that was moved by just the distance between two of them seems unmoved too, but for one at each end. So where
    some are left over, others of the kind must be unmoved; and where both old and new ones are, they have to be each other, with
    four unmoved ones to each of them.
    """
    count = int(group.max()) + 1
    still = edges.still & (stays >= 0)
    certain = np.bincount(group[stays > 0], minlength=count) > 0
    ends = [(edges.old, len(rest.old)), (edges.new, len(rest.new))]
    cover = [np.bincount(node[still], minlength=size) for node, size in ends]
    between = (cover[0][edges.old] == 0) & (cover[1][edges.new] == 0)
    fine = np.bincount(group[edges.contested], minlength=count) == 0
    paired, left = np.ones(count, bool), []
    for (node, size), covered in zip(ends, cover, strict=True):
        of = np.full(size, -1)
        of[node] = group
        fine[of[covered > 1]] = False
        bare = (of >= 0) & (covered == 0)
        left.append(np.bincount(of[bare], minlength=count))
        paired[of[bare & (np.bincount(node[between], minlength=size) != 1)]] = False
    many = np.bincount(group[still], minlength=count)
    one_sided = (left[0] == 0) | (left[1] == 0)
    fine &= ((left[0] == 0) & (left[1] == 0)) | (certain & (one_sided | (paired & (many >= 4 * left[0]))))
    return np.asarray(still & fine[group])


def _derived(old: Objects, new: Objects, rest: _Rest, unclear: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Derived objects that lie a little farther off: known by their number, if their parent has no other there."""
    i = np.flatnonzero(rest.old & ~unclear[0] & (old.parent >= 0) & ~shapely.is_missing(old.shape))
    j = np.flatnonzero(rest.new & ~unclear[1] & (new.parent >= 0) & ~shapely.is_missing(new.shape))
    a, b = shapely.STRtree(new.shape[j]).query(old.shape[i], predicate="dwithin", distance=DERIVED_APART)
    i, j = i[a], j[b]
    siblings = (old.kind[i] == new.kind[j]) & (old.parent[i] == new.parent[j])
    i, j = i[siblings], j[siblings]
    only = (np.bincount(i, minlength=len(old.key))[i] == 1) & (np.bincount(j, minlength=len(new.key))[j] == 1)
    only &= (old.key[i] == new.key[j]) & (old.key[i] >= 0)
    return i[only], j[only]


def _joined(rest: _Rest, parts: Parts, doubt: tuple[np.ndarray, np.ndarray], lost: np.ndarray) -> Pairs:
    """Pairs of the same, and parts."""
    old, new, how = (np.concatenate(columns) for columns in zip(*rest.pairs, strict=True))
    whole = np.ones(len(old), bool)
    return Pairs(
        old=np.append(old, parts.old).astype(np.intp),
        new=np.append(new, parts.new).astype(np.intp),
        how=np.append(how, np.full(len(parts.old), "place", dtype=object)),
        main=np.append(whole, parts.main),
        claims=np.append(whole, parts.claims),
        overlap=np.append(np.full(len(old), np.inf), parts.overlap),
        doubt_old=np.append(doubt[0], parts.doubt_old).astype(np.intp),
        doubt_new=np.append(doubt[1], parts.doubt_new).astype(np.intp),
        lost_in_throng=lost,
    )
