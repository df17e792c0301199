"""Charts as pictures: bars in parts, each under its label.

Belongs here: drawing. Does not: what is counted (``figures``).

https://matplotlib.org/stable/users/explain/figure/backends.html
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG = "http://www.w3.org/2000/svg"
# Narrow, so that the text stays readable where a telephone shrinks the picture; units are CSS pixels.
_WIDTH, _BAR, _PITCH, _SIZE = 400, 12, 45, 14
# Stands for the page's own colour of text, light or dark.
_TEXT = "#010203"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its label and the number at its right, and its parts as (length, colour)."""

    label: str
    note: str
    parts: tuple[tuple[float, str], ...]


def svg(bars: Sequence[Bar], title: str) -> str:
    """Draw bars of one scale as an SVG element that takes size, font and colour of text from the page around it.

    The same bars give the same bytes. ``title`` is what a screen reader says.
    """
    import matplotlib as mpl

    drawn = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "onet-pipeline"}):
        _figure(bars).savefig(drawn, format="svg", metadata=nothing, transparent=True)
    return _for_the_page(ElementTree.fromstring(drawn.getvalue()), title)  # noqa: S314 -- written by us, above


def png(bars: Sequence[Bar]) -> bytes:
    """Draw the same bars as a PNG on white, 556 pixels wide: a third less than at 800."""
    drawn = io.BytesIO()
    _figure(bars).savefig(drawn, format="png", dpi=100, metadata={"Software": None}, facecolor="white")
    return drawn.getvalue()


def _figure(bars: Sequence[Bar]) -> "Figure":
    from matplotlib.figure import Figure

    height = _PITCH * max(1, len(bars))
    figure = Figure(figsize=(_WIDTH / 72, height / 72), dpi=72)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, _WIDTH), ylim=(height, 0))
    axes.set_axis_off()
    scale = _WIDTH / (max((sum(length for length, _ in bar.parts) for bar in bars), default=0) or 1)
    for number, bar in enumerate(bars):
        top = number * _PITCH
        plain: dict[str, Any] = {"color": _TEXT, "fontsize": _SIZE, "va": "baseline", "parse_math": False}
        axes.text(0, top + _SIZE + 4, bar.label, ha="left", **plain)
        axes.text(_WIDTH, top + _SIZE + 4, bar.note, ha="right", **plain)
        axes.barh(top + 24, _WIDTH, _BAR, align="edge", color=_TEXT, alpha=0.08, clip_on=False)
        left = 0.0
        for length, colour in bar.parts:
            axes.barh(top + 24, length * scale, _BAR, left, align="edge", color=colour, clip_on=False)
            left += length * scale
    return figure


def _for_the_page(root: ElementTree.Element, title: str) -> str:
    """Turn styles into attributes, which a strict content policy allows; width and typeface are the page's."""
    for parent in root.iter():
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}defs"):
                parent.remove(child)
    for element in root.iter():
        _unstyle(element)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-label": title, "class": "chart"}
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _unstyle(element: ElementTree.Element) -> None:
    element.attrib.pop("id", None)
    for declaration in element.attrib.pop("style", "").split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            element.set("font-size", value.split()[0])  # "12px 'DejaVu Sans', …"; the page has its own family
        elif name:
            element.set(name, "currentColor" if value == _TEXT else value)
