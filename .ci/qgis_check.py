"""What QGIS makes of a monitoring table: run by .ci/qgis with the Python that QGIS comes with."""

# ruff: noqa: S101 - it asserts

import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QSize
from qgis.PyQt.QtGui import QColor

NULL = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"


def main(path, picture):
    """Open the table of a file, work in it, and draw it."""
    application = QgsApplication([], False)
    application.initQgis()
    layer = whole = None
    try:
        layer = QgsVectorLayer(f"{path}|layername=monitoring", "monitoring", "ogr")
        assert layer.isValid(), "the layer opens"
        check_form(layer)
        check_edits(layer)
        draw(layer, picture)
        whole = QgsVectorLayer(path, "all", "ogr")
        beside = {sub.split("!!::!!")[1] for sub in whole.dataProvider().subLayers()}
        assert {"monitoring_base", "monitoring_history", "monitoring_conflicts", "monitoring_runs"} <= beside, beside
    finally:
        layer = whole = None
        application.exitQgis()
    print(f"QGIS opens, edits and draws it: {Path(picture).name}")


def check_form(layer):
    """Style, headings, drop-downs and the form are there."""
    fields = layer.fields()
    aliases = {field.name(): layer.attributeAlias(number) for number, field in enumerate(fields)}
    assert aliases["status_staff"] == "Status (dienst)", aliases["status_staff"]
    assert all(text for name, text in aliases.items() if name != "fid"), aliases
    setup = {field.name(): layer.editorWidgetSetup(number) for number, field in enumerate(fields)}
    for name in ("status_staff", "planning_staff", "priority_band_staff", "phase", "status", "severity"):
        assert setup[name].type() == "ValueMap", (name, setup[name].type())
    choices = [next(iter(entry.items())) for entry in setup["status_staff"].config()["map"]]
    assert choices[0] == ("", NULL), choices[0]
    assert ("uitgevoerd", "uitgevoerd") in choices, choices
    assert setup["done_on"].type() == "DateTime"
    assert setup["responsible_staff"].type() == "UniqueValues"
    form = layer.editFormConfig()
    locked = {field.name() for number, field in enumerate(fields) if form.readOnly(number)}
    assert {"bottleneck_id", "status", "severity"} <= locked, locked
    assert not {"status_staff", "remark", "done_on"} & locked, locked
    pages = [page.name() for page in form.invisibleRootContainer().children()]
    assert len(pages) == 4, pages
    assert layer.renderer().type() == "categorizedSymbol", layer.renderer().type()
    assert len(layer.renderer().categories()) == 8
    assert layer.labelsEnabled()
    shown = [column.name for column in layer.attributeTableConfig().columns() if not column.hidden]
    assert shown[:3] == ["bottleneck_id", "status", "priority_band"], shown[:5]
    print(f"style loaded; pages of the form: {', '.join(pages)}; {len(aliases) - 1} headings; {len(shown)} columns shown")


def check_edits(layer):
    """A cell is changed and a row is added, as people do."""
    feature = next(layer.getFeatures())
    number = feature.id()
    names = layer.fields().names()
    count = layer.featureCount()
    assert layer.startEditing()
    for name, value in (("status_staff", "gepland"), ("remark", "met de dienst besproken"), ("done_on", QDate(2026, 12, 24))):
        assert layer.changeAttributeValue(number, names.index(name), value), name
    row = QgsFeature(layer.fields())
    row["remark"] = "zelf toegevoegd"
    place = feature.geometry().asPoint()
    row.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(place.x() + 10, place.y())))
    assert layer.addFeature(row)
    assert layer.commitChanges(), layer.commitErrors()
    assert layer.featureCount() == count + 1
    again = layer.getFeature(number)
    assert again["status_staff"] == "gepland"
    assert again["done_on"] == QDate(2026, 12, 24)
    print("a cell is edited and a row is added through QGIS")


def draw(layer, picture):
    """A picture of all rows."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(1400, 1000))
    settings.setOutputDpi(110)
    box = layer.extent()
    box.scale(1.1)
    settings.setExtent(box)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    assert not job.errors(), [error.message for error in job.errors()]
    assert job.renderedImage().save(picture)
    print(f"drawn at 1 : {settings.scale():.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
