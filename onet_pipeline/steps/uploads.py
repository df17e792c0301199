"""From files in the folder of uploads to roles in the registry.

Belongs here: one scan of the folder, reading the roles of one upload, placing a file. Does not: how files are listed
(``upload_folder``) or read (``roles.spreadsheets``), which uploads are mapped when (``planning``).
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from onet_pipeline.errors import UploadError, UploadUnavailable, UploadUnreadable
from onet_pipeline.roles.records import Role
from onet_pipeline.roles.spreadsheets import MOST_UPLOAD_BYTES, UploadSheet, read_upload_file
from onet_pipeline.roles.upload_options import UploadOptions, parse_options
from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.upload_folder import ListedFile, ListedUpload, list_uploads, options_paths, upload_key
from onet_pipeline.store.records import RoleCounts, SeenUpload, Upload, UploadStatus

if TYPE_CHECKING:
    from upath import UPath

SETTLES_AFTER = timedelta(seconds=5)
"""A file written to more recently may be unfinished; it waits until it is older, or the same in two scans."""
MOST_HASHED_BYTES = 1024**3
"""Hashed in one scan; the rest waits for the next. S3 gives about 50 MB/s and Dagster ends a tick after 60 s."""
_WHOLE_AT_ONCE = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory")
"""Protocols of stores in which an object appears when it is complete."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one scan saw: files by path. ``changed`` counts rows written, 0 where nothing is new.

    ``registered`` is the registry as the scan left it.
    """

    seen: tuple[SeenUpload, ...]
    registered: tuple[Upload, ...]
    changed: int
    unsettled: tuple[str, ...]
    withdrawn: tuple[str, ...]


def register_uploads(pipeline: Pipeline, *, now: datetime | None = None) -> Scan:
    """Scan the folder of uploads and write to the registry what is new, changed or gone.

    Only files whose size, time or options changed are read, to be hashed.

    Raises:
        UploadsUnlisted: the folder cannot be listed; nothing is written.
    """
    folder = uploads_folder(pipeline.settings)
    listed = list_uploads(folder)
    registered = pipeline.uploads.all()
    known = {upload.key: upload for upload in registered if not upload.is_given}
    sight = _Sight(folder, known, now or datetime.now(UTC), _settings_digest(pipeline.settings))
    seen = tuple(sight.of(each) for each in listed)
    changed = pipeline.uploads.register([each for each in seen if not _is_known(each, known.get(each.key))])
    present = {each.key for each in seen}
    gone = [each for each in known.values() if each.key not in present and each.status is not UploadStatus.WITHDRAWN]
    if gone:
        pipeline.uploads.withdraw([each.key for each in gone])
    return Scan(
        seen=seen,
        registered=pipeline.uploads.all() if changed or gone else registered,
        changed=changed + len(gone),
        unsettled=tuple(each.path for each in seen if each.content_sha256 is None),
        withdrawn=tuple(each.path for each in gone),
    )


def read_roles(pipeline: Pipeline, key: str) -> UploadSheet:
    """Read a registered upload and save its roles; an upload that cannot be used is rejected with the reason.

    Raises:
        UploadUnavailable: the file cannot be had now; the upload is left as it was.
        UploadError: the upload is rejected until it, or a YAML file that speaks of it, changes.
    """
    upload = registered_upload(pipeline, key)
    folder = uploads_folder(pipeline.settings)
    try:
        sheet = read_upload_file(folder / upload.path, options_of(folder, upload.path, pipeline.settings))
    except UploadUnavailable:
        raise
    except UploadError as error:
        pipeline.uploads.reject(key, str(error))
        raise
    save_sheet(pipeline, key, sheet)
    return sheet


def registered_upload(pipeline: Pipeline, name: str) -> Upload:
    """Return an upload by its key, by its path below the folder of uploads, or by that of a file given to the command.

    Raises:
        UploadUnreadable: none is registered so.
    """
    keys = (name, upload_key(name), upload_key(Path(name).expanduser().resolve().as_posix()))
    found = next((upload for key in keys if (upload := pipeline.uploads.get(key))), None)
    if found is None:
        raise UploadUnreadable(f"No upload is registered as {name}: scan the uploads first, or see the uploads table.")
    return found


def save_sheet(pipeline: Pipeline, key: str, sheet: UploadSheet) -> None:
    """Save what was read of a registered upload: its roles and what was counted."""
    counts = RoleCounts(sheet.row_count, sheet.blank_count, sheet.totals_count)
    digest = _roles_digest(sheet.roles)
    pipeline.uploads.save_roles(key, sheet.roles, counts=counts, roles_sha256=digest, role_column=sheet.column)


def place_upload(pipeline: Pipeline, source: Path) -> str:
    """Copy a file into the folder of uploads and return its path there; the folder is made where it is missing.

    Raises:
        UploadUnreadable: another file of this name lies there; it is left alone.
    """
    folder = uploads_folder(pipeline.settings)
    folder.mkdir(parents=True, exist_ok=True)
    target, content = folder / source.name, source.read_bytes()
    if target.exists():
        if target.read_bytes() != content:
            raise UploadUnreadable(f"Another {source.name} lies in {folder}. Rename or remove it.")
        return source.name
    if folder.protocol in _WHOLE_AT_ONCE:
        target.write_bytes(content)
    else:
        _place_locally(Path(target.path), content)
    return source.name


def _place_locally(target: Path, content: bytes) -> None:
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(content)
    # The rename shows it whole, so that it need not settle.
    settled = time.time() - SETTLES_AFTER.total_seconds()
    os.utime(part, (settled, settled))
    part.replace(target)


def uploads_folder(settings: Settings) -> "UPath":
    """Return the folder or address of uploads; a relative folder is taken from the working directory."""
    return absolute_path(settings.uploads)


def absolute_path(place: str) -> "UPath":
    """Return an address, or a path that is taken from the working directory where it is relative."""
    from upath import UPath

    return UPath(place) if "://" in place else UPath(Path(place).expanduser().absolute())


def is_settled(folder: "UPath", file: ListedFile, now: datetime) -> bool:
    """Tell whether a listed file is certain to be written whole."""
    if file.modified_at is None or folder.protocol in _WHOLE_AT_ONCE:
        return True
    return now - file.modified_at >= SETTLES_AFTER


def options_of(folder: "UPath", path: str, settings: Settings) -> UploadOptions:
    """Gather how an upload is to be read: settings, then ``_uploads.yaml`` from the top down, then ``<file>.yaml``.

    Raises:
        UploadOptionsRefused: one of the YAML files cannot be used.
        UploadUnavailable: one of them cannot be had now.
    """
    options = settings_options(settings)
    for place in options_paths(path):
        try:
            text = (folder / place).read_text("utf-8", errors="replace")
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UploadUnavailable(f"{place} cannot be had: {type(error).__name__}. Check access to it.") from error
        options = options.overridden_by(parse_options(text, place))
    return options


def _roles_digest(roles: Sequence[Role]) -> str:
    """Hash roles with their row counts and context: the data version of what was read."""
    return hashlib.sha256(json.dumps([astuple(role) for role in roles], ensure_ascii=False).encode()).hexdigest()


def _is_known(seen: SeenUpload, known: Upload | None) -> bool:
    """Most files of most scans: the registry need not be asked about them."""
    if known is None or known.status in (UploadStatus.WITHDRAWN, UploadStatus.UNSETTLED):
        return False
    told = (known.path, known.size, known.modified_at, known.content_sha256)
    return told == (seen.path, seen.size, seen.modified_at, seen.content_sha256)


@dataclass
class _Sight:
    """Turns listed files into what the registry is told, reading as little as it can."""

    folder: "UPath"
    known: Mapping[str, Upload]
    now: datetime
    settings_digest: str
    hashed: int = field(default=0, init=False)

    def of(self, listed: ListedUpload) -> SeenUpload:
        key, file, options = listed.key, listed.file, self._options_digest(listed.options)
        known = self.known.get(key)
        same = known is not None and (known.size, known.modified_at) == (file.size, file.modified_at)
        content = known.content_sha256 if known and same and file.modified_at else None
        if (
            content is None
            or known is None
            or known.status is UploadStatus.UNSETTLED
            or _options_part(content) != options
        ):
            content = self._content(file, options) if same or is_settled(self.folder, file, self.now) else None
        return SeenUpload(key, file.path, file.size, file.modified_at, content)

    def _content(self, file: ListedFile, options: str) -> str | None:
        """Hash the file, None where it waits for another scan: too much was hashed, or it cannot be had now."""
        if file.size > MOST_UPLOAD_BYTES:
            # It will be refused for its size; what else it holds makes no difference.
            return _with_options(hashlib.sha256(f"{file.size} bytes".encode()).hexdigest(), options)
        if self.hashed and self.hashed + file.size > MOST_HASHED_BYTES:
            return None
        self.hashed += file.size
        try:
            return _with_options(_sha256(self.folder / file.path), options)
        except OSError:
            return None

    def _options_digest(self, files: Sequence[ListedFile]) -> str:
        """Say what options apply, without reading them; empty for none."""
        if not files and not self.settings_digest:
            return ""
        told = [(file.path, file.size, str(file.modified_at)) for file in files]
        return hashlib.sha256(json.dumps([self.settings_digest, told]).encode()).hexdigest()[:23]


def _with_options(content: str, options: str) -> str:
    """The registry's content hash is that of the file; options, where there are any, take the place of its end."""
    return f"{content[:40]}+{options}" if options else content


def _options_part(content: str) -> str:
    return content.partition("+")[2]


def settings_options(settings: Settings) -> UploadOptions:
    """Return what the settings say of every upload."""
    names = tuple(name.strip() for name in settings.context_columns.split(",") if name.strip())
    return UploadOptions(role_column=settings.role_column, context_columns=names)


def _settings_digest(settings: Settings) -> str:
    options = settings_options(settings)
    return "" if options == UploadOptions() else options.model_dump_json()


def _sha256(path: "UPath") -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()
