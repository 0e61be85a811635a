"""Make the untrained package: a tiny GEM with random weights, for trying out the whole line without the real model.

    python onnx/make_untrained.py --out DIR [--package PACKAGE]

In: nothing but the sentences in `gem_untrained/sentences.txt`.
Out: a checkpoint in the layout of GEM at DIR, and its package (by default `onnx/package`). What this model
writes means nothing, and the manifest says so.
"""

import argparse
import json
import sys
from pathlib import Path

from gem_export.config import load_config
from gem_export.errors import ExportError
from gem_export.manifest import About
from gem_export.package import export
from gem_untrained.tokenizer import VOCAB_SIZE, train_tokenizer
from gem_untrained.weights import write_weights

SEED = 20250306

CONFIG = {
    "architectures": ["LlavaLlamaForCausalLM"],
    "model_type": "llava_llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "vocab_size": VOCAB_SIZE,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "image_aspect_ratio": "ori",
    "mm_patch_merge_type": "flat",
    "mm_hidden_size": 32,
    "mm_projector_type": "mlp2x_gelu",
    "ecg_projector_type": "linear",
    "mm_vision_tower": "vision_tower",
    "mm_vision_select_layer": -2,
    "mm_vision_select_feature": "patch",
    "unfreeze_mm_vision_tower": True,
    "open_clip_config": "ecg_tower",
    "tokenizer_model_max_length": 4096,
}
ECG_TOWER = {
    "ecg_cfg": {"seq_length": 5000, "lead_num": 12, "layers": 2, "width": 64, "patch_size": 50, "mlp_ratio": 1.0}
}
VISION_TOWER = {
    "model_type": "clip_vision_model",
    "hidden_size": 32,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "image_size": 336,
    "patch_size": 14,
    "layer_norm_eps": 1e-5,
    "hidden_act": "quick_gelu",
}


def make_checkpoint(directory: Path, seed: int = SEED) -> None:
    """Write the checkpoint into `directory`, which is made if it is not there."""
    (directory / "vision_tower").mkdir(parents=True, exist_ok=True)
    for name, value in (
        ("config.json", CONFIG),
        ("generation_config.json", {"bos_token_id": 1, "eos_token_id": 2}),
        ("ecg_tower.json", ECG_TOWER),
        ("vision_tower/config.json", VISION_TOWER),
    ):
        (directory / name).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    train_tokenizer(directory)
    write_weights(directory / "model.safetensors", load_config(directory), seed)


def main() -> int:
    """Run the command; 0 on success."""
    parser = argparse.ArgumentParser(description="Make the untrained checkpoint and its package.")
    parser.add_argument("--out", type=Path, required=True, help="directory of the checkpoint")
    parser.add_argument(
        "--package", type=Path, default=Path(__file__).with_name("package"), help="directory of the package"
    )
    arguments = parser.parse_args()
    about = About(
        name="gem-untrained",
        trained=False,
        source=f"random weights, seed {SEED}, onnx/make_untrained.py",
        licence="Apache-2.0",
    )
    try:
        make_checkpoint(arguments.out.resolve())
        export(arguments.out.resolve(), arguments.package.resolve(), about)
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
