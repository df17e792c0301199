"""How old an asset may grow before the UI says so.

Belongs here: the windows, and why. Does not: what is done about it (``schedules``, ``sensors``).

https://docs.dagster.io/guides/observe/asset-freshness-policies
"""

from datetime import timedelta

import dagster as dg

# Releases come quarterly, the schedule looks weekly: a month without a look is odd, a quarter with grace is wrong.
A_QUARTER = dg.FreshnessPolicy.time_window(warn_window=timedelta(days=30), fail_window=timedelta(days=120))
