"""Where rows of a model can be imported and exported, for people who may."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from clients.imports import registry
from clients.imports.export_lists import OF_THE_PAGE
from clients.imports.exports import FORMS
from clients.scope import current_scope

register = template.Library()


@register.simple_tag
def import_address(options: Any) -> str:
    entity = registry.of(options.model)
    if entity is None or not current_scope().may(entity.right):
        return ""
    return f"{reverse('admin:clients_importbatch_add')}?entity={entity.name}"


@register.simple_tag
def export_addresses(shown: Any) -> list[tuple[str, str]]:
    """CSV and XLSX with the addresses of a change list's rows; none where no import reads them."""
    if registry.of(shown.model) is None or "voided" in shown.params:
        return []
    name = f"admin:{shown.opts.app_label}_{shown.opts.model_name}_export"
    query = shown.get_query_string(remove=[*OF_THE_PAGE])
    return [(form.upper(), reverse(name, args=[form]) + query) for form in FORMS]
