"""Learning vocabularies from texts."""
