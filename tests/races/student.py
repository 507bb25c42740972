"""A site of its own that hands in attempts, in whatever surroundings it is started: `python -m tests.races.student ID ...`

Prints for each attempt a line of JSON: its id, the receipt's code, and how long the student waited for it in seconds.
"""

import json
import sys
import time
import uuid

import django

django.setup()

from academy.quizzes import attempts  # noqa: E402
from academy.quizzes.models import Attempt  # noqa: E402
from tests.races.rounds import RIGHT, sent  # noqa: E402


def main(ids):
    for attempt in Attempt.objects.select_related("user").filter(pk__in=map(uuid.UUID, ids)):
        begun = time.monotonic()
        receipt = attempts.submit(attempt.pk, attempt.user, attempt.submit_key, sent(RIGHT))
        print(json.dumps([str(attempt.pk), receipt.code, time.monotonic() - begun]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
