"""Where people start to walk, and what they walk to: places on a walking network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.network.graph import Network
from toegankelijk.network.lines import SAME
from toegankelijk.network.locating import REACH, locate, split
from toegankelijk.network.purposes import Purpose, read_purposes

PEOPLE = ("residents", "residents_60plus", "residents_80plus")
"""Columns of origins that count people."""

ORIGIN_COLUMNS = ("kind", "object_id", "edge", "along", "off", *PEOPLE, "street")
"""Columns of origins; ``edge`` is -1 where the network is not within reach, ``along`` is in metres from the tail of the edge and
``off`` in metres from the door to the edge."""

DESTINATION_COLUMNS = ("purpose", "kind", "object_id", "node", "off")
"""Columns of destinations; ``node`` is -1 where the network is not within reach."""

SPACING = 50.0
"""Metres of way for which one origin stands, where no addresses are known; a proposal."""

LIVED_ALONG = ("footway", "street")
"""Kinds of edges along which people live, where no addresses are known."""

NO_DOORS = ("stairs", "crossing")
"""Kinds of edges on which a place lies only if no other is within reach: a door beside stairs has its own way as a rule."""

RESIDENTS, ADDRESSES, METRES = "residents", "addresses", "metres of street"
"""What the numbers of residents count."""


@dataclass(frozen=True)
class Places:
    """Where people start to walk, and what they walk to.

    Parameters
    ----------
    origins
        Index place id; columns `ORIGIN_COLUMNS`.
    destinations
        Columns `DESTINATION_COLUMNS`; one object may serve several purposes.
    counted
        What ``residents`` counts: residents, addresses, or metres of street.
    purposes
        Purposes by name.
    """

    origins: pd.DataFrame
    destinations: pd.DataFrame
    counted: str = ADDRESSES
    purposes: Mapping[str, Purpose] = field(default_factory=lambda: dict(read_purposes()))


def find_places(
    layers: Mapping[str, gpd.GeoDataFrame],
    network: Network,
    *,
    purposes: Mapping[str, Purpose] | None = None,
    reach: float = REACH,
) -> tuple[Network, Places]:
    """Places on a network: addresses and care facilities to start from, and objects to walk to.

    Origins are the addresses. One without a number of residents counts for nobody if others have one (a register of residents
    leaves out shops and offices), and for 1 if none has. Where there are no addresses at all, every 50 m of footway or street is
    an origin, which counts its metres. Care facilities are origins too, for the residents that are given of them.

    Parameters
    ----------
    layers
        Kind to layer, context kinds such as ``address`` and ``shop`` among them.
    network
        The walking network.
    purposes
        What people walk to; that of the package if nothing is given.
    reach
        Distance in metres beyond which a place does not lie on the network.

    Returns
    -------
    tuple
        The network with nodes at all destinations, and the places on it.
    """
    purposes = read_purposes() if purposes is None else purposes
    found = [_destinations(layers, purpose) for purpose in purposes.values()]
    table = pd.concat(found, ignore_index=True)
    spots = _spots(network, table.pop("geometry").to_numpy(dtype=object), reach)
    placed = (spots["edge"] >= 0).to_numpy()
    network, node = split(network, spots.loc[placed, "edge"].to_numpy(), spots.loc[placed, "along"].to_numpy())
    table["node"] = np.intp(-1)
    table.loc[placed, "node"] = node
    table["off"] = spots["off"].to_numpy()
    addresses = layers.get("address")
    some = addresses is not None and len(addresses) > 0
    starts, counted = _addresses(addresses, network, reach) if some else (_every_stretch(network), METRES)
    care = layers.get("anchor")
    if care is not None and len(care):
        homes = _located("anchor", care, network, reach)
        starts = pd.concat([starts, homes.assign(**{name: np.nan_to_num(_middle(care, name)) for name in PEOPLE})])
    starts["street"] = _streets(starts, network, layers)
    return network, Places(_sorted(starts), table[list(DESTINATION_COLUMNS)], counted, dict(purposes))


def _destinations(layers: Mapping[str, gpd.GeoDataFrame], purpose: Purpose) -> pd.DataFrame:
    """Objects that serve a purpose, in the order of their keys."""
    tables = []
    for kind, attribute in purpose.kinds:
        layer = layers.get(kind)
        if layer is None:
            continue
        chosen = layer[schema.is_marked(layer, attribute)] if attribute else layer
        ids = chosen.index.astype(str)
        rows = {"purpose": purpose.name, "kind": kind, "object_id": ids, "geometry": chosen.geometry.to_numpy()}
        tables.append(pd.DataFrame(rows).sort_values("object_id"))
    nothing = pd.DataFrame({name: pd.Series(dtype=object) for name in ("purpose", "kind", "object_id", "geometry")})
    return pd.concat([nothing, *tables], ignore_index=True) if any(map(len, tables)) else nothing


def _spots(network: Network, shapes: npt.NDArray[np.object_], reach: float) -> pd.DataFrame:
    """Where things lie along the edges: on the nearest one, but on those of `NO_DOORS` only if there is no other."""
    kinds = network.edges["kind"]
    others = replace(network, edges=network.edges.assign(kind=kinds.where(~kinds.isin(NO_DOORS), "gate")))
    spots = locate(others, shapes, reach=reach)
    rest = np.flatnonzero(spots["edge"] < 0)
    if len(rest):
        spots.iloc[rest] = locate(network, shapes[rest], reach=reach)
    return spots


def _located(kind: str, layer: gpd.GeoDataFrame, network: Network, reach: float) -> pd.DataFrame:
    """Objects as origins for nobody."""
    spots = _spots(network, layer.geometry.to_numpy(), reach)
    edge, along = spots["edge"].to_numpy(), spots["along"].to_numpy()
    length = network.length[np.maximum(edge, 0)] if len(network) else np.zeros(len(edge))
    along = np.where(along <= 2 * SAME, 0.0, np.where(along >= length - 2 * SAME, length, along))  # as nodes are put there
    ids = layer.index.astype(str)
    table = pd.DataFrame(
        {
            "kind": kind,
            "object_id": ids,
            "edge": edge,
            "along": np.where(edge < 0, np.nan, along),
            "off": spots["off"].to_numpy(),
        },
        index=pd.Index([f"{kind}:{one}" for one in ids], name="origin", dtype="object"),
    )
    return table.assign(**dict.fromkeys(PEOPLE, 0.0), street=schema.texts(layer, "street").to_numpy())


def _addresses(layer: gpd.GeoDataFrame, network: Network, reach: float) -> tuple[pd.DataFrame, str]:
    """Addresses as origins, and what their numbers count."""
    table = _located("address", layer, network, reach)
    for name in PEOPLE:
        table[name] = _middle(layer, name)
    if not np.isfinite(table["residents"]).any():
        table["residents"] = 1.0
        return table, ADDRESSES
    table["residents"] = table["residents"].fillna(0.0)
    return table, RESIDENTS


def _middle(layer: gpd.GeoDataFrame, name: str) -> npt.NDArray[np.float64]:
    """A number of people: the middle of its bounds, of which the lower is 0 where it is not known; NaN where nothing is."""
    low, high = schema.bounds(layer, name)
    low = np.where(np.isneginf(low) & np.isfinite(high), 0.0, low)
    high = np.where(np.isposinf(high), low, high)
    middle = np.full(len(layer), np.nan)
    known = np.isfinite(low) & np.isfinite(high)
    middle[known] = (low[known] + high[known]) / 2
    return middle


def _every_stretch(network: Network) -> pd.DataFrame:
    """An origin for about every `SPACING` metres of footway and street."""
    edges = network.edges
    chosen = np.flatnonzero(edges["kind"].isin(LIVED_ALONG).to_numpy() & (network.length > 0))
    length = network.length[chosen]
    count = np.maximum(np.round(length / SPACING), 1).astype(np.intp)
    edge, own = np.repeat(chosen, count), np.repeat(length / count, count)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    table = pd.DataFrame(
        {
            "kind": edges["kind"].to_numpy()[edge],
            "object_id": edges["object_id"].to_numpy()[edge],
            "edge": edge,
            "along": (number + 0.5) * own,
            "off": 0.0,
            "residents": own,
            "residents_60plus": np.nan,
            "residents_80plus": np.nan,
            "street": "",
        }
    )
    share = table["along"].to_numpy() / np.maximum(network.length[edge], SAME)
    spots = shapely.get_coordinates(shapely.line_interpolate_point(network.shapes[edge], share, normalized=True))
    table = table.assign(x=spots[:, 0], y=spots[:, 1]).sort_values(["kind", "object_id", "x", "y", "along"])
    rank = table.groupby(["kind", "object_id"]).cumcount()
    names = [f"{kind}:{one}:{at}" for kind, one, at in zip(table["kind"], table["object_id"], rank, strict=True)]
    table.index = pd.Index(names, name="origin", dtype="object")
    return table.drop(columns=["x", "y"])


def _streets(origins: pd.DataFrame, network: Network, layers: Mapping[str, gpd.GeoDataFrame]) -> npt.NDArray[np.object_]:
    """Street of each origin: its own, else that of the object that it lies along."""
    names = origins["street"].to_numpy(dtype=object)
    unnamed = (names == "") & (origins["edge"] >= 0).to_numpy()
    edges = network.edges.iloc[origins["edge"].to_numpy()[unnamed]]
    found = np.full(len(edges), "", dtype=object)
    for kind in edges["kind"].unique():
        layer = layers.get(kind)
        if layer is None:
            continue
        street = schema.texts(layer, "street")
        if kind == "street":
            street = street.where(street != "", schema.texts(layer, "name"))
        own = (edges["kind"] == kind).to_numpy()
        found[own] = street.reindex(edges.loc[own, "object_id"]).fillna("").to_numpy(dtype=object)
    names[unnamed] = found
    return np.asarray(names)


def _sorted(origins: pd.DataFrame) -> pd.DataFrame:
    """Origins in the order of their keys."""
    return origins[list(ORIGIN_COLUMNS)].sort_index(kind="stable").astype({"edge": np.intp})
