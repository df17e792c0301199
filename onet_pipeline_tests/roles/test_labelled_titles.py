import re
from collections import Counter
from importlib.resources import as_file, files

import pytest
from upath import UPath

from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.roles.evaluation import GoldTitle, known_titles, read_gold
from onet_pipeline.roles.titles import normalise

CODE = re.compile(r"\d\d-\d{4}\.\d\d")
LABELLED = files("onet_pipeline.roles").joinpath("labelled")


@pytest.fixture(scope="module")
def labelled() -> tuple[GoldTitle, ...]:
    with as_file(LABELLED / "job_titles.tsv") as path:
        return read_gold(UPath(path))


def test_codes_have_eight_digits_and_every_major_group_occurs(labelled: tuple[GoldTitle, ...]) -> None:
    codes = {code for gold in labelled for code in gold.codes}
    assert all(CODE.fullmatch(code) for code in codes)
    assert len({code[:2] for code in codes}) == 23


def test_no_title_occurs_twice_after_normalisation(labelled: tuple[GoldTitle, ...]) -> None:
    assert [title for title, n in Counter(normalise(gold.title) for gold in labelled).items() if n > 1] == []


def test_there_are_as_many_titles_as_the_readme_says(labelled: tuple[GoldTitle, ...]) -> None:
    stated = re.search(r"^\| all \| (\d+) \|$", LABELLED.joinpath("README.md").read_text("utf-8"), re.MULTILINE)
    assert stated
    assert int(stated[1]) == len(labelled)


def test_at_least_120_titles_are_mappable_on_the_sample_release_and_most_are_unseen(
    labelled: tuple[GoldTitle, ...],
) -> None:
    release = load_release(sample_release_path())
    codes = {occupation.code for occupation in release.occupations}
    mappable = [gold for gold in labelled if gold.codes & codes]
    assert len(mappable) >= 120
    known = known_titles(release)
    assert sum(normalise(gold.title) not in known for gold in mappable) >= 0.6 * len(mappable)
