"""Rows as the bytes of a file: CSV, TSV, JSON Lines, Parquet.

Belongs here: formats, and keeping spreadsheets from running what a cell says. Does not: columns (``mapping_rows``), or
where the file lies (``steps.export``).

https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence

from onet_pipeline.store.columns import storable

Row = dict[str, str | int | float | None]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def inert(text: str) -> str:
    """Keep spreadsheets from running a text that starts like a formula: an apostrophe goes before it."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def delimited_bytes(rows: Sequence[Row], delimiter: str) -> bytes:
    """Write a header and rows as delimited text, UTF-8 with a byte order mark so that Excel reads it as such."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], delimiter=delimiter)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode("utf-8-sig")


def json_lines_bytes(rows: Sequence[Row]) -> bytes:
    """Write one JSON object a line."""
    plain = ({name: _plain(value) for name, value in row.items()} for row in rows)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in plain).encode()


def parquet_bytes(rows: Sequence[Row]) -> bytes:
    """Write a Parquet file; columns keep their types even where all are empty."""
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import parquet

    names = list(rows[0]) if rows else []
    columns = {name: [_plain(row[name]) for row in rows] for name in names}
    texts = {name for name, values in columns.items() if all(value is None for value in values)}
    arrays = {name: pa.array(values, pa.string() if name in texts else None) for name, values in columns.items()}
    sink = io.BytesIO()
    parquet.write_table(pa.table(arrays), sink)
    return sink.getvalue()


FORMATS: Mapping[str, Callable[[Sequence[Row]], bytes]] = {
    ".csv": lambda rows: delimited_bytes(rows, ","),
    ".tsv": lambda rows: delimited_bytes(rows, "\t"),
    ".jsonl": json_lines_bytes,
    ".parquet": parquet_bytes,
}
"""Writers by the suffix of the file."""


def _plain(value: str | float | None) -> str | float | None:
    return storable(value) if isinstance(value, str) else value


def _cell(value: str | float | None) -> str | float | None:
    return inert(storable(value)) if isinstance(value, str) else value
