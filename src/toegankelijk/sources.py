"""Sources of a city: each layer as delivered, and then its objects by their own keys, in the run's coordinate system."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from toegankelijk import crs as systems
from toegankelijk import schema
from toegankelijk.columns import map_columns
from toegankelijk.config import CityConfig, Column, District, Join, Layer, Observations, Osm, Place, Register, Source
from toegankelijk.errors import ConfigError, CrsError, InputError
from toegankelijk.io.formats import list_source, read_rows, read_source, refusing
from toegankelijk.io.repair import repair_geometry
from toegankelijk.io.vector import sha256
from toegankelijk.keys import MOST_CHARACTERS, changed_keys, key_texts

MOST_LOST = 0.01
"""Share of a layer's rows that may be set aside before it no longer counts as all there is; a proposal."""

Progress = Callable[[str], None]
"""Told what is being read."""


@dataclass(frozen=True)
class Raw:
    """A source as read, before it is placed; ``aside`` rows were set aside by its reader already."""

    label: str
    kind: str
    frame: gpd.GeoDataFrame
    layer: Layer | Osm
    sha256: str
    not_selected: int
    aside: int = 0


@dataclass
class Reader:
    """Reads the sources of one config and gathers what it meets on the way."""

    config: CityConfig
    folder: Path
    progress: Progress
    parts: dict[str, list[gpd.GeoDataFrame]] = field(default_factory=dict)
    remarks: list[pd.DataFrame] = field(default_factory=list)
    sources: list[dict[str, object]] = field(default_factory=list)
    attributions: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    digests: dict[Path, str] = field(default_factory=dict)

    def read_sources(self) -> list[Raw]:
        """All layers with objects, as delivered; problems of several sources are told together."""
        result: list[Raw] = []
        problems: list[InputError] = []
        sources: list[Layer | Osm | Register] = [*self.config.layers, *self.config.registers, *self.config.osm]
        for source in sources:
            try:
                result += self._source(source)
            except InputError as error:
                problems.append(error)
        if len(problems) == 1:
            raise problems[0]
        if problems:
            raise InputError(f"{len(problems)} sources are refused", [str(problem) for problem in problems])
        return result

    def _source(self, source: Layer | Osm | Register) -> list[Raw]:
        if isinstance(source, Osm):
            return self._osm(source)
        return self._register(source) if isinstance(source, Register) else [self._layer(source)]

    def place(self, raw: Raw, target: CRS) -> None:
        """Set a source's objects aside, or add them to the layer of their kind, in the run's coordinate system."""
        label, frame = raw.label, raw.frame
        read = len(frame) + raw.aside
        if len(frame):
            systems.check_fit(frame, where=label, target=target)
        if isinstance(raw.layer, Layer):
            # that a map selects nothing for a kind of which it reads only some says nothing: such a delivery has none
            if not read and not (raw.not_selected and raw.layer.optional and not raw.layer.is_complete):
                reason = "the layer holds no objects; what is of this kind in the city is unknown to this screening"
                reason = f"`where` selects none of {raw.not_selected} rows" if raw.not_selected else reason
                self.remarks.append(schema.remarks(label, [""], "layer", "", reason))
            frame = self._identify(frame, raw.layer, label)
            columns, found = map_columns(frame, self._there(raw.layer, frame, label), layer=label, codes=self.config.codes)
            self.remarks.append(found)
            drawn: dict[str, object] = {"drawn": raw.layer.drawn} if raw.kind == "footway" else {}
            drawn |= {"axis_to_axis": True} if raw.kind == "crossing" and raw.layer.drawn == "axis" else {}
            frame = gpd.GeoDataFrame(columns.assign(**drawn), geometry=frame.geometry, crs=frame.crs)
        complete = raw.layer.is_complete if isinstance(raw.layer, Layer) else raw.layer.complete
        frame = frame.assign(complete=complete)
        frame.attrs["complete"] = complete
        given = len(frame)
        frame = self._valid(frame, raw.kind, label, target)
        if complete and given - len(frame) > MOST_LOST * given:
            complete = False
            reason = f"{given - len(frame)} of {given} rows were set aside, so nothing follows from what the layer lacks"
            self.remarks.append(schema.remarks(label, [""], "complete", "true", reason))
            frame = frame.assign(complete=complete)
        try:
            frame, operation = systems.transform(frame, target)
        except CrsError as error:
            raise CrsError(f"{label}: {error.message}") from None
        frame = _plain(frame).assign(source=label, accuracy=raw.layer.accuracy)
        frame.attrs["complete"] = complete
        self.parts.setdefault(raw.kind, []).append(frame)
        date = raw.layer.date or self.config.city.date
        self.sources.append(
            {
                **{"layer": label, "kind": raw.kind, "path": _place_name(raw.layer), "sha256": raw.sha256},
                **{"crs": operation.source, "operation": operation.name, "accuracy": operation.accuracy},
                **{"date": date, "read": read, "not_selected": raw.not_selected},
            }
        )

    def read_observed(self, given: Observations) -> list[tuple[str, pd.DataFrame]]:
        """Tables of one source of observations, with a name each; points only where labels are placed by them."""
        self.progress(given.place_name)
        if given.source is None:
            frame = _postgis().read_postgis(given.postgis, given.layer, where=given.place_name)
            return [(given.place_name, frame)]
        path = self.folder / given.source
        if given.form == "labels":
            frame = read_source(path, layer=given.layer, where=given.place_name, coordinates=given.coordinates, crs=given.crs)
            return [(path.name, frame)]
        layers = [given.layer] if given.layer else list_source(path)
        several = len(layers) > 1
        return [
            (
                f"{path.name}/{layer}" if several else path.name,
                read_rows(path, layer=layer if several else given.layer, where=given.place_name),
            )
            for layer in layers
        ]

    def division(self, what: str, source: Source, target: CRS) -> gpd.GeoDataFrame:
        """Polygons that divide the city: zones, level areas, districts."""
        self.progress(f"{what}: {source.place_name}")
        columns = [value for name in ("name", "level", "zone", "approved", "office") if (value := getattr(source, name, None))]
        frame = self._read(source, columns)[0]
        if frame.empty:
            raise InputError(f"{what} ({source.place_name}): the layer holds nothing; leave it out, or give one that is filled")
        systems.check_fit(frame, where=what, target=target)
        frame = frame.set_index(_ids(frame, source.id, what))
        frame, found = repair_geometry(frame, layer=what, ids=frame.index)
        wrong = frame.index[shapely.get_dimensions(frame.geometry.to_numpy()) != 2]
        beyond = frame.index[systems.strays(frame, target)]
        if len(wrong) or len(beyond) or frame.index.has_duplicates:
            problems = [f"{i}: no polygon" for i in wrong] + [f"{i}: id twice" for i in frame.index[frame.index.duplicated()]]
            problems += [f"{i}: reaches outside the area of {systems.label(target)}" for i in beyond]
            raise InputError(f"{what} ({source.place_name}): each needs a polygon and an id of its own", problems)
        self.remarks.append(found)
        frame = _plain(systems.transform(frame, target)[0]).sort_index()
        if isinstance(source, District):
            names = frame[source.name].astype("str") if source.name else frame.index.astype("str")
            offices = {"office": schema.texts(frame, source.office)} if source.office else {}
            frame = gpd.GeoDataFrame({"name": names, **offices}, geometry=frame.geometry, crs=target).rename_axis("district_id")
        return frame

    def _layer(self, layer: Layer) -> Raw:
        name = layer.source.name if layer.source else layer.place_name
        label = self._label(f"{layer.kind}: {name}" + (f"/{layer.layer}" if layer.layer else ""))
        self.progress(label)
        frame, skipped = self._read(layer)
        said = frame.attrs.pop("warnings", [])
        self.remarks.append(schema.remarks(label, [""] * len(said), "file", said, "the reader of the file warns of this"))
        return Raw(label, layer.kind, frame, layer, self._digest(layer, frame), skipped)

    def _register(self, register: Register) -> list[Raw]:
        """Layers of a register's delivery, as its map says."""
        from toegankelijk import registers

        mapped = registers.load_map(register.map, folder=self.folder)
        there = list_source(self.folder / register.source) if register.source else _postgis().list_postgis(register.postgis)
        layers, notes = registers.expand(register, mapped, there)
        self.remarks.append(schema.remarks(register.place_name, [""] * len(notes), "layer", "", notes))
        if mapped.attribution:
            self.attributions.append(mapped.attribution)
        return [self._layer(layer) for layer in layers]

    def _digest(self, place: Place, frame: gpd.GeoDataFrame) -> str:
        """Hash of the file that a layer came from, or of what a database gave."""
        if place.source is None:
            content = pd.util.hash_pandas_object(pd.DataFrame(frame).astype("str"), index=False)
            return hashlib.sha256(content.to_numpy().tobytes()).hexdigest()
        path = self.folder / place.source
        return self.digests.get(path) or self.digests.setdefault(path, sha256(path))  # one file often holds many layers

    def _there(self, layer: Layer, frame: gpd.GeoDataFrame, label: str) -> dict[str, Column]:
        """Columns of a layer's map; of an optional map without those that this delivery lacks."""
        if not layer.optional:
            return layer.columns
        absent = {name: [part for part in column.columns if part not in frame] for name, column in layer.columns.items()}
        for name, parts in absent.items():
            reason = "the delivery has no such column; the attribute is not read"
            self.remarks.append(schema.remarks(label, [""] * len(parts), name, parts, reason))
        return {name: column for name, column in layer.columns.items() if not absent[name]}

    def _osm(self, osm: Osm) -> list[Raw]:
        from toegankelijk.io.osm import read_osm

        self.progress(str(osm.source))
        path = self.folder / osm.source
        with refusing(str(osm.source)):
            layers, found = read_osm(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        wanted = {kind: layer for kind, layer in layers.items() if osm.kinds is None or kind in osm.kinds}
        labels = {kind: self._label(f"{kind}: {osm.source.name}") for kind in layers}
        found = found.assign(layer=found["layer"].map(lambda kind: labels.get(kind, kind)))
        self.remarks.append(found[found["layer"].isin([labels[kind] for kind in wanted])])
        aside = found.loc[found["attribute"] == "", "layer"].value_counts()
        return [Raw(labels[kind], kind, layer, osm, digest, 0, int(aside.get(labels[kind], 0))) for kind, layer in wanted.items()]

    def _label(self, name: str) -> str:
        """Name of a layer; numbered if another has the same, such as a part of it or a file of that name elsewhere."""
        label = next(text for text in chain([name], (f"{name} ({n})" for n in count(2))) if text not in self.labels)
        self.labels.add(label)
        return label

    def _read(self, source: Source, columns: Sequence[str] = ()) -> tuple[gpd.GeoDataFrame, int]:
        """Selected rows of a layer with what is joined to them, and how many were not selected; `columns` must be there."""
        if source.source is None:
            frame = _postgis().read_postgis(source.postgis, source.layer, where=source.place_name)
        else:
            path, where = self.folder / source.source, str(source.source)
            frame = read_source(path, layer=source.layer, where=where, coordinates=source.coordinates, crs=source.crs)
        skipped = int(frame.attrs.pop("not_selected", 0))
        if partial := frame.attrs.pop("partial", None):
            reason = "the file holds one page of a longer list"
            self.remarks.append(schema.remarks(source.place_name, [""], "rows", [f"{partial[0]} of {partial[1]}"], reason))
        for join in source.join:
            frame = self._joined(frame, join, source)
        absent = [column for column in (*source.where, source.id, *columns) if column and column not in frame]
        if absent:
            names = ", ".join(map(str, frame.columns))
            nothing = "" if len(frame) else "; it holds no objects, and perhaps therefore no columns"
            raise ConfigError(f"{source.place_name}: no columns {absent}; layer {source.layer or ''} has {names}{nothing}")
        chosen = np.ones(len(frame), bool)
        for column, values in source.where.items():
            chosen &= schema.texts(frame, column).astype("str").isin(values).to_numpy()
        return frame[chosen].reset_index(drop=True), skipped + int((~chosen).sum())

    def _joined(self, frame: gpd.GeoDataFrame, join: Join, source: Source) -> gpd.GeoDataFrame:
        """The layer with the columns of another table; a name that both have gets the other table's name before it."""
        table = read_rows(self.folder / join.source, layer=join.layer, where=str(join.source))
        key = join.key or join.on
        lacking = [f"{join.source}: no column {key!r}"] if key not in table else []
        lacking += [f"{source.place_name}: no column {join.on!r}"] if join.on not in frame else []
        if lacking:
            raise ConfigError(f"{source.place_name}: cannot be joined with {join.source}", lacking)
        keys = key_texts(table[key])
        if twice := sorted(set(keys[keys.duplicated() & (keys != "")])):
            raise InputError(
                f"{join.source}: column {key!r} is the key of a join, but not unique", [f"{one!r}" for one in twice[:20]]
            )
        named = {column: f"{join.source.stem}.{column}" for column in table if column in frame}
        table = table.set_axis(keys).drop(columns=key)[keys.to_numpy() != ""].rename(columns=named)
        wanted = key_texts(frame[join.on])
        if lost := int((~wanted.isin(table.index)).sum()):
            reason = f"{lost} of {len(frame)} rows have no row there; what it would tell is unknown"
            self.remarks.append(schema.remarks(source.place_name, [""], "join", [str(join.source)], reason))
        found = table.reindex(wanted).set_axis(frame.index)
        return gpd.GeoDataFrame(pd.concat([frame, found], axis=1), geometry=frame.geometry.name, crs=frame.crs)

    def _identify(self, frame: gpd.GeoDataFrame, layer: Layer, label: str) -> gpd.GeoDataFrame:
        """Rows by the source's own key; exact copies are set aside, other rows that share a key are refused."""
        ids = _ids(frame, layer.id, label)
        if layer.id:
            derived = ids[(key_texts(frame[layer.id]) == "").to_numpy()]
            self.remarks.append(schema.remarks(label, derived, "object_id", "", "no id; one was derived from the geometry"))
            other, raw = changed_keys(frame[layer.id]), frame[layer.id].map(repr).to_numpy()
            reason = "blanks or signs that nobody sees are left out of the id"
            self.remarks.append(schema.remarks(label, ids[other], "object_id", raw[other], reason))
        frame = frame.set_index(ids)
        content = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype("str")
        content = content.assign(wkb=shapely.to_wkb(frame.geometry.to_numpy(), hex=True), id=ids)
        copy = content.duplicated().to_numpy()
        self.remarks.append(schema.remarks(label, frame.index[copy], "", "", "exact copy of another row"))
        frame = frame[~copy]
        refuse_shared_ids(frame.index, label)
        return frame

    def _pointed(self, frame: gpd.GeoDataFrame, kind: str, label: str) -> gpd.GeoDataFrame:
        """Rows of which a line without length is the point that it is, unless the kind is a stretch."""
        shapes = frame.geometry.to_numpy()
        short = (shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(shapes)
        short &= shapely.length(shapes) == 0
        if not short.any() or (kind in schema.kinds() and schema.kinds()[kind].stretch):
            return frame
        reason = "repaired: a line without length is a point"
        self.remarks.append(schema.remarks(label, frame.index[short], "geometry", "", reason))
        points = np.where(short, shapely.get_point(np.where(short, shapes, None), 0), shapes)
        return frame.set_geometry(gpd.GeoSeries(points, frame.index, crs=frame.crs))

    def _valid(self, frame: gpd.GeoDataFrame, kind: str, label: str, target: CRS) -> gpd.GeoDataFrame:
        """Rows with a geometry that the kind can have and that lies on the map."""
        frame = self._pointed(frame, kind, label)
        frame, found = repair_geometry(frame, layer=label, ids=frame.index)
        self.remarks.append(found)
        stray = systems.strays(frame, target) if len(frame) else np.zeros(0, bool)
        self.remarks.append(schema.remarks(label, frame.index[stray], "", "", "lies outside the area of its coordinate system"))
        frame = frame[~stray]
        if kind in schema.kinds() and schema.kinds()[kind].stretch:
            flat = shapely.get_dimensions(frame.geometry.to_numpy()) < 1
            if len(frame) and flat.all():
                raise InputError(f"{label}: a {kind} is a line or a polygon, but all {len(frame)} geometries are points")
            self.remarks.append(schema.remarks(label, frame.index[flat], "", "", f"a point cannot be a {kind}"))
            frame = frame[~flat]
        return frame


def _ids(frame: gpd.GeoDataFrame, column: str | None, where: str) -> pd.Index:
    """Keys of the rows as text; a missing one is derived from the geometry, so that it is the same in the next delivery."""
    prefix = where.partition(":")[0]

    def derived(rows: np.ndarray) -> list[str]:
        with np.errstate(invalid="ignore"):  # coordinates that are not numbers are set aside later
            shapes = shapely.normalize(shapely.set_precision(frame.geometry.to_numpy()[rows], 0, mode="pointwise"))
        return [f"{prefix}-{hashlib.sha256(raw or b'').hexdigest()[:12]}" for raw in shapely.to_wkb(shapes)]

    if column is None:
        return pd.Index(derived(np.arange(len(frame))), name="object_id", dtype="object")
    texts = key_texts(frame[column]).to_numpy(dtype="object", copy=True)
    if long := [text for text in texts if len(text) > MOST_CHARACTERS]:
        advice = "name another column in `id`"
        examples = [f"{text[:40]!r} and so on, {len(text)} characters" for text in long[:5]]
        raise InputError(f"{where}: ids are longer than {MOST_CHARACTERS} characters; {advice}", examples)
    empty = np.flatnonzero(texts == "")
    texts[empty] = derived(empty)
    return pd.Index(texts, name="object_id")


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Layer whose geometry column is called ``geometry``."""
    return frame if frame.geometry.name == "geometry" else frame.rename_geometry("geometry")


def refuse_shared_ids(ids: pd.Index, where: str) -> None:
    """Refuse a layer of which several rows have one id."""
    if ids.has_duplicates:
        counts = ids[ids.duplicated()].value_counts() + 1
        problems = [f"id {i!r}: {n} rows that differ" for i, n in counts.sort_index().items()]
        raise InputError(
            f"{where}: {len(counts)} ids are not unique. Name the column with the object's own key in `id`", problems
        )


def _place_name(place: Layer | Osm) -> str:
    return place.place_name if isinstance(place, Layer) else str(place.source)


def _postgis() -> Any:
    """Module that reads databases, loaded where one is named."""
    from toegankelijk.io import postgis

    return postgis
