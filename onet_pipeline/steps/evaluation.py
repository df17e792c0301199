"""Score search and mapper of this installation on labelled titles.

Belongs here: which index, mapper and known titles are scored. Does not: the measures (``roles.evaluation``).
"""

from pathlib import Path

from upath import UPath

from onet_pipeline.roles.evaluation import Evaluation, evaluate, known_titles, read_gold
from onet_pipeline.steps.indexing import current_index
from onet_pipeline.steps.pipeline import Pipeline


def evaluate_file(pipeline: Pipeline, gold: Path) -> Evaluation:
    """Score a gold file (``title``, ``soc_code``) against the release synced last.

    Raises:
        UploadError: the file is not a gold file.
        NoRelease: nothing has been synced.
    """
    titles = read_gold(UPath(gold))
    current = current_index(pipeline)
    return evaluate(
        titles,
        current.index,
        pipeline.mapper_with(current.index),
        known_titles(pipeline.occupations.load_release()),
        name=gold.name,
        release=current.onet_version,
        limit=pipeline.settings.candidates,
    )
