"""How texts are split into the chunks within which pairs of bytes are merged."""
