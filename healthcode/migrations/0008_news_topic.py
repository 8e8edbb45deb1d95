from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("healthcode", "0007_isolation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outbox",
            name="topic",
            field=models.CharField(
                choices=[
                    ("code_issued", "code_issued"),
                    ("colour_changed", "colour_changed"),
                    ("isolation_ending", "isolation_ending"),
                    ("isolation_turned", "isolation_turned"),
                    ("news", "news"),
                    ("ordered", "ordered"),
                    ("records_withdrawn", "records_withdrawn"),
                ],
                max_length=32,
            ),
        ),
    ]
