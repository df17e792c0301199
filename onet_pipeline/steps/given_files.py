"""A file given to the command, wherever it lies: registered and read like an upload, but no business of the sensor's.

Belongs here: registering one file by its absolute path. Does not: the folder of uploads (``uploads``), mapping.
"""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from onet_pipeline.errors import UploadError
from onet_pipeline.roles.spreadsheets import UploadSheet, read_upload_file
from onet_pipeline.roles.upload_options import OPTIONS_SUFFIX, UploadOptions, parse_options
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.upload_folder import upload_key
from onet_pipeline.steps.uploads import save_sheet, settings_options
from onet_pipeline.store.records import SeenUpload


def register_file(pipeline: Pipeline, path: Path, column: str | None = None) -> tuple[str, UploadSheet]:
    """Register a file, read its roles and save them; return its key and what was read.

    ``column`` goes before the ``<file>.yaml`` beside it, which goes before the settings.

    Raises:
        UploadError: the file cannot be used; the registry says why.
    """
    absolute = path.expanduser().resolve()
    key = upload_key(absolute.as_posix())
    stat = absolute.stat()
    content = hashlib.sha256(absolute.read_bytes() + (column or "").encode()).hexdigest()
    pipeline.uploads.register(
        [SeenUpload(key, str(absolute), stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC), content)]
    )
    try:
        sheet = read_upload_file(absolute, given_options(pipeline, absolute, column))
    except UploadError as error:
        pipeline.uploads.reject(key, str(error))
        raise
    save_sheet(pipeline, key, sheet)
    return key, sheet


def given_options(pipeline: Pipeline, path: Path, column: str | None) -> UploadOptions:
    """Gather how a given file is to be read.

    Raises:
        UploadOptionsRefused: the YAML beside it cannot be used.
    """
    options = settings_options(pipeline.settings)
    beside = path.with_name(path.name + OPTIONS_SUFFIX)
    if beside.is_file():
        options = options.overridden_by(parse_options(beside.read_text("utf-8", errors="replace"), beside.name))
    return options.overridden_by(UploadOptions(role_column=column)) if column else options
