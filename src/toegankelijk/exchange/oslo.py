"""Accessibility of places as linked data in the words of OSLO (Vlaanderen): JSON-LD with one Toegankelijkheid per limitation.

The classes and properties are those that OSLO publishes for Mobiliteit (class Toegankelijkheid: niveau, onderdeel, type). The
codes for niveau and type are concepts of the file itself, and say so; give ``concepts`` to name those of a published list in
their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import shapely

from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.exchange import facts
from toegankelijk.findings import Findings
from toegankelijk.groups import GROUPS
from toegankelijk.labels import label

_TRIPS = "https://data.vlaanderen.be/ns/mobiliteit/trips-en-aanbod#"
_HUBS = "https://purl.eu/ns/mobility/passenger-transport-hubs#"
_DOMAIN = "https://data.vlaanderen.be/ns/openbaardomein/infrastructuur#"

CONTEXT: Mapping[str, Any] = MappingProxyType(
    {
        "Toegankelijkheid": f"{_TRIPS}Accessibility",
        "niveau": {"@id": f"{_TRIPS}level", "@type": "@id"},
        "onderdeel": {"@id": f"{_TRIPS}component", "@type": "@id"},
        "type": {"@id": "http://purl.org/dc/terms/type", "@type": "@id"},
        "Halte": "https://purl.eu/ns/mobility#StopPlace",
        "Infrastructuurelement": f"{_DOMAIN}Infrastructuurelement",
        "halteToegankelijkheid": {"@id": f"{_HUBS}Stopplace.accessibility", "@type": "@id", "@container": "@set"},
        "toegankelijkheid": {"@id": f"{_HUBS}InfrastructureElement.accessibility", "@type": "@id", "@container": "@set"},
        "geometrie": {"@id": "http://www.w3.org/ns/locn#geometry", "@type": "@id"},
        "Geometrie": "http://www.w3.org/ns/locn#Geometry",
        "wkt": {"@id": "http://www.opengis.net/ont/geosparql#asWKT", "@type": "http://www.opengis.net/ont/geosparql#wktLiteral"},
        "identificator": {"@id": "http://purl.org/dc/terms/identifier"},
        "naam": {"@id": "http://www.w3.org/2000/01/rdf-schema#label"},
        "bron": {"@id": "http://purl.org/dc/terms/source"},
        "Concept": "http://www.w3.org/2004/02/skos/core#Concept",
        "voorkeursnaam": {"@id": "http://www.w3.org/2004/02/skos/core#prefLabel", "@container": "@language"},
        "notatie": {"@id": "http://www.w3.org/2004/02/skos/core#notation"},
    }
)
"""What the words of a document stand for; it is written into each, so that none has to be fetched."""

TYPES: Mapping[str, str] = MappingProxyType({"physical": "motorischeBeperking", "visual": "visueleBeperking"})
"""Groups of users to the types of limitation."""

LEVELS: Mapping[str, str] = MappingProxyType({"meets": "zelfstandigToegankelijk", "fails": "nietZelfstandigToegankelijk"})
"""Outcomes to levels. What fails may yet be used with help: the norm does not say so, and neither does this."""

KINDS = ("stop", "crossing", "stairs", "ramp", "parking_bay", "car_park", "rest_place")
"""Kinds of objects that are places or infrastructure there."""


def write_oslo(findings: Findings, path: str | Path, *, concepts: Mapping[str, str] | None = None) -> facts.Exported:
    """Write the accessibility of the places of a city as OSLO Toegankelijkheid.

    Parameters
    ----------
    findings
        What was found.
    path
        JSON-LD file to write.
    concepts
        Code, such as ``zelfstandigToegankelijk``, to the address of the concept in a published list.

    Raises
    ------
    ConfigError
        A concept is given for a code that is not used, or is no http(s) address.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from toegankelijk import sample_city, screen
    >>> with TemporaryDirectory() as folder:
    ...     write_oslo(screen(sample_city()).findings, f"{folder}/city.jsonld").written["places"]
    32
    """
    codes = _codes(concepts or {})
    told = facts.verdicts(findings, GROUPS, KINDS)
    told["source"] = f"{findings.norm.name} {findings.norm.version}, " + told["level"]
    graph, city = [], findings.city
    for kind in KINDS:
        if kind in city.layers and len(city.layers[kind]):
            graph += _places(city.layers[kind], kind, told, codes)
    own = [_concept(code, address) for code, address in codes.items() if address.startswith("urn:")]
    facts.put(Path(path), facts.as_json({"@context": dict(CONTEXT), "@graph": [*own, *graph]}))
    there = {kind: sum(place["@id"].startswith(f"urn:toegankelijk:{kind}:") for place in graph) for kind in city.layers}
    left_out = {kind: len(layer) - there[kind] for kind, layer in sorted(city.layers.items()) if len(layer) > there[kind]}
    said = sum(len(place[_property(place["@type"])]) for place in graph)
    return facts.Exported(Path(path), {"places": len(graph), "statements": said}, left_out)


def _codes(concepts: Mapping[str, str]) -> dict[str, str]:
    codes = [*TYPES.values(), *LEVELS.values()]
    problems = [f"{code!r} is no code of this export; there are {', '.join(codes)}" for code in concepts if code not in codes]
    problems += [
        f"{code}: {url!r} is no http(s) address" for code, url in concepts.items() if not url.startswith(("https://", "http://"))
    ]
    if problems:
        raise ConfigError("concepts that cannot be used", problems)
    return {code: concepts.get(code, f"urn:toegankelijk:concept:{code}") for code in codes}


def _concept(code: str, address: str) -> dict[str, Any]:
    names = {lang: label(f"exchange.{code}", lang) for lang in ("nl", "en", "fr", "de")}
    return {"@id": address, "@type": "Concept", "notatie": code, "voorkeursnaam": names}


def _property(sort: str) -> str:
    return "halteToegankelijkheid" if sort == "Halte" else "toegankelijkheid"


def _places(layer: gpd.GeoDataFrame, kind: str, told: pd.DataFrame, codes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Objects of which something is known for somebody."""
    sort = "Halte" if kind == "stop" else "Infrastructuurelement"
    shapes = facts.in_degrees(layer.geometry.to_numpy(), layer.crs)
    found = []
    for key, name, shape in zip(layer.index.astype("str"), schema.texts(layer, "name"), shapes, strict=True):
        source = facts.verdict_of(told, kind, key, "source")
        said = {group: facts.verdict_of(told, kind, key, group) for group in TYPES}
        statements = [
            {"@type": "Toegankelijkheid", "type": codes[TYPES[group]], "niveau": codes[LEVELS[verdict]], "bron": source}
            for group, verdict in said.items()
            if verdict
        ]
        if not statements:
            continue
        address = f"urn:toegankelijk:{kind}:{quote(key, safe='')}"
        where = {"@type": "Geometrie", "wkt": shapely.to_wkt(shape, rounding_precision=facts.DIGITS)}
        rest = facts.known({"identificator": key, "naam": str(name), "geometrie": where})
        found.append({"@id": address, "@type": sort, **rest, _property(sort): statements})
    return found
