from django.db import migrations

from plant import shipping_triggers


class Migration(migrations.Migration):
    dependencies = [("plant", "0004_shipped_days")]

    operations = [migrations.RunSQL(shipping_triggers.AGAIN, migrations.RunSQL.noop)]
