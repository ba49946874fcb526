"""The newest audit entries of all clients together come from an index."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("clients", "0005_audit_xact")]

    operations: ClassVar[list[migrations.AddIndex]] = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["-occurred_at", "-id"], name="clients_audit_newest"),
        )
    ]
