"""Lesson texts: read, check, render. The same code serves `manage.py content`, the admin's form and the page.

`text.parse` reads a source without touching anything else; `check.check` holds it against the labs and the other lessons.
"""
