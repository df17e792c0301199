"""Addresses of releases, and how they are shown without their secrets.

Belongs here: telling an address from a path, the address of a version on a mirror, what a log may say. Does not:
asking them (``web``).
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from onet_pipeline.errors import ReleaseNotFound
from onet_pipeline.onet.version import ReleaseVersion

_WEB = re.compile(r"https?://", re.IGNORECASE)


def is_web_address(text: str) -> bool:
    """Tell whether the text is an http(s) address rather than a path or a version."""
    return _WEB.match(text.strip()) is not None


def describe_source(source: str | Path) -> str:
    """Return an address or path fit for logs: without user, password, query and fragment, where tokens live."""
    text = str(source)
    scheme, separator, _ = text.partition("://")
    if not separator:
        return text
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{scheme}://…"
    return f"{scheme}://{host}{port}{parts.path}"


def parse_address(text: str) -> httpx.URL:
    """Return the address parsed.

    Raises:
        ReleaseNotFound: it is not a well-formed address; it is not repeated whole, for it may hold a password.
    """
    try:
        address = httpx.URL(text.strip())
    except httpx.InvalidURL:
        address = httpx.URL("")
    if not address.host:
        raise ReleaseNotFound(f"{describe_source(text)} is not a well-formed address. Check its spelling.")
    return address


def archive_address(mirror: str, version: ReleaseVersion) -> str:
    """Return the address of a version's archive on an http(s) mirror; a query, such as an access token, is kept."""
    address = parse_address(mirror)
    return str(address.copy_with(path=f"{address.path.rstrip('/')}/{version.archive_name}"))
