"""What the documents promise, the project has."""

import re
import tomllib
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands

ROOT = settings.BASE_DIR
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def documents_say(pattern):
    return {
        found for page in DOCUMENTS for found in re.findall(pattern, page.read_text(), re.MULTILINE)
    }


def test_every_make_target_in_the_documents_exists():
    named = documents_say(r"(?:`|^|= )make ([a-z]+)\b")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named >= {"run", "test", "setup", "lock", "bench"}
    assert named <= targets


def test_every_command_in_the_documents_exists():
    named = documents_say(r"manage\.py ([a-z_]+)")
    assert named >= {"load_folder", "import_rows", "kpis", "seed_demo", "migrate"}
    assert named <= set(get_commands())


def test_every_variable_is_documented_and_read():
    source = (ROOT / "kpi_ops/settings.py").read_text()
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", source)) | {"PORT"}
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert read == table


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_every_page_that_is_linked_exists(page):
    links = re.findall(r"\]\(([^)#:]+\.md)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_lock_names_no_host_and_holds_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for name, wanted in (
        ("base", project["project"]["dependencies"]),
        ("dev", project["project"]["dependencies"] + project["dependency-groups"]["dev"]),
        ("browser", project["dependency-groups"]["browser"]),
    ):
        lock = (ROOT / f"requirements/{name}.txt").read_text()
        assert "://" not in lock
        locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
        names = {re.split(r"[\[><=]", line)[0].lower().replace("_", "-") for line in wanted}
        assert names - locked == set()


@pytest.mark.django_db
def test_no_migration_is_missing():
    output = StringIO()
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=output)
    assert output.getvalue() == "No changes detected\n"
