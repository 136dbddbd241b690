"""A screened city in the formats of others: OpenSidewalks, A11yJSON and OSLO Toegankelijkheid.

What a format has no place for is counted and told; what is not known is not written, so that nothing stands for "no".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from toegankelijk.errors import ConfigError
from toegankelijk.exchange.a11yjson import write_a11yjson
from toegankelijk.exchange.facts import Exported
from toegankelijk.exchange.opensidewalks import write_opensidewalks
from toegankelijk.exchange.oslo import write_oslo
from toegankelijk.findings import Findings
from toegankelijk.network.walking import Walking

__all__ = ["FORMATS", "Exported", "export_screened", "write_a11yjson", "write_opensidewalks", "write_oslo"]

FORMATS = ("opensidewalks", "a11yjson", "oslo")
"""Formats that a city can be written in."""


def export_screened(findings: Findings, path: str | Path, *, to: str, walking: Walking | None = None) -> Exported:
    """Write a screened city in one of `FORMATS`.

    Parameters
    ----------
    findings
        What was found; its city is what is written.
    path
        File to write.
    to
        Name of the format.
    walking
        The walking network, which only OpenSidewalks asks for.

    Raises
    ------
    ConfigError
        There is no such format.
    InputError
        The city has no walking network, and the format is one of networks.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from toegankelijk import sample_city, screen
    >>> screening = screen(sample_city())
    >>> with TemporaryDirectory() as folder:
    ...     done = export_screened(screening.findings, f"{folder}/city.json", to="a11yjson")
    >>> done.left_out["footway"]
    13
    """
    writers: Mapping[str, Callable[[], Exported]] = {
        "opensidewalks": lambda: write_opensidewalks(findings, path, walking=walking),
        "a11yjson": lambda: write_a11yjson(findings, path),
        "oslo": lambda: write_oslo(findings, path),
    }
    if to not in writers:
        raise ConfigError(f"there is no format {to!r}; choose one of {', '.join(FORMATS)}")
    if (to == "opensidewalks") != (Path(path).suffix.lower() == ".zip"):
        raise ConfigError(f"{path}: OpenSidewalks is a zip of files, the other formats are one JSON file; name it so")
    return writers[to]()
