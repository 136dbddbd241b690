"""Tables in text: separators, alphabets, titles and ragged rows; and the places of their rows."""

import csv
import io
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toegankelijk.errors import ConfigError, InputError
from toegankelijk.io import delimited
from toegankelijk.io.coordinates import Found, find_coordinates, read_numbers
from toegankelijk.io.delimited import read_delimited, read_points
from toegankelijk.io.formats import list_source, read_rows, read_source

BENCHES = "id;naam;X_Lambert72;Y_Lambert72;breedte\nB-1;Kerk;228350,5;182350,25;1,5 m\nB-2;Café;228360;182350;90cm\n"


@pytest.fixture
def table(tmp_path):
    """Write a text or bytes to a file and give its path."""

    def write(content, name="banken.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def cells(frame):
    return [[None if pd.isna(cell) else cell for cell in row] for row in frame.itertuples(index=False, name=None)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_alphabets_and_line_ends(table, encoding, newline):
    frame = read_delimited(table(BENCHES.replace("\n", newline).encode(encoding)))
    assert list(frame) == ["id", "naam", "X_Lambert72", "Y_Lambert72", "breedte"]
    assert cells(frame)[1] == ["B-2", "Café", "228360", "182350", "90cm"]


def test_euro_sign_and_dash_of_windows(table):
    assert cells(read_delimited(table("id;prijs\n1;5 €\u2013\n".encode("cp1252")))) == [["1", "5 €\u2013"]]


@pytest.mark.parametrize("separator", delimited.SEPARATORS)
def test_separators(table, separator):
    text = "\n".join(separator.join(cell) for cell in (["id", "naam", "b"], ["1", "x", "1.5"], ["2", "y", "2.5"]))
    assert cells(read_delimited(table(text))) == [["1", "x", "1.5"], ["2", "y", "2.5"]]


def test_the_separator_of_the_first_line_counts(table):
    assert cells(read_delimited(table("sep=,\r\na,b\r\n1;x,2;y\r\n"))) == [["1;x", "2;y"]]
    assert cells(read_delimited(table("sep=^\na^b\n1^2\n"))) == [["1", "2"]]
    assert cells(read_delimited(table("sep=\t\na\tb\n1\t2\n".encode("utf-16")))) == [["1", "2"]]
    with pytest.raises(InputError, match="no sign between cells"):
        read_delimited(table("sep=ab\na;b\n1;2\n"))


def test_commas_in_cells_are_no_separators(table):
    assert cells(read_delimited(table("id;geo\n1;50,96, 5,49\n2;50,97, 5,50\n"))) == [["1", "50,96, 5,49"], ["2", "50,97, 5,50"]]
    assert cells(read_delimited(table("id;a;b\n1;1,5;2,5\n2;1,6;2,6\n"))) == [["1", "1,5", "2,5"], ["2", "1,6", "2,6"]]
    assert cells(read_delimited(table("wkt\nPOINT (1 2)\nLINESTRING (1 2, 3 4, 5 6)\n"))) == [
        ["POINT (1 2)"],
        ["LINESTRING (1 2, 3 4, 5 6)"],
    ]


def test_quotes_keep_separators_quotes_and_line_ends(table):
    assert cells(read_delimited(table('id;opm\n1;"a;b ""c""\nd"\n2;x\n'))) == [["1", 'a;b "c"\nd'], ["2", "x"]]


def test_blanks_are_stripped_and_missing(table):
    frame = read_delimited(table("id;a\n 1 ;\u00a0x \n\n;;\n2; \n".replace(";;", ";")))
    assert cells(frame) == [["1", "x"], ["2", None]]
    assert frame.attrs == {"blank_rows": 2, "title_rows": 0}


def test_signs_that_nobody_sees_are_taken_out(table):
    assert cells(read_delimited(table("id;a\n1;b\x0bc\x07\n\u200b2;d\ufeff\n"))) == [["1", "b c"], ["2", "d"]]


def test_formulas_are_text_and_their_guard_is_taken_off(table):
    text = "id;a\n=1+1;'=1+1\n'-5;+32 89\n'@x;'s Hertogenbosch\n"
    assert cells(read_delimited(table(text))) == [["=1+1", "=1+1"], ["-5", "+32 89"], ["@x", "'s Hertogenbosch"]]


def test_titles_above_the_names(table):
    text = "Inventaris zitbanken, stad Genk\nToestand op 1/5/2026\n\n" + BENCHES
    frame = read_delimited(table(text))
    assert cells(frame)[0][0] == "B-1"
    assert frame.attrs == {"blank_rows": 1, "title_rows": 2}
    padded = "\n".join(line + ";" * (4 - line.count(";")) for line in text.splitlines())
    pd.testing.assert_frame_equal(read_delimited(table(padded)), frame)


@pytest.mark.parametrize(
    "text",
    [
        "id\n1;x\n2;y\n",  # only one column has a name: the first row of values is no row of names
        "Titel\nid;naam;naam\n1;x;y\n2;x;y\n",
        "Titel\nTitel\nTitel\nid;naam\n1;x\n",  # more above than below
        "id,opm\n1,a\n2,b;c,d\n",
    ],
)
def test_titles_are_not_guessed(table, text):
    with pytest.raises(InputError):
        read_delimited(table(text))


def test_ragged_rows_are_refused_with_their_numbers(table):
    with pytest.raises(InputError) as error:
        read_delimited(table("id;naam;b\n1;x;2\n2;Kerk; straat;3\n\n3;y\n"))
    assert error.value.problems == (
        "row 3: 4 cells with ';' between them, where the names are 3",
        "row 5: 2 cells with ';' between them, where the names are 3",
    )
    assert "sep=;" in error.value.message


def test_many_ragged_rows_are_not_all_listed(table):
    with pytest.raises(InputError) as error:
        read_delimited(table("a;b\n" + "1;2;3\n" * 100 + "1;2\n"))
    assert len(error.value.problems) == 21
    assert error.value.problems[-1] == "and 80 rows more"


def test_rows_that_all_end_in_a_separator(table):
    assert cells(read_delimited(table("a;b\n1;2;\n3;4;\n"))) == [["1", "2"], ["3", "4"]]
    assert cells(read_delimited(table("a;b;\n1;2;\n3;4;\n"))) == [["1", "2"], ["3", "4"]]


def sheet(rows):
    """Rows as Excel saves them: the last separators are left out where 16 rows together are empty there."""
    lines = []
    for start in range(0, len(rows), 16):
        block = rows[start : start + 16]
        used = max(max((place + 1 for place, cell in enumerate(row) if cell), default=1) for row in block)
        lines += [";".join(row[:used]) for row in block]
    return "\n".join(lines) + "\n"


def test_rows_that_excel_left_short(table):
    rows = [["id", "x", "opm"], *([str(n), "1", "z" if n < 20 else ""] for n in range(60))]
    text = sheet(rows)
    assert text.count(";") < 61 * 2
    frame = read_delimited(table(text))
    assert cells(frame)[-1] == ["59", "1", None]
    assert len(frame) == 60


def test_a_line_that_broke_in_two_is_refused_in_a_block_of_its_own(table):
    whole = ["a;b;c", *(f"{n};1;2" for n in range(15))]
    with pytest.raises(InputError, match="row 17"):
        read_delimited(table("\n".join([*whole, "16;Kerk", "straat;2"])))


def test_quotes_that_do_not_end_are_refused(table):
    with pytest.raises(InputError, match="never closed"):
        read_delimited(table('id;a\n1;"x\n2;y\n'))
    with pytest.raises(InputError, match="expected after"):
        read_delimited(table('id;a\n1;"x" y;\n'))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id;a;a\n1;2;3\n", "name 'a' stands over 2 columns"),
        ("id;;b\n1;2;3\n", "column 2 holds values but has no name"),
        ("1;2;3\n4;5;6\n", "the first row holds numbers"),
    ],
)
def test_names_that_are_not_clear(table, text, problem):
    with pytest.raises(InputError, match="the names of the columns") as error:
        read_delimited(table(text))
    assert any(problem in line for line in error.value.problems)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "is empty"),
        (b" \n;;\n", "no row holds"),
        (b"PK\x03\x04\x14\x00\x08\x00rest", "is no text"),
        (b"id;a\n1;\x81\n", "is no text"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b'{"error": "no such layer"}', "JSON"),
    ],
)
def test_what_is_no_table_is_refused(table, raw, problem):
    with pytest.raises(InputError, match=problem):
        read_delimited(table(raw))


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_delimited(tmp_path / "weg.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_delimited(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_delimited(tmp_path / ("x" * 300 + ".csv"))


def test_too_large_a_table_is_refused(table, monkeypatch):
    monkeypatch.setattr(delimited, "MOST_BYTES", 10)
    with pytest.raises(InputError, match="GeoPackage"):
        read_delimited(table(BENCHES))


def test_long_cells_are_read_and_the_limit_of_the_program_stays(table):
    before = csv.field_size_limit()
    ring = ", ".join(f"{n} 0" for n in range(60_000))
    assert len(read_delimited(table(f"id;wkt\n1;LINESTRING ({ring})\n"))["wkt"][0]) > 200_000
    assert csv.field_size_limit() == before


def test_reading_changes_nothing(table):
    path = table(BENCHES)
    before = path.read_bytes(), path.stat().st_mtime_ns
    read_points(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(path.parent.iterdir()) == [path]


TEXTS = st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"]), max_size=12)


@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=8),
    separator=st.sampled_from(delimited.SEPARATORS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_in_every_dialect(table, rows, separator, encoding, newline, quoting):
    rows = [(f"B-{number}", *row) for number, row in enumerate(rows)]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=newline, quoting=quoting).writerows([("id", "a", "b", "c"), *rows])
    frame = read_delimited(table(text.getvalue().encode(encoding)))
    meant = [[plain(cell) for cell in row] for row in rows]
    assert cells(frame) == meant


def plain(cell):
    """A cell as it is read: stripped, without a guard before a formula."""
    cell = cell.strip()
    return (cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@") else cell) or None


NUMBERS = [
    ("228350", 228350.0),
    ("228350,5", 228350.5),
    ("228350.25", 228350.25),
    ("228.350,12", 228350.12),
    ("228,350.12", 228350.12),
    ("1.228.350", 1228350.0),
    ("228 350,5", 228350.5),
    ("228\u00a0350", 228350.0),
    ("-4,391", None),
    ("−4,3912", -4.3912),
    ("228.350", None),
    ("228350 m", None),
    ("2,28E+05", None),
    ("2.2835012e+05", 228350.12),
    ("", None),
    ("onbekend", None),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS)
def test_numbers(text, number):
    found = read_numbers(pd.Series([text or None], dtype="str"))[0]
    assert (None if pd.isna(found) else found) == number


def test_a_sign_before_three_digits_is_read_as_elsewhere_in_the_column():
    def read(*texts, **more):
        return read_numbers(pd.Series(texts, dtype="str"), **more).tolist()

    assert read("50.9", "50.945") == [50.9, 50.945]
    assert read("50,9", "50,945") == [50.9, 50.945]
    assert read("4.391", degrees=True) == [4.391]
    assert read("228.350,5", "228.351") == [228350.5, 228351.0]
    assert pd.isna(read("50,9", "50.945")).tolist() == [False, True]


def test_points_by_names_that_tell_the_system(table):
    frame = read_points(table(BENCHES))
    assert frame.crs.to_epsg() == 31370
    assert frame.geometry.to_wkt().tolist() == ["POINT (228350.5 182350.25)", "POINT (228360 182350)"]
    assert frame["breedte"].tolist() == ["1,5 m", "90cm"]
    assert list(frame) == ["id", "naam", "X_Lambert72", "Y_Lambert72", "breedte", "geometry"]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("id x y", ("x", "y", "")),
        ("id lon lat x y", ("x", "y", "")),
        ("id lon lat X_RD Y_RD", ("X_RD", "Y_RD", "EPSG:28992")),
        ("Longitude Latitude", ("Longitude", "Latitude", "EPSG:4326")),
        ("stop_lat stop_lon", ("stop_lon", "stop_lat", "EPSG:4326")),
        ("WKT x y", ("WKT", "")),
        ("geo_point_2d geo_shape", ("geo_shape", "")),
        ("geo_point_2d naam", ("geo_point_2d", "EPSG:4326")),
    ],
)
def test_columns_with_places_are_found(names, found):
    *columns, crs = found
    assert find_coordinates(pd.DataFrame(columns=names.split()))[0] == Found(tuple(columns), crs)


def test_columns_that_do_not_fit_a_given_system_are_passed_over(table):
    path = table("id;lon;lat;x;y\n1;5,49;50,96;228350;182350\n")
    assert read_points(path, crs="EPSG:31370").geometry.to_wkt().tolist() == ["POINT (228350 182350)"]
    assert read_points(path, crs="EPSG:4258").geometry.to_wkt().tolist() == ["POINT (5.49 50.96)"]


def test_a_system_that_is_not_said_is_proposed(table):
    path = table("id;x;y\n1;228350;182350\n")
    with pytest.raises(InputError, match='set crs = "EPSG:31370"'):
        read_points(path)
    assert read_points(path, crs="EPSG:31370").crs.to_epsg() == 31370


def test_degrees_that_are_none(table):
    path = table("id;lon;lat\n1;228350;182350\n")
    with pytest.raises(InputError, match=r"EPSG:31370.*coordinates = \['lon', 'lat'\]"):
        read_points(path)
    frame = read_points(path, crs="EPSG:31370", coordinates=["lon", "lat"])
    assert frame.geometry.to_wkt().tolist() == ["POINT (228350 182350)"]


def test_swapped_degrees_are_refused_and_a_few_set_aside(table):
    with pytest.raises(InputError, match=r"coordinates = \['lat', 'lon'\]"):
        read_points(table("id;lon;lat\n1;50,96;5,49\n2;50,97;5,50\n"))
    assert read_points(table("id;lon;lat\n1;50,96;5,49\n"), coordinates=["lat", "lon"]).geometry[0].x == 5.49
    frame = read_points(table("id;lon;lat\n1;5,49;50,96\n2;5,50;50,97\n3;50,96;5,49\n"))
    assert shapely.is_missing(frame.geometry.values).tolist() == [False, False, True]


def test_rows_without_a_certain_place_have_none(table):
    frame = read_points(table("id;x;y\n1;228350,5;182350,5\n2;;182350\n3;228.350;182350\n4;0;0\n"), crs="EPSG:31370")
    assert shapely.is_missing(frame.geometry.values).tolist() == [False, True, True, True]
    assert len(frame) == 4


def test_a_table_in_which_no_place_is_certain_is_refused(table):
    with pytest.raises(InputError, match=r"none of 2 rows .*'228\.350'"):
        read_points(table("id;x;y\n1;228.350;182.350\n2;228.351;182.351\n"), crs="EPSG:31370")


def test_geometries_in_text(table):
    point = shapely.Point(228350, 182350)
    hexed = shapely.to_wkb(shapely.set_srid(point, 31370), hex=True, include_srid=True)
    for text in ("SRID=31370;POINT (228350 182350)", hexed):
        frame = read_points(table(f'id|geom\n1|"{text}"\n2|geen\n'))
        assert frame.crs.to_epsg() == 31370
        assert frame.geometry.tolist() == [point, None]
        assert list(frame) == ["id", "geometry"]
    assert read_points(table("id|wkt\n1|POINT (228350 182350)\n"), crs="EPSG:31370").geometry.tolist() == [point]
    with pytest.raises(InputError, match="EPSG:31370"):
        read_points(table("id|wkt\n1|POINT (228350 182350)\n"))
    with pytest.raises(InputError, match="several coordinate systems: EPSG:31370, EPSG:3812"):
        read_points(table('id|wkt\n1|"SRID=31370;POINT (1 2)"\n2|"SRID=3812;POINT (1 2)"\n'))
    with pytest.raises(InputError, match="crs says EPSG:3812"):
        read_points(table('id|wkt\n1|"SRID=31370;POINT (1 2)"\n'), crs="EPSG:3812")


def test_what_portals_call_a_point_and_a_shape(table):
    shape = shapely.box(5.49, 50.96, 5.5, 50.97)
    text = f"naam;Geo Point;Geo Shape\na;50.96, 5.49;{json.dumps(json.loads(shapely.to_geojson(shape)))!s}\n"
    quoted = text.replace('{"', '"{"').replace("}\n", '}"\n').replace('"', '""').replace('""{""', '"{""').replace('}""', '}"')
    frame = read_points(table(quoted))
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry[0].equals(shape)
    assert list(frame) == ["naam", "Geo Point", "geometry"]
    frame = read_points(table("id;geo_point_2d\n1;50.96, 5.49\n2;\n3;[50.96,5.5]\n"))
    assert [None if point is None else point.wkt for point in frame.geometry] == ["POINT (5.49 50.96)", None, "POINT (5.5 50.96)"]


def test_columns_that_are_not_there(table):
    with pytest.raises(ConfigError, match="the table has id, naam"):
        read_points(table(BENCHES), coordinates=["oost", "noord"])
    with pytest.raises(InputError, match="no columns with coordinates"):
        read_points(table("id;naam\n1;a\n"))


def test_a_table_without_rows(table):
    frame = read_points(table("id;lon;lat\n"))
    assert frame.empty
    assert frame.crs.to_epsg() == 4326


def test_through_the_one_door(table):
    path = table(BENCHES)
    assert list_source(path) == ["banken"]
    assert read_source(path).crs.to_epsg() == 31370
    assert read_rows(path)["id"].tolist() == ["B-1", "B-2"]


SAFE = st.text(st.characters(codec="utf-8", categories=["L", "Nd"]), min_size=1, max_size=8)


@given(
    rows=st.lists(
        st.tuples(SAFE, st.integers(0, 99_999_999), st.integers(0, 99_999_999), st.none() | SAFE), min_size=1, max_size=6
    ),
    comma=st.booleans(),
    separator=st.sampled_from([";", "\t", "|"]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_data_in_every_format_is_the_same_layer(tmp_path, rows, comma, separator):
    """Centimetres as coordinates; text of any alphabet, with gaps."""
    named = [
        (f"{name}-{number}", 150_000 + x / 100_000, 170_000 + y / 100_000, note) for number, (name, x, y, note) in enumerate(rows)
    ]
    frame = gpd.GeoDataFrame(
        {
            "id": pd.array([row[0] for row in named], dtype="str"),
            "opm": pd.array([row[3] for row in named], dtype="str"),
            "x_lambert72": pd.array([repr(row[1]) for row in named], dtype="str"),
            "y_lambert72": pd.array([repr(row[2]) for row in named], dtype="str"),
        },
        geometry=gpd.points_from_xy([row[1] for row in named], [row[2] for row in named]),
        crs=31370,
    )
    frame.to_file(tmp_path / "a.gpkg", layer="a", engine="pyogrio")
    frame.to_file(tmp_path / "a.geojson", engine="pyogrio", COORDINATE_PRECISION=15, RFC7946="NO")
    frame.to_parquet(tmp_path / "a.parquet")
    text = frame.drop(columns="geometry").to_csv(index=False, sep=separator)
    if comma:
        text = "\n".join(line.replace(".", ",") for line in text.split("\n"))
    (tmp_path / "a.csv").write_text(text, "utf-8")
    read = {ending: read_source(tmp_path / f"a.{ending}") for ending in ("gpkg", "geojson", "parquet", "csv")}
    read["csv"] = read["csv"].assign(**{name: frame[name] for name in ("x_lambert72", "y_lambert72")})
    for ending, layer in read.items():
        assert layer.crs.to_epsg() == 31370, ending
        assert shapely.equals(layer.geometry.values, frame.geometry.values).all(), ending
        for column in ("id", "opm", "x_lambert72", "y_lambert72"):
            assert cells(layer[[column]]) == cells(frame[[column]]), (ending, column)
    (tmp_path / "a.gpkg").unlink()


def test_lists_of_stations(shared_data: Path):
    stations = read_points(shared_data / "belgium" / "nmbs_stations.csv")
    assert len(stations) == 729
    assert stations.crs.to_epsg() == 4326
    assert stations.geometry.notna().all()
    genk = stations.set_index("name").loc["Genk"]
    assert (round(genk.geometry.x, 3), round(genk.geometry.y, 3)) == (5.498, 50.967)
    facilities = read_delimited(shared_data / "belgium" / "nmbs_facilities.csv")
    assert facilities["disabled_parking_spots"].notna().sum() == 557
    assert "'s Hertogenbosch" in set(facilities["name"])
