"""Titles of one's own that search knows beside O*NET's: the alias file, and what reviewers confirmed.

Belongs here: which of them count now. Does not: the file's format or what search does with them (``roles.search``).

docs/decisions/0011-what-confirmations-change.md
"""

from onet_pipeline.roles.search import Alias, read_aliases
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.uploads import absolute_path


def own_titles(pipeline: Pipeline, content_sha256: str) -> tuple[Alias, ...]:
    """Return the aliases of the settings, and those that reviewers had confirmed when the release was first loaded.

    Later confirmations wait for the next release: each change of this answer is a new index, and that asks every upload
    again. Confirmed titles serve all uploads, so only ``ONET_REUSE_CONFIRMED=everywhere`` takes them.

    Raises:
        SettingsError: the alias file cannot be used.
    """
    path = pipeline.settings.aliases
    own = read_aliases(absolute_path(path)) if path else ()
    if pipeline.settings.reuse_confirmed != "everywhere":
        return own
    loaded_at = pipeline.occupations.first_loaded(content_sha256)
    confirmed = pipeline.reviews.confirmed_codes_at(loaded_at) if loaded_at else ()
    return (*own, *(Alias(role, code, "confirmed") for role, code in confirmed))
