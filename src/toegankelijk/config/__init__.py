"""The ``city.toml``: which source gives which kind, how its columns become attributes, and what the city chose."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from toegankelijk.config.faults import form_faults, kind_faults, meaning_faults, other_faults, path_faults
from toegankelijk.config.forms import (
    SELDOM_COMPLETE,
    About,
    Areas,
    CityConfig,
    Column,
    Columns,
    District,
    Draft,
    Join,
    Layer,
    Network,
    NormChoice,
    Observations,
    Osm,
    Place,
    Planning,
    Register,
    Scores,
    Source,
    Terrain,
    Zones,
)
from toegankelijk.errors import ConfigError

__all__ = [
    "MAX_BYTES",
    "MAX_LINE",
    "SELDOM_COMPLETE",
    "About",
    "Areas",
    "CityConfig",
    "Column",
    "Columns",
    "District",
    "Draft",
    "Join",
    "Layer",
    "Network",
    "NormChoice",
    "Observations",
    "Osm",
    "Place",
    "Planning",
    "Register",
    "Scores",
    "Source",
    "Terrain",
    "Zones",
    "kind_faults",
    "load_config",
]

MAX_BYTES = 1 << 20
"""Largest city.toml that is read."""

MAX_LINE = 20_000
"""Longest line of it."""


def load_config(path: Path) -> CityConfig:
    """Read a city.toml and check it as a whole.

    Raises
    ------
    ConfigError
        The file is not there, is no TOML, or has faults; all of them are listed with their place.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a city.toml or an OSM extract")
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes; a city.toml holds no data")
    if max(map(len, raw.splitlines()), default=0) > MAX_LINE:
        raise ConfigError(f"{path}: a line is longer than {MAX_LINE} bytes; a city.toml holds no data")
    try:
        given = tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
    if faults := path_faults(given):
        raise ConfigError(f"{path}: {len(faults)} faults", faults)
    try:
        config = CityConfig.model_validate(given)
    except ValidationError as error:
        faults = [*form_faults(error), *other_faults(given, error)]
        raise ConfigError(f"{path}: {len(faults)} faults", faults) from error
    if faults := meaning_faults(config):
        raise ConfigError(f"{path}: {len(faults)} faults", faults)
    return config
