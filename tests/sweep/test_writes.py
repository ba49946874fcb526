"""Nothing is written into another client, and nothing points there (ISO-010 to ISO-016)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client as Browser

from clients.admin_base import ClientModelAdmin
from clients.fields import ClientForeignKey
from clients.imports.entities import registry
from clients.models import ClientRow
from clients.references import code_name, target_of
from clients.scope import client_scope
from tests.sweep import table
from tests.sweep.world import (
    MARKS,
    UNKNOWN,
    World,
    admins_of_client_rows,
    body,
    form_of,
    sent,
    unrendered,
    view_sets,
)

WITH_A_FORM = [
    each
    for each in admins_of_client_rows()
    if "M"
    in table.RIGHTS[each.model._meta.label].adds + table.RIGHTS[each.model._meta.label].changes
    or "E" in table.RIGHTS[each.model._meta.label].adds
]
WITH_A_FORM = [each for each in WITH_A_FORM if each.model.__name__ != "ImportBatch"]
by_form = pytest.mark.parametrize(
    "admin", WITH_A_FORM, ids=[each.model.__name__ for each in WITH_A_FORM]
)
WRITABLE = {
    prefix: view
    for prefix, view in view_sets().items()
    if view.queryset.model._meta.label not in table.READ_ONLY
}
by_endpoint = pytest.mark.parametrize("prefix", WRITABLE)


def writer(world: World, model: Any) -> Browser:
    """A manager with all flags, or the engineer where managers do not write."""
    return world.browser("H" if "M" in table.RIGHTS[model._meta.label].changes else "E")


def references(model: Any) -> list[Any]:
    return [each for each in model._meta.fields if isinstance(each, ClientForeignKey)]


def stored(world: World, model: Any) -> dict[Any, Any]:
    """All rows of both clients as they are in the database."""
    with client_scope([world.acme, world.acme_2]):
        manager = getattr(model, "with_voided", model._default_manager)
        return {row["id"]: row for row in manager.values()}


def errors_of(response: Any) -> dict[str, Any]:
    """What the form and its inlines say, by name of the input."""
    shown = response.context_data
    said = dict(shown["adminform"].form.errors.items())
    for each in shown["inline_admin_formsets"]:
        for form in each.formset.forms:
            said |= {f"{form.prefix}-{name}": texts for name, texts in form.errors.items()}
    return {name: list(texts) for name, texts in said.items()}


def address(admin: ClientModelAdmin, tail: str) -> str:
    return f"/admin/{admin.opts.app_label}/{admin.opts.model_name}/{tail}"


def references_in(admin: ClientModelAdmin, values: dict[str, Any]) -> dict[str, Any]:
    """Inputs of the page that name another client row, with the model that they name."""
    named = {}
    writable = [each for each in admin.inlines if not each.read_only]
    models = {"": admin.model, **{_prefix(each): each.model for each in writable}}
    for name in values:
        stem, _, last = name.rpartition("-")
        model = models.get(stem.rpartition("-")[0] if stem else "")
        if model is None or "__prefix__" in name:
            continue
        field = next((each for each in model._meta.fields if each.name == last), None)
        if isinstance(field, ClientForeignKey) and field.name != model_link(admin, model):
            named[name] = target_of(field)
        elif stem and last == "id":
            named[name] = model
    return named


def _prefix(inline: Any) -> str:
    return str(
        inline.fk_name or inline.model._meta.get_field(_link(inline)).remote_field.related_name
    )


def _link(inline: Any) -> str:
    parents = [each.model for each in WITH_A_FORM]
    links = [
        each.name
        for each in inline.model._meta.fields
        if isinstance(each, ClientForeignKey)
        and target_of(each) in parents
        and inline in next(a for a in WITH_A_FORM if a.model is target_of(each)).inlines
    ]
    return links[0]


def model_link(admin: ClientModelAdmin, model: Any) -> str:
    inline = next((each for each in admin.inlines if each.model is model), None)
    return _link(inline) if inline else ""


@by_form
def test_iso_011_iso_013_no_form_takes_a_foreign_row(world: World, admin: ClientModelAdmin) -> None:
    browser, row = writer(world, admin.model), world.own[admin.model.__name__]
    page = address(admin, f"{row.pk}/change/")
    opened = browser.get(page)
    values = form_of(body(opened))
    on_page = set(opened.context_data["adminform"].form.fields)
    expected = {each.name for each in references(admin.model)} & on_page
    assert expected <= set(references_in(admin, values))
    before = stored(world, admin.model)
    # Whose row it is, is not for the form to say.
    for theirs in (world.acme_2.pk, UNKNOWN):
        with unrendered():
            refused = browser.post(page, {**values, "client": theirs})
        assert refused.status_code == 200
        assert errors_of(refused)["__all__"] == ["The client of a row never changes."]
    for name, target in references_in(admin, values).items():
        theirs = world.foreign[target.__name__].pk
        foreign = browser.post(page, {**values, name: theirs})
        assert not MARKS.search(body(foreign)), name
        with unrendered():
            unknown = browser.post(page, {**values, name: UNKNOWN})
        assert (name, foreign.status_code, unknown.status_code) == (name, 200, 200)
        said = [
            str(errors_of(refused)).replace(str(key), "?")
            for refused, key in ((foreign, theirs), (unknown, UNKNOWN))
        ]
        assert said[0] == said[1], name
        assert name in said[0] or name.endswith("-id"), (name, said[0])
    assert stored(world, admin.model) == before
    # The form as it was opened is fine: what was refused is what was slipped in.
    assert browser.post(page, values).status_code == 302


@by_form
def test_iso_010_iso_011_no_form_makes_a_row_elsewhere(
    world: World, admin: ClientModelAdmin
) -> None:
    browser, row = writer(world, admin.model), world.own[admin.model.__name__]
    page, before = address(admin, "add/"), stored(world, admin.model)
    if browser.get(page).status_code == 403:
        return
    values = form_of(body(browser.get(address(admin, f"{row.pk}/change/"))))
    values = {key: value for key, value in values.items() if key != "version"}
    values |= {key: ["0"] for key in values if key.endswith("-INITIAL_FORMS")}
    values |= {key: [""] for key in values if key.endswith("-id")}
    for theirs in (world.acme_2.pk, "ACME-2"):
        with unrendered():
            refused = browser.post(page, {**values, "client": theirs})
        assert refused.status_code == 200
        assert f"Unknown client “{theirs}”." in errors_of(refused)["__all__"]
    for theirs in ("ACME-2",):  # typed into the hidden field
        with unrendered():
            refused = browser.post(page, {**values, "opened_for": theirs})
        assert f"This form belongs to {theirs}. Reload." in errors_of(refused)["__all__"]
    for name, target in references_in(admin, values).items():
        if name.endswith("-id"):
            continue
        theirs, said = world.foreign[target.__name__].pk, []
        assert not MARKS.search(body(browser.get(page, {name: theirs}))), name
        for key in (theirs, UNKNOWN):
            with unrendered():
                refused = browser.post(page, {**values, name: key})
            said.append(str(errors_of(refused)[name]).replace(str(key), "?"))
        assert said[0] == said[1], name
    assert stored(world, admin.model) == before


def action_name(action: Any) -> str:
    return action if isinstance(action, str) else str(action.__name__)


@by_form
def test_iso_014_one_foreign_row_among_the_chosen_stops_an_action(
    world: World, admin: ClientModelAdmin
) -> None:
    browser, name = writer(world, admin.model), admin.model.__name__
    before, page = stored(world, admin.model), address(admin, "")
    for action in [*map(action_name, admin.actions), "no_such_action"]:
        for key in (world.foreign[name].pk, UNKNOWN, "zebra"):
            for chosen in ([key], [world.own[name].pk, key]):
                values = {"action": action, ACTION_CHECKBOX_NAME: chosen, "reason": "no reason"}
                values |= {"answered": "yes", "to": "DEMOTED"}
                assert browser.post(page, values).status_code == 404
    assert stored(world, admin.model) == before


# -- the API ---------------------------------------------------------------------------------------


@by_endpoint
def test_iso_010_iso_013_no_call_writes_elsewhere(world: World, prefix: str) -> None:
    view = WRITABLE[prefix]
    model = view.queryset.model
    browser, before = writer(world, model), stored(world, model)
    path = f"/api/v1/{prefix}/"
    own = f"{path}{world.own[model.__name__].pk}/"
    version = browser.get(own).json()["version"]
    for code in ("ACME-2", "NOBODY", "ACM%"):
        unknown = {"client": [f"Unknown client “{code}”."]}
        answer = sent(browser, "post", path, {**view.example, "client": code})
        assert (answer.status_code, answer.json()) == (400, unknown)
        key = str(uuid.uuid4())
        rows = {"client": code, "rows": [view.example]}
        answer = sent(browser, "post", f"{path}bulk/", rows, **{"Idempotency-Key": key})
        assert (answer.status_code, answer.json()) == (400, unknown)
        rows = {"rows": [{**view.example, "client": code}]}
        answer = sent(browser, "post", f"{path}bulk/", rows, **{"Idempotency-Key": key})
        if registry.of(model) is not None:
            assert answer.status_code == 400
            assert answer.json()["errors"][0]["reason"] == f"Unknown client “{code}”."
        answer = sent(browser, "patch", own, {"client": code, "version": version})
        never = {"client": ["The client of a row never changes."]}
        assert (answer.status_code, answer.json()) == (400, never)
    # The id is shown and so may be sent back; it is not read. The others are not known at all.
    for name, status in (("id", 200), ("client_id", 400), ("created_by", 400), ("batch", 400)):
        version = browser.get(own).json()["version"]
        answer = sent(browser, "patch", own, {name: world.acme_2.pk, "version": version})
        assert answer.status_code == status, (path, name)
    after = stored(world, model)
    assert {key: row["client_id"] for key, row in after.items()} == {
        key: row["client_id"] for key, row in before.items()
    }


@by_endpoint
def test_iso_011_no_call_names_a_foreign_row(world: World, prefix: str) -> None:
    view = WRITABLE[prefix]
    model, browser = view.queryset.model, writer(world, view.queryset.model)
    before, path = stored(world, model), f"/api/v1/{prefix}/"
    own = f"{path}{world.own[model.__name__].pk}/"
    version = browser.get(own).json()["version"]
    for name in view.serializer_class.references():
        field = model._meta.get_field(name)
        if name == "client" or not field.editable:
            continue
        target = target_of(field)
        code = code_name(target)
        theirs = world.foreign[target.__name__]
        codes = (getattr(theirs, code), "NOWHERE") if code else (theirs.pk, UNKNOWN)
        told, listed = [], []
        for each in codes:
            refused = sent(browser, "patch", own, {name: each, "version": version})
            assert refused.status_code == 400, (prefix, name)
            told.append(body(refused).replace(str(each), "?"))
            rows = {"rows": [{**view.example, name: each}]}
            refused = sent(
                browser, "post", f"{path}bulk/", rows, **{"Idempotency-Key": str(uuid.uuid4())}
            )
            listed.append((refused.status_code, body(refused).replace(str(each), "?")))
        assert told[0] == told[1], (prefix, name)
        assert "Unknown " in told[0], (prefix, name)
        assert listed[0] == listed[1], (prefix, name)
    assert stored(world, model) == before


def test_iso_015_a_code_of_another_client_is_free(world: World) -> None:
    browser = world.browser("H")
    made = {"code": "ZEBRA-L1", "name": "Ours", "stations": 3, "standard_crew": 3}
    assert sent(browser, "post", "/api/v1/lines/", made).status_code == 201
    assert sent(browser, "post", "/api/v1/lines/", made).status_code == 400


def test_iso_016_the_key_of_another_clients_submit_is_free(world: World) -> None:
    rows = {"rows": [{"code": "NEW-L", "name": "New", "stations": 3, "standard_crew": 3}]}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answers = [
        sent(world.browser(who), "post", "/api/v1/lines/bulk/", rows, **key) for who in "ZHH"
    ]
    assert [each.status_code for each in answers] == [201, 201, 200]
    assert answers[0].json()["ids"] != answers[1].json()["ids"] == answers[2].json()["ids"]


def test_iso_028_a_file_with_foreign_codes_is_refused_like_one_with_unknown_ones(
    world: World,
) -> None:
    browser, previews = world.browser("H"), []
    for code in ("ZEBRA", "NOPE"):
        row = f"2026-03-04,{code}-S,{code}-L1,{code}-WO,{code}-PART,12"
        text = f"shift_date,shift,line,work_order,part,total_units\n{row}\n"
        values = {"client": "ACME", "entity": "production_entry", "text": text}
        previewed = browser.post("/admin/clients/importbatch/add/", values)
        assert previewed.status_code == 302
        key = previewed.headers["Location"].split("/")[-3]
        page = body(browser.get(previewed.headers["Location"]))
        assert f"{code}-L1" in page
        file = body(browser.get(f"/admin/clients/importbatch/{key}/errors.csv"))
        previews.append((file.replace(code, "…"), page.count("Unknown"), "ACME-2" in page))
    assert previews[0] == previews[1]
    for client in ("ACME-2", "NOBODY"):
        values = {"client": client, "entity": "production_entry", "text": text}
        assert browser.post("/admin/clients/importbatch/add/", values).status_code == 200


def test_rows_of_no_client_are_not_for_members_to_write(world: World) -> None:
    browser = world.browser("H")
    with client_scope([world.acme, world.acme_2]):
        pooled = ClientRow.__subclasses__() and world.own["Employee"].__class__.objects.create(
            code="POOL-1", full_name="Pool Person", client=None
        )
    answer = sent(browser, "patch", f"/api/v1/employees/{pooled.pk}/", {"full_name": "x"})
    assert answer.status_code == 403
    made = {"code": "POOL-2", "full_name": "x", "client": None}
    assert sent(browser, "post", "/api/v1/employees/", made).status_code == 400
