"""The private parts of layers and backbones: attention, feed-forward, experts, cache, blocks."""
