"""Versions of all that a screening rests on, for a report of a fault: no path, host or user is in it."""

from __future__ import annotations

import importlib
import platform
import re
import sys
from importlib import metadata
from typing import Any

PACKAGE = "toegankelijk"

DEVELOPMENT = ("all", "dev", "docs", "test")
"""Extras that nobody needs for a screening (`all` repeats the others)."""

LIBRARIES = ("pyogrio", "fiona", "rasterio", "shapely", "pyproj")
"""Packages that carry libraries in C of their own: the same library may be there in several versions."""


def show_versions() -> None:
    """Print the versions of Python, the system, this package, the packages it uses, and the libraries that these carry.

    Paste it under a report of a fault; it holds no path, and no name of a machine or a user.

    Examples
    --------
    >>> show_versions()  # doctest: +ELLIPSIS
    toegankelijk: ...
    """
    rows = found_versions()
    width = max(map(len, rows))
    sys.stdout.write("".join(f"{name + ':':<{width + 1}} {version}\n" for name, version in rows.items()))


def found_versions() -> dict[str, str]:
    """What is installed, by name; a package that is not is ``"not installed (extra)"``."""
    rows = {
        PACKAGE: metadata.version(PACKAGE),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": f"{platform.system()} {_leading_number(platform.release())} ({platform.machine()})",
    }
    rows |= {name: _installed(name, extra) for name, extra in _used().items()}
    for name in LIBRARIES:
        rows |= {f"{library} of {name}": version for library, version in _libraries(name).items()}
    return rows


def _used() -> dict[str, str]:
    """Packages that this one asks for, with the extra that brings them (nothing for those that are always there)."""
    used: dict[str, str] = {}
    for line in metadata.requires(PACKAGE) or ():
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0].lower()
        extra = match[1] if (match := re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", line)) else ""
        if extra not in DEVELOPMENT and name != PACKAGE:
            used.setdefault(name, extra)
    return dict(sorted(used.items(), key=lambda item: (item[1] != "", item[0])))


def _installed(name: str, extra: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"not installed ({extra})" if extra else "not installed"


def _libraries(name: str) -> dict[str, str]:
    """Versions of GDAL, PROJ and GEOS that a package carries; a package that is there and fails to load says so."""
    try:
        module = importlib.import_module(name)
        found: dict[str, Any] = {
            "pyogrio": lambda: {"GDAL": module.__gdal_version__, "GEOS": module.__gdal_geos_version__},
            "fiona": lambda: {"GDAL": module.__gdal_version__, "PROJ": _proj_of_fiona()},
            "rasterio": lambda: {
                "GDAL": module.__gdal_version__,
                "PROJ": module.__proj_version__,
                "GEOS": module.__geos_version__,
            },
            "shapely": lambda: {"GEOS": module.geos_version},
            "pyproj": lambda: {"PROJ": module.proj_version_str},
        }[name]()
    except ModuleNotFoundError:
        return {}
    except (ImportError, OSError, AttributeError) as error:
        return {"libraries": f"cannot be read ({type(error).__name__})"}
    return {library: _dotted(version) for library, version in found.items() if version}


def _proj_of_fiona() -> Any:
    """PROJ of fiona, which tells it in an inner module only."""
    inner = importlib.import_module("fiona._env")
    return getattr(inner, "get_proj_version_tuple", tuple)()


def _dotted(version: Any) -> str:
    return ".".join(map(str, version)) if isinstance(version, tuple) else str(version)


def _leading_number(release: str) -> str:
    """Number of a release; what follows may name who built it."""
    return match[0] if (match := re.match(r"\d+(?:\.\d+)*", release)) else ""
