"""Predict questions: what is dealt to each student, what the browser gets, and the key that the engine computes."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from labs import catalog, copies, measuring, runs
from labs.engine import measures
from labs.engine.errors import ParameterError
from labs.models import Run
from lessons.content.text import parse
from lessons.embeds import lab_info
from lessons.questions import labs as of_labs
from lessons.questions.model import Said, Unreadable
from lessons.questions.types.predict import TYPE

TEXTS = Path(__file__).resolve().parents[2] / "lessons" / "text"
HEAD = '---\nid: "9.1"\ntitle: Clocks\n---\n# Clocks\n\n'
LEADER = (
    ":lab: raft\n:scenario: steady\n:jitter_ms: 0\n:clients: 0\n:nodes: 5|7\n:tell: latency_ms\n:script: 2s crash(node=leader)\n"
    ":show: patience at 2.05s\n:measure: leader at 4s\n"
)
TERM = (
    ":lab: raft\n:jitter_ms: 0\n:clients: 0\n:pre_vote: true|false\n:script: 2s partition(nodes=any-follower)\n:show: draws at 2.1s\n"
    ":measure: highest_term at 4s\n"
)


def question(options, uid="q-1"):
    fence = f":::{{question}} {uid}\n:type: predict\n:points: 1\n:concepts: majority\n{options}What comes?\n:::\n"
    return parse(HEAD + "::::{quiz} check\n:title: Check\n" + fence + "::::\n").questions[0]


def said_of(options):
    found = question(options)
    return [problem.what for problem in [*found.problems, *TYPE.problems(found, lab_info)]]


def dealt_with(options, seed="a"):
    found = question(options)
    return found, TYPE.deal(found, seed)


# What is written


def test_a_good_question_has_no_problem():
    assert said_of(LEADER) == []
    assert said_of(TERM) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (":nodes: 5|7", ":nodes: 5|6", "The parameter nodes cannot be '6'."),
        (":nodes: 5|7", ":nodes: 5|", "The parameter nodes cannot be ''."),
        ("leader at 4s", "crown at 4s", "The lab raft has no measure 'crown'."),
        ("leader at 4s", "leader", "The measure leader has no moment."),
        ("leader at 4s", "leader at 400s", "The last moment is 400.0 s; 30 s is the limit."),
        ("patience at 2.05s", "wealth at 2.05s", "The lab raft has no given 'wealth'."),
        ("patience at 2.05s", "patience", "The given patience has no moment."),
        ("patience at 2.05s", "a at 1s, a at 1s, a at 1s, a at 1s, a at 1s", "The show cannot be read."),
        ("latency_ms", "colour", "The lab raft has no parameter 'colour'."),
        ("crash(node=leader)", "crash(node=n9)", "Node must be one of n1, n2, n3, n4, n5, leader"),
        ("crash(node=leader)", "explode(node=n1)", "There is no action 'explode'"),
        ("crash(node=leader)", "crash-king", "The lab raft has no step 'crash-king'."),
        (":jitter_ms: 0", ":jitter_ms: 0\n:atol: much", "`atol` is 'much'."),
        (":jitter_ms: 0", ":jitter_ms: 0\n:election_ms_min: 300\n:election_ms_max: 301", "60 runs gave no clear answer."),
    ],
)
def test_a_mistake_is_named(old, new, said):
    found = said_of(LEADER.replace(old, new))
    assert len(found) == 1, found
    assert said in found[0]


def test_every_alternative_is_checked_by_a_run():
    """With the rule off nobody leads for long: one alternative of two gives no clear answer."""
    twins = LEADER.replace(":nodes: 5|7", ":randomised_timeouts: true|false").replace("leader at 4s", "takeover at 4s")
    assert [what for what in said_of(twins) if "gave no clear answer" in what]


def test_actions_are_written_with_their_arguments():
    settings = runs.lab("raft").scenario("steady").parameters
    assert measuring.line("raft", 7, "partition(nodes=n1+leader)", settings) == (7, "partition", {"nodes": ["n1", "leader"]})
    assert measuring.line("raft", 7, "write(key=x; value=5)", settings) == (7, "write", {"key": "x", "value": "5"})
    assert measuring.line("raft", 7, "crash-leader", settings) == (7, "crash", {"node": "leader"})
    with pytest.raises(ParameterError, match="whole number"):
        measuring.line("sharding", 7, "rate(per_s=many)", {})


# What is dealt


def test_the_same_seed_deals_the_same_and_another_another():
    found = question(LEADER)
    assert TYPE.deal(found, "a") == TYPE.deal(found, "a")
    many = [TYPE.deal(found, str(n)) for n in range(12)]
    assert len({one["seed"] for one in many}) == 12
    assert {one["parameters"]["nodes"] for one in many} == {5, 7}
    assert json.loads(json.dumps(many[0])) == many[0]


def test_what_is_dealt_has_tables_and_all_that_may_be_answered():
    _, dealt = dealt_with(LEADER)
    nodes = dealt["parameters"]["nodes"]
    assert dealt["told"] == [["Servers", str(nodes)], ["Link latency", "20 ms"]]
    assert dealt["options"] == [*(f"n{i + 1}" for i in range(nodes)), "none"]
    assert [table["title"] for table in dealt["tables"]] == ["At 2.050 s"]
    assert len(dealt["tables"][0]["rows"]) == nodes


def test_a_run_without_a_clear_answer_is_passed_over():
    """Of the seeds that come from an item's, the first that is clear; some are not."""
    found = question(LEADER)
    skipped = 0
    for n in range(12):
        dealt = TYPE.deal(found, str(n))
        seeds = [of_labs.run_seed(str(n), number) for number in range(60)]
        skipped += seeds.index(dealt["seed"])
    assert skipped > 0


def test_the_browser_gets_neither_seed_nor_key():
    for options in (LEADER, TERM):
        found, dealt = dealt_with(options)
        facts = TYPE.facts(dealt)
        view = TYPE.view(found, dealt, None)
        html = render_to_string("quizzes/types/predict.html", {"question": found, "name": "q1", "view": view, "locked": False, "said": ""})
        for text in (json.dumps(view), html):
            assert str(dealt["seed"]) not in text
            assert facts["digest"] not in text
            assert facts["why"] not in text
        assert set(view) == {"title", "kind", "unit", "told", "tables", "options", "value", "blank"}


# What is answered


def test_an_answer_is_one_of_the_servers_or_a_number():
    found, dealt = dealt_with(LEADER)
    assert TYPE.read(found, dealt, {"value": ["n3"]}) == "n3"
    assert TYPE.read(found, dealt, {}) is None
    with pytest.raises(Unreadable, match="An answer of this question was expected and 'n9' came"):
        TYPE.read(found, dealt, {"value": ["n9"]})
    found, dealt = dealt_with(TERM)
    assert TYPE.read(found, dealt, {"value": [" 5 "]}) == "5"
    with pytest.raises(Unreadable, match="A number was expected"):
        TYPE.read(found, dealt, {"value": ["five"]})


def test_the_key_is_what_the_engine_measures():
    for seed in "abcdef":
        found, dealt = dealt_with(LEADER, seed)
        facts = TYPE.facts(dealt)
        for answer in dealt["options"]:
            mark = TYPE.grade(found, dealt, answer)
            assert mark.fraction == Decimal(answer == facts["measured"])
            assert mark.said[0].right is (answer == facts["measured"])
            assert facts["measured"] in mark.said[0].html
            assert mark.facts == facts
        assert TYPE.key_view(found, dealt)["value"] == facts["measured"]


def test_a_number_is_right_within_the_tolerance_of_the_question():
    delay = LEADER.replace("leader at 4s", "takeover at 4s").replace(":nodes: 5|7\n", "")
    for tolerance, within in ((":atol: 2\n", "2"), (":rtol: 0.01\n", None), ("", "0")):
        found, dealt = dealt_with(delay + tolerance)
        true = Decimal(TYPE.facts(dealt)["measured"])
        most = Decimal(within) if within else true / 100
        assert TYPE.grade(found, dealt, str(true + most)).fraction == 1
        assert TYPE.grade(found, dealt, str(true - most)).fraction == 1
        assert TYPE.grade(found, dealt, str(true + most + Decimal("0.1"))).fraction == 0


def test_another_version_of_the_lab_gives_no_mark():
    found, dealt = dealt_with(LEADER)
    old = dealt | {"lab_version": dealt["lab_version"] - 1}
    with pytest.raises(measuring.Unavailable, match="which is gone"):
        TYPE.grade(found, old, "n1")
    assert TYPE.view(found, old, "n1")["tables"] == dealt["tables"]
    assert TYPE.key_view(found, old)["value"] == ""


@pytest.mark.parametrize("options", [LEADER, TERM])
def test_the_answer_is_reviewed_with_what_was_measured(options):
    found, dealt = dealt_with(options)
    answer = dealt["options"][0] if dealt["options"] else "3"
    mark = TYPE.grade(found, dealt, answer)
    context = {"question": found, "name": "q1", "view": TYPE.view(found, dealt, answer), "locked": True, "show_key": True}
    context |= {"key": TYPE.key_view(found, dealt), "said": {one.id: Said(id=one.id, right=one.right, html=one.html) for one in mark.said}}
    html = render_to_string("quizzes/types/predict.html", context)
    assert f"<b>{mark.facts['measured']}</b>" in html
    assert str(mark.said[0].html) in html


# The very run


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", password="a long enough secret")


@pytest.mark.django_db
def test_the_run_plays_afterwards_and_is_the_one_that_was_measured(alice):
    found, dealt = dealt_with(LEADER)
    facts = json.loads(json.dumps(TYPE.grade(found, dealt, "n1").facts))
    run = measuring.play(alice, facts, "quiz:check-8-5")
    assert (run.owner, run.seed, run.place, run.revision) == (alice, dealt["seed"], "quiz:check-8-5", 1)
    engine, log = runs.load(run), runs.log_of(run)
    while engine.frontier_us < facts["at_us"]:
        engine.next_chunk(log)
    assert engine.digest == facts["digest"]
    leading = [id for id, p in engine.simulation.processes.items() if p.snapshot.get("role") == "leader" and p.status == "up"]
    assert [facts["measured"]] == (leading or ["none"])


@pytest.mark.django_db
def test_the_run_counts_for_no_challenge(alice):
    _, dealt = dealt_with(LEADER)
    assert not copies.counts(measuring.play(alice, TYPE.facts(dealt), "quiz:check-8-5"))


@pytest.mark.django_db
def test_a_script_of_the_question_takes_its_place_beside_the_scenarios(alice):
    options = LEADER.replace("scenario: steady", "scenario: leader-crash").replace("2s crash(node=leader)", "1s crash(node=any-follower)")
    _, dealt = dealt_with(options.replace("2.05s", "2.55s"))
    run = measuring.play(alice, TYPE.facts(dealt), "quiz:check-8-5")
    assert [(c.seq, c.at_us, c.args) for c in run.commands.all()] == [
        (1, 1_000_000, {"node": "any-follower"}),
        (2, 2_500_000, {"node": "leader"}),
    ]
    assert Run.objects.get(pk=run.pk).revision == 2


@pytest.mark.django_db
def test_a_run_of_an_older_version_cannot_be_played(alice):
    _, dealt = dealt_with(LEADER)
    with pytest.raises(measuring.Unavailable, match="is not here any more"):
        measuring.play(alice, TYPE.facts(dealt) | {"engine_version": 0}, "quiz:check-8-5")
    assert not Run.objects.exists()


# The course


def asked_in_the_course(kind):
    texts = (parse(path.read_text(encoding="utf-8")) for path in sorted(TEXTS.glob("*.md")))
    return [one for text in texts for one in text.questions if one.type == kind]


@pytest.mark.parametrize("found", asked_in_the_course("predict"), ids=lambda one: one.uid)
def test_a_question_of_the_course_has_an_answer_for_everybody_and_not_the_same(found, monkeypatch):
    """A small replay each: the questions of an attempt are dealt while the student waits."""
    monkeypatch.setattr(measures, "STEPS_MAX", 60_000)
    assert TYPE.problems(found, lab_info) == []
    dealt = [TYPE.deal(found, str(n)) for n in range(10)]
    facts = [TYPE.facts(one) for one in dealt]
    assert len({one["measured"] for one in facts}) > 1
    assert len({json.dumps([one["tables"], one["told"]]) for one in dealt}) >= 6
    assert all(one["why"] for one in facts)
    assert all(one["measured"] in given["options"] for one, given in zip(facts, dealt, strict=True) if given["kind"] != "number")
    told = {name for name, _ in dealt[0]["told"]}
    assert len(told) == sum("|" in text for text in found.spec["parameters"].values())


def test_every_challenge_of_every_lab_is_asked_once():
    asked = [(one.spec["lab"], one.key["challenge"]) for one in asked_in_the_course("challenge")]
    assert sorted(asked) == sorted((slug, one.name) for slug in catalog.slugs() for one in catalog.find(slug).challenges)
