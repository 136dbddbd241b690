"""How the docs are built: `sphinx-build -W docs docs/_build`."""

import shutil
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from gallery_pages import write_gallery  # noqa: E402 (it stands beside this file)
from measure_pages import write_measures  # noqa: E402 (as does this)
from network_pages import write_network  # noqa: E402 (as does this)
from norm_pages import write_pages  # noqa: E402 (as does this)

project = "toegankelijk"
author = "toegankelijk contributors"
copyright = "2026, toegankelijk contributors"
release = version = installed_version("toegankelijk")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_title = f"toegankelijk {release}"
html_theme_options = {"navigation_with_keys": False, "show_prev_next": True, "secondary_sidebar_items": ["page-toc"]}
html_show_sourcelink = False
html_sidebars = {**{path.stem: [] for path in HERE.glob("*.md") if path.stem != "norm"}, "notebooks/*": []}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # a page with outputs that no longer come out of the code would be a second copy of the truth
nb_execution_raise_on_error = True
nb_execution_timeout = 300

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

write_pages(HERE / "tables")
write_measures(HERE / "tables")
write_network(HERE / "tables")
write_gallery(HERE / "gallery", HERE / "gallery_files")
html_extra_path = ["gallery_files"]
shutil.copytree(HERE.parent / "notebooks", HERE / "notebooks", dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
