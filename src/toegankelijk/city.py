"""Read a city: every layer that its city.toml names, in one coordinate system, with what was set aside on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from toegankelijk import crs as systems
from toegankelijk import schema, zones
from toegankelijk.columns import map_columns
from toegankelijk.config import Areas, CityConfig, District, Draft, Layer, Osm, Source, Zones, load_config
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.inventory import with_inventory
from toegankelijk.io.vector import list_layers, read_layer, repair_geometry, sha256

OSM_ATTRIBUTION = "© OpenStreetMap contributors"
"""What the licence of OpenStreetMap (ODbL) asks every map to say."""

Progress = Callable[[str], None]
"""Told what is being read."""


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
    reader = _Reader(config, folder, progress)
    raw = reader.read_sources()
    target = _run_crs(config, raw)
    for source_layer in raw:
        reader.place(source_layer, target)
    layers = {kind: _joined(kind, parts, target) for kind, parts in sorted(reader.parts.items())}
    areas_of_care, found = _zones(config, reader, layers, target)
    settings = {
        "date": config.city.date,
        "attribution": "; ".join(filter(None, [config.city.attribution, OSM_ATTRIBUTION if config.osm else ""])),
        "planning": config.planning.model_dump(),
        "coverage_floor": config.scores.coverage_floor,
        "required_share": config.scores.required_share,
    }
    districts = {name: reader.division(name, district, target) for name, district in config.districts.items()}
    zone_layer = areas_of_care.attributes.set_index(areas_of_care.zones.index.rename("object_id"))
    layers["zone"] = gpd.GeoDataFrame(zone_layer, geometry=areas_of_care.zones.geometry.to_numpy(), crs=target)
    city = schema.City(
        name=config.city.name,
        crs=target,
        layers=layers,
        zones=areas_of_care.zones,
        areas=areas_of_care.areas,
        districts=districts,
        remarks=schema.all_remarks([*reader.remarks, *found]),
        sources=pd.DataFrame(reader.sources),
        settings=settings,
    )
    return city if config.inventory is None else _with_known(city, folder / config.inventory)


@dataclass(frozen=True)
class _Raw:
    """A source as read, before it is placed; ``aside`` rows were set aside by its reader already."""

    label: str
    kind: str
    frame: gpd.GeoDataFrame
    layer: Layer | Osm
    sha256: str
    not_selected: int
    aside: int = 0


@dataclass(frozen=True)
class _Care:
    """Zones, their level areas, and attributes of the zones themselves."""

    zones: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    attributes: pd.DataFrame


@dataclass
class _Reader:
    """Reads the sources of one config and gathers what it meets on the way."""

    config: CityConfig
    folder: Path
    progress: Progress
    parts: dict[str, list[gpd.GeoDataFrame]] = field(default_factory=dict)
    remarks: list[pd.DataFrame] = field(default_factory=list)
    sources: list[dict[str, object]] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    digests: dict[Path, str] = field(default_factory=dict)

    def read_sources(self) -> list[_Raw]:
        """All layers with objects, as delivered; problems of several sources are told together."""
        result: list[_Raw] = []
        problems: list[InputError] = []
        sources: list[Layer | Osm] = [*self.config.layers, *self.config.osm]
        for source in sources:
            try:
                result += self._osm(source) if isinstance(source, Osm) else [self._layer(source)]
            except InputError as error:
                problems.append(error)
        if len(problems) == 1:
            raise problems[0]
        if problems:
            raise InputError(f"{len(problems)} sources are refused", [str(problem) for problem in problems])
        return result

    def place(self, raw: _Raw, target: CRS) -> None:
        """Set a source's objects aside, or add them to the layer of their kind, in the run's coordinate system."""
        label, frame = raw.label, raw.frame
        read = len(frame) + raw.aside
        if len(frame):
            systems.check_fit(frame, where=label)
        if isinstance(raw.layer, Layer):
            frame = self._identify(frame, raw.layer, label)
            columns, found = map_columns(frame, raw.layer.columns, layer=label, codes=self.config.codes)
            self.remarks.append(found)
            drawn = {"drawn": raw.layer.drawn} if raw.kind == "footway" else {}
            frame = gpd.GeoDataFrame(columns.assign(**drawn), geometry=frame.geometry, crs=frame.crs)
        if raw.kind == "footway":
            frame = frame.assign(complete=raw.layer.complete)
        frame = self._valid(frame, raw.kind, label)
        frame, operation = systems.transform(frame, target)
        frame = _plain(frame).assign(source=label, accuracy=raw.layer.accuracy)
        self.parts.setdefault(raw.kind, []).append(frame)
        date = raw.layer.date or self.config.city.date
        self.sources.append(
            {
                **{"layer": label, "kind": raw.kind, "path": str(raw.layer.source), "sha256": raw.sha256},
                **{"crs": operation.source, "operation": operation.name, "accuracy": operation.accuracy},
                **{"date": date, "read": read, "not_selected": raw.not_selected},
            }
        )

    def division(self, what: str, source: Source, target: CRS) -> gpd.GeoDataFrame:
        """Polygons that divide the city: zones, level areas, districts."""
        self.progress(f"{what}: {source.source}")
        frame = self._read(source)[0]
        systems.check_fit(frame, where=what)
        frame = frame.set_index(_ids(frame, source.id, what))
        frame, found = repair_geometry(frame, layer=what, ids=frame.index)
        wrong = frame.index[shapely.get_dimensions(frame.geometry.to_numpy()) != 2]
        if len(wrong) or frame.index.has_duplicates:
            problems = [f"{i}: no polygon" for i in wrong] + [f"{i}: id twice" for i in frame.index[frame.index.duplicated()]]
            raise InputError(f"{what} ({source.source}): each needs a polygon and an id of its own", problems)
        self.remarks.append(found)
        frame = _plain(systems.transform(frame, target)[0]).sort_index()
        if isinstance(source, District):
            names = frame[source.name].astype("str") if source.name else frame.index.astype("str")
            frame = gpd.GeoDataFrame({"name": names}, geometry=frame.geometry, crs=target).rename_axis("district_id")
        return frame

    def _layer(self, layer: Layer) -> _Raw:
        label = self._label(f"{layer.kind}: {layer.source.name}" + (f"/{layer.layer}" if layer.layer else ""))
        self.progress(label)
        frame, skipped = self._read(layer)
        path = self.folder / layer.source
        digest = self.digests.get(path) or self.digests.setdefault(path, sha256(path))  # one file often holds many layers
        return _Raw(label, layer.kind, frame, layer, digest, skipped)

    def _osm(self, osm: Osm) -> list[_Raw]:
        from toegankelijk.io.osm import read_osm

        self.progress(str(osm.source))
        path = self.folder / osm.source
        layers, found = read_osm(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        wanted = {kind: layer for kind, layer in layers.items() if osm.kinds is None or kind in osm.kinds}
        labels = {kind: self._label(f"{kind}: {osm.source.name}") for kind in layers}
        found = found.assign(layer=found["layer"].map(lambda kind: labels.get(kind, kind)))
        self.remarks.append(found[found["layer"].isin([labels[kind] for kind in wanted])])
        aside = found.loc[found["attribute"] == "", "layer"].value_counts()
        return [
            _Raw(labels[kind], kind, layer, osm, digest, 0, int(aside.get(labels[kind], 0))) for kind, layer in wanted.items()
        ]

    def _label(self, name: str) -> str:
        """Name of a layer; numbered if another has the same, such as a part of it or a file of that name elsewhere."""
        label = next(text for text in chain([name], (f"{name} ({n})" for n in count(2))) if text not in self.labels)
        self.labels.add(label)
        return label

    def _read(self, source: Source) -> tuple[gpd.GeoDataFrame, int]:
        """Selected rows of a layer, and how many were not selected."""
        path = self.folder / source.source
        frame = read_layer(path, layer=source.layer, where=str(source.source))
        absent = [column for column in (*source.where, source.id) if column and column not in frame]
        if absent:
            names = ", ".join(map(str, frame.columns))
            raise ConfigError(f"{source.source}: no columns {absent}; layer {source.layer or list_layers(path)} has {names}")
        chosen = np.ones(len(frame), bool)
        for column, values in source.where.items():
            chosen &= schema.texts(frame, column).astype("str").isin(values).to_numpy()
        return frame[chosen].reset_index(drop=True), int((~chosen).sum())

    def _identify(self, frame: gpd.GeoDataFrame, layer: Layer, label: str) -> gpd.GeoDataFrame:
        """Rows by the source's own key; exact copies are set aside, other rows that share a key are refused."""
        ids = _ids(frame, layer.id, label)
        if layer.id:
            derived = ids[frame[layer.id].isna().to_numpy() | (frame[layer.id].astype("str").str.strip() == "").to_numpy()]
            self.remarks.append(schema.remarks(label, derived, "object_id", "", "no id; one was derived from the geometry"))
        frame = frame.set_index(ids)
        content = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype("str")
        content = content.assign(wkb=shapely.to_wkb(frame.geometry.to_numpy(), hex=True), id=ids)
        copy = content.duplicated().to_numpy()
        self.remarks.append(schema.remarks(label, frame.index[copy], "", "", "exact copy of another row"))
        frame = frame[~copy]
        _refuse_shared_ids(frame.index, label)
        return frame

    def _valid(self, frame: gpd.GeoDataFrame, kind: str, label: str) -> gpd.GeoDataFrame:
        """Rows with a geometry that the kind can have and that lies on the map."""
        frame, found = repair_geometry(frame, layer=label, ids=frame.index)
        self.remarks.append(found)
        stray = systems.strays(frame) if len(frame) else np.zeros(0, bool)
        self.remarks.append(schema.remarks(label, frame.index[stray], "", "", "lies outside the area of its coordinate system"))
        frame = frame[~stray]
        if schema.kinds()[kind].stretch:
            flat = shapely.get_dimensions(frame.geometry.to_numpy()) < 1
            if len(frame) and flat.all():
                raise InputError(f"{label}: a {kind} is a line or a polygon, but all {len(frame)} geometries are points")
            self.remarks.append(schema.remarks(label, frame.index[flat], "", "", f"a point cannot be a {kind}"))
            frame = frame[~flat]
        return frame


def _ids(frame: gpd.GeoDataFrame, column: str | None, where: str) -> pd.Index:
    """Keys of the rows as text; a missing one is derived from the geometry, so that it is the same in the next delivery."""
    shapes = shapely.normalize(shapely.set_precision(frame.geometry.to_numpy(), 0, mode="pointwise"))
    prefix = where.partition(":")[0]

    def derived(rows: np.ndarray) -> list[str]:
        return [f"{prefix}-{hashlib.sha256(raw or b'').hexdigest()[:12]}" for raw in shapely.to_wkb(shapes[rows])]

    if column is None:
        return pd.Index(derived(np.arange(len(frame))), name="object_id", dtype="object")
    values = frame[column]
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")  # a key read as 7.0 is the key 7
    texts = values.astype("object").where(values.notna(), "").astype("str").str.strip().to_numpy(dtype="object")
    empty = np.flatnonzero(texts == "")
    texts[empty] = derived(empty)
    return pd.Index(texts, name="object_id")


def _with_known(city: schema.City, path: Path) -> schema.City:
    """The city with the objects of an earlier screening that this delivery lacks."""
    known = read_layer(path, layer="findings" if path.suffix == ".gpkg" else None, where="inventory")
    settings = {**city.settings, "inventory": {"path": path.name, "sha256": sha256(path)}}
    return replace(with_inventory(city, known), settings=settings)


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Layer whose geometry column is called ``geometry``."""
    return frame if frame.geometry.name == "geometry" else frame.rename_geometry("geometry")


def _refuse_shared_ids(ids: pd.Index, where: str) -> None:
    if ids.has_duplicates:
        counts = ids[ids.duplicated()].value_counts() + 1
        problems = [f"id {i!r}: {n} rows that differ" for i, n in counts.sort_index().items()]
        raise InputError(
            f"{where}: {len(counts)} ids are not unique. Name the column with the object's own key in `id`", problems
        )


def _run_crs(config: CityConfig, raw: Iterable[_Raw]) -> CRS:
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
        extent = next((_extent(frame, chosen) for _, frame in frames if frame.crs is not None), None)
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
    _refuse_shared_ids(layer.index, f"all layers of kind {kind}")
    return gpd.GeoDataFrame(layer.sort_index().rename_axis("object_id"), geometry="geometry", crs=target)


def _zones(
    config: CityConfig, reader: _Reader, layers: Mapping[str, gpd.GeoDataFrame], target: CRS
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
    config: Zones, areas_config: Areas | None, raw: gpd.GeoDataFrame, care: gpd.GeoDataFrame, reader: _Reader, target: CRS
) -> gpd.GeoDataFrame:
    """Level areas that the city drew, and whole zones that have one level and no areas of their own."""
    parts = []
    if areas_config is not None:
        drawn = reader.division("areas", areas_config, target)
        approved = drawn[areas_config.approved].astype("str") if areas_config.approved else ""
        columns = {
            "zone_id": drawn[areas_config.zone].astype("str").str.strip(),
            "level": drawn[areas_config.level].astype("str"),
        }
        parts.append(gpd.GeoDataFrame({**columns, "approved": approved, "assumed": False}, geometry=drawn.geometry, crs=target))
    if config.level is not None:
        levels = schema.texts(raw, config.level).astype("str").str.strip()
        whole = (levels != "") & ~levels.index.isin(parts[0]["zone_id"] if parts else [])
        if whole.any() or not parts:
            chosen = whole if parts else pd.Series(True, levels.index)
            parts.append(zones.whole_zone_areas(care[chosen], levels[chosen]))
    return gpd.GeoDataFrame(pd.concat(parts), crs=target).rename_axis("area_id")
