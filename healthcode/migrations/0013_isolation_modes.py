import django.db.models.deletion
from django.db import migrations, models

MODES = ["hospital", "central", "home"]
# Orders given before this was asked isolate as the notice does in their stage.
FROM_STAGE = """
UPDATE healthcode_isolationorder AS ordered
SET mode = isolated.stage
FROM healthcode_isolationcase AS isolated
WHERE isolated.id = ordered.case_id AND isolated.stage IN ('hospital', 'home')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("healthcode", "0012_outbreak_documents"),
    ]

    operations = [
        migrations.AddField(
            model_name="isolationorder",
            name="mode",
            field=models.CharField(
                choices=[("hospital", "hospital"), ("central", "central"), ("home", "home")],
                default="central",
                max_length=32,
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(FROM_STAGE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="isolationorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", MODES)), name="healthcode_isolationorder_mode_word"
            ),
        ),
        migrations.AddField(
            model_name="isolationvisit",
            name="evidence",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="healthcode.evidencerecord",
            ),
        ),
        migrations.RemoveIndex(
            model_name="isolationcase",
            name="isolation_ending",
        ),
        migrations.AddIndex(
            model_name="isolationcase",
            index=models.Index(
                condition=models.Q(("state__in", ["proposed", "confirmed"])),
                fields=["valid_until"],
                name="isolation_ending",
            ),
        ),
    ]
