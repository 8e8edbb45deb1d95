"""What goes in and comes out of the gates' interface."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from healthcode.domain.colours import Colour
from healthcode.domain.tokens import Reason, Verdict
from venues.models import KIND_WORDS, SHOWN_WORDS
from venues.services.passages import MOST, PassageStatus

# A code has 400 characters at most; what is longer is some other text and is answered as unreadable.
_LONGEST = 4_096


def _text(words: Any, longest: int = 64, **options: Any) -> serializers.CharField:
    return serializers.CharField(help_text=words, max_length=longest, **options)


def _code(words: Any) -> serializers.CharField:
    # Base45 may end in a space, and whatever was scanned is a row: nothing is trimmed.
    return _text(words, _LONGEST, trim_whitespace=False, allow_blank=True)


def _blank_or(words: Any, choices: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[str(choice) for choice in choices], help_text=words, allow_blank=True)


class ScanSerializer(serializers.Serializer[Any]):
    """A text that was just read."""

    code = _code(_("The text of the QR code, exactly as it was read."))
    nonce = serializers.UUIDField(help_text=_("Made anew for each scan; the same one is the same scan, sent again."))


class HolderSerializer(serializers.Serializer[Any]):
    """Enough to compare with a document, and no more."""

    name = _text(_("The name, masked."))
    tail = _text(_("The last characters of the document number."))


class ScanAnswerSerializer(serializers.Serializer[Any]):
    """What the gate does: the verdict of a good code, the reason of any other, with their words."""

    nonce = serializers.UUIDField(help_text=_("That of the request."))
    reason = serializers.ChoiceField(
        choices=[reason.value for reason in Reason], help_text=_("ok, or why the code does not count.")
    )
    verdict = _blank_or(_("What the policy of the place says of a good code."), Verdict)
    colour = _blank_or(_("The colour of the code now, not the one in it."), Colour)
    kind = _blank_or(_("The kind of code."), KIND_WORDS)
    condition = _text(_("The condition in a word."))
    clause = _text(_("The clause of the notice it rests on."))
    word = _text(_("The result for people, in the language asked for."))
    line = _text(_("What to do, for people."), 256)
    check_document = serializers.BooleanField(help_text=_("Whether to compare with the person's document."))
    code_age = serializers.IntegerField(help_text=_("Seconds since the code was made."), allow_null=True)
    holder = HolderSerializer(allow_null=True, help_text=_("Of a good code, for ten minutes."))
    scanned_at = serializers.DateTimeField(help_text=_("When this scan was judged; the first answer stands."))


class PassageSerializer(serializers.Serializer[Any]):
    """One scan of a gate without a network."""

    nonce = serializers.UUIDField(help_text=_("Made anew for each scan; the same one is the same scan, sent again."))
    scanned_at = serializers.DateTimeField(help_text=_("When the code was read."))
    code = _code(_("The text of a code of ours; empty for anything else that was read."))
    shown = serializers.ChoiceField(choices=list(SHOWN_WORDS), help_text=_("What the gate showed."))


class PassagesSerializer(serializers.Serializer[Any]):
    """A queue, or a part of it."""

    passages = serializers.ListField(child=PassageSerializer(), max_length=MOST)


class PassageResultSerializer(serializers.Serializer[Any]):
    """What became of one passage."""

    nonce = serializers.UUIDField(help_text=_("That of the passage."))
    status = serializers.ChoiceField(
        choices=[status.value for status in PassageStatus], help_text=_("What became of it.")
    )
    code = _text(_("refused: the reason, for machines."))


class PassagesAnswerSerializer(serializers.Serializer[Any]):
    """The answer: one result a passage, in their order."""

    results = PassageResultSerializer(many=True)


class GateFaultSerializer(serializers.Serializer[Any]):
    """Why a request was refused as a whole; nothing of it was recorded."""

    detail = _text(_("The reason, for people."), 512)
    code = _text(_("The reason, for machines."))
