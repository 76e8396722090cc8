"""The affine map by PyTorch's kernels; rows, threads and the layout choose which."""

import time

import keras
import numpy as np
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("other backends use Keras' product", allow_module_level=True)

import torch

from nlpkit.ops.backend.torch import product as module
from nlpkit.ops.backend.torch.product import linear


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


@pytest.mark.parametrize("rows", [1, 3])
def test_every_kernel_is_the_affine_map(rows):
    rng = np.random.default_rng(0)
    x, kernel, bias = (
        torch.tensor(rng.normal(size=shape), dtype=torch.float32)
        for shape in ((rows, 12), (12, 7), (7,))
    )
    kernels = module._kernels(rows, x, kernel)
    assert len(kernels) >= (2 if module._HAS_ONE_DNN else 1)
    for function in kernels:
        for added in (None, bias):
            expected = x.double() @ kernel.double() + (0 if added is None else added)
            np.testing.assert_allclose(function(x, kernel, added), expected, rtol=1e-5, atol=1e-5)


def test_the_usual_kernel_unless_another_is_plainly_faster():
    def taking(seconds):
        return lambda: time.sleep(seconds)

    usual, slower, equal, faster = (taking(s) for s in (0.02, 0.04, 0.0199, 0.005))
    assert module._fastest([usual, slower, equal]) is usual
    assert module._fastest([usual, slower, faster]) is faster


def test_a_shape_is_measured_once(monkeypatch):
    measured = []

    def fastest(kernels, *arguments):
        measured.append(arguments[0].shape)
        return kernels[0]

    monkeypatch.setattr(module, "_CHOSEN", {})
    monkeypatch.setattr(module, "_fastest", fastest)
    kernel, small = torch.ones((64, 64)), torch.ones((64, 3))
    with torch.inference_mode():
        for rows in (7, 8, 5, 1, 1, 600, 700):
            linear(torch.ones((rows, 64)), kernel)
            linear(torch.ones((rows, 64)), small)
    assert measured == [(7, 64), (1, 64), (256, 64)]


def test_it_gives_way_to_tracing(monkeypatch):
    """Tools see the usual product, and nothing is measured on tensors that hold no numbers."""
    monkeypatch.setattr(module, "_fastest", None)
    monkeypatch.setattr(module, "_CHOSEN", {})
    x, kernel, bias = torch.ones((2, 4)), torch.ones((4, 3)), torch.ones(3)

    class Module(torch.nn.Module):
        def forward(self, x):
            return linear(x, kernel, bias)

    with torch.no_grad():
        exported = torch.export.export(Module(), (x,), strict=False)
        traced = torch.jit.trace(Module(), x, check_trace=False)
        per_row = torch.vmap(lambda row: linear(row, kernel, bias))(x)
        torch.compile(Module(), backend="eager", fullgraph=True)(x)
    assert "mkldnn" not in str(exported.graph) + str(traced.graph)
    for found in (exported.module()(x), traced(x), per_row):
        np.testing.assert_allclose(found, np.full((2, 3), 5.0))
