"""The whole way: from a city.toml or an OSM extract to findings, scores, a monitoring table, a map and a report."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from toegankelijk import crs as systems
from toegankelijk import evidence, schema
from toegankelijk.balance import attribute_rows, balance_rows
from toegankelijk.bottlenecks import Horizon, find_bottlenecks
from toegankelijk.city import CHOICES, read_city
from toegankelijk.config import About, CityConfig, Draft, Osm, Zones, load_config
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.findings import Findings, assess, find_good_examples
from toegankelijk.io.geopackage import read_table, write_layers, write_table
from toegankelijk.io.vector import read_layer
from toegankelijk.measure import measure_layers
from toegankelijk.monitoring import FIELDS, LAYER, same_tables, update_table
from toegankelijk.norm import Norm, bundled_norms, read_norm
from toegankelijk.scores import score_city, score_zones

if TYPE_CHECKING:
    import folium

OSM_ENDINGS = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")
"""File names by which a raw OSM extract is known."""

FILES = ("findings.parquet", "screening.gpkg", "monitoring.gpkg", "map.html", "report.html", "run.json")
"""What a screening writes."""

PACKAGES = ("toegankelijk", "geopandas", "shapely", "pyproj", "pyogrio", "numpy", "pandas")
"""Packages whose version is recorded with a run."""

Progress = Callable[[str, str], None]
"""Told the step (``reading``, ``measuring``, ``assessing``, ``scoring``, ``bottlenecks``, ``writing``), and what is being
done."""


def _silent(step: str, what: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Screening:
    """All tables of one screening.

    Parameters
    ----------
    city, norm
        What was screened, by what.
    findings
        Every object against every criterion.
    scores
        Scores per zone, level and theme.
    good_examples
        Objects that have it all right.
    table
        The monitoring table: bottlenecks with solution, priority, planning and responsible.
    lang
        Language of the texts in the table, the map and the report.
    """

    city: schema.City
    norm: Norm
    findings: Findings
    scores: gpd.GeoDataFrame
    good_examples: gpd.GeoDataFrame
    table: gpd.GeoDataFrame
    lang: str = "nl"

    @cached_property
    def balance(self) -> pd.DataFrame:
        """What became of every row read, per layer: ``read = assessed + outside + not_assessable``; reasons as a mapping."""
        return balance_rows(self.findings)

    @cached_property
    def city_scores(self) -> gpd.GeoDataFrame:
        """Scores over all zones together, in which an object counts once."""
        return score_city(self.findings, self.norm, **_shares(self.city))

    @cached_property
    def unknowns(self) -> pd.DataFrame:
        """How many objects are unknown per criterion of the scope: ``theme, criterion, kind, reason, objects``."""
        table = self.findings.table
        unknown = table[(table["outcome"] == "unknown") & table["criterion"].isin(self.findings.scope)]
        groups = unknown.drop_duplicates(["object_id", "criterion"]).groupby(["criterion", "reason"], observed=True, sort=True)
        counts = groups.size().rename("objects").reset_index().astype({"criterion": "str", "reason": "str"})
        rules = self.norm.rules
        counts.insert(0, "theme", [rules[code].theme for code in counts["criterion"]])
        counts.insert(2, "kind", [rules[code].kind for code in counts["criterion"]])
        return counts

    def map(self) -> folium.Map:
        """Interactive map; it opens without a network once written."""
        from toegankelijk.maps import show_map

        origin = self.city.settings.get("attribution", "")
        words = {"lang": self.lang, "title": self.city.name, "attribution": origin, "norm": self.norm}
        return show_map(self.scores, self.table, self.good_examples, **words)

    def run_record(self) -> dict[str, Any]:
        """Where it all came from: inputs with hashes, coordinate systems, norm, versions, and the row balance."""
        inputs = self.city.sources.astype("object").where(self.city.sources.notna(), None).to_dict("records")
        return {
            "city": self.city.name,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "version": importlib.metadata.version("toegankelijk"),
            "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
            "norm": {"name": self.norm.name, "version": self.norm.version, "hash": self.norm.hash},
            "scope": sorted(self.findings.scope),
            "crs": systems.label(self.city.crs),
            "date": self.city.settings.get("date"),
            "attribution": self.city.settings.get("attribution", ""),
            "settings": dict(self.city.settings),
            "inputs": inputs,
            "balance": self.balance.to_dict("records"),
            "attributes": attribute_rows(self.city).to_dict("records"),
            "remarks": self.city.remarks.to_dict("records"),
            "not_applicable": {code: int(count) for code, count in self.findings.not_applicable.items()},
            "counts": {
                "findings": len(self.findings),
                **{outcome: int((self.findings.table["outcome"] == outcome).sum()) for outcome in schema.OUTCOMES},
                "bottlenecks": len(self.table),
                "good_examples": len(self.good_examples),
            },
        }

    def write(self, folder: str | Path, *, progress: Progress = _silent) -> Path:
        """Write all files of a screening into a folder; nothing half-written stays behind.

        A monitoring table that stands there already is carried on with: what staff wrote in it is kept, and if anything changes
        the file itself stays too, as ``monitoring.previous-1.gpkg`` and so on.

        Parameters
        ----------
        folder
            Where to write; made if it is not there.
        progress
            Told of every file.
        """
        folder = Path(folder)
        made = next((part for part in reversed([folder, *folder.parents]) if not part.exists()), None)
        folder.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".screening-", dir=folder))
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, made or draft)
            self._write_files(draft, folder / "monitoring.gpkg", progress)
            _put(draft, folder)
            undo.pop_all()
        shutil.rmtree(draft)
        return folder

    def _write_files(self, draft: Path, standing: Path, progress: Progress) -> None:
        from toegankelijk.maps import write_map
        from toegankelijk.reports import write_report

        progress("writing", "findings.parquet")
        joined = evidence.join_findings(self.findings, lang=self.lang)
        joined.to_parquet(draft / "findings.parquet", index=False, schema_version="1.1.0", write_covering_bbox=True)
        progress("writing", "screening.gpkg")
        plain = joined.astype({name: "str" for name, kind in joined.dtypes.items() if kind == "category"})
        layers = {"findings": plain, "zone_scores": self.scores, "good_examples": self.good_examples}
        write_layers(draft / "screening.gpkg", layers)
        progress("writing", "monitoring.gpkg")
        table = self._carried_on(standing)
        if table is not None:
            extra = [name for name in table if name not in FIELDS and name != "geometry"]
            write_table(draft / "monitoring.gpkg", LAYER, table, {**FIELDS, **{name: _field_type(table[name]) for name in extra}})
        progress("writing", "map.html")
        write_map(self.map(), draft / "map.html", title=self.city.name, lang=self.lang)
        progress("writing", "report.html")
        record = self.run_record()
        write_report(
            draft / "report.html",
            city_name=self.city.name,
            scores=self.scores,
            bottlenecks=self.table,
            good_examples=self.good_examples,
            unknowns=self.unknowns,
            balance=self.balance,
            run={**record, "scope": _scope_name(self.findings)},
            lang=self.lang,
            norm=self.norm,
        )
        text = json.dumps(record, indent=1, ensure_ascii=False, default=str)
        (draft / "run.json").write_text(text + "\n", encoding="utf-8", newline="\n")

    def _carried_on(self, standing: Path) -> gpd.GeoDataFrame | None:
        """The table to write: new, or carried on from the one that stands there; None if nothing changes."""
        if not standing.is_file():
            return self.table
        previous = read_table(standing, LAYER)
        previous = previous if previous.geometry.name == "geometry" else previous.rename_geometry("geometry")
        table = update_table(self.table, previous)
        return None if same_tables(table, previous[list(table)]) else table


def screen(
    source: str | Path,
    *,
    zones: str | Path | None = None,
    norm: str | Path | Norm | None = None,
    scope: str | Collection[str] = "core",
    lang: str = "nl",
    progress: Progress = _silent,
) -> Screening:
    """Screen a city: read, measure, judge, score, and list bottlenecks with a plan by rule.

    Parameters
    ----------
    source
        A city.toml, or a raw OSM extract (``.osm``, ``.osm.gz``, ``.osm.pbf``).
    zones
        File with zones, instead of those of the city.toml; needs a column ``level`` or ``niveau``. Without zones, circles round
        care anchors are assumed, or a grid if there are none.
    norm
        Name of a bundled norm, a folder with norm tables, or a norm; if not given, that of the city.toml, else the Flemish one.
    scope
        Criteria that count in scores: ``"core"``, ``"full"``, or codes.
    lang
        Language of the texts: ``"nl"``, ``"en"``, ``"fr"`` or ``"de"``.
    progress
        Told of every step.

    Raises
    ------
    ConfigError, NormError
        The call, the city.toml or the norm is wrong.
    InputError
        Delivered data is refused.

    Examples
    --------
    >>> from toegankelijk import sample_city
    >>> screening = screen(sample_city())
    >>> len(screening.table), screening.city.zones.index.tolist()
    (61, ['WZ-1', 'WZ-2', 'WZ-3'])
    """
    path = Path(source)
    config = _osm_config(path) if path.name.endswith(OSM_ENDINGS) else load_config(path)
    judge = norm if isinstance(norm, Norm) else _norm(norm, config, path.parent)
    if zones is not None:
        config = config.model_copy(update={"zones": _zones_config(Path(zones)), "areas": None, "draft": None})
    city = read_city(config, folder=path.parent, progress=lambda what: progress("reading", what))
    progress("measuring", city.name)
    return screen_city(measure_layers(city), judge, scope=scope, lang=lang, progress=progress)


def screen_city(
    city: schema.City, norm: Norm, *, scope: str | Collection[str] = "core", lang: str = "nl", progress: Progress = _silent
) -> Screening:
    """Screen a city whose layers are read and measured already."""
    progress("assessing", city.name)
    findings = assess(city, norm, scope=scope)
    _check_reached(findings)
    progress("scoring", city.name)
    scores = score_zones(findings, norm, **_shares(city))
    good = find_good_examples(findings)
    progress("bottlenecks", city.name)
    table = update_table(find_bottlenecks(findings, norm, horizon=Horizon(**city.settings.get("planning", {})), lang=lang))
    return Screening(city, norm, findings, scores, good, table, lang)


def _norm(given: str | Path | None, config: CityConfig, folder: Path) -> Norm:
    """The norm that the call names, or else the city.toml; a folder in it is relative to it."""
    if given is not None:
        return read_norm(given)
    chosen = config.norm.source if config.norm else "vlaanderen"
    return read_norm(chosen if chosen in bundled_norms() else folder / chosen)


def _shares(city: schema.City) -> dict[str, Any]:
    """Shares and weights that scores go by, where the city chose them."""
    return {name: city.settings[name] for name in CHOICES if name in city.settings}


def _check_reached(findings: Findings) -> None:
    """Refuse a run in which no object lies in any zone: then the zones or a coordinate system are wrong."""
    objects = sum(len(layer) for kind, layer in findings.city.layers.items() if kind != "zone")
    reached = (findings.membership["kind"] != "zone").any()
    if objects and not reached:
        city = findings.city
        extent = {
            kind: layer.total_bounds.round().tolist() for kind, layer in city.layers.items() if kind != "zone" and len(layer)
        }
        lines = [f"{kind} lies in {box}" for kind, box in sorted(extent.items())]
        raise InputError(
            f"none of {objects} objects lies in a zone (the zones lie in {city.zones.total_bounds.round().tolist()}). "
            "Check the coordinate systems of the layers and of the zones",
            lines,
        )


def _osm_config(path: Path) -> CityConfig:
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a city.toml or an OSM extract")
    name = path.name.removesuffix(next(ending for ending in OSM_ENDINGS if path.name.endswith(ending)))
    return CityConfig(city=About(name=name, crs="auto"), osm=[Osm(source=Path(path.name))], draft=Draft())


def _zones_config(path: Path) -> Zones:
    """Zones of a file by the usual names of its columns."""
    frame = read_layer(path, where="zones")
    chosen = {
        role: next((name for name in names if name in frame), None)
        for role, names in {"id": ("zone_id", "id"), "name": ("name", "naam"), "level": ("level", "niveau")}.items()
    }
    if chosen["level"] is None:
        columns = ", ".join(map(str, frame.columns))
        raise ConfigError(f"{path}: zones need a column 'level' or 'niveau' with A, B or C; there are {columns}")
    return Zones(source=path.resolve(), id=chosen["id"], name=chosen["name"], level=chosen["level"])


def _put(draft: Path, folder: Path) -> None:
    """Move finished files into place, all or none; a monitoring table that stood there is kept under another name."""
    before = draft / "before"
    before.mkdir()
    moved = []
    try:
        for name in (name for name in FILES if (draft / name).is_file()):
            if (folder / name).exists():
                shutil.copy2(folder / name, before / name)
            (draft / name).replace(folder / name)
            moved.append(name)
    except OSError as error:  # a file is open in another program
        for name in moved:
            if (before / name).exists():
                (before / name).replace(folder / name)
            else:
                (folder / name).unlink()
        raise ConfigError(f"{folder}: cannot be written ({error}); everything there is as it was") from error
    if "monitoring.gpkg" in moved and (before / "monitoring.gpkg").exists():
        number = next(n for n in range(1, 10_000) if not (folder / f"monitoring.previous-{n}.gpkg").exists())
        (before / "monitoring.gpkg").replace(folder / f"monitoring.previous-{number}.gpkg")


def _field_type(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "bool"
    if pd.api.types.is_integer_dtype(column):
        return "int64"
    return "float" if pd.api.types.is_float_dtype(column) else "str"


def _scope_name(findings: Findings) -> str:
    """Name of the scope, or its codes."""
    core = {rule.code for rule in findings.norm.rules.values() if rule.core}
    if findings.scope == core:
        return "core"
    return "full" if findings.scope == set(findings.norm.rules) else ", ".join(sorted(findings.scope))
