"""How the command shows things: tables and lines for people, JSON Lines for programs.

Belongs here: widths, colours, wording of output. Does not: finding out anything.

https://rich.readthedocs.io/
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from onet_pipeline.roles.records import Candidate, ConfidenceTier, Usage

if TYPE_CHECKING:
    from pathlib import Path

    from rich.progress import ProgressColumn

    from onet_pipeline.onet.comparison import ReleaseDiff
    from onet_pipeline.onet.download import Progress
    from onet_pipeline.roles.evaluation import Evaluation
    from onet_pipeline.roles.spreadsheets import UploadSheet
    from onet_pipeline.steps.demo import DemoResult, DemoStep
    from onet_pipeline.steps.indexing import CurrentIndex
    from onet_pipeline.steps.mapping import MappingOutcome
    from onet_pipeline.steps.status import Status
    from onet_pipeline.store.database import Database
    from onet_pipeline.store.records import Mapping as RoleMapping
    from onet_pipeline.store.records import SyncRecord

_COLOURS = {ConfidenceTier.HIGH: "green", ConfidenceTier.MEDIUM: "yellow", ConfidenceTier.LOW: "red"}
_MOST_ROLES_SHOWN = 60
_WIDTH_OF_A_FILE = 140


def console() -> Console:
    """Made for each use, so that output goes where stdout points now; lines of a file or pipe are not cut at 80."""
    terminal = Console(highlight=False, soft_wrap=False)
    return terminal if terminal.is_terminal else Console(highlight=False, width=_WIDTH_OF_A_FILE)


def download_bar() -> AbstractContextManager["Progress"]:
    """Show a bar on standard error while bytes arrive, and nothing where that is no terminal."""
    from rich.progress import DownloadColumn, TransferSpeedColumn

    return _bar("downloading", DownloadColumn(), TransferSpeedColumn())


def encoding_bar() -> AbstractContextManager["Progress"]:
    """Show a bar on standard error while a sentence model reads texts, and nothing where that is no terminal."""
    from rich.progress import MofNCompleteColumn, TimeRemainingColumn

    return _bar("texts encoded", MofNCompleteColumn(), TimeRemainingColumn())


@contextmanager
def _bar(doing: str, *columns: "ProgressColumn") -> Iterator["Progress"]:
    from rich.progress import BarColumn, Progress, TextColumn

    errors, every = Console(stderr=True), (TextColumn(doing), BarColumn(), *columns)
    with Progress(*every, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=None, visible=False)

        def progress(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield progress


def demo_step(step: "DemoStep") -> None:
    """Print one finished step of the demo."""
    console().print(f"[green]✓[/] {step.name:<13} {step.seconds:6.1f} s  {escape(step.detail)}", soft_wrap=True)


def demo_result(result: "DemoResult") -> None:
    """Print what the demo made, and what to do next."""
    console().print()
    _mappings_table(result.mappings)
    _outcome(result.mappings, result.outcome)
    _credit(result.mappings)
    console().print()
    written(result.output)
    console().print(f"Report: {escape(str(result.report))}   (open it in a browser)", soft_wrap=True)
    console().print("Next:   make ui   (then drop files of your own into the uploads folder)")


def mapped(sheet: "UploadSheet", outcome: "MappingOutcome", mappings: Sequence["RoleMapping"], output: "Path") -> None:
    """Print the mappings of one file and where they were written."""
    _mappings_table(mappings)
    counted = f"{sheet.row_count} rows, {len(sheet.roles)} roles in “{escape(sheet.column)}”"
    console().print(f"{counted}; {sheet.blank_count} blank cells, {sheet.totals_count} totals left out")
    _outcome(mappings, outcome)
    _credit(mappings)
    written(output)


def waiting(waits_for: str) -> None:
    """Print what a mapping waits for."""
    console().print(f"{escape(waits_for)} Run the same command again to collect it.", soft_wrap=True)


def written(path: "Path", what: str = "Result") -> None:
    """Print where the result lies."""
    console().print(f"{what}: {escape(str(path))}", soft_wrap=True)


def _mappings_table(mappings: Sequence["RoleMapping"]) -> None:
    table = Table("role", "rows", "code", "occupation", "confidence", "how", box=None, header_style="bold")
    table.columns[1].justify = "right"
    for mapping in mappings[:_MOST_ROLES_SHOWN]:
        tier = mapping.confidence
        table.add_row(
            escape(short(mapping.source_role, 48)),
            str(mapping.row_count),
            mapping.settled_code or "–",
            escape(short(mapping.onet_title or "no occupation", 52)),
            f"[{_COLOURS[tier]}]{tier.value}[/]",
            mapping.method.value,
        )
    console().print(table)
    if len(mappings) > _MOST_ROLES_SHOWN:
        console().print(f"… and {len(mappings) - _MOST_ROLES_SHOWN} more roles in the result file")


def short(text: str, width: int) -> str:
    """Cut a text for a column of so many characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def _outcome(mappings: Sequence["RoleMapping"], outcome: "MappingOutcome") -> None:
    tiers = {tier.value: sum(each.confidence is tier for each in mappings) for tier in ConfidenceTier}
    out = console()
    out.print(f"\n{outcome.roles} roles: {_listed(tiers)}; {_listed(outcome.by_method) or 'nothing to do'}", end="")
    out.print(f"; {outcome.kept} kept from before" if outcome.kept else "", end="")
    out.print(f"; {outcome.collected} answers collected from a Message Batch" if outcome.collected else "", end="")
    if outcome.usage.calls:
        out.print(f"; {_spent(outcome.usage)}", end="")
    out.print(f"; {outcome.seconds:.1f} s")


def _spent(usage: Usage) -> str:
    cached = f", {usage.cache_read_tokens:,} cached" if usage.cache_read_tokens else ""
    cost = "cost unknown" if usage.cost_usd is None else f"${usage.cost_usd:.4f}"
    return f"{usage.calls} calls, {usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out, {cost}"


def expected_cost(titles: int, expected: Usage) -> None:
    """Print on standard error about what asking will cost."""
    Console(stderr=True, highlight=False).print(f"About {_spent(expected)} for {titles} titles.", soft_wrap=True)


def _credit(mappings: Sequence["RoleMapping"]) -> None:
    from onet_pipeline.onet.credit import credit

    for version in sorted({mapping.onet_version for mapping in mappings}):
        console().print(f"[dim]{credit(version)}[/]", soft_wrap=True)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def synced(record: "SyncRecord", current: "CurrentIndex", changes: "ReleaseDiff | None") -> None:
    """Print what a sync loaded, and where the release came from and went to."""
    change = "nothing changed" if record.rows_written == 0 else f"{record.rows_written:,} rows written"
    if record.rows_written and changes and changes.after == record.version:
        change = f"{changes.direction}, {change}"
    console().print(
        f"O*NET {record.version} from {escape(record.source or '')}: {record.occupation_count:,} occupations, "
        f"{record.alternate_title_count:,} alternate titles, {record.task_count:,} tasks; "
        f"{change}, {record.seconds:.1f} s",
        soft_wrap=True,
    )
    console().print(
        f"Search index {'built' if current.built else 'is there'}: {escape(current.address)}", soft_wrap=True
    )


def status(found: "Status") -> None:
    """Print where everything stands."""
    table = Table(box=None, show_header=False)
    table.add_row("database", escape(found.database))
    if found.synced and found.synced_at:
        counts = f"{found.occupation_count:,} occupations, {found.alternate_title_count:,} alternate titles"
        when = found.synced_at.strftime("%Y-%m-%d %H:%M UTC")
        table.add_row("release", f"O*NET {found.version}, synced {when}: {counts}, {found.task_count:,} tasks")
    else:
        table.add_row("release", "none synced yet: run `onet-pipeline sync`")
    if found.last_failure:
        table.add_row("last sync", f"[red]failed[/]: {escape(found.last_failure)}")
    table.add_row("mapper", found.mapper)
    table.add_row("uploads", _listed(found.uploads) or "none")
    table.add_row("mappings", f"{found.roles:,} roles of {found.rows:,} rows, {found.confirmed:,} confirmed")
    table.add_row("by confidence", _listed(found.roles_by_tier) or "–")
    table.add_row("by method", _listed(found.roles_by_method) or "–")
    console().print(table)


def candidates_json(titles: Sequence[str], found: Sequence[Sequence[Candidate]]) -> None:
    """Print one JSON object per title."""
    for title, shown in zip(titles, found, strict=True):
        listed = [{"code": each.code, "title": each.title, "score": round(float(each.score), 6)} for each in shown]
        print(json.dumps({"title": title, "candidates": listed}, ensure_ascii=False))  # noqa: T201


def candidates_table(titles: Sequence[str], found: Sequence[Sequence[Candidate]]) -> None:
    """Print the candidates of every title, best first."""
    table = Table("title", "code", "occupation", "score", "nearest title", box=None, header_style="bold")
    for title, shown in zip(titles, found, strict=True):
        if not shown:
            table.add_row(escape(short(title, 48)), "–", "no candidate", "", "")
        for rank, each in enumerate(shown):
            name = escape(short(title, 48)) if rank == 0 else ""
            table.add_row(name, each.code, escape(each.title), f"{each.score:.3f}", escape(each.matched_title))
    console().print(table)


def evaluation(scores: "Evaluation") -> None:
    """Print the scores of one gold file."""
    header, *rows = scores.rows()
    table = Table(*header, box=None, header_style="bold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console().print(table)
    console().print(
        f"{scores.gold} against O*NET {scores.release}, mapper {scores.mapper} {scores.mapper_version}", soft_wrap=True
    )
    if scores.usage.calls:
        console().print(_spent(scores.usage))


def revision(database: "Database") -> None:
    """Print which revision the database is at."""
    console().print(
        f"{escape(database.description)} is at revision {database.revision() or 'none (empty)'}", soft_wrap=True
    )
