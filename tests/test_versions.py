"""`show_versions` says what a maintainer needs, and nothing of whose machine it is."""

import getpass
import importlib
import re
import socket
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import rasterio
import shapely

import toegankelijk as tg
from toegankelijk import versions

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def printed(capsys):
    tg.show_versions()
    return dict(re.split(r":\s+", line, maxsplit=1) for line in capsys.readouterr().out.splitlines())


def test_every_package_that_the_project_asks_for_is_there(printed):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *(line for extra in ("excel", "postgis", "osm", "raster") for line in extras[extra])]
    for line in asked:
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0].lower()
        try:
            there = metadata.version(name)
        except metadata.PackageNotFoundError:
            there = "not installed"
        assert printed[name].startswith(there)
    assert printed["toegankelijk"] == metadata.version("toegankelijk")
    assert printed["python"].startswith(".".join(map(str, sys.version_info[:3])))
    assert not {"ruff", "mypy", "sphinx", "pytest"} & set(printed)


def test_libraries_are_told_per_package_that_carries_them(printed):
    assert printed["GEOS of shapely"] == shapely.geos_version_string
    assert printed["GDAL of rasterio"] == rasterio.__gdal_version__
    for name in ("GDAL of pyogrio", "GDAL of fiona", "PROJ of pyproj", "PROJ of fiona", "PROJ of rasterio", "GEOS of pyogrio"):
        assert re.fullmatch(r"\d+\.\d+\.\d+", printed[name]), name


def test_no_path_host_or_user_is_told(printed, monkeypatch):
    monkeypatch.setattr("platform.release", lambda: "6.1.0-anna-on-anna-laptop")
    text = "\n".join(f"{name} {version}" for name, version in {**printed, **versions.found_versions()}.items())
    assert "6.1.0" in text
    assert not re.search(r"[/\\@]", text)
    assert "anna" not in text
    assert not {socket.gethostname(), getpass.getuser(), str(Path.home()), sys.prefix} & set(text.split())


def test_what_is_not_there_or_does_not_load_is_said(monkeypatch):
    def version(name):
        if name in ("rasterio", "osmium"):
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    def load(name):
        if name == "rasterio":
            raise ModuleNotFoundError(name)
        if name == "fiona":
            raise ImportError("libgdal.so.36: cannot open /home/anna/lib")
        return importlib.__import__(name)

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(versions.importlib, "import_module", load)
    rows = versions.found_versions()
    assert (rows["rasterio"], rows["osmium"]) == ("not installed (raster)", "not installed (osm)")
    assert rows["libraries of fiona"] == "cannot be read (ImportError)"
    assert not [name for name in rows if name.endswith(" of rasterio")]
    assert not any("anna" in version for version in rows.values())
