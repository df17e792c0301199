"""The folder of reviews: which files in it are yet to be applied, and applying them.

Belongs here: listing, telling new from known, one file after the other. Does not: applying one (``review``), or when
(``orchestration``).
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from onet_pipeline.errors import ReviewsUnlisted, ReviewUnreadable, UploadsUnlisted
from onet_pipeline.review.results import RESULT_SUFFIX
from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.review import ImportedReview, import_review
from onet_pipeline.steps.upload_folder import ListedFile, list_uploads
from onet_pipeline.steps.uploads import absolute_path, is_settled

if TYPE_CHECKING:
    from upath import UPath

MOST_FILES = 50
"""Applied in one go; the rest waits for the next."""


@dataclass(frozen=True, slots=True)
class AppliedReviews:
    """What one look at the folder did: files applied, and (path, reason) of those that could not be read."""

    imported: tuple[ImportedReview, ...]
    unreadable: tuple[tuple[str, str], ...]

    @property
    def uploads(self) -> tuple[str, ...]:
        """The keys of the uploads of which something was decided."""
        files = [each.file for each in self.imported if not each.known]
        return tuple(sorted({file.upload_key for file in files if file.upload_key}))


def waiting_reviews(pipeline: Pipeline, *, now: datetime | None = None) -> tuple[ListedFile, ...]:
    """Return the settled files whose content has not been read yet, by path; result workbooks are none of them.

    Only files whose name, size or time is new are hashed.

    Raises:
        ReviewsUnlisted: the folder is not there or cannot be listed, which never means that it is empty.
    """
    folder, now = reviews_folder(pipeline.settings), now or datetime.now(UTC)
    known = pipeline.reviews.files()
    seen = {(file.name, file.size, file.modified_at) for file in known}
    contents = {file.sha256 for file in known}
    return tuple(
        file
        for file in _listed(folder)
        if (file.path, file.size, file.modified_at) not in seen
        and is_settled(folder, file, now)
        and _sha256(folder / file.path) not in contents
    )


def apply_waiting_reviews(pipeline: Pipeline) -> AppliedReviews:
    """Apply the files that wait, oldest first and at most 50; one that cannot be read stops none of the others.

    Raises:
        ReviewsUnlisted: the folder cannot be listed.
        NoRelease: nothing has been synced.
    """
    folder, imported, unreadable = reviews_folder(pipeline.settings), [], []
    oldest = datetime.min.replace(tzinfo=UTC)
    waiting = sorted(waiting_reviews(pipeline), key=lambda file: (file.modified_at or oldest, file.path))
    for listed in waiting[:MOST_FILES]:
        try:
            imported.append(import_review(pipeline, folder / listed.path, listed=listed))
        except ReviewUnreadable as error:
            unreadable.append((listed.path, str(error)))
    return AppliedReviews(tuple(imported), tuple(unreadable))


def reviews_folder(settings: Settings) -> "UPath":
    """Return the folder or address of reviews; a relative folder is taken from the working directory."""
    return absolute_path(settings.reviews)


def _listed(folder: "UPath") -> list[ListedFile]:
    try:
        files = [upload.file for upload in list_uploads(folder)]
    except UploadsUnlisted as error:
        raise ReviewsUnlisted(
            f"The reviews in {folder} cannot be listed. Make the folder, or check ONET_REVIEWS and access to it."
        ) from error
    return [file for file in files if not file.path.lower().endswith(RESULT_SUFFIX)]


def _sha256(path: "UPath") -> str | None:
    """Hash a file; None where it cannot be had now, so that reading it says why."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
