"""The newest audit entries of all clients together come from an index; and whoever tries to change
entries is refused, also the owner of the tables, who sees none."""

from typing import Any, ClassVar

from django.db import migrations, models

from clients.postgresql import walls


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("clients", "0006_signing")]

    operations: ClassVar[list[Any]] = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["-occurred_at", "-id"], name="clients_audit_newest"),
        ),
        migrations.RunSQL(walls.REFUSED_AS_A_WHOLE, migrations.RunSQL.noop),
    ]
