import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clients.fields
from clients.postgresql import walls


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("clients", "0007_audit_list"),
        ("plant", "0006_inferred_promises"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SheetDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("shift_date", models.DateField()),
                ("content", models.JSONField(default=dict)),
                ("submit_key", models.UUIDField(default=uuid.uuid4)),
                ("saved_at", models.DateTimeField(auto_now=True)),
                (
                    "client",
                    clients.fields.OwnerField(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clients.client",
                        verbose_name="client",
                    ),
                ),
                (
                    "shift",
                    clients.fields.ClientForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="plant.shift",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "draft of a sheet",
                "verbose_name_plural": "drafts of sheets",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client", "user", "shift_date", "shift"),
                        name="entry_sheetdraft_one",
                    )
                ],
            },
        ),
        # Changes every few seconds, and holds what only its author may know: no audit.
        migrations.RunSQL(
            'DROP TRIGGER kpi_audit ON "entry_sheetdraft"', walls.audit("entry_sheetdraft")
        ),
    ]
