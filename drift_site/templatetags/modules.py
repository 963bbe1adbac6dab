"""The page's ES modules under names that carry a hash."""

import json
from functools import cache

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from drift_site.assets import manifest_storage

register = template.Library()

# What would end the script element early or start a comment in it.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


# The names by which modules import the libraries in static/vendor/.
VENDORED = {
    "three": "vendor/three-0.185.1/three.module.min.js",
    "three/addons/controls/OrbitControls.js": "vendor/three-0.185.1/OrbitControls.js",
    "uplot": "vendor/uplot-1.6.32/uPlot.esm.js",
}


@register.simple_tag(takes_context=True)
def import_map(context: Context) -> SafeString:
    """Give the import map: libraries' names to their files, and each module's plain address to its hashed one.

    Modules import each other by plain relative names (`./socket.js`), which node and type checkers resolve too, and
    no module's text is rewritten. The plain addresses are served as well, only not cached for long.
    """
    names = module_names()
    # json's own text with the three characters of markup escaped: nothing in it can leave the element.
    text = mark_safe(json.dumps({"imports": names}).translate(ESCAPES))  # noqa: S308
    return format_html('<script type="importmap" nonce="{}">{}</script>', context["request"].csp_nonce, text)


@cache
def module_names() -> dict[str, str]:
    """Give what an import may say -> the address of the file; only the libraries where names carry no hash."""
    storage = manifest_storage()
    if storage is None:
        return {name: static(path) for name, path in VENDORED.items()}
    hashed = {
        name: f"{storage.base_url}{file}"
        for name, file in sorted(storage.hashed_files.items())
        if name.startswith(("drift/", "vendor/")) and name.endswith(".js")
    }
    plain = {f"{storage.base_url}{name}": address for name, address in hashed.items()}
    return {name: hashed[path] for name, path in VENDORED.items() if path in hashed} | plain
