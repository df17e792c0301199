"""Delimited text: which encoding, which delimiter, and its rows.

Belongs here: CSV, TSV and lists of lines. Does not: what the rows mean (``role_column``, ``spreadsheets``).

https://docs.python.org/3/library/csv.html
"""

import codecs
import csv
import io
import re
import statistics
from collections.abc import Iterator
from itertools import islice

from onet_pipeline.errors import UploadUnreadable
from onet_pipeline.roles.cells import is_number
from onet_pipeline.roles.role_words import is_role_word

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: What spreadsheets have been saved in; asked of charset-normalizer only when neither UTF-8 nor cp1252 can be.
_ENCODINGS = [
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
    "koi8_r",
    "mac_roman",
    "cp1252",
]
#: A symbol within a word, or four accented letters on end, is another encoding read as cp1252.
_NOT_WESTERN = re.compile(r"[a-zà-ÿ][¡-¶¸-¿\x80-\x9f][a-zà-ÿ]|[À-ÿ]{4}", re.IGNORECASE)
_DELIMITERS = ",;\t|"
#: No delimiter at all: the unit separator does not occur in text, and quotes are still understood.
_NONE = "\x1f"
_SAMPLE = 64 * 1024
#: A record of more lines than this is a quotation mark that is never closed.
_MOST_LINES_IN_A_RECORD = 100
#: Most characters of one cell; csv's own limit of 131,072 would cut long descriptions.
_CELL_LIMIT = 1_000_000


def find_encoding(content: bytes, name: str) -> str:
    """Return the encoding of a text file: by its byte order mark, by trying, and only then by statistics.

    Raises:
        UploadUnreadable: this is no text.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    wide = _utf16_without_mark(content[:4096])
    if wide:
        return wide
    _refuse_binary(content[:_SAMPLE], name)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if _is_damaged_utf8(content, error.start) else _single_byte_encoding(content)
    return "utf-8"


def is_encoded(content: bytes, encoding: str) -> bool:
    """Tell whether every byte fits the encoding."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def find_delimiter(content: bytes, encoding: str) -> str | None:
    """Return the delimiter under which most records are equally wide, None for a list of lines."""
    sample = _sample_text(content, encoding)
    lines = [line for line in sample.splitlines() if line.strip()]
    announced = re.fullmatch(r"\s*sep=(.)\s*", lines[0]) if lines else None
    if announced:
        return announced[1]
    if _is_list_under_a_header(lines[:60]):
        return None
    scores = {delimiter: _regularity(sample, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if any(scores[best]) else None


def read_rows(content: bytes, name: str, encoding: str, delimiter: str | None) -> Iterator[list[str]]:
    """Yield the records, ragged as they are; bytes that do not fit the encoding become U+FFFD.

    Raises:
        UploadUnreadable: a quotation mark is opened and never closed.
    """
    csv.field_size_limit(_CELL_LIMIT)
    reader = csv.reader(_lines(content, encoding), delimiter=delimiter or _NONE)
    begun = started = 0
    try:
        for row in reader:
            if reader.line_num - started > _MOST_LINES_IN_A_RECORD:
                raise _unclosed(name, started + 1)
            begun, started = started, reader.line_num
            yield row
    except csv.Error as error:
        raise _unclosed(name, started + 1) from error
    if started - begun > 1 and _ends_within_quotes(_lines(content, encoding), begun):
        raise _unclosed(name, begun + 1)


def _lines(content: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, errors="replace", newline="")


def _ends_within_quotes(lines: io.TextIOWrapper, begun: int) -> bool:
    """Tell whether the last record has an odd number of marks: its reader takes the end of the file for one."""
    return sum(line.count('"') for line in islice(lines, begun, None)) % 2 == 1


def _unclosed(name: str, line: int) -> UploadUnreadable:
    return UploadUnreadable(
        f"{name}: a quotation mark opened on line {line} is not closed. Correct that line, or save the file as XLSX."
    )


def _utf16_without_mark(start: bytes) -> str | None:
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if odd > len(start) * 0.2 and odd > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > len(start) * 0.2 and even > 10 * odd else None


def _refuse_binary(start: bytes, name: str) -> None:
    controls = sum(start.count(code) for code in range(1, 32) if code not in b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f")
    if controls > 0.02 * len(start) or start.count(0) > 0.3 * len(start):
        raise UploadUnreadable(f"{name} is not text but a binary file. Save it as CSV, XLSX or Parquet.")


def _is_damaged_utf8(content: bytes, fault: int) -> bool:
    """A file cut within a letter, or a stray byte among many good ones, is still UTF-8."""
    text = content[max(0, fault - _SAMPLE) : fault + _SAMPLE].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(sign > "\x7f" for sign in text) - broken > 10 * broken


def _single_byte_encoding(content: bytes) -> str:
    lines = [line for line in content[: 64 * _SAMPLE].splitlines() if not line.isascii()]
    sample = b"\n".join(lines[:2000]) or content[-_SAMPLE:]
    try:
        western = sample.decode("cp1252")
    except UnicodeDecodeError:
        western = None
    if western is not None and not _NOT_WESTERN.search(western):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_ENCODINGS)).best()
    return best.encoding if best else "cp1252"


def _is_list_under_a_header(lines: list[str]) -> bool:
    """``Job Title`` alone in the first line and in no cell below: commas further down belong to titles."""
    if not lines or any(delimiter in lines[0] for delimiter in _DELIMITERS) or not is_role_word(lines[0]):
        return False
    cells = [cell for line in lines[1:] for cell in re.split(f"[{_DELIMITERS}]", line)]
    return not any(is_role_word(cell) for cell in cells)


def _sample_text(content: bytes, encoding: str) -> str:
    reader = _lines(content, encoding)
    text = reader.read(_SAMPLE)
    if not reader.read(1):
        return text
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def _regularity(sample: str, delimiter: str) -> tuple[bool, float, int]:
    """Return (a row names a role column, share of records of the commonest width, that width); zeros for no table."""
    try:
        rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error:
        return False, 0.0, 0
    # Title lines and footers are one cell wide and may outnumber the rows of a small table.
    widths = [len(row) for row in rows if len(row) > 1]
    width = statistics.mode(widths) if widths else 0
    share = round(widths.count(width) / max(1, len(rows)), 1)
    named = any(len(row) > 1 and any(map(is_role_word, row)) for row in rows[:60])
    if not named and delimiter == "," and _is_prose(sample, rows):
        return False, 0.0, 0
    least = 0.3 if named else 0.5 if width > 2 else 0.7
    return (named, share, width) if width > 1 and share >= least else (False, 0.0, 0)


def _is_prose(sample: str, rows: list[list[str]]) -> bool:
    """``Manager, Sales``: commas that are all followed by space, and no number in any cell, are a list's own."""
    return not re.search(r",[^ ]", sample) and not any(is_number(cell.strip()) for row in rows for cell in row)
