"""Lists of job titles for the command: one title a line, or a table with a ``title`` column.

Belongs here: the two layouts. Does not: uploads, whose column has to be found (``spreadsheets``), or labelled titles
(``evaluation``).
"""

from pathlib import Path

from onet_pipeline.errors import UploadEmpty, UploadUnreadable
from onet_pipeline.roles.delimited import find_encoding, read_rows

_COLUMN = "title"
_DELIMITERS = "\t,;"


def read_titles(path: Path) -> list[str]:
    """Return the titles of a file in order, repeated ones too; blank lines are left out.

    A first line with a ``title`` cell makes it a table, delimited by tab, comma or semicolon.

    Raises:
        UploadUnreadable: the file is not there, or not text.
        UploadEmpty: it holds no title.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UploadUnreadable(f"{path} cannot be read: {error.strerror}. Give one title a line.") from error
    titles = [title for title in _titles(content, path.name) if title]
    if not titles:
        raise UploadEmpty(f"{path} holds no title: write one a line, or a table with a column named `title`.")
    return titles


def _titles(content: bytes, name: str) -> list[str]:
    encoding = find_encoding(content, name)
    lines = content.decode(encoding, errors="replace").splitlines()
    header = lines[0] if lines else ""
    for delimiter in _DELIMITERS:
        names = [cell.strip().strip('"').casefold() for cell in header.split(delimiter)]
        if _COLUMN in names:
            column = names.index(_COLUMN)
            rows = list(read_rows(content, name, encoding, delimiter))[1:]
            return [row[column].strip() if column < len(row) else "" for row in rows]
    return [line.strip() for line in lines]
