"""Alerts reach people by log, Slack and e-mail, and a way that fails hides nothing and leaks nothing."""

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from onet_pipeline.errors import AlertFailed, SettingsError
from onet_pipeline.settings import Settings
from onet_pipeline.steps.alerts import Alert, EmailNotifier, SlackNotifier, notifiers, tell_people
from onet_pipeline_tests.support.mail import MailServer
from onet_pipeline_tests.support.webhook import Webhook

ALERT = Alert("sync_onet failed", "The mirror is down. Try again.", "http://127.0.0.1:3000/runs/1")


def settings(home: Path, **values: object) -> Settings:
    return Settings(home=home).model_copy(update=values)


def test_without_settings_an_alert_is_one_line_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tell_people(notifiers(settings(tmp_path)), ALERT)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == f"{ALERT.title}: {ALERT.text} {ALERT.link}"


def test_slack_is_told_and_its_address_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Webhook() as webhook:
        SlackNotifier(webhook.url).tell(ALERT)
    assert webhook.posted == [{"text": f"{ALERT.title}\n{ALERT.text}\n{ALERT.link}"}]
    assert "s3cret" not in caplog.text


def test_a_webhook_that_refuses_is_named_by_its_setting_only() -> None:
    with Webhook(status=403) as webhook, pytest.raises(AlertFailed, match=r"403.*ONET_ALERT_SLACK") as failed:
        SlackNotifier(webhook.url).tell(ALERT)
    assert "s3cret" not in str(failed.value)


def test_every_recipient_gets_the_mail() -> None:
    with MailServer() as server:
        EmailNotifier(server.url, "a@example.org, b@example.org").tell(ALERT)
    ((recipients, text),) = server.messages
    assert recipients == ["a@example.org", "b@example.org"]
    assert "Subject: sync_onet failed" in text
    assert "The mirror is down." in text


def test_a_password_is_not_sent_to_a_server_without_encryption() -> None:
    with MailServer() as server, pytest.raises(AlertFailed) as failed:
        EmailNotifier(server.url.replace("//", "//me:s3cret@"), "a@example.org").tell(ALERT)
    assert not server.messages
    assert "s3cret" not in str(failed.value)


def test_a_title_of_several_lines_cannot_add_headers() -> None:
    with MailServer() as server:
        EmailNotifier(server.url, "a@example.org").tell(Alert("failed\r\nBcc: c@example.org", "text"))
    ((recipients, text),) = server.messages
    assert recipients == ["a@example.org"]
    assert "\nBcc:" not in text


def test_one_way_that_fails_keeps_none_of_the_others_from_being_tried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Webhook(status=500) as webhook, MailServer() as server:
        everything = settings(
            tmp_path, alert_slack=SecretStr(webhook.url), alert_email="a@example.org", alert_smtp=SecretStr(server.url)
        )
        tell_people(notifiers(everything), ALERT)
    assert len(server.messages) == 1
    assert "Slack answered with status 500" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_mail_server_that_is_not_there_fails_with_the_setting_to_check() -> None:
    with MailServer() as server:
        gone = server.url
    with pytest.raises(AlertFailed, match="ONET_ALERT_SMTP"):
        EmailNotifier(gone, "a@example.org").tell(ALERT)


@pytest.mark.parametrize(
    "half",
    [
        {"alert_email": "a@example.org"},
        {"alert_smtp": SecretStr("smtp://127.0.0.1")},
        {"alert_email": "a@example.org", "alert_smtp": SecretStr("me:s3cret@mail.example.org")},
    ],
)
def test_half_set_mail_is_refused_without_repeating_it(tmp_path: Path, half: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as refused:
        notifiers(settings(tmp_path, **half))
    assert "s3cret" not in str(refused.value)
