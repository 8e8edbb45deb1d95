import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("healthcode", "0009_keys_and_paper"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecolouringBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("size", models.PositiveIntegerField()),
                ("members", models.BinaryField()),
                ("done_at", models.DateTimeField(null=True)),
                ("changed", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RemoveField(
            model_name="recolouring",
            name="cursor",
        ),
        migrations.AddField(
            model_name="recolouring",
            name="people",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="recolouring",
            name="planned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="recolouring",
            name="stop_reason",
            field=models.CharField(blank=True, max_length=256),
        ),
        migrations.AddField(
            model_name="recolouring",
            name="stopped_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="recolouring",
            name="stopped_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="recolouring",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stop_reason", ""), ("stopped_at__isnull", True), ("stopped_by__isnull", True)),
                    models.Q(
                        ("stopped_at__isnull", False),
                        ("stopped_by__isnull", False),
                        models.Q(("stop_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="recolouring_stop_is_whole",
            ),
        ),
        migrations.AddField(
            model_name="recolouringbatch",
            name="recolouring",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="healthcode.recolouring"
            ),
        ),
        migrations.AddIndex(
            model_name="recolouringbatch",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)),
                fields=["recolouring", "number"],
                name="recolouring_batch_to_do",
            ),
        ),
        migrations.AddConstraint(
            model_name="recolouringbatch",
            constraint=models.UniqueConstraint(fields=("recolouring", "number"), name="recolouring_batch_number"),
        ),
        migrations.AddConstraint(
            model_name="recolouringbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), models.Q(("members", b""), _negated=True)),
                    models.Q(("done_at__isnull", False), ("members", b"")),
                    _connector="OR",
                ),
                name="recolouring_batch_emptied_when_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="recolouringbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("changed__lte", models.F("size"))), name="recolouring_batch_changed_of_size"
            ),
        ),
    ]
