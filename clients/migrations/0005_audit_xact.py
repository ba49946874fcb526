"""Each audit entry says in which transaction it was written: what was computed before is stale."""

from typing import Any, ClassVar

from django.db import migrations, models

import clients.models.audit
from clients.postgresql import walls


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("clients", "0004_corrections")]

    operations: ClassVar[list[Any]] = [
        migrations.AddField(
            model_name="auditentry",
            name="xact",
            field=models.BigIntegerField(
                db_default=clients.models.audit.this_transaction(), editable=False
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["client_id", "xact"], name="clients_audit_xact"),
        ),
        migrations.RunSQL(
            walls.CHANGES,
            "DROP POLICY shared_read ON clients_auditentry;"
            "DROP FUNCTION kpi_changed_since(bigint, text)",
        ),
    ]
