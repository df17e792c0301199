from itertools import islice

import pytest

from onet_pipeline.errors import ReleaseNotFound
from onet_pipeline.onet.version import ReleaseVersion


@pytest.mark.parametrize("text", ["30.1", "30_1", " 30.1\n", "db_30_1_text.zip", "db_30_1_text", "DB_30_1_TEXT.ZIP"])
def test_every_spelling_of_a_version_is_read(text: str) -> None:
    version = ReleaseVersion.parse(text)
    assert (version.display, version.token, version.archive_name) == ("30.1", "30_1", "db_30_1_text.zip")


@pytest.mark.parametrize("text", ["", "30", "30.1.2", "v30.1", "thirty", "30.1/../../etc", "db_30_1_excel.zip", "٣٠.١"])
def test_what_is_not_a_version_is_refused_with_what_was_given(text: str) -> None:
    with pytest.raises(ReleaseNotFound, match=r"is not an O\*NET version\. Write it as 30\.1"):
        ReleaseVersion.parse(text)


def test_versions_sort_by_age_and_not_as_text() -> None:
    texts = ["31.0", "9.2", "30.3", "30.1", "29.3"]
    assert sorted(texts, key=ReleaseVersion.parse) == ["9.2", "29.3", "30.1", "30.3", "31.0"]


def test_a_year_has_four_versions() -> None:
    following = ReleaseVersion(30, 1).following()
    assert [v.display for v in islice(following, 6)] == ["30.2", "30.3", "31.0", "31.1", "31.2", "31.3"]


def test_a_file_name_is_not_taken_for_a_version() -> None:
    assert ReleaseVersion.recognise("db_30_1_text.zip") is None
    assert ReleaseVersion.recognise("30.1") == ReleaseVersion(30, 1)
