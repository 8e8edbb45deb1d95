"""Sentences for people: from domain objects to words in the reader's language, plain enough for a child of twelve.

Nothing here asks the database or the clock: places and ``at`` are given. Split by subject. msgids are English;
the Chinese is in the app's catalogue.
"""

from healthcode.words.clauses import clause_label, clause_text
from healthcode.words.colours import (
    cause_name,
    colour_line,
    colour_word,
    lift_sentence,
    stage_meaning,
    stage_name,
)
from healthcode.words.countries import country_choices, country_name, nationality_choices
from healthcode.words.evidence import document_label, evidence_sentence, kind_name, phone_words
from healthcode.words.governance import PARAMETERS, RULE_ACTS, RULE_NAMES, RULE_STATES, Difference, differences
from healthcode.words.grounds import Known, exit_sentence, reason_sentence, stages_sentence
from healthcode.words.places import place_name, places_above
from healthcode.words.refusals import (
    DOCUMENT_WORDS,
    NAME_WORDS,
    PHONE_WORDS,
    REFUSALS,
    document_sentence,
    name_sentence,
    refusal_sentence,
)
from healthcode.words.rules import rule_sentences
from healthcode.words.times import date_and_days_left, day_words, moment_words, time_left

__all__ = [
    "DOCUMENT_WORDS",
    "NAME_WORDS",
    "PARAMETERS",
    "PHONE_WORDS",
    "REFUSALS",
    "RULE_ACTS",
    "RULE_NAMES",
    "RULE_STATES",
    "Difference",
    "Known",
    "cause_name",
    "clause_label",
    "clause_text",
    "colour_line",
    "colour_word",
    "country_choices",
    "country_name",
    "date_and_days_left",
    "day_words",
    "differences",
    "document_label",
    "document_sentence",
    "evidence_sentence",
    "exit_sentence",
    "kind_name",
    "lift_sentence",
    "moment_words",
    "name_sentence",
    "nationality_choices",
    "phone_words",
    "place_name",
    "places_above",
    "reason_sentence",
    "refusal_sentence",
    "rule_sentences",
    "stage_meaning",
    "stage_name",
    "stages_sentence",
    "time_left",
]
