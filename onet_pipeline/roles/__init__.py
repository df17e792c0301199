"""How a role, a job title as somebody typed it, finds its O*NET occupation.

Belongs here: reading uploads, searching candidates, the mapper protocol and its two mappers, scoring them.
Does not: rows in a database (``store``), when and why things run (``steps``, ``orchestration``).
"""
