"""Tokenization of TensorFlow tensors, inside `tf.data` and as pure graphs."""
