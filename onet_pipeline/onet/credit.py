"""The credit that O*NET's licence asks for.

Belongs here: its wording. Does not: where it is shown.

https://www.onetcenter.org/license_db.html
"""

CREDIT = (
    "O*NET {version} Database, U.S. Department of Labor, Employment and Training Administration (USDOL/ETA), CC BY 4.0"
)
"""The credit that the licence asks for wherever O*NET content is shown or exported."""


def credit(version: str) -> str:
    """Return the credit for one release, for example version ``30.1``; the sample's titles are those of 30.1."""
    if version.startswith("0."):
        return f"Sample release of onet-pipeline; codes and titles: {CREDIT.format(version='30.1')}"
    return CREDIT.format(version=version)
