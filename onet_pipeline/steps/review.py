"""From mappings to a workbook for a reviewer, and from a reviewed file back to decisions.

Belongs here: one workbook, one file, one transaction. Does not: the folder of reviews (``review_folder``), how a
workbook looks or which decisions fit (``review``).
"""

import hashlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onet_pipeline.errors import OnetPipelineError, ReviewError, ReviewUnreadable
from onet_pipeline.onet.credit import credit
from onet_pipeline.review.judging import JudgedRow, Outcome, Setting, judge, mentioned
from onet_pipeline.review.results import RESULT_SUFFIX, counted, result_bytes
from onet_pipeline.review.returned import ReturnedRow, read_returned
from onet_pipeline.review.workbook import ReviewBook, workbook_bytes
from onet_pipeline.roles.spreadsheets import MOST_UPLOAD_BYTES
from onet_pipeline.steps.export import write_whole
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import refresh_reports, report_folder
from onet_pipeline.steps.upload_folder import ListedFile
from onet_pipeline.steps.uploads import registered_upload
from onet_pipeline.store.review_records import ReviewFile

if TYPE_CHECKING:
    from upath import UPath

WORKBOOK = "review.xlsx"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ImportedReview:
    """What came of a reviewed file. ``known`` says that its content was applied before, so that nothing was done now.

    ``result`` is where the result workbook lies; None where nothing was done.
    """

    file: ReviewFile
    known: bool
    result: str | None = None


def export_review(pipeline: Pipeline, name: str, path: Path | None = None) -> Path:
    """Write the review workbook of an upload, named by key or path; default: ``review.xlsx`` beside its report.

    A workbook there in which somebody decided what was not brought back yet is kept under another name.

    Raises:
        UploadUnreadable: no upload is registered so.
        ReviewError: it has no mappings.
        NoRelease: nothing has been synced.
        SettingsError: the file cannot be written.
    """
    upload = registered_upload(pipeline, name)
    mappings = pipeline.mappings.mappings(upload.key)
    if not mappings:
        raise ReviewError(f"No role of {upload.path} is mapped yet, so that there is nothing to review.")
    version = pipeline.occupations.current_sync().version
    book = ReviewBook(
        upload_key=upload.key,
        upload_path=upload.path,
        onet_version=version,
        credit=credit(version),
        written_at=datetime.now(UTC),
        mappings=mappings,
        occupations=pipeline.occupations.titles(),
    )
    content, target = workbook_bytes(book), path or report_folder(pipeline.settings, upload.key) / WORKBOOK
    if path is None:
        _keep_edited(pipeline, target)
    return write_whole(target, content)


def import_review(
    pipeline: Pipeline, path: "UPath | Path", *, listed: ListedFile | None = None, reviewer: str | None = None
) -> ImportedReview:
    """Apply what a reviewed workbook or CSV decides; the rows that fit in one transaction, the others are reported.

    ``listed`` is how the folder of reviews lists the file; ``reviewer`` signs it where no row does. A result workbook
    is written beside it, or where that cannot be, into the results folder. Content that was applied before changes
    nothing.

    Raises:
        ReviewUnreadable: it is no reviewed workbook; noted, so that the folder's sensor leaves it alone.
        NoRelease: nothing has been synced.
    """
    content = _read(path)
    file = _described(path, content, listed)
    version = pipeline.occupations.current_sync().version
    try:
        rows = read_returned(content, file.name)
    except ReviewUnreadable as error:
        _note_unreadable(pipeline, path, file, str(error))
        raise
    imported, upload_keys = _apply(pipeline, path, file, rows, version, reviewer)
    show_decisions(pipeline, upload_keys)
    return imported


def show_decisions(pipeline: Pipeline, upload_keys: Collection[str]) -> None:
    """Write again the reports and workbooks that are there of these uploads.

    One that cannot be written is logged and waits for the next mapping; what was decided stands.
    """
    refresh_reports(pipeline, upload_keys)
    for key in upload_keys:
        if (report_folder(pipeline.settings, key) / WORKBOOK).exists():
            try:
                export_review(pipeline, key)
            except OnetPipelineError as error:
                _log.warning("The review workbook of %s is of before the review: %s", key, error)


def _apply(
    pipeline: Pipeline,
    path: "UPath | Path",
    file: ReviewFile,
    rows: Sequence[ReturnedRow],
    version: str,
    reviewer: str | None,
) -> tuple[ImportedReview, set[str]]:
    """Judge and write in one transaction; return what came of the file, now or before, and the uploads it changed.

    The result workbook is written before the commit: whoever is killed between the two leaves a file that waits.
    """
    occupations, ids = pipeline.occupations.titles(), mentioned(rows)
    with pipeline.reviews.applying() as applying:
        known = applying.file(file.sha256)
        if known and known.reason is None:
            return ImportedReview(known, known=True), set()
        setting = Setting(
            mappings=applying.mappings(ids),
            history=applying.history(ids),
            occupations=occupations,
            onet_version=version,
            decided_at=file.modified_at or file.applied_at,
            applied_at=file.applied_at,
            file_name=file.name,
            file_sha256=file.sha256,
            reviewer=reviewer,
        )
        judged = judge(rows, setting)
        decisions = [each.decision for each in judged if each.decision]
        upload_keys = {decision.upload_key for decision in decisions}
        applying.write(decisions)
        applying.close(applied := _with_counts(file, judged, upload_keys))
        result = _write_result(pipeline, path, result_bytes(path.name, judged))
    return ImportedReview(applied, known=False, result=result), upload_keys


def _with_counts(file: ReviewFile, judged: Sequence[JudgedRow], upload_keys: Collection[str]) -> ReviewFile:
    number = counted(judged)
    return replace(
        file,
        upload_key=next(iter(upload_keys)) if len(upload_keys) == 1 else None,
        applied=number[Outcome.APPLIED],
        unchanged=number[Outcome.UNCHANGED],
        conflicts=number[Outcome.CONFLICT],
        faults=number[Outcome.REFUSED],
    )


def _read(path: "UPath | Path") -> bytes:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_UPLOAD_BYTES else b""
    except OSError as error:
        raise ReviewUnreadable(f"{path.name} cannot be had ({type(error).__name__}): check the path.") from error
    if size > MOST_UPLOAD_BYTES:
        raise ReviewUnreadable(f"{path.name} is larger than {MOST_UPLOAD_BYTES // 1024**2} MiB: no review is.")
    return content


def _described(path: "UPath | Path", content: bytes, listed: ListedFile | None) -> ReviewFile:
    modified_at = listed.modified_at if listed else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return ReviewFile(
        sha256=hashlib.sha256(content).hexdigest(),
        name=listed.path if listed else path.name,
        size=len(content),
        modified_at=modified_at,
        applied_at=datetime.now(UTC),
    )


def _note_unreadable(pipeline: Pipeline, path: "UPath | Path", file: ReviewFile, reason: str) -> None:
    _write_result(pipeline, path, result_bytes(path.name, [], reason))
    with pipeline.reviews.applying() as applying:
        if applying.file(file.sha256) is None:
            applying.close(replace(file, reason=reason))


def _keep_edited(pipeline: Pipeline, target: Path) -> None:
    """Move a workbook aside that holds decisions nobody has imported: somebody edits it in place."""
    try:
        content = target.read_bytes()
        is_edited = bool(read_returned(content, target.name))
    except (OSError, ReviewUnreadable):
        return
    digest = hashlib.sha256(content).hexdigest()
    if is_edited and all(file.sha256 != digest for file in pipeline.reviews.files()):
        target.rename(target.with_name(f"{target.stem} edited {digest[:8]}{target.suffix}"))


def _write_result(pipeline: Pipeline, path: "UPath | Path", content: bytes) -> str:
    """Write the result beside the file, where its reviewer looks; else into the results folder."""
    name = f"{path.stem}{RESULT_SUFFIX}"
    try:
        beside = path.with_name(name)
        beside.write_bytes(content)
    except OSError:
        return str(write_whole(pipeline.results / name, content))
    return str(beside)
