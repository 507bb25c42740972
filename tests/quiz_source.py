"""A small quiz for tests that need one: a question of each static type, a challenge, and quizzes of some of them."""

VOTES = """\
:::{question} q-votes
:type: single
:points: 1
:concepts: majority
:why: Three of five is the least that two candidates cannot both have.
How many votes make a leader of five?

- [ ] {a} Two | Two candidates could both have two.
- [x] {b} Three | Two majorities share a server.
- [ ] {c} Four | More than needed.
:::
"""
WHICH = """\
:::{question} q-which
:type: multiple
:points: 2
:concepts: majority
Which hold in Raft?

- [x] {a} One vote a term | Kept on disk.
- [x] {b} Majorities overlap | By counting.
- [ ] {c} Clocks agree | They do not.
- [ ] {d} Networks are fast | Not always.
:::
"""
LONG = """\
:::{question} q-long
:type: numeric
:points: 1
:concepts: majority
:unit: ms
How long do two round trips of 75 ms take?

- [x] 150 | Twice 75.
- [ ] 75 | One of them only.
:::
"""
WORD = """\
:::{question} q-word
:type: short
:points: 1
:concepts: majority
What is more than half called?

- [x] majority
:::
"""
PAIRS = """\
:::{question} q-pairs
:type: matching
:points: 2
:concepts: majority
:why: Each has its own place.
What belongs to what?

- {raft} Raft => {log} A log
- {ring} Hashing => {keys} Keys
- => {none} A clock
:::
"""
ORDER = """\
:::{question} q-order
:type: ordering
:points: 2
:concepts: majority
:why: An entry is stored before it counts.
In which order?

1. {append} The leader appends.
2. {store} A follower stores.
3. {commit} The leader commits.
:::
"""
CAUSE = """\
:::{question} q-cause
:type: causal
:points: 2
:concepts: majority
:why: A reply comes after what it replies to.
:before: send < receive, send < wait
What happened before what?

- {send} A sends.
- {receive} B receives.
- {wait} A waits.
:::
"""
ELECT = """\
:::{question} q-elect
:type: challenge
:points: 2
:concepts: majority
:lab: raft
:challenge: elect-after-crash
Make them elect another leader.
:::
"""


def quiz_of(*questions, pick=0):
    """A quiz block; with `pick`, so many are drawn of those that are `pooled`."""
    drawn = f":pick: drawn={pick}\n" if pick else ""
    return f"\n::::{{quiz}} check-9-1\n:title: Check *yourself*\n{drawn}\n{''.join(questions)}::::\n"


def pooled(question):
    return question.replace(":concepts:", ":pool: drawn\n:concepts:", 1)


def keyed(source, right, instead_of="b"):
    """With another right answer to `q-votes`."""
    old, new = (next(line for line in VOTES.splitlines() if f"{{{one}}}" in line) for one in (instead_of, right))
    return source.replace(old, old.replace("[x]", "[ ]")).replace(new, new.replace("[ ]", "[x]"))


QUIZ = quiz_of(VOTES, WHICH, LONG, WORD, PAIRS, ORDER, CAUSE)
RIGHT = {
    "q-votes": "b", "q-which": ["a", "b"], "q-long": "150", "q-word": "Majority", "q-pairs": {"raft": "log", "ring": "keys"},
    "q-order": ["append", "store", "commit"], "q-cause": ["send", "wait", "receive"],
}  # fmt: skip
