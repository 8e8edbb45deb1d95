"""Telephone numbers as people write them."""

from django import template

from healthcode.words import phone_words

register = template.Library()
register.filter("phone_words", phone_words)
