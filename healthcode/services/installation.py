"""What an installation starts with: the sources of N3.2 and the periodic tasks. Rows that are there stay."""

from datetime import datetime, timedelta

from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from healthcode.domain.evidence import Kind
from healthcode.models import Account, Source, SourceCategory
from healthcode.services.audit import record_act

# Each task has a command of the same name. The app whose task it is, and the seconds between two runs.
SCHEDULE: dict[str, tuple[str, int]] = {
    "convert_due": ("healthcode", 60),
    "deliver_outbox": ("healthcode", 10),
    "recolour": ("healthcode", 30),
    "propose_isolation": ("healthcode", 60),
    "remind_isolation": ("healthcode", 600),
    "enact_rules": ("healthcode", 5),
    "simulate_rules": ("healthcode", 10),
    "withdraw_batches": ("healthcode", 10),
    "carry_out_orders": ("healthcode", 60),
    "destroy_expired": ("healthcode", 3600),
    "destroy_deliveries": ("healthcode", 86400),
    "destroy_uploads": ("healthcode", 600),
    "destroy_scans": ("venues", 3600),
    "watch_venues": ("venues", 300),
    "send_consent_codes": ("family", 5),
    "end_bonds": ("family", 600),
    "destroy_consents": ("family", 3600),
    "destroy_groups": ("family", 3600),
    "rotate_code_keys": ("healthcode", 600),
    "replace_paper_codes": ("healthcode", 300),
}


# Tasks of earlier versions: their rows would ask a worker for something it does not know.
_RETIRED = ("ensure_code_keys",)


@transaction.atomic
def install_schedule(*, by: Account | None, at: datetime) -> list[str]:
    """Add the periodic tasks that are missing and return their names; rows that are there stay as they are."""
    made = []
    PeriodicTask.objects.filter(name__in=_RETIRED).delete()
    for name, (app, seconds) in SCHEDULE.items():
        interval, _made = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
        _task, new = PeriodicTask.objects.get_or_create(
            name=name,
            defaults={
                "task": f"{app}.tasks.{name}",
                "interval": interval,
                # A run that waited longer than its interval is as good as the next one.
                "expire_seconds": int(timedelta(seconds=seconds).total_seconds()),
            },
        )
        if new:
            made.append(name)
    if made:
        record_act(by=by, at=at, action="install_schedule", tasks=made)
    return made


_HEALTH = (
    Kind.DIAGNOSIS,
    Kind.DISCHARGE,
    Kind.CLOSE_CONTACT,
    Kind.NAT_RESULT,
    Kind.SYMPTOM,
    Kind.SYMPTOM_CLEARED,
    Kind.ISOLATION_ORDER,
    Kind.RELEASE,
)
_TRAVEL = (Kind.AREA_STAY, Kind.ARRIVAL)
# code: category, Chinese name, English name, kinds. Customs may not diagnose; telecom may only raise a question,
# which the rules see to by the category.
SHIPPED: dict[str, tuple[SourceCategory, str, str, tuple[Kind, ...]]] = {
    "zj-health": (SourceCategory.HEALTH, "省卫生健康委", "Provincial Health Commission", _HEALTH),
    "zj-police": (SourceCategory.POLICE, "省公安厅", "Provincial Public Security Department", _TRAVEL),
    "zj-telecom": (SourceCategory.TELECOM, "省通信管理局", "Communications Administration", (Kind.AREA_STAY,)),
    "hz-customs": (SourceCategory.CUSTOMS, "杭州海关", "Hangzhou Customs", (Kind.OVERSEAS_ENTRY, Kind.SYMPTOM)),
    "zj-border": (SourceCategory.BORDER, "浙江边检总站", "Zhejiang Border Inspection", (Kind.OVERSEAS_ENTRY,)),
    "zj-transport": (SourceCategory.TRANSPORT, "省交通运输厅", "Provincial Transport Department", _TRAVEL),
    "zj-aviation": (SourceCategory.AVIATION, "民航浙江监管局", "Civil Aviation, Zhejiang", _TRAVEL),
    "sh-rail": (SourceCategory.RAIL, "上海铁路局", "Shanghai Railway", _TRAVEL),
    "national": (
        SourceCategory.NATIONAL,
        "全国一体化政务服务平台",
        "National government service platform",
        (*_HEALTH, *_TRAVEL, Kind.OVERSEAS_ENTRY),
    ),
    "other-province": (
        SourceCategory.PROVINCE,
        "外省（区、市）健康码平台",
        "Another province's health code",
        (Kind.NAT_RESULT, Kind.AREA_STAY, Kind.CLOSE_CONTACT),
    ),
    "zj-office": (
        SourceCategory.HEADQUARTERS,
        "省疫情防控办",
        "Provincial epidemic control office",
        (Kind.ISOLATION_ORDER, Kind.RELEASE, Kind.CONTROL_ORDER, Kind.CLOSE_CONTACT, *_TRAVEL),
    ),
    "self": (
        SourceCategory.SELF,
        "本人申报",
        "Declared by the person",
        (Kind.SYMPTOM, Kind.AREA_STAY, Kind.ARRIVAL, Kind.OVERSEAS_ENTRY),
    ),
}


@transaction.atomic
def install_sources(*, by: Account | None, at: datetime) -> list[Source]:
    """Add the shipped sources that are missing and return them; those that are there stay as they are."""
    known = set(Source.objects.values_list("code", flat=True))
    missing = [
        Source(code=code, category=category, name=name, name_en=name_en, kinds=[kind.value for kind in kinds])
        for code, (category, name, name_en, kinds) in SHIPPED.items()
        if code not in known
    ]
    made = Source.objects.bulk_create(missing)
    if made:
        record_act(by=by, at=at, action="install_sources", sources=[source.code for source in made])
    return made
