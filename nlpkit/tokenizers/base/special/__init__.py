"""Special tokens: in vocabularies, in texts, and around segments."""
