"""Where an upload, its report and its release lie, as the UI shows it.

Belongs here: links that several assets of an upload share. Does not: writing what they lead to (``steps``).

https://docs.dagster.io/guides/build/assets/metadata-and-tags#metadata-types
"""

import dagster as dg

from onet_pipeline.onet.addresses import describe_source
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import PAGE, report_folder
from onet_pipeline.steps.uploads import uploads_folder
from onet_pipeline.store.records import Upload

Link = dg.UrlMetadataValue | dg.PathMetadataValue


def links(pipeline: Pipeline, upload: Upload) -> dict[str, Link]:
    """Return ``report``, ``upload`` and ``release``, the one that is loaded; addresses without their secrets.

    The report is there when the run that maps the upload has ended.
    """
    synced = pipeline.occupations.latest_sync()
    page = report_folder(pipeline.settings, upload.key) / PAGE
    return {
        "report": dg.MetadataValue.url(page.as_uri()),
        "upload": _link(str(uploads_folder(pipeline.settings) / upload.path)),
        **({"release": _link(synced.source)} if synced and synced.source else {}),
    }


def _link(place: str) -> Link:
    shown = describe_source(place)
    return dg.MetadataValue.url(shown) if "://" in shown else dg.MetadataValue.path(shown)
