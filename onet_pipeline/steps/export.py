"""Mappings as a file that an analyst opens.

Belongs here: the columns and the formats. Does not: which mappings (``store``), or the review workbook.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from onet_pipeline.errors import SettingsError
from onet_pipeline.store.records import Mapping

CREDIT = (
    "O*NET {version} Database, U.S. Department of Labor, Employment and Training Administration (USDOL/ETA), CC BY 4.0"
)
"""The credit that the licence asks for wherever O*NET content is shown or exported."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Row = dict[str, str | int | float | None]


def credit(version: str) -> str:
    """Return the credit for one release, for example version ``30.1``; the sample's titles are those of 30.1."""
    if version.startswith("0."):
        return f"Sample release of onet-pipeline; codes and titles: {CREDIT.format(version='30.1')}"
    return CREDIT.format(version=version)


def check_output(path: Path) -> Path:
    """Return the path if its suffix names a format that can be written.

    Raises:
        SettingsError: it does not.
    """
    if path.suffix.lower() not in _WRITERS:
        raise SettingsError(f"{path.name} cannot be written: name a file that ends in {', '.join(sorted(_WRITERS))}.")
    return path


def export_mappings(mappings: Sequence[Mapping], path: Path) -> Path:
    """Write one row per role to a CSV, TSV, JSON Lines or Parquet file, by its suffix; an existing file is replaced.

    Raises:
        SettingsError: the suffix is none of these, or the file cannot be written.
    """
    write = _WRITERS[check_output(path).suffix.lower()]
    rows = [_row(mapping) for mapping in mappings]
    unfinished = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(rows, unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be written ({error.strerror}): name another place with --output."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _row(mapping: Mapping) -> Row:
    return {
        "role": mapping.source_role,
        "rows": mapping.row_count,
        "onet_code": mapping.settled_code,
        "onet_title": mapping.onet_title if mapping.settled_code == mapping.onet_code else None,
        "confidence": mapping.confidence.value,
        "confidence_score": mapping.confidence_score,
        "method": mapping.method.value,
        "user_confirmed": str(mapping.user_confirmed).lower(),
        "reasoning": mapping.reasoning,
        "runners_up": " ".join(mapping.runners_up),
        "fallback_reason": mapping.fallback_reason,
        "mapper": mapping.mapper,
        "model": mapping.model,
        "onet_version": mapping.onet_version,
        "credit": credit(mapping.onet_version),
    }


def _inert(value: str | float | None) -> str | float | None:
    """Keep spreadsheets from running a title that starts like a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _delimited(delimiter: str) -> Callable[[Sequence[Row], Path], None]:
    def write(rows: Sequence[Row], path: Path) -> None:
        import csv

        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else [], delimiter=delimiter)
            writer.writeheader()
            writer.writerows({name: _inert(value) for name, value in row.items()} for row in rows)

    return write


def _json_lines(rows: Sequence[Row], path: Path) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _parquet(rows: Sequence[Row], path: Path) -> None:
    import pandas as pd

    pd.DataFrame(rows).to_parquet(path, index=False)


_WRITERS: dict[str, Callable[[Sequence[Row], Path], None]] = {
    ".csv": _delimited(","),
    ".tsv": _delimited("\t"),
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
