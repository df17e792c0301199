"""The checks: what must be true of an asset before the next is made, and what people should look at.

Belongs here: the question, its severity, the evidence shown. Does not: how the answer is computed, where it is more
than a comparison (``steps``).

https://docs.dagster.io/guides/test/asset-checks
"""
