"""What confirmations change: the same role elsewhere, search, scores."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.roles.records import ConfidenceTier, Method, Role
from onet_pipeline.steps.indexing import current_index, wanted_index_version
from onet_pipeline.steps.mapping import map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline.store.records import Mapping as RoleMapping
from onet_pipeline.store.records import RoleCounts, SeenUpload

POLICE, NURSES = "33-3051.00", "29-1141.00"


def upload(pipeline: Pipeline, path: str, *roles: str, context: str | None = None) -> str:
    key = path.replace("/", "-")
    pipeline.uploads.register([SeenUpload(key, path, 100, None, "a" * 64)])
    told = (("Department", context),) if context else ()
    read = [Role(title, 2, told) for title in roles]
    pipeline.uploads.save_roles(key, read, counts=RoleCounts(2), roles_sha256="r", role_column="Job Title")
    map_upload(pipeline, key)
    return key


def only(pipeline: Pipeline, key: str) -> RoleMapping:
    (found,) = pipeline.mappings.mappings(key)
    return found


With = Callable[..., Pipeline]


@pytest.fixture
def with_settings(synced: Pipeline) -> Iterator[With]:
    """Make the same pipeline with other settings."""
    made: list[Pipeline] = []

    def make(**settings: str) -> Pipeline:
        made.append(Pipeline(synced.settings.model_copy(update=settings)))
        return made[-1]

    yield make
    for pipeline in made:
        pipeline.close()


def changed_release(folder: Path) -> str:
    copy = shutil.copytree(sample_release_path(), folder / "changed")
    titles = copy / "Alternate Titles.txt"
    titles.write_bytes(titles.read_bytes() + b"29-1141.00\tWard Lead\tn/a\t08\r\n")
    return str(copy)


def test_a_confirmed_role_decides_the_next_upload_of_its_folder_and_says_where_it_is_from(synced: Pipeline) -> None:
    first = upload(synced, "hr/2025.csv", "Blue Shirt")
    synced.mappings.confirm(first, "Blue Shirt", POLICE, by="Ann")
    mapped = only(synced, upload(synced, "hr/2026.csv", "BLUE-SHIRT"))
    assert (mapped.onet_code, mapped.method, mapped.confidence) == (POLICE, Method.REVIEWED, ConfidenceTier.HIGH)
    assert mapped.onet_title == "Police and Sheriff's Patrol Officers"
    assert mapped.cached_from
    assert mapped.cached_from.startswith(f"{first}, confirmed 20")
    assert "hr/2025.csv" in mapped.reasoning
    assert "Ann" not in mapped.reasoning + mapped.cached_from
    assert not mapped.user_confirmed


@pytest.mark.parametrize(("reach", "method"), [("folder", Method.LEXICAL), ("everywhere", Method.REVIEWED)])
def test_another_folder_is_reached_only_where_the_setting_says_everywhere(
    with_settings: With, reach: str, method: Method
) -> None:
    pipeline = with_settings(reuse_confirmed=reach)
    pipeline.mappings.confirm(upload(pipeline, "hr/2025.csv", "Blue Shirt"), "Blue Shirt", POLICE, by="Ann")
    assert only(pipeline, upload(pipeline, "plant/2026.csv", "Blue Shirt")).method is method


def test_off_takes_nothing_over_and_a_run_takes_back_what_was(synced: Pipeline, with_settings: With) -> None:
    synced.mappings.confirm(upload(synced, "hr/2025.csv", "Blue Shirt"), "Blue Shirt", POLICE, by="Ann")
    second = upload(synced, "hr/2026.csv", "Blue Shirt")
    map_upload(with_settings(reuse_confirmed="off"), second)
    assert only(synced, second).method is Method.LEXICAL


def test_that_nothing_fits_is_taken_over_too(synced: Pipeline) -> None:
    synced.mappings.confirm(upload(synced, "a.csv", "Police Officer"), "Police Officer", None, by="Ann")
    mapped = only(synced, upload(synced, "b.csv", "Police Officer"))
    assert (mapped.onet_code, mapped.method, mapped.confidence) == (None, Method.REVIEWED, ConfidenceTier.LOW)


def test_reviewers_who_disagree_decide_nothing_elsewhere(synced: Pipeline) -> None:
    for path, code in (("a.csv", POLICE), ("b.csv", NURSES)):
        synced.mappings.confirm(upload(synced, path, "Blue Shirt"), "Blue Shirt", code, by="Ann")
    assert only(synced, upload(synced, "c.csv", "Blue Shirt")).method is Method.LEXICAL


def test_the_same_title_in_another_context_is_another_role(synced: Pipeline) -> None:
    first = upload(synced, "a.csv", "Officer", context="Patrol")
    synced.mappings.confirm(first, "Officer", POLICE, by="Ann")
    assert only(synced, upload(synced, "b.csv", "Officer", context="Loans")).method is Method.LEXICAL
    assert only(synced, upload(synced, "c.csv", "Officer", context="Patrol")).method is Method.REVIEWED


def test_a_retired_code_decides_nothing(synced: Pipeline) -> None:
    synced.mappings.confirm(upload(synced, "a.csv", "Blue Shirt"), "Blue Shirt", "99-9999.00", by="Ann")
    assert only(synced, upload(synced, "b.csv", "Blue Shirt")).method is Method.LEXICAL


def test_an_own_confirmation_goes_before_another_uploads(synced: Pipeline) -> None:
    own = upload(synced, "a.csv", "Blue Shirt")
    synced.mappings.confirm(own, "Blue Shirt", NURSES, by="Ann")
    synced.mappings.confirm(upload(synced, "b.csv", "Blue Shirt"), "Blue Shirt", POLICE, by="Bob")
    map_upload(synced, own, fresh=True)
    assert only(synced, own).settled_code == NURSES


def test_a_confirmation_changes_the_index_with_the_next_release_and_not_before(
    with_settings: With, tmp_path: Path
) -> None:
    pipeline = with_settings(reuse_confirmed="everywhere")
    before = wanted_index_version(pipeline)
    pipeline.mappings.confirm(upload(pipeline, "a.csv", "Blue Shirt"), "Blue Shirt", POLICE, by="Ann")
    assert wanted_index_version(pipeline) == before, "or every confirmation would ask every upload again"
    sync_release(pipeline, changed_release(tmp_path))
    index = current_index(pipeline).index
    assert index.version == wanted_index_version(pipeline)
    assert index.search(["blue shirt"])[0][0].code == POLICE
    pipeline.mappings.confirm("a.csv", "Blue Shirt", NURSES, by="Ann")
    assert wanted_index_version(pipeline) == index.version
    assert wanted_index_version(with_settings(reuse_confirmed="folder")) != index.version


def test_the_alias_file_is_searched_and_changes_the_index(
    synced: Pipeline, with_settings: With, tmp_path: Path
) -> None:
    file = tmp_path / "aliases.csv"
    file.write_text(f"title,code\nBlue Shirt,{POLICE}\n", encoding="utf-8")
    pipeline = with_settings(aliases=str(file))
    assert wanted_index_version(pipeline) != wanted_index_version(synced)
    (found,) = current_index(pipeline).index.search(["blue shirt"])
    assert (found[0].code, found[0].origin) == (POLICE, "alias")


def test_measured_accuracy_replaces_the_score_of_a_tier_from_thirty_judgements_on(synced: Pipeline) -> None:
    roles = [f"Police Officer {number}" for number in range(60)]
    first = upload(synced, "a.csv", *roles)
    tiers = {each.source_role: each.confidence for each in synced.mappings.mappings(first)}
    tier = max(ConfidenceTier, key=list(tiers.values()).count)
    judged = [role for role in roles if tiers[role] is tier][:40]
    assert len(judged) == 40
    for number, role in enumerate(judged):
        synced.mappings.confirm(first, role, POLICE if number < 10 else NURSES, by="Ann")
    codes = {each.source_role: each.onet_code for each in synced.mappings.mappings(first)}
    agreed = sum(codes[role] == (POLICE if number < 10 else NURSES) for number, role in enumerate(judged))
    second = upload(synced, "other/b.csv", "Police Officer 99")
    mapped = only(synced, second)
    assert mapped.confidence_score == (agreed / 40 if mapped.confidence is tier else mapped.confidence.score)
    assert mapped.confidence is tier
