"""Where the moments of an ECG lie on its page, as the image encoder sees it: padded to a square, cut into patches.

In: the marks of beats along the ten seconds.
Out: the same marks along the columns of patches; and which rows of patches hold traces.

The page is that of `paper::gem_page`: 2200 x 1700 pixels, twelve leads one under another, 25 mm/s from one end of the
traces to the other.
"""

import torch
from torch import Tensor

from .sizes import Sizes

PAGE_WIDTH_PX, PAGE_HEIGHT_PX = 2200, 1700
LEFT_PX, RIGHT_PX = 118.11, 2086.61
TOP_PX, BOTTOM_PX = 226.67, 1586.67
# Moments that are told apart in a patch: with 28 pixels a patch each is 0.12 s wide.
MOMENTS = 8


def rows_with_traces(sizes: Sizes) -> slice:
    """The rows of patches that the traces reach."""
    margin_px = (PAGE_WIDTH_PX - PAGE_HEIGHT_PX) / 2
    side_px = PAGE_WIDTH_PX / sizes.image_side
    return slice(int((TOP_PX + margin_px) / side_px), int((BOTTOM_PX + margin_px) / side_px) + 1)


def along_columns(beats: Tensor, sizes: Sizes) -> Tensor:
    """Marks [n, steps of the window] -> [n, columns, MOMENTS]: the highest mark within each moment, 0 beside the traces."""
    steps = beats.shape[-1]
    moments = sizes.image_side * MOMENTS
    edges_px = torch.arange(moments + 1) * (PAGE_WIDTH_PX / moments)
    edges = ((edges_px - LEFT_PX) / (RIGHT_PX - LEFT_PX) * steps).round().long().clamp(0, steps)
    columns = []
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        columns.append(beats[:, begin:end].amax(-1) if end > begin else torch.zeros_like(beats[:, 0]))
    return torch.stack(columns, dim=-1).unflatten(-1, (sizes.image_side, MOMENTS))
