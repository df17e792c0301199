import json
from dataclasses import replace
from pathlib import Path

import pytest

from onet_pipeline.onet.comparison import LISTED, Changes, ReleaseDiff, compare
from onet_pipeline.onet.records import Release
from onet_pipeline.onet.release import load_release
from onet_pipeline_tests.support.releases import SmallRelease, small_release


@pytest.fixture
def loaded(tmp_path: Path) -> "Loaded":
    return Loaded(tmp_path)


class Loaded:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, release: SmallRelease) -> Release:
        return load_release(release.write_zip(self.folder))


def named(diff: ReleaseDiff) -> dict[str, tuple[tuple[str, ...], ...]]:
    return {name: changes.first for name, changes in diff.kinds.items() if changes.count}


def test_a_release_and_itself_differ_in_nothing(loaded: Loaded) -> None:
    release = loaded(small_release())
    assert not any(kind.count for kind in compare(release, release).kinds.values())
    assert compare(release, release) == ReleaseDiff("30.1", "30.1")


def test_the_same_content_under_another_version_differs_in_the_version_alone(loaded: Loaded) -> None:
    diff = compare(loaded(small_release("30.1")), loaded(small_release("30.2")))
    assert not any(kind.count for kind in diff.kinds.values())
    assert diff.direction == "from 30.1 to 30.2"


def test_an_occupation_that_comes_goes_with_its_titles_tasks_and_links_when_it_leaves(loaded: Loaded) -> None:
    before, after = loaded(small_release("30.1")), loaded(small_release("30.2").without_occupation("13-2011.00"))
    gone = named(compare(before, after))
    assert gone["occupations_removed"] == (("13-2011.00", "Accountants and Auditors"),)
    assert [title for _, title in gone["titles_removed"]] == ["Certified Public Accountant (CPA)", "Staff Accountant"]
    assert [row[:2] for row in gone["tasks_removed"]] == [("13-2011.00", "101")]
    assert len(gone["links_removed"]) == 2
    come = named(compare(after, before))
    assert {name.replace("removed", "added"): rows for name, rows in gone.items()} == come


def test_a_renamed_occupation_is_named_before_and_after_and_neither_added_nor_removed(loaded: Loaded) -> None:
    release = small_release("30.2")
    rows = tuple((code, title.replace("Registered", "Licensed"), text) for code, title, text in release.occupations)
    diff = compare(loaded(small_release()), loaded(replace(release, occupations=rows)))
    assert named(diff) == {"occupations_renamed": (("29-1141.00", "Registered Nurses", "Licensed Nurses"),)}


def test_a_new_description_is_a_new_definition(loaded: Loaded) -> None:
    release = small_release("30.2")
    rows = tuple((code, title, text.replace("programs", "software")) for code, title, text in release.occupations)
    diff = compare(loaded(small_release()), loaded(replace(release, occupations=rows)))
    assert named(diff) == {"occupations_redefined": (("15-1252.00", "Software Developers"),)}


def test_a_title_is_added_and_one_of_other_sources_changed(loaded: Loaded) -> None:
    release = small_release("30.2").with_titles(("15-1252.00", "Code Wrangler"))
    rows = tuple((*row[:3], "08,09") if row[1] == "Police Officer" else row for row in release.titles)
    diff = compare(loaded(small_release()), loaded(replace(release, titles=rows)))
    assert named(diff) == {
        "titles_added": (("15-1252.00", "Code Wrangler"),),
        "titles_changed": (("33-3051.00", "Police Officer"),),
    }


def test_tasks_are_told_apart_by_their_ids(loaded: Loaded) -> None:
    release = small_release("30.2").with_tasks(("15-1252.00", "203", "Write programs that others can read.", "Core"))
    rows = tuple((*row[:2], "Watch patients.", row[3]) if row[1] == "301" else row for row in release.tasks)
    diff = compare(loaded(small_release()), loaded(replace(release, tasks=rows)))
    assert named(diff)["tasks_added"] == (("15-1252.00", "203", "Write programs that others can read."),)
    assert named(diff)["tasks_changed"] == (
        ("29-1141.00", "301", "Watch patients and note how they are.", "Watch patients."),
    )


def test_another_importance_is_told_apart_from_another_statement(loaded: Loaded) -> None:
    release = replace(small_release("30.2"), importance={"101": "4.1", "201": "1.5", "202": "3.9"})
    assert named(compare(loaded(small_release()), loaded(release))) == {
        "tasks_rated_anew": (("15-1252.00", "201", "4.52", "1.5"), ("29-1141.00", "301", "4.8", "not rated"))
    }


def test_an_older_release_is_a_rollback(loaded: Loaded) -> None:
    newer, older = loaded(small_release("30.1")), loaded(small_release("29.3"))
    assert compare(newer, older).direction == "rolled back from 30.1 to 29.3"
    assert compare(newer, newer).direction == "30.1 anew"


def test_many_changes_are_counted_whole_and_listed_in_part(loaded: Loaded) -> None:
    many = [("15-1252.00", f"Developer of kind {number:03}") for number in range(LISTED + 50)]
    added = compare(loaded(small_release()), loaded(small_release("30.2").with_titles(*many))).titles_added
    assert (added.count, len(added.first)) == (LISTED + 50, LISTED)
    assert added.first == tuple(many[:LISTED])


def test_a_comparison_survives_json_and_a_kind_that_an_older_one_lacks_is_empty(loaded: Loaded) -> None:
    diff = compare(loaded(small_release()), loaded(small_release("30.2").without_occupation("15-1252.00")))
    told = json.loads(json.dumps(diff.to_json()))
    assert ReleaseDiff.from_json(told) == diff
    del told["links_removed"]
    assert ReleaseDiff.from_json(told).links_removed == Changes()
