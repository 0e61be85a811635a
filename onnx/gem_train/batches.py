"""Pages as the image encoder takes them.

In: the red of pages, u8 [batch, 1, 336, 336].
Out: pixel values f32 [batch, 1, 336, 336], scaled and normalised as the runtime does it.

The grid of a page is red, so its red channel shows the trace on white paper. The encoder's weights of green and blue
are zero: it sees the same when the runtime gives it all three.
"""

from gem_export.config import CLIP_MEAN, CLIP_STD
from torch import Tensor


def normalised(red: Tensor) -> Tensor:
    """Scaled to 0 to 1, centred and divided."""
    return (red.float() / 255.0 - CLIP_MEAN[0]) / CLIP_STD[0]
