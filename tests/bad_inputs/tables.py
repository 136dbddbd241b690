"""Tables in text: the dialects of Excel and of portals, and what is no table; and tables that are joined or observed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .make import District, case, changed, sample

QUOTED = '"Lindeplein; hoek\nKapelstraat"'


def kerbs(*, comma: bool = True, degrees: bool = False) -> pd.DataFrame:
    """The kerbs as a table of text, with their place in columns x and y."""
    frame = sample("drempels")
    frame = frame.to_crs(4326) if degrees else frame
    table = pd.DataFrame(frame.drop(columns="geometry")).astype("object").where(frame.notna(), "").astype(str)
    points = {"lon": frame.geometry.x, "lat": frame.geometry.y} if degrees else {"x": frame.geometry.x, "y": frame.geometry.y}
    for name, numbers in points.items():
        table[name] = [f"{number:.7f}".replace(".", "," if comma else ".") for number in numbers]
    return table


def lines(table: pd.DataFrame, separator: str = ";") -> list[str]:
    """Lines of a table in text."""
    rows = [list(table.columns), *table.to_numpy().tolist()]
    return [separator.join(f'"{cell}"' if separator in cell else cell for cell in row) for row in rows]


def deliver(city: District, content: str | bytes, *, file: str = "drempels.csv", crs: str | None = "EPSG:31370") -> Path:
    """Let city.toml read the kerbs from a table in text."""
    path = city.folder / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    city.deliver("drempels", file)
    city.settings("drempels")["coordinates"] = ["x", "y"]
    if crs:
        city.settings("drempels")["crs"] = crs
    return path


@case("csv-semicolons")
def semicolons(city: District) -> None:
    deliver(city, "\r\n".join(lines(kerbs())))


@case("csv-tabs-utf16")
def tabs(city: District) -> None:
    deliver(city, "\r\n".join(lines(kerbs(), "\t")).encode("utf-16"))


@case("csv-cp1252")
def cp1252(city: District) -> None:
    table = changed(kerbs(), "NV-05", "straat", "Vijvérstraat – €")
    deliver(city, "\r\n".join(lines(table)).encode("cp1252"))


@case("csv-title-above")
def title(city: District) -> None:
    deliver(city, "\r\n".join(["Drempels in de wijk", "", *lines(kerbs())]))


@case("csv-break-in-cell")
def quoted(city: District) -> None:
    rows = lines(kerbs())
    rows[1] = rows[1].replace("Lindeplein", QUOTED)
    deliver(city, "\r\n".join(rows))


@case("csv-row-short")
def short(city: District) -> None:
    rows = lines(kerbs())
    rows[3] = rows[3].partition(";")[2]
    deliver(city, "\r\n".join(rows))


@case("csv-comma-not-quoted")
def unquoted(city: District) -> None:
    rows = [",".join(row) for row in kerbs().to_numpy().tolist()]
    deliver(city, "\n".join([",".join(kerbs().columns), *rows]))


@case("csv-name-twice")
def name_twice(city: District) -> None:
    rows = lines(kerbs())
    rows[0] = rows[0].replace("beheerder", "straat")
    deliver(city, "\r\n".join(rows))


@case("csv-names-only")
def names_only(city: District) -> None:
    deliver(city, lines(kerbs())[0])


@case("csv-quote-open")
def quote_open(city: District) -> None:
    rows = lines(kerbs())
    rows[2] = rows[2].replace("Lindeplein", '"Lindeplein')
    deliver(city, "\r\n".join(rows))


@case("csv-page")
def page(city: District) -> None:
    deliver(city, "<!DOCTYPE html><html><body>404 Not found</body></html>")


@case("csv-binary")
def binary(city: District) -> None:
    deliver(city, bytes(range(256)) * 4)


@case("csv-no-crs")
def no_crs(city: District) -> None:
    deliver(city, "\r\n".join(lines(kerbs())), crs=None)


@case("csv-wrong-crs")
def wrong_crs(city: District) -> None:
    deliver(city, "\r\n".join(lines(kerbs())), crs="EPSG:3812")


@case("csv-columns-swapped")
def columns_swapped(city: District) -> None:
    deliver(city, "\r\n".join(lines(kerbs())))
    city.settings("drempels")["coordinates"] = ["y", "x"]


@case("csv-degrees-swapped")
def degrees_swapped(city: District) -> None:
    deliver(city, "\r\n".join(lines(kerbs(degrees=True))), crs="EPSG:4326")
    city.settings("drempels")["coordinates"] = ["lat", "lon"]


@case("csv-no-coordinates")
def no_coordinates(city: District) -> None:
    deliver(city, "\r\n".join(lines(kerbs().drop(columns=["x", "y"]))))
    del city.settings("drempels")["coordinates"]


@case("csv-place-missing")
def place_missing(city: District) -> None:
    deliver(city, "\r\n".join(lines(changed(kerbs(), "NV-05", "x", ""))))


@case("csv-place-rounded")
def place_rounded(city: District) -> None:
    deliver(city, "\r\n".join(lines(changed(kerbs(), "NV-05", "x", "2,29E+05"))))


@case("csv-places-in-thousands")
def thousands(city: District) -> None:
    table = kerbs().assign(x=lambda rows: rows["x"].str[:3] + "." + rows["x"].str[3:6])
    deliver(city, "\r\n".join(lines(table)))


@case("csv-geometry-broken")
def geometry_broken(city: District) -> None:
    table = kerbs().drop(columns=["x", "y"]).assign(wkt=sample("drempels").geometry.to_wkt())
    deliver(city, "\r\n".join(lines(changed(table, "NV-05", "wkt", "POINT (229050"))))
    city.settings("drempels")["coordinates"] = ["wkt"]


@case("join-key-twice")
def join_twice(city: District) -> None:
    (city.folder / "meer.csv").write_text("id;nota\nVP-07;a\nVP-07;b\n")
    city.settings("voetpaden")["join"] = [{"source": "meer.csv", "on": "id"}]


@case("observed-object-unknown")
def observed_unknown(city: District) -> None:
    (city.folder / "meting.csv").write_text("object_id;route_width;measured_on\nVP-98;1,20 m;2026-05-02\n")
    city.config["observations"] = [{"source": "meting.csv", "kind": "footway"}]


@case("observed-value-unclear")
def observed_value(city: District) -> None:
    (city.folder / "meting.csv").write_text("object_id;route_width;measured_on\nVP-07;breed;2026-05-02\n")
    city.config["observations"] = [{"source": "meting.csv", "kind": "footway"}]


@case("observed-date-unclear")
def observed_date(city: District) -> None:
    (city.folder / "meting.csv").write_text("object_id;route_width;measured_on\nVP-07;2,40 m;ooit\n")
    city.config["observations"] = [{"source": "meting.csv", "kind": "footway"}]


@case("postgis-variable-missing")
def postgis(city: District) -> None:
    del city.settings("voetpaden")["source"]
    city.settings("voetpaden")["postgis"] = "TOEGANKELIJK_BESTAAT_NIET"


@case("postgis-address-in-file")
def postgis_address(city: District) -> None:
    del city.settings("voetpaden")["source"]
    city.settings("voetpaden")["postgis"] = "postgresql://stad:GEHEIM@127.0.0.1/gis"


@case("terrain-no-raster")
def terrain(city: District) -> None:
    (city.folder / "hoogte.tif").write_bytes(b"II*\0" + b"\0" * 100)
    city.config["terrain"] = {"source": "hoogte.tif", "accuracy": 0.1}


@case("register-map-unknown")
def register(city: District) -> None:
    city.config["registers"] = [{"source": "district.gpkg", "map": "kadaster"}]
