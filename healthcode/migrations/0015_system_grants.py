import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("healthcode", "0014_unusual_lookups"),
    ]

    operations = [
        migrations.CreateModel(
            name="SystemGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("declare_health", "declare_health"),
                            ("declare_trip", "declare_trip"),
                            ("query", "query"),
                            ("apply", "apply"),
                            ("make_code", "make_code"),
                            ("verify_code", "verify_code"),
                            ("correct", "correct"),
                        ],
                        max_length=32,
                    ),
                ),
                ("document", models.CharField(max_length=96)),
                ("granted_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="systemgrant",
            name="granted_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="systemgrant",
            name="revoked_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="systemgrant",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="healthcode.source"
            ),
        ),
        migrations.AddConstraint(
            model_name="systemgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "scope__in",
                        ["declare_health", "declare_trip", "query", "apply", "make_code", "verify_code", "correct"],
                    )
                ),
                name="healthcode_systemgrant_scope_word",
            ),
        ),
        migrations.AddConstraint(
            model_name="systemgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("document", ""), _negated=True), name="systemgrant_has_document"
            ),
        ),
        migrations.AddConstraint(
            model_name="systemgrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=("source", "scope"),
                name="systemgrant_one_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="systemgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at__isnull", True), ("revoked_by__isnull", True)),
                    models.Q(("revoked_at__isnull", False), ("revoked_by__isnull", False)),
                    _connector="OR",
                ),
                name="systemgrant_revoked_when_and_by_whom",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="systemgrant",
            trigger=pgtrigger.compiler.Trigger(
                name="no_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="41551a76d7ca1fda3343cfe60bd8b6a4eff9bf69",
                    operation="DELETE",
                    pgid="pgtrigger_no_delete_d8e7c",
                    table="healthcode_systemgrant",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="systemgrant",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="5ddc683a3d74d01e59ba7d72c4d1148d9fd4b34c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_c3092",
                    table="healthcode_systemgrant",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="systemgrant",
            trigger=pgtrigger.compiler.Trigger(
                name="no_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."source_id" IS DISTINCT FROM (NEW."source_id") OR OLD."scope" IS DISTINCT FROM (NEW."scope") OR OLD."document" IS DISTINCT FROM (NEW."document") OR OLD."granted_at" IS DISTINCT FROM (NEW."granted_at") OR OLD."granted_by_id" IS DISTINCT FROM (NEW."granted_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="427df750662f9a1dadff0b19fb3aa1ab7266154a",
                    operation="UPDATE",
                    pgid="pgtrigger_no_update_bf68c",
                    table="healthcode_systemgrant",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="systemgrant",
            trigger=pgtrigger.compiler.Trigger(
                name="revoked_at_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") AND OLD."revoked_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="8411508156f015b1bcce6e6e3778c40e0f2386e1",
                    operation="UPDATE",
                    pgid="pgtrigger_revoked_at_once_5f181",
                    table="healthcode_systemgrant",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="systemgrant",
            trigger=pgtrigger.compiler.Trigger(
                name="revoked_by_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."revoked_by_id" IS DISTINCT FROM (NEW."revoked_by_id") AND OLD."revoked_by_id" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="51dc53ccafcbdfb1f0b540403bb913abc00eb95b",
                    operation="UPDATE",
                    pgid="pgtrigger_revoked_by_once_59200",
                    table="healthcode_systemgrant",
                    when="BEFORE",
                ),
            ),
        ),
    ]
