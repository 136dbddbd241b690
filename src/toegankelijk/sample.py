"""The sample district that comes with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from toegankelijk.errors import ConfigError


def sample_city(name: str = "") -> Path:
    """Path of the city.toml of the sample district: a made-up place, to try things on.

    Parameters
    ----------
    name
        Another made-up place, or the district in another shape: ``walking`` (a district in which it is known who gets where on
        foot), ``pavements`` (a street with known widths), ``osm`` or ``registers``.

    Raises
    ------
    ConfigError
        There is no sample of that name, or the package is installed incompletely.

    Examples
    --------
    >>> sample_city().name, sample_city("walking").name
    ('city.toml', 'city_walking.toml')
    """
    folders = (Path(str(files("toegankelijk"))) / "sample_data", Path(__file__).resolve().parents[2] / "sample_data")
    for folder in folders:
        path = folder / (f"city_{name}.toml" if name else "city.toml")
        if path.is_file():
            return path
    known = sorted(path.stem.removeprefix("city_") for folder in folders for path in folder.glob("city_*.toml"))
    if name and known:
        raise ConfigError(f"there is no sample called {name!r}; there are {', '.join(dict.fromkeys(known))}")
    raise ConfigError("the sample district is not there: the package is installed incompletely; install it again")
