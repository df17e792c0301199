"""What the tests of this room share."""

import ssl
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_certificates() -> Iterator[None]:
    """Spare every Claude client its 50 ms of reading certificates: here all servers are on loopback, without TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
        yield
