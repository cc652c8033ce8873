"""Draw the logo: seen classes are filled, and the unseen one is an outline.

Run ``python docs/logo.py`` to write the pictures in ``docs/_static``.
"""

from pathlib import Path

FOLDER = Path(__file__).parent / "_static"
BLUE, ORANGE = "#1f6fb4", "#e8830c"
# Centres of the marks of an icon that is 64 wide and high.
SEEN, UNSEEN, RADIUS = [(18, 18), (46, 18), (18, 46)], (46, 46), 11


def icon():
    """Three filled circles and a dashed one."""
    x, y = UNSEEN
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="{BLUE}"/>' for x, y in SEEN
    ) + (
        f'<circle cx="{x}" cy="{y}" r="{RADIUS - 1.5}" fill="none" stroke="{ORANGE}" '
        'stroke-width="4" stroke-dasharray="5.5 4.5"/>'
    )


def picture(content, width):
    """An SVG of height 64."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="64" '
        f'viewBox="0 0 {width} 64" role="img" aria-label="zsl_estimators">'
        f"{content}</svg>\n"
    )


def with_name(color):
    """The icon with the name of the package beside it."""
    name = (
        '<text x="72" y="42" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="30" font-weight="600" fill="{color}">zsl_estimators</text>'
    )
    return picture(icon() + name, 300)


def main():
    pictures = {
        "icon.svg": picture(icon(), 64),
        "logo.svg": with_name("#222832"),
        "logo_dark.svg": with_name("#ced6dd"),
    }
    for name, content in pictures.items():
        (FOLDER / name).write_text(content)


if __name__ == "__main__":
    main()
