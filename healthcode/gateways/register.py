"""The demonstration's identity authority: no register stands behind it."""

from healthcode.domain.identity import Document

# Names that the demonstration refuses, so that a refusal can be seen and tested.
REFUSED_NAMES = frozenset({"查无此人", "NO SUCH PERSON"})


class DemoRegister:
    """An ``IdentityAuthority`` that knows every well-formed document, but nobody of the refused names."""

    def matches(self, *, document: Document, nationality: str, name: str) -> bool:
        """Tell whether the name is not one of those refused."""
        return bool(document.number) and name not in REFUSED_NAMES
