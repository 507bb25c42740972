"""Commands of one run from several sides at once: one line each, none twice, and nothing stays that has not happened."""

import uuid

import pytest

from labs import achieved, runs
from labs.engine.events import GoalEvent
from labs.models import ChallengePassed, Run
from tests.races.rounds import race

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 200


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice")


@pytest.fixture
def made(alice, monkeypatch):
    """A run for each round, and what races are about: a crash at 2 s."""
    monkeypatch.setattr(runs, "RUNS_PER_HOUR_MAX", ROUNDS * 2)
    return [runs.create(alice, "raft", "steady") for _ in range(ROUNDS)]


def act(user, run, client_id=None, at_us=2_000_000, branch=False):
    command = {"client_id": client_id or uuid.uuid4(), "revision": 0, "at_us": at_us, "action": "crash", "args": {"node": "leader"}}
    try:
        return runs.append(user, run.pk, **command, branch=branch)
    except runs.Refused as refused:
        return refused


def test_of_two_tabs_one_acts_and_one_is_told(alice, made):
    told = race(ROUNDS, lambda i: act(alice, made[i]), lambda i: act(alice, made[i]))
    for run, answers in zip(made, told, strict=True):
        accepted = [one for one in answers if isinstance(one, runs.Accepted)]
        refused = [one for one in answers if isinstance(one, runs.Refused)]
        assert [(one.code, one.revision) for one in refused] == [("stale", 1)]
        assert [(one.seq, one.revision) for one in accepted] == [(1, 1)]
        run.refresh_from_db()
        assert (run.revision, [c.seq for c in run.commands.all()]) == (1, [1])


@pytest.mark.parametrize("branch", [False, True])
def test_a_retry_beside_its_command_is_the_same_command(alice, made, branch):
    ids = [uuid.uuid4() for _ in range(ROUNDS)]
    told = race(ROUNDS, *[lambda i: act(alice, made[i], ids[i], branch=branch)] * 2)
    assert all(first == second and isinstance(first, runs.Accepted) for first, second in told)
    assert sum(run.commands.count() for run in Run.objects.all()) == ROUNDS
    assert Run.objects.count() == ROUNDS * (2 if branch else 1)


def test_what_a_worker_saw_beyond_a_command_does_not_stay(alice, made):
    met = GoalEvent(seq=1, t_us=3_000_000, challenge="elect-after-crash", progress=1, text="", evidence=[])
    told = race(ROUNDS, lambda i: achieved.record(made[i], [met]), lambda i: act(alice, made[i]))
    assert all(isinstance(answer, runs.Accepted) for _, answer in told)
    assert not ChallengePassed.objects.exists()
