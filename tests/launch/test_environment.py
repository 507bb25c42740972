"""manage.py's own part: when `.venv` counts as complete. (That it is made from nothing is what CI does each time.)"""

import importlib.util

import pytest

from academy.launch.place import ROOT


@pytest.fixture
def way_in(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("way_in", ROOT / "manage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch(mode=0o755)
    (tmp_path / "tests").mkdir()
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / "tests" / "requirements.txt").write_text("b==1\n")
    for name, value in (("ROOT", tmp_path), ("VENV", venv), ("PYTHON", venv / "bin" / "python"), ("UNFINISHED", venv / "unfinished")):
        monkeypatch.setattr(module, name, value)
    return module


def install(way_in, wanted):
    (way_in.VENV / f"installed-{wanted}").write_text(way_in.fingerprint(wanted))


def test_an_environment_without_a_stamp_is_not_complete(way_in):
    assert not way_in.complete("site")


def test_an_installed_one_is_until_its_requirements_change(way_in):
    install(way_in, "site")
    assert way_in.complete("site")
    assert not way_in.complete("tests")
    (way_in.ROOT / "requirements.txt").write_text("a==2\n")
    assert not way_in.complete("site")


def test_what_the_tests_need_contains_what_the_site_needs(way_in):
    install(way_in, "tests")
    assert way_in.complete("tests")
    assert way_in.complete("site")


def test_an_interrupted_installation_is_not_trusted(way_in):
    install(way_in, "site")
    way_in.UNFINISHED.touch()
    assert not way_in.complete("site")


def test_an_environment_whose_python_is_gone_is_not_complete(way_in):
    install(way_in, "site")
    way_in.PYTHON.unlink()
    assert not way_in.complete("site")


def test_an_installation_needs_room(way_in, monkeypatch):
    monkeypatch.setattr(way_in, "SPACE_MB", 10**9)
    with pytest.raises(SystemExit, match=r"installing needs .* MB on the disk of .* MB free"):
        way_in.environment("site")


def test_a_failed_installation_says_why_and_leaves_nothing(way_in, monkeypatch):
    way_in.PYTHON.unlink()
    monkeypatch.setattr(way_in, "SPACE_MB", 0)
    monkeypatch.setattr(way_in, "make", lambda: way_in.VENV.mkdir(exist_ok=True))
    monkeypatch.setattr(way_in, "pip", lambda: ["sh", "-c", "echo Collecting a; echo no such package; exit 1"])
    with pytest.raises(SystemExit, match=r"failed; pip must reach PyPI.*no such package"):
        way_in.environment("site")
    assert not way_in.VENV.exists()


def test_a_full_disk_is_named(way_in, monkeypatch):
    monkeypatch.setattr(way_in, "SPACE_MB", 0)
    monkeypatch.setattr(way_in, "works", lambda command: True)
    monkeypatch.setattr(way_in, "pip", lambda: ["sh", "-c", "echo 'ERROR: [Errno 28] No space left on device'; exit 1"])
    with pytest.raises(SystemExit, match=r"the disk filled up while installing"):
        way_in.environment("site")


def test_a_file_where_a_directory_should_be_is_named_with_what_to_do(way_in):
    (way_in.ROOT / ".local").touch()
    with pytest.raises(SystemExit, match=r"/\.local is a file, and the site needs a directory .*Move the file away"):
        way_in.environment("site")


def test_a_checkout_that_cannot_be_written_is_named(way_in, monkeypatch):
    (way_in.ROOT / ".local" / "environment.lock").mkdir(parents=True)  # cannot be written, whoever tries
    with pytest.raises(SystemExit, match=r"could not be made: .*This user must be able to write there"):
        way_in.environment("site")
