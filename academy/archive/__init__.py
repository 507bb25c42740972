"""The whole site in one file: what `manage.py backup` writes and `manage.py restore` reads. See docs/decisions/0003-backup-by-copy.md.

A zip archive: `manifest.json` (written last: without it the file is not whole), `secret_key`, and each table as PostgreSQL's COPY text. It
depends on no version of PostgreSQL and needs no program beside Python; the tables' shape comes from the migrations it names.
"""
