"""Titles searched beside O*NET's: those of the package, a user's alias file, confirmed mappings.

Belongs here: the record and reading the files. Does not: which confirmed mappings count (``steps``).
"""

import csv
import io
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from upath import UPath

from onet_pipeline.errors import SettingsError
from onet_pipeline.roles.titles import normalise

_CODE = re.compile(r"\d\d-\d{4}(\.\d\d)?")


@dataclass(frozen=True, slots=True, order=True)
class Alias:
    """A title that means an occupation here.

    ``origin`` is ``alias`` (a user's file), ``confirmed`` (a reviewer) or ``shipped`` (the package).
    """

    title: str
    code: str
    origin: str = "alias"


@cache
def shipped_titles() -> tuple[Alias, ...]:
    """Return the titles that come with the package: what employers call occupations and O*NET does not list."""
    text = files("onet_pipeline.roles.search").joinpath("data/titles.tsv").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return tuple(Alias(title, code, "shipped") for code, title in lines)


def read_aliases(path: UPath) -> tuple[Alias, ...]:
    """Read a CSV file with the columns ``title`` and ``code``; a 6-digit code means its ``.00`` occupation.

    Raises:
        SettingsError: the file cannot be read, lacks a column, or holds a row that is not a title and a code.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The alias file {path} cannot be read as UTF-8 text: {error}.") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    header = [name.strip().lower() for name in reader.fieldnames or ()]
    if not {"title", "code"} <= set(header):
        raise SettingsError(f"The alias file {path} needs the columns title and code; it has: {', '.join(header)}.")
    reader.fieldnames = header
    return tuple(_alias(row, f"{path}, line {reader.line_num}") for row in reader)


def _alias(row: dict[str, str | None], where: str) -> Alias:
    title, code = (row["title"] or "").strip(), (row["code"] or "").strip()
    if not normalise(title):
        raise SettingsError(f"{where}: the title is empty. Give a title or delete the line.")
    if not _CODE.fullmatch(code):
        raise SettingsError(f'{where}: "{code}" is not an O*NET-SOC code such as 15-1252.00.')
    return Alias(title, code if "." in code else f"{code}.00")
