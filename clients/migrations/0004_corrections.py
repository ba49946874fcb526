"""A confirmed row, or one of a closed shift, changes with a reason only.

Tables that are made later get these triggers when they are made.
"""

from typing import Any, ClassVar

from django.db import migrations

from clients.postgresql import walls


def watch(apps: Any, schema_editor: Any) -> None:
    for model in apps.get_models():
        for statement in walls.corrections(model):
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("clients", "0003_quicker_employee_check")]

    operations: ClassVar[list[Any]] = [
        migrations.RunSQL(walls.FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunPython(watch, migrations.RunPython.noop),
    ]
