"""KerasHub's layout: its serialized objects, its weight files, its families' names for both."""
