"""A city on foot: its walking network, who can pass what on it, and where people live and go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.network.building import WALKED, build_network
from toegankelijk.network.graph import Network
from toegankelijk.network.passable import Passability, judge_edges
from toegankelijk.network.places import Places, find_places
from toegankelijk.network.profiles import Profile, read_profiles
from toegankelijk.network.purposes import read_purposes


@dataclass(frozen=True)
class Walking:
    """A walking network with the places on it, judged for one or more kinds of users.

    Parameters
    ----------
    network
        The network, with a node at every destination.
    places
        Where people start, and where they go.
    profiles
        Kinds of users by name; the first leads.
    passable
        By the same names: which edges they can pass.
    """

    network: Network
    places: Places
    profiles: Mapping[str, Profile]
    passable: Mapping[str, Passability]

    @property
    def leading(self) -> Passability:
        """What the first of the users can pass."""
        return next(iter(self.passable.values()))


def walk_city(
    city: schema.City,
    *,
    profiles: Sequence[str] | None = None,
    profile_table: str | Path | None = None,
    purpose_table: str | Path | None = None,
    network: Network | None = None,
) -> Walking | None:
    """The walking network of a measured city; none where it has no footways, crossings, stairs, ramps or streets.

    Parameters
    ----------
    city
        A city as measured (see `toegankelijk.measure.measure_layers`).
    profiles
        Kinds of users; the first leads. If not given, those of the city, else wheelchair users.
    profile_table, purpose_table
        Tables that take the place of those of the city, or else of the package.
    network
        The walking network of the city, if it was built before.

    Raises
    ------
    ConfigError
        A profile is not known, or a table has faults.

    Examples
    --------
    >>> from toegankelijk import measure_layers, read_city, sample_city
    >>> walking = walk_city(measure_layers(read_city(sample_city())))
    >>> list(walking.passable), walking.places.counted
    (['wheelchair'], 'metres of street')
    """
    if not any(len(city.layers[kind]) for kind in WALKED if kind in city.layers):
        return None
    chosen = city.settings.get("network", {})
    known = read_profiles(profile_table or chosen.get("profile_table"))
    names = list(profiles or chosen.get("profiles") or ["wheelchair"])
    if unknown := sorted(set(names) - set(known)):
        raise ConfigError(f"profiles {unknown} are not known; known are {', '.join(sorted(known))}")
    purposes = read_purposes(purpose_table or chosen.get("purpose_table"))
    layers = {**city.context, **city.layers}
    network, places = find_places(layers, build_network(layers) if network is None else network, purposes=purposes)
    users = {name: known[name] for name in dict.fromkeys(names)}
    return Walking(network, places, users, {name: judge_edges(network, layers, user) for name, user in users.items()})
