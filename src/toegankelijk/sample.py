"""The sample district that comes with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from toegankelijk.errors import ConfigError


def sample_city() -> Path:
    """Path of the city.toml of the sample district: a made-up place, to try things on.

    Examples
    --------
    >>> sample_city().name
    'city.toml'
    """
    installed = Path(str(files("toegankelijk"))) / "sample_data" / "city.toml"
    checkout = Path(__file__).resolve().parents[2] / "sample_data" / "city.toml"
    for path in (installed, checkout):
        if path.is_file():
            return path
    raise ConfigError("the sample district is not there: the package is installed incompletely; install it again")
