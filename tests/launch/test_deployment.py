"""Dockerfile, compose.yaml and .env.example against the code they start, as far as that goes without an engine."""

import json
import re
import shlex
from importlib.util import find_spec

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from academy.launch import programs, ready
from academy.launch.place import ROOT, Place
from labs import tasks

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SITE = [name for name, service in COMPOSE["services"].items() if service.get("image") == "academy"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DOCKER_COMMAND = json.loads(re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])


def commands():
    for name in SITE:
        service = COMPOSE["services"][name]
        yield f"{name} runs", service.get("command", DOCKER_COMMAND)
        if "healthcheck" in service:
            yield f"{name} is well", service["healthcheck"]["test"][1:]
    yield "the image runs", DOCKER_COMMAND
    for line in re.findall(r"python (manage\.py [^\\\n]*)", DOCKERFILE):
        yield "the image is made", shlex.split(f"python {line}")


def known(command):
    """Whether the program, and what it is asked to start, exist here."""
    match command:
        case ["python", "manage.py", name, *_]:
            return name in get_commands()
        case ["python", "-m", "academy.launch.ready", name]:
            return name in ("web", *ready.WORKERS)
        case ["uvicorn", "academy.asgi:application", *_]:
            return find_spec("uvicorn") is not None
        case ["celery", "--app", "academy", "worker" | "beat", *_]:
            return find_spec("celery") is not None
    return False


@pytest.mark.parametrize(("what", "command"), list(commands()))
def test_every_command_exists(what, command):
    assert known(command), command


@pytest.mark.parametrize("command", [c for _, c in commands() if c[0] in ("uvicorn", "celery")], ids=" ".join)
def test_every_option_of_the_servers_is_one_they_have(command):
    from celery.bin.celery import celery
    from uvicorn.main import main as uvicorn

    if command[0] == "uvicorn":
        uvicorn.make_context("uvicorn", command[1:])
        return
    name = command[3]
    options = {option for parameter in celery.commands[name].params for option in parameter.opts + parameter.secondary_opts}
    used = {part.partition("=")[0] for part in command[4:] if part.startswith("--")}
    assert used <= options


def test_every_queue_that_tasks_are_sent_to_has_a_worker():
    served = set()
    for name in SITE:
        command = COMPOSE["services"][name].get("command", [])
        if "--queues" in command:
            served |= set(command[command.index("--queues") + 1].split(","))
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {
        settings.CELERY_TASK_DEFAULT_QUEUE,
        tasks.ACTS,
        tasks.AHEAD,
    }
    assert routed <= served
    with_up = [programs.acting_worker(Place(), {}), programs.live_worker(Place(), {}), programs.background_worker(Place(), {})]
    assert served == {queue for program in with_up for queue in program.command[program.command.index("--queues") + 1].split(",")}


def test_the_site_runs_without_rights_and_its_secrets_have_no_default():
    assert re.search(r"^USER academy$", DOCKERFILE, re.MULTILINE)
    for name in SITE:
        service = COMPOSE["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
    text = (ROOT / "compose.yaml").read_text()
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        assert f"${{{secret}:?" in text
        assert f"${{{secret}:-" not in text


def test_only_the_web_server_is_reachable_from_outside_and_by_default_from_this_host():
    published = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    assert published == {"web": ["${ADDRESS:-127.0.0.1:8000}:8000"]}


def test_redis_never_evicts_a_queue():
    assert "--maxmemory-policy noeviction" in COMPOSE["services"]["redis"]["command"][-1]


def test_the_example_names_every_variable_there_is_and_no_other():
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    source = (ROOT / "academy" / "settings.py").read_text()
    read = set(re.findall(r"""(?:env(?:\.\w+)?|local)\(\s*"([A-Z_]+)\"""", source))
    composed = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert named == read | composed | {"ACADEMY_PYTHON", "CHROMIUM"}


def test_the_image_leaves_out_the_private_servers_by_names_that_requirements_have():
    left_out = re.search(r"grep -vE '\^\((.*?)\)=='", DOCKERFILE)[1].split("|")
    requirements = (ROOT / "requirements.txt").read_text()
    for name in left_out:
        assert re.search(rf"^{name}==", requirements, re.MULTILINE)
