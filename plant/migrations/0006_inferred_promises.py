from django.db import migrations, models
from django.db.models.functions import Coalesce

from plant import promise_triggers


class Migration(migrations.Migration):
    """Rows that are stored already get their promise from `manage.py infer_promises`, which runs
    by itself: working it out takes their standards, not only their own columns."""

    dependencies = [
        ("clients", "0005_audit_xact"),
        ("plant", "0005_shipped_days_linear"),
    ]

    operations = [
        migrations.RemoveIndex("workorder", "plant_workorder_promise"),
        migrations.AddField(
            "workorder", "inferred_start_date", models.DateField(editable=False, null=True)
        ),
        migrations.AddField(
            "workorder",
            "inferred_promise_date",
            models.DateField("inferred promise", editable=False, null=True),
        ),
        *(
            migrations.AddField(
                "workorder", name, models.PositiveSmallIntegerField(editable=False, null=True)
            )
            for name in ("inferred_days", "inferred_crew", "inferred_day_minutes")
        ),
        migrations.AddField(
            "workorder",
            "inferred_hours",
            models.DecimalField(decimal_places=6, editable=False, max_digits=24, null=True),
        ),
        migrations.AddIndex(
            "workorder",
            models.Index(
                models.F("client"),
                Coalesce("promised_date", "required_date", "inferred_promise_date"),
                name="plant_workorder_promise",
            ),
        ),
        migrations.RunSQL(
            promise_triggers.FUNCTIONS + promise_triggers.TRIGGERS, promise_triggers.NO_TRIGGERS
        ),
    ]
