"""Slices against a real Redis: whoever computes, whenever, the stream is the same, with nothing twice and nothing missing."""

import uuid
from itertools import pairwise

import pytest

from labs import marks, runs, slices, stream
from labs.engine.chunks import Chunk
from labs.stream import Cursor, Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice")


@pytest.fixture
def run(alice):
    run = runs.create(alice, "raft", "steady")
    yield run
    forget(run)


def forget(run):
    """Redis comes back empty."""
    for key in stream.connection().scan_iter(f"run:{run.pk}:*"):
        stream.connection().delete(key)


def entries(run):
    return [(Cursor.parse(id), fields[b"frame"]) for id, fields in stream.connection().xrange(stream.stream_key(run.pk))]


def cursors(run):
    return [(c.revision, c.index) for c, _ in entries(run)]


def act(run, revision, at_us, action="crash", **args):
    runs.append(run.owner, run.pk, client_id=uuid.uuid4(), revision=revision, at_us=at_us, action=action, args=args, branch=False)


def replayed(run, until_us, log=None):
    """The frames of the log computed at once, without Redis."""
    engine, log, frames = runs.load(run), runs.log_of(run) if log is None else log, []
    while engine.frontier_us < until_us:
        frames.append(engine.next_chunk(log))
    return frames


def test_a_slice_rounds_up_to_a_chunk_and_the_next_one_goes_on_from_there(run):
    slices.simulate(run.pk, 3_000_000, Cursor())
    assert cursors(run) == [(0, 1), (0, 2)]
    slices.simulate(run.pk, 7_000_000, Cursor(0, 2))
    assert cursors(run) == [(0, 1), (0, 2), (0, 3), (0, 4)]
    assert [frame for _, frame in entries(run)] == [chunk.frame(0) for chunk in replayed(run, 8_000_000)]


def test_the_same_slice_done_twice_adds_nothing(run):
    slices.simulate(run.pk, 4_000_000, Cursor())
    slices.simulate(run.pk, 4_000_000, Cursor())
    assert cursors(run) == [(0, 1), (0, 2)]


def test_a_command_replaces_the_chunk_that_holds_it_and_all_after(run):
    slices.simulate(run.pk, 8_000_000, Cursor())
    act(run, 0, 5_000_000, node="leader")
    run.refresh_from_db()
    slices.simulate(run.pk, 8_000_000, Cursor(0, 4))
    assert cursors(run) == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 3), (1, 4)]
    assert entries(run)[4][1] == replayed(run, 6_000_000)[2].frame(1)


def test_two_commands_before_any_worker_ran_are_one_rewind_from_the_earlier(run):
    slices.simulate(run.pk, 10_000_000, Cursor())
    act(run, 0, 3_000_000, node="n1")
    act(run, 1, 7_000_000, "restart", node="n1")
    slices.simulate(run.pk, 8_000_000, Cursor(0, 5))
    assert cursors(run)[5:] == [(2, 2), (2, 3), (2, 4)]


def test_a_worker_that_was_slow_cannot_append_after_a_newer_revision(run):
    slices.simulate(run.pk, 4_000_000, Cursor())
    late = replayed(run, 6_000_000)[2]
    act(run, 0, 3_000_000, node="n1")
    slices.simulate(run.pk, 4_000_000, Cursor())
    assert stream.append(run.pk, Cursor(0, 2), 0, late) == Cursor(1, 2)
    assert cursors(run) == [(0, 1), (0, 2), (1, 2)]


def test_two_workers_that_interleave_leave_one_copy_of_each_chunk(run, monkeypatch):
    """A second worker does the whole slice just before the first appends its second chunk."""
    original, rounds = stream.append, []

    def append(run_id, expected, revision, chunk, marks):
        rounds.append(chunk.index)
        if len(rounds) == 2:
            slices.simulate(run_id, 8_000_000, Cursor())
        return original(run_id, expected, revision, chunk, marks)

    monkeypatch.setattr(stream, "append", append)
    slices.simulate(run.pk, 8_000_000, Cursor())
    assert cursors(run) == [(0, 1), (0, 2), (0, 3), (0, 4)]


def test_a_slice_of_an_older_revision_that_goes_on_meanwhile_does_not_keep_a_newer_one_out(run, monkeypatch):
    """A command falls while a slice is under way: whichever of the two appends first, the newer revision stands in the end."""
    slices.simulate(run.pk, 4_000_000, Cursor())
    append = stream.append

    def late(run_id, expected, revision, chunk, marks=b"[]"):
        if revision == 1 and chunk.index == 2:  # just before the newer one appends, the older one did
            older = replayed(run, 6_000_000, log=[])[2]
            assert append(run_id, expected, 0, older) == Cursor(0, 3)
        return append(run_id, expected, revision, chunk, marks)

    act(run, 0, 3_000_000, node="n1")
    monkeypatch.setattr(stream, "append", late)
    slices.simulate(run.pk, 8_000_000, Cursor(0, 2))
    assert cursors(run) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (1, 4)]


def test_a_slice_stops_as_soon_as_a_newer_revision_is_asked_for(run):
    slices.simulate(run.pk, 4_000_000, Cursor())
    stream.ask(run.pk, 1, 8_000_000)
    slices.simulate(run.pk, 20_000_000, Cursor(0, 2))
    assert cursors(run) == [(0, 1), (0, 2)]


def test_after_redis_lost_everything_the_stream_goes_on_where_the_player_stands(run):
    slices.simulate(run.pk, 14_000_000, Cursor())
    before = dict(entries(run))
    forget(run)
    slices.simulate(run.pk, 14_000_000, Cursor(0, 3))
    assert cursors(run) == [(0, 4), (0, 5), (0, 6), (0, 7)]
    assert dict(entries(run)).items() <= before.items()


def test_after_a_loss_a_player_behind_a_rewind_gets_the_newer_revision_from_the_rewind_on(run):
    slices.simulate(run.pk, 8_000_000, Cursor())
    act(run, 0, 3_000_000, node="n1")
    forget(run)
    slices.simulate(run.pk, 8_000_000, Cursor(0, 4))
    assert cursors(run) == [(1, 2), (1, 3), (1, 4)]


def test_a_cursor_from_the_future_is_not_believed(run):
    slices.simulate(run.pk, 4_000_000, Cursor(99, 40))
    assert cursors(run) == [(0, 1), (0, 2)]


def test_checkpoints_are_few_and_any_that_fits_gives_the_same_chunks(run):
    for until_us in range(20_000_000, 140_000_000, 20_000_000):
        slices.simulate(run.pk, until_us, Cursor())
    saved = stream.checkpoints(run.pk)
    assert 2 <= len(saved) <= stream.CHECKPOINTS_MAX + stream.CHECKPOINTS_NEWEST
    slices.simulate(run.pk, 122_000_000, Cursor())
    assert entries(run)[-1][1] == replayed(run, 122_000_000)[-1].frame(0)


def test_checkpoints_that_stay_are_spread_over_the_run_and_the_newest_stay():
    kept = []
    for index in range(5, 305, 5):
        kept = sorted({*kept, Place(index, index * 2_000_000, 0)} - set(stream.crowded([*kept, Place(index, index * 2_000_000, 0)])))
    indices = [place.index for place in kept]
    assert len(kept) == stream.CHECKPOINTS_MAX + stream.CHECKPOINTS_NEWEST
    assert indices[-stream.CHECKPOINTS_NEWEST :] == [275, 280, 285, 290, 295, 300]
    gaps = [after - before for before, after in pairwise([0, *indices])]
    assert max(gaps) <= 300 / stream.CHECKPOINTS_MAX * 2.5


def test_checkpoints_of_what_was_undone_go(run):
    slices.simulate(run.pk, 20_000_000, Cursor())
    act(run, 0, 9_000_000, node="n1")
    slices.simulate(run.pk, 12_000_000, Cursor(0, 10))
    saved = stream.checkpoints(run.pk)
    moments = range(2_000_000, 14_000_000, 2_000_000)
    assert [(place.t_us, place.applied) for place in saved] == [(t_us, int(t_us > 9_000_000)) for t_us in moments]


def test_after_a_command_a_slice_begins_a_few_seconds_before_it(run, monkeypatch):
    slices.simulate(run.pk, 40_000_000, Cursor())
    act(run, 0, 35_000_000, node="n1")
    begun = []
    monkeypatch.setattr(slices, "computed", lambda engine, *rest: begun.append(engine.frontier_us) or iter(()))
    slices.simulate(run.pk, 40_000_000, Cursor(0, 20))
    assert begun == [34_000_000]


def test_a_slice_that_takes_too_long_is_left_and_the_next_one_goes_on_from_there(run, monkeypatch):
    """From the beginning to a player far in: what is computed on the way is not lost, and nothing of it is sent twice."""
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    rounds = 0
    while not cursors(run):
        slices.simulate(run.pk, 70_000_000, Cursor(0, 30))
        rounds += 1
        assert rounds < 40
    assert rounds > 20
    assert cursors(run) == [(0, 31)]


def test_a_seek_that_takes_too_long_is_left_and_the_next_one_goes_on_from_there(run, monkeypatch):
    monkeypatch.setattr(slices, "SLICE_SECONDS", 0)
    for _ in range(60):
        slices.seek(run.pk, 25_000_000, "token-2")
    assert stream.connection().lpop("sought:token-2") == replayed(run, 26_000_000)[12].frame(0)


def test_a_checkpoint_taken_after_a_later_command_is_not_used(run):
    slices.simulate(run.pk, 30_000_000, Cursor())
    act(run, 0, 5_000_000, node="leader")
    run.refresh_from_db()
    slices.simulate(run.pk, 30_000_000, Cursor())
    assert entries(run)[-1][1] == replayed(run, 30_000_000)[-1].frame(1)


def test_the_chunk_of_a_moment_is_found_wherever_it_stands_and_the_newest_counts(run):
    slices.simulate(run.pk, 40_000_000, Cursor())
    act(run, 0, 35_000_000, node="n1")
    slices.simulate(run.pk, 38_000_000, Cursor(0, 20))
    assert [stream.holding(run.pk, at_us) for at_us in (0, 1_999_999, 2_000_000, 33_999_999)] == [
        Cursor(0, 1), Cursor(0, 1), Cursor(0, 2), Cursor(0, 17),
    ]  # fmt: skip
    assert stream.holding(run.pk, 34_000_000) == Cursor(1, 18)
    assert stream.holding(run.pk, 40_000_000) is None
    assert stream.frame_holding(run.pk, 35_000_000) == replayed(run, 36_000_000)[17].frame(1)
    assert stream.frame_holding(run.pk, 40_000_000) is None
    assert stream.newest(run.pk) == (Cursor(1, 19), 38_000_000)


def test_seek_hands_the_chunk_of_a_moment_to_one_player(run):
    slices.seek(run.pk, 25_000_000, "token-1")
    assert stream.connection().lpop("sought:token-1") == replayed(run, 26_000_000)[12].frame(0)
    assert cursors(run) == []


def test_a_run_that_is_gone_or_of_an_older_version_is_left_alone(run):
    slices.simulate(uuid.uuid4(), 4_000_000, Cursor())
    type(run).objects.filter(pk=run.pk).update(lab_version=0)
    slices.simulate(run.pk, 4_000_000, Cursor())
    assert cursors(run) == []


# Marks


def marked(run):
    """Where things happened, as a player is told: (index, revision, kinds and names of the events)."""
    told = marks.effective(stream.marks(run.pk))
    return [(index, revision, [(row[0], row[3 if row[0] == "fault" else 4]) for row in rows]) for index, revision, rows in told if rows]


def test_beside_the_chunks_stands_where_things_happened(run):
    slices.simulate(run.pk, 8_000_000, Cursor())
    act(run, 0, 5_000_000, node="leader")
    slices.simulate(run.pk, 8_000_000, Cursor(0, 4))
    told = marked(run)
    assert [one[:2] for one in told] == [(1, 0), (2, 0), (3, 1), (4, 1)]
    assert ("note", "became_leader") in told[0][2]
    third = next(names for index, revision, names in told if (index, revision) == (3, 1))
    assert third.index(("fault", "crash")) < third.index(("note", "became_leader"))


def test_marks_of_a_replaced_future_are_not_told(run):
    slices.simulate(run.pk, 4_000_000, Cursor())
    act(run, 0, 5_000_000, node="leader")
    slices.simulate(run.pk, 20_000_000, Cursor(0, 2))
    runs.append(run.owner, run.pk, client_id=uuid.uuid4(), revision=1, at_us=5_500_000, action="crash", args={"node": "n1"}, branch=False)
    slices.simulate(run.pk, 6_000_000, Cursor(1, 10))
    assert [revision for _, revision, _ in marks.effective(stream.marks(run.pk))] == [0, 0, 2]


def test_after_a_loss_the_marks_of_chunks_that_are_not_sent_again_come_back_too(run):
    slices.simulate(run.pk, 8_000_000, Cursor())
    before = marked(run)
    forget(run)
    slices.simulate(run.pk, 8_000_000, Cursor(0, 3))
    assert cursors(run) == [(0, 4)]
    assert marked(run) == before


@pytest.mark.parametrize(("at_us", "when"), [(1_000_000, [1, 2, 3]), (1_900_000, [2, 2, 3]), (2_000_000, [1, 2, 3])])
def test_a_chunk_that_ends_right_after_the_command_comes_with_the_next_one(at_us, when):
    """Of each chunk that is handed on: how many were computed by then."""
    computed = []

    def chunks():
        for index in (1, 2, 3):
            computed.append(index)
            yield Chunk(index, 2_000_000 * (index - 1), 2_000_000 * index, b"", b"", ""), []

    told = [(chunk.index, len(computed)) for chunk, _ in slices.unbroken(chunks(), at_us)]
    assert told == list(zip((1, 2, 3), when, strict=True))


def test_what_follows_on_a_command_right_before_a_chunks_end_is_as_it_would_be_alone(run):
    slices.simulate(run.pk, 8_000_000, Cursor())
    act(run, 0, 5_900_000, node="leader")
    slices.simulate(run.pk, 14_000_000, Cursor(0, 4), quick=True)
    assert [frame for _, frame in entries(run)][4:6] == [chunk.frame(1) for chunk in replayed(run, 8_000_000)][2:4]
    slices.simulate(run.pk, 14_000_000, Cursor(1, 5))
    assert entries(run)[-1][1] == replayed(run, 14_000_000)[-1].frame(1)
