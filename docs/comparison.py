"""The measured comparison: tables and a plot from the rows of ``comparison.csv``.

The rows are those that ``benchmarks/accuracy.py --csv`` wrote. They are turned into
pages when the documentation is built.
"""

from html import escape
from pathlib import Path

import matplotlib
import pandas as pd

matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib.text import Text
from matplotlib.transforms import Bbox

HERE = Path(__file__).parent
CSV, FOLDER = HERE / "comparison.csv", HERE / "_static" / "generated"
SETS = {
    "digits": "digits",
    "segments": "segments",
    "clinc150_minilm": "clinc150",
    "caltech101_efflite0_text": "caltech101",
    "gtsrb": "gtsrb",
    "tep": "tep",
    "awa1_bow": "awa1",
}
# Places of a name around its mark in points, the nearest first.
OFFSETS = [
    (side * (8 + 2 * far), height)
    for far in range(0, 40, 4)
    for height in (0, far, -far)
    for side in (1, -1)
]
FAMILIES = {
    "RevCD RidgeSemantic GaussianSemantic ESZSLClassifierCV SAE DAP IAP ConSE CMT "
    "PQZSL NearestDescription TipAdapter": ("semantic", "o", "#1f6fb4"),
    "ALE DeViSE SJE LatEm RidgeCompatibility SynC ClassNorm": (
        "compatibility",
        "s",
        "#e8830c",
    ),
    "FGAN VAEcFlow CycleWGAN GAZSL FVAEGAN TFVAEGAN CVAE ABP ZeroDiff CADAVAE": (
        "generative",
        "^",
        "#2a8c57",
    ),
    "Diffusion": ("likelihood", "D", "#8a4fb5"),
    "Exemplar": ("normal distributions", "v", "#7a5230"),
    "ZeroShotEnsemble": ("ensemble", "*", "#b3261e"),
}

# What an estimator starts from, whose H stands beside its own.
GENERATORS = "FGAN VAEcFlow CycleWGAN GAZSL FVAEGAN TFVAEGAN CVAE ABP CADAVAE"
INITIAL = {
    "RevCD": ("RidgeSemantic", "GaussianSemantic"),
    "PQZSL": ("RidgeSemantic",),
    **dict.fromkeys(GENERATORS.split(), ("Exemplar",)),
}


def family(short):
    """Family of an estimator with its mark and colour in the plot."""
    for names, described in FAMILIES.items():
        if short in names.split():
            return described
    raise KeyError(f"{short} has no family in docs/comparison.py")


def shortened(name):
    """Name of an estimator without its ending."""
    return name.removesuffix("Classifier")


def measured():
    """The rows of the sets that are shown, by short names."""
    rows = pd.read_csv(CSV)
    rows = rows[rows["set"].isin(SETS)]
    return rows.assign(estimator=rows["estimator"].map(shortened))


def figures():
    """Mean H on every set, over all of them, and seconds of a fit."""
    rows = measured()
    groups = rows.groupby(["estimator", "set"])
    counts = groups.size().unstack()
    # Rows of before 27 November 2026 have wall seconds there.
    seconds = "fit CPU seconds"
    means = groups[["H", seconds]].mean().unstack()
    # Means over some of the choices of unseen classes are no comparison.
    means = means.where(pd.concat([counts == counts.max()] * 2, axis=1).to_numpy())
    present = [name for name in SETS if name in set(rows["set"])]
    table = means["H"][present].rename(columns=SETS).dropna(how="all")
    complete = table.notna().all(axis=1)
    table["mean"] = table.mean(axis=1).where(complete)
    table["seconds"] = means[seconds][present].mean(axis=1).where(complete)
    return table.sort_values("mean", ascending=False, na_position="last")


def figures_of(name, rows):
    """Figures of one estimator on all sets in per cent, beside what it starts from."""
    others = INITIAL.get(name, ())
    heads = ["set", "S", "U", "H", *(f"H of {other}" for other in others)]
    cells = []
    for key, title in SETS.items():
        of_set = rows[rows["set"] == key].set_index("estimator")
        own = [spread(of_set.loc[[name], metric]) for metric in "SUH"]
        beside = [spread(of_set.loc[[other], "H"]) for other in others]
        cells.append([title, *own, *beside])
    return list_table(heads, cells)


def spread(values):
    """Mean and standard deviation over the choices of unseen classes."""
    text = f"{100 * values.mean():.1f}"
    return text if len(values) == 1 else f"{text} ± {100 * values.std():.1f}"


def list_table(heads, rows):
    """A table in reStructuredText."""
    body = "".join(
        f"   {'  ' if column else '* '}- {cell}\n"
        for row in [heads, *rows]
        for column, cell in enumerate(row)
    )
    return f".. list-table::\n   :header-rows: 1\n\n{body}"


def table_html(table):
    """A table whose columns can be sorted by a click."""
    heads = "".join(f"<th>{escape(name)}</th>" for name in ["estimator", *table])
    body = "\n".join(row_html(name, row) for name, row in table.iterrows())
    return (
        '<div class="pst-scrollable-table-container"><table class="table sortable">'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n"
    )


def row_html(name, row):
    full = name if name.endswith("CV") else f"{name}Classifier"
    link = f'<a href="api/generated/zsl_estimators.{full}.html">{escape(name)}</a>'
    cells = [f"<td>{shown(column, value)}</td>" for column, value in row.items()]
    return f"<tr><td>{link}</td>{''.join(cells)}</tr>"


def shown(column, value):
    """A figure as text; a dash where it was not measured."""
    if pd.isna(value):
        return "\u2013"
    return f"{value:.1f}" if column == "seconds" else f"{value:.3f}"


def plot(table):
    """Accuracy against the time of a fit, one mark per estimator."""
    figure, ax = plt.subplots(figsize=(8, 5.5), layout="constrained")
    drawn = set()
    for name, row in table.dropna().iterrows():
        label, mark, color = family(name)
        ax.scatter(
            row["seconds"],
            row["mean"],
            s=140 if mark == "*" else 50,
            marker=mark,
            color=color,
            label=None if label in drawn else label,
        )
        drawn.add(label)
    ax.set(
        xscale="log",
        xlabel="seconds of a fit, mean over the data sets",
        ylabel="mean of H over the data sets",
    )
    # Labels begin at the marks and must not leave the axes.
    ax.margins(x=0.2)
    ax.legend(title="family", loc="lower right")
    ax.grid(alpha=0.3)
    write_names(ax, table.dropna())
    return figure


def write_names(ax, table):
    """Write names beside the marks, where they cover neither marks nor each other."""
    places = table[["seconds", "mean"]].to_numpy()
    # The layout moves the axes once more, and must not afterwards.
    ax.figure.draw_without_rendering()
    ax.figure.set_layout_engine("none")
    pixels = ax.transData.transform(places)
    taken = [Bbox.from_extents(*pixel - 7, *pixel + 7) for pixel in pixels]
    taken.append(ax.get_legend().get_window_extent())
    renderer = ax.figure.canvas.get_renderer()
    for name, place in zip(table.index, places, strict=True):
        for offset in OFFSETS:
            text = ax.annotate(
                name,
                place,
                offset,
                textcoords="offset points",
                fontsize=8,
                ha="left" if offset[0] > 0 else "right",
                va="center",
                arrowprops={"arrowstyle": "-", "lw": 0.5, "shrinkB": 3},
            )
            text.update_positions(renderer)
            # Without the line to the mark.
            box = Text.get_window_extent(text, renderer)
            inside = ax.bbox.containsx(box.x0) and ax.bbox.containsx(box.x1)
            if inside and not any(box.overlaps(other) for other in taken):
                break
            text.remove()
        taken.append(box)


def write():
    """Write what the page includes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = figures()
    (FOLDER / "comparison.html").write_text(table_html(table))
    plot(table).savefig(FOLDER / "comparison.svg")
    rows = measured()
    for name in table.index[table["mean"].notna()]:
        (FOLDER / f"{name}.txt").write_text(figures_of(name, rows))
    plt.close("all")


if __name__ == "__main__":
    write()
