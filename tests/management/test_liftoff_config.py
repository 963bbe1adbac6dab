from datetime import UTC, datetime
from pathlib import Path

import pytest

from management import liftoff_config

NOW = datetime(2025, 1, 2, 3, 4, 5, 6, UTC)
PROTON = "steamapps/compatdata/12345/pfx/drive_c/users/steamuser/AppData/LocalLow/LuGus Studios/Liftoff"


@pytest.mark.parametrize(
    ("platform", "folder"),
    [
        ("win32", "AppData/LocalLow/LuGus Studios/Liftoff"),
        ("darwin", "Library/Application Support/LuGus Studios/Liftoff"),
        ("linux", ".config/unity3d/LuGus Studios/Liftoff"),
        ("linux", ".var/app/com.valvesoftware.Steam/.config/unity3d/LuGus Studios/Liftoff"),
        ("linux", f".local/share/Steam/{PROTON}"),
        ("linux", f".var/app/com.valvesoftware.Steam/.local/share/Steam/{PROTON}"),
        ("linux", f"snap/steam/common/.local/share/Steam/{PROTON}"),
    ],
)
def test_the_games_folder_is_found_where_each_system_keeps_it(tmp_path: Path, platform: str, folder: str) -> None:
    assert liftoff_config.game_folders(platform, tmp_path) == []
    (tmp_path / folder).mkdir(parents=True)
    assert liftoff_config.game_folders(platform, tmp_path) == [tmp_path / folder]


def test_the_config_home_of_the_desktop_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "unity3d" / "LuGus Studios" / "Liftoff"
    folder.mkdir(parents=True)
    assert liftoff_config.game_folders("linux", tmp_path / "home", tmp_path / "elsewhere") == [folder]


def test_a_folder_reached_by_two_ways_is_one_folder(tmp_path: Path) -> None:
    (tmp_path / ".local/share/Steam" / PROTON).mkdir(parents=True)
    (tmp_path / ".steam").mkdir()
    try:
        (tmp_path / ".steam/steam").symlink_to(tmp_path / ".local/share/Steam", target_is_directory=True)
    except OSError:
        pytest.skip("this system lets nobody make symbolic links")
    assert len(liftoff_config.game_folders("linux", tmp_path)) == 1


def test_the_expected_folder_is_the_usual_one() -> None:
    assert liftoff_config.expected_folder("darwin", Path("home")) == Path("home") / liftoff_config.MACOS


def test_writing_keeps_another_configuration_beside_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "TelemetryConfiguration.json"
    path.write_text("old", encoding="utf-8")
    kept = liftoff_config.write(tmp_path, "new", NOW)
    assert kept == tmp_path / "TelemetryConfiguration.json.20250102-030405-000006.bak"
    assert kept.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new"
    assert len(list(tmp_path.iterdir())) == 2


def test_writing_the_same_configuration_again_keeps_nothing(tmp_path: Path) -> None:
    assert liftoff_config.write(tmp_path, "text", NOW) is None
    assert liftoff_config.write(tmp_path, "text", NOW) is None
    assert [path.name for path in tmp_path.iterdir()] == ["TelemetryConfiguration.json"]
