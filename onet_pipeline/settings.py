"""Every setting, read from the environment in one place.

Belongs here: names, defaults and meanings of settings; the README's table is made from this class. Does not: what is
done with them. Nothing is read at import.

https://docs.pydantic.dev/latest/concepts/pydantic_settings/
"""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from onet_pipeline.errors import SettingsError


class Settings(BaseSettings):
    """The settings of one process: ``home`` from ``ONET_HOME`` and so on, or from ``.env`` in the working directory."""

    model_config = SettingsConfigDict(
        env_prefix="ONET_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(Path(".onet"), description="Folder for the embedded database, downloads and the search index")
    database_url: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the database; default: SQLite in `ONET_HOME`"
    )
    database_url_file: Path | None = Field(
        None, description="File that holds the database URL, for secrets mounted as files"
    )
    auto_migrate: bool = Field(
        True, description="Migrate the database at first use; `0`: only `onet-pipeline db upgrade` does"
    )
    uploads: str = Field("uploads", description="Folder or address (`s3://…`, `gs://…`, `az://…`) of the uploads")
    role_column: str | None = Field(
        None, description="Name of the role column in every upload; default: found by itself"
    )
    context_columns: str = Field("", description="Comma-separated columns shown to the mapper beside the role")
    reviews: str = Field("reviews", description="Folder or address into which reviewed workbooks are dropped")
    reuse_confirmed: Literal["folder", "everywhere", "off"] = Field(
        "folder",
        description="Where a confirmed role decides later uploads: its own folder, `everywhere` (search too), `off`",
    )
    aliases: str | None = Field(
        None, description="CSV file or address with the columns `title` and `code`: titles of your own, for search"
    )
    release: str | None = Field(
        None,
        description="O*NET release: a version (`30.1`), an address, a zip file or a folder; default: the current one",
    )
    mirror: str = Field(
        "https://www.onetcenter.org/dl_files/database",
        description="Address under which releases are published as `db_30_1_text.zip`",
    )
    index: str | None = Field(
        None, description="Folder or address of search indexes, shared by all workers; default: in `ONET_HOME`"
    )
    semantic_model: str | None = Field(
        None,
        description="Sentence model for search, a folder or a name on the Hugging Face hub; needs the extra `semantic`",
    )
    gold: str | None = Field(
        None,
        description="Labelled titles, TSV files separated by commas, that search is held against; default: our own",
    )
    reports: Path | None = Field(
        None, description="Folder of reports, one folder per upload in it; default: in `ONET_HOME`"
    )
    mapper: Literal["auto", "claude", "lexical"] = Field(
        "auto", description="`claude`, `lexical`, or `auto`: Claude when there is a key"
    )
    model: str = Field("claude-haiku-5-5", description="Claude model")
    candidates: int = Field(20, ge=1, le=100, description="Candidates shown for a role")
    batch_size: int = Field(12, ge=1, le=100, description="Roles put to Claude in one call")
    strategy: Literal["candidates", "catalogue"] = Field(
        "candidates",
        description="What Claude is shown: each role's candidates, or all occupations with the candidates as hints",
    )
    second_look: bool = Field(True, description="Ask again where Claude was unsure; `0`: never")
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="How much effort Claude puts into an answer; default: the model's own"
    )
    claude_mode: Literal["calls", "batch"] = Field(
        "calls",
        description="How Claude is asked: `calls`, at once, or `batch`, at half the price and mostly within an hour",
    )
    batch_deadline: float = Field(
        24.0, gt=0, description="Hours after which a Message Batch is stopped and the rest is asked by calls"
    )
    prices: Path | None = Field(None, description="JSON file of dollars per million tokens, over the published prices")
    concurrency: int = Field(8, ge=1, le=64, description="Calls to Claude under way at once, per run")
    requests_per_minute: int | None = Field(
        None, ge=1, description="Calls to Claude per minute and run; default: what the API says it allows"
    )
    tokens_per_minute: int | None = Field(
        None, ge=1, description="Input tokens per minute and run; default: what the API says it allows"
    )
    anthropic_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("ANTHROPIC_API_KEY"), description="Key for the Claude API"
    )
    anthropic_base_url: str | None = Field(
        None, validation_alias=AliasChoices("ANTHROPIC_BASE_URL"), description="Other address of the Claude API"
    )

    alert_slack: SecretStr | None = Field(None, description="Address of a Slack webhook that is told of failed runs")
    alert_email: str | None = Field(
        None, description="E-mail addresses, separated by commas, that are told of failed runs"
    )
    alert_smtp: SecretStr | None = Field(
        None, description="Mail server for alerts: `smtp://user:password@host:587`, or `smtps://…:465`"
    )
    ui_url: str | None = Field(
        None, description="Address of the Dagster UI, for links in alerts: `https://dagster.example.org`"
    )

    @property
    def root(self) -> Path:
        """``ONET_HOME`` as an absolute path: run processes have other working directories."""
        return self.home.expanduser().absolute()


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a variable has a value that cannot be used; its value is not repeated.
    """
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"{_variable(fault['loc'][0])}: {fault['msg']}" for fault in error.errors())
        raise SettingsError(f"The environment has a setting that cannot be used: {faults}.") from None


def _variable(field: int | str) -> str:
    name = str(field).upper()
    return name if name.startswith("ANTHROPIC_") else f"ONET_{name}"
