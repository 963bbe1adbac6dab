"""Where the game looks for its TelemetryConfiguration.json; races.sending knows what it says.

Folders: the game's guide to Drone Telemetry (Windows, macOS, Linux, Linux with Steam as a flatpak). The Windows build
under Proton keeps Windows' folders inside its Steam library's `compatdata`.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

FILE_NAME: Final = "TelemetryConfiguration.json"
VENDOR: Final = Path("LuGus Studios", "Liftoff")
WINDOWS: Final = Path("AppData", "LocalLow") / VENDOR
MACOS: Final = Path("Library", "Application Support") / VENDOR
UNITY: Final = Path("unity3d") / VENDOR
FLATPAK: Final = Path(".var", "app", "com.valvesoftware.Steam")
STEAM: Final = (
    Path(".local", "share", "Steam"),
    Path(".steam", "steam"),
    FLATPAK / ".local" / "share" / "Steam",
    Path("snap", "steam", "common", ".local", "share", "Steam"),
)


def game_folders(platform: str, home: Path, config_home: Path | None = None) -> list[Path]:
    """Give the game's folders that exist under `home`, on `platform` (as sys.platform), each once.

    `config_home` is XDG_CONFIG_HOME, where it is set. Several exist where the game was run both native and by Proton.
    """
    found: dict[Path, Path] = {}
    for folder in _candidates(platform, home, config_home):
        if folder.is_dir():
            found.setdefault(folder.resolve(), folder)
    return list(found.values())


def _candidates(platform: str, home: Path, config_home: Path | None) -> Iterator[Path]:
    if platform == "win32":
        yield home / WINDOWS
    elif platform == "darwin":
        yield home / MACOS
    else:
        yield (config_home or home / ".config") / UNITY
        yield home / FLATPAK / ".config" / UNITY
        for steam in STEAM:
            prefixes = home / steam / "steamapps" / "compatdata"
            yield from sorted(prefixes.glob(str(Path("*", "pfx", "drive_c", "users", "steamuser") / WINDOWS)))


def expected_folder(platform: str, home: Path, config_home: Path | None = None) -> Path:
    """Give where the game's folder should be, for people who are told that it is not there."""
    return next(_candidates(platform, home, config_home))


def write(folder: Path, text: str, now: datetime) -> Path | None:
    """Put the configuration into the game's folder; give where the old one was kept, if there was another one.

    The game reads the whole old file or the whole new one. Raises OSError.
    """
    path = folder / FILE_NAME
    kept: Path | None = None
    if path.exists():
        old = path.read_bytes()
        if old == text.encode():
            return None
        kept = folder / f"{FILE_NAME}.{now:%Y%m%d-%H%M%S-%f}.bak"
        with kept.open("xb") as backup:
            backup.write(old)
    fresh = folder / f"{FILE_NAME}.new"
    fresh.write_bytes(text.encode())
    fresh.replace(path)
    return kept
