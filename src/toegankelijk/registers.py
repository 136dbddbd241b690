"""Maps of registers: which of their layers holds which kind, and what their columns and codes mean.

A map is a TOML file with the words of ``city.toml``: ``name``, ``about``, ``attribution``, ``format``, ``[codes]`` and
``[[layers]]``, of which ``layer`` is the name in the register. Maps that come with the package stand in ``data/registers``; a
city copies one and changes it where its delivery differs.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toegankelijk.config import MAX_BYTES, Layer, Register, kind_faults
from toegankelijk.errors import ConfigError, InputError


class RegisterMap(BaseModel):
    """A register as its map describes it; ``about`` says where the facts come from, ``format`` what files it is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str
    attribution: str = ""
    format: str = ""
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class _Delivery:
    """Names of the layers in a delivery, and what they are called in the map."""

    names: tuple[str, ...]
    renamed: Mapping[str, str]
    only: bool

    def find(self, name: str | None) -> str | None:
        """Name in the delivery of a layer of the map, in any case and with or without ``GRB:`` and the like before it."""
        wanted = self.renamed.get(name or "", name)
        if wanted is None or (self.only and name not in self.renamed):
            return self.names[0] if len(self.names) == 1 else None
        if wanted in self.names:
            return wanted
        alike = [other for other in self.names if other.rpartition(":")[2].casefold() == wanted.rpartition(":")[2].casefold()]
        return alike[0] if len(alike) == 1 else None


def bundled_maps() -> tuple[str, ...]:
    """Names of the maps that come with the package."""
    folder = files("toegankelijk").joinpath("data", "registers")
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def map_text(name: str) -> str:
    """Text of a map that comes with the package, comments and all, to be copied and changed."""
    if name not in bundled_maps():
        raise ConfigError(f"no bundled map {name!r}; there are {', '.join(bundled_maps())}")
    return files("toegankelijk").joinpath("data", "registers", f"{name}.toml").read_text("utf-8")


def load_map(name: str, *, folder: Path | None = None) -> RegisterMap:
    """A map by its name, or from a file.

    Parameters
    ----------
    name
        Name of a bundled map, or path of a TOML file.
    folder
        Folder to which a path is relative.

    Raises
    ------
    ConfigError
        There is no such map, or it has faults; all of them are listed with their place.

    Examples
    --------
    >>> [layer.kind for layer in load_map("wegenregister").layers]
    ['street']
    """
    if name in bundled_maps():
        raw = map_text(name).encode("utf-8")
    else:
        path = (folder or Path()) / name
        if not path.is_file():
            raise ConfigError(f"map {name!r}: neither a file nor a bundled map; bundled are {', '.join(bundled_maps())}")
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"map {name}: larger than {MAX_BYTES} bytes; a map holds no data")
        raw = path.read_bytes()
    return _parse(raw, f"map {name}")


def expand(register: Register, mapped: RegisterMap, there: Sequence[str]) -> tuple[list[Layer], list[str]]:
    """Layers to read of a delivery of a register.

    Parameters
    ----------
    register
        The delivery, as ``city.toml`` names it.
    mapped
        Map of the register.
    there
        Names of the layers in the delivery.

    Returns
    -------
    layers : list of Layer
        In the order of the map, with their place, the names of the delivery and the codes of the map.
    notes : list of str
        Layers of the map that are not in the delivery.

    Raises
    ------
    ConfigError
        The delivery asks for kinds or layers that the map does not have.
    InputError
        None of the layers of the map is in the delivery.
    """
    wanted = [layer for layer in mapped.layers if register.kinds is None or layer.kind in register.kinds]
    names = list(dict.fromkeys(layer.layer for layer in mapped.layers))
    if faults := _choice_faults(register, mapped, names):
        raise ConfigError(f"registers ({register.map}): choices that the map does not have", faults)
    delivery = _Delivery(tuple(there), register.layers, only=len(names) == 1)
    found = {name: delivery.find(name) for name in names}
    if not any(found[layer.layer] for layer in wanted):
        listed = ", ".join(repr(name) for name in there) or "none"
        raise InputError(
            f"{register.place_name}: none of the layers of the map {register.map!r} is there. Layers in the delivery: {listed}. "
            f"Say which is which: layers = {{ {names[0] or 'layer'} = 'name in the delivery' }}"
        )
    lacking = {layer.layer: layer.kind for layer in wanted if found[layer.layer] is None}
    kinds = {name: dict.fromkeys(layer.kind for layer in wanted if layer.layer == name) for name in lacking}
    notes = [f"no layer {name!r} in the delivery: nothing of {', '.join(kinds[name])} is read from it" for name in lacking]
    return [_placed(layer, register, mapped, found[layer.layer]) for layer in wanted if found[layer.layer]], notes


def _placed(layer: Layer, register: Register, mapped: RegisterMap, name: str | None) -> Layer:
    """A layer of a map at the place of a delivery; what the delivery says of itself counts before the map."""
    said = register.model_dump(include={"complete", "accuracy", "date", "crs", "coordinates"}, exclude_none=True)
    columns = {
        attribute: column.model_copy(update={"codes": mapped.codes[column.codes]}) if isinstance(column.codes, str) else column
        for attribute, column in layer.columns.items()
    }
    place: dict[str, Any] = {"source": register.source, "postgis": register.postgis, "layer": name}
    return layer.model_copy(update={**said, **place, "columns": columns, "optional": True})


def _choice_faults(register: Register, mapped: RegisterMap, names: Sequence[str | None]) -> list[str]:
    kinds = {layer.kind for layer in mapped.layers}
    listed = ", ".join(str(name) for name in names)
    faults = [f"kind {kind!r}; it has {', '.join(sorted(kinds))}" for kind in register.kinds or () if kind not in kinds]
    return faults + [f"layer {name!r}; it has {listed}" for name in register.layers if name not in names]


def _parse(raw: bytes, where: str) -> RegisterMap:
    try:
        mapped = RegisterMap.model_validate(tomllib.loads(raw.decode("utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: not a TOML file: {error}") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise ConfigError(f"{where}: {len(faults)} faults", faults) from error
    if faults := [fault for i, layer in enumerate(mapped.layers, 1) for fault in _layer_faults(i, layer, mapped)]:
        raise ConfigError(f"{where}: {len(faults)} faults", faults)
    return mapped


def _layer_faults(i: int, layer: Layer, mapped: RegisterMap) -> list[str]:
    where = f"layers[{i}] ({layer.kind})"
    faults = [
        f"{where}: a map names no {key}; city.toml does" for key in ("source", "postgis") if getattr(layer, key) is not None
    ]
    return faults + kind_faults(layer.kind, layer.columns, where, mapped.codes)
