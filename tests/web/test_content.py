"""Reading lesson texts: what comes out right, and what is refused with a line, an expectation and an example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons import embeds
from lessons.content import blocks, library
from lessons.content.bounds import SOURCE_BYTES_MAX
from lessons.content.check import check
from lessons.content.problems import ContentError
from lessons.content.text import Prose, parse

HEAD = '---\nid: "9.1"\ntitle: Clocks\n---\n# Clocks\n\n'
LAB = ":::{lab} raft\n:name: first\n:scenario: steady\nWhen labs cannot run.\n:::\n"


def html(body):
    return "".join(part.html for part in parse(HEAD + body).parts if isinstance(part, Prose))


def problems(body, head=HEAD):
    text = parse(head + body)
    return text.problems or check(text, embeds.lab_info, {"9.1": set(), "8.3": {"quorum"}})


def test_the_lessons_of_the_course_have_no_problems():
    files = library.read_all()
    assert "8.5" in [file.number for file in files]
    assert library.problems(files, embeds.lab_info) == {}


def test_a_text_becomes_prose_blocks_and_an_outline():
    text = parse(
        HEAD + "Before.\n\n## A majority {#majority}\n\n" + LAB + "\n:::{note}\nAside.\n:::\n\nAfter `code here`.\n\n## Second *idea*\n"
    )
    assert not text.problems
    assert [part.kind for part in text.parts] == ["prose", "lab", "note", "prose"]
    assert [(h.level, h.id, h.text) for h in text.outline] == [(2, "majority", "A majority"), (2, "second-idea", "Second idea")]
    lab = text.labs[0]
    assert (lab.lab, lab.name, lab.scenario, lab.figure, lab.line) == ("raft", "first", "steady", 1, 11)
    assert "When labs cannot run" in lab.fallback
    assert text.title == "Clocks"


def test_equal_headings_get_ids_of_their_own():
    assert [h.id for h in parse(HEAD + "## Cost\n\n## Cost\n\n## Cost\n").outline] == ["cost", "cost-2", "cost-3"]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("lab:first#crash-leader", {'data-step="crash-leader"', 'data-lab="first"', 'href="#lab-first"', 'class="drive"'}),
        ("lab:first?nodes=7&loss_percent=1", {'data-params="nodes=7&amp;loss_percent=1"'}),
        ("lab:first#t=12.5s", {'data-moment="12.5"'}),
        ("lesson:8.3#quorum", {'href="/lessons/8.3/#quorum"'}),
    ],
)
def test_links_drive_the_lab_and_lead_to_lessons(link, expected):
    body = f"[text]({link})\n\n{LAB}"
    assert not problems(body)
    assert all(attribute in html(body) for attribute in expected)


def test_tables_and_footnotes_are_rendered_without_inline_styles():
    out = html("| a | b |\n|--:|:-:|\n| 1 | 2 |\n\nSaid.[^1]\n\n[^1]: By whom.\n")
    assert 'class="align-right"' in out
    assert "style" not in out
    assert 'href="#fn1"' in out and 'id="fn1"' in out


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "<javascript:alert(1)>",
        '[x](https://e.example "\\" onmouseover=alert(1) x=\\"")',
        "![x](javascript:alert(1))",
        "![x](https://tracker.example/p.gif)",
        "<style>body{display:none}</style>",
        "<iframe src='//e.example'></iframe>",
        "| a |\n|--|\n| <b onclick=x> |",
        "```<script>\n</code></pre><script>alert(1)</script>\n```",
        "## <script>alert(1)</script> {#x}",
    ],
)
def test_nothing_dangerous_comes_out(evil):
    text = parse(HEAD + evil)
    out = text.title + "".join(getattr(part, "html", "") for part in text.parts)
    lowered = out.lower()
    assert "<script" not in lowered
    assert "<img" not in lowered and "<iframe" not in lowered and "<style" not in lowered
    assert 'href="javascript' not in lowered and 'href="data' not in lowered and 'href="vbscript' not in lowered
    assert not any(
        " on" in tag for tag in __import__("re").findall(r"<[a-z][^>\"]*(?:\"[^\"]*\"[^>\"]*)*>", lowered) if "title=" not in tag
    )


def test_raw_html_is_shown_as_text():
    assert "&lt;b&gt;bold&lt;/b&gt;" in html("Some <b>bold</b> words.")


def test_captions_notes_and_fallbacks_are_sanitised_too():
    text = parse(HEAD + ":::{lab} raft\n:name: a\n:caption: <script>x</script>\n<b onclick=x>\n:::\n:::{note}\n<script>y</script>\n:::\n")
    lab, note = text.labs[0], next(part for part in text.parts if isinstance(part, blocks.NoteBlock))
    assert "<script" not in lab.caption + lab.fallback + note.html
    assert "<b " not in lab.fallback


@pytest.mark.parametrize(
    ("body", "line", "what", "expected"),
    [
        ("[x](lab:first#melt)\n\n" + LAB, 7, "no step 'melt'", "crash-leader"),
        ("[x](lab:other#heal)\n\n" + LAB, 7, "No lab on this page is named 'other'", "first"),
        ("one\ntwo\n[x](lab:first?nodes=8)\n\n" + LAB, 9, "nodes cannot be '8'", "3, 5, 7"),
        ("[x](lab:first?colour=red)\n\n" + LAB, 7, "no parameter 'colour'", "nodes"),
        ("[x](lab:FIRST)\n\n" + LAB, 7, "leads nowhere", "lab:"),
        ("[x](lesson:7.7)\n", 7, "There is no lesson 7.7", "8.3"),
        ("[x](lesson:8.3#nothing)\n", 7, "no heading 'nothing'", "quorum"),
        ("[x](#nothing)\n", 7, "no heading 'nothing'", ""),
        ("[x](relative/page)\n", 7, "leads nowhere", "https:"),
        (":::{lab} quantum\n:name: q\n:::\n", 7, "There is no lab 'quantum'", "catalog"),
        (":::{lab} raft\n:name: q\n:scenario: storm\n:::\n", 7, "no scenario 'storm'", "steady"),
        (":::{lab} raft\n:name: q\n:nodes: many\n:::\n", 7, "cannot be 'many'", "3, 5, 7"),
        (":::{lab} raft\nNo name.\n:::\n", 7, "no `:name:`", "small letters"),
        (LAB + "\n" + LAB, 13, "Two labs are named 'first'", "once"),
        (":::{video} cats\n:::\n", 7, "no block '{video} cats'", "lab, figure, note, guide, quiz"),
        (":::{figure} unicorn\n:::\n", 7, "no drawing 'unicorn'", "templates/"),
        (":::{note}\nNever closed.\n", 7, "never closed", ":::"),
        ("- a\n\n  :::{note}\n  x\n  :::\n", 9, "inside a list", "left margin"),
        ("![x](/a.png)\n", 7, "Pictures", "figure"),
        ("# Second title\n", 7, "2 headings of the first level", "one"),
        ("## A {#x}\n\n## B {#x}\n", 9, "used twice", "once"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_was_expected(body, line, what, expected):
    found = problems(body)
    assert [(p.line, what in p.what, expected in p.expected) for p in found] == [(line, True, True)], [str(p) for p in found]
    assert found[0].example


@pytest.mark.parametrize(
    ("head", "line", "what"),
    [
        ("# Clocks\n", 1, "no front matter"),
        ("---\nid: 8.5\ntitle: T\n---\n# T\n", 2, "`id` is 8.5"),
        ("---\ntitle: T\n---\n# T\n", 1, "`id` is missing"),
        ('---\nid: "8.5"\ntitle: T\nminutes: 9999\n---\n# T\n', 4, "`minutes`"),
        ('---\nid: "8.5"\ntitle: T\nauthor: me\n---\n# T\n', 4, "Unknown key 'author'"),
        ('---\nid: "8.5"\ntitle: [\n---\n# T\n', 3, "not YAML"),
        ("---\n- a\n---\n# T\n", 2, "not a list of keys"),
        ('---\nid: "8.5"\ntitle: !!python/object/apply:os.system [id]\n---\n# T\n', 3, "not YAML"),
    ],
)
def test_front_matter_is_checked(head, line, what):
    found = parse(head).problems
    assert (found[0].line, what in found[0].what) == (line, True), [str(p) for p in found]


def test_a_text_has_a_limit():
    assert "bytes" in parse(HEAD + "x" * SOURCE_BYTES_MAX).problems[0].what
    assert "NUL" in parse(HEAD + "a\0b").problems[0].what
    with pytest.raises(ContentError, match=r"lesson, line 1: .* Expected: .* Example: "):
        parse("nothing").require("lesson")


def test_a_file_that_is_not_text_is_named_with_its_line(tmp_path):
    (tmp_path / "9.1.md").write_bytes(HEAD.encode() + b"\xff\xfe")
    with pytest.raises(ContentError, match=r"9\.1\.md, line 7"):
        library.read_all(tmp_path)


def test_a_file_is_named_as_its_lesson(tmp_path):
    (tmp_path / "9.2.md").write_text(HEAD)
    assert "says it is lesson 9.1" in library.problems(library.read_all(tmp_path), embeds.lab_info)["9.2.md"][0].what


@given(st.text(alphabet=st.sampled_from(list(":{}[]()#`|-\n \t<>&!*^labnoteraftx.=?")), max_size=200))
def test_any_text_is_read_or_refused_and_never_breaks(body):
    text = parse(HEAD + body)
    check(text, embeds.lab_info, {})
    assert "<script" not in "".join(getattr(part, "html", "") for part in text.parts)
