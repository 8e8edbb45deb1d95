"""Filters of the templates: how values are written for people."""
