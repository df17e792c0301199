"""Alembic's entry: runs migrations on the connection that ``store.migrate`` hands over, never on an address.

https://alembic.sqlalchemy.org/en/latest/tutorial.html#the-migration-environment
"""

from alembic import context

from onet_pipeline.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
