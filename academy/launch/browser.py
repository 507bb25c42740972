"""A Chromium for the tests: the one on PATH, else from Debian's packages as root, else Playwright's own download."""

import os
import shutil
import subprocess
import sys

from academy.launch.errors import LaunchError
from academy.launch.terminal import say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")
APT = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
# Asks Playwright where its own browser would be, without starting one.
ASK = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"


def chromium() -> str:
    """The program's path."""
    return installed() or by_apt() or by_playwright()


def installed() -> str:
    named = [os.environ.get("CHROMIUM", ""), *(shutil.which(name) or "" for name in NAMES), *PLACES]
    return next((path for path in named if path and os.access(path, os.X_OK)), "")


def by_apt() -> str:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return ""
    say(f"No Chromium on PATH: {' '.join(APT)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], env=environment, capture_output=True)
    subprocess.run(APT, env=environment, capture_output=True)
    return installed()


def by_playwright() -> str:
    asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True)
    path = asked.stdout.strip()
    if asked.returncode == 0 and os.access(path, os.X_OK):
        return path
    say("No Chromium on PATH: fetching Playwright's.")
    fetched = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, text=True)
    if fetched.returncode == 0 and os.access(path, os.X_OK):
        return path
    raise LaunchError(
        "The browser tests need Chromium: it is not on PATH, and neither Debian's packages (as root) nor Playwright gave one. "
        "Install it (Debian: apt-get install chromium) or name it: CHROMIUM=/path/to/chromium"
    )
