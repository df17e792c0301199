"""What a sync changed, beside its row of the log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of earlier syncs it is not known."""
    op.add_column("onet_sync_log", sa.Column("changes", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("onet_sync_log", "changes")
