import threading
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from accounts import services
from accounts.errors import Conflict
from accounts.models import User
from accounts.signals import user_deleting
from tests.accounts.conftest import PASSWORD


def test_deleting_a_user_tells_first_and_undoes_all_when_a_listener_fails(alice: User) -> None:
    seen: list[tuple[User, bool, bool]] = []

    def listen(user: User, **_: Any) -> None:
        seen.append((user, User.objects.filter(pk=user.pk).exists(), transaction.get_connection().in_atomic_block))
        if len(seen) == 2:
            message = "the races could not be deleted"
            raise RuntimeError(message)

    user_deleting.connect(listen)
    try:
        bob = services.register(username="bob", password=PASSWORD)
        services.delete_user(user=bob)
        assert seen == [(bob, True, True)]
        with pytest.raises(RuntimeError):
            services.delete_user(user=alice)
    finally:
        user_deleting.disconnect(listen)
    assert list(User.objects.all()) == [alice]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_register_a_name_at_once_one_gets_it() -> None:
    results: list[str] = []
    start = threading.Barrier(5)

    def register(name: str) -> None:
        start.wait()
        try:
            services.register(username=name, password=PASSWORD)
            results.append("created")
        except Conflict:
            results.append("taken")
        connection.close()

    threads = [threading.Thread(target=register, args=[name]) for name in ("bob", "BOB", "Bob", "bOb", " bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["created", "taken", "taken", "taken", "taken"]


def test_a_renamed_user_is_found_by_the_new_name_only(make_user: Callable[..., User]) -> None:
    user = make_user("bob")
    user.username = "Robert"
    user.save(update_fields=["username"])
    assert User.objects.get_by_natural_key("ROBERT") == user
    assert not User.objects.filter(username_key="bob").exists()


@pytest.mark.django_db
def test_createsuperuser_makes_an_administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    out = StringIO()
    call_command("createsuperuser", interactive=False, username="Root", email="root@example.org", stdout=out)
    user = get_user_model().objects.get_by_natural_key("ROOT")
    assert (user.is_superuser, user.is_staff, user.check_password(PASSWORD)) == (True, True, True)
    with pytest.raises(CommandError, match="taken"):
        call_command("createsuperuser", interactive=False, username="rOOt", email="", stdout=out)
