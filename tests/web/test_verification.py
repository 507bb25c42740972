"""Graded challenges: whose run counts, what its replay says, and that nothing else does."""

import subprocess
import sys
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
from django.template.loader import render_to_string

from labs import copies, exchange, runs, verification
from labs.engine.commands import Command
from labs.engine.definition import ENGINE_VERSION
from labs.models import Run, RunCommand
from lessons.content.text import parse
from lessons.questions.model import Unreadable
from lessons.questions.types.lab_challenge import TYPE

pytestmark = pytest.mark.django_db
S = 1_000_000
HEAD = '---\nid: "9.1"\ntitle: Clocks\n---\n# Clocks\n\n'
ELECT = ":lab: raft\n:challenge: elect-after-crash\n:nodes: 3|5\n"
CALM = ":lab: sharding\n:challenge: rebalance-calmly\n"


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", password="a long enough secret")


@pytest.fixture
def charlie(django_user_model):
    return django_user_model.objects.create_user("charlie", password="another long secret")


def question(options=ELECT):
    fence = f":::{{question}} q-1\n:type: challenge\n:points: 2\n:concepts: majority\n{options}Make it so.\n:::\n"
    return parse(HEAD + "::::{quiz} check\n:title: Check\n" + fence + "::::\n").questions[0]


@pytest.fixture
def dealt():
    return TYPE.deal(question(), "a")


def begun(user, dealt, place="quiz:labs-8-5"):
    return runs.create(user, dealt["lab"], dealt["scenario"], dealt["parameters"], dealt["seed"], place)


def act(user, run, at_us, action, args, branch=False):
    run.refresh_from_db()
    given = {"client_id": uuid.uuid4(), "revision": run.revision, "at_us": at_us, "action": action, "args": args, "branch": branch}
    return Run.objects.get(pk=runs.append(user, run.pk, **given).run)


@pytest.fixture
def honest(alice, dealt):
    """Alice's run of what was dealt, in which she stopped the leader."""
    return act(alice, begun(alice, dealt), 2 * S, "crash", {"node": "leader"})


# What a replay says


def test_an_honest_run_passes_with_its_evidence(honest):
    verdict = verification.verify(honest, "elect-after-crash")
    assert (verdict.outcome, verdict.met, verdict.percent) == ("met", True, 100)
    assert "leads term" in verdict.text
    assert len(verdict.evidence) == 2
    assert 2 * S < verdict.t_us < 4 * S
    assert (verdict.lab_version, verdict.engine_version) == (honest.lab_version, ENGINE_VERSION)


def test_the_digest_is_that_of_the_same_run_without_a_site(honest, tmp_path):
    script = tmp_path / "acts.json"
    script.write_text('[{"at": "2s", "action": "crash", "args": {"node": "leader"}}]')
    given = [sys.executable, "-m", "labs.catalog", "raft", "--scenario", honest.scenario, "--seed", str(honest.seed), "--digest"]
    given += ["--until", "4s", "--script", str(script), "--param", f"nodes={honest.parameters['nodes']}"]
    printed = subprocess.run(given, capture_output=True, text=True, check=True).stdout.strip()
    assert verification.verify(honest, "elect-after-crash").digest == printed


def test_doing_nothing_passes_nothing(alice, dealt):
    verdict = verification.verify(begun(alice, dealt), "elect-after-crash", until_us=10 * S)
    assert (verdict.outcome, verdict.percent, verdict.t_us) == ("not_met", 0, None)
    assert verdict.digest


def test_a_goal_counts_until_so_long_after_the_last_command(honest, monkeypatch):
    met = verification.verify(honest, "elect-after-crash")
    monkeypatch.setattr(verification, "SPAN_US", met.t_us - 2 * S)
    assert verification.verify(honest, "elect-after-crash") == met
    monkeypatch.setattr(verification, "SPAN_US", met.t_us - 2 * S - 1)
    late = verification.verify(honest, "elect-after-crash")
    assert (late.outcome, late.percent) == ("not_met", 50)


def test_the_bound_is_never_beyond_the_end_of_a_run():
    assert verification.bound_us([]) == verification.SPAN_US
    assert verification.bound_us([Command(1, 599 * S, "heal", {})]) == 600 * S


def test_an_older_version_gives_no_verdict_and_no_failure(honest):
    for field in ("lab_version", "engine_version"):
        old = replace(verification.told(honest), **{field: 0})
        verdict = verification.verified(old, "elect-after-crash")
        assert (verdict.outcome, verdict.met) == ("unavailable", False)
    gone = replace(verification.told(honest), lab="gone")
    assert verification.verified(gone, "elect-after-crash").outcome == "unavailable"


def test_a_replay_that_takes_too_long_is_unfinished(honest):
    verdict = verification.verify(honest, "elect-after-crash", seconds=-1)
    assert (verdict.outcome, verdict.digest) == ("unfinished", "")
    assert verification.verify(honest, "elect-after-crash").met


def test_the_digest_of_the_commands_is_that_of_what_was_done(honest, alice, dealt):
    same = act(alice, begun(alice, dealt), 2 * S, "crash", {"node": "leader"})
    other = act(alice, begun(alice, dealt), 2 * S + 1, "crash", {"node": "leader"})
    digest = verification.verify(honest, "elect-after-crash").commands_digest
    assert verification.verify(same, "elect-after-crash").commands_digest == digest
    assert verification.verify(other, "elect-after-crash").commands_digest != digest


# Whose run counts


def counts(run, owner, dealt, *registered):
    return verification.belongs(run, {one.pk for one in registered}, owner, dealt)


def test_a_run_begun_for_the_attempt_counts_and_so_do_its_branches(honest, alice, dealt):
    assert counts(honest, alice, dealt, honest)
    branch = act(alice, honest, S, "crash", {"node": "n1"}, branch=True)
    twig = act(alice, branch, S // 2, "crash", {"node": "n2"}, branch=True)
    assert branch.parent == honest
    assert twig.parent == branch
    assert counts(branch, alice, dealt, honest)
    assert counts(twig, alice, dealt, honest)


def test_a_run_that_was_not_begun_for_it_counts_for_nothing(honest, alice, dealt):
    assert not counts(honest, alice, dealt)
    other = begun(alice, dealt)
    assert not counts(other, alice, dealt, honest)


def test_somebody_elses_run_counts_for_nothing(honest, charlie, dealt):
    assert not counts(honest, charlie, dealt, honest)


def test_a_branch_of_somebody_elses_run_counts_for_nothing(honest, charlie, dealt):
    branch = runs.copy_of(honest, honest.owner, Run.Origin.BRANCH, S)
    branch.owner = charlie
    branch.save()
    assert not counts(branch, charlie, dealt, honest)


@pytest.mark.parametrize("made", ["copy", "shared", "import"])
def test_a_copy_a_shared_run_and_a_file_count_for_nothing(honest, alice, dealt, made):
    if made == "copy":
        run = copies.copy(alice, honest)
    elif made == "shared":
        run = copies.share(alice, honest)
    else:
        run = exchange.read(alice, exchange.written(honest).encode())
    assert not counts(run, alice, dealt, honest)
    assert not counts(run, alice, dealt, honest, run), "not even if it were registered"
    branch = runs.copy_of(run, alice, Run.Origin.BRANCH, S)
    assert not counts(branch, alice, dealt, honest, run)


@pytest.mark.parametrize("field", ["seed", "scenario", "lab", "parameters"])
def test_another_setting_than_the_dealt_one_counts_for_nothing(honest, alice, dealt, field):
    others = {"seed": dealt["seed"] + 1, "scenario": "busy", "lab": "caching", "parameters": dealt["parameters"] | {"majority": False}}
    setattr(honest, field, others[field])
    honest.save()
    assert not counts(honest, alice, dealt, honest)


def test_a_branch_whose_beginning_was_deleted_counts_for_nothing(honest, alice, dealt):
    registered = honest.pk
    branch = act(alice, honest, S, "crash", {"node": "n1"}, branch=True)
    honest.delete()
    branch.refresh_from_db()
    assert not verification.belongs(branch, {registered}, alice, dealt)


def test_the_scenarios_script_comes_first_and_unchanged(alice):
    dealt = TYPE.deal(question(CALM), "a")
    run = begun(alice, dealt)
    assert run.revision == 1
    assert counts(run, alice, dealt, run)
    RunCommand.objects.filter(run=run).update(args={"node": "s6"})
    assert not counts(run, alice, dealt, run)
    run.commands.all().delete()
    assert not counts(run, alice, dealt, run)


def test_a_branch_from_before_the_script_lacks_what_was_to_come(alice):
    """As any branch does: what is done before the script's moment makes a story of its own."""
    dealt = TYPE.deal(question(CALM), "a")
    run = begun(alice, dealt)
    branch = act(alice, run, S, "throttle", {"keys_per_s": 50, "batch_keys": 5}, branch=True)
    assert [c.action for c in branch.commands.all()] == ["throttle"]
    assert counts(branch, alice, dealt, run)
    later = act(alice, run, 3 * S, "throttle", {"keys_per_s": 50, "batch_keys": 5})
    late = act(alice, later, 2_500_000, "heal", {}, branch=True)
    assert [c.action for c in late.commands.all()] == ["add_shard", "heal"]
    late.commands.filter(action="add_shard").delete()
    assert not counts(late, alice, dealt, run)


# The question


def test_each_student_is_dealt_a_run_of_their_own():
    found = question()
    many = [TYPE.deal(found, str(n)) for n in range(12)]
    assert len({one["seed"] for one in many}) == 12
    assert {one["parameters"]["nodes"] for one in many} == {3, 5}
    assert TYPE.deal(found, "1") == many[1]
    assert (many[0]["lab"], many[0]["scenario"], many[0]["challenge"]) == ("raft", "steady", "elect-after-crash")
    nodes = str(many[0]["parameters"]["nodes"])
    assert many[0]["told"] == [["Servers", nodes]]


def test_the_challenges_own_parameters_are_dealt():
    assert TYPE.deal(question(":lab: raft\n:challenge: lose-committed\n"), "a")["parameters"]["majority"] is False


def test_nobody_is_dealt_a_run_that_reaches_the_goal_by_itself():
    found = question(":lab: raft\n:challenge: three-split-votes\n")
    lab, restless = runs.lab("raft"), runs.lab("raft").scenario("restless")
    parameters = lab.check_parameters(restless.parameters)
    alone = [verification.meets_itself("raft", "restless", parameters, seed, "three-split-votes") for seed in range(2000, 2020)]
    assert any(alone), "votes are split by themselves under some seeds"
    for n in range(8):
        dealt = TYPE.deal(found, str(n))
        assert not verification.meets_itself("raft", "restless", dealt["parameters"], dealt["seed"], "three-split-votes")


def sealed(run, dealt, owner, *registered):
    with_attempt = dealt | {"owner": owner.pk, "registered": [str(one.pk) for one in registered]}
    return TYPE.seal(question(), with_attempt, {"run": str(run.pk)})


def test_a_sealed_run_is_marked_by_its_replay(honest, alice, dealt):
    mark = TYPE.grade(question(), dealt, sealed(honest, dealt, alice, honest))
    verdict = verification.verify(honest, "elect-after-crash")
    assert mark.fraction == Decimal(1)
    assert mark.facts == verdict.facts() | {"run": str(honest.pk), "challenge": "elect-after-crash"}
    assert verdict.text in mark.said[0].html


def test_what_was_sealed_stays_whatever_becomes_of_the_run(honest, alice, dealt):
    kept = sealed(honest, dealt, alice, honest)
    act(alice, honest, 3 * S, "heal", {})
    honest.delete()
    assert TYPE.grade(question(), dealt, kept).fraction == Decimal(1)


def test_a_run_that_does_not_count_is_worth_nothing_and_says_why(honest, alice, charlie, dealt):
    for kept, why in (
        (sealed(honest, dealt, alice), "was not started in this attempt"),
        (sealed(honest, dealt, charlie, honest), "is somebody else"),
        (TYPE.seal(question(), dealt, {"run": str(honest.pk)}), "is somebody else"),
        (TYPE.seal(question(), dealt, {"run": str(uuid.uuid4())}), "is not there any more"),
        ({"run": str(honest.pk)}, "was not handed in"),
    ):
        mark = TYPE.grade(question(), dealt, kept)
        assert mark.fraction == 0
        assert why in mark.said[0].html


def test_no_mark_is_made_where_there_is_no_verdict(honest, alice, dealt, monkeypatch):
    kept = sealed(honest, dealt, alice, honest)
    with pytest.raises(verification.Unavailable):
        TYPE.grade(question(), dealt, kept | {"lab_version": 0})
    monkeypatch.setattr(verification.time, "monotonic", iter(range(0, 100_000, 1000)).__next__)
    with pytest.raises(verification.Unfinished):
        TYPE.grade(question(), dealt, kept)


def test_an_answer_is_the_id_of_a_run(dealt):
    id = uuid.uuid4()
    assert TYPE.read(question(), dealt, {"run": [str(id)]}) == {"run": str(id)}
    assert TYPE.read(question(), dealt, {"run": [""]}) is None
    with pytest.raises(Unreadable, match="The id of a run was expected"):
        TYPE.read(question(), dealt, {"run": ["mine"]})


def test_the_page_shows_the_goal_the_hints_and_the_runs(honest, dealt):
    view = TYPE.view(question(), dealt, {"run": str(honest.pk)})
    rows = [
        {"id": honest.pk, "label": "Your first run", "url": "/runs/1/", "percent": 100, "text": "n2 leads term 2"},
        {"id": uuid.uuid4(), "label": "Your second run", "url": "/runs/2/", "percent": 0, "text": ""},
    ]
    context = {"name": "q1", "view": view, "runs": rows, "locked": False, "said": "", "begin_url": "/begin/"}
    html = render_to_string("quizzes/types/challenge.html", context)
    assert html.count("<details>") == len(view["hints"]) == 2
    assert html.count('name="q1-run"') == 2
    assert html.count(" checked") == 1
    assert 'formaction="/begin/"' in html
