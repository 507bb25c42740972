"""Refusals before anything is started: one sentence, and no password in it."""

import os
import socket

import pytest

from academy.launch.errors import LaunchError
from academy.launch.given import check_database, check_redis
from academy.launch.ports import free_port, listen


def test_servers_that_answer_are_accepted():
    check_database(os.environ["DATABASE_URL"])
    check_redis(os.environ["REDIS_URL"])


@pytest.mark.parametrize("url", ["mysql://ann:secret@db/site", "postgresql://ann:secret@db", "site"])
def test_a_database_address_of_the_wrong_shape(url):
    with pytest.raises(LaunchError, match=r"DATABASE_URL should look like postgresql://") as caught:
        check_database(url)
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_answer():
    with pytest.raises(LaunchError, match=r"which cannot be used: .*refused.*unset it") as caught:
        check_database(f"postgresql://ann:secret@127.0.0.1:{free_port()}/site")
    assert "secret" not in str(caught.value)


def test_a_redis_address_of_the_wrong_shape():
    with pytest.raises(LaunchError, match=r"REDIS_URL should look like redis://"):
        check_redis("http://127.0.0.1")


def test_a_redis_that_does_not_answer():
    with pytest.raises(LaunchError, match=r"which cannot be used: .*refused") as caught:
        check_redis(f"redis://:secret@127.0.0.1:{free_port()}")
    assert "secret" not in str(caught.value)


def test_a_port_that_is_taken_names_another():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LaunchError, match=rf"Port {port} of 127.0.0.1 is taken.*--port {port + 1}"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine():
    with pytest.raises(LaunchError, match=r"Serving on 203.0.113.9 port 8000 is not possible"):
        listen("203.0.113.9", 8000)
