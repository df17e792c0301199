"""Runs that live say so; those that fall silent are found, and no others."""

import time
from datetime import timedelta

import pytest
from pydantic import SecretStr

from onet_pipeline.settings import Settings
from onet_pipeline.steps import beats
from onet_pipeline.steps.beats import SILENCE, beating, silent_runs
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.beats import be_silent

A_MINUTE = timedelta(minutes=1)


def wait_for_a_beat(pipeline: Pipeline) -> None:
    deadline = time.monotonic() + 60
    while not any(beat.silent_for < A_MINUTE for beat in pipeline.beats.all()):
        assert time.monotonic() < deadline, "no beat came"
        time.sleep(0.01)


def test_a_run_is_dead_when_its_silence_was_noticed_and_went_on(pipeline: Pipeline) -> None:
    pipeline.beats.beat("run")
    be_silent(pipeline, SILENCE - A_MINUTE)
    assert silent_runs(pipeline) == []
    assert [beat.doubted_for for beat in pipeline.beats.all()] == [None]
    be_silent(pipeline, A_MINUTE)
    assert silent_runs(pipeline) == []
    be_silent(pipeline, SILENCE - A_MINUTE)
    assert silent_runs(pipeline) == []
    be_silent(pipeline, A_MINUTE)
    assert silent_runs(pipeline) == ["run"]


def test_a_run_that_beats_again_is_doubted_no_more(pipeline: Pipeline) -> None:
    pipeline.beats.beat("run")
    be_silent(pipeline, timedelta(days=1))
    assert silent_runs(pipeline) == [], "a host that slept for a day has not had time to beat"
    pipeline.beats.beat("run")
    be_silent(pipeline, SILENCE)
    assert silent_runs(pipeline) == []


def test_each_run_has_a_beat_of_its_own(pipeline: Pipeline) -> None:
    pipeline.beats.beat("dead")
    be_silent(pipeline, SILENCE)
    silent_runs(pipeline)
    be_silent(pipeline, SILENCE)
    pipeline.beats.beat("alive")
    assert silent_runs(pipeline) == ["dead"]
    pipeline.beats.forget(["dead"])
    assert [beat.run_id for beat in pipeline.beats.all()] == ["alive"]


def test_a_run_beats_while_it_waits_and_is_expected_no_more_when_it_ends(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beats, "BETWEEN_BEATS", timedelta(milliseconds=10))
    with beating(pipeline.settings, "run"):
        for _ in range(3):
            wait_for_a_beat(pipeline)
            be_silent(pipeline, timedelta(hours=1))
        wait_for_a_beat(pipeline)
    assert pipeline.beats.all() == ()


def test_a_database_that_cannot_be_had_keeps_no_run_from_its_work(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = Settings(database_url=SecretStr("postgresql://user:s3cret@127.0.0.1:1/none"))
    with beating(nowhere, "run"):
        pass
    assert "cannot say that it lives: DatabaseUnavailable" in caplog.text
    assert "s3cret" not in caplog.text
