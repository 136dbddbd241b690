"""GTFS: inheritance of accessibility, layers of locations and pathways, and archives that are not read."""

import zipfile

import pandas as pd
import pytest

from toegankelijk.city import read_city
from toegankelijk.errors import InputError
from toegankelijk.io import archives, gtfs
from toegankelijk.io.formats import list_source, read_source

STOPS = """stop_id,stop_code,stop_name,stop_lat,stop_lon,location_type,parent_station,wheelchair_boarding
road-0,1,Dorp,50.960,5.490,,,
road-1,2,Kerk,50.961,5.491,0,,1
road-2,3,Markt,50.962,5.492,0,,2
st,,Station,50.967,5.498,1,,1
st-2,,Oud station,50.968,5.499,1,,2
p-own-2,,Spoor 1,50.9671,5.4981,0,st,2
p-empty,,Spoor 2,50.9672,5.4982,0,st,
p-zero,,Spoor 3,50.9673,5.4983,0,st,0
p-down,,Spoor 4,50.9683,5.4993,0,st-2,0
p-lost,,Spoor 5,50.9684,5.4994,0,weg,0
in-1,,Ingang,50.9670,5.4979,2,st,
node,,,,,3,st,
area,,Vak,,,4,p-own-2,0
"""

PATHWAYS = """pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,stair_count,max_slope,min_width
w-1,in-1,p-empty,2,1,-24,,1.8
w-2,p-empty,p-empty,5,1,,,1.1
w-3,in-1,node,1,1,,0.06,2
"""


@pytest.fixture
def feed(tmp_path):
    """Zip a feed and give its path."""

    def write(name="gtfs-delijn.zip", folder="", **tables):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for table, text in {"stops": STOPS, "agency": "agency_id\n1\n", **tables}.items():
                if text:
                    archive.writestr(f"{folder}{table}.txt", text)
        return path

    return write


def by_id(frame, column):
    return {key: None if pd.isna(value) else value for key, value in frame.set_index("stop_id")[column].items()}


@pytest.mark.parametrize("folder", ["", "gtfs/"])
def test_stops_take_over_what_their_station_says(feed, folder):
    stops = read_source(feed(folder=folder), layer="stops")
    assert stops.crs.to_epsg() == 4326
    assert by_id(stops, "wheelchair_boarding") == {
        **{"road-0": "0", "road-1": "1", "road-2": "2"},
        **{"p-own-2": "2", "p-empty": "1", "p-zero": "1", "p-down": "2", "p-lost": "0"},
    }
    assert by_id(stops, "wheelchair_boarding_own")["p-zero"] == "0"
    assert by_id(stops, "wheelchair_boarding_own")["p-empty"] is None


def test_only_inside_a_station_the_way_is_meant(feed):
    path = by_id(read_source(feed()), "wheelchair_path")
    assert path == {
        **{"road-0": None, "road-1": None, "road-2": None},
        **{"p-own-2": "2", "p-empty": "1", "p-zero": "1", "p-down": "2", "p-lost": None},
    }


def test_a_boarding_area_takes_over_from_its_platform_first():
    stops = pd.DataFrame(
        {
            "stop_id": ["st", "p", "area", "other"],
            "parent_station": pd.array([None, "st", "p", "p2"], dtype="str"),
            "wheelchair_boarding": pd.array(["1", "2", "0", "0"], dtype="str"),
        }
    )
    assert gtfs._with_inheritance(stops)["wheelchair_boarding"].tolist() == ["1", "2", "2", "0"]
    stops["wheelchair_boarding"] = pd.array(["1", "0", "0", "0"], dtype="str")
    assert gtfs._with_inheritance(stops)["wheelchair_boarding"].tolist() == ["1", "1", "1", "0"]


def test_a_circle_of_parents_ends(feed):
    circle = "stop_id,stop_lat,stop_lon,parent_station,wheelchair_boarding\na,50.9,5.4,b,0\nb,50.9,5.5,a,\n"
    assert by_id(read_source(feed(stops=circle)), "wheelchair_boarding") == {"a": "0", "b": "0"}


def test_layers(feed):
    assert list_source(feed()) == ["stops", "stations", "entrances"]
    path = feed(pathways=PATHWAYS)
    assert list_source(path) == ["stops", "stations", "entrances", "pathways"]
    assert read_source(path, layer="stations")["stop_id"].tolist() == ["st", "st-2"]
    assert by_id(read_source(path, layer="entrances"), "wheelchair_path") == {"in-1": "1"}
    assert list_source(feed(stops="stop_id,stop_lat,stop_lon\na,50.9,5.4\n")) == ["stops"]
    with pytest.raises(InputError, match=r"no layer 'routes'\. Layers in the archive: 'stops', 'stations', 'entrances'"):
        read_source(feed(), layer="routes")


def test_pathways_are_lines_between_places(feed):
    ways = read_source(feed(pathways=PATHWAYS), layer="pathways").set_index("pathway_id")
    assert ways.loc["w-1"].geometry.wkt == "LINESTRING (5.4979 50.967, 5.4982 50.9672)"
    assert ways.loc["w-1", "steps"] == "24"
    assert ways.geometry.isna().tolist() == [False, True, True], "a lift has no length, and a node no place"


def test_places_that_are_missing_or_nowhere(feed):
    rows = "stop_id,stop_lat,stop_lon\na,,\nb,0,0\nc,50.960,5.490\n"
    assert read_source(feed(stops=rows)).geometry.isna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("stops", "problem"),
    [
        ("stop_id,stop_name\na,b\n", "lacks the columns stop_lat, stop_lon"),
        ("stop_id,stop_lat,stop_lon\na,50.9\n", "as many cells in every row"),
        ("", "no stops.txt|say which layer|there is not one layer"),
    ],
)
def test_feeds_that_are_refused(feed, stops, problem):
    with pytest.raises(InputError, match=problem):
        read_source(feed(stops=stops))


def test_a_feed_without_stops_is_refused(feed):
    with pytest.raises(InputError, match="no GTFS archive"):
        gtfs.list_layers(feed(stops=""))


def test_a_timetable_stays_packed(feed, monkeypatch):
    """The limit holds for what is unpacked: the timetable of a country is larger."""
    monkeypatch.setattr(archives, "MOST_BYTES", len(STOPS) + 100)
    path = feed(stop_times="trip_id\n" + "1\n" * 3_000_000)
    assert len(read_source(path)) == 8
    monkeypatch.setattr(archives, "MOST_BYTES", len(STOPS) - 100)
    with pytest.raises(InputError, match="unpacks to"):
        read_source(path)


def test_the_map_of_the_register(feed, tmp_path):
    feed(pathways=PATHWAYS)
    text = '[city]\ncrs = "EPSG:31370"\n\n[draft]\nzones = "grid"\n\n[[registers]]\nmap = "gtfs"\nsource = "gtfs-delijn.zip"\n'
    (tmp_path / "city.toml").write_text(text)
    layers = read_city(tmp_path / "city.toml").layers
    stops = layers["stop"]
    assert stops.loc["p-zero", "approach_step_high"] == 3
    assert stops.loc[["road-0", "road-1", "road-2", "p-own-2", "p-lost"], "approach_step_high"].isna().all()
    assert stops.loc["road-1", "name"] == "Kerk"
    assert layers["entrance"].loc["in-1", "entrance_step_high"] == 3
    stairs = layers["stairs"]
    assert stairs[["stair_width", "step_total"]].to_numpy().tolist() == [[1.8, 24]]
