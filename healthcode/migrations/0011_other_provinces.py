import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("healthcode", "0010_recolouring_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForeignReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.CharField(max_length=48, unique=True)),
                (
                    "shown",
                    models.CharField(
                        choices=[
                            ("home_green", "home_green"),
                            ("home_yellow", "home_yellow"),
                            ("home_red", "home_red"),
                            ("home_colourless", "home_colourless"),
                            ("test_negative", "test_negative"),
                            ("test_positive", "test_positive"),
                            ("test_unclear", "test_unclear"),
                            ("rapid_negative", "rapid_negative"),
                            ("rapid_positive", "rapid_positive"),
                            ("vaccination", "vaccination"),
                            ("recovery", "recovery"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "became",
                    models.CharField(
                        choices=[("evidence", "evidence"), ("question", "question"), ("nothing", "nothing")],
                        max_length=32,
                    ),
                ),
                ("sampled_at", models.DateTimeField(null=True)),
                ("shown_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("declined", models.CharField(max_length=256, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TrustedIssuer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("code", models.CharField(max_length=32)),
                ("country", models.CharField(max_length=3)),
                ("province", models.CharField(blank=True, max_length=6)),
                ("name", models.CharField(max_length=96)),
                ("name_en", models.CharField(max_length=96)),
                ("uses", models.JSONField()),
                ("keys", models.JSONField()),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("document", models.CharField(max_length=96)),
                ("proposed_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("signature", models.CharField(max_length=128, null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(max_length=256, null=True)),
            ],
            options={
                "permissions": [("approve_trustedissuer", "May approve an issuer of another province")],
            },
        ),
        migrations.AddField(
            model_name="foreignreport",
            name="evidence",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="foreign_report",
                to="healthcode.evidencerecord",
            ),
        ),
        migrations.AddField(
            model_name="foreignreport",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="foreign_reports", to="healthcode.person"
            ),
        ),
        migrations.AddField(
            model_name="foreignreport",
            name="settled_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="trustedissuer",
            name="approved_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="trustedissuer",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="trustedissuer",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="trustedissuer",
            name="signed_with",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="healthcode.rulesetkey"
            ),
        ),
        migrations.AddField(
            model_name="foreignreport",
            name="issuer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="healthcode.trustedissuer"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedissuer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved_at__isnull", False), ("ended_at__isnull", True)),
                fields=("code",),
                name="trustedissuer_one_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedissuer",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[a-z0-9-]{2,32}$")), name="trustedissuer_code_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedissuer",
            constraint=models.CheckConstraint(
                condition=models.Q(("country__regex", "^[A-Z]{3}$")), name="trustedissuer_country_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedissuer",
            constraint=models.CheckConstraint(
                condition=models.Q(("province__regex", "^(\\d{6})?$")), name="trustedissuer_province_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedissuer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True),
                    models.Q(("name_en", ""), _negated=True),
                    models.Q(("document", ""), _negated=True),
                ),
                name="trustedissuer_names_and_document",
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedissuer",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gt", models.F("valid_from"))), name="trustedissuer_from_until"
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedissuer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at__isnull", True),
                        ("approved_by__isnull", True),
                        ("signature__isnull", True),
                        ("signed_with__isnull", True),
                    ),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("signature__isnull", False),
                        ("signed_with__isnull", False),
                        models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="trustedissuer_approved_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="trustedissuer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_reason__isnull", True), ("ended_at__isnull", True), ("ended_by__isnull", True)),
                    models.Q(
                        ("end_reason__isnull", False),
                        ("ended_at__isnull", False),
                        ("ended_by__isnull", False),
                        models.Q(("end_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="trustedissuer_end_is_whole",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="no_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="0a91b53f43f9452f2265a827c4aa2f95408673fa",
                    operation="DELETE",
                    pgid="pgtrigger_no_delete_2f6bf",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="12b5fff8dc372f6578ceca2127de09a91635648b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_8ecf2",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="no_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."province" IS DISTINCT FROM (NEW."province") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."name_en" IS DISTINCT FROM (NEW."name_en") OR OLD."uses" IS DISTINCT FROM (NEW."uses") OR OLD."keys" IS DISTINCT FROM (NEW."keys") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from") OR OLD."valid_until" IS DISTINCT FROM (NEW."valid_until") OR OLD."document" IS DISTINCT FROM (NEW."document") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="94f10647c7063f41f5e309d90c04489b5f1268bf",
                    operation="UPDATE",
                    pgid="pgtrigger_no_update_973b4",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_at_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."approved_at" IS DISTINCT FROM (NEW."approved_at") AND OLD."approved_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="8b3aa63e67bca9e32e42aad43965b3fd79660b01",
                    operation="UPDATE",
                    pgid="pgtrigger_approved_at_once_a4516",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="approved_by_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."approved_by_id" IS DISTINCT FROM (NEW."approved_by_id") AND OLD."approved_by_id" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="99fcaca2bd602d557c050d3476dc28aee5a9502e",
                    operation="UPDATE",
                    pgid="pgtrigger_approved_by_once_aa1f1",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="signature_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."signature" IS DISTINCT FROM (NEW."signature") AND OLD."signature" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4247ad8e9f813f7dc227df366ffef58e39bc0a38",
                    operation="UPDATE",
                    pgid="pgtrigger_signature_once_79e81",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="signed_with_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."signed_with_id" IS DISTINCT FROM (NEW."signed_with_id") AND OLD."signed_with_id" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="55c31c952b894a17279a0d84808e31e2713a38b2",
                    operation="UPDATE",
                    pgid="pgtrigger_signed_with_once_ce759",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="ended_at_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."ended_at" IS DISTINCT FROM (NEW."ended_at") AND OLD."ended_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9fb015126629457eb5571b515e515ebf56a44cf4",
                    operation="UPDATE",
                    pgid="pgtrigger_ended_at_once_2921b",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="ended_by_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."ended_by_id" IS DISTINCT FROM (NEW."ended_by_id") AND OLD."ended_by_id" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="48f30a4e9e1fd1737828471772214866fdf8b0dd",
                    operation="UPDATE",
                    pgid="pgtrigger_ended_by_once_d53cd",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trustedissuer",
            trigger=pgtrigger.compiler.Trigger(
                name="end_reason_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."end_reason" IS DISTINCT FROM (NEW."end_reason") AND OLD."end_reason" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="3bfd8aa21c5af1bf3cf03e161842546a4339e252",
                    operation="UPDATE",
                    pgid="pgtrigger_end_reason_once_6a6db",
                    table="healthcode_trustedissuer",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="foreignreport",
            index=models.Index(fields=["person", "-shown_at"], name="foreignreport_person"),
        ),
        migrations.AddConstraint(
            model_name="foreignreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "shown__in",
                        [
                            "home_green",
                            "home_yellow",
                            "home_red",
                            "home_colourless",
                            "test_negative",
                            "test_positive",
                            "test_unclear",
                            "rapid_negative",
                            "rapid_positive",
                            "vaccination",
                            "recovery",
                        ],
                    )
                ),
                name="healthcode_foreignreport_shown_word",
            ),
        ),
        migrations.AddConstraint(
            model_name="foreignreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("became__in", ["evidence", "question", "nothing"])),
                name="healthcode_foreignreport_became_word",
            ),
        ),
        migrations.AddConstraint(
            model_name="foreignreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("became", "evidence"), ("sampled_at__isnull", False)),
                    models.Q(
                        models.Q(("became", "evidence"), _negated=True),
                        ("evidence__isnull", True),
                        ("settled_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="foreignreport_only_evidence_is_settled",
            ),
        ),
        migrations.AddConstraint(
            model_name="foreignreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("declined__isnull", True), ("settled_at__isnull", True), ("settled_by__isnull", True)),
                    models.Q(("settled_at__isnull", False), ("settled_by__isnull", False)),
                    _connector="OR",
                ),
                name="foreignreport_settled_when_and_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="foreignreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declined__isnull", True),
                    models.Q(("evidence__isnull", True), models.Q(("declined", ""), _negated=True)),
                    _connector="OR",
                ),
                name="foreignreport_declined_with_reason",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignreport",
            trigger=pgtrigger.compiler.Trigger(
                name="no_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="d2d06a192cc11654e6585c3b6cdd6dc9df5b7c88",
                    operation="DELETE",
                    pgid="pgtrigger_no_delete_e715a",
                    table="healthcode_foreignreport",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignreport",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="ba6c250dc7e0c2d6b3c2ab2a8f64a6fedc1b714c",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_91621",
                    table="healthcode_foreignreport",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignreport",
            trigger=pgtrigger.compiler.Trigger(
                name="no_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."public_id" IS DISTINCT FROM (NEW."public_id") OR OLD."person_id" IS DISTINCT FROM (NEW."person_id") OR OLD."issuer_id" IS DISTINCT FROM (NEW."issuer_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."shown" IS DISTINCT FROM (NEW."shown") OR OLD."became" IS DISTINCT FROM (NEW."became") OR OLD."sampled_at" IS DISTINCT FROM (NEW."sampled_at") OR OLD."shown_at" IS DISTINCT FROM (NEW."shown_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="1f30a4a5198f866adaf8fdec436b820c60b63766",
                    operation="UPDATE",
                    pgid="pgtrigger_no_update_4152d",
                    table="healthcode_foreignreport",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignreport",
            trigger=pgtrigger.compiler.Trigger(
                name="evidence_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."evidence_id" IS DISTINCT FROM (NEW."evidence_id") AND OLD."evidence_id" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="ec97bf2bef4f627f3e315f19c4c7ed57e6867eb0",
                    operation="UPDATE",
                    pgid="pgtrigger_evidence_once_db14c",
                    table="healthcode_foreignreport",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignreport",
            trigger=pgtrigger.compiler.Trigger(
                name="settled_at_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."settled_at" IS DISTINCT FROM (NEW."settled_at") AND OLD."settled_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="2b3626c87d4e1ed14c62f5696ec7b93bfcfa18ad",
                    operation="UPDATE",
                    pgid="pgtrigger_settled_at_once_3f061",
                    table="healthcode_foreignreport",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignreport",
            trigger=pgtrigger.compiler.Trigger(
                name="settled_by_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."settled_by_id" IS DISTINCT FROM (NEW."settled_by_id") AND OLD."settled_by_id" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="7e6daad557ca3db9cf4284809ecef09c73d6fac3",
                    operation="UPDATE",
                    pgid="pgtrigger_settled_by_once_f580d",
                    table="healthcode_foreignreport",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="foreignreport",
            trigger=pgtrigger.compiler.Trigger(
                name="declined_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."declined" IS DISTINCT FROM (NEW."declined") AND OLD."declined" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="d37ef7049e857b6bfb546b869a6d9d716b71951d",
                    operation="UPDATE",
                    pgid="pgtrigger_declined_once_39b4b",
                    table="healthcode_foreignreport",
                    when="BEFORE",
                ),
            ),
        ),
    ]
