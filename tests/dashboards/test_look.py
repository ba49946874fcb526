"""The tokens keep their promises: contrast, one set of dark values, nothing inline."""

import re
from itertools import product

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client

STATIC = settings.BASE_DIR / "static"
TEMPLATES = settings.BASE_DIR / "templates"
BANDS = ("good", "watch", "warn", "crit", "none")


def block(selector: str) -> dict[str, str]:
    css = (STATIC / "tokens.css").read_text()
    body = css[css.index(selector) :].partition("{")[2].partition("}")[0]
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))


LIGHT = block(":root {")
DARK = block(':root[data-theme="dark"] {')


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
class TestContrast:
    def test_text_reads_on_every_surface(self, theme: dict[str, str]) -> None:
        surfaces = ("bg", "surface", "surface-2", "surface-3", "brand-tint")
        for ink, ground in product(("ink", "ink-2", "brand"), surfaces):
            assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)

    def test_bands_read_as_text_and_show_as_marks(self, theme: dict[str, str]) -> None:
        for band in BANDS:
            for ground in (f"{band}-tint", "surface"):
                assert contrast(theme[f"{band}-ink"], theme[ground]) >= 4.5, (band, ground)
                assert contrast(theme[band], theme[ground]) >= 3, (band, ground)

    def test_lines_and_borders_show(self, theme: dict[str, str]) -> None:
        for mark in ("ink-3", "line-2", "series-1", "series-1-area", "series-2", "series-3"):
            assert contrast(theme[mark], theme["surface"]) >= 3, mark

    def test_buttons_and_head_read(self, theme: dict[str, str]) -> None:
        assert contrast(theme["brand-ink"], theme["brand"]) >= 4.5
        assert contrast(theme["bar-ink-2"], theme["bar-bg"]) >= 4.5


def test_the_system_setting_and_the_switch_give_the_same_dark() -> None:
    assert block(':root:not([data-theme="light"]) {') == DARK


def test_every_colour_has_a_dark_value() -> None:
    colours = {name for name, value in LIGHT.items() if value.startswith("#")}
    assert colours - DARK.keys() == set()


@pytest.mark.parametrize("sheet", ["pages.css", "bar.css", "charts.css", "admin.css"])
def test_style_sheets_use_tokens_not_colours(sheet: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text(), flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", css) == []


@pytest.mark.parametrize("sheet", ["pages.css", "bar.css", "charts.css", "admin.css"])
def test_style_sheets_name_only_tokens_that_exist(sheet: str) -> None:
    css = (STATIC / sheet).read_text()
    own = set(re.findall(r"(--[\w-]+)\s*:", css))
    used = set(re.findall(r"var\((--[\w-]+)", css))
    assert used - own - {f"--{name}" for name in LIGHT} == set()


def test_templates_carry_no_inline_style_or_script() -> None:
    templates = sorted(TEMPLATES.rglob("*.html"))
    assert templates
    for template in templates:
        html = template.read_text()
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", html), template


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_neither_user_nor_database(code: str) -> None:
    assert "<h1>" in render_to_string(f"{code}.html")


@pytest.mark.django_db
def test_the_sixth_wrong_password_pauses_signing_in_with_a_sentence(client: Client) -> None:
    wrong = {"username": "nobody", "password": "wrong"}
    answers = [client.post("/accounts/login/", wrong) for _ in range(6)]
    assert answers[0].status_code == 200
    assert answers[5].status_code == 429
    assert "Five wrong passwords were given" in answers[5].content.decode()
