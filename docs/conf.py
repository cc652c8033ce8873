"""Sphinx configuration."""

from sphinx_gallery.sorting import ExplicitOrder

import zsl_estimators
from zsl_estimators import BaseZeroShotClassifier

project = "zsl_estimators"
author = "The zsl_estimators developers"
copyright = f"2026, {author}"
version = release = zsl_estimators.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "auto_examples/**/*.ipynb"]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_show_sourcelink = False
html_theme_options = {
    "show_toc_level": 2,
    "show_prev_next": False,
    "secondary_sidebar_items": {"index": [], "**": ["page-toc"]},
}
# Pages without pages below them need no navigation beside them.
html_sidebars = {
    page: []
    for page in ("index", "five_minutes", "install", "faq", "glossary", "contributing")
}

autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
nitpicky = True
nitpick_ignore_regex = [
    # Other projects' objects: their inventories are on the web, which a build may lack.
    (r"py:.*", r"(sklearn|skops|skorch|torch|numpy|pandas|matplotlib)\..*"),
    # Types as prose in docstrings.
    (r"py:class", r".*"),
]

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
    app.connect("html-page-context", link_to_this_build)
