"""The check of an employee is planned once, which halves what it adds to each row of a roster."""

from typing import ClassVar

from django.db import migrations

from clients.postgresql import walls


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("clients", "0002_quicker_audit")]

    operations: ClassVar[list[migrations.RunSQL]] = [
        migrations.RunSQL(walls.FUNCTIONS, migrations.RunSQL.noop)
    ]
