"""The exporter: its errors, and that its output is whole, the same each time, and the one that ships."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from gem_export.errors import ExportError
from gem_export.manifest import About
from gem_export.package import export
from make_untrained import ABOUT as SHIPPED_ABOUT
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
ABOUT = About(name="test", trained=False, source="random weights", licence="Apache-2.0")
Tensors = dict[str, np.ndarray]


def change_weights(checkpoint: Path, change: Callable[[Tensors], Tensors | None]) -> None:
    path = checkpoint / "model.safetensors"
    tensors = load_file(path)
    save_file(change(tensors) or tensors, path)


def change_json(path: Path, **values) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def message(checkpoint: Path, out: Path) -> str:
    with pytest.raises(ExportError) as error:
        export(checkpoint, out, ABOUT)
    assert not (out / "manifest.json").exists()
    return str(error.value)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != "manifest.json"}


def test_every_problem_with_the_weights_is_listed(checkpoint: Path, tmp_path: Path) -> None:
    def spoil(tensors: Tensors) -> None:
        del tensors["model.layers.1.mlp.up_proj.weight"]
        tensors["model.norm.weight"] = np.ones(65, np.float16)
        tensors["model.ecg_projector.bias"] = np.zeros(32, np.int32)

    change_weights(checkpoint, spoil)
    text = message(checkpoint, tmp_path / "package")
    assert "3 problems" in text
    assert "model.layers.1.mlp.up_proj.weight: missing, expected shape [128, 64]" in text
    assert "model.norm.weight: found shape [65], expected [64]" in text
    assert "model.ecg_projector.bias: found dtype I32, expected one of F32, F16, BF16" in text


def test_a_missing_ecg_tower_configuration_says_where_it_belongs(checkpoint: Path, tmp_path: Path) -> None:
    (checkpoint / "ecg_tower.json").unlink()
    assert f"{checkpoint / 'ecg_tower.json'} is missing" in message(checkpoint, tmp_path / "package")


def test_a_missing_vision_tower_configuration_says_where_it_belongs(checkpoint: Path, tmp_path: Path) -> None:
    (checkpoint / "vision_tower" / "config.json").unlink()
    assert f"{checkpoint / 'vision_tower' / 'config.json'} is missing" in message(checkpoint, tmp_path / "package")


def test_the_published_vision_tower_needs_no_configuration(checkpoint: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkpoint / "vision_tower")
    for name in ("openai/clip-vit-large-patch14-336", "/where/it/was/trained/clip-vit-large-patch14-336"):
        change_json(checkpoint / "config.json", mm_vision_tower=name)
        # The sizes are those of the published tower, not those of this checkpoint.
        assert "class_embedding: found shape [32], expected [1024]" in message(checkpoint, tmp_path / "package")
        change_json(checkpoint / "config.json", unfreeze_mm_vision_tower=False)
        assert f"put the directory of {name} there" in message(checkpoint, tmp_path / "package")
        change_json(checkpoint / "config.json", unfreeze_mm_vision_tower=True)


def test_a_frozen_vision_tower_is_read_from_its_own_directory(checkpoint: Path, tmp_path: Path) -> None:
    export(checkpoint, tmp_path / "unfrozen", ABOUT)
    change_json(checkpoint / "config.json", unfreeze_mm_vision_tower=False)
    assert f"{checkpoint / 'vision_tower'}: neither model.safetensors" in message(checkpoint, tmp_path / "package")

    tensors = load_file(checkpoint / "model.safetensors")
    prefix = "model.vision_tower.vision_tower."
    tower = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    save_file(tower, checkpoint / "vision_tower" / "model.safetensors")
    # The tower in the checkpoint must not be looked at, so spoil it.
    change_weights(
        checkpoint, lambda all_: {k: np.zeros_like(v) if k.startswith(prefix) else v for k, v in all_.items()}
    )
    export(checkpoint, tmp_path / "frozen", ABOUT)
    assert contents(tmp_path / "frozen") == contents(tmp_path / "unfrozen")


def test_a_missing_shard_is_named(checkpoint: Path, tmp_path: Path) -> None:
    index = {"weight_map": {"lm_head.weight": "model-00002-of-00002.safetensors"}}
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "model-00002-of-00002.safetensors" in message(checkpoint, tmp_path / "package")


def test_a_cut_off_weight_file_is_an_error(checkpoint: Path, tmp_path: Path) -> None:
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    assert "cannot be read as safetensors" in message(checkpoint, tmp_path / "package")


def test_shards_and_wider_types_give_the_same_package(checkpoint: Path, tmp_path: Path) -> None:
    def to_float32(tensors: Tensors) -> Tensors:
        # Rounded to bfloat16 first, so that all three types hold the same numbers.
        return {key: value.astype(ml_dtypes.bfloat16).astype(np.float32) for key, value in tensors.items()}

    change_weights(checkpoint, to_float32)
    export(checkpoint, tmp_path / "single", ABOUT)
    tensors = load_file(checkpoint / "model.safetensors")
    (checkpoint / "model.safetensors").unlink()
    weight_map = {}
    for part, dtype in enumerate((ml_dtypes.bfloat16, np.float32)):
        name = f"model-{part}.safetensors"
        shard = {key: tensors[key].astype(dtype) for key in sorted(tensors)[part::2]}
        save_file(shard, checkpoint / name)
        weight_map |= dict.fromkeys(shard, name)
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    export(checkpoint, tmp_path / "sharded", ABOUT)
    assert contents(tmp_path / "sharded") == contents(tmp_path / "single")


def test_surplus_keys_are_an_error_unless_they_are_ignored(checkpoint: Path, tmp_path: Path) -> None:
    one = np.ones(1, np.float16)
    surplus = {"model.layers.2.mlp.up_proj.weight": one, "model.vision_tower.surprise": one}
    unused = {
        "model.ecg_tower.ecg_tower.proj": one,
        "model.vision_tower.vision_tower.vision_model.post_layernorm.bias": one,
        "model.vision_tower.vision_tower.vision_model.encoder.layers.2.mlp.fc1.bias": one,
    }
    change_weights(checkpoint, lambda tensors: tensors | surplus | unused)
    text = message(checkpoint, tmp_path / "package")
    assert "2 problems" in text
    assert "model.layers.2.mlp.up_proj.weight: not a part of this model" in text
    assert "model.vision_tower.surprise: not a part of this model" in text
    assert "--ignore-keys" in text
    export(checkpoint, tmp_path / "package", ABOUT, ignore=["model.layers.2.*", "*.surprise"])


def test_a_configuration_of_another_model_is_an_error(checkpoint: Path, tmp_path: Path) -> None:
    for key, value in (
        ("model_type", "llava_mistral"),
        ("rope_scaling", {"type": "linear", "factor": 2.0}),
        ("rope_parameters", {"rope_type": "llama3", "rope_theta": 500000.0}),
        ("mm_use_im_start_end", True),
        ("mm_projector_type", "resampler"),
        ("mm_vision_select_layer", -9),
        ("hidden_size", "64"),
    ):
        text = (checkpoint / "config.json").read_text()
        change_json(checkpoint / "config.json", **{key: value})
        assert key in message(checkpoint, tmp_path / "package")
        (checkpoint / "config.json").write_text(text)


def test_spatial_unpad_needs_the_newline(checkpoint: Path, tmp_path: Path) -> None:
    modes = {
        "image_aspect_ratio": "anyres",
        "mm_patch_merge_type": "spatial_unpad",
        "image_grid_pinpoints": "[[336, 672]]",
    }
    change_json(checkpoint / "config.json", **modes)
    assert "model.image_newline: missing, expected shape [64]" in message(checkpoint, tmp_path / "package")
    change_weights(checkpoint, lambda tensors: tensors | {"model.image_newline": np.ones(64, np.float16)})
    export(checkpoint, tmp_path / "package", ABOUT)
    assert np.array_equal(np.fromfile(tmp_path / "package" / "image_newline.f32", "<f4"), np.ones(64, np.float32))
    image = json.loads((tmp_path / "package" / "manifest.json").read_text())["image"]
    assert (image["mode"], image["merge"], image["grid"]) == ("anyres", "spatial_unpad", [[336, 672]])


def test_what_is_not_a_package_is_not_replaced(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "package"
    out.mkdir()
    (out / "notes.txt").write_text("keep")
    assert "is not a package" in message(checkpoint, out)
    assert (out / "notes.txt").read_text() == "keep"


def test_the_manifest_lists_every_file(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "package"
    export(checkpoint, out, ABOUT)
    files = json.loads((out / "manifest.json").read_text())["files"]
    expected = [
        {"path": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in sorted(contents(out).items())
    ]
    assert files == expected


def test_the_shipped_package_is_the_one_that_the_script_makes(checkpoint: Path, tmp_path: Path) -> None:
    export(checkpoint, tmp_path / "package", SHIPPED_ABOUT)
    assert contents(tmp_path / "package") == contents(ROOT / "package")
    assert (tmp_path / "package" / "manifest.json").read_text() == (ROOT / "package" / "manifest.json").read_text()
