"""Log-mel spectrograms in NumPy."""

import numpy as np

# The lower edge of the scale's logarithmic part, in Hz and mels, and the mels of a factor of e.
_EDGE_HZ, _EDGE = 1000.0, 15.0
_SCALE = 27.0 / np.log(6.4)


def mel_filters(num_mels: int, num_bins: int, rate: int, highest: float = 8000.0) -> np.ndarray:
    """Compute triangular filters of equal area on Slaney's mel scale (Slaney, 1998).

    It is linear up to 1000 Hz, and logarithmic above.

    Args:
        num_mels: int. The number of filters.
        num_bins: int. The number of points of the Fourier transform.
        rate: int. The sampling rate, in Hz.
        highest: float. The upper edge of the last filter, in Hz.

    Returns:
        float64 `[num_bins // 2 + 1, num_mels]`.
    """
    mels = np.linspace(0.0, _EDGE + _SCALE * np.log(highest / _EDGE_HZ), num_mels + 2)
    above = _EDGE_HZ * np.exp((mels - _EDGE) / _SCALE)
    edges = np.where(mels < _EDGE, mels * _EDGE_HZ / _EDGE, above)
    slopes = np.fft.rfftfreq(num_bins, 1 / rate)[:, None] - edges
    widths = np.diff(edges)
    rising, falling = slopes[:, :-2] / widths[:-1], -slopes[:, 2:] / widths[1:]
    triangles: np.ndarray = np.maximum(0.0, np.minimum(rising, falling))
    return triangles * 2.0 / (edges[2:] - edges[:-2])


def log_mel(samples: np.ndarray, filters: np.ndarray, num_bins: int, stride: int) -> np.ndarray:
    """Compute the log-mel spectrogram of a clip as Whisper does (Radford et al., 2022).

    Windows are centered, and the clip is continued by its mirror image. Decimal logarithms of
    energies are limited to 8 below the highest, and scaled.

    Args:
        samples: float `[samples]`, more than `num_bins // 2`.
        filters: from `mel_filters`.
        num_bins: int. The number of points of a window.
        stride: int. The number of samples between windows.

    Returns:
        float32 `[samples // stride, mels]`.
    """
    padded = np.pad(samples.astype("float64"), num_bins // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, num_bins)[::stride]
    hann = np.hanning(num_bins + 1)[:-1]
    spectrum = np.fft.rfft(windows[: len(samples) // stride] * hann)
    energies = np.log10(np.maximum(np.abs(spectrum) ** 2 @ filters, 1e-10))
    limited = np.maximum(energies, energies.max() - 8.0)
    return ((limited + 4.0) / 4.0).astype("float32")
