import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.template import Context
from django.test import AsyncClient, RequestFactory
from pytest_django import Settings

from drift_site import assets
from drift_site.templatetags import modules

MANIFEST = {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"}


def forget() -> None:
    """Empty what is kept for a process: finders by their name, and the modules' names."""
    get_finder: Any = finders.get_finder  # a cached function, which its stub does not say
    get_finder.cache_clear()
    modules.module_names.cache_clear()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of static files of its own, so that a test does not collect the admin's."""
    folder = tmp_path / "source"
    (folder / "drift").mkdir(parents=True)
    (folder / "drift/a.js").write_text('import "./b.js";\n')
    (folder / "drift/b.js").write_text("export {};\n")
    (folder / "drift/style.css").write_text("p { margin: 0; }\n")
    return folder


@pytest.fixture
def root(settings: Settings, tmp_path: Path, source: Path) -> Iterator[Path]:
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [source]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": MANIFEST}
    settings.SERVESTATIC_USE_MANIFEST = True
    forget()
    yield settings.STATIC_ROOT
    forget()


def test_files_are_collected_once_and_again_when_one_changes(root: Path, source: Path) -> None:
    assert assets.collect_if_outdated()
    assert not assets.collect_if_outdated()
    (source / "drift/b.js").write_text("export const two = 2;\n")
    assert assets.collect_if_outdated()
    (source / "drift/style.css").unlink()
    assert assets.collect_if_outdated()
    assert not (root / "drift/style.css").exists()


def test_a_collection_that_was_cut_off_is_done_again(root: Path) -> None:
    assets.collect_if_outdated()
    (root / assets.MARK).unlink()
    assert assets.collect_if_outdated()


def test_files_served_from_where_they_lie_are_not_collected(root: Path, settings: Settings) -> None:
    settings.DEBUG = True
    assert not assets.collect_if_outdated()
    assert not root.exists()


def test_a_folder_that_cannot_be_made_is_named(root: Path) -> None:
    root.parent.joinpath("collected.lock").mkdir()
    with pytest.raises(ImproperlyConfigured, match="STATIC_ROOT"):
        assets.collect_if_outdated()


def test_files_collected_before_do_where_no_new_ones_can_be_written(root: Path, source: Path) -> None:
    assets.collect_if_outdated()
    (source / "drift/b.js").write_text("export const two = 2;\n")
    root.parent.joinpath("collected.lock").unlink()
    root.parent.joinpath("collected.lock").mkdir()
    assert not assets.collect_if_outdated()
    assert modules.module_names()


def test_the_import_map_leads_each_module_to_its_hashed_name(root: Path) -> None:
    assets.collect_if_outdated()
    request = RequestFactory().get("/")
    request.csp_nonce = "n0nce"  # type: ignore[attr-defined]  # as django-csp puts it there
    shown = modules.import_map(Context({"request": request}))
    match = re.fullmatch(r'<script type="importmap" nonce="n0nce">(.*)</script>', shown)
    assert match
    names = json.loads(match[1])["imports"]
    assert set(names) == {"/static/drift/a.js", "/static/drift/b.js"}
    for plain, hashed in names.items():
        assert re.fullmatch(plain.removesuffix(".js") + r"\.[0-9a-f]{12}\.js", hashed)
        assert hashed == staticfiles_storage.url(plain.removeprefix("/static/"))


def test_without_hashed_names_the_import_map_names_the_libraries_alone() -> None:
    modules.module_names.cache_clear()
    assert set(modules.module_names()) == set(modules.VENDORED)
    for address in modules.module_names().values():
        assert finders.find(address.removeprefix("/static/"))


async def test_collected_files_are_served_by_both_names_and_the_hashed_one_for_ever(
    root: Path, async_client: AsyncClient
) -> None:
    assets.collect_if_outdated()
    plain, hashed = next(iter(modules.module_names().items()))
    for path, cache in ((plain, "max-age=60, public"), (hashed, "max-age=315360000, public, immutable")):
        answer = await async_client.get(path)
        assert (answer.status_code, answer["Cache-Control"]) == (200, cache)
        assert answer["Content-Type"].startswith("text/javascript")
