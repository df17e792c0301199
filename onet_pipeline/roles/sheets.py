"""The sheets of an upload, whatever its format: named, re-readable rows of text.

Belongs here: telling formats apart by content and opening them. Does not: where in a sheet the table is.

https://arrow.apache.org/docs/python/parquet.html
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from onet_pipeline.errors import UploadUnreadable
from onet_pipeline.roles import delimited, workbooks
from onet_pipeline.roles.upload_options import UploadOptions
from onet_pipeline.roles.workbook_process import as_text

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]

_REFUSED = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a word-processor document"),
)
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|table|\?xml|meta|div|style)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RawSheet:
    """One sheet as the file holds it. ``rows()`` starts again from the first row each time it is called.

    ``name`` is None where the format has no sheets; ``has_header`` says that the first row is the header for certain.
    """

    rows: Callable[[], Iterator[Sequence[str]]]
    name: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool = False


def open_sheets(content: bytes, name: str, options: UploadOptions) -> list[RawSheet]:
    """Return the sheets of an upload in their order; the format is told by content, ``name`` is for messages.

    Raises:
        UploadUnreadable: no format that is read, damaged, protected, or without the sheet that is configured.
    """
    for magic, kind in _REFUSED:
        if content.startswith(magic):
            raise UploadUnreadable(f"{name} is {kind}. Uploads are CSV, TSV, XLSX, XLS, ODS or Parquet files.")
    if content.startswith(b"PAR1"):
        return [_parquet_sheet(content, name)]
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        return _workbook_sheets(content, name, options.sheet)
    if _MARKUP.match(content[:1024].removeprefix(b"\xef\xbb\xbf")):
        raise UploadUnreadable(
            f"{name} is a web page or XML whatever its name says. Open it in a spreadsheet program and save it as XLSX."
        )
    _refuse_other_suffix(content, name)
    return [_text_sheet(content, name, options)]


def _text_sheet(content: bytes, name: str, options: UploadOptions) -> RawSheet:
    encoding = options.encoding or delimited.find_encoding(content, name)
    if options.encoding and not delimited.is_encoded(content, encoding):
        raise UploadUnreadable(f"{name} is not {encoding} text. Correct `encoding:`, or leave it out.")
    delimiter = options.delimiter or delimited.find_delimiter(content, encoding)
    rows = partial(delimited.read_rows, content, name, encoding, delimiter)
    return RawSheet(rows=rows, encoding=encoding, delimiter=delimiter)


def _refuse_other_suffix(content: bytes, name: str) -> None:
    """An .xls that holds text is a common export and is read; binary suffixes over something else are damage."""
    suffix = name.lower().rpartition(".")[2]
    if suffix in ("xlsx", "xlsm", "xlsb", "ods", "parquet") and content.strip():
        raise UploadUnreadable(f"{name} is damaged: it does not begin as a .{suffix} file does. Save or send it again.")


def _workbook_sheets(content: bytes, name: str, wanted: str | None) -> list[RawSheet]:
    sheets = workbooks.read_sheets(content, name)
    names = list(sheets)
    if wanted is not None:
        named = [sheet for sheet in names if sheet.strip().casefold() == wanted.strip().casefold()]
        if not named:
            raise UploadUnreadable(f"{name} has no sheet {wanted!r}; its sheets: {', '.join(names)}. Correct `sheet:`.")
        names = named
    return [RawSheet(rows=partial(workbooks.sheet_rows, sheets[sheet]), name=sheet) for sheet in names]


def _parquet_sheet(content: bytes, name: str) -> RawSheet:
    with _refusing_damage(name):
        metadata = _parquet_file(content).metadata
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    if unpacked > workbooks.MOST_UNPACKED_BYTES:
        raise UploadUnreadable(f"{name} unpacks to more than {workbooks.MOST_UNPACKED_BYTES // 1024**2} MiB. Split it.")
    return RawSheet(rows=partial(_parquet_rows, content, name), has_header=True)


def _parquet_rows(content: bytes, name: str) -> Iterator[Sequence[str]]:
    with _refusing_damage(name):
        file = _parquet_file(content)
        yield file.schema_arrow.names
        for batch in file.iter_batches(batch_size=8192):
            columns = [[as_text(value) for value in column.to_pylist()] for column in batch.columns]
            yield from zip(*columns, strict=True)


def _parquet_file(content: bytes) -> "ParquetFile":
    from pyarrow import BufferReader  # type: ignore[import-untyped]
    from pyarrow.parquet import ParquetFile

    return ParquetFile(BufferReader(content))


@contextmanager
def _refusing_damage(name: str) -> Iterator[None]:
    from pyarrow import ArrowException

    try:
        yield
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise UploadUnreadable(f"{name} is a damaged Parquet file. Write it again.") from error
