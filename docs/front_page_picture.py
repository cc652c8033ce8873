"""Draw the picture of the front page, wide and narrow, and the table of the README.

It runs the quickstart, so that the picture and the figures are those that a user gets.
Run ``python docs/front_page_picture.py`` when they change; takes a quarter of a minute.
"""

import runpy
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from zsl_estimators.plotting import GZSLConfusionDisplay, SeenUnseenDisplay

HERE = Path(__file__).parent
QUICKSTART = HERE.parent / "examples" / "getting_started" / "plot_quickstart.py"


def narrow(models, data):
    """Both panels below each other, legible on a page that is 400 pixels wide."""
    plt.rc("font", size=8.5)
    size = {"figsize": (4.6, 8.2), "layout": "constrained"}
    figure, (top, bottom) = plt.subplots(2, 1, **size)
    for name, model in models.items():
        SeenUnseenDisplay.from_estimator(
            model, data.X_test, data.y_test, ax=top, name=name
        )
    ensemble = models["Ensemble"]
    GZSLConfusionDisplay.from_estimator(ensemble, data.X_test, data.y_test, ax=bottom)
    return figure


def main():
    run = runpy.run_path(str(QUICKSTART))
    # The last step of the quickstart adds a class.
    run["models"]["Ensemble"].remove_classes([10])
    run["figure"].savefig(HERE / "_static" / "quickstart.png", dpi=110)
    narrow(run["models"], run["data"]).savefig(
        HERE / "_static" / "quickstart_narrow.png", dpi=130
    )


if __name__ == "__main__":
    main()
