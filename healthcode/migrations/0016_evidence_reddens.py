"""Find what one unit made red of late without walking its tests."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("healthcode", "0015_system_grants"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="evidencerecord",
            index=models.Index(
                condition=models.Q(
                    (
                        "kind__in",
                        ["close_contact", "control_order", "diagnosis", "isolation_order", "overseas_entry"],
                    ),
                    models.Q(("detail__result", "positive"), ("kind", "nat_result")),
                    _connector="OR",
                ),
                fields=["source", "recorded_at"],
                name="evidence_reddens",
            ),
        ),
    ]
