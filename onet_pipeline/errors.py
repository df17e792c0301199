"""Everything that can go wrong and that a user can act on.

    OnetPipelineError
    ├── SettingsError            a setting has a value that cannot be used
    ├── ReleaseError
    │   ├── ReleaseNotFound      no such release, file or address
    │   ├── DownloadFailed       the address answered badly, or not at all
    │   ├── ArchiveRefused       not a zip, truncated, hostile, or not an O*NET release
    │   └── TableRefused         a table or column is missing or malformed
    ├── UploadError
    │   ├── UploadUnreadable     the file cannot be read as a table
    │   ├── UploadUnavailable    the file cannot be had now; trying again may help
    │   ├── UploadEmpty          the file holds no role
    │   ├── RoleColumnUnknown    no column, or more than one, could hold the roles
    │   ├── UploadOptionsRefused the YAML beside the upload has a key or value that cannot be used
    │   └── UploadsUnlisted      the folder of uploads cannot be listed
    ├── ReviewError
    │   ├── ReviewUnreadable     the file cannot be read as a reviewed workbook
    │   └── ReviewsUnlisted      the folder of reviews cannot be listed
    ├── SearchIndexError
    │   ├── SearchIndexMissing   no index of this release has been built
    │   └── SearchIndexDamaged   the stored index is not what was written
    ├── MapperError
    │   ├── MapperRefused        key, model or bill: asking again cannot help
    │   └── MapperUnavailable    too many batches in a row failed
    ├── AlertFailed              a message to people could not be sent
    └── StoreError
        ├── DatabaseUnavailable  the database cannot be reached or is not migrated
        └── NoRelease            nothing has been synced yet

A message says what happened, where, and what to do. It never holds a secret.
Errors outside this tree are faults of ours and show a traceback.
"""


class OnetPipelineError(Exception):
    """A failure the user can act on; ``str(error)`` is one complete message."""


class SettingsError(OnetPipelineError):
    """A setting has a value that cannot be used."""


class ReleaseError(OnetPipelineError):
    """An O*NET release could not be had or loaded."""


class ReleaseNotFound(ReleaseError):
    """No such release, file or address."""


class DownloadFailed(ReleaseError):
    """The address answered badly, or not at all."""


class ArchiveRefused(ReleaseError):
    """Not a zip file, truncated, hostile, or not an O*NET release."""


class TableRefused(ReleaseError):
    """A table or column of the release is missing or malformed."""


class UploadError(OnetPipelineError):
    """An upload cannot be mapped as it is."""


class UploadUnreadable(UploadError):
    """The file cannot be read as a table."""


class UploadUnavailable(UploadError):
    """The file cannot be had now; this says nothing about what is in it, and trying again may help."""


class UploadEmpty(UploadError):
    """The file holds no role."""


class RoleColumnUnknown(UploadError):
    """No column, or more than one, could hold the roles."""


class UploadOptionsRefused(UploadError):
    """The YAML beside the upload has a key or value that cannot be used."""


class UploadsUnlisted(UploadError):
    """The folder of uploads cannot be listed; this never means that it is empty."""


class ReviewError(OnetPipelineError):
    """What reviewers decided cannot be brought back."""


class ReviewUnreadable(ReviewError):
    """The file cannot be read as a reviewed workbook."""


class ReviewsUnlisted(ReviewError):
    """The folder of reviews cannot be listed; this never means that it is empty."""


class SearchIndexError(OnetPipelineError):
    """The search index cannot be used."""


class SearchIndexMissing(SearchIndexError):
    """No index of this release has been built."""


class SearchIndexDamaged(SearchIndexError):
    """The stored index is not what was written."""


class MapperError(OnetPipelineError):
    """The mapper cannot go on."""


class MapperRefused(MapperError):
    """Key, model or bill: asking again cannot help."""


class MapperUnavailable(MapperError):
    """Too many batches in a row failed."""


class AlertFailed(OnetPipelineError):
    """A message to people could not be sent."""


class StoreError(OnetPipelineError):
    """The database cannot serve."""


class DatabaseUnavailable(StoreError):
    """The database cannot be reached, or is not migrated."""


class NoRelease(StoreError):
    """No O*NET release has been synced yet."""
