"""Functions on data outside models: columns, ragged lists of ids, audio, tags."""
