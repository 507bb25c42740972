"""What the log says about requests that were refused, and about those that failed."""

import logging
import sys

import pytest
from django.urls import reverse

from academy.site.quiet import Quiet

pytestmark = pytest.mark.django_db


def test_a_refusal_is_one_line_without_a_traceback(client, django_user_model, caplog):
    client.force_login(django_user_model.objects.create_user("alice"))
    with caplog.at_level(logging.WARNING, "django.request"):
        assert client.get(reverse("classes:new")).status_code == 403
    [said] = [record for record in caplog.records if record.name == "django.request"]
    assert "Forbidden" in said.getMessage()
    assert not said.exc_info


def test_a_failure_keeps_its_traceback():
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        record = logging.LogRecord("django.request", logging.ERROR, "", 0, "Internal Server Error", (), sys.exc_info())
    record.status_code = 500
    assert Quiet().filter(record)
    assert record.exc_info
