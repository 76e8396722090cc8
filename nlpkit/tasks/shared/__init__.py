"""What tasks share: heads, checks of parts, losses and metrics, predictions by windows."""
