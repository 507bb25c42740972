"""Servers of our own: from every source on this machine, closed to strangers, and never on the wrong data."""

import json
import shutil
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from academy.launch import own_postgresql, software
from academy.launch.account import server_account
from academy.launch.errors import LaunchError
from academy.launch.own_postgresql import OwnPostgreSQL, choose
from academy.launch.own_redis import OwnRedis
from academy.launch.software import PostgreSQL


def from_wheel(server):
    return server.package is not None


@pytest.fixture
def start(place, children, monkeypatch):
    """A private PostgreSQL; `shipped` says from where its programs come."""
    account = server_account()
    place.prepare(account)
    own = OwnPostgreSQL(place=place, account=account, processes=children, throwaway=True)

    def bring_up(shipped=True):
        monkeypatch.setattr(software, "POSTGRESQL_PLACES", () if shipped else software.POSTGRESQL_PLACES)
        monkeypatch.setattr(software.shutil, "which", lambda name: None)
        found = [server for server in software.postgresqls() if from_wheel(server) == shipped]
        assert found, "this machine lacks one of the two sources"
        monkeypatch.setattr(software, "postgresqls", lambda: found)
        return own.bring_up()

    return bring_up


def test_the_wheels_postgresql_starts_and_starts_again_on_its_data(start, children, place):
    _, child, url = start()
    with psycopg.connect(url) as server:
        server.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        assert server.execute("SELECT upper('é'), 'B' < 'a'").fetchone() == ("É", True)
    child.terminate()
    child.wait()
    children.clear(child)
    _, _, again = start()
    with psycopg.connect(again) as server:
        assert server.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_nobody_gets_in_without_the_password_and_the_site_is_not_the_servers_owner(start, place):
    _, _, url = start()
    owner = json.loads(next(place.local.glob("postgresql/passwords.json")).read_text())["postgres"]
    with psycopg.connect(urlsplit(url)._replace(netloc=f"postgres:{owner}@127.0.0.1:{urlsplit(url).port}").geturl()) as server:
        assert server.execute("SHOW unix_socket_directories").fetchone() == ("",)
        assert not server.execute("SELECT 1 FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'").fetchall()
    with pytest.raises(psycopg.OperationalError, match=r"no password supplied|password authentication failed"):
        psycopg.connect(urlsplit(url)._replace(netloc=f"academy@{urlsplit(url).hostname}:{urlsplit(url).port}").geturl())
    with pytest.raises(psycopg.OperationalError, match=r"password authentication failed"):
        psycopg.connect(urlsplit(url)._replace(netloc=f"postgres:guess@127.0.0.1:{urlsplit(url).port}").geturl())
    with psycopg.connect(url) as server:
        assert server.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone() == (False, True)


def test_lost_passwords_are_set_anew_by_the_owner_of_the_files(start, children, place):
    _, child, _ = start()
    child.terminate()
    child.wait()
    children.clear(child)
    next(place.local.glob("postgresql/passwords.json")).unlink()
    _, _, url = start()
    with psycopg.connect(url) as server:
        assert server.execute("SELECT 1").fetchone() == (1,)


def test_redis_asks_for_the_password_and_never_evicts(place, children):
    account = server_account()
    place.prepare(account)
    _, _, url = OwnRedis(place=place, account=account, processes=children).bring_up()
    with redis.Redis.from_url(url) as client:
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("save")["save"] == ""
    with pytest.raises(redis.AuthenticationError), redis.Redis(port=urlsplit(url).port) as stranger:
        stranger.ping()


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with these versions of PostgreSQL, and a home with data of these."""

    def build(servers, data):
        found = [PostgreSQL(bin=tmp_path / f"bin{major}", major=major) for major in servers]
        monkeypatch.setattr(own_postgresql.software, "postgresqls", lambda: found)
        for major in data:
            (tmp_path / str(major)).mkdir()
            (tmp_path / str(major) / "PG_VERSION").write_text(f"{major}\n")
        return tmp_path

    return build


def test_without_data_the_best_program_chooses(machine):
    server, data = choose(machine([17, 18], []))
    assert (server.major, data.name) == (17, "17")  # found first: PATH and packages come before the wheel


def test_data_chooses_the_program(machine):
    server, data = choose(machine([18, 16, 15], [15]))
    assert (server.major, data.name) == (15, "15")


def test_data_without_its_program_stops_with_instructions(machine):
    with pytest.raises(
        LaunchError, match=r"made by PostgreSQL 15, which is not on this machine \(found: 18 in .*postgresql-15.*restore FILE"
    ):
        choose(machine([18], [15]))


def test_data_of_two_versions_stops(machine):
    with pytest.raises(LaunchError, match=r"several versions"):
        choose(machine([18, 15], [15, 18]))


def test_a_machine_without_postgresql_is_told_what_to_install(machine):
    with pytest.raises(LaunchError, match=r"No PostgreSQL 14 or newer was found.*apt-get install postgresql.*DATABASE_URL"):
        choose(machine([], []))


def test_a_machine_without_redis_is_told_what_to_install(place, children, monkeypatch):
    place.prepare(None)
    monkeypatch.setattr(software, "redis_servers", list)
    with pytest.raises(LaunchError, match=r"No Redis was found.*apt-get install redis-server.*REDIS_URL"):
        OwnRedis(place=place, account=None, processes=children).bring_up()


def test_damaged_data_is_one_sentence_with_the_servers_words(start, children, place):
    _, child, _ = start()
    child.terminate()
    child.wait()
    children.clear(child)
    shutil.rmtree(next(place.local.glob("postgresql/1*")) / "global")
    with pytest.raises(LaunchError, match=r"(?s)PostgreSQL ended while starting.*postgresql.log says"):
        start()
