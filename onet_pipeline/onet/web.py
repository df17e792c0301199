"""Asking a web server: the client, its time-outs, its retries, and what a failure is called.

Belongs here: what every request shares. Does not: which addresses exist (``source``), files (``download``).

https://stamina.hynek.me/
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import httpx
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from onet_pipeline.errors import DownloadFailed, ReleaseNotFound
from onet_pipeline.onet.addresses import describe_source, parse_address

CONNECT_SECONDS = 5.0  # short, so that a machine without a network falls back quickly
READ_SECONDS = 15.0  # between two pieces of a body, not for the whole
ATTEMPTS = 3
# No new attempt after this long: a network that swallows everything costs one connection time-out, not three.
PATIENCE_SECONDS = 4.0
LONGEST_RETRY_AFTER = 5.0


_logger = logging.getLogger(__name__)


def _log_retry(details: RetryDetails) -> None:
    fault = type(details.caused_by).__name__
    _logger.info("Attempt %d failed (%s), asking again in %.1f s", details.retry_num, fault, details.wait_for)


# Where structlog is installed, stamina's own choice would print on standard output.
set_on_retry_hooks([_log_retry])


class BadAnswer(Exception):
    """A status that is neither success nor "no such file"; stays inside this package."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"status {response.status_code}")
        self.status = response.status_code
        wait = response.headers.get("Retry-After", "")
        self.retry_after = min(float(wait), LONGEST_RETRY_AFTER) if wait.isdecimal() else None


def open_client() -> httpx.Client:
    """Return a client that follows redirects, asks for bytes as they are, and keeps tokens out of its log."""
    logging.getLogger("httpx").addFilter(_hide_secrets)
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    headers = {"User-Agent": "onet-pipeline", "Accept-Encoding": "identity"}
    return httpx.Client(timeout=timeout, headers=headers, follow_redirects=True, max_redirects=5)


def attempts(patience: float | None = PATIENCE_SECONDS) -> Iterator[stamina.Attempt]:
    """Yield attempts until one succeeds, a fault is final, or ``ATTEMPTS`` or ``patience`` (seconds) are used up."""
    return iter(
        stamina.retry_context(
            on=_worth_another_try, attempts=ATTEMPTS, timeout=patience, wait_initial=0.2, wait_jitter=0.2, wait_max=2.0
        )
    )


def refuse_status(response: httpx.Response, address: str) -> None:
    """Let a success pass.

    Raises:
        ReleaseNotFound: 404 or 410.
        BadAnswer: any other status that is not a success.
    """
    if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
        raise ReleaseNotFound(
            f"{describe_source(address)} does not exist (status {response.status_code}). Check the version or address."
        )
    if not response.is_success and response.status_code != httpx.codes.NOT_MODIFIED:
        raise BadAnswer(response)


@contextmanager
def failures_of(address: str) -> Iterator[None]:
    """Turn what is left after all attempts into ``DownloadFailed``, with the address but not its secrets."""
    try:
        yield
    except BadAnswer as error:
        _fail(address, f"answered with status {error.status}", error)
    except httpx.ConnectTimeout as error:
        _fail(address, f"could not be reached within {CONNECT_SECONDS:.0f} s", error)
    except httpx.TimeoutException as error:
        _fail(address, f"stopped answering for {READ_SECONDS:.0f} s", error)
    except httpx.ConnectError as error:
        _fail(address, f"could not be reached ({error})", error)
    except httpx.RemoteProtocolError as error:
        _fail(address, "broke the connection off before the answer was whole", error)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        _fail(address, f"could not be asked ({type(error).__name__})", error)


def credentials_apart(address: str) -> tuple[httpx.URL, httpx.Auth]:
    """Split user and password off an address: httpx logs addresses, but not its ``auth``."""
    url = parse_address(address)
    if not url.userinfo:
        return url, httpx.Auth()
    return url.copy_with(username=None, password=None), httpx.BasicAuth(url.username, url.password)


def _fail(address: str, what: str, error: Exception) -> NoReturn:
    raise DownloadFailed(
        f"{describe_source(address)} {what}. Try again later, or give a release that is on disk (ONET_RELEASE)."
    ) from error


def _worth_another_try(error: Exception) -> bool | float:
    if isinstance(error, BadAnswer):
        transient = error.status in (408, 429) or error.status >= 500
        return transient and (error.retry_after or True)
    return isinstance(error, httpx.TimeoutException | httpx.NetworkError | httpx.RemoteProtocolError)


def _hide_secrets(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(describe_source(str(a)) if isinstance(a, httpx.URL) else a for a in record.args)
    return True
