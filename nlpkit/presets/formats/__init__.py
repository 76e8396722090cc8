"""Files that others wrote, as checked values and tensors: JSON, safetensors, HDF5, pickles."""
