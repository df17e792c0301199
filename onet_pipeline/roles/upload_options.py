"""What the owner of an upload says about it, in a YAML file.

Belongs here: the keys, their meaning, reading them from text. Does not: where the files lie (``steps.uploads``).
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from onet_pipeline.errors import UploadOptionsRefused

#: Settings of a whole folder and the folders below it, in a file of this name in the folder.
FOLDER_OPTIONS = "_uploads.yaml"
#: ``staff.csv.yaml`` beside ``staff.csv``: settings of that upload; they go before those of its folder.
OPTIONS_SUFFIX = ".yaml"


class UploadOptions(BaseModel):
    """How to read one upload; None means: find out.

    ``delimiter`` is one character, or ``tab``. ``sheet`` is the name of a worksheet. ``context_columns`` are shown to
    the mapper beside the role.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role_column: str | None = None
    context_columns: tuple[str, ...] = Field(default=(), max_length=10)
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None

    @field_validator("role_column", "sheet", mode="before")
    @classmethod
    def _names_may_look_like_numbers(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("context_columns", mode="before")
    @classmethod
    def _one_name_or_a_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return () if value is None else value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        try:
            "".encode(value or "utf-8")
        except LookupError:
            raise ValueError("is no encoding that Python knows") from None
        return value

    @field_validator("delimiter", mode="before")
    @classmethod
    def _one_character(cls, value: object) -> object:
        named = "\t" if value in ("tab", "\\t") else value
        if named is not None and (not isinstance(named, str) or len(named) != 1 or named in '\r\n"'):
            raise ValueError("must be one character, or `tab`")
        return named

    def overridden_by(self, other: "UploadOptions") -> "UploadOptions":
        """Return these options with whatever ``other`` states in their place."""
        return self.model_copy(update=other.model_dump(exclude_unset=True))


def parse_options(text: str, name: str) -> UploadOptions:
    """Parse the YAML file ``name``; an empty file states nothing.

    Raises:
        UploadOptionsRefused: not YAML, not a mapping, or a key or value that cannot be used; the keys are named.
    """
    import yaml

    try:
        stated = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise UploadOptionsRefused(f"{name} is not valid YAML{where}. Correct it, or remove it.") from error
    if stated is None:
        return UploadOptions()
    if not isinstance(stated, Mapping):
        raise UploadOptionsRefused(f"{name} must hold `key: value` lines. {_known_keys()}")
    return _validated(stated, name)


def _validated(stated: Mapping[Any, Any], name: str) -> UploadOptions:
    unknown = [str(key) for key in stated if key not in UploadOptions.model_fields]
    if unknown:
        raise UploadOptionsRefused(f"{name} has keys that are not known: {', '.join(unknown)}. {_known_keys()}")
    try:
        return UploadOptions.model_validate(stated)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise UploadOptionsRefused(f"{name} has a value that cannot be used: {faults}.") from error


def _known_keys() -> str:
    return f"Known keys: {', '.join(UploadOptions.model_fields)}."
