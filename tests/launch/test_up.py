"""The command itself, as a person runs it, on directories of its own."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from academy.launch.place import ROOT, Place, alive

PRIVATE = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "REDIS_BROKER_URL", "REDIS_CHUNKS_URL", "REDIS_LAYER_URL"), "")


def environment(local):
    return {name: value for name, value in {**os.environ, **PRIVATE, "ACADEMY_LOCAL": str(local)}.items() if value}


class Up:
    """A running `manage.py up`."""

    def __init__(self, local):
        command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", "0"]
        self.process = subprocess.Popen(command, env=environment(local), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if "Ctrl-C stops everything" in line:
                break
        text = "".join(self.said)
        assert "Academy is at" in text, text
        self.address = re.search(r"Academy is at (\S+)/", text)[1]
        self.children = self.descendants(str(self.process.pid))

    def descendants(self, pid):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return children + [pid for child in children for pid in self.descendants(child)]

    def read(self, path):
        with urllib.request.urlopen(self.address + path, timeout=10) as answer:
            return answer.status, answer.read().decode()


@pytest.fixture
def up(place):
    running = Up(place.local)
    yield running
    running.process.kill()
    running.process.wait()


def manage(place, *arguments):
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    ended = subprocess.run(command, env=environment(place.local), capture_output=True, text=True, timeout=120)
    return ended.returncode, ended.stdout, ended.stderr


def test_it_serves_refuses_a_second_lets_commands_join_and_ends_whole(up, place):
    assert up.read("/readyz")[0] == 200
    link = re.search(r"first login, once, by this link: http://[^/]+(/accounts/\S+)", "".join(up.said))
    assert up.read(link[1])[0] == 200

    code, _, said = manage(place, "up", "--port", "0")
    assert code == 1
    assert f"process {up.process.pid}, at {up.address}" in said
    assert said.count("\n") == 1

    code, said, _ = manage(
        place, "shell", "-v0", "-c", "from django.conf import settings; print('at', settings.DATABASES['default']['PORT'])"
    )
    assert f"at {place.running()['DATABASE_URL'].rpartition(':')[2].partition('/')[0]}" in said
    code, said, _ = manage(place, "reset_link", "instructor")
    path = said.strip().removeprefix(up.address)
    assert path.startswith("/accounts/reset/")
    assert up.read(path)[0] == 200
    code, _, said = manage(place, "restore", "anything")
    assert code == 1
    assert "Stop `manage.py up` first" in said

    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(60) == 0
    assert not any(map(alive, up.children))
    assert not place.env_file.exists()
    assert not place.locked()


def test_killed_it_takes_every_process_with_it_and_the_next_start_goes_on(up, place, eventually):
    os.kill(up.process.pid, signal.SIGKILL)
    up.process.wait()
    eventually("the end of every process", lambda: not any(map(alive, up.children)), 60)
    # The same site: a command on its own brings the servers for as long as it runs.
    code, said, _ = manage(place, "shell", "-v0", "-c", "from lessons.models import Lesson; print('lessons', Lesson.objects.count())")
    assert code == 0
    assert int(re.search(r"lessons (\d+)", said)[1]) >= 1
    assert not place.locked()


def test_a_start_that_fails_leaves_nothing_behind(place):
    wrong = environment(place.local) | {"REDIS_URL": "redis://127.0.0.1:1"}
    ended = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "up", "--port", "0"], env=wrong, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("manage.py up: REDIS_URL names redis://127.0.0.1:1, which cannot be used")
    assert not place.env_file.exists()
    assert not Place(place.local).locked()


def test_the_check_proves_a_chunk_and_leaves_no_trace(tmp_path):
    tmp_path.chmod(0o755)
    ended = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "up", "--check"],
        env={**environment(tmp_path / "untouched"), "TMPDIR": "/tmp"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "a worker computes a chunk" in ended.stdout
    assert not (tmp_path / "untouched").exists()
