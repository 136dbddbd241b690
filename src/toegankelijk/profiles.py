"""City profiles: the choices that scores go by, in one file that several cities share."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from toegankelijk import schema
from toegankelijk.errors import ConfigError

MAX_BYTES = 1 << 16
"""Largest profile that is read; it holds a dozen numbers."""


def _known_themes(weights: dict[str, float]) -> dict[str, float]:
    if unknown := sorted(set(weights) - set(schema.THEMES)):
        raise ValueError(f"themes {unknown} are not known; known are {', '.join(schema.THEMES)}")
    if set(weights) == set(schema.THEMES) and not any(weights.values()):
        raise ValueError("all themes weigh 0; at least one must count")
    return weights


class Profile(BaseModel):
    """Choices that scores go by; what is not given is left to the city, or to the default.

    ``coverage_floor`` and ``required_share`` are shares from 0 to 1; ``theme_weights`` gives themes another weight (0 or more)
    than the norm does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = ""
    coverage_floor: float | None = Field(default=None, ge=0.0, le=1.0)
    required_share: float | None = Field(default=None, gt=0.0, le=1.0)
    theme_weights: Annotated[
        dict[str, Annotated[float, Field(ge=0.0, lt=math.inf)]],
        AfterValidator(_known_themes),
    ] = Field(default_factory=dict)


def load_profile(path: Path) -> Profile:
    """Read a profile and check it as a whole.

    Raises
    ------
    ConfigError
        The file is not there, is no TOML, or has faults; all of them are listed with their place.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; [scores] profile names a TOML file, relative to city.toml")
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes; a profile holds a dozen numbers")
    try:
        given: dict[str, Any] = tomllib.loads(raw.decode("utf-8-sig"))
        return Profile.model_validate(given)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
    except ValidationError as error:
        faults = [_told(dict(fault)) for fault in error.errors()]
        raise ConfigError(f"{path}: {len(faults)} faults", faults) from error


def _told(fault: dict[str, Any]) -> str:
    given = "" if isinstance(fault["input"], dict | list) else f" (given: {fault['input']!r})"
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}{given}"
