"""The ``onet-pipeline`` command.

Belongs here: arguments, exit codes, one-line errors. Does not: logic (``steps``), or how results look (``display``).

https://click.palletsprojects.com/
"""

import json
import logging
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from onet_pipeline import display
from onet_pipeline.cli_review import review
from onet_pipeline.errors import OnetPipelineError

if TYPE_CHECKING:
    from onet_pipeline.steps.pipeline import Pipeline

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, path_type=Path)
FORMATS = "CSV, TSV, JSONL or Parquet file; with --rows CSV, TSV, XLSX or Parquet."
ROWS = "Write the upload's own rows, with the columns onet_code, onet_title and confidence added."


WAITING = 3
"""Exit code where a Message Batch is under way: nothing has failed, and nothing is done."""


class Context:
    """What every subcommand shares: the pipeline of this environment, made when first needed."""

    @cached_property
    def pipeline(self) -> "Pipeline":
        """The pipeline of this environment."""
        from onet_pipeline.steps.pipeline import Pipeline

        return Pipeline.from_environment()


class Commands(click.Group):
    """Turns errors that a user can act on into one line and exit code 1; anything else is a fault of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand."""
        try:
            return super().invoke(ctx)
        except OnetPipelineError as error:
            if ctx.params.get("debug"):
                raise
            raise click.ClickException(" ".join(str(error).split())) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="onet-pipeline")
@click.option("--debug", is_flag=True, help="Show the traceback of an error, and more of what is done.")
@click.pass_context
def main(ctx: click.Context, debug: bool) -> None:
    """Map free-form job titles to O*NET occupations. Settings are ONET_… environment variables: see the README."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO if debug else logging.WARNING, format="%(message)s")
    ctx.obj = Context()


@main.command()
@click.pass_obj
def demo(context: Context) -> None:
    """Do the whole thing once on a sample upload, and show the result."""
    from onet_pipeline.steps.demo import Demo

    with display.download_bar() as progress:
        result = Demo(context.pipeline, display.demo_step, progress).run()
    display.demo_result(result)


@main.command()
@click.option(
    "--release", help="Version (30.1), address, zip file or folder; default: ONET_RELEASE, else the current one."
)
@click.pass_obj
def sync(context: Context, release: str | None) -> None:
    """Load an O*NET release into the database and build its search index."""
    from onet_pipeline.steps.indexing import current_index
    from onet_pipeline.steps.sync import sync_release

    with display.download_bar() as progress:
        record = sync_release(context.pipeline, release, progress)
    with display.encoding_bar() as encoding:
        current = current_index(context.pipeline, encoding)
    display.synced(record, current, context.pipeline.occupations.latest_changes())


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(context: Context, as_json: bool) -> None:
    """Show where release, uploads and mappings stand."""
    from onet_pipeline.steps.status import read_status

    found = read_status(context.pipeline)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2))
    else:
        display.status(found)


@main.command()
@click.argument("file", type=FILE)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="Candidates per title.")
@click.option("--output", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.pass_obj
def candidates(context: Context, file: Path, limit: int, output: str) -> None:
    """Find the occupations that each title in FILE may mean: one title a line, or a table with a `title` column."""
    from onet_pipeline.roles.title_lists import read_titles
    from onet_pipeline.steps.indexing import current_index

    titles = read_titles(file)
    found = current_index(context.pipeline).index.search(titles, limit)
    show = display.candidates_json if output == "jsonl" else display.candidates_table
    show(titles, found)


@main.command("map")
@click.argument("file", type=FILE)
@click.option("--column", help="Name of the role column; default: found by itself.")
@click.option("--output", type=OUTPUT, help=FORMATS)
@click.option("--rows", is_flag=True, help=ROWS)
@click.option("--fresh", is_flag=True, help="Ask again what has been decided before.")
@click.pass_obj
def map_command(context: Context, file: Path, column: str | None, output: Path | None, rows: bool, fresh: bool) -> None:
    """Map the roles of one upload and write the result; default output: FILE with the suffix .mapped.csv."""
    from onet_pipeline.steps.export import check_output, export_mappings
    from onet_pipeline.steps.given_files import register_file
    from onet_pipeline.steps.mapping import map_upload

    target = check_output(output or file.with_suffix(".mapped.csv"), rows=rows)
    key, sheet = register_file(context.pipeline, file, column)
    outcome = map_upload(context.pipeline, key, fresh=fresh)
    if outcome.waits_for:
        display.waiting(outcome.waits_for)
        sys.exit(WAITING)
    written = export_mappings(context.pipeline, key, target, rows=rows)
    display.mapped(sheet, outcome, context.pipeline.mappings.mappings(key), written)


@main.command()
@click.argument("upload")
@click.option("--output", type=OUTPUT, required=True, help=FORMATS)
@click.option("--rows", is_flag=True, help=ROWS)
@click.pass_obj
def export(context: Context, upload: str, output: Path, rows: bool) -> None:
    """Write the mappings of UPLOAD, its key or its path in the folder of uploads, as they stand now."""
    from onet_pipeline.steps.export import check_output, export_mappings
    from onet_pipeline.steps.uploads import registered_upload

    check_output(output, rows=rows)
    key = registered_upload(context.pipeline, upload).key
    display.written(export_mappings(context.pipeline, key, output, rows=rows))


@main.command()
@click.argument("upload")
@click.pass_obj
def report(context: Context, upload: str) -> None:
    """Write the report of UPLOAD, a page for the browser, and its mappings as CSV and Parquet."""
    from onet_pipeline.steps.report import write_report
    from onet_pipeline.steps.uploads import registered_upload

    key = registered_upload(context.pipeline, upload).key
    display.written(write_report(context.pipeline, key).page)


@main.command()
@click.argument("gold", type=FILE)
@click.option("--mapper", type=click.Choice(["lexical", "claude"]), default="lexical", show_default=True)
@click.option("--limit", type=click.IntRange(1), help="Score only the first titles of the file.")
@click.option("--yes", is_flag=True, help="Do not ask before spending money.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def evaluate(
    context: Context, gold: Path, mapper: Literal["lexical", "claude"], limit: int | None, yes: bool, as_json: bool
) -> None:
    """Score search and mapper on GOLD, a tab-separated file with the columns `title` and `soc_code`."""
    from onet_pipeline.steps.evaluation import prepare_scoring

    scoring = prepare_scoring(context.pipeline.with_mapper(mapper), gold, limit)
    if expected := scoring.expected_usage():
        display.expected_cost(len(scoring.titles), expected)
        if not yes:
            click.confirm("Ask Claude?", abort=True, err=True)
    scores = scoring.run()
    if as_json:
        click.echo(json.dumps(scores.to_json(), indent=2))
    else:
        display.evaluation(scores)


main.add_command(review)


@main.group()
def db() -> None:
    """Look after the database schema."""


@db.command()
@click.pass_obj
def upgrade(context: Context) -> None:
    """Migrate the database to what this version needs."""
    context.pipeline.database.upgrade()
    display.revision(context.pipeline.database)


@db.command()
@click.argument("revision")
@click.pass_obj
def downgrade(context: Context, revision: str) -> None:
    """Migrate the database down to REVISION; `base` drops every table."""
    context.pipeline.database.downgrade(revision)
    display.revision(context.pipeline.database)


@db.command()
@click.pass_obj
def current(context: Context) -> None:
    """Show the revision the database is at."""
    display.revision(context.pipeline.database)
