"""Staff of a class look on at a student's run through its socket; they cannot act in it, and nobody else gets in."""

import json
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from websockets.exceptions import ConnectionClosed

from academy.classes import members
from academy.classes.models import How, Membership, Role, SchoolClass
from labs import runs
from labs.consumers import DENIED
from tests.sockets import open_socket

ANSWER_S = 15


def until(socket, *kinds):
    while True:
        frame = json.loads(socket.recv(timeout=ANSWER_S))
        if frame["kind"] in kinds:
            return frame


def closed(socket):
    with pytest.raises(ConnectionClosed) as caught:
        until(socket, "nothing")
    return caught.value.rcvd.code


@pytest.fixture
def people(live_site):
    """Ines instructs, tom assists, alice and bob are students of the class; carol is in another one."""
    make = get_user_model().objects.create_user
    from academy.accounts import roles

    roles.make_groups(using="default")
    ines = make("ines")
    ines.groups.add(Group.objects.get(name="Instructors"))
    found = {"ines": ines, **{name: make(name) for name in ("tom", "alice", "bob", "carol")}}
    school = members.open_class(ines, SchoolClass(name="Systems"))
    for name in ("tom", "alice", "bob"):
        members.seat(school, found[name], How.CODE)
    Membership.objects.filter(user=found["tom"]).update(role=Role.ASSISTANT)
    return found


def test_staff_see_a_students_run_and_cannot_act_in_it(live_site, people):
    run = runs.create(people["alice"], "raft", "steady")
    for name in ("ines", "tom"):
        with open_socket(live_site, people[name], run.pk) as socket:
            socket.send(json.dumps({"kind": "hello"}))
            assert until(socket, "welcome")["rights"] == {"act": False}
            socket.send(json.dumps({"kind": "need", "until_us": 2_000_000}))
            assert until(socket, "chunk")["index"] == 1
            command = {
                "kind": "command",
                "id": str(uuid.uuid4()),
                "revision": 0,
                "at_us": 1_000_000,
                "action": "crash",
                "args": {},
                "branch": False,
            }
            socket.send(json.dumps(command | {"args": {"node": "n1"}}))
            assert until(socket, "accepted", "refused")["code"] == "denied"
    run.refresh_from_db()
    assert run.revision == 0


@pytest.mark.parametrize("name", ["bob", "carol"])
def test_a_fellow_student_and_a_stranger_do_not_get_in(live_site, people, name):
    run = runs.create(people["alice"], "raft", "steady")
    with open_socket(live_site, people[name], run.pk) as socket:
        assert closed(socket) == DENIED


def test_who_is_taken_out_of_the_class_sees_no_more(live_site, people):
    run = runs.create(people["alice"], "raft", "steady")
    with open_socket(live_site, people["tom"], run.pk) as socket:
        socket.send(json.dumps({"kind": "hello"}))
        until(socket, "welcome")
        members.leave(Membership.objects.get(user=people["tom"]))
        socket.send(json.dumps({"kind": "need", "until_us": 4_000_000}))
        assert closed(socket) == DENIED
