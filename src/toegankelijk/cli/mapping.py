"""Commands on the maps of registers: list, copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toegankelijk.cli.terminal import out, refusals

maps = typer.Typer(help="List and copy the maps that say what the columns of a register mean.", no_args_is_help=True)


@maps.command("list")
def list_maps() -> None:
    """List the maps that come with the package."""
    from toegankelijk.registers import bundled_maps, load_map

    with refusals("nl"):
        for name in bundled_maps():
            found = load_map(name)
            kinds = ", ".join(dict.fromkeys(layer.kind for layer in found.layers))
            out.print(f"{name}: {found.name} ({found.format}): {kinds}", markup=False, soft_wrap=True)


@maps.command("copy")
def copy_map(
    name: Annotated[str, typer.Argument(help="Name of a map, such as wegenregister.")],
    file: Annotated[Path, typer.Argument(help="TOML file to write; an existing one is kept.", dir_okay=False)],
) -> None:
    """Copy a map to a file, to be changed and named in city.toml."""
    from toegankelijk.errors import ConfigError
    from toegankelijk.registers import map_text

    with refusals("nl"):
        if file.exists():
            raise ConfigError(f"{file}: exists already; choose another name for the copy")
        file.write_text(map_text(name), encoding="utf-8", newline="\n")
        out.print(f"{file}", markup=False)
