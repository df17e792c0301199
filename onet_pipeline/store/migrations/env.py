"""Alembic's entry: runs migrations on the connection that ``store.migrate`` hands over, never on an address.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#the-migration-environment
"""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from onet_pipeline.store.models import Base


def render_plain(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Draft our own column types as what they are stored as: migrations import nothing that may change later."""
    return f"sa.{item.impl_instance!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=render_plain,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
