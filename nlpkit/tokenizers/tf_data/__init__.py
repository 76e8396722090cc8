"""Tokenizers on TensorFlow's tensors: inside `tf.data`, and as pure graphs."""
