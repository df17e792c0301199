"""Which runs of Dagster say that they live."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; runs under way beat once they use this version."""
    op.create_table(
        "run_beats",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_beats")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("run_beats")
