from pathlib import Path

from acme.jobs.common import settings


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "jobs.yaml") == settings.Settings()


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "jobs.yaml"
    path.write_text("slots: 4\nslotz: 4\n")
    try:
        settings.load(path)
    except ValueError as error:
        assert str(error).endswith("unknown settings: slotz")
    else:
        raise AssertionError("an unknown key was taken")
