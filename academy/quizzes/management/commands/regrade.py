"""`manage.py regrade`"""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.classes.models import SchoolClass
from academy.quizzes import regrade_changes, regrade_effects, regrade_replay, regrading
from academy.quizzes.models import RegradeDelta, RegradeRun
from lessons.models import Question

HELP = """
Mark answers anew. Without --apply nothing is changed.

  regrade q-8-5-votes --class 3 --mode new_key       the dry run for one question in one class
  regrade --challenge                                play all graded challenges again; exit 1 where a verdict differs
  regrade --challenge elect-after-crash --lab raft   only this one

--apply writes what was shown, with --reason; it can be taken back on the class's pages.
"""
MODES = RegradeRun.Mode.values


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("question", nargs="?", metavar="QUESTION", help="the id of a question")
        parser.add_argument(
            "--challenge", nargs="?", const="", metavar="NAME", help="play graded challenges again: all, or those of a name"
        )
        parser.add_argument("--lab", default="", metavar="SLUG", help="with --challenge: only those in this lab")
        parser.add_argument("--class", dest="school_class", type=int, metavar="PK", help="the number in the address of the class's page")
        parser.add_argument("--mode", choices=MODES, default="new_key")
        parser.add_argument("--apply", action="store_true", help="write it")
        parser.add_argument("--reason", default="", help="kept with every mark; the students read it")

    def handle(self, *args: Any, question: str | None, challenge: str | None, **options: Any) -> None:
        if (question is None) == (challenge is None):
            raise CommandError("Expected the id of a question, or --challenge. See `manage.py regrade --help`.")
        if options["apply"] and not options["reason"].strip():
            raise CommandError("--apply needs --reason: it is kept with every mark and the students read it.")
        school_class = self.school_class(options["school_class"])
        if challenge is None:
            self.question(str(question), school_class, options)
        else:
            self.challenges(challenge, school_class, options)

    def school_class(self, pk: int | None) -> SchoolClass | None:
        if pk is None:
            return None
        found = SchoolClass.objects.filter(pk=pk).first()
        if found is None:
            known = ", ".join(f"{one.pk} ({one})" for one in SchoolClass.objects.order_by("pk")[:10])
            raise CommandError(f"There is no class {pk}. There are: {known or 'none'}.")
        return found

    # A question

    def question(self, uid: str, school_class: SchoolClass | None, options: dict[str, Any]) -> None:
        if school_class is None:
            raise CommandError("Expected --class PK: a question is marked anew in one class.")
        found = Question.objects.filter(uid=uid).exclude(current=None).first()
        if found is None:
            raise CommandError(f"There is no question {uid!r} that was published.")
        try:
            run = regrading.plan(found, school_class, options["mode"], None, options["reason"])
            finished = regrading.finish(run)
            self.tell(finished)
            if options["apply"]:
                self.write(finished, options["reason"])
            else:
                regrading.discard(run.pk)
        except regrading.Refused as error:
            raise CommandError(str(error)) from error

    def tell(self, run: RegradeRun) -> None:
        rows = run.deltas.select_related("item__attempt__user").order_by("item__attempt__user__username", "pk")
        for one in rows:
            self.stdout.write(line(one))
        effect = regrade_effects.of_deltas(run)
        self.stdout.write(
            f"{effect.answers} answers, to version {run.to_version.n}: {effect.up} up, {effect.down} down, {effect.same} the same, "
            f"{effect.out} not counted any more, {effect.left} left alone; {effect.passes} pass now, {effect.fails} pass no more."
        )

    def write(self, run: RegradeRun, reason: str) -> None:
        regrading.apply(run.pk, actor=None, reason=reason)
        done = regrading.finish(run)
        if done.state != RegradeRun.State.APPLIED:
            raise CommandError(f"Regrade {run.pk} is {done.get_state_display()}: {done.error} It is tried again by the workers.")
        self.stdout.write(f"Regrade {run.pk} is applied.")

    # Challenges

    def challenges(self, name: str, school_class: SchoolClass | None, options: dict[str, Any]) -> None:
        found = []
        for one in regrade_replay.replays(school_class, options["lab"], name):
            found.append(one)
            if one.cannot:
                self.stdout.write(f"not played: {regrade_replay.title(one)}: {one.cannot}")
            elif one.differences:
                self.stdout.write(f"differs: {regrade_replay.title(one)}")
                for fact, (was, now) in one.differences.items():
                    self.stdout.write(f"    {fact}: stored {was!r}, played again {now!r}")
        different = [one for one in found if one.differences]
        unplayed = sum(bool(one.cannot) for one in found)
        self.stdout.write(f"{len(found) - unplayed} played again, {len(different)} differ, {unplayed} could not be played.")
        if options["apply"]:
            self.apply_replays(different, options["reason"])
        elif different:
            raise CommandError(f"{len(different)} of {len(found)} verdicts differ from what was stored.")

    def apply_replays(self, different: list[regrade_replay.Replay], reason: str) -> None:
        try:
            for run in regrade_replay.runs_of(different, reason):
                self.write(run, reason)
        except regrading.Refused as error:
            raise CommandError(str(error)) from error
        for one in different:
            if not one.stands:
                self.stdout.write(f"left alone: {regrade_replay.title(one)}: another mark counts.")


def line(one: RegradeDelta) -> str:
    attempt, plain = one.item.attempt, regrade_changes.plain
    if one.new["left"]:
        return f"{attempt.user}, attempt {attempt.number}: left alone. {one.note}"
    flip = {1: ", passes now", -1: ", passes no more"}.get(one.pass_flip, "")
    old, new = f"{plain(one.old_points)} of {plain(one.old_max)}", f"{plain(one.new_points)} of {plain(one.new_max)}"
    return f"{attempt.user}, attempt {attempt.number}: {old} -> {new} ({'+' if one.gain > 0 else ''}{plain(one.gain)}{flip})"
