"""Sphinx configuration."""

import os
import sys
from pathlib import Path

from sphinx_gallery.sorting import ExplicitOrder

import zsl_estimators
from zsl_estimators import BaseZeroShotClassifier

sys.path.insert(0, str(Path(__file__).parent))

import comparison
import inventories

project = "zsl_estimators"
author = "The zsl_estimators developers"
copyright = f"2026, {author}"
version = release = zsl_estimators.__version__

# Where the pages are published; part of their canonical addresses.
SITE = "https://zsl-estimators.readthedocs.io/en/latest/"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx_sitemap",
    "sphinxext.opengraph",
]
exclude_patterns = ["_build", "auto_examples/**/*.ipynb"]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_show_sourcelink = False
html_css_files = ["pages.css"]
html_js_files = ["sort_table.js"]
html_favicon = "_static/icon.svg"
html_theme_options = {
    "show_toc_level": 2,
    "secondary_sidebar_items": {"index": [], "**": ["page-toc"]},
    "logo": {
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo_dark.svg",
        "alt_text": "zsl_estimators",
    },
    "switcher": {
        "json_url": SITE + "_static/switcher.json",
        "version_match": "dev" if "dev" in version else version,
    },
    # The file may be on the web only.
    "check_switcher": False,
    "footer_center": ["version-switcher"],
    "header_links_before_dropdown": 4,
}
# Pages without pages below them need no navigation beside them.
html_sidebars = {
    page: []
    for page in (
        "index",
        "five_minutes",
        "install",
        "which_estimator",
        "faq",
        "glossary",
        "contributing",
    )
}

autosummary_generate = True
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
# Docstrings say more about types than the hints.
autodoc_typehints = "none"
nitpicky = True
# Types as prose in docstrings.
# skops is referred to without an inventory.
nitpick_ignore_regex = [(r"py:class", r".*"), (r"py:.*", r"skops\..*")]
intersphinx_mapping = inventories.mapping()
intersphinx_timeout = 5

html_baseurl = ogp_site_url = SITE
ogp_image = SITE + "_static/quickstart.png"
ogp_social_cards = {"enable": False}
sitemap_url_scheme = "{link}"
sitemap_excludes = ["search.html", "genindex.html", "_modules/*"]

# Prompts and output are not copied.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

# Where to begin comes first; the rest is sorted by length.
first = ["plot_quickstart.py", "plot_own_dataframe.py", "plot_seen_unseen_curve.py"]
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "subsection_order": [
        "../examples/getting_started",
        "../examples/real_data",
        "../examples/model_selection",
        "../examples/methods",
    ],
    "gallery_dirs": "auto_examples",
    "within_subsection_order": ExplicitOrder([*first, "*"]),
    "abort_on_example_error": True,
    # One process per core: examples have one thread each.
    "parallel": os.cpu_count(),
    "reset_modules": ("matplotlib", "gallery.spawn_processes"),
    "doc_module": "zsl_estimators",
    "backreferences_dir": "api/backreferences",
    "remove_config_comments": True,
    "show_memory": False,
}


def link_to_this_build(app, page, template, context, doctree):
    """Let pictures of estimators link to the pages beside them, not to the web."""
    published = BaseZeroShotClassifier._doc_link_template.partition("api/")[0]
    if "body" in context:
        here = "../" * page.count("/")
        context["body"] = context["body"].replace(published, here)


def setup(app):
    """Connect what is done to pages."""
    comparison.write()
    app.connect("html-page-context", link_to_this_build)
