"""The walking network as tables: places where ways meet, the ways between them, and what one has to pass on each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

EDGE_COLUMNS = ("tail", "head", "length", "kind", "object_id", "side")
"""Columns of the edges. ``tail`` and ``head`` are numbers of nodes, ``length`` is in metres; ``kind`` is one of `EDGE_KINDS`,
``object_id`` is the object that the edge runs along, or that a gate stands for (nothing for a link), ``side`` is ``left`` or
``right`` of a street where that is known."""

EDGE_KINDS = ("footway", "crossing", "stairs", "ramp", "street", "gate", "mouth", "link")
"""Kinds of edges. A ``gate`` has no length: one passes a single object there, such as a kerb. A ``mouth`` leads over the end of a
street from its one side to the other, where nothing says that there is a crossing. A ``link`` was made to mend the network."""

PART_COLUMNS = ("edge", "kind", "object_id")
"""Columns of the objects that one has to pass on an edge."""


@dataclass(frozen=True)
class Network:
    """A walking network: an undirected graph whose edges have geometry, and objects that one has to pass on them.

    Parameters
    ----------
    nodes
        Coordinates in metres, shape (nodes, 2).
    edges
        Columns `EDGE_COLUMNS`, index 0 to n - 1.
    shapes
        Lines of the edges, from tail to head; a point for a gate. Shape (n,).
    parts
        Columns `PART_COLUMNS`: the object that the edge runs along, and others that stand on it. An edge without any part is free
        to all.
    crs
        The projected coordinate system, in metres.
    mended
        What was mended, and how often.
    remarks
        What could not be used, and why; columns `toegankelijk.schema.REMARK_COLUMNS`.
    """

    nodes: npt.NDArray[np.float64]
    edges: pd.DataFrame
    shapes: npt.NDArray[np.object_]
    parts: pd.DataFrame
    crs: CRS | None = None
    mended: dict[str, int] = field(default_factory=dict)
    remarks: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __len__(self) -> int:
        return len(self.edges)

    @property
    def tail(self) -> npt.NDArray[np.intp]:
        """Numbers of the nodes at which the edges start."""
        return np.asarray(self.edges["tail"], dtype=np.intp)

    @property
    def head(self) -> npt.NDArray[np.intp]:
        """Numbers of the nodes at which the edges end."""
        return np.asarray(self.edges["head"], dtype=np.intp)

    @property
    def length(self) -> npt.NDArray[np.float64]:
        """Lengths of the edges in metres."""
        return np.asarray(self.edges["length"], dtype=float)
