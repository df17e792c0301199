"""Telling people that something needs them: the log always, Slack and e-mail where the settings name them.

Belongs here: the message and the ways to send it. Does not: what is worth a message (``orchestration.sensors``).

A message holds job, upload key and what our own errors say, which is neither a secret nor a person's name. The webhook
and the mail server's address are secrets.

https://api.slack.com/messaging/webhooks
"""

import logging
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

import httpx

from onet_pipeline.errors import AlertFailed, SettingsError
from onet_pipeline.settings import Settings

log = logging.getLogger(__name__)

SECONDS = 10.0
"""For one way to send: a tick has 60 s in all."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told: one line, what happened and what to do, and where to look."""

    title: str
    text: str
    link: str | None = None

    @property
    def body(self) -> str:
        """Text and link as one."""
        return f"{self.text}\n{self.link}" if self.link else self.text


class Notifier(Protocol):
    """One way to reach people."""

    def tell(self, alert: Alert) -> None:
        """Send the alert.

        Raises:
            AlertFailed: it was not accepted.
        """
        ...


class LogNotifier:
    """Writes to the log, which never fails."""

    def tell(self, alert: Alert) -> None:
        """Write one line."""
        log.error("%s: %s", alert.title, " ".join(alert.body.split()))


class SlackNotifier:
    """Posts to a webhook; its address is all that is needed to post, so it is never shown."""

    def __init__(self, webhook: str) -> None:
        self._webhook = webhook

    def tell(self, alert: Alert) -> None:
        """Post the alert as plain text."""
        try:
            with _requests_unlogged():
                answer = httpx.post(self._webhook, json={"text": f"{alert.title}\n{alert.body}"}, timeout=SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise AlertFailed(f"Slack was not reached ({type(error).__name__}): check ONET_ALERT_SLACK.") from None
        if not answer.is_success:
            raise AlertFailed(f"Slack answered with status {answer.status_code}: check ONET_ALERT_SLACK.")


class EmailNotifier:
    """Sends an e-mail through a server that is given as a URL; a password is never sent unencrypted."""

    def __init__(self, server: str, recipients: str) -> None:
        self._server = urlsplit(server)
        self._recipients = [each.strip() for each in recipients.split(",") if each.strip()]
        if self._server.scheme not in ("smtp", "smtps") or not self._server.hostname:
            raise SettingsError("ONET_ALERT_SMTP cannot be used: write it as smtp://user:password@host:587.")

    def tell(self, alert: Alert) -> None:
        """Send the alert to every recipient."""
        message = EmailMessage()
        message["Subject"] = " ".join(alert.title.split())
        message["From"] = f"onet-pipeline <{self._sender}>"
        message["To"] = ", ".join(self._recipients)
        message.set_content(alert.body)
        try:
            with self._connected() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise AlertFailed(f"The mail was not accepted ({type(error).__name__}): check ONET_ALERT_SMTP.") from None

    @property
    def _sender(self) -> str:
        user = unquote(self._server.username or "")
        return user if "@" in user else f"onet-pipeline@{self._server.hostname}"

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        host, port, encrypted = self._server.hostname or "", self._server.port or 0, self._server.scheme == "smtps"
        connect = smtplib.SMTP_SSL if encrypted else smtplib.SMTP
        with connect(host, port, timeout=SECONDS) as server:
            server.ehlo()
            if not encrypted and server.has_extn("starttls"):
                server.starttls()
                encrypted = True
            if self._server.username:
                if not encrypted:
                    raise smtplib.SMTPNotSupportedError("the server offers no encryption")
                server.login(unquote(self._server.username), unquote(self._server.password or ""))
            yield server


def notifiers(settings: Settings) -> tuple[Notifier, ...]:
    """Return the ways that the settings name, the log first.

    Raises:
        SettingsError: e-mail is half set, or its server is no address.
    """
    ways: list[Notifier] = [LogNotifier()]
    if settings.alert_slack:
        ways.append(SlackNotifier(settings.alert_slack.get_secret_value()))
    if bool(settings.alert_email) != bool(settings.alert_smtp):
        raise SettingsError("Alerts by e-mail need both ONET_ALERT_EMAIL and ONET_ALERT_SMTP.")
    if settings.alert_email and settings.alert_smtp:
        ways.append(EmailNotifier(settings.alert_smtp.get_secret_value(), settings.alert_email))
    return tuple(ways)


def tell_people(ways: tuple[Notifier, ...], alert: Alert) -> None:
    """Send the alert every way; one that fails keeps none of the others from being tried, and is logged."""
    for way in ways:
        try:
            way.tell(alert)
        except AlertFailed as error:
            log.warning("An alert could not be sent. %s", error)


@contextmanager
def _requests_unlogged() -> Iterator[None]:
    """Silence httpx, which logs the address of each request."""
    logger = logging.getLogger("httpx")
    logger.addFilter(_nothing)
    try:
        yield
    finally:
        logger.removeFilter(_nothing)


def _nothing(_record: logging.LogRecord) -> bool:
    return False
