"""A small city that changes, and staff who do anything to its monitoring table; what they typed is remembered by row."""

import dataclasses
import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from toegankelijk.ledger.fields import FIELDS, KEY, SHARED
from toegankelijk.ledger.snapshot import Snapshot

CRS = "EPSG:31370"
REMEDIES = ("obstakel_verplaatsen", "drempel_wegwerken")
STATUSES = ("gepland", "in_uitvoering", "uitgevoerd", "onterecht", "aanvaard", "doorverwezen")
TYPED = ("remark", "reason", "photo", "responsible_staff", "partner_staff", "responsible", "street", "description", "solution")
TERMS = ("KT", "MLT", "LT")


class World:
    """Objects far apart, each with an own truth ``uid``, whatever it is called and however it is drawn."""

    def __init__(self, rng, size=40, apart=20.0):
        self.rng, self.day = rng, datetime.date(2026, 1, 1)
        self.objects = pd.DataFrame({"uid": range(size), "object_id": [f"o{i}" for i in range(size)], "fails": True, "value": 5})
        self.objects["x"] = 200_000.0 + apart * (self.objects["uid"] % 8)
        self.objects["y"] = 180_000.0 + apart * (self.objects["uid"] // 8)
        self.delivered, self.apart, self.names = True, apart, size

    def change(self):
        """A year passes: values change, things are mended, drawn again, renumbered, built, broken down, or not delivered."""
        rng, things = self.rng, self.objects
        self.day += datetime.timedelta(days=int(rng.integers(1, 200)))
        pick = rng.random(len(things))
        things["value"] = np.where(pick < 0.2, rng.integers(3, 9, len(things)), things["value"])
        things["fails"] = np.where(rng.random(len(things)) < 0.1, ~things["fails"], things["fails"])
        again = rng.random(len(things)) < 0.15
        angle, far = rng.uniform(0, 2 * np.pi, len(things)), rng.uniform(0, 0.45, len(things))
        things["x"] += again * far * np.cos(angle)
        things["y"] += again * far * np.sin(angle)
        for at in np.flatnonzero(again & (rng.random(len(things)) < 0.7)):
            things.loc[things.index[at], "object_id"] = f"o{self.names}"
            self.names += 1
        keep = rng.random(len(things)) > 0.03
        self.objects = things = things[keep].sample(frac=1, random_state=int(rng.integers(1 << 30))).reset_index(drop=True)
        for _ in range(rng.integers(0, 3)):
            uid = self.names
            row = {"uid": uid, "object_id": f"o{uid}", "fails": True, "value": 5, "x": 200_000.0 + self.apart * (uid % 8)}
            self.objects.loc[len(self.objects)] = {**row, "y": 180_000.0 + self.apart * (uid // 8)}
            self.names += 1
        self.delivered = rng.random() > 0.15

    def snapshot(self) -> Snapshot:
        """What a screening sees of it."""
        things = self.objects if self.delivered else self.objects.iloc[: len(self.objects) // 2]
        points = shapely.points(things["x"], things["y"])
        day = pd.Timestamp(self.day)
        objects = gpd.GeoDataFrame(
            {"kind": "bench", "object_id": things["object_id"].to_numpy(), "parent": ""}, geometry=points, crs=CRS
        )
        verdicts = pd.DataFrame(
            {
                "kind": "bench",
                "object_id": things["object_id"].to_numpy(),
                "criterion": "FUR-01",
                "outcome": np.where(things["fails"], "fails", "meets"),
                "level": "A",
                "value": [f"{value} cm" for value in things["value"]],
                "observed_on": day,
            }
        )
        bad = things["fails"].to_numpy(dtype=bool)
        failing = things[bad].reset_index(drop=True)
        table = pd.DataFrame(
            {
                **{"theme": "straatmeubilair", "zone_id": "WZ-1", "level": "A", "street": "Kerkstraat", "kind": "bench"},
                **{"description": "te hoog", "required": "2 cm", "severity": 3, "solution": "verlagen", "solution_reason": ""},
                **{"phase": "uitvoering", "priority_reason": "", "planning_reason": "", "responsible_reason": "", "basis": "wet"},
                **{"feasibility": "hoog", "feasibility_reason": "", "track": "eigen", "criterion": "FUR-01", "source": "TV"},
                **{
                    "criteria": "FUR-01",
                    "remedy": REMEDIES[0],
                    "planning": "KT",
                    "target_year": self.day.year + 2,
                    "partner": "",
                },
                **{"cost_class": 2, "responsible": "wegen", "observed_on": day, "parent": ""},
                "object_id": failing["object_id"],
                "value": [f"{value} cm" for value in failing["value"]],
                "priority": failing["value"],
                "priority_band": np.where(failing["value"] > 6, "hoog", "laag"),
            }
        )
        table = gpd.GeoDataFrame(table, geometry=points[bad], crs=CRS)
        table["shape"] = pd.Series(list(points[bad]), dtype="object")
        norm = {
            "norm": "n",
            "norm_version": "1",
            "norm_hash": "h",
            "criteria": frozenset({"FUR-01"}),
            "city": "Testad",
            "crs": CRS,
        }
        return Snapshot(table, objects, verdicts, frozenset({"bench"} if self.delivered else ()), self.day, **norm)

    def uid_of(self, kind, object_id):
        """Truth of an object by its present name."""
        found = self.objects.loc[self.objects["object_id"].eq(object_id), "uid"]
        return int(found.iloc[0]) if len(found) else None


@dataclasses.dataclass
class Staff:
    """People at work in a table (a GeoDataFrame by row number); ``typed`` is what they expect to find again."""

    rng: np.random.Generator
    typed: dict = dataclasses.field(default_factory=dict)
    count: int = 0

    def token(self) -> str:
        self.count += 1
        return f"t{self.count:06d}"

    def work(self, table, next_row):
        """One random act; gives the table and the next row number."""
        acts = [self.type_cell, self.type_cell, self.type_cell, self.say, self.say, self.move, self.paste, self.delete]
        acts += [self.add_own, self.add_column, self.rename_column, self.drop_column, self.sort]
        weights = np.array([6, 6, 6, 4, 4, 2, 1, 0.5, 1, 0.3, 0.1, 0.1, 0.3])
        act = acts[self.rng.choice(len(acts), p=weights / weights.sum())]
        return act(table, next_row) if len(table) > 5 else self.add_own(table, next_row)

    def pick(self, table):
        return int(self.rng.choice(table.index.to_numpy()))

    def put(self, table, row, name, value):
        column = table[name].astype("object")
        column.loc[row] = value
        table[name] = column
        self.typed.setdefault(row, {})[name] = value
        return table

    def type_cell(self, table, next_row):
        names = [
            name for name in (*TYPED, *(name for name in table if name not in FIELDS and name != "geometry")) if name in table
        ]
        name = str(self.rng.choice(names))
        row = self.pick(table)
        told = self.typed.get(row, {})
        if name in SHARED:  # a second word in the same matter takes the place of the first
            told.pop(f"{name}_staff", None)
        if name.removesuffix("_staff") in SHARED:
            told.pop(name.removesuffix("_staff"), None)
        return self.put(table, row, name, self.token()), next_row

    def say(self, table, next_row):
        name, codes = [("status_staff", STATUSES), ("status", STATUSES), ("planning_staff", TERMS)][self.rng.integers(3)]
        if name in table:
            column = table[name].astype("object")
            column.loc[self.pick(table)] = str(self.rng.choice(codes))
            table[name] = column
        return table, next_row

    def move(self, table, next_row):
        row = self.pick(table)
        geometry = table.geometry.copy()
        place = shapely.Point(*(np.array([200_000.0, 180_000.0]) + self.rng.uniform(0, 200, 2)))
        geometry.loc[row] = place
        self.typed.setdefault(row, {})["geometry"] = place
        return table.set_geometry(geometry), next_row

    def paste(self, table, next_row):
        """A row copied or split: with its id, or without."""
        row = self.pick(table)
        fresh = table.loc[[row]].set_axis(pd.Index([next_row], name="row"))
        if KEY in fresh and self.rng.random() < 0.5:
            fresh[KEY] = None
        cells = {str(value) for name, value in table.loc[row].items() if name != "geometry"}  # the rest is listed, not copied
        told = self.typed.get(row, {}).items()
        self.typed[next_row] = {name: value for name, value in told if name == "geometry" or value in cells}
        return gpd.GeoDataFrame(pd.concat([table, fresh]), geometry="geometry", crs=table.crs), next_row + 1

    def add_own(self, table, next_row):
        fresh = table.iloc[:1].set_axis(pd.Index([next_row], name="row"))
        for name in fresh:
            if name != "geometry":
                fresh[name] = pd.Series([None], index=fresh.index, dtype="object")
        word = self.token()
        name = "remark" if "remark" in fresh else "description"
        fresh[name] = word
        self.typed[next_row] = {name: word}  # gone with the column, if that is taken away before the next screening
        return gpd.GeoDataFrame(pd.concat([table, fresh]), geometry="geometry", crs=table.crs), next_row + 1

    def delete(self, table, next_row):
        row = self.pick(table)
        self.typed.pop(row, None)
        return table.drop(index=row), next_row

    def add_column(self, table, next_row):
        name = f"eigen_{self.token()}"
        table[name] = pd.Series([None] * len(table), index=table.index, dtype="object")
        return table, next_row

    def rename_column(self, table, next_row):
        names = [name for name in table if name not in (KEY, "geometry")]
        name = str(self.rng.choice(names))
        new = f"{name}_{self.token()}"[-60:]
        for told in self.typed.values():
            if name in told:
                told[new] = told.pop(name)
        return table.rename(columns={name: new}), next_row

    def drop_column(self, table, next_row):
        names = [name for name in table if name not in (KEY, "geometry")]
        name = str(self.rng.choice(names))
        for told in self.typed.values():
            told.pop(name, None)
        return table.drop(columns=name), next_row

    def sort(self, table, next_row):
        return table.iloc[self.rng.permutation(len(table))], next_row
