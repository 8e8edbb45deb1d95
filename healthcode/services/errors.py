"""Refusals of the services: a ``code`` for machines and the sentence table; the text is for logs."""


class Refused(Exception):
    """The act is refused and nothing was written. ``code`` names the reason; its sentence is in ``refusals``."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
