"""How the OpenAPI schema names the ways of signing in."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …` with the token that POST /api/auth/login/ gives.",
        }


class OriginCheckedSessionScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.OriginCheckedSession"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The cookie that POST /login sets; it needs no CSRF token on the original's paths.",
        }
