from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client

LESSON = """---
id: "{number}"
title: {title}
lead: A question that hurts.
minutes: 5
---
# {title} at length

## First idea {{#first}}

Text about it.

## Second idea

See [above](#first).
"""


@pytest.fixture(autouse=True)
def site_settings(settings):
    """Limits count in a cache of the test's own; static files need no manifest; hashing a password takes no time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tests-web"}}
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def lesson_source():
    def make(number="9.1", title="Clocks", extra=""):
        return LESSON.format(number=number, title=title) + extra

    return make


@pytest.fixture
def lesson(db, lesson_source):
    from lessons import revisions

    return revisions.take_file(lesson_source())[0]


@pytest.fixture
def person(db, django_user_model):
    def make(name, **rights):
        return django_user_model.objects.create_user(username=name, password="correct-horse-9", **rights)

    return make


@pytest.fixture
def alice(person):
    return person("alice")


@pytest.fixture
def bob(person):
    return person("bob")


@pytest.fixture
def instructor(person):
    user = person("ines", is_staff=True)
    user.groups.add(Group.objects.get(name="Instructors"))
    return user


@pytest.fixture
def administrator(person):
    return person("adam", is_staff=True, is_superuser=True)


@pytest.fixture
def taught(instructor):
    """Makes a class that ines instructs, with these students."""
    from academy.classes import members
    from academy.classes.models import How, SchoolClass

    def make(*students, name="Systems", **fields):
        made = members.open_class(instructor, SchoolClass(name=name, **fields))
        for student in students:
            members.seat(made, student, How.CODE)
        return made

    return make


@pytest.fixture
def as_user():
    def log_in(user, **options):
        client = Client(**options)
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def root():
    return Path(__file__).resolve().parents[2]
