"""What is asked again when a release comes: real syncs, and what reaches the API after them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from onet_pipeline.roles.records import ConfidenceTier, Method, Role
from onet_pipeline.roles.standing import LEADING
from onet_pipeline.steps.mapping import MappingOutcome, map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline.store.models import DecisionRow
from onet_pipeline.store.records import Mapping, RoleCounts
from onet_pipeline_tests.support.claude_api import AskedRole, ClaudeServer, first_candidate, status
from onet_pipeline_tests.support.message_batches import asking_claude, register
from onet_pipeline_tests.support.releases import SmallRelease, small_release

ROLE, SCHOOL, POLICE = "School Nurse", "29-9902.00", "33-3051.00"
SHOWN = LEADING + 2
KINDS = ("Ward", "Practical", "School", "Surgical", "Hospice", "Travel", "Flight", "Forensic")
MORE_KINDS = ("Military", "Rural", "Dental", "Camp", "Prison", "Clinic", "Night", "Plant")

Asking = Callable[..., Pipeline]


def answer(role: AskedRole, confidence: str = "HIGH", code: str | None = SCHOOL) -> dict[str, Any]:
    return first_candidate(role) | {"code": code, "confidence": confidence}


def nurses(version: str = "30.1") -> SmallRelease:
    """A release with sixteen kinds of nurses beside the usual five, so that not all can be shown."""
    rows = [
        (f"29-99{number:02}.00", f"{kind} Nurses", f"Look after people, {kind.lower()}.")
        for number, kind in enumerate(KINDS + MORE_KINDS)
    ]
    return small_release(version).with_occupations(*rows)


def described(release: SmallRelease, code: str, description: str) -> SmallRelease:
    rows = tuple((*row[:2], description) if row[0] == code else row for row in release.occupations)
    return replace(release, occupations=rows)


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer(answerer=answer) as running:
        yield running


@pytest.fixture
def asking(pipeline: Pipeline, server: ClaudeServer) -> Iterator[Asking]:
    """Make the pipeline ask Claude, with other settings where they are named."""
    with ExitStack() as stack:
        yield lambda **told: stack.enter_context(asking_claude(pipeline, server, **{"candidates": SHOWN, **told}))


@pytest.fixture
def load(pipeline: Pipeline, tmp_path: Path) -> Callable[[SmallRelease], None]:
    """Sync a release."""

    def sync(release: SmallRelease) -> None:
        sync_release(pipeline, str(release.write_zip(tmp_path / "releases")))

    return sync


Load = Callable[[SmallRelease], None]


@pytest.fixture
def decided(asking: Asking, load: Load) -> Pipeline:
    """The pipeline, with one role decided on release 30.1."""
    load(nurses())
    pipeline = asking()
    map_upload(pipeline, register(pipeline, "city", [ROLE]), run_id="run-1")
    return pipeline


def only(pipeline: Pipeline, key: str = "city") -> Mapping:
    (found,) = pipeline.mappings.mappings(key)
    return found


def codes(mapping: Mapping) -> list[str]:
    return [shown.code for shown in mapping.candidates]


def not_shown(mapping: Mapping) -> str:
    """Return an occupation of the release that the model was not shown."""
    return next(row[0] for row in nurses().occupations if row[0] not in codes(mapping))


def with_marginal_swap(mapping: Mapping, version: str = "30.2") -> SmallRelease:
    """The next release, without the last candidate: another one takes its place."""
    return nurses(version).without_occupation(codes(mapping)[-1])


def mapped_after_a_marginal_swap(pipeline: Pipeline, load: Load, other: Pipeline | None = None) -> MappingOutcome:
    """Map the role again after such a release, perhaps with other settings, and see that it was one."""
    before = only(pipeline)
    load(with_marginal_swap(before))
    outcome = map_upload(other or pipeline, "city")
    now = codes(only(pipeline))
    assert set(now[:LEADING]) == set(codes(before)[:LEADING])
    assert set(now) != set(codes(before))
    return outcome


def test_a_marginal_swap_asks_nothing_and_the_mapping_tells_what_it_rests_on(
    decided: Pipeline, server: ClaudeServer, load: Load
) -> None:
    before = only(decided)
    outcome = mapped_after_a_marginal_swap(decided, load)
    assert (outcome.asked, outcome.by_method, len(server.calls)) == (0, {Method.CACHED: 1}, 1)
    now = only(decided)
    assert (now.onet_code, now.confidence, now.onet_version) == (SCHOOL, ConfidenceTier.HIGH, "30.2")
    assert now.cached_from == "city, O*NET 30.1, run run-1"
    assert now.fingerprint
    decision = decided.decisions.find([now.fingerprint])[now.fingerprint]
    assert (decision.onet_version, decision.run_id) == ("30.1", "run-1")
    assert decision.shown
    assert [mark.partition(":")[0] for mark in decision.shown] == codes(before)
    again = map_upload(decided, "city")
    assert (again.kept, again.by_method) == (1, {}), "what was taken over is saved and needs nothing"
    assert only(decided) == now


def test_a_new_leading_candidate_asks_again(decided: Pipeline, server: ClaudeServer, load: Load) -> None:
    newcomer = not_shown(only(decided))
    load(nurses("30.2").with_titles((newcomer, "School Nurse Officer")))
    assert map_upload(decided, "city").asked == 1
    assert newcomer in codes(only(decided))[:LEADING]
    assert (only(decided).method, len(server.calls)) == (Method.CLAUDE, 2)


def test_another_description_of_the_occupation_decided_asks_again(
    decided: Pipeline, server: ClaudeServer, load: Load
) -> None:
    load(described(nurses("30.2"), SCHOOL, "Teach nursing in schools."))
    assert map_upload(decided, "city").asked == 1
    assert (only(decided).method, len(server.calls)) == (Method.CLAUDE, 2)


def test_an_occupation_that_has_gone_asks_again(decided: Pipeline, server: ClaudeServer, load: Load) -> None:
    server.answerer = lambda role: answer(role, code="29-1141.00")
    load(nurses("30.2").without_occupation(SCHOOL))
    assert map_upload(decided, "city").asked == 1
    assert (only(decided).onet_code, only(decided).method) == ("29-1141.00", Method.CLAUDE)


@pytest.mark.parametrize(("confidence", "code"), [("LOW", SCHOOL), ("LOW", None)])
def test_a_best_guess_and_a_null_are_asked_again_after_a_marginal_swap(
    asking: Asking, server: ClaudeServer, load: Load, confidence: str, code: str | None
) -> None:
    server.answerer = lambda role: answer(role, confidence, code)
    load(nurses())
    pipeline = asking()
    map_upload(pipeline, register(pipeline, "city", [ROLE]))
    assert mapped_after_a_marginal_swap(pipeline, load).asked == 1


def test_a_fallback_is_asked_again_after_a_marginal_swap(asking: Asking, server: ClaudeServer, load: Load) -> None:
    server.always(status(500))
    load(nurses())
    pipeline = asking()
    map_upload(pipeline, register(pipeline, "city", [ROLE]))
    assert mapped_after_a_marginal_swap(pipeline, load).asked == 1


@pytest.mark.parametrize(
    "told", [{"model": "claude-opus-5-5"}, {"effort": "low"}, {"second_look": True}, {"strategy": "catalogue"}]
)
def test_other_settings_ask_again_after_a_marginal_swap(
    decided: Pipeline, asking: Asking, load: Load, told: dict[str, Any]
) -> None:
    assert mapped_after_a_marginal_swap(decided, load, asking(**told)).asked == 1


def test_the_same_title_in_another_context_is_asked_after_a_marginal_swap(decided: Pipeline, load: Load) -> None:
    load(with_marginal_swap(only(decided)))
    read = [Role(ROLE, 2, (("Department", "Prison"),))]
    decided.uploads.save_roles("city", read, counts=RoleCounts(2), roles_sha256="c", role_column="Job Title")
    assert map_upload(decided, "city").asked == 1


def test_another_spelling_in_another_upload_is_taken_over_after_a_marginal_swap(decided: Pipeline, load: Load) -> None:
    load(with_marginal_swap(only(decided)))
    assert map_upload(decided, register(decided, "county", ["SCHOOL-NURSE"])).by_method == {Method.CACHED: 1}
    assert (only(decided, "county").cached_from or "").startswith("city, O*NET 30.1")


def test_small_steps_never_add_up_a_decision_is_held_against_what_it_was_made_on(
    decided: Pipeline, server: ClaudeServer, load: Load
) -> None:
    before = only(decided)
    mapped_after_a_marginal_swap(decided, load)
    (newcomer,) = set(codes(only(decided))) - set(codes(before))
    gone = codes(before)[-1]
    load(nurses("30.3").without_occupation(gone).with_titles((newcomer, "School Nurse Assistant")))
    assert map_upload(decided, "city").asked == 1
    assert newcomer in codes(only(decided))[:LEADING]
    assert len(server.calls) == 2


def test_a_later_word_of_the_model_takes_the_place_of_an_earlier_one(
    decided: Pipeline, server: ClaudeServer, load: Load
) -> None:
    before = only(decided)
    server.answerer = lambda role: answer(role, "LOW")
    load(nurses("30.2").with_titles((not_shown(before), "School Nurse Officer")))
    map_upload(decided, "city")
    load(with_marginal_swap(before, "30.3"))
    assert map_upload(decided, "city").asked == 1, "the decision of 30.1 would stand, had the model not doubted since"


def test_rolling_back_a_release_asks_nothing(decided: Pipeline, server: ClaudeServer, load: Load) -> None:
    load(nurses("30.2").with_titles((POLICE, "School Nurse Officer")))
    map_upload(decided, "city")
    load(nurses("30.1"))
    assert map_upload(decided, "city").asked == 0
    assert only(decided).cached_from == "city, O*NET 30.1, run run-1"


def test_fresh_asks_what_stands(decided: Pipeline, load: Load) -> None:
    load(with_marginal_swap(only(decided)))
    assert map_upload(decided, "city", fresh=True).asked == 1


def test_a_decision_of_which_the_candidates_are_not_known_is_asked_again_after_a_marginal_swap(
    decided: Pipeline, load: Load
) -> None:
    with decided.database.writing() as session:
        session.execute(sa.update(DecisionRow).values(question_key=None, shown=sa.null()))
    assert mapped_after_a_marginal_swap(decided, load).asked == 1


def test_a_decision_by_a_message_batch_stands_too_and_what_stands_is_not_submitted(
    asking: Asking, server: ClaudeServer, load: Load
) -> None:
    load(nurses())
    pipeline = asking(claude_mode="batch")
    map_upload(pipeline, register(pipeline, "city", [ROLE]))
    server.batches.end()
    map_upload(pipeline, "city")
    outcome = mapped_after_a_marginal_swap(pipeline, load)
    assert (outcome.waits_for, outcome.by_method) == (None, {Method.CACHED: 1})
    assert (len(server.batches.submitted), len(server.calls)) == (1, 0)
