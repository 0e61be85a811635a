"""The configurations of the checkpoints with random weights.

In: nothing.
Out: `TINY`, which ships as a package; `FULL`, with the sizes of GEM at 7 B, to try the export on a machine before the
real weights are there; `MEDIUM` between them, to measure speed.
"""

from dataclasses import dataclass, field, replace

import ml_dtypes
import numpy as np

from .tokenizer import VOCAB_SIZE


@dataclass(frozen=True)
class Size:
    """The three configuration files, and how the weights are stored."""

    config: dict
    ecg_tower: dict
    vision_tower: dict
    dtype: np.dtype = field(default_factory=lambda: np.dtype(np.float16))
    shard_bytes: int | None = None


_COMMON = {
    "architectures": ["LlavaLlamaForCausalLM"],
    "model_type": "llava_llama",
    "rope_theta": 10000.0,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "image_aspect_ratio": "ori",
    "mm_patch_merge_type": "flat",
    "mm_projector_type": "mlp2x_gelu",
    "ecg_projector_type": "linear",
    "mm_vision_tower": "vision_tower",
    "mm_vision_select_layer": -2,
    "mm_vision_select_feature": "patch",
    "unfreeze_mm_vision_tower": True,
    "open_clip_config": "ecg_tower",
    "tokenizer_model_max_length": 4096,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5,
}
_VISION = {
    "model_type": "clip_vision_model",
    "image_size": 336,
    "patch_size": 14,
    "layer_norm_eps": 1e-5,
    "hidden_act": "quick_gelu",
}
_ECG = {"seq_length": 5000, "lead_num": 12, "patch_size": 50}

TINY = Size(
    config=_COMMON
    | {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "vocab_size": VOCAB_SIZE,
        "mm_hidden_size": 32,
    },
    ecg_tower={"ecg_cfg": _ECG | {"layers": 2, "width": 64, "mlp_ratio": 1.0}},
    vision_tower=_VISION
    | {"hidden_size": 32, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 2},
)

FULL = Size(
    config=_COMMON
    | {
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
        "vocab_size": 32000,
        "mm_hidden_size": 1024,
    },
    ecg_tower={"ecg_cfg": _ECG | {"layers": 12, "width": 768}},
    vision_tower=_VISION
    | {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16},
    dtype=np.dtype(ml_dtypes.bfloat16),
    shard_bytes=1 << 30,
)

# The towers of GEM with a decoder of 150 M parameters: large enough to tell how fast a package is, on any machine.
MEDIUM = replace(
    FULL,
    config=FULL.config
    | {
        "hidden_size": 768,
        "intermediate_size": 2048,
        "num_hidden_layers": 14,
        "num_attention_heads": 12,
        "num_key_value_heads": 12,
    },
)
SIZES = {"tiny": TINY, "150m": MEDIUM, "7b": FULL}
