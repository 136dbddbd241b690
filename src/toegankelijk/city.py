"""Read a city: every layer that its city.toml names, in one coordinate system, with what was set aside on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from toegankelijk import crs as systems
from toegankelijk import location, schema, zones
from toegankelijk.columns import map_columns
from toegankelijk.config import Areas, CityConfig, Draft, Observations, Terrain, Zones, load_config
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.inventory import COLUMNS, with_inventory
from toegankelijk.io.vector import read_layer, sha256
from toegankelijk.keys import key_texts
from toegankelijk.network.building import build_network
from toegankelijk.observations import with_observations
from toegankelijk.sources import MOST_LOST, Progress, Raw, Reader, refuse_shared_ids

OSM_ATTRIBUTION = "© OpenStreetMap contributors"
"""What the licence of OpenStreetMap (ODbL) asks every map to say."""


CHOICES = ("coverage_floor", "required_share", "theme_weights")
"""Settings that scores go by."""


def read_city(
    source: str | Path | CityConfig, *, folder: Path | None = None, progress: Progress = lambda text: None
) -> schema.City:
    """Read all layers of a city.

    Parameters
    ----------
    source
        Path of a city.toml, or its content.
    folder
        Folder to which paths in a content are relative; of a city.toml it is its own.
    progress
        Called with the name of each source that is read.

    Returns
    -------
    City
        Layers as delivered, in the schema's units, sorted by id.

    Raises
    ------
    ConfigError
        The city.toml is wrong.
    InputError
        Data is refused: damaged, in an unknown or contradictory coordinate system, with ids that are not unique.
    """
    config = source if isinstance(source, CityConfig) else load_config(Path(source))
    folder = folder or (Path() if isinstance(source, CityConfig) else Path(source).parent)
    reader = Reader(config, folder, progress)
    raw = reader.read_sources()
    target = _run_crs(config, raw)
    for source_layer in raw:
        reader.place(source_layer, target)
    everything = {kind: _joined(kind, parts, target) for kind, parts in sorted(reader.parts.items())}
    layers = {kind: layer for kind, layer in everything.items() if kind in schema.kinds()}
    areas_of_care, found = _zones(config, reader, layers, target)
    everything, astray = _located(everything, raw, areas_of_care.zones)
    layers = {kind: layer for kind, layer in everything.items() if kind in schema.kinds()}
    found = [*found, astray]
    found = [*found, _stacked(layers), _orphans(layers)]
    settings = {
        "date": config.city.date,
        "attribution": _attribution(config, reader),
        "planning": config.planning.model_dump(include={"KT", "MLT", "LT"}),
        "plan": config.planning.model_dump(exclude={"KT", "MLT", "LT"}),
        "network": _network(config, folder),
        **find_choices(config, folder),
        **({"contact": config.city.contact} if config.city.contact else {}),
        **({"terrain": _described(config.terrain, folder)} if config.terrain else {}),
    }
    districts = {name: reader.division(name, district, target) for name, district in config.districts.items()}
    zone_layer = areas_of_care.attributes.set_index(areas_of_care.zones.index.rename("object_id"))
    layers["zone"] = gpd.GeoDataFrame(zone_layer, geometry=areas_of_care.zones.geometry.to_numpy(), crs=target)
    terrain = _terrain(config, folder, layers, target)
    notes = list(terrain.notes) if terrain is not None else []
    told = schema.remarks("terrain", [""] * len(notes), "height", "", notes)
    city = schema.City(
        name=config.city.name,
        crs=target,
        layers=layers,
        zones=areas_of_care.zones,
        areas=areas_of_care.areas,
        districts=districts,
        remarks=schema.all_remarks([*reader.remarks, *found, told]),
        sources=pd.DataFrame(reader.sources),
        settings=settings,
        context={kind: layer for kind, layer in everything.items() if kind in schema.context_kinds()},
        terrain=terrain,
    )
    city = city if config.inventory is None else _with_known(city, folder / config.inventory)
    for given in config.observations:
        city = _with_observed(city, given, reader)
    return city


@dataclass(frozen=True)
class _Care:
    """Zones, their level areas, and attributes of the zones themselves."""

    zones: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    attributes: pd.DataFrame


def _with_known(city: schema.City, path: Path) -> schema.City:
    """The city with the objects of an earlier screening that this delivery lacks."""
    known = read_layer(path, layer="findings" if path.suffix == ".gpkg" else None, where="inventory")
    if known.crs is not None and len(known) and set(COLUMNS) <= set(known):
        systems.check_fit(known, where="inventory", target=city.crs)
    settings = {**city.settings, "inventory": {"path": path.name, "sha256": sha256(path)}}
    return replace(with_inventory(city, known), settings=settings)


def _run_crs(config: CityConfig, raw: Iterable[Raw]) -> CRS:
    """The one projected coordinate system of the run."""
    frames = [(source.label, source.frame) for source in raw if len(source.frame)]
    if config.city.crs == "auto":
        corners = np.array([_extent(frame, "EPSG:4326") for _, frame in frames if frame.crs is not None])
        if not len(corners):
            raise InputError("no coordinate system can be chosen: no layer holds objects with a coordinate system of their own")
        lowest, highest = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
        return systems.check_metric(systems.propose((*lowest, *highest))[0], where="city.crs")
    if config.city.crs:
        chosen = systems.parse(config.city.crs, where="city.crs")
        extents = [_extent(frame, chosen) for _, frame in frames if frame.crs is not None]
        boxes = gpd.GeoSeries([shapely.box(*extent) for extent in extents if np.isfinite(extent).all()], crs=chosen)
        # a layer that lies elsewhere is refused by its own name, later
        there = boxes[~systems.strays(gpd.GeoDataFrame(geometry=boxes))] if chosen.is_projected else boxes
        extent = next((tuple(box.bounds) for box in (boxes if there.empty else there)), None)
        return systems.check_metric(chosen, where="city.crs", extent=extent)
    given: dict[CRS, list[str]] = {}
    for label, frame in frames:
        known = systems.parse(frame.crs, where=label, extent=tuple(frame.total_bounds))
        given.setdefault(known, []).append(label)
    projected = {known: labels for known, labels in given.items() if known.is_projected}
    if len(projected) > 1:
        lines = [f"{systems.label(known)}: {', '.join(labels)}" for known, labels in projected.items()]
        raise ConfigError('the layers are in several coordinate systems. Choose one: [city] crs = "EPSG:31370"', lines)
    only, labels = next(iter((projected or given).items()), (None, ["city"]))
    extent = next((tuple(frame.total_bounds) for label, frame in frames if label == labels[0]), None)
    return systems.check_metric(only, where=labels[0], extent=extent)


def _extent(frame: gpd.GeoDataFrame, to: object) -> tuple[float, float, float, float]:
    """Bounds of a layer in another coordinate system, by the corners of its own bounds."""
    left, bottom, right, top = gpd.GeoSeries([shapely.box(*frame.total_bounds)], crs=frame.crs).to_crs(to).total_bounds
    return left, bottom, right, top


def _joined(kind: str, parts: list[gpd.GeoDataFrame], target: CRS) -> gpd.GeoDataFrame:
    """One layer out of all sources of a kind, sorted by id."""
    filled = [part for part in parts if len(part)] or parts[:1]
    layer = pd.concat(filled) if len(filled) > 1 else filled[0]
    refuse_shared_ids(layer.index, f"all layers of kind {kind}")
    layer = gpd.GeoDataFrame(layer.sort_index().rename_axis("object_id"), geometry="geometry", crs=target)
    layer.attrs["complete"] = any(part.attrs["complete"] for part in parts)
    return layer


def _network(config: CityConfig, folder: Path) -> dict[str, Any]:
    """Choices of the walking network, with its tables as they stand in their files."""
    tables = {name: getattr(config.network, name) for name in ("profile_table", "purpose_table")}
    return {
        "profiles": list(config.network.profiles),
        **{name: folder / path for name, path in tables.items() if path is not None},
    }


def _described(given: Terrain, folder: Path) -> dict[str, Any]:
    return {"path": str(given.source), "sha256": sha256(folder / given.source), "accuracy": given.accuracy}


def _with_observed(city: schema.City, given: Observations, reader: Reader) -> schema.City:
    """The city with what one source observed; all layers of a file if none is named."""
    options = given.model_dump(include={"form", "kind", "id", "attribute", "value", "unit", "date", "origin"})
    columns, meanings = given.columns, reader.folder / given.meanings if given.meanings else None
    for name, frame in reader.read_observed(given):
        city = with_observations(
            city, frame, source=name, columns=columns, codes=reader.config.codes, meanings=meanings, **options
        )
    name = given.place_name
    digest = sha256(reader.folder / given.source) if given.source else ""
    told = [*city.settings.get("observations", ()), {"path": name, "sha256": digest}]
    return replace(city, settings={**city.settings, "observations": told})


def _attribution(config: CityConfig, reader: Reader) -> str:
    """Who must be named: by the city, its registers and OpenStreetMap."""
    named = [config.city.attribution, *reader.attributions, OSM_ATTRIBUTION if config.osm else ""]
    return "; ".join(dict.fromkeys(filter(None, named)))


def find_choices(config: CityConfig, folder: Path) -> dict[str, Any]:
    """Shares and weights that scores go by, where the city chose them: its own, else its profile's."""
    chosen = {}
    if config.scores.profile is not None:
        from toegankelijk.profiles import load_profile

        chosen = load_profile(folder / config.scores.profile).model_dump(include=set(CHOICES), exclude_none=True)
    weights = {**chosen.get("theme_weights", {}), **config.scores.theme_weights}
    chosen.update(config.scores.model_dump(include=set(CHOICES), exclude_none=True, exclude_defaults=True))
    chosen["theme_weights"] = weights
    return {name: value for name, value in chosen.items() if value != {}}


def _located(
    layers: Mapping[str, gpd.GeoDataFrame], raw: Iterable[Raw], care: gpd.GeoDataFrame
) -> tuple[dict[str, gpd.GeoDataFrame], pd.DataFrame]:
    """Layers without objects that lie far from the city, and remarks on these; a layer that all lies elsewhere is refused."""
    placed = {
        source.label: layers[source.kind].geometry[layers[source.kind]["source"] == source.label].to_numpy() for source in raw
    }
    if not any(map(len, placed.values())):
        return dict(layers), schema.remarks()
    place = location.find_place(care, placed)
    kept, found = dict(layers), []
    if not care["assumed"].any():
        for name, nearest in location.remote_layers(placed, place).items():
            where = f"all {len(placed[name])} objects lie {nearest / 1000:.1f} km or more from {place.name}"
            reason = f"{where}; is its coordinate system right?"
            found.append(schema.remarks(name, [""], "geometry", "", reason))
    location.check_layers({source.label: source.frame for source in raw}, placed, place)
    for source in raw:
        layer = kept[source.kind]
        mine = (layer["source"] == source.label).to_numpy()
        away = np.zeros(len(layer), dtype=bool)
        away[mine] = location.astray(layer.geometry.to_numpy()[mine], place)
        reason = f"lies or reaches more than {location.FAR / 1000:.0f} km from {place.name}, or has x and y swapped"
        found.append(schema.remarks(source.label, layer.index[away], "", "", reason))
        if not away.any():
            continue
        if away.sum() > MOST_LOST * mine.sum() and layer["complete"][mine].all():
            reason = f"{away.sum()} of {mine.sum()} rows were set aside, so nothing follows from what the layer lacks"
            found.append(schema.remarks(source.label, [""], "complete", "true", reason))
            layer = layer.assign(complete=layer["complete"] & ~mine)
            layer.attrs["complete"] = False
        kept[source.kind] = layer[~away]
    return kept, schema.all_remarks(found)


def _orphans(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Remarks on objects that name a parent that no layer holds."""
    known = {name for layer in layers.values() for name in layer.index}
    found = []
    for layer in layers.values():
        parents = schema.texts(layer, "parent_id")
        lost = ((parents != "") & ~parents.isin(known)).to_numpy()
        for source, rows in layer[lost].groupby("source"):
            reason = "no layer holds an object with this id; it is taken for an object without a parent"
            found.append(schema.remarks(str(source), rows.index, "parent_id", parents[rows.index], reason))
    return schema.all_remarks(found)


def _stacked(layers: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Remarks on objects of one kind that have the same geometry under several ids, and so are counted several times."""
    found = []
    for kind, layer in layers.items():
        shapes = pd.Series(shapely.to_wkb(shapely.normalize(layer.geometry.to_numpy())), layer.index)
        first = shapes.drop_duplicates()
        again = shapes.index[shapes.duplicated()]
        of = pd.Series(first.index, first.to_numpy()).reindex(shapes[again].to_numpy()).to_numpy()
        reason = f"the same {kind} as another, under another id, or two at one place; both count"
        for source, rows in layer.loc[again].groupby("source").groups.items():
            found.append(schema.remarks(str(source), rows, "geometry", of[again.isin(rows)], reason))
    return schema.all_remarks(found)


def _terrain(config: CityConfig, folder: Path, layers: Mapping[str, gpd.GeoDataFrame], target: CRS) -> schema.Terrain | None:
    """Heights of the ground where the objects are."""
    extent = np.array([layer.total_bounds for layer in layers.values() if len(layer)])
    if config.terrain is None or not len(extent):
        return None
    from toegankelijk.io.raster import read_terrain

    bounds = (*extent[:, :2].min(axis=0), *extent[:, 2:].max(axis=0))
    given = config.terrain
    path, where = folder / given.source, str(given.source)
    return read_terrain(path, crs=target, bounds=bounds, accuracy=given.accuracy, given=given.crs, where=where)


def _zones(
    config: CityConfig, reader: Reader, layers: Mapping[str, gpd.GeoDataFrame], target: CRS
) -> tuple[_Care, list[pd.DataFrame]]:
    """Zones and level areas: given, or drafted."""
    if config.zones is None:
        anchors = layers.get("anchor", gpd.GeoDataFrame(geometry=[], crs=target))
        draft = config.draft or Draft(zones="circles")
        if draft.zones == "grid" or (draft.zones == "auto" and anchors.empty):
            extent = np.array([layer.total_bounds for layer in layers.values() if len(layer)])
            if not len(extent):
                raise InputError("zones cannot be drawn as a grid: no layer holds any object")
            corners = (*extent[:, :2].min(axis=0), *extent[:, 2:].max(axis=0))
            shapes = np.concatenate([layer.geometry.to_numpy() for layer in layers.values()])
            care, areas = zones.grid_zones(corners, target, cell=draft.cell, level=draft.level, shapes=shapes)
        elif draft.zones == "network":
            care, areas, astray = zones.draft_zones_by_network(anchors, build_network(layers))
            return _Care(care, areas, pd.DataFrame(index=care.index)), [astray]
        else:
            care, areas = zones.draft_zones(anchors)
        return _Care(care, areas, pd.DataFrame(index=care.index)), []
    raw = reader.division("zones", config.zones, target)
    names = raw[config.zones.name] if config.zones.name else raw.index.to_series()
    care = gpd.GeoDataFrame({"name": names.astype("str"), "assumed": False}, geometry=raw.geometry, crs=target).rename_axis(
        "zone_id"
    )
    attributes, found = map_columns(raw, config.zones.columns, layer="zones", codes=config.codes)
    areas = _given_areas(config.zones, config.areas, raw, care, reader, target)
    areas, settled = zones.settle_areas(care, areas)
    return _Care(care, areas, attributes), [found, settled, zones.zone_overlaps(care)]


def _given_areas(
    config: Zones, areas_config: Areas | None, raw: gpd.GeoDataFrame, care: gpd.GeoDataFrame, reader: Reader, target: CRS
) -> gpd.GeoDataFrame:
    """Level areas that the city drew, and whole zones that have one level and no areas of their own."""
    parts = []
    if areas_config is not None:
        drawn = reader.division("areas", areas_config, target)
        approved = drawn[areas_config.approved].astype("str") if areas_config.approved else ""
        columns = {
            "zone_id": key_texts(drawn[areas_config.zone]),
            "level": schema.texts(drawn, areas_config.level).astype("str").str.strip(),
        }
        parts.append(gpd.GeoDataFrame({**columns, "approved": approved, "assumed": False}, geometry=drawn.geometry, crs=target))
    if config.level is not None:
        levels = schema.texts(raw, config.level).astype("str").str.strip()
        whole = (levels != "") & ~levels.index.isin(parts[0]["zone_id"] if parts else [])
        if whole.any() or not parts:
            chosen = whole if parts else pd.Series(True, levels.index)
            parts.append(zones.whole_zone_areas(care[chosen], levels[chosen]))
    return gpd.GeoDataFrame(pd.concat(parts), crs=target).rename_axis("area_id")
