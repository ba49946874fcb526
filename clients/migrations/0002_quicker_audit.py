"""The audit trigger takes a row apart once, which halves what it adds to each row of a file."""

from typing import ClassVar

from django.db import migrations

from clients.postgresql import walls


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("clients", "0001_initial")]

    operations: ClassVar[list[migrations.RunSQL]] = [
        migrations.RunSQL(walls.FUNCTIONS, migrations.RunSQL.noop)
    ]
