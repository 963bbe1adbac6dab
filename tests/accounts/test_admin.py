from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import AuthToken, User
from accounts.signals import user_deleting
from tests.accounts.conftest import PASSWORD

LIST = "/admin/accounts/user/"


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", PASSWORD)


@pytest.fixture
def admin(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


def change(admin: Client, user: User, **more: str) -> Any:
    """Send the change form as the browser does, with `more` typed into it."""
    path = f"{LIST}{user.pk}/change/"
    form = admin.get(path).context["adminform"].form
    values = {name: form.initial[name] for name in form.fields if form.initial.get(name)}
    devices = {"auth_token_set-TOTAL_FORMS": "0", "auth_token_set-INITIAL_FORMS": "0"}
    return admin.post(path, {**values, **devices, **more})


def act(admin: Client, action: str, user: User) -> Any:
    return admin.post(LIST, {"action": action, "_selected_action": [user.pk]}, follow=True)


def test_unlock_lets_the_user_in_and_is_kept_in_the_log(admin: Client, alice: User, root: User) -> None:
    for _ in range(5):
        APIClient().post("/login", {"username": "alice", "password": "wrong"})
    page = admin.get(f"{LIST}{alice.pk}/change/")
    assert "5 wrong tries from 127.0.0.1" in page.text
    assert "Unlocked." in act(admin, "unlock", alice).text
    assert not AccessAttempt.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.get_change_message()) == (root, str(alice.pk), "Unlocked.")


def test_revoking_ends_every_token_and_is_kept_in_the_log(admin: Client, alice: User) -> None:
    APIClient().post("/login", {"username": "alice", "password": PASSWORD})
    act(admin, "revoke_tokens", alice)
    assert not AuthToken.objects.exists()
    assert LogEntry.objects.get().get_change_message() == "Signed all devices out."


def test_the_question_is_set_with_a_new_answer(admin: Client, alice: User) -> None:
    answer = change(admin, alice, security_question="Town?", new_security_answer="Bern")
    assert answer.status_code == 302, answer.context["errors"]
    body = {"username": "alice", "security_answer": "BERN", "new_password": "another horse 8"}
    assert APIClient().post("/reset_password", body).status_code == 200


def test_the_question_is_kept_and_taken_away(admin: Client, alice: User) -> None:
    before = alice.security_answer
    assert change(admin, alice).status_code == 302
    alice.refresh_from_db()
    assert alice.security_answer == before
    assert change(admin, alice, security_question="").status_code == 302
    alice.refresh_from_db()
    assert (alice.security_question, alice.security_answer) == ("", "")


def test_a_question_without_an_answer_is_refused(admin: Client, make_user: Callable[..., User]) -> None:
    user = make_user("quiet", security_question="", security_answer="")
    assert "A security question needs an answer." in change(admin, user, security_question="Town?").text


def test_a_taken_name_in_another_case_is_refused(admin: Client, alice: User, root: User) -> None:
    assert "This username is taken." in change(admin, alice, username="ROOT").text


def test_a_user_is_added_by_the_admin(admin: Client) -> None:
    form = {"username": "Zoë", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert admin.post(f"{LIST}add/", form).status_code == 302
    assert APIClient().post("/login", {"username": "ZOË", "password": PASSWORD}).status_code == 200


def test_a_password_set_by_the_admin_ends_the_old_devices(admin: Client, alice: User) -> None:
    APIClient().post("/login", {"username": "alice", "password": PASSWORD})
    form = {"usable_password": "true", "password1": "another horse 8", "password2": "another horse 8"}
    assert admin.post(f"{LIST}{alice.pk}/password/", form).status_code == 302
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize("way", ["one", "many"])
def test_deleting_in_the_admin_tells_the_races(admin: Client, alice: User, way: str) -> None:
    told: list[User] = []

    def listen(user: User, **_: Any) -> None:
        told.append(user)

    user_deleting.connect(listen)
    try:
        if way == "one":
            admin.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"})
        else:
            admin.post(LIST, {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"})
    finally:
        user_deleting.disconnect(listen)
    assert told == [alice]
    assert not User.objects.filter(username="alice").exists()


def test_a_name_is_found_in_any_case(admin: Client, make_user: Callable[..., User]) -> None:
    make_user("Zoë")
    found = admin.get(LIST, {"q": "ZOË"}).context["cl"].result_list
    assert [user.username for user in found] == ["Zoë"]


def test_the_list_takes_as_many_queries_for_many_users_as_for_few(
    admin: Client, root: User, django_assert_num_queries: Callable[[int], Any]
) -> None:
    names = [f"pilot {number}" for number in range(100)]
    User.objects.bulk_create(User(username=name, username_key=name) for name in names)
    AuthToken.objects.create(user=root, device="laptop")
    admin.get(LIST)  # content types are cached from here on
    with django_assert_num_queries(4):
        assert admin.get(LIST).status_code == 200


def test_the_hash_of_the_answer_is_not_shown(admin: Client, alice: User) -> None:
    page = admin.get(f"{LIST}{alice.pk}/change/").text
    assert alice.security_answer not in page
