"""The whole way: from a city.toml or an OSM extract to findings, scores, a monitoring table, a map and a report."""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from toegankelijk import crs as systems
from toegankelijk import schema
from toegankelijk.areas import list_outside, score_areas, sum_works
from toegankelijk.balance import attribute_rows, balance_rows
from toegankelijk.bottlenecks import Horizon, find_bottlenecks
from toegankelijk.city import CHOICES, read_city
from toegankelijk.config import About, CityConfig, Draft, Osm, Zones, load_config
from toegankelijk.errors import ConfigError, InputError
from toegankelijk.findings import Findings, assess, find_good_examples
from toegankelijk.gaps import describe_gaps
from toegankelijk.groups import judge_groups
from toegankelijk.io.vector import read_layer
from toegankelijk.measure import measure_and_walk
from toegankelijk.measure.shares import measure_shares
from toegankelijk.measure.stop_distances import measure_stop_distances
from toegankelijk.network.graph import Network
from toegankelijk.network.walking import Walking, walk_city
from toegankelijk.norm import Norm, bundled_norms, read_norm
from toegankelijk.planning.importance import weigh_by_network
from toegankelijk.planning.weighing import Weighed, weigh
from toegankelijk.reach import Reach, reach_city
from toegankelijk.scores import score_city, score_zones
from toegankelijk.survey import list_survey

if TYPE_CHECKING:
    import folium

OSM_ENDINGS = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")
"""File names by which a raw OSM extract is known."""

PACKAGES = ("toegankelijk", "geopandas", "shapely", "pyproj", "pyogrio", "numpy", "pandas")
"""Packages whose version is recorded with a run."""

Progress = Callable[[str, str], None]
"""Told the step (``reading``, ``measuring``, ``assessing``, ``scoring``, ``bottlenecks``, ``weighing``, ``writing``), and what is
being done."""


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
        Bottlenecks that were found, with solution, priority, planning and responsible; the monitoring table keeps them.
    lang
        Language of the texts in the table, the map and the report.
    walking
        The walking network, where the city has ways.
    weighed
        Jobs, costs and gains of the bottlenecks.
    decided
        Bottlenecks whose term planned works or a plan give; the others have it by rule.
    """

    city: schema.City
    norm: Norm
    findings: Findings
    scores: gpd.GeoDataFrame
    good_examples: gpd.GeoDataFrame
    table: gpd.GeoDataFrame
    lang: str = "nl"
    walking: Walking | None = None
    weighed: Weighed | None = None
    decided: frozenset[str] = frozenset()

    @cached_property
    def reach(self) -> Reach:
        """Who gets where without a barrier (see `toegankelijk.reach`); only where the city has ways."""
        if self.walking is None:
            raise InputError("the city has no footways, crossings, stairs, ramps or streets, so there is no walking network")
        return reach_city(self.city, self.walking)

    @cached_property
    def balance(self) -> pd.DataFrame:
        """What became of every row read, per layer: ``read = assessed + outside + not_assessable``; reasons as a mapping."""
        return balance_rows(self.findings)

    @cached_property
    def city_scores(self) -> gpd.GeoDataFrame:
        """Scores over all zones together, in which an object counts once."""
        return score_city(self.findings, self.norm, **choices_of(self.city))

    @cached_property
    def area_scores(self) -> gpd.GeoDataFrame:
        """Scores per district of every other division of the city (see `toegankelijk.areas.score_areas`)."""
        return score_areas(self.findings, self.norm, **choices_of(self.city))

    @cached_property
    def area_works(self) -> gpd.GeoDataFrame:
        """Bottlenecks and what they cost, per zone and district, service and theme (see `toegankelijk.areas.sum_works`)."""
        return sum_works(self.table, self.city)

    @cached_property
    def area_outside(self) -> gpd.GeoDataFrame:
        """Objects that lie, in part or as a whole, in no district of a division (see `toegankelijk.areas.list_outside`)."""
        return list_outside(self.findings)

    @cached_property
    def survey(self) -> gpd.GeoDataFrame:
        """What to measure: an object each, grouped into visits (see `toegankelijk.survey.list_survey`)."""
        horizon = Horizon(**self.city.settings.get("planning", {}))
        return list_survey(self.findings, self.norm, horizon=horizon, lang=self.lang)

    @cached_property
    def stop_verdicts(self) -> gpd.GeoDataFrame:
        """Two verdicts per stop, ``physical`` and ``visual`` (see `toegankelijk.groups.judge_groups`)."""
        return judge_groups(self.findings, self.norm, kinds=["stop"])

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

    @cached_property
    def narrowings(self) -> gpd.GeoDataFrame:
        """Measured narrowings as lines across their narrowest place, with what limits them (see `toegankelijk.gaps`)."""
        return describe_gaps(self.city, lang=self.lang)

    def map(self) -> folium.Map:
        """Interactive map; it opens without a network once written."""
        from toegankelijk.screening.drawing import show_screening

        return show_screening(self)

    def run_record(self) -> dict[str, Any]:
        """Where it all came from: inputs with hashes, coordinate systems, norm, versions, and the row balance."""
        inputs = self.city.sources.astype("object").where(self.city.sources.notna(), None).to_dict("records")
        return {
            "city": self.city.name,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "version": importlib.metadata.version("toegankelijk"),
            "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
            "norm": self._norm(),
            "scope": sorted(self.findings.scope),
            "crs": systems.label(self.city.crs),
            "date": self.city.settings.get("date"),
            "attribution": self.city.settings.get("attribution", ""),
            "settings": _without_folders(self.city.settings),
            "inputs": inputs,
            "balance": self.balance.to_dict("records"),
            "attributes": attribute_rows(self.city).to_dict("records"),
            "remarks": self.city.remarks.to_dict("records"),
            "observations": self._observed(),
            "not_applicable": {code: int(count) for code, count in self.findings.not_applicable.items()},
            "counts": {
                "findings": len(self.findings),
                **{outcome: int((self.findings.table["outcome"] == outcome).sum()) for outcome in schema.OUTCOMES},
                "bottlenecks": len(self.table),
                "good_examples": len(self.good_examples),
            },
        }

    def _norm(self) -> dict[str, Any]:
        """Which norm it is, and what it changed of the bundled one that it rests on."""
        own = {"name": self.norm.name, "version": self.norm.version, "hash": self.norm.hash}
        if not self.norm.base:
            return own
        base = {"base": self.norm.base, "base_hash": self.norm.base_hash}
        return {**own, **base, "overrides": self.norm.overrides.to_dict("records")}

    def _observed(self) -> dict[str, Any]:
        """How many observations count, and those that do not, each with the reason."""
        table = self.city.observations
        used = table["used"].eq(True)
        lost = table.loc[~used, list(schema.OBSERVATION_COLUMNS)].astype("object")
        return {"used": int(used.sum()), "not_used": lost.where(lost.notna(), None).to_dict("records")}

    def __repr__(self) -> str:
        return f"Screening({self.city.name!r}, {len(self.city.zones)} zones, {len(self.table)} bottlenecks)"

    def _repr_html_(self) -> str:
        """Scores of the zones and the most urgent bottlenecks, for a notebook."""
        from toegankelijk.display import card, zone_bars
        from toegankelijk.labels import label

        lang = self.lang
        facts = {
            label("bottlenecks", lang): len(self.table),
            label("good_examples", lang): len(self.good_examples),
            label("display.findings", lang): len(self.findings),
            label("display.norm", lang, name=""): self.norm.name,
        }
        urgent = self.table.sort_values(["priority", "severity", "bottleneck_id"], ascending=[False, False, True], kind="stable")
        shown = urgent.set_index("bottleneck_id")[
            ["street", "description", "solution", "priority_band", "planning", "responsible"]
        ]
        bars = zone_bars(self.scores, lang=lang)
        return card(
            label("display.screening", lang, city=self.city.name),
            facts=facts,
            charts=[] if bars is None else [bars],
            tables={label("display.urgent", lang): shown},
            note=label("display.map_note", lang),
            lang=lang,
        )

    def write(self, folder: str | Path, *, progress: Progress = _silent) -> Path:
        """Write all files of a screening into a folder; see `toegankelijk.screening.results.write_results`."""
        from toegankelijk.screening.results import write_results

        return write_results(self, folder, progress=progress)


def screen(
    source: str | Path,
    *,
    zones: str | Path | None = None,
    norm: str | Path | Norm | None = None,
    scope: str | Collection[str] = "core",
    profiles: Sequence[str] | None = None,
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
    profiles
        Kinds of users of the walking network, the first of whom leads; if not given, those of the city.toml, else wheelchair
        users.
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
    (70, ['WZ-1', 'WZ-2', 'WZ-3'])
    """
    path = Path(source)
    config = _osm_config(path) if path.name.endswith(OSM_ENDINGS) else load_config(path)
    judge = norm if isinstance(norm, Norm) else choose_norm(norm, config, path.parent)
    if zones is not None:
        config = config.model_copy(update={"zones": _zones_config(Path(zones)), "areas": None, "draft": None})
    city = read_city(config, folder=path.parent, progress=lambda what: progress("reading", what))
    progress("measuring", city.name)
    measured, build_walked = measure_and_walk(city)
    network = build_walked()
    measured = measure_stop_distances(measure_shares(measured, judge), judge, network=network)
    if profiles:
        settings = {**measured.settings, "network": {**measured.settings.get("network", {}), "profiles": list(profiles)}}
        measured = replace(measured, settings=settings)
    return screen_city(measured, judge, scope=scope, lang=lang, network=network, progress=progress)


def screen_city(
    city: schema.City,
    norm: Norm,
    *,
    scope: str | Collection[str] = "core",
    lang: str = "nl",
    network: Network | None = None,
    progress: Progress = _silent,
) -> Screening:
    """Screen a city whose layers are read and measured already, and its walking network perhaps built."""
    progress("assessing", city.name)
    findings = assess(city, norm, scope=scope)
    _check_reached(findings)
    progress("scoring", city.name)
    scores = score_zones(findings, norm, **choices_of(city))
    good = find_good_examples(findings)
    progress("bottlenecks", city.name)
    horizon = Horizon(**city.settings.get("planning", {}))
    walking = walk_city(city, network=network)
    importance = None if walking is None else weigh_by_network(walking, {**city.context, **city.layers}, norm)
    table = find_bottlenecks(findings, norm, horizon=horizon, importance=importance, lang=lang)
    progress("weighing", city.name)
    weighed = weigh(table, city, norm, walking=walking, horizon=horizon, lang=lang)
    return Screening(city, norm, findings, scores, good, weighed.table, lang, walking, weighed, weighed.decided)


def choose_norm(given: str | Path | None, config: CityConfig | None, folder: Path) -> Norm:
    """The norm that the call names, or else the city.toml, if there is one; a folder in it is relative to it."""
    if given is not None:
        return read_norm(given)
    chosen = config.norm.source if config is not None and config.norm else "vlaanderen"
    return read_norm(chosen if chosen in bundled_norms() else folder / chosen)


def choices_of(city: schema.City) -> dict[str, Any]:
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


def _without_folders(settings: Any) -> Any:
    """Settings with the names of files only: where they stand on this computer is nobody's business."""
    if isinstance(settings, Mapping):
        return {name: _without_folders(value) for name, value in settings.items()}
    return settings.name if isinstance(settings, Path) else settings
