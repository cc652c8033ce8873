"""What the displays have in common."""

import numpy as np

from zsl_estimators.candidates import find_zero_shot_classifier, seen_penalties
from zsl_estimators.labels import as_labels, check_same_kind, is_in

# Lines that differ in print as well.
LINE_STYLES = ("-", "--", ":", "-.")
# In pixels: places for a label around its point, the best first, and how far off others
# must be.
LABEL_OFFSETS = [(11, 9), (-11, 9), (11, -9), (-11, -9), (22, 0), (-22, 0), (0, 20)]
CLEAR = 16
# More labels than this on an axis cannot be read.
MOST_LABELS = 40


def pyplot():
    """Import matplotlib, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Displays need matplotlib. Install it with pip install matplotlib."
        ) from error
    return plt


def new_axes(ax, **parameters):
    """Return the axes, or those of a new figure."""
    return ax if ax is not None else pyplot().subplots(**parameters)[1]


def penalty_of(estimator):
    """Sum of the seen penalties in use.

    None if there is none, or if it is not one number: classes with a few labelled rows
    pay a part of it.
    """
    shares = getattr(find_zero_shot_classifier(estimator), "_shares_of_penalty", ())
    if not np.isin(shares, (0, 1)).all():
        return None
    penalties = [penalty for _, penalty in seen_penalties(estimator)]
    return sum(penalties) if penalties else None


def seen_first(classes, seen_classes):
    """Sort classes so that seen ones come before unseen ones; say how many."""
    classes = as_labels(classes, "classes")
    seen_classes = as_labels(seen_classes, "seen_classes")
    check_same_kind(classes=classes, seen_classes=seen_classes)
    seen = is_in(classes, seen_classes)
    return np.concatenate([classes[seen], classes[~seen]]), int(seen.sum())


def legend_beside(ax, title=None):
    """Put the legend where it hides nothing."""
    ax.legend(
        fontsize="small", title=title, loc="center left", bbox_to_anchor=(1.01, 0.5)
    )


def label_points(ax, points, labels, avoid=(), **text):
    """Write labels beside points so that they keep clear of each other.

    Call it last: a layout that changes afterwards would move them.

    Parameters
    ----------
    ax : matplotlib Axes
        Its limits must be final.
    points : ndarray of shape (n_points, 2)
        In data coordinates.
    labels : sequence
        One per point.
    avoid : array-like of shape (n_others, 2), default=()
        Other places to keep clear of.
    **text : dict
        For :meth:`matplotlib.axes.Axes.annotate`.
    """
    ax.figure.draw_without_rendering()
    to_pixels = ax.transData.transform
    taken = [*to_pixels(points), *(to_pixels(avoid) if len(avoid) else ())]
    for number, (label, place) in enumerate(
        zip(labels, to_pixels(points), strict=True)
    ):
        others = np.array(taken[:number] + taken[number + 1 :]).reshape(-1, 2)
        ends = np.add(place, LABEL_OFFSETS)
        gaps = np.linalg.norm(ends[:, None] - others, axis=2).min(axis=1, initial=99)
        best = (np.minimum(gaps, CLEAR)).argmax()
        taken.append(ends[best])
        ax.annotate(
            str(label),
            ax.transData.inverted().transform(place),
            xytext=np.multiply(LABEL_OFFSETS[best], 72 / ax.figure.dpi),
            textcoords="offset points",
            ha="center",
            va="center",
            **text,
        )


def group_rows(ax, labels, n_seen, *, columns=False):
    """Label the rows of an image, and its columns if they are the same classes.

    A line separates seen and unseen classes, whose names stand beside them.
    """
    axes = [(ax.yaxis, ax.axhline, "y"), (ax.xaxis, ax.axvline, "x")]
    for axis, draw_line, side in axes if columns else axes[:1]:
        readable = len(labels) <= MOST_LABELS
        axis.set_ticks(np.arange(len(labels)) if readable else [])
        axis.set_ticklabels(labels if readable else [])
        if side == "x" and max(len(str(label)) for label in labels) > 2:
            ax.tick_params("x", rotation=90)
        if 0 < n_seen < len(labels):
            draw_line(n_seen - 0.5, color="C3", linewidth=1.5)
    _name_groups(ax, len(labels), n_seen)


def _name_groups(ax, n_labels, n_seen):
    for name, start, stop in (("seen", 0, n_seen), ("unseen", n_seen, n_labels)):
        if stop > start:
            ax.annotate(
                name,
                (1.02, 1 - (start + stop) / 2 / n_labels),
                xycoords="axes fraction",
                rotation=270,
                va="center",
                color="C3",
            )
