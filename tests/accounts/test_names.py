import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts import selectors, services
from accounts.errors import Conflict, Refused
from accounts.names import MAX_LENGTH, fold, tidy, validate_username
from tests.accounts.conftest import PASSWORD


@pytest.mark.parametrize(
    "name",
    ["Zoë", "李小龙", "Пилот", "محمد", "שלום", "Ace 🚁 Pilot", "ß", "İ", "a'b\"c<d>", "x" * MAX_LENGTH, "-1", "❤️"],
)
@pytest.mark.django_db
def test_names_of_any_script_register_and_sign_in(name: str, client: APIClient) -> None:
    body = {"username": name, "password": PASSWORD, "security_question": "?", "security_answer": "x"}
    assert client.post("/create_user", body).status_code == 200
    assert client.post("/login", {"username": f" {name.upper()} ", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("straße", "STRASSE"),
        ("Zoë", "Zoe\u0308"),
        ("Ångström", "\u212bngström"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("ﬁne", "FINE"),
        ("a  b", "a b"),
        ("❤️", "❤"),
        ("пилот", "ПИЛОТ"),
    ],
)
@pytest.mark.django_db
def test_two_spellings_of_a_name_are_one(first: str, second: str) -> None:
    user = services.register(username=first, password=PASSWORD)
    assert selectors.find_user(second) == user
    with pytest.raises(Conflict):
        services.register(username=second, password=PASSWORD)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "\u200b",
        "a\u200bb",
        "a\u202eb",
        "a\0b",
        "a\x07b",
        "\ue000",
        "\u3164",
        "a\u2028b\u00ad",
        "x" * 61,
        "ﷺ" * 5,
    ],
)
@pytest.mark.django_db
def test_blank_invisible_and_long_names_are_refused(name: str) -> None:
    with pytest.raises(Refused, match="username"):
        services.register(username=name, password=PASSWORD)


@given(st.text())
def test_folding_again_changes_nothing_and_spellings_fold_alike(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(tidy(text)) == fold(text)
    assert fold(f" {text} ") == fold(text)


@given(st.text(max_size=MAX_LENGTH))
def test_the_key_of_a_valid_name_fits_its_column(text: str) -> None:
    try:
        validate_username(text)
    except ValidationError:
        return
    assert 0 < len(fold(text)) <= 255
