"""Where rows of a model can be imported, for people who may."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from clients.imports import registry
from clients.scope import current_scope

register = template.Library()


@register.simple_tag
def import_address(options: Any) -> str:
    entity = registry.of(options.model)
    if entity is None or not current_scope().may(entity.right):
        return ""
    return f"{reverse('admin:clients_importbatch_add')}?entity={entity.name}"
