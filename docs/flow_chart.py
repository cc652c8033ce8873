"""Draw the chart that leads to an estimator, as an SVG with links.

Run ``python docs/flow_chart.py`` after a change. Colours follow those of the page, so
that the chart is legible on light and on dark pages.
"""

from pathlib import Path
from xml.sax.saxutils import escape

PATH = Path(__file__).parent / "_static" / "flow_chart.svg"
WIDTH, ROW = 690, 104
QUESTION_WIDTH, ANSWER_WIDTH, BOX_HEIGHT = 300, 310, 74
# Questions from the top down; "no" leads to the next one.
ROWS = [
    (
        ["Is there no labelled sample", "of any class?"],
        "yes",
        ["NearestDescriptionClassifier"],
        "features and descriptions of one model",
    ),
    (
        ["Are features and descriptions", "from one model, such as CLIP?"],
        "yes",
        ["TipAdapterClassifier", "NearestDescriptionClassifier"],
        "",
    ),
    (
        ["Do you want the best accuracy,", "and have some minutes?"],
        "yes",
        ["ZeroShotEnsembleClassifier"],
        "time_limit in seconds",
    ),
    (
        ["Do you want to know which", "attributes a sample has?"],
        "yes",
        ["RevCDClassifier", "RidgeSemanticClassifier"],
        "",
    ),
    (
        ["Are attributes yes or no, and", "features sensors or a table?"],
        "yes",
        ["DAPClassifier"],
        "estimator=RandomForestClassifier()",
    ),
    (
        ["Do you want generated samples,", "or a classifier of your own on top?"],
        "yes",
        ["CVAEClassifier", "VAEcFlowClassifier"],
        "",
    ),
    (
        ["Do you need the density", "of a sample under a class?"],
        "yes",
        ["VAEcFlowClassifier", "DiffusionClassifier"],
        "",
    ),
    (
        ["Otherwise: one model, in seconds"],
        "",
        ["ExemplarClassifier", "GaussianSemanticClassifier"],
        "",
    ),
]


def box(x, y, width, dashed=False):
    """A rectangle with round corners."""
    style = ' stroke-dasharray="6 4"' if dashed else ""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{BOX_HEIGHT}" rx="10" '
        f'fill="none" stroke="currentColor" stroke-width="1.5"{style}/>'
    )


def text(x, y, words, size=16, weight="normal"):
    """A centred line."""
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="{size}" '
        f'font-weight="{weight}" fill="currentColor">{escape(words)}</text>'
    )


def lines(x, y, parts):
    """Lines in the middle of a box that begins at `y`."""
    first = y + BOX_HEIGHT / 2 + 6 - 11 * (len(parts) - 1)
    return "".join(part(x, first + 22 * number) for number, part in enumerate(parts))


def linked(name):
    """The name of an estimator with a link to its page."""

    def draw(x, y):
        page = f"api/generated/zsl_estimators.{name}.html"
        words = text(x, y, name, weight="600")
        return f'<a href="{page}" class="flow-chart-link">{words}</a>'

    return draw


def plain(words, size=16):
    return lambda x, y: text(x, y, words, size)


def arrow(x1, y1, x2, y2, label, label_x, label_y):
    """An arrow with a word beside it."""
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="currentColor" '
        'stroke-width="1.5" marker-end="url(#flow-chart-head)"/>'
        + (text(label_x, label_y, label, 15) if label else "")
    )


def row(number, question, label, names, remark):
    """A question with its answer, and the arrow to the next question."""
    y, middle = 4 + number * ROW, 4 + number * ROW + BOX_HEIGHT / 2
    answer_x = WIDTH - ANSWER_WIDTH - 2
    parts = [linked(name) for name in names] + ([plain(remark, 14)] if remark else [])
    drawn = [
        box(2, y, QUESTION_WIDTH, dashed=not label),
        lines(2 + QUESTION_WIDTH / 2, y, [plain(line) for line in question]),
        arrow(QUESTION_WIDTH + 2, middle, answer_x - 9, middle, label, 336, middle - 8),
        box(answer_x, y, ANSWER_WIDTH),
        lines(answer_x + ANSWER_WIDTH / 2, y, parts),
    ]
    if label:
        x, bottom = 2 + QUESTION_WIDTH / 2, y + BOX_HEIGHT
        drawn.append(arrow(x, bottom, x, y + ROW - 9, "no", x + 18, bottom + 20))
    return "".join(drawn)


def chart():
    """The whole SVG."""
    head = (
        '<defs><marker id="flow-chart-head" viewBox="0 0 10 10" refX="1" refY="5" '
        'markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L10 5 L0 10 z" '
        'fill="currentColor"/></marker></defs>'
    )
    rows = "".join(row(number, *parts) for number, parts in enumerate(ROWS))
    height = len(ROWS) * ROW - (ROW - BOX_HEIGHT) + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'class="flow-chart" role="img" aria-label="Questions that lead to an '
        f'estimator">{head}{rows}</svg>\n'
    )


if __name__ == "__main__":
    PATH.write_text(chart())
