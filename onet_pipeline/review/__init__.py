"""How analysts confirm, correct and trust: from stored records to files, and from files back to decisions.

Belongs here: pure functions about the report, the workbook, what comes back, and who was right. Does not: settings,
transactions (``store``), folders (``steps``) or Dagster.
"""
