"""A release of eight occupations as records, for tests of search and mapping.

Belongs here: one small release and ways to vary it. Does not: files in O*NET's format (``support.releases``).
"""

from onet_pipeline.onet.records import AlternateTitle, Occupation, RelatedOccupation, Release, Task

OCCUPATIONS = (
    Occupation("11-9111.00", "Medical and Health Services Managers", "Plan and direct the services of hospitals."),
    Occupation("13-2011.00", "Accountants and Auditors", "Keep, examine and judge the books of an organisation."),
    Occupation("15-1252.00", "Software Developers", "Design, write and look after computer programs."),
    Occupation("29-1141.00", "Registered Nurses", "Look after patients, plan their care and keep their records."),
    Occupation("29-2061.00", "Licensed Practical Nurses", "Look after ill or injured patients under direction."),
    Occupation("33-3051.00", "Police Patrol Officers", "Keep the peace in a district and answer calls."),
    Occupation("43-3031.00", "Bookkeeping and Accounting Clerks", "Enter and check figures to keep records complete."),
    Occupation("51-4121.00", "Welders and Cutters", "Join or cut metal with hand-held equipment."),
)
TITLES = (
    AlternateTitle("11-9111.00", "Nursing Director"),
    AlternateTitle("13-2011.00", "Certified Public Accountant (CPA)", "CPA"),
    AlternateTitle("13-2011.00", "Staff Accountant"),
    AlternateTitle("15-1252.00", "Software Engineer"),
    AlternateTitle("15-1252.00", "Application Programmer"),
    AlternateTitle("29-1141.00", "Staff Nurse"),
    AlternateTitle("29-2061.00", "Staff Nurse"),
    AlternateTitle("29-1141.00", "Registered Nurse (RN)", "RN"),
    AlternateTitle("29-2061.00", "Licensed Practical Nurse (LPN)", "LPN"),
    AlternateTitle("33-3051.00", "Police Officer"),
    AlternateTitle("33-3051.00", "Canine Officer"),
    AlternateTitle("43-3031.00", "Accounting Technician"),
    AlternateTitle("51-4121.00", "Welding Technician"),
    AlternateTitle("51-4121.00", "Arc Welder"),
)
TASKS = (
    Task("15-1252.00", 201, "Find out why a program fails.", "Core", 4.5),
    Task("29-1141.00", 301, "Watch patients and note how they are.", "Core", 4.8),
    Task("33-3051.00", 401, "Patrol an area and answer calls.", None, None),
)
RELATED = (
    RelatedOccupation("29-1141.00", "29-2061.00", 1),
    RelatedOccupation("29-1141.00", "11-9111.00", 2),
    RelatedOccupation("13-2011.00", "43-3031.00", 1),
)


def eight_occupations(content_sha256: str = "1" * 64) -> Release:
    """Return the release; another ``content_sha256`` stands for another content."""
    return Release("30.1", "made in a test", "0" * 64, content_sha256, OCCUPATIONS, TITLES, TASKS, RELATED)
