"""Round the weights of linear layers to 8 or 4 bits.

In: a float32 weight [outputs, inputs], as torch stores it.
Out: integers and scales in the layouts of ONNX Runtime's `MatMulNBits` and `DynamicQuantizeMatMul`. Symmetric: zero
stays zero. Blocks of rows are worked on one after the other, so that little memory is needed on top.
"""

from collections.abc import Iterator

import numpy as np

BLOCK = 32
# With 7 bits the sums of two products fit 16 bits, so processors without VNNI do not saturate.
DYNAMIC_LEVELS = 64
_CHUNK_ELEMENTS = 1 << 22


def _chunks(weight: np.ndarray) -> Iterator[slice]:
    rows = max(1, _CHUNK_ELEMENTS // weight.shape[1])
    for begin in range(0, weight.shape[0], rows):
        yield slice(begin, min(begin + rows, weight.shape[0]))


def round_blocks(weight: np.ndarray, bits: int, scale_dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Integers u8 [outputs, blocks, BLOCK * bits / 8] and scales [outputs, blocks] for `MatMulNBits`.

    The integers are stored with half their range added. With 4 bits two share a byte, the first in the low half.
    The number of the greatest magnitude in a block becomes the lowest of the levels, which are one more below zero than
    above; the scale takes its sign. The last block is filled up with zeros.
    """
    outputs, inputs = weight.shape
    blocks = -(-inputs // BLOCK)
    half = 1 << (bits - 1)
    packed = np.empty((outputs, blocks, BLOCK * bits // 8), np.uint8)
    scales = np.empty((outputs, blocks), scale_dtype)
    for rows in _chunks(weight):
        part = weight[rows]
        if inputs % BLOCK:
            part = np.pad(part, ((0, 0), (0, blocks * BLOCK - inputs)))
        part = part.reshape(-1, blocks, BLOCK)
        high, low = part.max(axis=-1), part.min(axis=-1)
        scale = (np.where(high > -low, high, low) / np.float32(-half)).astype(scale_dtype)
        scales[rows] = scale
        divisor = scale.astype(np.float32)
        divisor[divisor == 0] = 1
        levels = np.rint(part / divisor[..., None])
        levels = (np.clip(levels, -half, half - 1) + half).astype(np.uint8)
        packed[rows] = levels if bits == 8 else levels[..., 0::2] | levels[..., 1::2] << 4
    return packed, scales


def round_outputs(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Integers i8 [inputs, outputs] and scales f32 [outputs] for `DynamicQuantizeMatMul`."""
    outputs, inputs = weight.shape
    integers = np.empty((inputs, outputs), np.int8)
    scales = np.empty(outputs, np.float32)
    for rows in _chunks(weight):
        part = weight[rows]
        scale = np.abs(part).max(axis=1) / np.float32(DYNAMIC_LEVELS)
        scale[scale == 0] = 1
        scales[rows] = scale
        integers[:, rows] = np.rint(part / scale[:, None]).T
    return integers, scales
