"""The tables of the contract: reference, uploads, mappings, decisions; on PostgreSQL with full-text search."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "role_mappings",
    "mapping_runs",
    "role_decisions",
    "upload_roles",
    "uploads",
    "onet_sync_log",
    "onet_related_occupations",
    "onet_tasks",
    "onet_alternate_titles",
    "onet_occupations",
)


def upgrade() -> None:
    """Create every table, parents first."""
    _create_reference_tables()
    _create_upload_tables()
    _create_mapping_tables()
    if op.get_context().dialect.name == "postgresql":
        _create_full_text_indexes()


def downgrade() -> None:
    """Drop every table with its indexes, children first."""
    for table in TABLES:
        op.drop_table(table)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=20)


def _create_full_text_indexes() -> None:
    occupations = sa.text("to_tsvector('english', (title || ' ') || coalesce(description, ''))")
    titles = sa.text("to_tsvector('english', title)")
    op.create_index("ix_onet_occupations_words", "onet_occupations", [occupations], postgresql_using="gin")
    op.create_index("ix_onet_alternate_titles_words", "onet_alternate_titles", [titles], postgresql_using="gin")


def _create_reference_tables() -> None:
    op.create_table(
        "onet_occupations",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("updated_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_onet_occupations")),
    )
    op.create_table(
        "onet_alternate_titles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("onet_code", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("short_title", sa.String(length=255), nullable=True),
        sa.Column("sources", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["onet_code"],
            ["onet_occupations.code"],
            name=op.f("fk_onet_alternate_titles_onet_code"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onet_alternate_titles")),
    )
    op.create_index(op.f("ix_onet_alternate_titles_onet_code"), "onet_alternate_titles", ["onet_code"], unique=False)
    op.create_index(op.f("ix_onet_alternate_titles_title"), "onet_alternate_titles", ["title"], unique=False)
    op.create_table(
        "onet_tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("onet_code", sa.String(length=10), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("task_type", sa.String(length=50), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("importance", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["onet_code"], ["onet_occupations.code"], name=op.f("fk_onet_tasks_onet_code"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onet_tasks")),
    )
    op.create_index(op.f("ix_onet_tasks_onet_code"), "onet_tasks", ["onet_code"], unique=False)
    op.create_table(
        "onet_related_occupations",
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("related_code", sa.String(length=10), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(
            ["code"], ["onet_occupations.code"], name=op.f("fk_onet_related_occupations_code"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["related_code"],
            ["onet_occupations.code"],
            name=op.f("fk_onet_related_occupations_related_code"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code", "related_code", name=op.f("pk_onet_related_occupations")),
    )
    op.create_index(
        op.f("ix_onet_related_occupations_related_code"), "onet_related_occupations", ["related_code"], unique=False
    )
    op.create_table(
        "onet_sync_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("synced_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("occupation_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("alternate_title_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("task_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("related_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("status", _one_of("status", "success", "failed"), nullable=False),
        sa.Column("rows_written", sa.Integer(), nullable=True),
        sa.Column("archive_sha256", sa.String(length=64), nullable=True),
        sa.Column("content_sha256", sa.String(length=64), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_onet_sync_log")),
    )
    op.create_index(op.f("ix_onet_sync_log_synced_at"), "onet_sync_log", ["synced_at"], unique=False)


def _create_upload_tables() -> None:
    op.create_table(
        "uploads",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", MOMENT, nullable=True),
        sa.Column("content_sha256", sa.String(length=64), nullable=True),
        sa.Column("status", _one_of("status", "seen", "mapped", "rejected", "withdrawn", "unsettled"), nullable=False),
        sa.Column(
            "status_before",
            _one_of("status_before", "seen", "mapped", "rejected", "withdrawn", "unsettled"),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("row_count", sa.Integer(), nullable=True),
        sa.Column("role_count", sa.Integer(), nullable=True),
        sa.Column("blank_count", sa.Integer(), nullable=True),
        sa.Column("totals_count", sa.Integer(), nullable=True),
        sa.Column("role_column", sa.Text(), nullable=True),
        sa.Column("roles_sha256", sa.String(length=64), nullable=True),
        sa.Column("first_seen_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("seen_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("mapped_at", MOMENT, nullable=True),
        sa.Column("done_fingerprint", sa.String(length=255), nullable=True),
        sa.Column("attempted_fingerprint", sa.String(length=255), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_status"), "uploads", ["status"], unique=False)
    op.create_table(
        "upload_roles",
        sa.Column("upload_key", sa.String(length=255), nullable=False),
        sa.Column("role_key", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_role", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("context", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_key"], ["uploads.key"], name=op.f("fk_upload_roles_upload_key"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_key", "role_key", name=op.f("pk_upload_roles")),
    )


def _create_mapping_tables() -> None:
    op.create_table(
        "role_decisions",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("onet_code", sa.String(length=10), nullable=True),
        sa.Column("tier", _one_of("tier", "HIGH", "MEDIUM", "LOW"), nullable=False),
        sa.Column("reasoning", sa.Text(), nullable=False),
        sa.Column("runners_up", JSON, nullable=False),
        sa.Column("missing_information", sa.Text(), nullable=True),
        sa.Column("mapper", sa.String(length=50), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=True),
        sa.Column("prompt_version", sa.String(length=100), nullable=False),
        sa.Column("onet_version", sa.String(length=20), nullable=False),
        sa.Column("upload_key", sa.String(length=255), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("decided_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_role_decisions")),
    )
    op.create_table(
        "mapping_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("upload_key", sa.String(length=255), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("mapper", sa.String(length=50), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=True),
        sa.Column("prompt_version", sa.String(length=100), nullable=False),
        sa.Column("index_version", sa.String(length=100), nullable=False),
        sa.Column("onet_version", sa.String(length=20), nullable=False),
        sa.Column("started_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("outcome", _one_of("outcome", "succeeded", "partial", "failed"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cache_read_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("out_of_list_answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cost_usd", sa.Float(), server_default="0", nullable=True),
        sa.Column("by_method", JSON, nullable=False),
        sa.Column("by_tier", JSON, nullable=False),
        sa.ForeignKeyConstraint(["upload_key"], ["uploads.key"], name=op.f("fk_mapping_runs_upload_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapping_runs")),
    )
    op.create_index(op.f("ix_mapping_runs_upload_key"), "mapping_runs", ["upload_key"], unique=False)
    op.create_table(
        "role_mappings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("upload_key", sa.String(length=255), nullable=False),
        sa.Column("role_key", sa.String(length=64), nullable=False),
        sa.Column("source_role", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("onet_code", sa.String(length=10), nullable=True),
        sa.Column("onet_title", sa.String(length=255), nullable=True),
        sa.Column("confidence", _one_of("confidence", "HIGH", "MEDIUM", "LOW"), nullable=False),
        sa.Column("confidence_score", sa.Float(), nullable=False),
        sa.Column("reasoning", sa.Text(), nullable=False),
        sa.Column("runners_up", JSON, nullable=False),
        sa.Column("missing_information", sa.Text(), nullable=True),
        sa.Column("method", _one_of("method", "claude", "lexical", "cached", "fallback", "reviewed"), nullable=False),
        sa.Column("fallback_reason", sa.Text(), nullable=True),
        sa.Column("cached_from", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("user_confirmed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("confirmed_code", sa.String(length=10), nullable=True),
        sa.Column("mapper", sa.String(length=50), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=True),
        sa.Column("prompt_version", sa.String(length=100), nullable=False),
        sa.Column("onet_version", sa.String(length=20), nullable=False),
        sa.Column("index_version", sa.String(length=100), nullable=False),
        sa.Column("candidates", JSON, nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["upload_key"], ["uploads.key"], name=op.f("fk_role_mappings_upload_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_mappings")),
        sa.UniqueConstraint("upload_key", "role_key", name=op.f("uq_role_mappings_upload_key_role_key")),
    )
    op.create_index(op.f("ix_role_mappings_onet_code"), "role_mappings", ["onet_code"], unique=False)
