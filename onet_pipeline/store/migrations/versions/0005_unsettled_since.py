"""Since when an upload is still being written."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what is being written now it is not known."""
    op.add_column("uploads", sa.Column("unsettled_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("uploads", "unsettled_since")
