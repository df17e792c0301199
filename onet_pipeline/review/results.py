"""The result workbook: what became of every row of a reviewed file, what needs a person first.

Belongs here: how it looks. Does not: the judgement (``judging``), or where the file lies (``steps``).
"""

import io
from collections.abc import Sequence
from typing import Final

from onet_pipeline.review.judging import JudgedRow, Outcome
from onet_pipeline.review.sheet import cell_text

RESULT_SUFFIX: Final = ".result.xlsx"
_FIRST = (Outcome.CONFLICT, Outcome.REFUSED, Outcome.APPLIED, Outcome.UNCHANGED)
_COLOURS = {Outcome.CONFLICT: "#FFC7CE", Outcome.REFUSED: "#FFEB9C", Outcome.APPLIED: "#C6EFCE"}
_HEADER = (("Row", 7), ("Role", 40), ("Decision", 40), ("Reviewer", 16), ("Outcome", 12), ("What happened", 100))


def result_bytes(name: str, judged: Sequence[JudgedRow], reason: str | None = None) -> bytes:
    """Return the workbook as XLSX; ``reason`` says why the file could not be read at all."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped]

    target = io.BytesIO()
    with Workbook(target, {"constant_memory": True}) as workbook:
        bold, text = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "@", "quote_prefix": True})
        colours = {outcome: workbook.add_format({"bg_color": colour}) for outcome, colour in _COLOURS.items()}
        sheet = workbook.add_worksheet("Result")
        sheet.write_string(0, 0, cell_text(f"{name}: {reason or _summary(judged)}"), bold)
        for place, (column, width) in enumerate(_HEADER):
            sheet.write_string(2, place, column, bold)
            sheet.set_column(place, place, width)
        for number, each in enumerate(sorted(judged, key=lambda each: _FIRST.index(each.outcome)), start=3):
            sheet.write_number(number, 0, each.row.line)
            sheet.write_string(number, 1, cell_text(each.row.role), text)
            sheet.write_string(number, 2, cell_text(each.row.decision), text)
            sheet.write_string(number, 3, cell_text(each.row.reviewer), text)
            sheet.write_string(number, 4, each.outcome.value, colours.get(each.outcome))
            sheet.write_string(number, 5, cell_text(each.told), text)
        sheet.freeze_panes(3, 0)
        sheet.autofilter(2, 0, max(len(judged) + 2, 3), len(_HEADER) - 1)
    return target.getvalue()


def counted(judged: Sequence[JudgedRow]) -> dict[Outcome, int]:
    """Count rows by outcome; every outcome is there."""
    return {outcome: sum(each.outcome is outcome for each in judged) for outcome in Outcome}


def _summary(judged: Sequence[JudgedRow]) -> str:
    return ", ".join(f"{number} {outcome.value}" for outcome, number in counted(judged).items())
