#!/usr/bin/env python3
"""The way in: `python3 manage.py up` needs Python 3.11 or newer and nothing else.

This file is standard library only. It makes `.venv` (or finds it complete), runs itself again inside it and hands over to
`academy/launch`, which knows `up`, `test` and every Django command. ACADEMY_PYTHON=system says that this interpreter has all
requirements already (containers).
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"  # there while an installation is under way: an interrupted one is made anew, never trusted
REQUIREMENTS = {"site": ["requirements.txt"], "tests": ["requirements.txt", "tests/requirements.txt"]}
SPACE_MB = 700
DEBIAN = ["apt-get", "install", "-y", "--no-install-recommends", "python3-venv"]  # Debian packs ensurepip apart from Python


def stop(sentence: str) -> NoReturn:
    sys.exit(f"manage.py: {sentence}")


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def fingerprint(wanted: str) -> str:
    return hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in REQUIREMENTS[wanted])).hexdigest()


def complete(wanted: str) -> bool:
    """Whether `.venv` has what is wanted. What the tests need contains what the site needs."""
    if not os.access(PYTHON, os.X_OK) or UNFINISHED.exists():
        return False
    stamps = {name: VENV / f"installed-{name}" for name in ("site", "tests") if wanted in ("site", name)}
    return any(stamp.exists() and stamp.read_text() == fingerprint(name) for name, stamp in stamps.items())


def works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def show(progress: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{progress[:100]}")
        sys.stderr.flush()


def run(command: list[str], packages: int = 0) -> None:
    """Run it to its end with a line of progress; on failure stop with its last words."""
    collected = 0
    last: deque[str] = deque(maxlen=4)
    settings = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            for line in filter(str.strip, process.stdout or []):
                last.append(line.strip())
                collected += line.startswith("Collecting ")
                if line.startswith(("Collecting ", "Installing collected")):
                    show(f"  {min(collected, packages)} of {packages}: {line.split(' (')[0].strip()}")
        except BaseException:
            process.terminate()
            raise
    show("")
    if process.returncode and any("No space left" in line for line in last):
        stop(f"the disk filled up while installing into {VENV}. Free {SPACE_MB} MB and start again.")
    if process.returncode:
        stop(f"installing into {VENV} failed; pip must reach PyPI, or its configuration name a mirror. It ended with: {' '.join(last)}")


def make() -> None:
    """An empty `.venv`, whatever this machine's Python came with."""
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    UNFINISHED.touch()
    command = [sys.executable, "-m", "venv", str(VENV)]
    if works(command):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"This Python has no ensurepip: {' '.join(DEBIAN)}")
        works(["apt-get", "update"])
        if works(DEBIAN) and works(command):
            return
    run([*command, "--without-pip"])


def pip() -> list[str]:
    """How to run pip for `.venv`: its own, else this interpreter's on its behalf."""
    for command in ([str(PYTHON), "-m", "pip"], [sys.executable, "-m", "pip", "--python", str(PYTHON)]):
        if works([*command, "--version"]):
            return command
    stop(f"this Python has neither ensurepip nor pip. Install one and start again; on Debian and Ubuntu: {' '.join(DEBIAN)}")


def install(wanted: str) -> None:
    free_mb = shutil.disk_usage(ROOT).free // 1_000_000
    if free_mb < SPACE_MB:
        stop(f"installing needs {SPACE_MB} MB on the disk of {ROOT}, which has {free_mb} MB free. Free some and start again.")
    usable = os.access(PYTHON, os.X_OK) and not UNFINISHED.exists() and works([str(PYTHON), "-c", ""])
    say("Updating .venv to the pinned requirements." if usable else "Making .venv with the pinned requirements (once; a minute or so).")
    try:
        if not usable:
            make()
        UNFINISHED.touch()
        packages = sum((ROOT / name).read_text(encoding="utf-8").count("==") for name in REQUIREMENTS[wanted])
        quiet = ["--progress-bar", "off", "--no-input", "--disable-pip-version-check", "--root-user-action", "ignore"]
        run([*pip(), "install", *quiet, "-r", str(ROOT / REQUIREMENTS[wanted][-1])], packages)
    except BaseException:
        if not usable:
            shutil.rmtree(VENV, ignore_errors=True)
        raise
    (VENV / f"installed-{wanted}").write_text(fingerprint(wanted))
    UNFINISHED.unlink()


def environment(wanted: str) -> None:
    """Make `.venv` complete; two first starts at once wait for each other."""
    if complete(wanted):
        return
    try:
        local = ROOT / ".local"
        local.mkdir(exist_ok=True)
        with (local / "environment.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not complete(wanted):
                install(wanted)
    except FileExistsError as error:
        stop(f"{error.filename} is a file, and the site needs a directory of that name. Move the file away and start again.")
    except OSError as error:
        stop(f"{VENV} could not be made: {error.strerror}: {error.filename}. This user must be able to write there.")


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - the sentence for those who have an older one
        stop(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Install one and start with it: python3.11 manage.py up")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if Path(sys.prefix).resolve() != VENV.resolve() and os.environ.get("ACADEMY_PYTHON") != "system":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        environment("tests" if command in ("test", "environment") else "site")
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *sys.argv[1:]])
    from academy.launch.main import main as launch

    sys.exit(launch(sys.argv))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("stopped. The next start goes on from here.")
