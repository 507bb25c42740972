"""Quiz blocks: each type of question is read, checked and shown to its author; readers see none yet."""

import pytest

from lessons import embeds, importing, revisions
from lessons.content import quizzes
from lessons.content.check import check
from lessons.content.text import parse
from lessons.models import Question
from lessons.questions import registry

HEAD = '---\nid: "9.1"\ntitle: Clocks\n---\n# Clocks\n\n'
TYPES = ["causal", "challenge", "matching", "multiple", "numeric", "ordering", "predict", "short", "single"]
CHOICES = "How many?\n\n- [ ] {a} 2 | Too few.\n- [x] {b} 3 | Right.\n- [ ] {c} 5\n"
BODIES = {
    "single": CHOICES,
    "multiple": ":rule: balanced_net\nWhich?\n\n- [x] {a} One | Yes.\n- [x] {b} Two | Yes.\n- [ ] {c} Three\n  and more | No.\n",
    "numeric": ":unit: ms\n:rtol: 0.05\nHow long?\n\n- [x] 150 | Two round trips.\n- [50%] 75..300 | Roughly.\n- [ ] 1e3\n",
    "short": "What is it called?\n\n- [x] quorum\n- [50%] majority | Nearly.\n- [ ] leader | That is one node.\n",
    "matching": "Match.\n\n- {raft} Raft => {leader} One leader | Yes.\n- {gossip} Gossip => {none} No leader\n- => {two} Two leaders\n",
    "ordering": "Order.\n\n1. {append} It appends.\n2. {send} It sends.\n3. {commit} It commits.\n",
    "causal": ":before: send < receive < reply, send < log\nWhat first?\n\n- {send} A\n- {receive} B\n- {reply} C\n- {log} D\n",
    "predict": ":lab: raft\n:scenario: steady\n:nodes: 5\n:script: 2s crash-leader, 6.5s heal\n:measure: leader at 8s\nWho leads?\n",
    "challenge": ":lab: raft\n:challenge: elect-after-crash\nMake it so.\n",
}


def question(kind="single", body=None, uid="q-1", points="1", concepts="majority"):
    return f":::{{question}} {uid}\n:type: {kind}\n:points: {points}\n:concepts: {concepts}\n{BODIES[kind] if body is None else body}:::\n"


def quiz(*questions):
    return "::::{quiz} check\n:title: Check *yourself*\n" + "\n".join(questions) + "::::\n"


def problems(*questions, names=quizzes.NOBODY):
    text = parse(HEAD + quiz(*questions))
    return [*text.problems, *check(text, embeds.lab_info, {}, names)]


def test_there_is_a_file_for_each_type_of_grading():
    assert list(registry.types()) == TYPES


@pytest.mark.parametrize("kind", TYPES)
def test_a_question_of_each_type_is_read_without_a_problem(kind):
    assert [str(problem) for problem in problems(question(kind))] == []
    found = parse(HEAD + quiz(question(kind))).questions[0]
    assert (found.uid, found.type, str(found.points), found.concepts) == ("q-1", kind, "1", ("majority",))
    assert found.prompt_html.startswith("<p>")
    assert found.rule
    assert found.source in HEAD + quiz(question(kind))


@pytest.mark.parametrize(
    ("kind", "spec", "key"),
    [
        ("single", {"choices": [{"id": "a", "text": "2"}, {"id": "b", "text": "3"}, {"id": "c", "text": "5"}]}, {"right": ["b"]}),
        (
            "numeric",
            {"unit": "ms"},
            {
                "atol": "0",
                "rtol": "0.05",
                "bands": [
                    {"from": "150", "to": "150", "share": "1"},
                    {"from": "75", "to": "300", "share": "0.5"},
                    {"from": "1E+3", "to": "1E+3", "share": "0"},
                ],
            },
        ),
        ("causal", None, {"before": [["receive", "reply"], ["send", "log"], ["send", "receive"]]}),
        ("ordering", None, {"order": ["append", "send", "commit"]}),
        ("matching", None, {"pairs": {"raft": "leader", "gossip": "none"}, "weights": {"gossip": "1", "raft": "1"}}),
        ("challenge", {"lab": "raft", "scenario": None, "parameters": {}}, {"challenge": "elect-after-crash"}),
        (
            "predict",
            {
                "lab": "raft",
                "scenario": "steady",
                "parameters": {"nodes": "5"},
                "script": [["2", "crash-leader"], ["6.5", "heal"]],
                "measure": {"name": "leader", "at": "8"},
            },
            {},
        ),
    ],
)
def test_what_a_student_may_see_is_apart_from_the_key(kind, spec, key):
    found = parse(HEAD + quiz(question(kind))).questions[0]
    assert found.key == key
    assert spec is None or found.spec == spec


def test_what_a_student_may_see_does_not_tell_the_order():
    assert [step["id"] for step in parse(HEAD + quiz(question("ordering"))).questions[0].spec["steps"]] == ["append", "commit", "send"]


@pytest.mark.parametrize(
    ("kind", "body", "line", "said"),
    [
        ("single", "How many?\n\n- [ ] {a} 2\n- [ ] {b} 3\n", 9, "0 choices are marked right"),
        ("single", "How many?\n\n- [x] {a} 2\n- [x] {b} 3\n", 9, "2 choices are marked right"),
        ("single", "How many?\n\n- [x] {a} 2\n- [ ] {a} 3\n", 9, "The id 'a' is used twice"),
        ("single", "How many?\n\n- [x] 2\n- [ ] {b} 3\n", 15, "The choice '- [x] 2' cannot be read"),
        ("single", "How many?\n\n- [x] {a} 2\n- [ ] {b} 3\nAnd then?\n", 17, "'And then?' stands after the answers"),
        ("single", "How many?\n\n- [x] {a} 2\n", 9, "The question has 1 choices"),
        ("single", "- [x] {a} 2\n- [ ] {b} 3\n", 9, "The question asks nothing"),
        ("single", ":unit: ms\n" + CHOICES, 9, "has no option 'unit'"),
        ("multiple", "Which?\n\n- [x] {a} 2\n- [x] {b} 3\n", 9, "2 of 2 choices are marked right"),
        ("multiple", "Which?\n\n- [ ] {a} 2\n- [ ] {b} 3\n", 9, "0 of 2 choices are marked right"),
        ("multiple", ":rule: luck\nWhich?\n\n- [x] {a} 2\n- [ ] {b} 3\n", 9, "There is no rule 'luck'"),
        ("multiple", ":weights: a=1\nWhich?\n\n- [x] {a} 2\n- [ ] {b} 3\n", 9, "The weights do not name each choice"),
        ("multiple", ":weights: a=0.4, b=0\nWhich?\n\n- [x] {a} 2\n- [ ] {b} 3\n", 9, "The weights above 0 do not add up to 1"),
        ("numeric", "How long?\n\n- [ ] 150\n", 9, "No answer is marked right"),
        ("numeric", "How long?\n\n- [x] NaN\n", 15, "'NaN' is no number"),
        ("numeric", "How long?\n\n- [x] 1_000\n", 15, "'1_000' is no number"),
        ("numeric", "How long?\n\n- [x] 9..3\n", 15, "'9..3' is no number"),
        ("numeric", ":rtol: -1\nHow long?\n\n- [x] 9\n", 9, "`rtol` is '-1'"),
        ("short", "Called?\n\n- [ ] x | no\n", 9, "No answer is marked right"),
        ("short", "Called?\n\n- [x] Quorum\n- [x] ｑuorum\n", 16, "is listed twice"),
        ("matching", "Match.\n\n- {a} A => {b} B\n", 9, "There are 1 pairs"),
        ("matching", "Match.\n\n- {a} A {b} B\n- {c} C => {d} D\n", 15, "The pair"),
        ("matching", ":weights: x=2\nMatch.\n\n- {a} A => {b} B\n- {c} C => {d} D\n", 9, "The weight x=2"),
        ("ordering", "Order.\n\n1. {a} A\n2. {b} B\n", 9, "There are 2 steps"),
        ("causal", "First?\n\n- {a} A\n- {b} B\n- {c} C\n", 9, "It is not said what happened before what"),
        ("causal", ":before: a < b < a\nFirst?\n\n- {a} A\n- {b} B\n- {c} C\n", 9, "The order goes in a circle"),
        ("causal", ":before: a < x\nFirst?\n\n- {a} A\n- {b} B\n- {c} C\n", 9, "There is no event 'x'"),
        ("predict", ":lab: quantum\n:measure: leader\nWho?\n", 9, "There is no lab 'quantum'"),
        ("predict", ":measure: leader\nWho?\n", 9, "There is no lab ''"),
        ("predict", ":lab: raft\n:scenario: storm\n:measure: leader\nWho?\n", 9, "no scenario 'storm'"),
        ("predict", ":lab: raft\n:colour: red\n:measure: leader\nWho?\n", 9, "no parameter 'colour'"),
        ("predict", ":lab: raft\n:seed: 7\n:measure: leader\nWho?\n", 9, "names a seed"),
        ("predict", ":lab: raft\n:script: 2s melt\n:measure: leader\nWho?\n", 9, "no step 'melt'"),
        ("predict", ":lab: raft\n:script: soon\n:measure: leader\nWho?\n", 9, "The script cannot be read"),
        ("predict", ":lab: raft\nWho?\n", 9, "It is not said what is measured"),
        ("challenge", ":lab: raft\n:challenge: fly\nDo.\n", 9, "no challenge 'fly'"),
        ("challenge", ":lab: raft\nDo.\n", 9, "No challenge is named"),
    ],
)
def test_a_mistake_in_a_question_is_named_with_its_line(kind, body, line, said):
    found = problems(question(kind, body))
    assert [(problem.line, said in problem.what) for problem in found] == [(line, True)], [str(problem) for problem in found]
    assert found[0].expected and found[0].example


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (question(points="0"), "The points are '0'"),
        (question(points="-1"), "The points are '-1'"),
        (question(points="NaN"), "The points are 'NaN'"),
        (question(points="1.005"), "The points are '1.005'"),
        (question(points="1e9"), "The points are '1e9'"),
        (question(points=""), "The question has no points"),
        (question(concepts=""), "tests no concept"),
        (question(concepts="majority, magic"), "There is no concept 'magic'"),
        (question(uid="Q_1"), "is no question with an id"),
        (question().replace("single", "essay"), "There is no type of question 'essay'"),
        (question().replace(":type: single\n", ""), "The question has no type"),
        ("Words.\n", "'Words.' stands between the questions"),
        ("", "The quiz has 0 questions"),
    ],
)
def test_a_mistake_in_a_quiz_is_named(block, said):
    found = problems(block)
    assert any(said in problem.what for problem in found), [str(problem) for problem in found]


def test_an_id_stands_once_in_a_lesson_and_once_on_the_site():
    assert ["twice in this lesson" in one.what for one in problems(question(), question("short"))] == [True]
    assert ["in lesson 8.5 already" in one.what for one in problems(question(), names=quizzes.Names(asked_in={"q-1": "8.5"}))] == [True]
    assert problems(question(), names=quizzes.Names(asked_in={"q-1": "9.1"})) == []


@pytest.mark.django_db
def test_a_question_keeps_its_type_for_good(lesson, lesson_source, instructor):
    revisions.edit(lesson, lesson_source() + quiz(question()), author=instructor, base=1)
    revisions.edit(lesson, lesson_source(), author=instructor, base=2)  # the question is gone, its answers are not
    assert Question.objects.get().type == "single"
    found = problems(question("short"), names=importing.questions_on_site())
    assert ["was of type single and is now short" in one.what for one in found] == [True]


def test_questions_are_sanitised():
    evil = "<script>x</script> [y](javascript:z)\n\n- [x] {a} <img src=x onerror=x> | <script>\n- [ ] {b} [b](data:text/html,x) | c\n"
    found = parse(HEAD + quiz(question(body=evil))).questions[0]
    out = found.prompt_html + "".join(item.html + item.feedback_html for item in found.items)
    assert "<script" not in out and "<img" not in out and "javascript:" not in out.replace("](javascript:", "")


@pytest.mark.django_db
def test_readers_see_no_questions_and_their_author_does(as_user, instructor, lesson, lesson_source, client):
    source = lesson_source() + quiz(*(question(kind, uid=f"q-{kind}") for kind in TYPES))
    revisions.edit(lesson, source, author=instructor, base=1)
    assert "q-single" not in client.get("/lessons/9.1/").content.decode()
    page = as_user(instructor).post("/lessons/9.1/preview/", {"source": source}).content.decode()
    for kind in TYPES:
        assert f"<code>q-{kind}</code>" in page
    for words in (
        "How many?",
        "Too few.",
        "75..300",
        "One leader",
        "It appends.",
        "crash-leader",
        "elect-after-crash",
        "Check <em>yourself</em>",
    ):
        assert words in page, words
    assert "It cannot be published yet" not in page
    lesson.refresh_from_db()
    assert lesson.published.source == source
