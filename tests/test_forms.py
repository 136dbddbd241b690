"""Field forms: what is asked, with choices in words; filled in and read back, what was unknown is known."""

import csv
import shutil
import sqlite3
from contextlib import closing
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import toegankelijk as tg
from toegankelijk import schema
from toegankelijk.errors import ConfigError
from toegankelijk.evidence import join_findings
from toegankelijk.io.formats import list_source, read_rows
from toegankelijk.io.forms import TABLE, write_form
from toegankelijk.labels import LANGUAGES, kind_names, label, word
from toegankelijk.observations import with_observations
from toegankelijk.survey import list_survey


@pytest.fixture(scope="module")
def norm():
    return tg.read_norm()


@pytest.fixture(scope="module")
def city():
    return tg.read_city(tg.sample_city())


@pytest.fixture(scope="module")
def survey(city, norm):
    return listed(city, norm)


@pytest.fixture(scope="module")
def form(survey, tmp_path_factory):
    path = tmp_path_factory.mktemp("form") / "survey.gpkg"
    write_form(path, survey)
    return path


def listed(city, norm, **options):
    return list_survey(tg.assess(tg.measure_layers(city), norm), norm, criteria="full", **options)


def asked(survey):
    """Every kind, object and attribute that is asked."""
    rows = survey[survey["attributes"] != ""]
    return {
        (kind, object_id, attribute)
        for kind, object_id, names in zip(rows["kind"], rows["object_id"], rows["attributes"], strict=True)
        for attribute in names.split("|")
    }


def answer(name):
    """Something that a surveyor may write in a column."""
    attribute = schema.attributes()[name]
    if attribute.type == "bool":
        return "yes"
    return attribute.classes[0] if attribute.classes else max(attribute.plausible[0], 1.0)


def opened(path):
    """A connection that can update rows: the index of shapes calls functions that a program brings along."""
    connection = sqlite3.connect(path)
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        connection.create_function(name, 1, lambda shape: 0)
    return closing(connection)


def table_of(connection, kind, object_id):
    """Layer of an object: its kind, or one of the layers of a kind that has points, lines and polygons."""
    tables = [row[0] for row in connection.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")]
    held = [table for table in tables if table == kind or table.rpartition("_")[0] == kind]
    query = 'SELECT count(*) FROM "{}" WHERE object_id = ? AND kind = ?'
    return next(table for table in held if connection.execute(query.format(table), (object_id, kind)).fetchone()[0])


def fill_in(path, survey, objects=None):
    """Fill in the form as QGIS does: by SQL on the file, with a date."""
    with opened(path) as connection:
        for kind, object_id, attribute in asked(survey):
            if objects is None or object_id in objects:
                table = table_of(connection, kind, object_id)
                update = f'UPDATE "{table}" SET "{attribute}" = ?, measured_on = ? WHERE object_id = ?'  # noqa: S608
                connection.execute(update, (answer(attribute), "2026-06-15", object_id))
        connection.commit()


def with_form(city, path):
    """The city with what the form says."""
    for layer in list_source(path):
        city = with_observations(city, read_rows(path, layer=layer), form="wide", source=path.name)
    return city


def rows_of(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def filled(city, survey, tmp_path_factory):
    """The city with a form in which all is filled in, measured."""
    path = tmp_path_factory.mktemp("filled") / "filled.gpkg"
    write_form(path, survey)
    fill_in(path, survey)
    return tg.measure_layers(with_form(city, path))


# the GeoPackage


def test_a_form_has_a_layer_per_kind_with_a_column_per_attribute_asked(form, survey):
    due = asked(survey)
    assert {"footway_line", "footway_polygon", "crossing_end"} <= set(list_source(form)), "one type of geometry in a layer"
    seen = set()
    for layer in list_source(form):
        rows = read_rows(form, layer=layer)
        (kind,) = rows["kind"].unique()
        here = {one for one in due if one[0] == kind and one[1] in set(rows["object_id"])}
        columns = {row[1]: row[2] for row in rows_of(form, f"PRAGMA table_info('{layer}')")}
        attributes = {name for _, _, name in here}
        assert {name for name in columns if name in schema.attributes()} == attributes
        for name in attributes:
            assert columns[name] == ("REAL" if schema.attributes()[name].type == "number" else "TEXT")
        assert columns["measured_on"] == "DATE"
        assert {"object_id", "visit_id", "visit_order", "asked", "remark", "photo"} <= set(columns)
        assert sorted(rows["object_id"]) == sorted({object_id for _, object_id, _ in here})
        seen |= here
    assert seen == due


def test_a_form_starts_empty(form):
    for kind in list_source(form):
        rows = read_rows(form, layer=kind)
        open_ = [name for name in rows if name in schema.attributes() or name in ("measured_on", "remark", "photo")]
        assert rows[open_].isna().all().all()


def test_a_form_shows_the_objects_as_they_are_drawn(form, city):
    measured = tg.measure_layers(city)
    for layer in list_source(form):
        frame = gpd.read_file(form, layer=layer).set_index("object_id")
        drawn = measured.layers[frame["kind"].iloc[0]].geometry.loc[frame.index]
        assert shapely.equals(shapely.normalize(frame.geometry.to_numpy()), shapely.normalize(drawn.to_numpy())).all()
        assert frame.crs == city.crs


def test_a_form_is_a_geopackage_of_version_1_3_with_the_schema_extension(form):
    assert rows_of(form, "PRAGMA user_version") == [(10300,)]
    assert rows_of(form, "PRAGMA integrity_check") == [("ok",)]
    assert rows_of(form, "PRAGMA foreign_key_check") == []
    tables = {row[0] for row in rows_of(form, "SELECT table_name FROM gpkg_extensions WHERE extension_name = 'gpkg_schema'")}
    assert tables == {"gpkg_data_columns", "gpkg_data_column_constraints"}
    assert rows_of(form, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'") == [("attributes",)]


def test_classes_and_yes_and_no_have_drop_downs_with_words(form):
    constraint = {
        (table, column): name
        for table, column, name in rows_of(form, "SELECT table_name, column_name, constraint_name FROM gpkg_data_columns")
    }
    values: dict[str, dict[str, str]] = {}
    for name, code, text in rows_of(form, "SELECT constraint_name, value, description FROM gpkg_data_column_constraints"):
        values.setdefault(name, {})[code] = text
    for (_, column), name in constraint.items():
        attribute = schema.attributes().get(column)
        if attribute is None or attribute.type == "number":
            assert name is None
        elif attribute.type == "bool":
            assert values[name] == {"yes": "ja", "no": "nee"}
        else:
            assert values[name] == {code: word("class", code) for code in attribute.classes}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_qgis_finds_a_style_with_names_and_widgets_for_every_column(survey, tmp_path, lang):
    path = tmp_path / "form.gpkg"
    few = survey[survey["attributes"] != ""].drop_duplicates("kind")
    write_form(path, few[few["kind"].isin(["rest_place", "stop", "stairs"])], lang=lang)
    styles = rows_of(path, "SELECT f_table_name, f_geometry_column, useAsDefault, description, styleQML FROM layer_styles")
    assert sorted(row[0] for row in styles) == list_source(path)
    for kind, geometry, default, description, qml in styles:
        assert (geometry, default) == ("geom", 1)
        assert description in kind_names(lang).values()
        style = ElementTree.fromstring(qml.partition(">")[2])  # noqa: S314 - our own text, without its DOCTYPE
        columns = {row[1] for row in rows_of(path, f"PRAGMA table_info('{kind}')")} - {"fid", "geom"}
        assert {alias.get("field") for alias in style.iter("alias")} == columns
        widgets = {field.get("name"): field.find("editWidget") for field in style.find("fieldConfiguration")}
        assert set(widgets) == columns
        for name in columns & set(schema.attributes()):
            attribute = schema.attributes()[name]
            assert widgets[name].get("type") == ("TextEdit" if attribute.type == "number" else "ValueMap")
            if attribute.type == "bool":
                shown = [option.get("name") for option in widgets[name].iter("Option") if option.get("type") == "QString"]
                assert shown == ["", label("yes", lang), label("no", lang)]
        assert widgets["measured_on"].get("type") == "DateTime"
        locked = {field.get("name") for field in style.find("editable") if field.get("editable") == "0"}
        assert "object_id" in locked
        assert locked.isdisjoint(schema.attributes())


def test_the_unit_of_a_number_stands_in_its_name(form):
    titles = dict(rows_of(form, "SELECT column_name, title FROM gpkg_data_columns WHERE table_name = 'crossing_end'"))
    numbers = [name for name in titles if name in schema.attributes() and schema.attributes()[name].type == "number"]
    assert numbers
    for name in numbers:
        assert titles[name].endswith(f"({schema.attributes()[name].unit})")


def test_the_same_list_gives_the_same_bytes(survey, form, tmp_path):
    again = tmp_path / "again.gpkg"
    write_form(again, survey.sample(frac=1, random_state=1))
    assert again.read_bytes() == form.read_bytes()


def test_text_of_a_city_does_not_break_the_form(survey, tmp_path):
    row = survey[survey["attributes"] != ""].head(1).copy()
    row["street"] = 'd\'Hondt <b>"&" \x0b; DROP TABLE'
    row["object_id"] = "=1+1"
    for path in (tmp_path / "form.gpkg", tmp_path / "form.csv"):
        write_form(path, row)
    back = read_rows(tmp_path / "form.gpkg", layer=row["kind"].iloc[0])
    assert back["street"].tolist() == row["street"].tolist()
    assert back["object_id"].tolist() == ["=1+1"]


# the table


def test_the_table_has_a_row_per_object_and_attribute_and_no_formula(survey, tmp_path):
    path = tmp_path / "survey.csv"
    survey = survey.assign(street=["=HYPERLINK(1)", *survey["street"][1:]])
    write_form(path, survey)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert tuple(rows[0]) == TABLE
    assert {(*row["object"].split(":", 1), row["attribute"]) for row in rows} == asked(survey)
    assert len(rows) == len(asked(survey))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row.values())
    surface = next(row for row in rows if row["attribute"] == "smoothness")
    assert "uitstekend" in surface["choices"]


# there and back


def test_an_empty_form_changes_nothing(city, norm, form, survey):
    same = with_form(city, form)
    assert same.observations.empty
    assert same.remarks.equals(city.remarks)
    assert listed(same, norm).drop(columns="geometry").equals(survey.drop(columns="geometry"))


def test_what_was_unknown_is_known_once_the_form_comes_back_filled(city, norm, survey, filled):
    after = list_survey(tg.assess(filled, norm), norm, criteria="full")
    assert (after["attributes"] == "").all(), "nothing that was asked is asked again"
    assert filled.observations["used"].sum() == len(asked(survey))
    ends = filled.layers["crossing_end"]
    assert (ends["landing_depth_how"] == "observed on 2026-06-15 (filled.gpkg)").any()
    assert set(filled.remarks["layer"]) == set(tg.measure_layers(city).remarks["layer"])


@pytest.mark.slow
def test_what_stays_empty_stays_unknown(city, norm, survey, tmp_path):
    path = tmp_path / "half.gpkg"
    write_form(path, survey)
    some = set(survey.loc[survey["attributes"] != "", "object_id"].iloc[::2])
    fill_in(path, survey, some)
    after = listed(with_form(city, path), norm)
    left = {row for row in asked(survey) if row[1] not in some}
    assert asked(after) == left


@pytest.mark.parametrize(("encoding", "separator"), [("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t")])
def test_a_table_that_excel_saved_says_the_same_as_the_geopackage(city, survey, filled, tmp_path, encoding, separator):
    path = tmp_path / "survey.csv"
    write_form(path, survey)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    words = {"yes": "ja", **{code: word("class", code) for one in schema.attributes().values() for code in one.classes}}
    for row in rows:
        value = answer(row["attribute"])
        row["value"] = words.get(value, value) if isinstance(value, str) else str(value).replace(".", ",")
        row["measured_on"] = "15/06/2026"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, TABLE, delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    full = tg.measure_layers(with_observations(city, read_rows(path), source="survey"))
    columns = ["object_id", "kind", "attribute", "low", "high", "text", "date"]
    one, two = (part.observations[part.observations["used"]][columns] for part in (full, filled))
    pd.testing.assert_frame_equal(*(part.sort_values(columns[:3], ignore_index=True) for part in (one, two)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["filled.gpkg", "filled.csv"])
def test_a_city_names_the_filled_form_in_its_city_toml(survey, sample_folder, tmp_path, name):
    for file in ("city.toml", "district.gpkg"):
        shutil.copy(sample_folder / file, tmp_path)
    one = survey[survey["object_id"].isin(["VP-08", "HA-01"])]
    write_form(tmp_path / name, one)
    if name.endswith(".gpkg"):
        fill_in(tmp_path / name, one)
    else:
        table = pd.read_csv(tmp_path / name, sep=";", dtype="object")
        table["value"] = [str(answer(attribute)) for attribute in table["attribute"]]
        table.assign(measured_on="15-06-2026").to_csv(tmp_path / name, sep=";", index=False)
    with (tmp_path / "city.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[observations]]\nsource = "{name}"\n')
    screening = tg.screen(tmp_path / "city.toml", lang="en")
    joined = join_findings(screening.findings, lang="en")
    width = joined[(joined["object_id"] == "VP-08") & (joined["criterion"] == "PAS-01")].iloc[0]
    assert (width["outcome"], width["value_text"]) == ("fails", "1.00 m")
    assert str(width["how"]).startswith("observed on 2026-06-15 (filled.")
    assert asked(one).isdisjoint(asked(list_survey(screening.findings, screening.norm, criteria="full")))
    assert screening.city.observations["used"].sum() == len(asked(one))


def test_bounds_that_a_visit_makes_exact(city, norm, tmp_path):
    survey = list_survey(tg.assess(tg.measure_layers(city), norm), norm)
    row = survey[survey["object_id"] == "OV-03/2"]
    assert row["attributes"].tolist() == ["kerb_height"]
    path = tmp_path / "one.gpkg"
    write_form(path, row)
    with opened(path) as connection:
        connection.execute("UPDATE crossing_end SET kerb_height = 4.5, measured_on = '2026-06-15'")
        connection.commit()
    findings = tg.assess(tg.measure_layers(with_form(city, path)), norm).table
    mine = findings[(findings["object_id"] == "OV-03/2") & (findings["criterion"] == "CRO-01")]
    assert mine["outcome"].tolist() == ["fails"]
    assert mine["value"].tolist() == [4.5]


# refusals


def test_a_form_with_nothing_to_ask_or_another_ending_is_refused(survey, tmp_path):
    with pytest.raises(ConfigError, match=r"\.gpkg or a \.csv"):
        write_form(tmp_path / "form.xlsx", survey)
    with pytest.raises(ConfigError, match="nothing is to be measured"):
        write_form(tmp_path / "form.gpkg", survey[survey["attributes"] == ""])
    with pytest.raises(ConfigError, match="does not exist"):
        write_form(tmp_path / "none" / "form.csv", survey)
    assert list(tmp_path.iterdir()) == []


def test_every_attribute_has_a_name_in_every_language():
    for name in schema.attributes():
        for lang in LANGUAGES:
            assert word("attribute", name, lang) != name, f"labels.csv lacks attribute.{name}"
