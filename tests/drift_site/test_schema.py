import pytest
from django.core.management import call_command
from django.test import Client


def test_the_schema_is_valid_and_complete(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, format="openapi-json")
    assert '"openapi"' in capsys.readouterr().out


@pytest.mark.django_db
def test_every_operation_says_how_errors_look() -> None:
    paths = Client().get("/api/schema/?format=json").json()["paths"]
    operations = [operation for path in paths.values() for operation in path.values() if "responses" in operation]
    assert len(operations) > 10
    assert all("4XX" in operation["responses"] for operation in operations)


@pytest.mark.parametrize("version", ["", "1", "%0aX: y", "%0d%0a", "%00", "%c5%82", '"', "0.1.0"])
@pytest.mark.django_db
def test_a_version_that_is_asked_for_is_none_and_gets_into_no_header(version: str) -> None:
    visitor = Client(raise_request_exception=False)
    asked, plain = (visitor.get(f"/api/schema/{query}") for query in (f"?version={version}", ""))
    assert asked.status_code == 200
    assert asked["Content-Disposition"] == plain["Content-Disposition"] == 'inline; filename="DRIFT.yaml"'
    assert asked.content == plain.content


@pytest.mark.django_db
def test_the_documentation_needs_no_other_host() -> None:
    page = Client().get("/api/docs/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "//cdn" not in page.text
