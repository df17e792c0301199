"""The ``onet-pipeline review`` commands.

Belongs here: arguments, asking before many are confirmed. Does not: logic (``steps``), or how results look
(``display_review``).
"""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onet_pipeline import display_review as display
from onet_pipeline.display import written

if TYPE_CHECKING:
    from onet_pipeline.cli import Context

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def review() -> None:
    """Let analysts confirm and correct mappings."""


@review.command()
@click.argument("upload")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="XLSX file; default: review.xlsx beside the report.",
)
@click.pass_obj
def export(context: "Context", upload: str, output: Path | None) -> None:
    """Write the review workbook of UPLOAD, its key or its path in the folder of uploads."""
    from onet_pipeline.steps.review import export_review

    written(export_review(context.pipeline, upload, output), "Review workbook")


@review.command("import")
@click.argument("file", type=FILE)
@click.option("--reviewer", help="Who decided, where no row of FILE says so.")
@click.pass_obj
def import_command(context: "Context", file: Path, reviewer: str | None) -> None:
    """Apply the decisions of FILE, a reviewed workbook or CSV; rows that do not fit are listed in a result workbook."""
    from onet_pipeline.steps.review import import_review

    display.imported(import_review(context.pipeline, file, reviewer=reviewer))


@review.command()
@click.pass_obj
def status(context: "Context") -> None:
    """Show what is decided, what waits, and how often reviewers agree with the mapper."""
    from onet_pipeline.steps.review_status import read_review_status

    display.status(read_review_status(context.pipeline))


@review.command()
@click.argument("upload")
@click.option("--high", "bulk", flag_value="high", help="Every undecided mapping of which the mapper is sure.")
@click.option("--exact", "bulk", flag_value="exact", help="Every role that is a title of its occupation and no other.")
@click.option("--yes", is_flag=True, help="Confirm them; without it they are only shown.")
@click.option("--reviewer", help="Who confirms; default: your login name.")
@click.pass_obj
def confirm(context: "Context", upload: str, bulk: str | None, yes: bool, reviewer: str | None) -> None:
    """Confirm many mappings of UPLOAD at once."""
    from onet_pipeline.steps.review_bulk import Bulk, bulk_candidates, confirm_bulk
    from onet_pipeline.steps.uploads import registered_upload

    if bulk is None:
        raise click.UsageError("Say which: --high or --exact.")
    key = registered_upload(context.pipeline, upload).key
    if yes:
        who = reviewer or getpass.getuser()
        display.confirmed(confirm_bulk(context.pipeline, key, Bulk(bulk), reviewer=who), who)
    else:
        display.preview(bulk_candidates(context.pipeline, key, Bulk(bulk)))
