"""What the tests of this room share: a mirror, and retries that do not wait."""

from collections.abc import Iterator

import httpx
import pytest
import stamina

from onet_pipeline.onet.web import ATTEMPTS, open_client
from onet_pipeline_tests.support.mirror import Mirror


@pytest.fixture(autouse=True)
def retries_without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        yield


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with open_client() as opened:
        yield opened
