"""The question of a decision apart from its candidates, and which candidates it was made on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INDEX = "ix_role_decisions_question_key_decided_at"


def upgrade() -> None:
    """Add the columns and their index; of earlier decisions they are not known."""
    op.add_column("role_decisions", sa.Column("question_key", sa.String(length=64), nullable=True))
    op.add_column("role_decisions", sa.Column("shown", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=True))
    op.create_index(op.f(INDEX), "role_decisions", ["question_key", "decided_at"])


def downgrade() -> None:
    """Drop them; decisions stay under their fingerprints."""
    op.drop_index(op.f(INDEX), table_name="role_decisions")
    op.drop_column("role_decisions", "shown")
    op.drop_column("role_decisions", "question_key")
