"""Where tokens take from each other: attention, its biases, convolution, Fourier mixing."""
