"""The folder of a preset: its files listed, opened once, hashed, and replaced as a whole."""
