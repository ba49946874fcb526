from django.db import migrations

from quality import order_triggers


class Migration(migrations.Migration):
    dependencies = [
        ("quality", "0001_initial"),
        ("plant", "0002_order_course"),
    ]

    operations = [
        migrations.RunSQL(
            order_triggers.FUNCTIONS + order_triggers.TRIGGERS, order_triggers.NO_TRIGGERS
        ),
    ]
