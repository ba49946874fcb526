"""Attempts to sign in are counted in the database, and roles that end take their sessions along."""

from typing import Any, ClassVar

from django.db import migrations, models

from clients.postgresql import signing, walls


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("clients", "0005_audit_xact")]

    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="SignInAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("name", models.CharField(blank=True, max_length=150)),
                ("address", models.CharField(max_length=64)),
                ("succeeded", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-at", "-id"],
                "indexes": [
                    models.Index(fields=["name", "-at"], name="clients_attempt_name"),
                    models.Index(fields=["address", "-at"], name="clients_attempt_address"),
                    models.Index(fields=["at"], name="clients_attempt_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PasswordRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("email", models.EmailField(max_length=255)),
                ("site", models.CharField(max_length=300)),
                ("done_at", models.DateTimeField(null=True)),
                ("was_sent", models.BooleanField(default=False)),
            ],
            options={"ordering": ["asked_at", "id"]},
        ),
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.IntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("INSERT", "created"),
                    ("UPDATE", "changed"),
                    ("DELETE", "deleted"),
                    ("LOGIN", "signed in"),
                    ("LOGOUT", "signed out"),
                    ("FAILED", "failed to sign in"),
                    ("LOCKED", "locked out"),
                ],
                max_length=6,
            ),
        ),
        migrations.RunSQL(
            walls.FUNCTIONS + walls.CHANGED_SINCE + signing.FUNCTIONS, migrations.RunSQL.noop
        ),
        migrations.RunSQL(signing.TRIGGERS, signing.NO_TRIGGERS),
    ]
