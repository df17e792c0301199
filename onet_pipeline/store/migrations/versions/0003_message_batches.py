"""Message Batches under way, how two answers agreed, and roles for which search found nothing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
ANSWERED = ("role_mappings", "role_decisions")
STATUSES = ("seen", "mapped", "rejected", "withdrawn", "unsettled")


def upgrade() -> None:
    """Add the columns, widen what an upload's status may be, create the two tables."""
    for table in ANSWERED:
        # Written out, since SQLite takes a CHECK with a new column and not after it.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN second_look VARCHAR(20) "
            f"CONSTRAINT ck_{table}_second_look CHECK (second_look IN ('agreed', 'disagreed'))"
        )
    op.add_column("mapping_runs", sa.Column("without_candidates", sa.Integer(), server_default="0", nullable=False))
    _allow_statuses(*STATUSES, "waiting")
    _create_batch_tables()


def downgrade() -> None:
    """Undo all of it; batches under way are forgotten, uploads that wait for one are to be mapped again."""
    op.drop_table("batch_requests")
    op.drop_table("batch_submissions")
    op.execute("UPDATE uploads SET status = 'seen' WHERE status = 'waiting'")
    op.execute("UPDATE uploads SET status_before = 'seen' WHERE status_before = 'waiting'")
    _allow_statuses(*STATUSES)
    op.drop_column("mapping_runs", "without_candidates")
    for table in ANSWERED:
        op.drop_column(table, "second_look")


def _allow_statuses(*statuses: str) -> None:
    allowed = ", ".join(f"'{status}'" for status in statuses)
    with op.batch_alter_table("uploads") as uploads:
        for column in ("status", "status_before"):
            uploads.drop_constraint(op.f(f"ck_uploads_{column}"), type_="check")
            uploads.create_check_constraint(op.f(f"ck_uploads_{column}"), sa.text(f"{column} IN ({allowed})"))


def _create_batch_tables() -> None:
    states = ("planned", "submitted", "stopping", "ended", "collected", "abandoned")
    op.create_table(
        "batch_submissions",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("upload_key", sa.String(length=255), nullable=False),
        sa.Column("mapping_run_id", sa.Uuid(), nullable=False),
        sa.Column("request_count", sa.Integer(), nullable=False),
        sa.Column("occupations", JSON, nullable=False),
        sa.Column(
            "state",
            sa.Enum(*states, name="state", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("batch_id", sa.String(length=100), nullable=True),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("polled_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("left_over", JSON, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["upload_key"], ["uploads.key"], name=op.f("fk_batch_submissions_upload_key")),
        sa.ForeignKeyConstraint(
            ["mapping_run_id"], ["mapping_runs.id"], name=op.f("fk_batch_submissions_mapping_run_id")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_batch_submissions")),
    )
    op.create_index(op.f("ix_batch_submissions_upload_key"), "batch_submissions", ["upload_key"])
    op.create_index(op.f("ix_batch_submissions_state"), "batch_submissions", ["state"])
    op.create_table(
        "batch_requests",
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("questions", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"],
            ["batch_submissions.name"],
            name=op.f("fk_batch_requests_submission"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission", "place", name=op.f("pk_batch_requests")),
    )
