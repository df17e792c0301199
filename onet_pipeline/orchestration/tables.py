"""What the UI shows of a table: its columns, its size, its first rows, a picture of it.

Belongs here: metadata that several assets share. Does not: the numbers of one asset.

https://docs.dagster.io/guides/build/assets/metadata-and-tags/table-metadata
"""

import base64
import html
import re
from collections.abc import Iterable, Sequence
from typing import Final

import dagster as dg
import sqlalchemy as sa

from onet_pipeline.store.models import Base

PREVIEWED: Final = 10
_LONGEST_CELL: Final = 120
_POSTGRESQL: Final = sa.make_url("postgresql+psycopg://").get_dialect()()
_MARKS = re.compile(r"([\\`*_\[\]|~$])")


def column_schema(model: type[Base]) -> dg.TableSchema:
    """Return the columns of a model as Dagster shows them, with the types of PostgreSQL."""
    return dg.TableSchema(columns=[_column(column) for column in Base.metadata.tables[model.__tablename__].columns])


def table_definition(model: type[Base]) -> dict[str, object]:
    """Return what is known of a table before it has rows: its name and columns."""
    return {"dagster/table_name": model.__tablename__, "dagster/column_schema": column_schema(model)}


def preview(header: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """Return rows as a Markdown table, or "none"; what a cell holds is shown, never interpreted."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        return dg.MetadataValue.md("none")
    lines = [header, ["---"] * len(header), *cells]
    return dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines))


def picture(png: bytes, name: str) -> str:
    """Return a picture as Markdown that holds all of it."""
    return f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})"


def _cell(value: object) -> str:
    text = " ".join(str("" if value is None else value).split())
    shown = text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
    return _MARKS.sub(r"\\\1", html.escape(shown, quote=False))


def _column(column: sa.Column[object]) -> dg.TableColumn:
    constraints = dg.TableColumnConstraints(nullable=bool(column.nullable), unique=bool(column.primary_key))
    referred = ", ".join(sorted(key.target_fullname for key in column.foreign_keys))
    return dg.TableColumn(
        name=column.name,
        type=column.type.compile(dialect=_POSTGRESQL),
        description=f"refers to {referred}" if referred else None,
        constraints=constraints,
    )
