"""The true passable width of pavements: the widest way past everything that stands there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.errors import CrsError, InputError
from toegankelijk.widths.footprints import spread
from toegankelijk.widths.measured import measure
from toegankelijk.widths.relief import find_relief
from toegankelijk.widths.tables import narrowing_table, pavement_table, profile_table

NEAR = 1.0
"""Metres from a pavement within which other surfaces may share an edge with it."""


@dataclass(frozen=True)
class PassableWidths:
    """Passable widths of pavements, in metres; lengths are metres along the way.

    Parameters
    ----------
    pavements
        One row for each given pavement, in the order given; the geometry is the gap at its narrowest place. ``passable_width``
        is the width of that gap, ``least_width`` the least on any way there, also where a wider one leads round, and
        ``route_width`` the width that holds everywhere but on narrowings of at most 20 m. Each has bounds ``_low`` and
        ``_high``, which differ where an obstacle was drawn as a point or a line. ``rule`` says which entrances were used
        (``given``, ``shared``, ``farthest``), ``limited_by`` names what stands at the gap, and ``reason`` says why nothing is
        known.
    narrowings
        One row for each narrowing, its geometry the gap between what limits it: ``pavement_id``, ``width`` with bounds,
        ``length_below_120``, ``length_below_150``, ``length_below_180``, ``free_square`` before and after it, ``gap_to_next``,
        ``way_round``, ``first_id`` and ``second_id`` of what stands on either side;
        ``movable_id``, what to move, and ``width_without``, the width that gives (nothing where it does not help).
    profile
        Pieces of ways of at most 2 m: ``pavement_id``, ``way``, ``start``, ``width``.
    remarks
        What was set aside or repaired; columns `schema.REMARK_COLUMNS`.
    """

    pavements: gpd.GeoDataFrame
    narrowings: gpd.GeoDataFrame
    profile: gpd.GeoDataFrame
    remarks: pd.DataFrame

    def __repr__(self) -> str:
        return f"PassableWidths({len(self.pavements)} pavements, {len(self.narrowings)} narrowings)"

    def _repr_html_(self) -> str:
        """Widths and narrowings, for a notebook."""
        from toegankelijk.display import card

        widths = self.pavements[["passable_width", "least_width", "route_width", "limited_by", "reason"]]
        gaps = self.narrowings[["pavement_id", "width", "first_id", "second_id", "movable_id", "width_without"]]
        return card(repr(self), tables={"pavements": widths, "narrowings": gaps})


def passable_width(
    pavements: gpd.GeoDataFrame,
    obstacles: gpd.GeoDataFrame | None = None,
    entrances: gpd.GeoDataFrame | None = None,
    *,
    walkable: gpd.GeoDataFrame | None = None,
    fronts: gpd.GeoDataFrame | None = None,
) -> PassableWidths:
    """Width of the widest way past everything that stands on pavements, between their entrances.

    A way is as wide as the largest disc that can be moved through it. Pavements that touch or overlap are one space. Round an
    obstacle the better side counts; pockets that lead nowhere do not.

    Parameters
    ----------
    pavements
        Polygons, with ids as index, in a coordinate system in metres.
    obstacles
        What stands on them: points, lines or polygons; ``obstacle_type`` gives points and lines a footprint. What may not be
        there has ``certain`` false: it counts for the lower bounds only.
    entrances
        Places between which people walk: points, or lines and polygons along the border. Where they are given, only they count.
    walkable
        Other surfaces to walk on, such as crossings and driveways: where a pavement shares an edge with one lies an entrance.
        Where neither is known, ways run between the farthest places.
    fronts
        Building fronts, fences and walls, to name what limits a width at the edge of a pavement.

    Returns
    -------
    PassableWidths
        A width, or a reason, for each pavement; narrowings; and the width all along the ways.

    Raises
    ------
    CrsError
        A layer has no coordinate system, one that is not in metres, or another than the pavements.
    InputError
        Two pavements or two obstacles have the same id.

    Examples
    --------
    >>> strip = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 50, 2)], index=["strip"], crs="EPSG:31370")
    >>> pole = gpd.GeoDataFrame(geometry=[shapely.box(25, 0.4, 25.3, 0.7)], index=["pole"], crs="EPSG:31370")
    >>> widths = passable_width(strip, pole)
    >>> widths.pavements[["passable_width", "route_width", "limited_by"]].round(2).to_numpy().tolist()
    [[1.3, 2.0, 'pole']]
    >>> widths.narrowings[["width", "length_below_150"]].round(2).loc["strip/v1"].tolist()
    [1.3, 0.3]
    """
    _check(pavements=pavements, obstacles=obstacles, entrances=entrances, walkable=walkable, fronts=fronts)
    widths = _widths(pavements, obstacles, entrances, walkable, fronts)
    lost = (widths.pavements["reason"] == "no_way").to_numpy()
    if not lost.any() or lost.all():
        return _with_relief(widths, pavements, obstacles)
    # Nobody passes through these on the ways of the whole: each is measured apart, from the pavements beside it
    beside = pd.concat([pavements[~lost].geometry, *([] if walkable is None else [walkable.geometry])], ignore_index=True)
    near = shapely.STRtree(beside.to_numpy()).query(pavements[lost].geometry.to_numpy(), predicate="dwithin", distance=NEAR)[1]
    around = gpd.GeoDataFrame(geometry=gpd.GeoSeries(beside.iloc[np.unique(near)], crs=pavements.crs))
    widths = _together(widths, _widths(pavements[lost], obstacles, None, around, fronts))
    return _with_relief(widths, pavements, obstacles)


def _widths(
    pavements: gpd.GeoDataFrame,
    obstacles: gpd.GeoDataFrame | None,
    entrances: gpd.GeoDataFrame | None,
    walkable: gpd.GeoDataFrame | None,
    fronts: gpd.GeoDataFrame | None,
) -> PassableWidths:
    """Passable widths of pavements as one; where footprints are uncertain, measured with the largest and with the smallest."""
    least, remarks = measure(pavements, obstacles, entrances, walkable, largest=True)
    table = pavement_table(pavements, least, remarks, fronts)
    most = table
    if obstacles is not None and (spread(obstacles) > 0).any():
        most = pavement_table(pavements, measure(pavements, obstacles, entrances, walkable, largest=False)[0], remarks, fronts)
    for name in ("passable_width", "least_width", "route_width"):
        table[f"{name}_low"], table[f"{name}_high"] = table[name], np.fmax(most[name], table[name])
    narrowings = narrowing_table(pavements, obstacles, least, fronts)
    return PassableWidths(table, narrowings, profile_table(pavements, least), remarks)


def _with_relief(widths: PassableWidths, pavements: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame | None) -> PassableWidths:
    """Widths whose narrowings say what to move and what that gives."""
    helps = find_relief(widths.narrowings, widths.profile, pavements, obstacles)
    return replace(widths, narrowings=widths.narrowings.join(helps))


def _together(first: PassableWidths, second: PassableWidths) -> PassableWidths:
    """Widths with those of some pavements taken from another measurement."""
    pavements = first.pavements.copy()
    pavements.loc[second.pavements.index] = second.pavements
    ways = second.profile.assign(way=second.profile["way"] + first.profile["way"].max() + 1)
    found = second.remarks[second.remarks["layer"] == "pavements"]
    remarks = pd.concat([first.remarks, found]).drop_duplicates()
    return PassableWidths(
        pavements,
        gpd.GeoDataFrame(pd.concat([first.narrowings, second.narrowings])),
        gpd.GeoDataFrame(pd.concat([first.profile, ways], ignore_index=True)),
        schema.all_remarks([remarks]),
    )


def _check(*, pavements: gpd.GeoDataFrame, obstacles: gpd.GeoDataFrame | None, **others: gpd.GeoDataFrame | None) -> None:
    """Refuse layers that cannot be measured together."""
    problems, twice = [], []
    for name, layer in {"pavements": pavements, "obstacles": obstacles, **others}.items():
        if layer is None:
            continue
        if layer.crs is None:
            problems.append(f"{name}: no coordinate system; set it with set_crs")
        elif not layer.crs.is_projected or {axis.unit_name for axis in layer.crs.axis_info[:2]} != {"metre"}:
            problems.append(f"{name}: {layer.crs.to_string()} is not in metres; use to_crs, for example to EPSG:31370")
        elif pavements.crs is not None and layer.crs != pavements.crs:
            problems.append(f"{name}: {layer.crs.to_string()}, but pavements have {pavements.crs.to_string()}; use to_crs")
        if name in ("pavements", "obstacles") and not layer.index.is_unique:
            ids = layer.index[layer.index.duplicated()].unique().astype(str)
            twice.append(f"{name}: ids that occur more than once: {', '.join(ids[:5])}{' ...' if len(ids) > 5 else ''}")
    if problems:
        raise CrsError("passable widths need one coordinate system in metres", problems)
    if twice:
        raise InputError("every object needs an id of its own as index", twice)
