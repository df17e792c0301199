"""Mappings as a file that an analyst opens: one row per role, or the upload's own rows.

Belongs here: which records go into the file, and writing it whole or not at all. Does not: columns and formats
(``review``).
"""

from contextlib import suppress
from pathlib import Path

from onet_pipeline.errors import SettingsError
from onet_pipeline.review import original_rows, tables
from onet_pipeline.review.mapping_rows import mapping_rows
from onet_pipeline.review.rollup import Taxonomy
from onet_pipeline.roles.spreadsheets import UploadRows, read_rows, upload_bytes
from onet_pipeline.steps.given_files import given_options
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.uploads import options_of, registered_upload, uploads_folder
from onet_pipeline.store.records import Upload


def check_output(path: Path, *, rows: bool = False) -> Path:
    """Return the path if its suffix names a format that can be written.

    Raises:
        SettingsError: it does not.
    """
    formats = original_rows.FORMATS if rows else tables.FORMATS
    if path.suffix.lower() not in formats:
        raise SettingsError(f"{path.name} cannot be written: name a file that ends in {', '.join(sorted(formats))}.")
    return path


def export_mappings(pipeline: Pipeline, key: str, path: Path, *, rows: bool = False) -> Path:
    """Write the mappings of an upload in the format that the suffix names; an existing file is replaced.

    One row per role with its groups; with ``rows`` the rows of the upload itself, read anew, with three columns more.

    Raises:
        SettingsError: the suffix names no format, or the file cannot be written.
        UploadError: with ``rows``: the upload is not registered, or can no longer be read.
    """
    suffix = check_output(path, rows=rows).suffix.lower()
    mappings, taxonomy = pipeline.mappings.mappings(key), Taxonomy(pipeline.occupations.all())
    if not rows:
        return write_whole(path, tables.FORMATS[suffix](mapping_rows(mappings, taxonomy)))
    upload = _rows_of(pipeline, registered_upload(pipeline, key))
    joined = original_rows.joined_rows(upload, mappings, taxonomy)
    return write_whole(path, original_rows.FORMATS[suffix](joined, upload))


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees the old one or the new one; its folder is made where it is missing.

    Raises:
        SettingsError: it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}): name another place.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return path


def _rows_of(pipeline: Pipeline, upload: Upload) -> UploadRows:
    """Open an upload again, as it was read when its roles were found."""
    if upload.is_given:
        path = Path(upload.path)
        return read_rows(upload_bytes(path), path.name, given_options(pipeline, path, upload.role_column))
    folder = uploads_folder(pipeline.settings)
    options = options_of(folder, upload.path, pipeline.settings)
    return read_rows(upload_bytes(folder / upload.path), Path(upload.path).name, options)
