"""The archive as a file: its manifest, and the refusals for what is not one."""

import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

FORMAT = "academy-backup"
VERSION = 1


class ArchiveError(Exception):
    """What is wrong with the file or the site it meets, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    made_at: str
    postgresql: int
    migrations: list[list[str]]  # [app, name], in the order they were applied
    tables: dict[str, dict]  # name -> {"columns": [...], "rows": n}
    sequences: dict[str, list]  # "table.column" -> [last_value, is_called]
    format: str = FORMAT
    version: int = VERSION

    @property
    def rows(self) -> int:
        return sum(table["rows"] for table in self.tables.values())


@contextmanager
def writing(path: Path) -> Iterator[zipfile.ZipFile]:
    """A new archive under its name only when it is whole, and readable by its owner only: it holds password hashes and sessions."""
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The archive, checked to its last byte before anything is done with it."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise ArchiveError(f"There is no file {path}.") from None
    except zipfile.BadZipFile:
        raise ArchiveError(f"{path} is not a backup made by `manage.py backup`, or its end is missing. Copy it again.") from None
    with archive:
        try:
            damaged = archive.testzip()
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error) as error:
            damaged = str(error) or type(error).__name__
        if damaged:
            raise ArchiveError(f"{path} is damaged ({damaged}). Copy it again from where it was made, or use an older backup.")
        yield archive, manifest(path, archive)


def manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        said = json.loads(archive.read("manifest.json"))
    except (KeyError, ValueError):
        raise ArchiveError(f"{path} is a zip file, but not a backup made by `manage.py backup`: it has no manifest.") from None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ArchiveError(f"{path} is not a backup made by `manage.py backup`: its manifest says something else.")
    if said.get("version") != VERSION:
        raise ArchiveError(
            f"{path} has format version {said.get('version')}; this Academy reads {VERSION}. Restore it with the one that made it."
        )
    try:
        found = Manifest(**said)
        missing = [name for name in found.tables if member(name) not in archive.namelist()]
    except (TypeError, AttributeError, KeyError):
        raise ArchiveError(f"{path} has a manifest that cannot be read. Use an older backup.") from None
    if missing:
        raise ArchiveError(f"{path} lacks the tables {', '.join(missing)} that its manifest names. Use an older backup.")
    return found


def member(table: str) -> str:
    return f"tables/{table}.copy"


def write_table(archive: zipfile.ZipFile, table: str) -> IO[bytes]:
    return archive.open(member(table), "w", force_zip64=True)


def finish(archive: zipfile.ZipFile, manifest: Manifest, secret_key: str) -> None:
    archive.writestr("secret_key", secret_key)
    archive.writestr("manifest.json", json.dumps(asdict(manifest), indent=1))
