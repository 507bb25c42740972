"""Item statistics: by hand, against the standard library, and as `manage.py itemstats` prints them."""

import json
import math
import statistics as plain
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from academy.insight import marks_csv
from academy.insight import statistics as ours

HEAD = "a:1,b:1,c:2\n"
WORKED = HEAD + "1,1,2\n1,0,1\n0,0,0\n1,1,1\n"


@pytest.fixture
def run(tmp_path):
    def call(text):
        file = tmp_path / "marks.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = StringIO()
        call_command("itemstats", str(file), stdout=out)
        return json.loads(out.getvalue())

    return call


@pytest.fixture
def refused(run):
    def call(text):
        with pytest.raises(CommandError) as error:
            run(text)
        said = str(error.value)
        assert "\n" not in said
        return said.partition(".csv: ")[2]

    return call


def columns(rows):
    return [[Decimal(mark) for mark in column] for column in zip(*rows, strict=True)]


def items(rows, maxima):
    return ours.of_items(columns(rows), [maximum * len(rows) for maximum in maxima])


# --- by hand ---


def test_a_table_worked_out_by_hand(run):
    """Totals 4, 2, 0, 3: mean 9/4, variance 35/12. Item b: marks 1 0 0 1, rest 3 2 0 2, covariance 1/2, variances 1/3 and 19/12; sorted,
    0 0 1 1 against 0 2 2 3, the same covariance. Covariances with the total: a 3/4, b 1/2 + 1/3 = 5/6, c 4/3.
    """
    found = run(WORKED)
    a, b, c = found["items"]
    assert (b["name"], b["n"], b["facility"]) == ("b", 4, 0.5)
    assert b["sd"] == pytest.approx(math.sqrt(1 / 3))
    assert b["item_rest"] == pytest.approx(0.5 / math.sqrt(1 / 3 * 19 / 12))
    assert b["efficiency"] == 1
    roots = [math.sqrt(3 / 4), math.sqrt(5 / 6), math.sqrt(4 / 3)]
    assert [one["weight"] for one in (a, b, c)] == pytest.approx([root / sum(roots) for root in roots])
    assert (a["facility"], c["facility"]) == (0.75, 0.5)
    alpha = 3 / 2 * (1 - (1 / 4 + 1 / 3 + 2 / 3) / (35 / 12))
    assert found["test"] == {"n": 4, "alpha": pytest.approx(alpha), "sem": pytest.approx(math.sqrt(35 / 12 * (1 - alpha)))}


def test_a_guttman_scale_of_three_items_has_an_alpha_of_three_quarters():
    """Variances 1/4, 1/3, 1/4; totals 0 to 3 with 5/3: alpha = 3/2 * (1 - (5/6)/(5/3)) = 0.75, SEM = sqrt(5/3)/2."""
    found = ours.of_test(columns([(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)]))
    assert found.alpha == Decimal("0.75")
    assert float(found.sem) == pytest.approx(math.sqrt(5 / 3) / 2)


def test_items_that_say_the_same_have_an_alpha_of_one_and_no_error():
    found = ours.of_test(columns([(n, n, n) for n in (0, 1, 1, 3, 4)]))
    assert (found.alpha, found.sem) == (1, 0)


@pytest.mark.parametrize("k", [2, 3, 10])
def test_alpha_of_parallel_items_is_what_spearman_and_brown_say(k):
    """Items of equal variance whose correlations are all r: alpha = kr / (1 + (k - 1) r). Each is what all share plus an error of its own,
    in every combination of signs, so that the errors are uncorrelated: r = 4 / (4 + 1)."""
    rows = [[2 * shared + (1 if bits >> item & 1 else -1) + 3 for item in range(k)] for shared in (-1, 1) for bits in range(1 << k)]
    r = Decimal(4) / 5
    found = ours.of_test(columns(rows))
    assert float(found.alpha) == pytest.approx(float(k * r / (1 + (k - 1) * r)))


def test_uncorrelated_items_have_an_alpha_of_zero():
    assert ours.of_test(columns([(0, 0), (0, 1), (1, 0), (1, 1)])).alpha == 0


def test_an_item_against_the_rest_is_negative_weighs_nothing_and_the_weights_are_one():
    found = items([(4, 4, 0), (3, 3, 0), (2, 2, 1), (1, 1, 1), (0, 0, 1)], (4, 4, 1))
    assert found[2].item_rest < 0
    assert found[2].efficiency < 0
    assert found[2].weight == 0
    assert sum(one.weight for one in found) == 1


def test_efficiency_is_lower_than_one_where_the_same_marks_could_have_told_more():
    """x = 1 0 1, rest = 3 1 0: covariance 1/3 * ... = 0.1667; sorted 0 1 1 against 0 1 3: 0.6667. A quarter."""
    found = items([(1, 3), (0, 1), (1, 0)], (1, 3))
    assert found[0].efficiency == Decimal("0.25")


def test_the_item_itself_is_not_in_the_rest():
    """Against the total it would correlate; with the rest it does not at all."""
    found = items([(0, 0), (0, 1), (1, 0), (1, 1)], (1, 1))
    assert [one.item_rest for one in found] == [0, 0]


@pytest.mark.parametrize(
    ("rows", "maxima"),
    [([(1, 1), (1, 0), (1, 1)], (1, 1)), ([(1,), (0,)], (1,)), ([(1, 0)], (1, 1)), ([(0, 1), (1, 0)], (1, 1))],
)
def test_what_is_not_defined_is_none(rows, maxima):
    first = items(rows, maxima)[0]
    if len(rows) == 1:
        assert (first.sd, first.weight, first.facility) == (None, None, 1)
    if len({row[0] for row in rows}) == 1 or len(rows[0]) == 1:
        assert (first.item_rest, first.efficiency) == (None, None)
    test = ours.of_test(columns(rows))
    assert (test.alpha is None) == (len(rows) < 2 or len(rows[0]) < 2 or len({sum(row) for row in rows}) == 1)
    assert (test.sem is None) == (test.alpha is None)


def test_who_was_not_asked_an_item_is_left_out_of_it_and_keeps_their_total():
    marks = [[Decimal(1), Decimal(0), None, Decimal(1)], [Decimal(2), Decimal(1), Decimal(5), Decimal(3)]]
    found = ours.of_items(marks, [Decimal(3), Decimal(20)])
    assert (found[0].n, found[1].n) == (3, 4)
    assert found[0].facility == Decimal(2) / 3 or float(found[0].facility) == pytest.approx(2 / 3)
    assert float(found[0].item_rest) == pytest.approx(plain.correlation([1, 0, 1], [2, 1, 3]))
    assert float(found[1].item_rest) == pytest.approx(plain.correlation([2, 1, 5, 3], [1, 0, 0, 1]))


# --- against the standard library ---

TABLES = st.integers(1, 5).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 8).map(lambda n: Decimal(n) / 4), min_size=k, max_size=k), min_size=1, max_size=12)
)


@given(TABLES)
def test_every_figure_is_what_straightforward_code_gives(rows):
    found, test = items(rows, [2] * len(rows[0])), ours.of_test(columns(rows))
    totals = [float(sum(row)) for row in rows]
    many = len(rows) > 1
    roots = []
    for at, one in enumerate(found):
        marks = [float(row[at]) for row in rows]
        rest = [total - mark for total, mark in zip(totals, marks, strict=True)]
        assert float(one.facility) == pytest.approx(plain.mean(marks) / 2)
        if not many:
            continue
        assert float(one.sd) == pytest.approx(plain.stdev(marks), abs=1e-9)
        varies = len(set(marks)) > 1 and len(set(rest)) > 1
        assert (one.item_rest is not None) == (one.efficiency is not None) == varies
        if varies:
            assert float(one.item_rest) == pytest.approx(plain.correlation(marks, rest), abs=1e-9)
            best = plain.covariance(sorted(marks), sorted(rest))
            assert float(one.efficiency) == pytest.approx(plain.covariance(marks, rest) / best, abs=1e-9)
            assert -1 <= one.efficiency <= 1
        roots.append(math.sqrt(max(plain.covariance(marks, totals), 0)))
    if many and sum(roots) > 1e-6:
        assert [float(one.weight) for one in found] == pytest.approx([root / sum(roots) for root in roots], abs=1e-6)
    if many and len(found) > 1 and len(set(totals)) > 1:
        k, variance = len(found), plain.variance(totals)
        alpha = k / (k - 1) * (1 - sum(plain.variance([float(row[at]) for row in rows]) for at in range(k)) / variance)
        assert float(test.alpha) == pytest.approx(alpha, abs=1e-9)
        assert float(test.sem) == pytest.approx(math.sqrt(max(variance * (1 - alpha), 0)), abs=1e-6)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=20))
def test_a_point_biserial_is_the_difference_of_two_means(pairs):
    """r = (M1 - M0) / s * sqrt(n1 n0 / n^2), s dividing by n."""
    chose = [int(one) for one, _ in pairs]
    rest = [mark for _, mark in pairs]
    with_it, without = ([mark for one, mark in pairs if one is side] for side in (True, False))
    found = ours.correlation(chose, rest)
    if not with_it or not without or len(set(rest)) == 1:
        assert found is None
        return
    share = len(with_it) * len(without) / len(pairs) ** 2
    by_hand = (plain.mean(with_it) - plain.mean(without)) / plain.pstdev(rest) * math.sqrt(share)
    assert float(found) == pytest.approx(by_hand)


def test_quartiles_lie_between_two_values_in_proportion():
    four = [Decimal(n) for n in (4, 1, 3, 2)]
    assert ours.median(four) == Decimal("2.5")
    assert ours.quantile(four, ours.Fraction(1, 4)) == Decimal("1.75")
    assert ours.median([]) is None


# --- flags ---


def test_a_key_is_to_be_checked_where_an_item_discriminates_negatively_and_enough_took_it():
    figures = ours.ItemFigures(n=10, item_rest=Decimal("-0.01"))
    assert ours.negative(figures)
    assert not ours.negative(ours.ItemFigures(n=9, item_rest=Decimal("-0.9")))
    assert not ours.negative(ours.ItemFigures(n=10, item_rest=Decimal(0)))
    assert not ours.negative(ours.ItemFigures(n=10))


def test_a_key_is_to_be_checked_where_a_wrong_choice_is_the_better_one():
    low, high = Decimal("0.1"), Decimal("0.3")
    assert ours.upside_down([low], [None, high])
    assert not ours.upside_down([high], [low])
    assert not ours.upside_down([-high], [-low])
    assert ours.upside_down([None], [low])  # nobody chose what is right
    assert not ours.upside_down([low], [low])


# --- the file ---


@pytest.mark.parametrize(
    "text",
    [
        WORKED,
        "\ufeff" + WORKED,
        WORKED.replace(",", ";"),
        WORKED.replace(",", "\t"),
        WORKED.replace("\n", "\r\n"),
        WORKED.replace("1,0,1\n", "1,,1\n"),
        WORKED.replace("1,0,1\n", " 1 , 0.0 ,1.\n\n"),
        WORKED.replace("1,0,1\n", '"1",+0,1\n,,\n'),
        "name,a:1,b:1,c:2\nAda,1,1,2\nBob,1,0,1\nEve,0,,0\nMeg,1,1,1\n",
        ",a:1,b:1,c:2\n7,1,1,2\n8,1,0,1\n9,,,\n10,1,1,1\n",
        '"a : 1","b:1.00",c:2.0\n1,1,2\n1,0,1\n0,0,0\n1,1,1\n',
    ],
)
def test_one_table_in_many_spellings(run, text):
    assert run(text) == run(WORKED)


def test_a_comma_is_a_point_where_semicolons_separate(run):
    assert run("a:1,5;b:1\n0,5;1\n1,5;0\n") == run("a:1.5,b:1\n0.5,1\n1.5,0\n")
    assert run("a:1,5;b:1,5\n0,5;1\n1,5;0\n") == run("a:1.5,b:1.5\n0.5,1\n1.5,0\n")
    assert run("1:1,2:1\n1,1\n1,0\n")["items"][1]["name"] == "2"


def test_a_name_may_hold_a_colon(run):
    assert run("q:1:1\n1\n0\n")["items"][0]["name"] == "q:1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file is empty"),
        ("\n\n", "line 1: the file is empty"),
        ("a:1\n", "line 1: there are no marks"),
        ("a,b:1\n1,1\n", "line 1, column 1: expected an item as name:max, such as q1:1, got 'a'"),
        ("name,b\n1,1\n", "line 1, column 2: expected an item as name:max, such as q1:1, got 'b'"),
        ("a:1,b:\n1,1\n", "line 1, column 2: expected an item as name:max, such as q1:1, got 'b:'"),
        ("a:1,:1\n1,1\n", "line 1, column 2: expected an item as name:max, such as q1:1, got ':1'"),
        ("a:1,\n1,1\n", "line 1, column 2: expected an item as name:max, such as q1:1, got ''"),
        ("a:0\n0\n", "line 1, column 1 (a): expected a maximum above 0, got '0'"),
        ("a:-1\n0\n", "line 1, column 1 (a): expected a maximum above 0, got '-1'"),
        ("a:ten\n0\n", "line 1, column 1 (a): expected a maximum above 0, got 'ten'"),
        ("a:1,b:1,a:2\n0,0,0\n", "line 1, column 3: expected each name once, got 'a', which column 1 has already"),
        ("a:1,b:1\n0,0\n1,x\n", "line 3, column 2 (b): expected a number from 0"),
        ("a:1,b:1\n0,0\n1,NaN\n", "got 'NaN'"),
        ("a:1,b:1\n0,0\n1,1e0\n", "got '1e0'"),
        ("a:1,b:1\n0,0\n1,\u0661\n", "line 3, column 2 (b): expected a number from 0"),
        ("a:1,b:1\n0,0\n1,1_0\n", "got '1_0'"),
        ("a:1,b:1\n0,0\n1,1.1\n", "line 3, column 2 (b): expected a mark from 0 to 1, got 1.1."),
        ("a:2,b:1\n2,0\n1,2\n", "line 3, column 2 (b): expected a mark from 0 to 1, got 2."),
        ("a:1,b:1\n0,-0.5\n", "line 2, column 2 (b): expected a mark from 0 to 1, got -0.5, which is below 0"),
        ("a:1,b:1\n0,0\n1\n", "line 3: expected 2 columns, as the first line has, got 1"),
        ("a:1,b:1\n0,0,0\n", "line 2: expected 2 columns, as the first line has, got 3"),
        ('a:1,b:1\n0,"0\n', "this is not CSV"),
        (b"a:1\n1\n\xff\n", "line 3: expected UTF-8, got the byte 0xff"),
        (WORKED.encode("utf-16"), "line 1: expected UTF-8, got the byte 0xff"),
        (",".join(f"q{n}:1" for n in range(301)) + "\n", "line 1: expected at most 300 items, got 301"),
        ("a:1\n" + "1\n" * 5_001, "line 5002: more than 5000 students"),
        ("a" * 200_000 + ":1\n1\n", "this is not CSV: field larger than field limit"),
    ],
)
def test_what_cannot_be_read_says_where_what_was_expected_and_what_came(refused, text, said):
    assert said in refused(text)


def test_a_file_that_is_too_large_is_not_read(refused, monkeypatch):
    monkeypatch.setattr(marks_csv, "BYTES_MAX", 20)
    assert "the file is larger" in refused(WORKED)


@pytest.mark.parametrize("name", ["nothing.csv", ".", "nul\0.csv"])
def test_a_file_that_is_not_there_is_said_in_a_line(tmp_path, name):
    with pytest.raises(CommandError, match="expected a CSV file that can be read, got"):
        call_command("itemstats", f"{tmp_path}/{name}")


@settings(max_examples=300)
@given(st.text("ab:,;\t\n\"'1.5-+ é\0", max_size=40) | st.binary(max_size=40))
def test_any_file_is_a_table_or_a_sentence(text):
    try:
        table = marks_csv.read(text if isinstance(text, bytes) else text.encode())
    except marks_csv.Unreadable as error:
        assert str(error)
    else:
        assert len({len(column) for column in table.columns}) == 1
        ours.of_items(table.columns, [most * table.n for most in table.maxima])
        ours.of_test(table.columns)


def test_what_is_printed_is_json_and_has_no_nan(tmp_path, capsys):
    file = tmp_path / "marks.csv"
    file.write_text("a:1,b:1\n1,1\n1,1\n")
    call_command("itemstats", str(file))
    text = capsys.readouterr().out
    assert "NaN" not in text
    found = json.loads(text)
    assert [list(one) for one in found["items"]] == [["name", "n", "facility", "sd", "item_rest", "efficiency", "weight"]] * 2
    assert found["items"][0] == {"name": "a", "n": 2, "facility": 1, "sd": 0, "item_rest": None, "efficiency": None, "weight": None}
    assert found["test"] == {"n": 2, "alpha": None, "sem": None}
