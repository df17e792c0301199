"""A bar chart as SVG, without a plotting library.

Belongs here: drawing shares of several systems on several sets. Does not: measuring them.
"""

from collections.abc import Iterator, Mapping
from html import escape

_WIDTH, _LABEL, _BAR, _GAP = 860, 300, 13, 22
_COLOURS = ("#1f4e79", "#2e8b8b", "#c9782c", "#7a5195", "#8a8a8a", "#b04a5a")


def bar_chart(
    shares: Mapping[str, Mapping[str, float]], caption: str = "Recall@20 on titles O*NET does not hold"
) -> str:
    """Return an SVG picture of the shares (0 to 1): a group of bars per system, a colour per set."""
    sets = list(next(iter(shares.values())))
    height = 70 + len(shares) * (len(sets) * _BAR + _GAP)
    body = "\n".join([*_legend(sets, caption), *_groups(shares)])
    style = "font-family='system-ui, sans-serif' font-size='12' fill='#222'"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' {style}>\n"
        f"<rect width='{_WIDTH}' height='{height}' fill='#fff'/>\n{body}\n</svg>\n"
    )


def _legend(sets: list[str], caption: str) -> Iterator[str]:
    yield f"<text x='12' y='22' font-size='15' font-weight='600'>{escape(caption)}</text>"
    for at, name in enumerate(sets):
        x = _LABEL + at * 135
        yield f"<rect x='{x}' y='36' width='11' height='11' fill='{_COLOURS[at % len(_COLOURS)]}'/>"
        yield f"<text x='{x + 16}' y='46'>{escape(name)}</text>"


def _groups(shares: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    y, scale = 66, _WIDTH - _LABEL - 60
    for name, by_set in shares.items():
        middle = y + len(by_set) * _BAR / 2 + 4
        yield f"<text x='{_LABEL - 10}' y='{middle:.0f}' text-anchor='end'>{escape(name.replace('`', ''))}</text>"
        for at, share in enumerate(by_set.values()):
            top, length = y + at * _BAR, max(1.0, share * scale)
            colour = _COLOURS[at % len(_COLOURS)]
            yield f"<rect x='{_LABEL}' y='{top}' width='{length:.0f}' height='{_BAR - 2}' fill='{colour}'/>"
            yield f"<text x='{_LABEL + length + 5:.0f}' y='{top + 10}' font-size='10'>{share:.2f}</text>"
        y += len(by_set) * _BAR + _GAP
