"""Answers to the seven types that need no lab: dealt, read, graded by the rules of their types, and shown without giving the key away."""

import json
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise, permutations

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from lessons.content.text import parse
from lessons.questions import dealing, orders, registry, shares
from lessons.questions.model import Unreadable
from lessons.questions.types import causal_order, multiple, ordering

HEAD = '---\nid: "9.1"\ntitle: Clocks\n---\n# Clocks\n\n'
BODIES = {
    "single": "How many?\n\n- [ ] {a} 2 | Too `few`.\n- [x] {b} 3 | Yes.\n- [ ] {c} 5 | Too many.\n",
    "multiple": "Which?\n\n- [x] {a} One | Yes, one.\n- [x] {b} Two | Yes, two.\n- [ ] {c} Three | No.\n- [ ] {d} Four | Nor four.\n",
    "numeric": ":unit: ms\n:rtol: 0.05\nHow long?\n\n- [x] 150 | Two round trips.\n- [ ] 75 | One way only.\n- [50%] 100..300 | Roughly.\n",
    "short": "Called?\n\n- [x] Quorum | Yes.\n- [50%] majority | Nearly.\n- [ ] leader | That is one node.\n",
    "matching": (
        ":weights: raft = 2\nMatch.\n\n- {raft} Raft => {one} One *leader* | From it.\n"
        "- {gossip} Gossip => {none} Nobody | Any.\n- => {two} Two\n"
    ),
    "ordering": "Order.\n\n1. {append} It appends. | First.\n2. {send} It sends. | Then.\n3. {commit} It commits. | Last.\n",
    "causal": ":before: send < receive < reply, send < log\nWhat first?\n\n- {send} A\n- {receive} B | After A.\n- {reply} C\n- {log} D\n",
}
TYPES = sorted(BODIES)
RIGHT = {
    "single": {"choice": ["b"]},
    "multiple": {"choice": ["b", "a"]},
    "numeric": {"value": ["150"]},
    "short": {"value": [" qUORUM "]},
    "matching": {"pair-raft": ["one"], "pair-gossip": ["none"]},
    "ordering": {"place-append": ["1"], "place-send": ["2"], "place-commit": ["3"]},
    "causal": {"place-send": ["1"], "place-log": ["2"], "place-receive": ["3"], "place-reply": ["4"]},
}
SEEDS = [f"seed-{n}" for n in range(200)]


def text(kind, body=None):
    block = f"::::{{quiz}} check\n:::{{question}} q-1\n:type: {kind}\n:points: 1\n:concepts: majority\n{body or BODIES[kind]}:::\n::::\n"
    found = parse(HEAD + block)
    assert [str(problem) for problem in found.problems] == []
    return found


def question(kind, body=None):
    return text(kind, body).questions[0]


def kind_of(name):
    return registry.types()[name]


def read(kind, fields, body=None):
    return kind_of(kind).read(question(kind, body), {}, fields)


def grade(kind, fields, body=None):
    asked = question(kind, body)
    answer = kind_of(kind).read(asked, {}, fields)
    assert json.loads(json.dumps(answer)) == answer, "an answer is plain data"
    return kind_of(kind).grade(asked, {}, answer)


def refusal(kind, fields, body=None):
    with pytest.raises(Unreadable) as caught:
        read(kind, fields, body)
    return str(caught.value)


def placed(*ids):
    return {f"place-{one}": [str(n)] for n, one in enumerate(ids, 1)}


# What is dealt


def test_the_same_seed_deals_the_same_order_for_ever():
    assert dealing.shuffled("abcdef", "7") == ["f", "e", "b", "a", "d", "c"]
    assert dealing.shuffled("fedcba", "7") == ["f", "e", "b", "a", "d", "c"]
    assert kind_of("ordering").deal(question("ordering"), "3") == {"order": ["commit", "append", "send"]}


@pytest.mark.parametrize("kind", ["single", "multiple", "matching", "ordering", "causal"])
def test_students_are_dealt_everything_in_different_orders(kind):
    asked = question(kind)
    dealt = [kind_of(kind).deal(asked, seed)["order"] for seed in SEEDS]
    assert len({tuple(order) for order in dealt}) > 3
    assert len({tuple(sorted(order)) for order in dealt}) == 1
    assert all(len(order) == len(set(order)) >= 3 for order in dealt)


@pytest.mark.parametrize("kind", ["ordering", "causal"])
def test_no_student_is_dealt_a_right_order(kind):
    asked = question(kind)
    for seed in SEEDS:
        dealt = kind_of(kind).deal(asked, seed)
        assert kind_of(kind).grade(asked, dealt, dealt["order"]).fraction < 1


def test_a_wrong_order_is_dealt_even_where_every_shuffle_is_right(monkeypatch):
    monkeypatch.setattr(dealing, "shuffled", lambda ids, seed, salt=0: ["append", "send", "commit"])
    assert kind_of("ordering").deal(question("ordering"), "1") == {"order": ["commit", "send", "append"]}


def test_an_order_dealt_before_the_question_changed_shows_all_that_is_there_now():
    assert dealing.order_of({"order": ["c", "gone", "a"]}, ["a", "b", "c"]) == ["c", "a", "b"]
    assert dealing.order_of({}, ["a", "b"]) == ["a", "b"]


# What is read


@pytest.mark.parametrize("kind", TYPES)
def test_a_right_answer_is_worth_all_points_and_a_blank_is_no_answer(kind):
    assert grade(kind, RIGHT[kind]).fraction == 1
    assert read(kind, {}) is None
    assert read(kind, {name: ["", " "] for name in RIGHT[kind]}) is None


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("single", {"choice": ["z"]}, "A choice of this question was expected and 'z' came"),
        ("single", {"choice": ["a", "b"]}, "One choice was expected and 2 came (a, b)"),
        ("single", {"choice": "ab"}, "was expected as a list of texts"),
        ("single", {"choice": [7]}, "was expected as a list of texts"),
        ("multiple", {"choice": ["a", "z"]}, "A choice of this question was expected and 'z' came"),
        ("numeric", {"value": ["abc"]}, "A number, in ms and without it, was expected and 'abc' came. Write it like"),
        ("numeric", {"value": ["1,500"]}, "'1,500' came. Write it like 1500"),
        ("numeric", {"value": ["1 500"]}, "'1 500' came"),
        ("numeric", {"value": ["1,5,0"]}, "'1,5,0' came"),
        ("numeric", {"value": ["NaN"]}, "'NaN' came"),
        ("numeric", {"value": ["Infinity"]}, "'Infinity' came"),
        ("numeric", {"value": ["0x10"]}, "'0x10' came"),
        ("numeric", {"value": ["1_0"]}, "'1_0' came"),
        ("numeric", {"value": ["ms"]}, "'ms' came"),
        ("numeric", {"value": ["150 s"]}, "'150 s' came"),
        ("numeric", {"value": ["9" * 61]}, "At most 60 characters were expected and 61 came. Shorten"),
        ("numeric", {"value": ["9" * 21]}, "Write it like"),
        ("numeric", {"value": ["1", "2"]}, "One answer was expected and 2 came ('1', '2')"),
        ("short", {"value": ["q" * 121]}, "At most 120 characters were expected and 121 came. Shorten"),
        ("short", {"value": ["quo\0rum"]}, "the character U+0000 came. Type"),
        ("short", {"value": ["\ud800"]}, "the character U+D800 came"),
        ("matching", {"pair-raft": ["three"]}, "A right side of this question was expected and 'three' came"),
        ("matching", {"pair-paxos": ["one"]}, "A left side of this question was expected and 'paxos' came"),
        ("matching", {"pair-raft": ["one", "two"]}, "One answer was expected and 2 came"),
        ("ordering", {"place-append": ["1"], "place-send": ["1"], "place-commit": ["2"]}, "place 1 came 2 times. Change"),
        ("ordering", {"place-append": ["1"], "place-send": [""]}, "A place for each of 3 steps was expected and 2 came without"),
        ("ordering", {"place-append": ["4"]}, "A place from 1 to 3 was expected and '4' came"),
        ("ordering", {"place-append": ["01"]}, "and '01' came"),
        ("ordering", {**placed("append", "send", "commit"), "place-z": ["4"]}, "One step of this question was expected and 'z' came"),
        ("causal", placed("send", "receive"), "A place for each of 4 events was expected and 2 came without"),
    ],
)
def test_what_means_nothing_is_refused_with_what_to_do(kind, fields, said):
    told = refusal(kind, fields)
    assert said in told
    assert re.search(r"\. (Load|Choose|Change|Write|Shorten|Type|Give) [^.]+.*\.$", told), told


@given(
    fields=st.dictionaries(st.sampled_from(["choice", "value", "pair-raft", "pair-z", "place-send", "place-append"]), st.lists(st.text()))
)
@pytest.mark.parametrize("kind", TYPES)
def test_whatever_comes_is_an_answer_or_refused(kind, fields):
    try:
        answer = read(kind, fields)
    except Unreadable as refused:
        assert len(str(refused)) < 400
        return
    if answer is not None:
        assert 0 <= kind_of(kind).grade(question(kind), {}, answer).fraction <= 1


def test_the_same_choices_are_the_same_answer():
    assert read("multiple", {"choice": ["c", "a", "c"]}) == read("multiple", {"choice": ["a", "c"]}) == ["a", "c"]


# single, multiple


@pytest.mark.parametrize(("choice", "fraction", "said"), [("a", 0, "<p>Too <code>few</code>.</p>"), ("b", 1, "<p>Yes.</p>")])
def test_one_choice_is_right_and_only_the_chosen_one_is_spoken_to(choice, fraction, said):
    mark = grade("single", {"choice": [choice]})
    assert mark.fraction == fraction
    assert [(one.id, one.right, one.html.strip()) for one in mark.said] == [(choice, fraction == 1, said)]


@pytest.mark.parametrize(
    ("marked", "net", "whole"),
    [("a", "0.5", 0), ("ab", "1", 1), ("abc", "0.5", 0), ("ac", "0", 0), ("c", "0", 0), ("cd", "0", 0), ("abcd", "0", 0)],
)
def test_ticks_that_are_right_count_against_those_that_are_not(marked, net, whole):
    assert grade("multiple", {"choice": list(marked)}).fraction == Decimal(net)
    assert grade("multiple", {"choice": list(marked)}, ":rule: all_or_nothing\n" + BODIES["multiple"]).fraction == whole


def test_weights_add_up_and_stay_within_the_points():
    body = ":weights: a=0.4, b=0.6, c=-0.5, d=-1\n" + BODIES["multiple"]
    worth = {marked: grade("multiple", {"choice": list(marked)}, body).fraction for marked in ("a", "ab", "ac", "bc", "ad", "abcd")}
    assert worth == {"a": Decimal("0.4"), "ab": 1, "ac": 0, "bc": Decimal("0.1"), "ad": 0, "abcd": 0}


def test_what_was_ticked_and_what_was_missed_is_spoken_to_and_nothing_else():
    said = grade("multiple", {"choice": ["a", "c"]}).said
    assert [(one.id, one.right) for one in said] == [("a", True), ("b", False), ("c", False)]
    assert "two" in said[1].html


@given(st.data())
def test_a_blank_and_ticking_everything_are_worth_nothing_and_all_right_ones_everything(data):
    of = data.draw(st.integers(2, 30))
    right = data.draw(st.integers(1, of - 1))
    assert multiple.balanced(0, 0, right, of) == 0
    assert multiple.balanced(right, of - right, right, of) == 0
    assert multiple.balanced(right, 0, right, of) == 1
    hits, wrong = data.draw(st.integers(0, right)), data.draw(st.integers(0, of - right))
    assert 0 <= multiple.balanced(hits, wrong, right, of) <= 1


# numeric, short


@pytest.mark.parametrize(
    ("typed", "kept", "fraction"),
    [
        ("150", "150", "1"),
        (" 150 ms ", "150", "1"),
        ("150ms", "150", "1"),
        ("1.5e2", "1.5e2", "1"),
        ("１５０", "150", "1"),
        ("142.5", "142.5", "1"),  # 150 less 5 %
        ("142,5", "142.5", "1"),
        ("0,1500e3", "0.1500e3", "1"),
        ("142.49999999999999999", "142.49999999999999999", "0.5"),
        ("157.50000000000000001", "157.50000000000000001", "0.5"),
        ("78.75", "78.75", "0"),
        ("100", "100", "0.5"),
        ("300", "300", "0.5"),
        ("300.1", "300.1", "0"),  # a range is as wide as it is written
        ("\u2212150", "-150", "0"),
        ("1e99", "1e99", "0"),
    ],
)
def test_a_number_is_as_near_as_it_has_to_be(typed, kept, fraction):
    assert read("numeric", {"value": [typed]}) == kept
    assert grade("numeric", {"value": [typed]}).fraction == Decimal(fraction)


def test_the_first_value_that_matches_speaks():
    said = {typed: grade("numeric", {"value": [typed]}).said[0] for typed in ("150", "75", "120", "9")}
    assert [(one.right, one.html.strip()) for one in said.values()] == [
        (True, "<p>Two round trips.</p>"), (False, "<p>One way only.</p>"), (None, "<p>Roughly.</p>"), (False, ""),
    ]  # fmt: skip


@given(
    value=st.decimals(-(10**12), 10**12, places=6),
    off=st.decimals(-100, 100, places=8),
    atol=st.decimals(0, 50, places=4),
    rtol=st.decimals(0, 1, places=4),
)
def test_the_tolerance_is_the_larger_of_the_two_to_the_last_digit(value, off, atol, rtol):
    asked = question("numeric", f":atol: {atol}\n:rtol: {rtol}\nHow long?\n\n- [x] {value:f} | Why.\n")
    near = max(Fraction(atol), Fraction(rtol) * abs(Fraction(value)))
    typed = value + off
    right = kind_of("numeric").grade(asked, {}, f"{typed:f}").fraction == 1
    assert right == (abs(Fraction(typed) - Fraction(value)) <= near)


def test_a_number_far_from_the_other_is_no_nearer_for_being_long():
    body = ":atol: 1e40\nHow much?\n\n- [x] -0.00001 | Why.\n"
    assert [grade("numeric", {"value": [typed]}, body).fraction for typed in ("9.9e39", "1e40")] == [1, 0]


@pytest.mark.parametrize(
    ("typed", "fraction"),
    [("quorum", "1"), ("  QUORUM\t", "1"), ("ｑｕｏｒｕｍ", "1"), ("Majority", "0.5"), ("leader", "0"), ("quo rum", "0"), ("qourum", "0")],
)
def test_a_word_is_compared_without_case_width_and_spaces_around(typed, fraction):
    assert grade("short", {"value": [typed]}).fraction == Decimal(fraction)


def test_a_word_is_kept_as_typed():
    assert read("short", {"value": ["  ＱuoruM "]}) == "ＱuoruM"
    assert [one.html.strip() for one in grade("short", {"value": ["LEADER"]}).said] == ["<p>That is one node.</p>"]
    assert grade("short", {"value": ["other"]}).said[0].html == ""


# matching


@pytest.mark.parametrize(
    ("pairs", "fraction"),
    [
        ({"raft": "one"}, Fraction(2, 3)),
        ({"gossip": "none"}, Fraction(1, 3)),
        ({"raft": "one", "gossip": "one"}, Fraction(2, 3)),
        ({"raft": "two", "gossip": "two"}, Fraction(0)),
    ],
)
def test_pairs_count_by_their_weights(pairs, fraction):
    mark = grade("matching", {f"pair-{left}": [right] for left, right in pairs.items()})
    assert mark.fraction == shares.decimal(fraction)
    key = {"raft": "one", "gossip": "none"}
    assert [(one.id, one.right, bool(one.html)) for one in mark.said] == [(one, pairs.get(one) == key[one], one in pairs) for one in key]


# ordering, causal


@pytest.mark.parametrize(
    ("order", "fraction", "out"),
    [
        (("append", "send", "commit"), "1", set()),
        (("send", "append", "commit"), "0.5", {"append", "send"}),
        (("commit", "append", "send"), "0.5", {"commit"}),
        (("commit", "send", "append"), "0", {"append", "send", "commit"}),
    ],
)
def test_what_stands_in_order_counts(order, fraction, out):
    mark = grade("ordering", placed(*order))
    assert mark.fraction == Decimal(fraction)
    wrong = {one.id for one in mark.said if not one.right}
    assert wrong <= out and len(wrong) == 3 - max(mark.facts["in_place"], 0)
    assert all(bool(one.html) == (not one.right) for one in mark.said)


@given(st.permutations("abcdefg"))
def test_the_longest_common_subsequence_is_one_and_the_longest(order):
    found = orders.in_order(order, "abcdefg")
    assert all(order.index(a) < order.index(b) and a < b for a, b in pairwise(found))
    longest = max(k for k in range(1, 8) for some in combinations(order, k) if list(some) == sorted(some))
    assert len(found) == longest


@st.composite
def histories(draw, most=6):
    """Events and pairs of them, first one first, that go in no circle."""
    hidden = draw(st.permutations("abcdefghij"[: draw(st.integers(3, most))]))
    pairs = list(combinations(hidden, 2))
    edges = draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    return sorted(hidden), sorted(edges)


def fraction_of(order, after):
    return causal_order.share(len(orders.kept(order, after)), after)


@given(histories(most=10), st.data())
def test_any_order_that_keeps_to_what_happened_before_what_is_right_and_its_reverse_is_worth_nothing(history, data):
    ids, edges = history
    after = orders.closure(ids, edges)
    left, order = list(ids), []
    while left:  # any linear extension
        first = data.draw(st.sampled_from([one for one in left if not any(one in after[other] for other in left)]))
        left.remove(first)
        order.append(first)
    assert orders.kept(order, after) == order
    assert fraction_of(order, after) == 1
    assert fraction_of(order[::-1], after) == 0


@given(histories(), st.data())
def test_what_is_kept_is_the_most_that_can_be(history, data):
    """Against every set of events, taken one by one."""
    ids, edges = history
    after = orders.closure(ids, edges)
    order = data.draw(st.permutations(ids))

    def agrees(some):
        return not any(a in after[b] for a, b in combinations(some, 2))  # a placed before b

    kept = orders.kept(order, after)
    assert agrees(kept)
    assert len(kept) == max(k for k in range(1, len(ids) + 1) for some in combinations(order, k) if agrees(some))
    assert 0 <= fraction_of(order, after) <= 1
    assert (fraction_of(order, after) == 1) == agrees(order)


@given(st.permutations("abcde"))
def test_where_nothing_is_concurrent_the_rule_is_that_of_one_order(order):
    after = orders.closure("abcde", pairwise("abcde"))
    assert fraction_of(order, after) == ordering.share(len(orders.in_order(order, "abcde")), 5)


def test_what_happened_before_through_others_counts():
    after = orders.closure("abc", [("a", "b"), ("b", "c")])
    assert after == {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    mark = grade("causal", placed("send", "reply", "receive", "log"))
    assert mark.fraction == shares.decimal(Fraction(1, 2))  # 3 of 4 stay; the reverse would keep 2
    assert [one.id for one in mark.said if not one.right] in (["reply"], ["receive"])


# What an author is told


def exact(kind, body=None):
    return kind_of(kind).worth(question(kind, body))


def test_an_author_is_told_what_a_blank_everything_and_a_guess_are_worth():
    assert exact("single") == {"blank": 0, "guess": shares.decimal(Fraction(1, 3))}
    assert exact("multiple")["everything"] == 0
    assert exact("matching") == {"blank": 0, "guess": shares.decimal(Fraction(1, 3))}
    assert exact("short") == exact("numeric") == {"blank": 0}
    assert exact("multiple", ":rule: all_or_nothing\n" + BODIES["multiple"])["guess"] == Decimal("0.0625")
    assert exact("multiple", ":weights: a=0.5, b=0.5, c=0, d=-0.25\n" + BODIES["multiple"])["everything"] == Decimal("0.75")


@pytest.mark.parametrize("head", ["", ":rule: all_or_nothing\n", ":weights: a=0.5, b=0.5, c=-0.5, d=0\n"])
def test_the_guess_is_the_mean_of_every_way_to_tick(head):
    asked = question("multiple", head + BODIES["multiple"])
    ways = [list(some) for k in range(5) for some in combinations("abcd", k)]
    marks = [Fraction(kind_of("multiple").grade(asked, {}, way).fraction) for way in ways]
    assert kind_of("multiple").worth(asked)["guess"] == shares.decimal(sum(marks) / 16)


@pytest.mark.parametrize("kind", ["ordering", "causal"])
def test_the_guess_is_the_mean_of_every_order(kind):
    asked = question(kind)
    marks = [kind_of(kind).grade(asked, {}, list(order)).fraction for order in permutations(kind_of(kind).ids(asked))]
    assert abs(kind_of(kind).worth(asked)["guess"] - sum(marks) / len(marks)) < Decimal("1e-20")


def test_the_guess_in_a_long_order_is_near_the_mean_and_always_the_same():
    ordering.by_chance.cache_clear()
    first = ordering.by_chance(8)
    ordering.by_chance.cache_clear()
    assert ordering.by_chance(8) == first
    assert abs(first - Fraction(27703, 70000)) < Fraction(1, 50)  # of 8, 3.7703 stand in order on average


def test_the_preview_says_it_in_a_line_and_of_a_broken_question_nothing():
    page = render_to_string("lessons/questions/quiz.html", {"part": text("multiple").parts[-1]})
    assert "Of the points a blank scores 0, everything ticked 0, a guess 0.19 on average." in page
    broken = parse(
        HEAD + "::::{quiz} check\n:::{question} q-1\n:type: single\n:points: 1\n:concepts: majority\nWhy?\n\n- [ ] {a} A\n:::\n::::\n"
    )
    assert "Of the points" not in render_to_string("lessons/questions/quiz.html", {"part": broken.parts[-1]})


# What is shown


def shown(kind, fields=None, review=False, key=False, body=None, dealt=None, locked=False):
    asked, one = question(kind, body), kind_of(kind)
    dealt = dealt or one.deal(asked, "1")
    answer = one.read(asked, dealt, fields or {})
    said = {told.id: told for told in one.grade(asked, dealt, answer).said} if review and answer is not None else {}
    context = {
        "question": asked,
        "name": "q3",
        "view": one.view(asked, dealt, answer),
        "locked": review or locked,
        "said": said,
        "show_key": key,
    }
    if key:
        context["key"] = one.key_view(asked, dealt)
    return render_to_string(f"quizzes/types/{kind}.html", context)


def sent_by(page):
    """What a browser would send of the fields in a page."""
    fields = {}
    for tag in re.findall(r"<input [^>]+>", page):
        name, value = (re.search(rf'{what}="([^"]*)"', tag)[1] for what in ("name", "value"))
        if 'type="text"' in tag or " checked" in tag:
            fields.setdefault(name, []).append(value)
    for name, inside in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        fields[name] = [chosen[1] if chosen else ""]
    return {name.removeprefix("q3-"): values for name, values in fields.items()}


@pytest.mark.parametrize("kind", TYPES)
def test_a_form_sends_back_the_answer_it_shows(kind):
    assert read(kind, sent_by(shown(kind))) is None
    assert read(kind, sent_by(shown(kind, RIGHT[kind]))) == read(kind, RIGHT[kind])


OTHER_KEYS = {
    "single": [("- [x] {b}", "- [ ] {b}"), ("- [ ] {a}", "- [x] {a}")],
    "multiple": [("- [x] {b}", "- [ ] {b}"), ("- [ ] {c}", "- [x] {c}")],
    "numeric": [("- [x] 150", "- [x] 160"), (":rtol: 0.05", ":atol: 1")],
    "short": [("- [x] Quorum", "- [x] Majority of five")],
    "matching": [
        ("{one} One *leader*", "{y}"),
        ("{none} Nobody", "{one} One *leader*"),
        ("{y}", "{none} Nobody"),
        ("raft = 2", "raft = 3"),
    ],
    "ordering": [("1. {append} It appends. | First.\n", ""), ("| Last.\n", "| Last.\n4. {append} It appends.\n")],
    "causal": [("send < receive < reply, send < log", "log < reply")],
}


@pytest.mark.parametrize("kind", TYPES)
def test_questions_that_differ_in_what_is_right_alone_look_the_same(kind):
    body = BODIES[kind]
    for old, new in OTHER_KEYS[kind]:
        assert old in body
        body = body.replace(old, new)
    assert question(kind, body).key != question(kind).key
    dealt = kind_of(kind).deal(question(kind), "1")
    for fields in ({}, RIGHT[kind]):
        for locked in (False, True):
            assert shown(kind, fields, body=body, dealt=dealt, locked=locked) == shown(kind, fields, dealt=dealt, locked=locked)


@pytest.mark.parametrize("kind", TYPES)
def test_every_field_has_a_name_that_can_be_heard_and_ids_stand_once(kind):
    for page in (shown(kind), shown(kind, RIGHT[kind], review=True, key=True)):
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        referred = [one for group in re.findall(r'(?:aria-labelledby|aria-describedby|for)="([^"]+)"', page) for one in group.split()]
        assert set(referred) <= {*ids, "q3-prompt"}
        assert 'aria-labelledby="q3-prompt' in page
        assert "style=" not in page and "<script" not in page and "onclick" not in page


@pytest.mark.parametrize("kind", TYPES)
def test_a_review_can_be_changed_by_nobody(kind):
    page = shown(kind, RIGHT[kind], review=True)
    assert "data-order" not in page
    assert not re.search(r"<(input|select|button)", page) or re.search(r"<fieldset[^>]* disabled|<input[^>]* readonly", page)
    assert "No answer was given." in shown(kind, review=True)
    assert "No answer was given." not in page


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("single", {"choice": ["a"]}, ["Your answer", "Wrong", "<code>few</code>"]),
        ("multiple", {"choice": ["a", "c"]}, ["Right", "Wrong", "Missed: this is right"]),
        ("numeric", {"value": ["120"]}, ["Partly right", "Roughly."]),
        ("short", {"value": ["other"]}, ["Wrong"]),
        ("matching", {"pair-raft": ["two"], "pair-gossip": ["none"]}, ["Wrong", "Right", "From it."]),
        ("ordering", placed("commit", "append", "send"), ["Out of order", "In order", "Last."]),
        ("causal", placed("receive", "send", "log", "reply"), ["Out of order", "In order"]),
    ],
)
def test_a_review_says_in_words_what_was_right(kind, fields, words):
    page = shown(kind, fields, review=True)
    for word in words:
        assert word in page, word
    assert "answer-key" not in page


def test_the_key_is_shown_where_it_may_be():
    assert shown("multiple", {}, review=True, key=True).count("</span> Right</p>") == 2
    assert "answer-key" not in shown("multiple", {"choice": ["a"]}, review=True, key=True), "it is said already"
    assert "150 ± 7.5" in shown("numeric", {"value": ["9"]}, review=True, key=True)
    assert "<b>Quorum</b>" in shown("short", {"value": ["x"]}, review=True, key=True)
    assert "The right one: One <em>leader</em>" in shown("matching", {"pair-raft": ["two"]}, review=True, key=True)
    order = shown("causal", placed("log", "reply", "receive", "send"), review=True, key=True)
    assert [order.index(f"<li>{one}") for one in "ABCD"] == sorted(order.index(f"<li>{one}") for one in "ABCD")
    assert "A <b>before</b> B" in order
    page = shown("single", {"choice": ["a"]}, review=True, key=True)
    assert page.count("The right answer") == 1
    assert page.index('value="b"') < page.index("The right answer")


def test_right_sides_with_markup_are_listed_since_a_select_holds_words_alone():
    page = shown("matching")
    assert re.search(r"<option value=\"one\">[ABC]: One leader</option>", page)
    assert "One <em>leader</em>" in page
    plain = shown("matching", body=BODIES["matching"].replace("*", ""))
    assert '<option value="one">One leader</option>' in plain and "sides" not in plain


def test_what_was_typed_is_shown_as_words():
    evil = '"><script>x</script>'
    page = shown("short", {"value": [evil]}, review=True, key=True)
    assert "<script" not in page and "&quot;&gt;&lt;script" in page


def test_a_weight_with_spaces_around_its_sign_is_a_weight():
    assert question("matching").key["weights"] == {"raft": "2", "gossip": "1"}


def test_a_regrade_that_takes_two_choices_for_right_is_graded_by_its_key():
    asked = replace(question("single"), key={"right": ["a", "b"]})
    assert [kind_of("single").grade(asked, {}, one).fraction for one in "abc"] == [1, 1, 0]
