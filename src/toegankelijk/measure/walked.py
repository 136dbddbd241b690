"""The walking networks over which is measured: along pavements past what stands there, and as if nothing stood there."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import geopandas as gpd

from toegankelijk import schema
from toegankelijk.measure.narrowings import Widths, find_widths
from toegankelijk.measure.walking import Layers, Ways
from toegankelijk.network.areas import way_lines
from toegankelijk.network.building import AXES, WALKED, build_network
from toegankelijk.network.passable import judge_edges
from toegankelijk.network.profiles import read_profiles

BARRING = ("obstacle", "rest_place")
"""Kinds of what stands on a pavement."""


def with_axes(layers: Layers, widths: Widths | None) -> dict[str, gpd.GeoDataFrame]:
    """Layers with the middle lines of pavements that are drawn as polygons, along which the walking network goes."""
    others = {kind: layer for kind, layer in layers.items() if kind != AXES}
    return others if widths is None else {**others, AXES: _axes(widths.clear.profile, layers)}


def find_ways(layers: Layers, widths: Widths | None) -> Callable[[bool], Ways]:
    """Where people walk: from whether they walk past barriers to the ways, which are built when they are first asked for.

    Past barriers, the middle lines of pavements are those that they have if nothing stands there. So how far it is does not hang
    on which obstacles were delivered: a pavement whose obstacles nobody delivered would be walked along straighter.
    """
    known = _as_known(layers)

    @cache
    def along(past_barriers: bool) -> Ways:
        axes = _bare_axes(known, layers, widths) if past_barriers else None
        if past_barriers and axes is None:
            return along(False)
        network, profiles = build_network(known, ways=axes), read_profiles()
        return Ways(network, cache(lambda name: judge_edges(network, layers, profiles[name])))

    return along


def _as_known(layers: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Layers in which ways that only the inventory knows are ways too: that one was left out makes no other way shorter."""
    known = {kind: layers[kind].drop(columns="delivered") for kind in WALKED if "delivered" in layers.get(kind, ())}
    return {**layers, **known}


def _bare_axes(known: Layers, layers: Layers, widths: Widths | None) -> gpd.GeoDataFrame | None:
    """Middle lines of pavements as if nothing stood there, of those too that only the inventory knows; none if nothing stands."""
    left_out = any(schema.texts(layers[kind], "delivered").eq(False).any() for kind in WALKED if kind in layers)
    if left_out:
        widths = find_widths({kind: layer for kind, layer in known.items() if kind not in BARRING})
    elif widths is not None and widths.gross is widths.clear:
        return None
    return None if widths is None else _axes(widths.gross.profile, known)


def _axes(profile: gpd.GeoDataFrame, layers: Layers) -> gpd.GeoDataFrame:
    shapes, ids = way_lines(profile)
    return gpd.GeoDataFrame({"pavement_id": ids}, geometry=gpd.GeoSeries(shapes, crs=layers["footway"].crs))
