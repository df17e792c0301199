"""The partitions: one for each upload.

Belongs here: their definition. Does not: the keys themselves (``steps.uploads``), or when they are added (``sensors``).
A partition is never deleted: its history would stay without it, and its queued runs would be killed.

https://docs.dagster.io/guides/build/partitions-and-backfills/partitioning-assets#dynamic-partitions
"""

from typing import Final

import dagster as dg

UPLOADS: Final = "uploads"
uploads_partitions = dg.DynamicPartitionsDefinition(name=UPLOADS)
