import ast
import inspect
import textwrap

import pytest
from django.test import Client

from labs import catalog, source

pytestmark = pytest.mark.django_db


def text_of(file):
    return "\n".join("".join(text for _, text in line) for line in file["lines"])


@pytest.fixture
def raft(client):
    return client.get("/labs/raft/source/").json()


def test_the_code_that_runs_is_told_line_by_line(raft, root):
    assert (raft["lab"], raft["version"]) == ("raft", catalog.find("raft").version)
    assert [file["name"] for file in raft["files"]][:2] == ["node.py", "membership.py"]
    for file in raft["files"]:
        assert text_of(file) == (root / "labs/catalog/raft" / file["name"]).read_text().rstrip("\n")


def test_it_is_coloured(raft):
    node = next(file for file in raft["files"] if file["name"] == "node.py")
    letters = {letter for line in node["lines"] for letter, _ in line}
    assert letters >= {"", "k", "s", "c", "n", "f"}
    line = next(line for line in node["lines"] if "".join(text for _, text in line).startswith("    def become_leader"))
    assert ["k", "def"] in line
    assert ["f", "become_leader"] in line


def test_only_the_labs_own_files_are_told_and_none_of_its_tests(raft, root):
    folder = root / "labs/catalog/raft"
    names = [file["name"] for file in raft["files"]]
    assert sorted(names) == sorted(path.name for path in folder.glob("*.py") if path.name != "__init__.py")
    assert not any("test" in name or "/" in name for name in names)


def test_every_message_leads_to_the_function_that_handles_it(raft):
    spots = raft["handlers"]["server"]["messages"]
    assert {name: (spot["file"], spot["name"]) for name, spot in spots.items()}["AppendEntries"] == ("replication.py", "on_append_entries")
    assert spots["RequestVote"]["name"] == "on_request_vote"
    assert raft["handlers"]["client"]["messages"]["ClientReply"]["file"] == "client.py"
    told = {name for kind in raft["handlers"].values() for name in kind["messages"]}
    assert told == {message.__name__ for message in catalog.find("raft").messages}


def test_a_spot_is_exactly_the_functions_lines(raft):
    from labs.catalog.raft.node import RaftNode

    lines, first = inspect.getsourcelines(RaftNode.on_request_vote)
    spot = raft["handlers"]["server"]["messages"]["RequestVote"]
    assert (spot["from"], spot["to"]) == (first, first + len(lines) - 1)


def test_a_timer_leads_to_its_branch_and_not_to_the_next(raft):
    spot = raft["handlers"]["server"]["timers"]["heartbeat"]
    node = next(file for file in raft["files"] if file["name"] == spot["file"])
    told = ["".join(text for _, text in line) for line in node["lines"][spot["from"] - 1 : spot["to"]]]
    assert 'timer == "heartbeat"' in told[0]
    assert "replicate" in told[-1]
    assert len(told) == 2


def test_a_note_leads_to_the_line_that_says_it(raft):
    spot = raft["handlers"]["server"]["notes"]["became_leader"]
    file = next(file for file in raft["files"] if file["name"] == spot["file"])
    assert 'ctx.note("became_leader"' in "".join(text for _, text in file["lines"][spot["line"] - 1])
    assert spot["name"] == "become_leader"
    assert spot["from"] <= spot["line"] <= spot["to"]


@pytest.mark.parametrize("slug", catalog.slugs())
def test_every_lab_tells_its_source_and_every_spot_is_in_it(client, slug):
    told = client.get(f"/labs/{slug}/source/").json()
    sizes = {file["name"]: len(file["lines"]) for file in told["files"]}
    spots = [spot for kind in told["handlers"].values() for group in kind.values() for spot in group.values()]
    assert all(1 <= spot["from"] <= spot["line"] <= spot["to"] <= sizes[spot["file"]] for spot in spots)
    assert any(kind["messages"] for kind in told["handlers"].values())


def test_it_is_public_as_the_lab_is_and_read_only():
    assert Client().get("/labs/raft/source/").status_code == 200
    assert Client().post("/labs/raft/source/").status_code == 405


@pytest.mark.parametrize("slug", ["nothing", "engine", "raft.node", "..", "%2e%2e", "raft%2f..%2f..", "__pycache__"])
def test_what_is_no_lab_has_no_source(client, slug):
    response = client.get(f"/labs/{slug}/source/")
    assert response.status_code == 404
    assert "def " not in response.content.decode()


def test_a_browser_that_has_this_version_is_told_so(client):
    first = client.get("/labs/raft/source/")
    assert first["ETag"].strip('W/"').startswith(f"raft-{catalog.find('raft').version}-")
    again = client.get("/labs/raft/source/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/labs/raft/source/", headers={"If-None-Match": '"raft-0-old"'}).status_code == 200


def test_it_is_read_once(client, monkeypatch):
    client.get("/labs/raft/source/")
    monkeypatch.setattr(source, "_paths", lambda *given: 1 / 0)
    assert client.get("/labs/raft/source/").status_code == 200


def handled(body, name="Ping"):
    """The lines of an `on_message` with this body that handle a message."""
    function = ast.parse("def on_message(self, src, body):\n" + textwrap.indent(body, "    ")).body[0]
    spot = source._message_spot(name, [("a.py", function)])
    return spot and (spot["from"], spot["to"])


def test_a_branch_that_asks_for_a_message_handles_it_and_one_that_sends_others_away_does_not():
    assert handled("if isinstance(body, Ping):\n    go()\nelse:\n    stop()") == (2, 3)
    assert handled("if isinstance(body, (Pong, m.Ping)):\n    go()") == (2, 3)
    assert handled("match body:\n    case m.Ping(1):\n        go()\n    case _:\n        stop()") == (3, 4)
    assert handled("if not isinstance(body, Ping):\n    return\ngo()") == (1, 4)
    assert handled("pass") is None


def test_the_page_says_where_it_is(client):
    assert 'data-source-url="/labs/raft/source/"' in client.get("/labs/raft/").content.decode()
