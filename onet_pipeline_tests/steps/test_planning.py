from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onet_pipeline.steps.planning import BACK_OFF, MOST_ATTEMPTS, WantedRun, plan_runs, wanted_runs
from onet_pipeline.store.records import Upload, UploadStatus

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def wanted(key: str, minutes_ago: float = 0, **more: object) -> WantedRun:
    return WantedRun(key, "state", NOW - timedelta(minutes=minutes_ago), **more)  # type: ignore[arg-type]


def tried(attempts: int, minutes_ago: float) -> WantedRun:
    return wanted("a", attempts=attempts, attempted_at=NOW - timedelta(minutes=minutes_ago))


def upload(key: str, status: UploadStatus, done: str | None = None, attempted: str | None = None) -> Upload:
    return Upload(
        key=key,
        path=f"{key}.csv",
        size=1,
        modified_at=None,
        content_sha256="content",
        status=status,
        reason=None,
        row_count=None,
        role_count=None,
        blank_count=None,
        totals_count=None,
        role_column=None,
        roles_sha256=None,
        first_seen_at=NOW,
        seen_at=NOW,
        mapped_at=None,
        done_fingerprint=done,
        attempted_fingerprint=attempted,
        attempts=2,
        attempted_at=NOW,
    )


def test_wanted_are_active_uploads_that_are_not_done_for_the_present_state() -> None:
    uploads = [
        upload("new", UploadStatus.SEEN),
        upload("done", UploadStatus.MAPPED, done="now"),
        upload("behind", UploadStatus.MAPPED, done="before"),
        replace(upload("given", UploadStatus.SEEN), path="/home/ada/staff.csv"),
        *(upload(status, status) for status in ("rejected", "withdrawn", "unsettled")),  # type: ignore[arg-type]
    ]
    assert [(each.key, each.is_mapped) for each in wanted_runs(uploads, lambda _: "now")] == [
        ("new", False),
        ("behind", True),
    ]


def test_attempts_count_for_the_state_they_were_made_for_only() -> None:
    same, other = (upload("a", UploadStatus.SEEN, attempted=state) for state in ("now", "before"))
    assert [each.attempts for each in wanted_runs([same, other], lambda _: "now")] == [2, 0]


def test_the_oldest_go_first_and_no_more_than_the_limit() -> None:
    due = [wanted("c", 1), wanted("a", 3), wanted("b", 2)]
    assert [plan.key for plan in plan_runs(due, (), NOW, limit=2)] == ["a", "b"]


def test_an_upload_without_mappings_does_not_wait_for_a_release_to_be_caught_up() -> None:
    behind = [wanted(f"old-{index:05}", 9999, is_mapped=True) for index in range(1000)]
    assert plan_runs([*behind, wanted("new")], (), NOW)[0].key == "new"


def test_what_is_queued_or_running_is_not_requested_again() -> None:
    assert [plan.key for plan in plan_runs([wanted("a"), wanted("b")], {"a"}, NOW)] == ["b"]


def test_a_failed_run_is_tried_again_after_a_growing_while() -> None:
    first, second = BACK_OFF.total_seconds() / 60, 6 * BACK_OFF.total_seconds() / 60
    assert not plan_runs([tried(1, first - 1)], (), NOW)
    assert plan_runs([tried(1, first)], (), NOW)[0].attempt == 2
    assert not plan_runs([tried(2, second - 1)], (), NOW)
    assert plan_runs([tried(2, second)], (), NOW)[0].attempt == 3


def test_what_failed_often_enough_is_given_up() -> None:
    hopeless = tried(MOST_ATTEMPTS, 99_999)
    assert not plan_runs([hopeless], (), NOW)
    assert hopeless.is_given_up
    assert not tried(MOST_ATTEMPTS - 1, 99_999).is_given_up


def test_each_state_and_attempt_has_a_run_key_of_its_own() -> None:
    (first,), (again,) = (plan_runs([each], (), NOW) for each in (wanted("a"), tried(1, 60)))
    (other,) = plan_runs([WantedRun("a", "another state", NOW)], (), NOW)
    assert len({first.run_key, again.run_key, other.run_key}) == 3
    assert first.run_key == "a:state:1"


@given(
    keys=st.lists(st.integers(0, 60), unique=True, max_size=60),
    flying=st.sets(st.integers(0, 60)),
    limit=st.integers(0, 30),
)
def test_ticks_reach_every_upload_once_within_their_limit(keys: list[int], flying: set[int], limit: int) -> None:
    left = [wanted(str(key), key) for key in keys]
    in_flight = {str(key) for key in flying}
    requested: list[str] = []
    for _ in range(len(left)):
        plans = plan_runs(left, in_flight, NOW, limit)
        assert len(plans) <= limit
        requested += [plan.key for plan in plans]
        left = [each for each in left if each.key not in requested]
    assert len(requested) == len(set(requested))
    assert set(requested) == ({str(key) for key in keys} - in_flight if limit else set())
