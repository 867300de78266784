import pytest
from django.template import Context, Template
from django.utils import translation

from frontend.templatetags import fixed


def test_a_fixed_part_is_written_once_for_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(fixed, "render_to_string", lambda name: written.append(translation.get_language()) or "part")
    fixed._rendered.cache_clear()
    page = Template('{% load fixed %}{% fixed "any.html" %}')
    for language in ("en", "ar", "en", "ar"):
        with translation.override(language):
            assert page.render(Context()) == "part"
    fixed._rendered.cache_clear()
    assert written == ["en", "ar"]
