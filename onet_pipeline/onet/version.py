"""The version of an O*NET release, in each of its spellings.

Belongs here: parsing, ordering, the name of the archive, which version may come next. Does not: asking a mirror
which of them exist (``source``).

https://www.onetcenter.org/db_releases.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from onet_pipeline.errors import ReleaseNotFound

_SPELLING = re.compile(r"(?:db_)?(\d{1,3})[._](\d{1,2})(?:_text(?:\.zip)?)?", re.ASCII | re.IGNORECASE)
# A year has x.0 (August), x.1 (December), x.2 (February) and x.3 (May).
_LAST_OF_A_YEAR = 3


@dataclass(frozen=True, order=True, slots=True)
class ReleaseVersion:
    """A release such as 30.1; versions sort by age."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``30.1``, ``30_1``, ``db_30_1_text`` or ``db_30_1_text.zip``.

        Raises:
            ReleaseNotFound: the text is not a version.
        """
        spelling = _SPELLING.fullmatch(text.strip())
        if spelling is None:
            raise ReleaseNotFound(f"{text.strip()!r} is not an O*NET version. Write it as 30.1.")
        return cls(int(spelling[1]), int(spelling[2]))

    @classmethod
    def recognise(cls, text: str) -> Self | None:
        """Read ``30.1`` or ``30_1``, or return None: a file name is not taken for a version."""
        return cls.parse(text) if re.fullmatch(r"\s*\d+[._]\d+\s*", text) else None

    @property
    def display(self) -> str:
        """The version as people write it: ``30.1``."""
        return f"{self.major}.{self.minor}"

    @property
    def token(self) -> str:
        """The version as addresses hold it: ``30_1``."""
        return f"{self.major}_{self.minor}"

    @property
    def archive_name(self) -> str:
        """The name of the published file: ``db_30_1_text.zip``."""
        return f"db_{self.token}_text.zip"

    def following(self) -> Iterator["ReleaseVersion"]:
        """Yield, without end, the versions that may come after this one; after 30.1: 30.2, 30.3, 31.0, 31.1."""
        version = self
        while True:
            if version.minor < _LAST_OF_A_YEAR:
                version = ReleaseVersion(version.major, version.minor + 1)
            else:
                version = ReleaseVersion(version.major + 1, 0)
            yield version

    def __str__(self) -> str:
        return self.display
