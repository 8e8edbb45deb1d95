"""One verb, one function, one transaction: bonds, consent, companions, looking people up."""
