"""Workers are killed, replies are lost, servers are away, for real: nothing is lost, nothing is there twice."""

import contextlib
import datetime
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import uuid
from urllib.parse import urlencode, urlsplit

import psutil
import psycopg
import pytest
import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections, transaction
from django.test import Client
from django.urls import reverse

from academy.celery import app
from academy.gradebook import book
from academy.gradebook.models import GradebookEvent
from academy.launch.place import ROOT
from academy.launch.processes import Program, last_lines, processes
from academy.quizzes import attempts, marking, policy, tasks
from academy.quizzes.models import Attempt, Receipt, ResponseEvent
from tests.races.rounds import HALF, LEADER, RIGHT, STUCK_S, Queue, audit, sent, waiting_for_a_lock

ANSWER_S = 30
WITHOUT_BROKER_S = 12  # the longest that handing in may take while nobody takes the call for marks; alone on a machine it is 3
QUEUE = "grading"


@pytest.fixture
def database():
    """The address of the tests' database, for a process of its own."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@pytest.fixture
def grading(course, worker, eventually):
    """The course with a real worker, which is left idle."""

    def idle():
        try:
            return not any((worker().active() or {"": ["?"]}).values())
        except redis.ConnectionError:
            return False

    yield course
    with redis.Redis.from_url(settings.REDIS_BROKER_URL) as broker:
        broker.delete(QUEUE)
    eventually("an idle worker", idle, ANSWER_S)


def kill(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)


def pool():
    """The processes of the real worker that do the work."""
    parents = [p for p in psutil.process_iter(["cmdline"]) if f"tests-{os.getpid()}@here" in (p.info["cmdline"] or [])]
    return [child for parent in parents for child in parent.children() if child.status() != psutil.STATUS_ZOMBIE]


def state_of(attempt):
    return Attempt.objects.get(pk=attempt.pk).state


def hold_attempt(attempt):
    """The worker has come and done nothing."""
    attempts.lock(attempt.pk)


def hold_answer(attempt):
    """It has computed a mark and writes it: a mark waits for the row of the answer it is of."""
    list(ResponseEvent.objects.select_for_update().filter(item__attempt=attempt, kind="final"))


def hold_seat(attempt):
    """The marks are there, it has written the state and is at the gradebook; that is not committed."""
    assert book.seat(attempt.school_class_id, attempt.user_id)


@pytest.mark.parametrize("hold", [hold_attempt, hold_answer, hold_seat])
def test_a_worker_killed_in_the_middle_of_grading(grading, eventually, hold):
    """Its work is gone with it; another one does all of it."""
    made = grading(2)
    for attempt in made.handed_in(made.users, 1, lambda i: HALF):
        eventually("a pool of workers", lambda: len(pool()) == 2, ANSWER_S)
        with transaction.atomic():
            hold(attempt)
            tasks.grade.delay(str(attempt.pk))
            eventually("a worker in the middle", waiting_for_a_lock, ANSWER_S)
            for child in pool():
                kill(child)
            eventually("another worker, as far", lambda: waiting_for_a_lock() == 2, ANSWER_S)
            assert state_of(attempt) == "submitted" and not GradebookEvent.objects.filter(user=attempt.user).exists()
        eventually("the marks", lambda one=attempt: state_of(one) == "graded", ANSWER_S)
        assert Attempt.objects.get(pk=attempt.pk).grading_tries == 2
    scores = audit(made)
    assert set(scores.values()) == {(2, 3, 0)}


@pytest.fixture
def doomed(course, database, tmp_path, eventually):
    """Starts a whole worker of its own, on a Redis database that nobody else listens at. Gives its address."""
    url = settings.REDIS_LAYER_URL
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "--app", "academy", "worker", "--hostname", f"doomed-{os.getpid()}@here"]
    command += [
        "--queues",
        QUEUE,
        "--concurrency",
        "1",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "--loglevel",
        "INFO",
    ]
    environment = {**os.environ, "DATABASE_URL": database, "REDIS_BROKER_URL": url}
    with processes() as ours:
        child = ours.start(Program(name="doomed", command=command, environment=environment, log=log, directory=ROOT))
        eventually(
            "the worker", lambda: "ready." in ((log.exists() and log.read_text()) or "") or child.poll() is not None, ANSWER_S
        )  # fmt: skip
        assert child.poll() is None, last_lines(log, 20)
        yield url, child
    with redis.Redis.from_url(url) as broker:
        broker.delete(QUEUE, "unacked", "unacked_index", "unacked_mutex", *broker.keys("_kombu.binding.*"))


def test_a_whole_worker_killed_gives_its_message_back(course, doomed, eventually):
    """Nobody is left who could say that it failed: the broker gives out again what was never acknowledged."""
    url, child = doomed
    made = course(1)
    [attempt] = made.handed_in(made.users, 1, lambda i: HALF)
    with app.connection_for_write(url=url) as broker:
        tasks.grade.apply_async([str(attempt.pk)], connection=broker)
    with transaction.atomic():
        hold_seat(attempt)
        eventually("a worker in the middle", waiting_for_a_lock, ANSWER_S)
        for process in [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]:
            kill(process)
        eventually("its end", lambda: child.poll() is not None, ANSWER_S)
    eventually("its connection's end", lambda: not waiting_for_a_lock())
    assert state_of(attempt) == "submitted"
    with app.connection_for_write(url=url, transport_options={"visibility_timeout": 0}) as broker:
        broker.default_channel.qos.restore_visible(num=10)
        with contextlib.closing(broker.SimpleQueue(QUEUE)) as queue:
            message = queue.get(timeout=ANSWER_S)
            message.ack()
            with pytest.raises(queue.Empty):
                queue.get(block=False)
    [[pk], *_] = message.decode()
    assert message.headers["task"] == tasks.grade.name and marking.grade(uuid.UUID(pk))
    assert audit(made) == {attempt.pk: (2, 3, 0)}


def test_a_slow_worker_is_heard_after_another_gave_up(course, asked, eventually):
    """Its marks are written while somebody is already asked to look: then there is nothing left to look at, and the cell says so."""
    made = course(1)
    [attempt] = made.handed_in(made.users, 1, lambda i: HALF)
    with Queue(lambda: hold_answer(attempt), eventually) as line:
        line.add(lambda: marking.grade(attempt.pk))
        Attempt.objects.filter(pk=attempt.pk).update(state="needs_review", grading_tries=marking.TRIES_MAX)
    assert line.told == [True]
    assert audit(made) == {attempt.pk: (2, 3, 0)}


def test_an_attempt_that_kills_its_workers_ends_with_a_person(course, asked):
    made = course(1)
    [attempt] = made.handed_in(made.users, 1, lambda i: HALF)
    Attempt.objects.update(grading_tries=marking.LOST_MAX)
    assert not marking.grade(attempt.pk)
    attempt.refresh_from_db()
    assert attempt.state == "needs_review" and "never came to an end" in attempt.grading_error
    assert marking.ungraded(policy.now()) == []


def test_one_attempt_that_cannot_be_ended_keeps_no_other(course, asked, monkeypatch, caplog):
    made = course(3, time_limit_s=60)
    rows = made.begun(made.users)
    long_ago = policy.now() - datetime.timedelta(hours=1)
    for i, attempt in enumerate(rows):
        Attempt.objects.filter(pk=attempt.pk).update(started_at=long_ago, deadline_at=long_ago + datetime.timedelta(seconds=60 + i))
    end, broken = attempts._end, rows[0].pk

    def fails(attempt, *rest):
        if attempt.pk == broken:
            raise LookupError("the run is gone")
        end(attempt, *rest)

    monkeypatch.setattr(attempts, "_end", fails)
    tasks.end_attempts()
    assert [state_of(one) for one in rows] == ["in_progress", "submitted", "submitted"]
    assert "cannot be ended" in caplog.text


@contextlib.contextmanager
def away():
    """A port that refuses, as a broker does that is down."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextlib.contextmanager
def silent():
    """A port that takes connections and never says a word, as a broker does that hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as bound:
        yield bound.getsockname()[1]


@pytest.mark.parametrize("broker", [away, silent])
def test_handing_in_without_a_broker(grading, database, eventually, broker):
    """The student has the receipt at once; the sweeper finds what was never asked for."""
    made = grading(3)
    rows = made.begun(made.users)
    with broker() as port:
        environment = {**os.environ, "DATABASE_URL": database, "REDIS_BROKER_URL": f"redis://127.0.0.1:{port}/0"}
        command = [sys.executable, "-m", "tests.races.student", *(str(one.pk) for one in rows)]
        ended = subprocess.run(
            command,
            env={**environment, "DJANGO_SETTINGS_MODULE": "academy.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert ended.returncode == 0, ended.stderr[-2000:]
    told = {uuid.UUID(pk): (code, s) for pk, code, s in map(json.loads, ended.stdout.splitlines())}
    assert {pk: code for pk, (code, _) in told.items()} == dict(Receipt.objects.values_list("attempt", "code"))
    assert max(s for _, s in told.values()) < WITHOUT_BROKER_S
    assert "grade" in ended.stderr and {state_of(one) for one in rows} == {"submitted"}  # it is in the log that nobody was asked
    long_ago = policy.now() - datetime.timedelta(seconds=tasks.AGAIN_AFTER_S + 1)
    Attempt.objects.update(submitted_at=long_ago)
    tasks.grade_waiting()
    eventually("the marks", lambda: {state_of(one) for one in rows} == {"graded"}, ANSWER_S)
    assert set(audit(made).values()) == {(3, 3, 0)}


def request_of(site, attempt, answers):
    """The bytes by which a browser hands in."""
    client = Client()
    client.force_login(attempt.user)
    token = "t" * 32
    cookies = {name: morsel.value for name, morsel in client.cookies.items()} | {"csrftoken": token}
    fields = {"csrfmiddlewaretoken": token, "submit_key": attempt.submit_key, "do": "submit", "sure": "1"}
    for slot, answer in answers.items():
        fields |= {f"q{slot}-choice": answer, f"q{slot}-rev": 0}
    body = urlencode(fields, doseq=True)
    address = urlsplit(site)
    lines = [
        f"POST {reverse('quizzes:submit', args=[attempt.pk])} HTTP/1.1", f"Host: {address.netloc}", f"Origin: {site}",
        "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()), "Connection: close",
        "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", "", body,
    ]  # fmt: skip
    return (address.hostname, address.port), "\r\n".join(lines).encode()


def reset(held):
    """As a phone does that leaves the network: no goodbye."""
    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    held.close()


def test_the_reply_to_handing_in_is_lost(course, served, asked, eventually):
    """Cut in the request, right after it, and before its reply is read: the same form again gets the same receipt."""
    made = course(24)
    rows = made.begun(made.users)
    for i, attempt in enumerate(rows):
        address, request = request_of(served, attempt, RIGHT)
        held = socket.create_connection(address)
        held.sendall(request[: -20 if i % 4 == 0 else None])
        if i % 4 == 2:
            select_readable(held)
        if i % 4 == 3:
            eventually("the receipt", lambda one=attempt: Receipt.objects.filter(attempt=one).exists())
        reset(held)
        first = Receipt.objects.filter(attempt=attempt).first()
        assert i % 4 or first is None, "half a form hands in nothing"
        status, location = answer(address, request)
        receipt = Receipt.objects.get(attempt=attempt)
        assert (status, location) == (302, reverse("quizzes:attempt", args=[attempt.pk]))
        assert first is None or first.code == receipt.code
        again, _ = answer(address, request_of(served, attempt, {LEADER: "c"})[1])  # another tab, much later
        assert again == 302
    assert set(ResponseEvent.objects.filter(kind="final", item__slot=LEADER).values_list("answer", flat=True)) == {"b"}
    audit(made)
    assert set(asked.times.values()) == {1}


def select_readable(held):
    """The reply has begun to arrive."""
    held.settimeout(ANSWER_S)
    held.recv(1, socket.MSG_PEEK)


def answer(address, request):
    """Status and location of the reply."""
    with socket.create_connection(address, timeout=ANSWER_S) as held:
        held.sendall(request)
        said = b"".join(iter(lambda: held.recv(65536), b"")).decode()
    location = re.search(r"^location: (\S+)", said, re.MULTILINE | re.IGNORECASE)
    return int(said.split()[1]), location and location[1]


def test_every_connection_to_the_database_is_cut_again_and_again(course, asked, database):
    """In a burst of drafts, hand-ins and marks. A request that failed is sent again, as browsers do; what was told before holds."""
    made = course(50)
    rows = iter(made.begun(made.users))
    told, failures = {}, []
    turn, done = threading.Condition(), []

    def again(act):
        """Until it is answered. How often it was not."""
        for _ in range(100):
            try:
                return act()
            except (OperationalError, InterfaceError):
                connection.close()
                failures.append(act)
        raise AssertionError("a hundred failures in a row")

    def work(attempt):
        form = sent(RIGHT)
        again(lambda: attempts.save(attempt.pk, attempt.user, LEADER, form[LEADER]))
        receipt = again(lambda: attempts.submit(attempt.pk, attempt.user, attempt.submit_key, form))
        assert again(lambda: marking.grade(attempt.pk))
        return receipt.code

    def student():
        try:
            while True:
                with turn:
                    attempt = next(rows, None)
                if attempt is None:
                    return
                told[attempt.pk] = work(attempt)
                with turn:
                    done.append(attempt.pk)
                    turn.notify_all()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=student, name=f"student-{n}") for n in range(5)]
    with psycopg.connect(database, autocommit=True) as server:
        mine = connection.connection.info.backend_pid
        for thread in threads:
            thread.start()
        for cut in range(2, 48, 3):
            with turn:
                assert turn.wait_for(lambda cut=cut: len(done) >= cut, STUCK_S), f"it stood still at {len(done)}"
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend' AND pid NOT IN (pg_backend_pid(), %s)",
                [mine],
            )
        for thread in threads:
            thread.join(STUCK_S)
    assert len(failures) > 10, "hardly anybody noticed"
    assert told == dict(Receipt.objects.values_list("attempt", "code"))
    assert set(audit(made).values()) == {(3, 3, 0)} and len(told) == 50
