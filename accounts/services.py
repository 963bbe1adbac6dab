"""Everything that changes accounts: keyword-only verbs, each in its transaction."""

from axes.utils import reset as reset_failures
from django.contrib.auth import SESSION_KEY, login, logout, password_validation, update_session_auth_hash
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import selectors
from accounts.errors import Conflict, Forbidden, NotFound, Refused, WrongPassword
from accounts.models import AuthToken, User
from accounts.names import fold, tidy, validate_username
from accounts.proof import prove_password
from accounts.signals import user_deleting
from accounts.tokens import revoke_tokens

QUESTION_LENGTH = 200
ANSWER_LENGTH = 200


def register(
    *, username: str, password: str, email: str = "", security_question: str = "", security_answer: str = ""
) -> User:
    """Create a user, who can sign in at once.

    Raises Refused for a name, password or question that will not do, Conflict for a name that is taken.
    """
    user = User(username=tidy(username), email=User.objects.normalize_email(email))
    try:
        validate_username(username)
    except ValidationError as error:
        raise Refused(_text(error)) from None
    check_password_strength(password=password, user=user)
    put_security_question(user=user, question=security_question, answer=security_answer)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        # The database decides: of two who ask for a name at once, one gets it.
        raise Conflict("This username is taken.") from None
    return user


def check_password_strength(*, password: str, user: User) -> None:
    """Raise Refused, with every reason, unless the password passes the validators of the settings."""
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise Refused(_text(error)) from None


def start_session(*, request: HttpRequest, user: User) -> None:
    """Sign this browser in: the answer carries the session's cookie. `user` comes from `proof.prove_password`."""
    login(request, user)


def sign_out(*, request: HttpRequest, token: AuthToken | None = None) -> None:
    """End the session of the request, and the token that it was made with."""
    if token is not None:
        token.delete()
    logout(request)


def change_password(*, request: HttpRequest, user: User, current_password: str, new_password: str) -> None:
    """Change the password of a signed-in user; every other device has to sign in again.

    Raises Refused for a wrong present password or one that will not do, TooManyTries after too many wrong ones.
    """
    check_password_strength(password=new_password, user=user)
    prove_password(request=request, username=user.username, password=current_password, wrong=WrongPassword())
    token = getattr(request, "auth", None)
    set_password(user=user, password=new_password, keep=token if isinstance(token, AuthToken) else None)
    if SESSION_KEY in request.session:
        update_session_auth_hash(request, user)


def set_password(*, user: User, password: str, keep: AuthToken | None = None) -> None:
    """Set a password, end every session of the user, and every token but `keep`."""
    with transaction.atomic():
        user.set_password(password)
        # Sessions hold a hash of the password, and end with it.
        user.save(update_fields=["password"])
        revoke_tokens(user=user, keep=keep)


def change_profile(
    *,
    request: HttpRequest,
    user: User,
    current_password: str,
    email: str | None = None,
    security_question: str | None = None,
    security_answer: str | None = None,
) -> None:
    """Change what a forgotten password is reset by; None leaves it as it is. The password is asked for, since a
    borrowed session must not be enough to take the account over.

    Raises Refused for a wrong password or a question without answer, TooManyTries after too many wrong passwords.
    """
    prove_password(request=request, username=user.username, password=current_password, wrong=WrongPassword())
    with transaction.atomic():
        if email is not None:
            user.email = User.objects.normalize_email(email)
            user.save(update_fields=["email"])
        if security_question is not None or security_answer is not None:
            set_security_question(user=user, question=security_question or "", answer=security_answer or "")


def set_security_question(*, user: User, question: str, answer: str) -> None:
    """Set the security question and its answer, both or neither; the answer is kept as a hash.

    Raises Refused when one of them is missing or too long.
    """
    put_security_question(user=user, question=question, answer=answer)
    user.save(update_fields=["security_question", "security_answer"])


def put_security_question(*, user: User, question: str, answer: str) -> None:
    """Do the same to a user who is saved later."""
    question, folded = " ".join(question.split()), fold(answer)
    if bool(question) != bool(folded):
        raise Refused("A security question needs an answer, and an answer its question.")
    if len(question) > QUESTION_LENGTH or len(answer) > ANSWER_LENGTH:
        raise Refused(f"A security question has at most {QUESTION_LENGTH} characters, its answer {ANSWER_LENGTH}.")
    user.security_question = question
    user.security_answer = make_password(folded) if folded else ""


def delete_user_named(*, username: str, by: User) -> User:
    """Delete the user of that name, who is `by`, unless `by` is staff. Gives the user, as they were.

    Raises Forbidden for anybody else's name (whether it exists or not), NotFound when staff name nobody.
    """
    user = selectors.find_user(username)
    if user != by and not by.is_staff:
        raise Forbidden("You can delete your own account only.")
    if user is None:
        raise NotFound("There is no such user.")
    if user.is_superuser and not by.is_superuser:
        raise Forbidden("Only an administrator can delete an administrator.")
    delete_user(user=user)
    return user


def delete_own_account(*, request: HttpRequest, user: User, current_password: str) -> None:
    """Delete the signed-in user, who proves it with the password, and sign them out.

    Raises Refused for a wrong password, TooManyTries after too many, Conflict while a race of theirs is active.
    """
    prove_password(request=request, username=user.username, password=current_password, wrong=WrongPassword())
    delete_user(user=user)
    sign_out(request=request)


def delete_user(*, user: User) -> None:
    """Delete a user. Their races stay without a creator, except those that nobody else takes part in."""
    with transaction.atomic():
        # Locked first: a race that they create just now waits for this, and finds nobody, or this finds the race.
        User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
        user_deleting.send(sender=User, user=user)
        # A new one of the same name must not find this one's lockout.
        unlock(user=user)
        User.objects.filter(pk=user.pk).delete()


def unlock(*, user: User) -> int:
    """Forget the wrong passwords and answers given for this user; gives how many records there were."""
    forgotten: int = reset_failures(username=user.username_key)
    return forgotten


def _text(error: ValidationError) -> str:
    return " ".join(error.messages)
