"""Reviews: the history of decisions, the files they came in, and what a confirmation says beside its code."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CONFIRMATION = (
    ("confirmed_title", sa.String(length=255)),
    ("confirmed_comment", sa.Text()),
    ("rejected_code", sa.String(length=10)),
)


def upgrade() -> None:
    """Add the columns of a confirmation, then the two tables."""
    for name, kind in CONFIRMATION:
        op.add_column("role_mappings", sa.Column(name, kind, nullable=True))
    _create_review_decisions()
    _create_review_files()


def downgrade() -> None:
    """Drop the two tables and the columns; decisions are lost, the codes they confirmed stay."""
    op.drop_table("review_files")
    op.drop_table("review_decisions")
    for name, _ in reversed(CONFIRMATION):
        op.drop_column("role_mappings", name)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _create_review_decisions() -> None:
    op.create_table(
        "review_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mapping_id", sa.Uuid(), nullable=False),
        sa.Column("mapping_version", sa.String(length=64), nullable=False),
        sa.Column("upload_key", sa.String(length=255), nullable=False),
        sa.Column("role_key", sa.String(length=64), nullable=False),
        sa.Column("source_role", sa.Text(), nullable=False),
        sa.Column("verdict", _one_of("verdict", "confirm", "change", "none_fits", "reject"), nullable=False),
        sa.Column("code_before", sa.String(length=10), nullable=True),
        sa.Column("code_chosen", sa.String(length=10), nullable=True),
        sa.Column("title_chosen", sa.String(length=255), nullable=True),
        sa.Column("mapper_code", sa.String(length=10), nullable=True),
        sa.Column("tier", _one_of("tier", "HIGH", "MEDIUM", "LOW"), nullable=False),
        sa.Column("method", _one_of("method", "claude", "lexical", "cached", "fallback", "reviewed"), nullable=False),
        sa.Column("mapper", sa.String(length=50), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=True),
        sa.Column("prompt_version", sa.String(length=100), nullable=False),
        sa.Column("onet_version", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("bulk", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("applied_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["upload_key"], ["uploads.key"], name=op.f("fk_review_decisions_upload_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decisions")),
    )
    op.create_index(op.f("ix_review_decisions_mapping_id"), "review_decisions", ["mapping_id"])
    op.create_index(op.f("ix_review_decisions_upload_key_role_key"), "review_decisions", ["upload_key", "role_key"])


def _create_review_files() -> None:
    op.create_table(
        "review_files",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", MOMENT, nullable=True),
        sa.Column("upload_key", sa.String(length=255), nullable=True),
        sa.Column("applied_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("applied", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conflicts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("faults", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["upload_key"], ["uploads.key"], name=op.f("fk_review_files_upload_key")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_review_files")),
    )
