"""A forgotten password: set anew by the security answer, or by a link in a mail."""

import logging
import smtplib
from concurrent.futures import Future, ThreadPoolExecutor

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts import selectors
from accounts.errors import Conflict, Refused
from accounts.models import User
from accounts.proof import prove_answer
from accounts.services import check_password_strength, set_password, unlock
from accounts.throttles import room_for_mail

logger = logging.getLogger(__name__)
_outgoing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")

MAIL = """Hello {name},

somebody, probably you, asked for a new password at DRIFT. This link sets it; it works once, for {minutes} minutes:

{link}

If it was not you, do nothing: your password stays as it is.
"""


def reset_password_by_answer(*, request: HttpRequest, username: str, answer: str, new_password: str) -> User:
    """Set a forgotten password by the answer to the security question; every device has to sign in again.

    Raises Refused for a password that will not do, NotSignedIn alike for an unknown name, a user without a
    question and a wrong answer, TooManyTries after too many wrong ones.
    """
    # Before the answer is looked at, against the name as typed: so that what it says tells nothing of the user.
    check_password_strength(password=new_password, user=User(username=username))
    user = prove_answer(request=request, username=username, answer=answer)
    check_password_strength(password=new_password, user=user)
    set_password(user=user, password=new_password)
    unlock(user=user)
    return user


def send_reset_link(*, email: str) -> list[Future[None]]:
    """Mail a link that sets a new password to every active user with this address; nobody learns whether any has.

    Gives what is on its way: the mails go in another thread, since the time that sending takes would tell. A mailbox
    past its rate gets none: whoever asks from many addresses must not fill it. Raises Conflict when this server sends
    no mail.
    """
    if not settings.EMAIL_CONFIGURED:
        raise Conflict("This server sends no mail. Use the security question, or ask its administrator.")
    if not room_for_mail(email):
        return []
    return [_outgoing.submit(_send, user, _link(user)) for user in selectors.users_with_email(email)]


def _send(user: User, link: str) -> None:
    text = MAIL.format(name=user.username, minutes=settings.PASSWORD_RESET_TIMEOUT // 60, link=link)
    try:
        send_mail("Your new password at DRIFT", text, None, [user.email])
    except (OSError, ValueError, smtplib.SMTPException):  # ValueError: an address that no mail can have
        logger.exception("The mail with a reset link for user %s could not be sent.", user.pk)


def _link(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])
    return f"{settings.DRIFT_PUBLIC_URL}{path}"


def reset_password_by_link(*, uid: str, token: str, new_password: str) -> User:
    """Set a forgotten password by the two parts of a mailed link; every device has to sign in again.

    Raises Refused for a link that is wrong, used or too old, or a password that will not do.
    """
    try:
        number = int(urlsafe_base64_decode(uid))
    except ValueError:
        number = 0
    user = selectors.user_by_id(number)
    if user is None or not default_token_generator.check_token(user, token):
        raise Refused("This link does not work, or no longer. Ask for a new one.")
    check_password_strength(password=new_password, user=user)
    set_password(user=user, password=new_password)
    unlock(user=user)
    return user
