import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("healthcode", "0004_feeds"),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleSetEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("revise", "revise"),
                            ("propose", "propose"),
                            ("approve", "approve"),
                            ("schedule", "schedule"),
                            ("enact", "enact"),
                            ("retire", "retire"),
                            ("withdraw", "withdraw"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("proposed", "proposed"),
                            ("approved", "approved"),
                            ("scheduled", "scheduled"),
                            ("in_force", "in_force"),
                            ("retired", "retired"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=32,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("reason", models.CharField(blank=True, max_length=1000)),
                ("detail", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="RuleSetKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_der", models.BinaryField(unique=True)),
                ("private_sealed", models.BinaryField()),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Simulation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("requested_at", models.DateTimeField()),
                ("cursor", models.BigIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AlterModelOptions(
            name="rulesetversion",
            options={
                "permissions": [
                    ("propose_rulesetversion", "Can propose rule set version"),
                    ("approve_rulesetversion", "Can approve rule set version"),
                ]
            },
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="author",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="first_approval_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="first_approval_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="second_approval_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="second_approval_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="signature",
            field=models.CharField(blank=True, max_length=96),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("proposed", "proposed"),
                    ("approved", "approved"),
                    ("scheduled", "scheduled"),
                    ("in_force", "in_force"),
                    ("retired", "retired"),
                    ("withdrawn", "withdrawn"),
                ],
                default="in_force",
                max_length=32,
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="rulesetversion",
            name="valid_from",
            field=models.DateTimeField(null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetversion",
            trigger=pgtrigger.compiler.Trigger(
                name="ruleset_no_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="b969191c45acc50d671de19c848fe1d60453c02e",
                    operation="DELETE",
                    pgid="pgtrigger_ruleset_no_delete_9759b",
                    table="healthcode_rulesetversion",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetversion",
            trigger=pgtrigger.compiler.Trigger(
                name="ruleset_text_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.state <> 'draft' AND (OLD.code, OLD.data, OLD.fingerprint, OLD.author_id) IS DISTINCT FROM (NEW.code, NEW.data, NEW.fingerprint, NEW.author_id))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c6b92c08ebce76c779775dba2f43928937a839a5",
                    operation="UPDATE",
                    pgid="pgtrigger_ruleset_text_stays_8ed3e",
                    table="healthcode_rulesetversion",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="rulesetevent",
            name="actor",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rulesetevent",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="events", to="healthcode.rulesetversion"
            ),
        ),
        migrations.AddField(
            model_name="rulesetversion",
            name="signed_with",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="healthcode.rulesetkey"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "proposed", "approved", "scheduled", "in_force", "retired", "withdrawn"])
                ),
                name="healthcode_rulesetversion_state_word",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "scheduled")), fields=("state",), name="ruleset_one_scheduled"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["in_force", "retired", "scheduled"]), ("valid_from__isnull", False)),
                    models.Q(
                        models.Q(("state__in", ["in_force", "retired", "scheduled"]), _negated=True),
                        ("valid_from__isnull", True),
                        ("valid_until__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="ruleset_from_when_binding",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first_approval_at__isnull", True), ("first_approval_by__isnull", True)),
                    models.Q(
                        ("first_approval_at__isnull", False),
                        models.Q(("first_approval_by", models.F("author")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ruleset_first_approval",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("second_approval_at__isnull", True), ("second_approval_by__isnull", True)),
                    models.Q(
                        ("first_approval_by__isnull", False),
                        ("second_approval_at__isnull", False),
                        models.Q(("second_approval_by", models.F("author")), _negated=True),
                        models.Q(("second_approval_by", models.F("first_approval_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ruleset_second_approval",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("author__isnull", True),
                    models.Q(("state__in", ["approved", "in_force", "retired", "scheduled"]), _negated=True),
                    models.Q(("first_approval_by__isnull", False), ("second_approval_by__isnull", False)),
                    _connector="OR",
                ),
                name="ruleset_needs_two_approvals",
            ),
        ),
        migrations.AddField(
            model_name="simulation",
            name="requested_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="simulation",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="simulations", to="healthcode.rulesetversion"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("act__in", ["draft", "revise", "propose", "approve", "schedule", "enact", "retire", "withdraw"])
                ),
                name="healthcode_rulesetevent_act_word",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "proposed", "approved", "scheduled", "in_force", "retired", "withdrawn"])
                ),
                name="healthcode_rulesetevent_state_word",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("act", "approve")), fields=("version", "actor"), name="ruleset_one_approval_each"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("act__in", ["propose", "withdraw"]), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="ruleset_reason_given",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="b9672668a68ac0e845c65f9a03fcc36b29183e4c",
                    operation="DELETE",
                    pgid="pgtrigger_no_delete_0e3ee",
                    table="healthcode_rulesetevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
                    hash="8e1353d156263488355f9267eac9600d908e802f",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_ba350",
                    table="healthcode_rulesetevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rulesetevent",
            trigger=pgtrigger.compiler.Trigger(
                name="no_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="6d7440cd2e2bbaac64e2620284bb5bbc6d36440c",
                    operation="UPDATE",
                    pgid="pgtrigger_no_update_e0ef7",
                    table="healthcode_rulesetevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="simulation",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", True)), fields=["id"], name="simulation_unfinished"
            ),
        ),
    ]
