"""Names for types that no checker can look into: Keras computes its names, and backends differ.

To a checker they are `Any`. A reader learns from them what is meant; each is explained once, here.
None is among them where it is an argument's default.
"""

from typing import Any

Tensor = Any  # of the backend, symbolic or not, or an array of NumPy
TensorFlowTensor = Any  # a tensor of TensorFlow, dense or ragged, in a graph or not
Shape = Any  # a tuple of int and None; for several inputs a structure of such tuples
Cache = Any  # what decoding keeps of earlier tokens: see nlpkit/modules/caching/cache.py
Data = Any  # what a caller passes: a str, list, tuple, array, tensor, table or column of one
DType = Any  # the name of a dtype or of a policy, a `keras.DTypePolicy`, or None
Activation = Any  # the name of a function of tensors, such a function, or None
Initializer = Any  # the name of a `keras.Initializer`, or one
KerasIdentifier = Any  # what Keras takes for it: the name of an object, one, or several
