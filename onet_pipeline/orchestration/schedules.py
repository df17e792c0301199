"""When to look for a new O*NET release, and over the uploads.

Belongs here: the calendar. Does not: finding the release (``onet.source``).

https://docs.dagster.io/guides/automate/schedules
"""

import dagster as dg

from onet_pipeline.orchestration.jobs import check_uploads, sync_onet

# Weekly for a quarterly release: one failed look costs a week. An unchanged release transfers and writes nothing.
release_schedule = dg.ScheduleDefinition(
    name="release_schedule",
    job=sync_onet,
    cron_schedule="17 6 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every Monday: loads the current O*NET release (or ONET_RELEASE), if it is a new one.",
)

uploads_check_schedule = dg.ScheduleDefinition(
    name="uploads_check_schedule",
    job=check_uploads,
    cron_schedule="47 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day: which uploads are rejected, and which are behind.",
)
