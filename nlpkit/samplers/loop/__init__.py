"""The generation loop: token by token, compiled on JAX and TensorFlow."""
