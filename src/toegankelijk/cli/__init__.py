"""The command line: parse, call, print."""

from __future__ import annotations

import typer

from toegankelijk.cli import comparing, exporting, inspecting, mapping, monitor, norms, planning, reporting, runs, surveys

app = typer.Typer(name="toegankelijk", help="Screen public space for accessibility.", no_args_is_help=True, add_completion=False)
app.command()(runs.demo)
app.command()(runs.screen)
app.command()(inspecting.inspect)
app.command()(surveys.survey)
app.command()(comparing.compare)
app.command()(exporting.export)
app.command()(planning.network)
app.command()(planning.plan)
app.command()(reporting.report)
app.command("versions")(runs.versions)
app.add_typer(norms.norms, name="norm")
app.add_typer(mapping.maps, name="map")
app.add_typer(monitor.monitor, name="monitor")
