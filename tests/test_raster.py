"""Heights of the ground from GeoTIFFs: what is read, what is refused, and that nothing beside the file is trusted or written."""

import subprocess
import sys
import warnings

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from toegankelijk.crs import transform
from toegankelijk.errors import CrsError, InputError
from toegankelijk.io import raster as raster_io
from toegankelijk.io.raster import describe_raster, read_terrain
from toegankelijk.measure.ground import heights

GENK = (228_000.0, 182_000.0)
LAMBERT = "EPSG:31370"
BOX = (GENK[0] + 30, GENK[1] - 70, GENK[0] + 70, GENK[1] - 30)  # 40 m inside a raster of 100 m


def plane(x, y, east=0.03, north=-0.02):
    """Height in metres of a slope of 3 % to the east and 2 % down to the north."""
    return 80 + east * (x - GENK[0]) + north * (y - GENK[1])


def place(steps, column, row):
    return steps.a * column + steps.b * row + steps.c, steps.d * column + steps.e * row + steps.f


def write(path, data=None, *, cell=1.0, steps=None, crs=LAMBERT, **profile):
    """A GeoTIFF of 100 x 100 cells from the north-west corner GENK, with heights of the plane if no others are given."""
    steps = steps or Affine(cell, 0, GENK[0], 0, -cell, GENK[1])
    if data is None:
        row, column = np.mgrid[0:100, 0:100] + 0.5
        x, y = place(steps, column, row)
        data = plane(x, y).astype(np.float32)
    data = np.atleast_3d(data.T).T
    fields = {"scales", "offsets", "units"} & set(profile)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", height=data.shape[1], width=data.shape[2], count=data.shape[0], dtype=data.dtype.name,
            crs=crs, transform=steps, **{key: value for key, value in profile.items() if key not in fields},
        ) as file:  # fmt: skip
            file.write(data)
            for field in fields:
                setattr(file, field, (profile[field],))
    return path


def read(path, bounds=BOX, crs=LAMBERT, accuracy=0.05, **options):
    return read_terrain(path, crs=crs, bounds=bounds, accuracy=accuracy, **options)


def check_plane(terrain, places, tolerance=1e-4):
    assert heights(terrain, *places.T) == pytest.approx(plane(*places.T), abs=tolerance)


def places(bounds=BOX, count=200):
    return np.random.default_rng(1).uniform(bounds[:2], bounds[2:], (count, 2))


# -------------------- what is read


@pytest.mark.parametrize("cell", [0.5, 1.0, 2.0])
def test_heights_are_those_of_the_file_round_the_objects_only(tmp_path, cell):
    bounds = (GENK[0] + 22, GENK[1] - 30, GENK[0] + 28, GENK[1] - 22)
    terrain = read(write(tmp_path / "dtm.tif", cell=cell), bounds)
    check_plane(terrain, places(bounds))
    assert terrain.cell == cell
    margin = raster_io.MARGIN
    assert terrain.left == GENK[0] + 22 - margin
    assert terrain.top == GENK[1] - 22 + margin
    assert terrain.heights.shape == (min(48 / cell, 100), min(46 / cell, 100))
    assert (terrain.accuracy, terrain.source) == (0.05, "dtm.tif")


def test_a_raster_that_covers_all_needs_no_note(tmp_path):
    assert read(write(tmp_path / "dtm.tif")).notes == ()


def test_known_share_is_said_where_the_raster_ends_or_has_gaps(tmp_path):
    path = write(tmp_path / "dtm.tif")
    terrain = read(path, (GENK[0] - 100, GENK[1] - 100, GENK[0] + 60, GENK[1] - 30))
    assert [note for note in terrain.notes if "known in" in note]
    assert terrain.left == GENK[0]


def test_a_raster_elsewhere_is_refused_with_both_places(tmp_path):
    path = write(tmp_path / "dtm.tif")
    with pytest.raises(InputError, match=r"lies at 228000, 181900, 228100, 182000 .* objects at 99980, 99980"):
        read(path, (100_000, 100_000, 100_100, 100_100))


@pytest.mark.parametrize("nodata", [-9999.0, -3.4028234663852886e38, 3.4028234663852886e38, np.nan, 12345.0])
def test_the_files_own_mark_is_unknown(tmp_path, nodata):
    row, column = np.mgrid[0:100, 0:100] + 0.5
    data = plane(GENK[0] + column, GENK[1] - row).astype(np.float32)
    data[40:50, 40:60] = nodata
    terrain = read(write(tmp_path / "dtm.tif", data, nodata=nodata))
    assert np.isnan(terrain.heights).sum() == 200
    assert not [note for note in terrain.notes if "count as unknown" in note]


def test_a_mask_inside_the_file_is_unknown(tmp_path):
    path = write(tmp_path / "dtm.tif")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        mask = np.full((100, 100), 255, np.uint8)
        mask[30:40, 40:50] = 0
        file.write_mask(mask)
    assert np.isnan(read(path).heights).sum() == 100


def test_values_that_no_ground_has_are_left_out_with_their_count(tmp_path):
    data = np.full((100, 100), 80.0, np.float32)
    data[50, 50:53], data[51, 50] = -9999, 99999
    terrain = read(write(tmp_path / "dtm.tif", data))
    assert np.isnan(terrain.heights).sum() == 4
    assert "4 cells below -500 m or above 9000 m count as unknown" in terrain.notes
    data[50, 50:53], data[51, 50] = -500, 9000
    assert not np.isnan(read(write(tmp_path / "dtm.tif", data)).heights).any()


def test_many_exact_zeros_without_a_mark_are_unknown(tmp_path):
    row, column = np.mgrid[0:100, 0:100] + 0.5
    data = plane(GENK[0] + column, GENK[1] - row).astype(np.float32)
    data[:, 50:] = 0
    terrain = read(write(tmp_path / "dtm.tif", data))
    assert np.isnan(terrain.heights).sum() == terrain.heights.shape[0] * 40
    assert any("exactly 0" in note for note in terrain.notes)
    assert np.isnan(heights(terrain, np.array([GENK[0] + 60]), np.array([GENK[1] - 50]))).all()
    few = np.full((100, 100), 0.37, np.float32)
    few[50, 50] = 0
    assert not np.isnan(read(write(tmp_path / "few.tif", few)).heights).any()
    declared = read(write(tmp_path / "declared.tif", data, nodata=-9999))
    assert not np.isnan(declared.heights).any()


@pytest.mark.parametrize(
    ("dtype", "scale", "unit", "step"),
    [("int16", 0.01, "", 0.01), ("int16", 1.0, "cm", 0.01), ("int32", 0.001, "m", 0.001), ("float32", 0.01, "metre", 0.0)],
)
def test_heights_in_steps_are_metres_and_half_a_step_less_accurate(tmp_path, dtype, scale, unit, step):
    row, column = np.mgrid[0:100, 0:100] + 0.5
    factor = scale * (0.01 if unit == "cm" else 1.0)
    data = np.round(plane(GENK[0] + column, GENK[1] - row) / factor).astype(dtype)
    terrain = read(write(tmp_path / "dtm.tif", data, scales=scale, units=unit))
    check_plane(terrain, places(), tolerance=factor)
    assert terrain.accuracy == pytest.approx(0.05 + step / 2)


# -------------------- coordinate systems and other grids


def test_another_coordinate_system_is_resampled_by_the_operation_of_the_layers(tmp_path):
    path = write(tmp_path / "dtm.tif")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*places().T), crs=LAMBERT)
    moved, operation = transform(points, 3812)
    terrain = read(path, tuple(moved.total_bounds), crs=3812)
    found = heights(terrain, moved.geometry.x.to_numpy(), moved.geometry.y.to_numpy())
    assert found == pytest.approx(plane(points.geometry.x, points.geometry.y), abs=2e-3)
    assert terrain.cell == pytest.approx(1.0, abs=2e-3)
    assert "BD72 to ETRS89" in operation.name
    assert [note for note in terrain.notes if LAMBERT in note and "BD72 to ETRS89" in note]


def test_degrees_are_resampled_too(tmp_path):
    steps = Affine(1.4e-5, 0, 5.48, 0, -0.9e-5, 50.95)
    row, column = np.mgrid[0:100, 0:100] + 0.5
    data = (80 + 0.01 * column + 0.02 * row).astype(np.float32)
    path = write(tmp_path / "dtm.tif", data, steps=steps, crs="EPSG:4326")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([5.48 + 50 * 1.4e-5], [50.95 - 40 * 0.9e-5]), crs=4326)
    moved, _ = transform(points, LAMBERT)
    x, y = moved.geometry.x.to_numpy(), moved.geometry.y.to_numpy()
    terrain = read(path, (x[0] - 10, y[0] - 10, x[0] + 10, y[0] + 10))
    assert heights(terrain, x, y) == pytest.approx([80 + 0.5 + 0.8], abs=2e-3)


@pytest.mark.parametrize(
    "steps",
    [
        Affine(0.8, -0.6, GENK[0], -0.6, -0.8, GENK[1]),
        Affine(0.5, 0, GENK[0], 0, -2, GENK[1]),
        Affine(1, 0, GENK[0], 0, 1, GENK[1] - 100),  # south up
    ],
    ids=["turned", "oblong", "south up"],
)
def test_other_grids_are_resampled(tmp_path, steps):
    path = write(tmp_path / "dtm.tif", steps=steps)
    x, y = place(steps, np.array([40.0, 60.0, 40.0, 60.0]), np.array([40.0, 40.0, 60.0, 60.0]))
    corners = np.column_stack([x, y])
    centre = corners.mean(axis=0)
    bounds = (*(centre - 3), *(centre + 3))
    terrain = read(path, bounds)
    check_plane(terrain, places(bounds), tolerance=2e-3)
    assert terrain.cell == pytest.approx(1.0)
    assert any("turned or oblong" in note for note in terrain.notes)


def test_a_file_without_coordinate_system_is_refused_unless_it_is_given(tmp_path):
    path = write(tmp_path / "dtm.tif", crs=None)
    with pytest.raises(CrsError, match=r"no coordinate system .* set crs = .* under \[terrain\]"):
        read(path)
    check_plane(read(path, given=LAMBERT), places())


def test_a_contradiction_is_refused(tmp_path):
    path = write(tmp_path / "dtm.tif")
    with pytest.raises(CrsError, match=r"the file says EPSG:31370 and city\.toml says EPSG:3812"):
        read(path, given="EPSG:3812")
    assert read(path, given=31370).heights.size


def test_a_compound_system_counts_as_its_horizontal_part(tmp_path):
    data = np.full((100, 100), 1.5, np.float32)
    path = write(tmp_path / "dtm.tif", data, crs="EPSG:7415", steps=Affine(1, 0, 120_000, 0, -1, 485_000))
    terrain = read(path, (120_030, 484_940, 120_060, 484_970), crs=28992)
    assert np.unique(terrain.heights).tolist() == [1.5]
    assert terrain.notes == ()


# -------------------- what is refused


@pytest.mark.parametrize(
    ("data", "profile", "message"),
    [
        (np.zeros((3, 100, 100), np.uint8), {}, "3 bands"),
        (np.zeros((100, 100), np.uint8), {}, "numbers are uint8"),
        (np.zeros((100, 100), np.complex64), {}, "numbers are complex64"),
        (None, {"units": "ft"}, "heights are in ft"),
        (None, {"steps": Affine.identity()}, "does not say where it lies"),
    ],
    ids=["bands", "picture", "complex", "feet", "no place"],
)
def test_what_is_no_raster_of_heights_is_refused(tmp_path, data, profile, message):
    path = write(tmp_path / "dtm.tif", data, **profile)
    with pytest.raises(InputError, match=message):
        read(path)
    assert any(message in problem for problem in describe_raster(path).problems)


def test_coarse_cells_are_refused(tmp_path):
    bounds = (GENK[0] + 100, GENK[1] - 200, GENK[0] + 200, GENK[1] - 100)
    with pytest.raises(InputError, match="cells of 5 m are too coarse"):
        read(write(tmp_path / "dtm.tif", cell=5.0), bounds)


def test_too_many_cells_are_refused_before_they_are_read(tmp_path, monkeypatch):
    path = write(tmp_path / "dtm.tif")
    monkeypatch.setattr(raster_io, "MOST_CELLS", 6_399)
    with pytest.raises(InputError, match="80 x 80 cells would be read, more than 6,399"):
        read(path)
    monkeypatch.setattr(raster_io, "MOST_CELLS", 10_000)
    assert read(path).heights.shape == (80, 80)


def test_nothing_known_is_refused(tmp_path):
    with pytest.raises(InputError, match="no height is known where the city has objects"):
        read(write(tmp_path / "dtm.tif", np.full((100, 100), -9999, np.float32), nodata=-9999))


def test_files_that_are_no_geotiff_are_refused(tmp_path):
    vrt = tmp_path / "dtm.vrt"
    vrt.write_text(f"<VRTDataset rasterXSize='1' rasterYSize='1'><!-- {write(tmp_path / 'dtm.tif')} --></VRTDataset>")
    (tmp_path / "vrt.tif").write_bytes(vrt.read_bytes())
    (tmp_path / "empty.tif").touch()
    (tmp_path / "zip.tif").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    for name in ("dtm.vrt", "vrt.tif", "empty.tif", "zip.tif"):
        with pytest.raises(InputError, match="is no GeoTIFF"):
            read(tmp_path / name)
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "absent.tif")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize(
    "path", ["/vsicurl/http://localhost/dtm.tif", "http://localhost/dtm.tif", "GTIFF_DIR:1:dtm.tif", "s3://a/b.tif"]
)
def test_only_plain_files_are_read(path):
    with pytest.raises(InputError, match="only plain files"):
        read(path)
    with pytest.raises(InputError, match="only plain files"):
        describe_raster(path)


@pytest.mark.parametrize("options", [{}, {"compress": "deflate"}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
def test_a_damaged_file_is_refused_whole(tmp_path, options):
    path = write(tmp_path / "dtm.tif", **options)
    whole = path.read_bytes()
    for share in (0.02, 0.3, 0.6, 0.95):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError):
            read(path, (GENK[0] + 21, GENK[1] - 79, GENK[0] + 79, GENK[1] - 21))


@given(st.data())
def test_flipped_bytes_give_a_refusal_or_heights_never_a_crash(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("flip") / "dtm.tif"
    content = bytearray(write(path, compress="deflate").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        terrain = read(path)
    except InputError:
        return
    assert np.nanmax(np.abs(terrain.heights)) <= raster_io.HIGHEST


# -------------------- nothing beside the file


def test_files_beside_it_are_neither_trusted_nor_written(tmp_path):
    path = write(tmp_path / "dtm.tif", nodata=-9999)
    (tmp_path / "dtm.tfw").write_text("1\n0\n0\n-1\n1000.5\n999.5\n")
    (tmp_path / "dtm.tif.aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:3812</SRS><GeoTransform>1000,1,0,1000,0,-1</GeoTransform>"
        "<PAMRasterBand band='1'><NoDataValue>80</NoDataValue><Scale>2</Scale></PAMRasterBand></PAMDataset>"
    )
    mask = np.zeros((100, 100), np.uint8)
    write(tmp_path / "dtm.tif.msk", mask)
    before = {item.name: item.read_bytes() for item in tmp_path.iterdir()}
    check_plane(read(path), places())
    facts = describe_raster(path)
    assert (facts.nodata, facts.crs, facts.problems) == (-9999, LAMBERT, ())
    assert {item.name: item.read_bytes() for item in tmp_path.iterdir()} == before


def test_a_world_file_alone_gives_no_place(tmp_path):
    path = write(tmp_path / "dtm.tif", steps=Affine.identity())
    (tmp_path / "dtm.tfw").write_text(f"1\n0\n0\n-1\n{GENK[0] + 0.5}\n{GENK[1] - 0.5}\n")
    with pytest.raises(InputError, match="georeference inside the file"):
        read(path)


@pytest.mark.parametrize("name", ["dtm!x.tif", "a?b=c.tif", "één kaart; 100 %.tif", "zip+dtm.tif", "DTM.TIFF", "http.tif"])
def test_names_of_files_are_only_names(tmp_path, name):
    check_plane(read(write(tmp_path / "plain.tif").rename(tmp_path / name)), places())


def test_a_missing_package_says_what_to_install(tmp_path):
    path = write(tmp_path / "dtm.tif")
    code = (
        "import sys; sys.modules['rasterio'] = None\n"
        "from toegankelijk.io.raster import describe_raster\n"
        f"describe_raster(__import__('pathlib').Path({str(path)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'toegankelijk[raster]'" in done.stderr


# -------------------- a first look


def test_a_description_says_what_is_there(tmp_path):
    data = np.full((100, 100), 80.0, np.float32)
    data[:, :25], data[0, 99] = -9999, 91
    facts = describe_raster(write(tmp_path / "dtm.tif", data, nodata=-9999, cell=0.5))
    assert (facts.columns, facts.rows, facts.bands, facts.cell, facts.dtype) == (100, 100, 1, (0.5, 0.5), "float32")
    assert (facts.crs, facts.nodata, facts.known, facts.lowest, facts.highest) == (LAMBERT, -9999, 0.75, 80, 91)
    assert facts.bounds == (GENK[0], GENK[1] - 50, GENK[0] + 50, GENK[1])
    assert facts.problems == ()


def test_a_description_of_a_file_without_coordinate_system_says_so(tmp_path):
    facts = describe_raster(write(tmp_path / "dtm.tif", crs=None))
    assert (facts.crs, facts.problems) == ("", ("no coordinate system is given",))


def test_the_real_raster_of_osdorp(shared_data):
    path = shared_data / "amsterdam-osdorp" / "ahn_dtm_050cm.tif"
    facts = describe_raster(path)
    assert (facts.columns, facts.rows, facts.cell, facts.crs, facts.nodata) == (600, 400, (0.5, 0.5), "EPSG:28992", -9999)
    assert 0.5 < facts.known < 0.56
    terrain = read(path, facts.bounds, crs=28992)
    assert np.isnan(terrain.heights).mean() == pytest.approx(0.49, abs=0.03)
    with rasterio.open(path) as file:
        raw = file.read(1)
    assert np.array_equal(terrain.heights, np.where(raw == -9999, np.nan, raw), equal_nan=True)
