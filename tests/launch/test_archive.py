"""Backup and restore: the whole site, in another database, exactly; and nothing of it from a file that is not whole."""

import json
import os
import shutil
import stat
import zipfile

import psycopg
import pytest

from academy.archive import file
from academy.archive.file import ArchiveError
from academy.launch.place import Place

FILL = """
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
zoe = get_user_model().objects.create_user("zoe", password="a tab\\t, a break\\n and \\\\N")
get_user_model().objects.create_user("gone").delete()
"""


def everything(url):
    """Every row of every table, as text."""
    with psycopg.connect(url) as server:
        tables = [
            name for (name,) in server.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        ]
        return {table: sorted(row for (row,) in server.execute(f'SELECT t::text FROM "{table}" t')) for table in tables}


@pytest.fixture
def site(empty_database, manage, tmp_path):
    """manage.py on a site with a course and an account, in a database and a directory of its own."""
    Place(tmp_path / "local").local.mkdir()

    def run(*arguments, **environment):
        return manage(*arguments, **{"DATABASE_URL": empty_database, "ACADEMY_LOCAL": str(tmp_path / "local"), **environment})

    assert run("prepare", "--without-static")[0] == 0
    assert run("shell", "-v0", "-c", FILL)[0] == 0
    return run


def test_a_restored_site_is_the_one_that_was_backed_up(site, empty_database, tmp_path):
    backup = tmp_path / "site.academy"
    code, said = site("backup", backup)
    assert code == 0, said
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    before = everything(empty_database)
    assert any("zoe" in row for row in before["accounts_user"])

    site("shell", "-v0", "-c", "from django.contrib.auth import get_user_model as u; u().objects.get(username='zoe').delete()")
    code, said = site("restore", backup)
    assert code == 1
    assert "--replace" in said
    code, said = site("restore", backup, "--replace")
    assert code == 0, said
    assert everything(empty_database) == before

    # What it replaced is kept, and identities go on where they were: a deleted account's number is not given again.
    kept = list((tmp_path / "local" / "backups").glob("replaced-*.academy"))
    assert len(kept) == 1
    code, said = site(
        "shell", "-v0", "-c", "from django.contrib.auth import get_user_model as u; print('id', u().objects.create_user('new').pk)"
    )
    numbers = [int(row.split(",")[0].strip("(")) for row in before["accounts_user"]]
    assert f"id {max(numbers) + 2}" in said

    # No database of the exchange stays behind.
    name = empty_database.rpartition("/")[2]
    with psycopg.connect(os.environ["DATABASE_URL"]) as server:
        assert server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}%"]).fetchall() == [(name,)]


def test_the_secret_key_comes_with_it_unless_the_environment_sets_one(site, tmp_path):
    backup = tmp_path / "site.academy"
    site("backup", backup, SECRET_KEY="the key of the first site" * 3)
    place = Place(tmp_path / "local")
    own = place.secret_key()
    code, said = site("restore", backup, "--replace", SECRET_KEY=own)
    assert code == 0, said
    assert place.secret_key() == "the key of the first site" * 3
    code, said = site("restore", backup, "--replace", SECRET_KEY="set by the host" * 5)
    assert "SECRET_KEY is set in the environment and differs" in said


def test_a_failure_in_the_middle_leaves_the_site_as_it_was(site, empty_database, tmp_path):
    backup, bad = tmp_path / "site.academy", tmp_path / "bad.academy"
    site("backup", backup)
    with zipfile.ZipFile(backup) as good, zipfile.ZipFile(bad, "w") as worse:
        for name in good.namelist():
            content = good.read(name)
            worse.writestr(name, content.replace(b"zoe", b"zo\te") if name == "tables/accounts_user.copy" else content)
    before = everything(empty_database)
    code, said = site("restore", bad, "--replace")
    assert code == 1
    assert "could not be loaded; the site is as it was" in said
    assert everything(empty_database) == before


def test_an_upgrade_backs_up_first_and_names_the_file(site, empty_database, tmp_path):
    with psycopg.connect(empty_database) as server:
        server.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        server.execute("DROP TABLE django_session")
    code, said = site("prepare", "--without-static")
    assert code == 0, said
    (kept,) = (tmp_path / "local" / "backups").glob("before-upgrade-*.academy")
    assert f"What it was is in {kept}" in said
    with file.reading(kept) as (_, manifest):
        assert "accounts_user" in manifest.tables
        assert ["sessions", "0001_initial"] not in manifest.migrations
    code, said = site("prepare", "--without-static")
    assert "backups" not in said  # nothing to do, no backup
    assert len(list((tmp_path / "local" / "backups").iterdir())) == 1


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "made.academy"
    manifest = file.Manifest(made_at="now", postgresql=15, migrations=[], tables={"t": {"columns": ["a"], "rows": 1}}, sequences={})
    with file.writing(path) as made:
        with file.write_table(made, "t") as member:
            member.write(b"1\n" * 500)
        file.finish(made, manifest, "key")
    return path


def read(path):
    with file.reading(path) as (_, manifest):
        return manifest


def rewrite(path, member, content):
    other = path.with_name("other.academy")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            if name != member:
                new.writestr(name, old.read(name))
        if content is not None:
            new.writestr(member, content)
    return other


def test_a_whole_archive_is_read(archive):
    assert read(archive).rows == 1


@pytest.mark.parametrize("content", [b"", b"PGDMP garbage", os.urandom(4000)], ids=["empty", "another format", "noise"])
def test_garbage_is_refused(tmp_path, content):
    path = tmp_path / "garbage"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"is not a backup made by `manage.py backup`"):
        read(path)


def test_a_truncated_archive_is_refused_at_every_length(archive, tmp_path):
    whole = archive.read_bytes()
    short = tmp_path / "short.academy"
    for length in range(0, len(whole), 7):
        short.write_bytes(whole[:length])
        with pytest.raises(ArchiveError):
            read(short)


def test_a_damaged_table_is_refused(archive):
    content = bytearray(archive.read_bytes())
    content[content.index(b"tables/t.copy") + 40] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"is damaged"):
        read(archive)


@pytest.mark.parametrize(
    ("member", "content", "complaint"),
    [
        ("manifest.json", None, "it has no manifest"),
        ("manifest.json", b"[1]", "its manifest says something else"),
        ("manifest.json", json.dumps({"format": "academy-backup", "version": 99}), "format version 99; this Academy reads 1"),
        ("manifest.json", json.dumps({"format": "academy-backup", "version": 1}), "a manifest that cannot be read"),
        ("tables/t.copy", None, "lacks the tables t"),
    ],
)
def test_an_archive_of_the_wrong_kind_is_refused(archive, member, content, complaint):
    with pytest.raises(ArchiveError, match=complaint):
        read(rewrite(archive, member, content))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match=r"There is no file"):
        read(tmp_path / "none")


def test_an_archive_appears_under_its_name_only_when_it_is_whole(tmp_path):
    path = tmp_path / "half.academy"
    with pytest.raises(RuntimeError), file.writing(path) as made:
        made.writestr("tables/t.copy", b"1\n")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_an_archive_of_a_newer_version_is_refused_by_name(archive, db):
    from academy.archive.load import check_known

    manifest = file.Manifest(made_at="", postgresql=15, migrations=[["labs", "0999_from_the_future"]], tables={}, sequences={})
    with pytest.raises(ArchiveError, match=r"another version of Academy: this one does not know labs.0999_from_the_future"):
        check_known(manifest)


def test_a_backup_never_overwrites(archive, db):
    from academy.archive.backup import backup

    copy = shutil.copy(archive, archive.with_name("copy"))
    with pytest.raises(ArchiveError, match=r"exists already"):
        backup(archive)
    assert archive.read_bytes() == copy.read_bytes()
