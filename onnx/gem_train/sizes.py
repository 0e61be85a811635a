"""The configuration files of the small GEM.

In: the size of the vocabulary.
Out: the text of every configuration file of a checkpoint, as `gem_export.config` reads them.

GEM's own choices are kept but for three: the page is padded, so that the model sees all of it; the last layer of the
image encoder is used, as no layer is trained that nothing reads; and its class token goes to the decoder as well, as
the one of the ECG does.
"""

from dataclasses import dataclass

ECG_LEADS = 12
ECG_SAMPLES = 5000
IMAGE_SIZE = 336
BOS = 1
EOS = 2


@dataclass(frozen=True)
class Sizes:
    """Widths and depths. Heads are 64 wide everywhere, as in GEM's ECG tower."""

    ecg_width: int = 192
    ecg_layers: int = 4
    ecg_patch: int = 50
    image_width: int = 192
    image_layers: int = 4
    image_patch: int = 28
    hidden: int = 256
    layers: int = 4
    mlp_width: int = 512
    max_positions: int = 1024

    @property
    def image_side(self) -> int:
        """Patches along a side of the page."""
        return IMAGE_SIZE // self.image_patch


SMALL = Sizes()
# For tests: a step takes milliseconds.
TINY = Sizes(
    ecg_width=64,
    ecg_layers=1,
    ecg_patch=250,
    image_width=64,
    image_layers=1,
    image_patch=84,
    hidden=64,
    layers=1,
    mlp_width=96,
    max_positions=1024,
)
HEAD_WIDTH = 64


def configurations(sizes: Sizes, vocab: int) -> dict[str, dict]:
    """File name to content."""
    heads = sizes.hidden // HEAD_WIDTH
    return {
        "config.json": {
            "architectures": ["LlavaLlamaForCausalLM"],
            "model_type": "llava_llama",
            "hidden_size": sizes.hidden,
            "intermediate_size": sizes.mlp_width,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": heads,
            "num_key_value_heads": heads,
            "vocab_size": vocab,
            "rope_theta": 10000.0,
            "rms_norm_eps": 1e-5,
            "hidden_act": "silu",
            "tie_word_embeddings": False,
            "bos_token_id": BOS,
            "eos_token_id": EOS,
            "max_position_embeddings": sizes.max_positions,
            "tokenizer_model_max_length": sizes.max_positions,
            "image_aspect_ratio": "pad",
            "mm_patch_merge_type": "flat",
            "mm_hidden_size": sizes.image_width,
            "mm_projector_type": "mlp2x_gelu",
            "ecg_projector_type": "linear",
            "mm_vision_tower": "vision_tower",
            "mm_vision_select_layer": -1,
            "mm_vision_select_feature": "cls_patch",
            "unfreeze_mm_vision_tower": True,
            "open_clip_config": "ecg_tower",
        },
        "generation_config.json": {"bos_token_id": BOS, "eos_token_id": EOS},
        "ecg_tower.json": {
            "ecg_cfg": {
                "seq_length": ECG_SAMPLES,
                "lead_num": ECG_LEADS,
                "layers": sizes.ecg_layers,
                "width": sizes.ecg_width,
                "patch_size": sizes.ecg_patch,
            }
        },
        "vision_tower/config.json": {
            "model_type": "clip_vision_model",
            "image_size": IMAGE_SIZE,
            "patch_size": sizes.image_patch,
            "hidden_size": sizes.image_width,
            "intermediate_size": 4 * sizes.image_width,
            "num_hidden_layers": sizes.image_layers,
            "num_attention_heads": sizes.image_width // HEAD_WIDTH,
            "layer_norm_eps": 1e-5,
            "hidden_act": "quick_gelu",
        },
    }
