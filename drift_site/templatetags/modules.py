"""The page's ES modules under names that carry a hash."""

import json
from functools import cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from drift_site.assets import manifest_storage

register = template.Library()

# What would end the script element early or start a comment in it.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag
def import_map() -> SafeString:
    """Give the import map that leads each module's plain address to its hashed one.

    Modules import each other by plain relative names (`./socket.js`), which node and type checkers resolve too, and
    no module's text is rewritten. Where names carry no hash there is nothing to map. A browser that ignores the map
    loads the plain names, which are served as well, only not cached for long.
    """
    names = module_names()
    if not names:
        return SafeString("")
    # json's own text with the three characters of markup escaped: nothing in it can leave the element.
    text = mark_safe(json.dumps({"imports": names}).translate(ESCAPES))  # noqa: S308
    return format_html('<script type="importmap">{}</script>', text)


@cache
def module_names() -> dict[str, str]:
    """Give plain address -> hashed address of every JavaScript file of the project; empty without a manifest."""
    storage = manifest_storage()
    if storage is None:
        return {}
    return {
        f"{storage.base_url}{name}": f"{storage.base_url}{hashed}"
        for name, hashed in sorted(storage.hashed_files.items())
        if name.startswith("drift/") and name.endswith(".js")
    }
