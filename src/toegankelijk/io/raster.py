"""Heights of the ground from a GeoTIFF: the part that a city needs, in the coordinate system of the run.

Only what stands inside the file counts: notes, masks and world files beside it are neither trusted nor written. A raster that
is turned, has oblong cells or lies in another coordinate system is resampled, by the same operation as the layers are moved.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS
from scipy import ndimage

from toegankelijk import crs as systems
from toegankelijk.errors import CrsError, InputError, missing_extra
from toegankelijk.schema import Terrain

MOST_CELLS = 200_000_000
"""Cells that are read from one raster: 14 x 14 km at 1 m, 0.8 GB in memory."""

MARGIN = 20.0
"""Metres round the objects in which heights are read too."""

LOWEST, HIGHEST = -500.0, 9000.0
"""Metres between which all ground of the earth lies; other values mark that nothing is known."""

COARSEST = 2.0
"""Side in metres of the largest cell that is read: a slope over 10 m needs several."""

ALMOST_ALL = 0.9
"""Share of the extent with known heights below which a note says so."""

MOST_ZEROS = 0.01
"""Share of cells that hold exactly 0, in fractions of metres, beyond which 0 must mean unknown."""

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_METRES = {"": 1.0, "m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001}
_LATTICE = 16  # cells between places that are transformed exactly; in between a straight line is right to a millimetre
_SAMPLE = 512  # side in cells of a part that is looked at for a description
_GDAL = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}


@dataclass(frozen=True)
class RasterFacts:
    """What a raster says of itself.

    Parameters
    ----------
    columns, rows, bands
        Size.
    cell
        Width and height of a cell, in units of the coordinate system.
    crs
        Short name of the coordinate system; empty if none is given.
    bounds
        Lowest x and y, highest x and y.
    dtype
        Type of the numbers.
    nodata
        Value that marks an unknown height, if the file names one.
    known
        Share of cells with a height, in parts spread over the raster.
    lowest, highest
        Heights in those parts, in metres; NaN where none is known.
    problems
        Why it cannot be read as heights of the ground; empty if it can.
    """

    columns: int
    rows: int
    bands: int
    cell: tuple[float, float]
    crs: str
    bounds: tuple[float, float, float, float]
    dtype: str
    nodata: float | None
    known: float
    lowest: float
    highest: float
    problems: tuple[str, ...]


def read_terrain(
    path: Path, *, crs: object, bounds: systems.Bounds, accuracy: float, given: object = None, where: str = ""
) -> Terrain:
    """Heights of the ground where a city has objects.

    Parameters
    ----------
    path
        A GeoTIFF with one band of heights.
    crs
        Coordinate system of the run, in metres.
    bounds
        Lowest x and y, highest x and y of the objects, in that system; 20 m round them are read too.
    accuracy
        How far a height may be off, in metres. Of numbers that are stored in steps, half a step is added.
    given
        Coordinate system of a raster that does not say it itself.
    where
        What the raster is for, for messages; its name if not given.

    Returns
    -------
    Terrain
        Square cells, north up, NaN where no height is known. ``notes`` says what was changed or left out.

    Raises
    ------
    InputError
        The file is missing, something else than a GeoTIFF of heights, damaged, too large, or lies elsewhere.
    CrsError
        Its coordinate system is missing or contradicts `given`.
    """
    where = where or Path(path).name
    target = systems.check_metric(crs, where="run")
    with _opened(Path(path), where) as raster:
        problems = _objections(raster)
        if problems:
            raise InputError(f"{where}: this is no raster with heights of the ground", problems)
        source = _system(raster, given, where)
        left, bottom, right, top = np.array(bounds, dtype=float) + MARGIN * np.array([-1, -1, 1, 1])
        steps = raster.transform
        plain = source == target and steps.b == 0 == steps.d and np.isclose(steps.a, -steps.e, rtol=1e-6) and steps.a > 0
        notes: list[str] = []
        if plain:
            cell = float(steps.a)
            heights, corner = _window(raster, (left, bottom, right, top), notes, where)
        else:
            heights, corner, cell = _resampled(raster, source, target, (left, bottom, right, top), notes, where)
        if cell > COARSEST:
            raise InputError(
                f"{where}: its cells of {cell:g} m are too coarse for slopes over 10 m; give a raster with cells of at most "
                f"{COARSEST:g} m, or leave out [terrain]."
            )
        step = abs(float(raster.scales[0])) * _METRES[_unit(raster)] if np.dtype(raster.dtypes[0]).kind in "iu" else 0.0
    known = np.count_nonzero(~np.isnan(heights)) * cell**2 / ((right - left) * (top - bottom))
    if known == 0:
        raise InputError(f"{where}: no height is known where the city has objects; check the file and its coordinate system.")
    if known < ALMOST_ALL:
        notes.append(f"heights are known in {known:.1%} of the extent of the city's objects")
    return Terrain(heights, *corner, cell, accuracy + step / 2, Path(path).name, tuple(notes))


def describe_raster(path: Path) -> RasterFacts:
    """Size, coordinate system and heights of a GeoTIFF, for a first look; the heights from parts spread over it.

    Raises
    ------
    InputError
        The file is missing, something else than a GeoTIFF, or damaged.
    """
    path = Path(path)
    with _opened(path, path.name) as raster:
        problems = _objections(raster)
        parts = [] if problems else [_part(raster, spot, [], path.name) for spot in _spots(raster)]
        if raster.crs is None:
            problems.append("no coordinate system is given")
        heights = np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0, np.float32)
        some = heights[~np.isnan(heights)]
        steps = raster.transform
        return RasterFacts(
            columns=raster.width,
            rows=raster.height,
            bands=raster.count,
            cell=(float(np.hypot(steps.a, steps.d)), float(np.hypot(steps.b, steps.e))),
            crs=systems.label(systems.parse(raster.crs.to_wkt(), where=path.name)) if raster.crs else "",
            bounds=tuple(raster.bounds),
            dtype=raster.dtypes[0],
            nodata=raster.nodata,
            known=len(some) / len(heights) if len(heights) else 0.0,
            lowest=float(some.min()) if len(some) else np.nan,
            highest=float(some.max()) if len(some) else np.nan,
            problems=tuple(problems),
        )


@contextmanager
def _opened(path: Path, where: str) -> Iterator[Any]:
    """The file, opened by the GeoTIFF driver alone, without any file beside it."""
    text = str(path)
    if re.match(r"(/vsi|[A-Za-z][\w+.-]+:)", text):
        raise InputError(f"{text}: only plain files on this computer are read; save a copy and give its path.")
    if not path.is_file():
        raise InputError(f"{text}: {'is a folder, not a file' if path.is_dir() else 'does not exist'}.")
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise InputError(f"{text}: cannot be read ({error.strerror}).") from error
    if head not in _MAGIC:
        raise InputError(f"{where}: is no GeoTIFF; export the heights of the ground as GeoTIFF.")
    try:
        import rasterio
        from rasterio.errors import NotGeoreferencedWarning, RasterioError
    except ImportError:
        raise missing_extra("rasterio", "raster", "reading heights of the ground") from None
    with warnings.catch_warnings(), rasterio.Env(**_GDAL):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # it is refused, with what to do
        try:
            with rasterio.open(path.resolve(), driver="GTiff", GEOREF_SOURCES="INTERNAL") as raster:
                yield raster
        except RasterioError as error:
            raise InputError(f"{where}: the file is damaged and nothing of it is used ({error}). Ask for a new copy.") from error


def _objections(raster: Any) -> list[str]:
    """Why a raster cannot hold heights of the ground."""
    problems = []
    kind = np.dtype(raster.dtypes[0])
    if raster.count != 1:
        problems.append(f"it has {raster.count} bands; heights are one band")
    elif kind.kind not in "iuf" or kind.itemsize < 2:
        problems.append(f"its numbers are {kind.name}; heights need float32, or whole centimetres in int16")
    if raster.transform.is_identity:
        problems.append("it does not say where it lies; export it with its georeference inside the file")
    elif not _is_place(raster.transform):
        problems.append("its place or the size of its cells makes no sense")
    if _unit(raster) not in _METRES:
        problems.append(f"its heights are in {_unit(raster)}; convert them to metres")
    if max(raster.block_shapes[0]) > 1 << 20 or np.prod(raster.block_shapes[0], dtype=float) > MOST_CELLS:
        problems.append("it is stored in one piece that is too large; save it in tiles")
    return problems


def _is_place(steps: Any) -> bool:
    """Whether cells of a size that can be lie at a place that can be, in metres or degrees."""
    numbers = np.array(steps[:6], dtype=float)
    sizes = np.hypot(numbers[[0, 1]], numbers[[3, 4]])
    turned = abs(numbers[0] * numbers[4] - numbers[1] * numbers[3]) / max(sizes.prod(), 1e-300)
    return bool(np.isfinite(numbers).all() and (np.abs(numbers) < 1e8).all() and sizes.min() > 1e-7 and turned > 0.1)


def _unit(raster: Any) -> str:
    """Unit of the heights, as the band or the vertical part of the coordinate system says; empty if neither does."""
    said = (raster.units[0] or "").strip().lower()
    if said or raster.crs is None:
        return said
    vertical = CRS.from_wkt(raster.crs.to_wkt()).axis_info[2:]
    return "" if not vertical or vertical[0].unit_conversion_factor == 1 else vertical[0].unit_name.lower()


def _system(raster: Any, given: object, where: str) -> CRS:
    """Coordinate system of the raster: its own, or the one given for a file that says none."""
    said = systems.parse(given, where=where) if given else None
    if raster.crs is None:
        if said is None:
            raise CrsError(
                f'{where}: no coordinate system is given in the file; set crs = "EPSG:31370" (or what it is in) under [terrain].'
            )
        return said
    own = systems.parse(raster.crs.to_wkt(), where=where)
    if said is not None and said != own:
        raise CrsError(
            f"{where}: the file says {systems.label(own)} and city.toml says {systems.label(said)}; leave out `crs`, or mend "
            "the file."
        )
    return own


def _window(raster: Any, extent: systems.Bounds, notes: list[str], where: str) -> tuple[np.ndarray, tuple[float, float]]:
    """Heights inside an extent, and the left and top of the first cell."""
    spots = _cells(raster, np.array([[extent[0], extent[3]], [extent[2], extent[1]]]))
    first = np.maximum(np.floor(spots[0]).astype(int), 0)
    last = np.minimum(np.ceil(spots[1]).astype(int), raster.shape)
    if (last <= first).any():
        raise InputError(f"{where}: {_elsewhere(tuple(raster.bounds), extent)}")
    heights = _part(raster, (first[0], last[0], first[1], last[1]), notes, where)
    steps = raster.transform
    return heights, (float(steps.c + first[1] * steps.a), float(steps.f + first[0] * steps.e))


def _resampled(
    raster: Any, source: CRS, target: CRS, extent: systems.Bounds, notes: list[str], where: str
) -> tuple[np.ndarray, tuple[float, float], float]:
    """Heights on square cells of the run, in between the cells of a raster that is turned, oblong or in another system."""
    there = _outline(raster, source, target)
    left, bottom = np.maximum(extent[:2], there[:2])
    right, top = np.minimum(extent[2:], there[2:])
    if left >= right or bottom >= top:
        raise InputError(f"{where}: {_elsewhere(there, extent)}")
    middle = np.array([(left + right) / 2, (bottom + top) / 2])
    at, east, north = _places(np.add(middle, [[0, 0], [1, 0], [0, 1]]), target, source, raster)[0]
    cell = round(float(abs(np.linalg.det([east - at, north - at])) ** -0.5), 3)  # a square as large as a cell of the raster
    shape = int(np.ceil((top - bottom) / cell)), int(np.ceil((right - left) / cell))
    _check_size(shape, where)
    y, x = (np.arange(0, size + _LATTICE, _LATTICE) + 0.5 for size in shape)
    lattice = np.column_stack([axis.ravel() for axis in np.meshgrid(left + x * cell, top - y * cell)])
    places, operation = _places(lattice, target, source, raster)
    spots = places.T.reshape(2, len(y), len(x))  # row and column in the raster
    first = np.maximum(np.floor(spots.min(axis=(1, 2))).astype(int) - 1, 0)
    last = np.minimum(np.ceil(spots.max(axis=(1, 2))).astype(int) + 2, raster.shape)
    if (last <= first).any():
        raise InputError(f"{where}: {_elsewhere(there, extent)}")
    heights = _part(raster, (first[0], last[0], first[1], last[1]), notes, where)
    result = np.empty(shape, np.float32)
    for start in range(0, shape[0], 256):  # in strips, to hold little more than the result
        strip = np.mgrid[start : min(start + 256, shape[0]), 0 : shape[1]] / _LATTICE
        inside = [ndimage.map_coordinates(spots[i], strip, order=1, mode="nearest") - first[i] for i in (0, 1)]
        result[start : start + 256] = ndimage.map_coordinates(heights, inside, order=1, mode="constant", cval=np.nan)
    how = f"from {systems.label(source)} ({operation.name})" if operation else "from cells that are turned or oblong"
    notes.append(f"resampled to cells of {cell:g} m, {how}")
    return result, (float(left), float(top)), cell


def _outline(raster: Any, source: CRS, target: CRS) -> systems.Bounds:
    """Bounds of the raster in the system of the run."""
    rows, columns = (np.linspace(0, size, 9) for size in raster.shape)
    row, column = (axis.ravel() for axis in np.meshgrid(rows, columns))
    steps = raster.transform
    x, y = steps.a * column + steps.b * row + steps.c, steps.d * column + steps.e * row + steps.f
    if source != target:
        moved = systems.transform(gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=source), target)[0]
        x, y = moved.geometry.x.to_numpy(), moved.geometry.y.to_numpy()
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _places(points: np.ndarray, target: CRS, source: CRS, raster: Any) -> tuple[np.ndarray, systems.Operation | None]:
    """Row and column (of cell middles) in the raster for points of the run, and the operation between the two systems."""
    operation = None
    if source != target:
        frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points.T), crs=target)
        moved, operation = systems.transform(frame, source)
        points = np.column_stack([moved.geometry.x, moved.geometry.y])
    return _cells(raster, points) - 0.5, operation


def _cells(raster: Any, points: np.ndarray) -> np.ndarray:
    """Row and column in the raster, counted from the corner of its first cell."""
    back = ~raster.transform
    x, y = points.T
    return np.column_stack([back.d * x + back.e * y + back.f, back.a * x + back.b * y + back.c])


def _part(raster: Any, part: tuple[int, int, int, int], notes: list[str], where: str) -> np.ndarray:
    """Heights in metres of some rows and columns, NaN where none is known."""
    from rasterio.enums import MaskFlags
    from rasterio.windows import Window

    top, bottom, left, right = (int(number) for number in part)
    _check_size((bottom - top, right - left), where)
    window = Window(left, top, right - left, bottom - top)
    heights: np.ndarray = raster.read(1, window=window)
    none, marked = np.zeros(heights.shape, bool), MaskFlags.all_valid not in raster.mask_flag_enums[0]
    unknown = raster.read_masks(1, window=window) == 0 if marked else none
    if not marked and heights.dtype.kind == "f" and np.count_nonzero(heights == 0) > heights.size * MOST_ZEROS:
        unknown = heights == 0
        notes.append(f"{unknown.sum()} cells hold exactly 0 and the file names no value for unknown: they count as unknown")
    size = float(raster.scales[0]) * _METRES[_unit(raster)]
    heights = heights.astype(np.float32, copy=False)
    if size != 1 or raster.offsets[0] != 0:
        heights = heights * np.float32(size) + np.float32(raster.offsets[0] * _METRES[_unit(raster)])
    heights[unknown] = np.nan
    with np.errstate(invalid="ignore"):
        odd = (heights < LOWEST) | (heights > HIGHEST)
    if odd.any():
        heights[odd] = np.nan
        notes.append(f"{odd.sum()} cells below {LOWEST:g} m or above {HIGHEST:g} m count as unknown")
    return heights


def _spots(raster: Any) -> list[tuple[int, int, int, int]]:
    """Up to 25 parts spread evenly over a raster: first and last row, first and last column."""
    rows, columns = (np.unique(np.linspace(0, max(size - _SAMPLE, 0), 5).astype(int)) for size in raster.shape)
    ends = [(row, min(row + _SAMPLE, raster.height)) for row in rows]
    return [(*end, column, min(column + _SAMPLE, raster.width)) for end in ends for column in columns]


def _check_size(shape: tuple[int, ...], where: str) -> None:
    if np.prod(shape, dtype=float) > MOST_CELLS:
        size = " x ".join(map(str, shape))
        raise InputError(
            f"{where}: {size} cells would be read, more than {MOST_CELLS:,}; give a raster with larger cells (0.5 or 1 m is "
            "enough), or screen the city in parts."
        )


def _elsewhere(there: systems.Bounds, here: systems.Bounds) -> str:
    numbers = [", ".join(f"{number:.0f}" for number in bounds) for bounds in (there, here)]
    return (
        f"lies at {numbers[0]} (lowest x and y, highest x and y), and the city's objects at {numbers[1]}; check its coordinate "
        "system, or take the right sheet."
    )
