"""Security: texts that would run, paths that lead elsewhere, files made to harm a reader."""

from __future__ import annotations

import csv
import shutil
from importlib.resources import files
from pathlib import Path

from .make import OSM, District, alter, case, changed, feature, geojson, give_osm, sample

RUN = "cycler.__init__.__globals__.os.system('touch RAN')"
"""Makes a file in the working folder if a page takes it for a template."""

PAYLOADS = {
    "template": "{{ " + RUN + " }}",
    "template-set": "{% set x = " + RUN + " %}",
    "script-end": "</script><script>window.RAN=1</script>",
    "image": "<img src=x onerror=window.RAN=1>",
    "formula": "=cmd|'/c calc'!A0",
    "control": "Kapel\x0bstraat\x1f",
    "long": "Kapelstraat " * 4000,
    "markup": "[bold red]Kapel[/bold red] [/]",
}
"""Hostile names of streets."""

VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='voetpaden'><SrcDataSource>/vsicurl/{trap}/x.gpkg</SrcDataSource>"
    "</OGRVRTLayer></OGRVRTDataSource>"
)

LAUGHS = (
    "<!DOCTYPE osm [<!ENTITY a0 'ha'>"
    + "".join(f"<!ENTITY a{level} '{f'&a{level - 1};' * 10}'>" for level in range(1, 12))
    + "]>"
)

for name, text in PAYLOADS.items():
    case(f"sec-street-{name}")(
        lambda city, text=text: city.feed(
            "voetpaden", changed(sample("voetpaden"), "VP-07", "straat", text), file="voetpaden.geojson"
        )
    )

for name in ("template", "image"):
    case(f"sec-zone-{name}")(lambda city, text=PAYLOADS[name]: city.feed("zones", changed(sample("zones"), "WZ-3", "naam", text)))


@case("sec-zone-path")
def zone_path(city: District) -> None:
    city.change("zones", "WZ-3", "naam", "../../RAN/..\\x:*?")


@case("sec-id-template")
def object_id(city: District) -> None:
    city.change("voetpaden", "VP-07", "id", PAYLOADS["template"])


@case("sec-id-script")
def object_id_script(city: District) -> None:
    city.change("voetpaden", "VP-07", "id", PAYLOADS["script-end"])


@case("sec-column-template")
def column(city: District) -> None:
    city.feed("voetpaden", sample("voetpaden").rename(columns={"straat": PAYLOADS["template"]}), file="voetpaden.parquet")
    city.settings("voetpaden")["columns"]["street"] = PAYLOADS["template"]


@case("sec-raw-value-script")
def raw_value(city: District) -> None:
    city.change("voetpaden", "VP-07", "breedte", PAYLOADS["script-end"])


@case("sec-city-name-script")
def city_name(city: District) -> None:
    city.config["city"]["name"] = PAYLOADS["script-end"] + PAYLOADS["template"]


@case("sec-attribution-script")
def attribution(city: District) -> None:
    city.config["city"]["attribution"] = PAYLOADS["image"]


@case("sec-district-template")
def district(city: District) -> None:
    city.config["districts"] = {PAYLOADS["template"]: {"source": "district.gpkg", "layer": "wijken", "id": "wijk_id"}}


@case("sec-layer-name-sql")
def layer_name(city: District) -> None:
    city.settings("voetpaden")["layer"] = 'voetpaden"; DROP TABLE voetpaden; --'


@case("sec-layer-name-odd")
def layer_odd(city: District) -> None:
    name = "voet\"paden'; DROP TABLE drempels; -- {{ 7*7 }}"
    path = city.feed("voetpaden")
    path.unlink()
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-05-01T00:00:00Z"})
    pyogrio.write_dataframe(sample("voetpaden"), path, layer=name, driver="GPKG")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    city.deliver("voetpaden", path.name, name)


@case("sec-gpkg-trigger")
def trigger(city: District) -> None:
    path = city.feed("voetpaden")
    alter(path, "CREATE TRIGGER x AFTER UPDATE ON voetpaden BEGIN SELECT writefile('RAN', 'x'); END")


@case("sec-gpkg-view-loads")
def view(city: District) -> None:
    path = city.feed("voetpaden")
    alter(
        path,
        "ALTER TABLE voetpaden RENAME TO basis",
        "CREATE VIEW voetpaden AS SELECT *, load_extension('RAN.so') AS nota FROM basis",
    )


# Paths


def source(city: District, text: str) -> None:
    """Let city.toml read the footways from this place."""
    city.deliver("voetpaden", text)


case("sec-path-vsicurl")(lambda city: source(city, f"/vsicurl/{city.trap}/voetpaden.gpkg"))
case("sec-path-http")(lambda city: source(city, f"{city.trap}/voetpaden.gpkg"))
case("sec-path-driver")(lambda city: source(city, "GPKG:district.gpkg"))
case("sec-path-password")(lambda city: source(city, "PG:host=127.0.0.1 dbname=gis user=stad password=GEHEIM"))
case("sec-path-password-url")(lambda city: source(city, city.trap.replace("//", "//stad:GEHEIM@") + "/voetpaden.gpkg"))
case("sec-path-nul")(lambda city: source(city, "voet\u0000paden.gpkg"))
case("sec-path-long")(lambda city: source(city, "v" * 5000 + ".gpkg"))
case("sec-path-device")(lambda city: source(city, "/dev/zero"))


@case("sec-path-absolute")
def absolute(city: District) -> None:
    path = city.feed("voetpaden")
    city.settings("voetpaden")["source"] = str(path.resolve())


@case("sec-path-above")
def above(city: District) -> None:
    (city.folder / "gis").mkdir()
    city.feed("voetpaden", file="gis/voetpaden.gpkg")
    city.settings("voetpaden")["source"] = "gis/../gis/voetpaden.gpkg"


@case("sec-zones-argument-vsicurl")
def zones_vsicurl(city: District) -> None:
    city.zones = Path(f"/vsicurl/{city.trap}/zones.gpkg")


@case("sec-inventory-http")
def inventory_http(city: District) -> None:
    city.config = {"inventory": f"{city.trap}/findings.gpkg", **city.config}
    city.config_text = None


@case("sec-vrt-named-gpkg")
def vrt_gpkg(city: District) -> None:
    (city.folder / "voetpaden.gpkg").write_text(VRT.format(trap=city.trap))
    city.deliver("voetpaden", "voetpaden.gpkg")


@case("sec-vrt")
def vrt(city: District) -> None:
    (city.folder / "voetpaden.vrt").write_text(VRT.format(trap=city.trap))
    city.deliver("voetpaden", "voetpaden.vrt")


@case("sec-vrt-beside")
def vrt_beside(city: District) -> None:
    city.feed("voetpaden", file="voetpaden.geojson")
    (city.folder / "voetpaden.vrt").write_text(VRT.format(trap=city.trap))
    (city.folder / "voetpaden.geojson.aux.xml").write_text("<PAMDataset/>")


# Coordinate systems


@case("sec-crs-link")
def crs_link(city: District) -> None:
    city.deliver("voetpaden", "voetpaden.geojson")
    link = {"type": "link", "properties": {"href": f"{city.trap}/crs", "type": "proj4"}}
    geojson(city.folder / "voetpaden.geojson", feature(sample("voetpaden")), crs=link)


@case("sec-crs-link-in-geometry")
def crs_link_geometry(city: District) -> None:
    features = feature(sample("voetpaden"))
    features[6]["geometry"]["crs"] = {"type": "name", "properties": {"name": f"{city.trap}/crs"}}
    city.deliver("voetpaden", "voetpaden.geojson")
    geojson(city.folder / "voetpaden.geojson", features)


@case("sec-crs-address")
def crs_address(city: District) -> None:
    city.config["city"]["crs"] = f"{city.trap}/crs"


@case("sec-crs-file")
def crs_file(city: District) -> None:
    city.config["city"]["crs"] = "+init=/etc/passwd:1"


@case("sec-prj-address")
def prj(city: District) -> None:
    path = city.shapefile("voetpaden")
    path.with_suffix(".prj").write_text(f"{city.trap}/crs")


# XML and archives


@case("sec-osm-doctype")
def osm_doctype(city: District) -> None:
    give_osm(city, doctype="<!DOCTYPE osm [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", name="&x;")


@case("sec-osm-doctype-address")
def osm_dtd(city: District) -> None:
    give_osm(city, doctype=f"<!DOCTYPE osm SYSTEM '{city.trap}/x.dtd'>")


@case("sec-osm-laughs")
def osm_laughs(city: District) -> None:
    give_osm(city, doctype=LAUGHS, name="&a11;")


@case("sec-osm-template")
def osm_template(city: District) -> None:
    give_osm(city, name=PAYLOADS["template"])


@case("osm-cut")
def osm_cut(city: District) -> None:
    path = give_osm(city)
    path.write_bytes(path.read_bytes()[:200])


@case("osm-gzip-cut")
def osm_gzip_cut(city: District) -> None:
    path = give_osm(city, file="stad.osm.gz")
    path.write_bytes(path.read_bytes()[:100])


@case("osm-named-pbf")
def osm_named_pbf(city: District) -> None:
    city.source = give_osm(city).rename(city.folder / "stad.osm.pbf")


@case("osm-nothing-in-it")
def osm_nothing(city: District) -> None:
    (city.folder / "stad.osm").write_text("<?xml version='1.0'?><osm version='0.6'></osm>")
    city.source = city.folder / "stad.osm"


@case("osm-place-impossible")
def osm_place(city: District) -> None:
    (city.folder / "stad.osm").write_text(OSM.format(doctype="", name="x").replace('lat="50.941"', 'lat="950.941"'))
    city.source = city.folder / "stad.osm"


@case("osm-id-words")
def osm_id(city: District) -> None:
    (city.folder / "stad.osm").write_text(OSM.format(doctype="", name="x").replace('way id="3"', 'way id="drie"'))
    city.source = city.folder / "stad.osm"


# Norm and city.toml


def norm(city: District) -> Path:
    """Deliver a copy of the bundled norm."""
    folder = city.folder / "norm"
    shutil.copytree(Path(str(files("toegankelijk"))) / "data" / "norm" / "vlaanderen", folder)
    city.norm = folder
    return folder


@case("sec-norm-too-large")
def norm_large(city: District) -> None:
    path = norm(city) / "sources.csv"
    path.write_bytes(path.read_bytes() + b"\n" * (2 << 20))


@case("sec-norm-script")
def norm_script(city: District) -> None:
    path = norm(city) / "criteria.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["code"] == "PAS-01":
            row["name_nl"] += PAYLOADS["script-end"] + PAYLOADS["template"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@case("sec-norm-no-table")
def norm_table(city: District) -> None:
    (norm(city) / "limits.csv").unlink()


@case("sec-norm-other-bytes")
def norm_bytes(city: District) -> None:
    (norm(city) / "limits.csv").write_bytes(b"\xff\xfe\x00limits")


@case("sec-norm-link")
def norm_link(city: District) -> None:
    path = norm(city) / "norm.toml"
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


@case("sec-norm-limit-word")
def norm_limit(city: District) -> None:
    path = norm(city) / "severities.csv"
    lines = path.read_text("utf-8").splitlines()
    lines[1] = lines[1].rpartition(",")[0] + ",__import__('os').system('touch RAN')"
    path.write_text("\n".join(lines) + "\n", "utf-8")


@case("sec-city-too-large")
def city_large(city: District) -> None:
    city.config_text = "# x\n" * (1 << 19)


@case("sec-city-deep")
def city_deep(city: District) -> None:
    city.config_text = "a = " + "[" * 100_000


@case("sec-city-long-number")
def city_number(city: District) -> None:
    city.config_text = "a = " + "9" * 10_000


@case("sec-city-not-toml")
def city_not_toml(city: District) -> None:
    city.config_text = "city: {name: Genk}"


@case("sec-city-database")
def city_database(city: District) -> None:
    city.source = city.folder / "district.gpkg"


@case("sec-city-key-unknown")
def city_key(city: District) -> None:
    city.settings("voetpaden")["colums"] = {"route_width": "breedte"}


@case("sec-city-kind-unknown")
def city_kind(city: District) -> None:
    city.settings("voetpaden")["kind"] = "pavement"


@case("sec-city-expression")
def city_expression(city: District) -> None:
    city.settings("voetpaden")["columns"]["route_width"] = "__import__('os').system('touch RAN')"
