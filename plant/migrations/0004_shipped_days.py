from django.db import migrations, models
from django.db.models.functions import Coalesce

from plant import shipping_triggers


class Migration(migrations.Migration):
    dependencies = [("plant", "0003_closing")]

    operations = [
        migrations.AddField(
            model_name="workorder",
            name="first_shipped_date",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="workorder",
            name="shipped_in_full_date",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="workorder",
            index=models.Index(
                models.F("client"),
                Coalesce("promised_date", "required_date"),
                name="plant_workorder_promise",
            ),
        ),
        migrations.RunSQL(
            shipping_triggers.FUNCTIONS + shipping_triggers.TRIGGERS,
            shipping_triggers.NO_TRIGGERS,
        ),
        migrations.RunSQL(shipping_triggers.FOR_ROWS_BEFORE, migrations.RunSQL.noop),
    ]
