"""The affine map by PyTorch's kernels; rows, threads and the layout choose which."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("other backends use Keras' product", allow_module_level=True)

import torch

from nlpkit.ops.linear_torch import linear


@pytest.fixture(params=[1, 2, 3, 4])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("shape", [(12,), (1, 1, 12), (3, 12), (2, 5, 12), (0, 12)])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("has_bias", [False, True])
@pytest.mark.usefixtures("threads")
def test_it_is_the_affine_map(shape, turned, has_bias):
    rng = np.random.default_rng(0)
    x, kernel, bias = rng.normal(size=shape), rng.normal(size=(12, 7)), rng.normal(size=7)
    expected = x @ kernel + (bias if has_bias else 0)
    x, kernel, bias = (torch.tensor(a, dtype=torch.float32) for a in (x, kernel, bias))
    kernel = kernel.t().contiguous().t() if turned else kernel
    with torch.inference_mode():
        found = linear(x, kernel, bias if has_bias else None)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-5)


def test_it_has_a_gradient():
    kernel = torch.ones((4, 3), requires_grad=True)
    linear(torch.ones((1, 4)), kernel).sum().backward()
    assert (kernel.grad == 1).all()
