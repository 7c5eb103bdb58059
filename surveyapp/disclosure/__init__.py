"""Statistical disclosure control: what may be shown, and how roughly. Pure; no Flask, no database.

The rules A1 to A22, B and C are those of `docs/methods.md`.
"""
