"""Files in: one pipeline for uploads, pasted cells, folders and bulk requests.

An app declares in its imports.py what may come in:

    @register
    class LineImport(EntityImport):
        model = Line
        columns = (Column("code", Code(), required=True), …)
"""

from clients.imports.columns import Column
from clients.imports.entities import Companion, EntityImport, extend, register, registry
from clients.imports.errors import Refused, UnknownEntity

__all__ = [
    "Column",
    "Companion",
    "EntityImport",
    "Refused",
    "UnknownEntity",
    "extend",
    "register",
    "registry",
]
