"""Examples as people give them: their columns, the units and windows of their texts, prompts."""
