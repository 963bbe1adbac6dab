"""Users in the admin: unlock, revoke tokens, set the security question. What staff do is kept as LogEntry."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts import selectors, services, tokens
from accounts.admin_refusals import RefusalsAsMessages
from accounts.forms import AdminPasswordForm, AdminUserForm
from accounts.models import AuthToken, User
from accounts.names import fold

if TYPE_CHECKING:
    Inline = admin.TabularInline[AuthToken, User]
    Base = DjangoUserAdmin[User]
else:  # generic for the type checker only
    Inline, Base = admin.TabularInline, DjangoUserAdmin


class DeviceInline(Inline):
    """The user's devices: to look at and to delete."""

    model = AuthToken
    fields = ("device", "created", "expiry")
    readonly_fields = fields
    extra = 0
    verbose_name_plural = "devices"

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(RefusalsAsMessages, Base):
    form = AdminUserForm
    change_password_form = AdminPasswordForm
    list_display = ("username", "email", "is_active", "is_staff", "last_login", "date_joined", "device_count")
    list_filter = ("is_staff", "is_superuser", "is_active", "date_joined")
    search_fields = ("username_key", "email")
    ordering = ("username_key",)
    list_per_page = 50
    show_full_result_count = False
    date_hierarchy = None
    readonly_fields = ("last_login", "date_joined", "locked_out")
    actions = ("unlock", "revoke_tokens")
    inlines = (DeviceInline,)
    fieldsets = (
        (None, {"fields": ("username", "password", "email", "locked_out")}),
        ("Security question", {"fields": ("security_question", "new_security_answer")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(devices=Count("auth_token_set"))

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj is not None else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        return super().get_search_results(request, queryset, fold(search_term))

    @admin.display(description="devices", ordering="devices")
    def device_count(self, user: User) -> int:
        return getattr(user, "devices", 0)

    @admin.display(description="locked out")
    def locked_out(self, user: User) -> str:
        tries = selectors.failed_tries(user)
        if not tries:
            return "No wrong tries lately."
        return "; ".join(f"{count} wrong tries from {address or 'an unknown address'}" for address, count in tries)

    @admin.action(description="Unlock: forget their wrong passwords and answers", permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._do(request, queryset, "Unlocked.", lambda user: services.unlock(user=user))

    @admin.action(description="Sign their devices out: end every token", permissions=["change"])
    def revoke_tokens(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._do(request, queryset, "Signed all devices out.", lambda user: tokens.revoke_tokens(user=user))

    def _do(self, request: HttpRequest, queryset: QuerySet[User], said: str, act: Callable[[User], object]) -> None:
        for user in queryset:
            act(user)
            self.log_change(request, user, said)
        self.message_user(request, said, messages.SUCCESS)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.delete_user(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.delete_user(user=user)
