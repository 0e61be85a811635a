"""What the configuration files of a checkpoint say, checked and in one place.

In: `config.json`, `generation_config.json`, the ECG tower's file named by `open_clip_config`, and the
configuration of the CLIP vision tower.
Out: frozen dataclasses with every size and mode that the graphs and the manifest need.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

from .checkpoint import read_json
from .errors import ExportError

# The vision tower that LLaVA and GEM name in their configuration; its published shape.
CLIP_L_336 = "openai/clip-vit-large-patch14-336"
CLIP_L_336_CONFIG = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 336,
    "patch_size": 14,
    "layer_norm_eps": 1e-5,
    "hidden_act": "quick_gelu",
}
CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]
# floor(255 * CLIP_MEAN): the canvas colour of the "pad" mode.
PAD_RGB = [122, 116, 104]

# Switches whose other values would need another graph or another prompt.
EXPECTED = (
    ("attention_bias", False),
    ("mlp_bias", False),
    ("hidden_act", "silu"),
    ("mm_use_im_start_end", False),
    ("mm_use_im_patch_token", False),
    ("s2", False),
)

ECG_LEADS = 12
ECG_SAMPLES = 5000
IMAGE_SIZE = 336


@dataclass(frozen=True)
class EcgTower:
    """The transformer over 12 x 5000 samples. The MLP width comes from the weights, not from here.

    `file_places` is where the file named by `mm_ecg_tower` may be: it is needed if the checkpoint lacks the tower.
    """

    file_places: tuple[Path, ...]
    layers: int
    width: int
    heads: int
    patch_size: int
    mlp_ratio: float

    @property
    def tokens(self) -> int:
        """Patches and the class token."""
        return ECG_SAMPLES // self.patch_size + 1


@dataclass(frozen=True)
class VisionTower:
    """The CLIP vision transformer, and which of its hidden states is used."""

    directory: Path | None
    from_checkpoint: bool
    width: int
    mlp_width: int
    layers: int
    used_layers: int
    heads: int
    patch_size: int
    layer_norm_eps: float
    keep_class_token: bool
    mean: list[float]
    std: list[float]

    @property
    def positions(self) -> int:
        """Patches and the class token."""
        return (IMAGE_SIZE // self.patch_size) ** 2 + 1

    @property
    def features(self) -> int:
        """Tokens a tile, after the class token was dropped or kept."""
        return self.positions if self.keep_class_token else self.positions - 1


@dataclass(frozen=True)
class Decoder:
    """The Llama decoder."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    mlp_width: int
    vocab: int
    max_positions: int
    max_sequence: int
    rms_norm_eps: float
    rope_theta: float
    tied_embeddings: bool
    bos: int
    eos: list[int]


@dataclass(frozen=True)
class ImageModes:
    """How a picture becomes tiles, and tiles become tokens."""

    mode: str
    merge: str
    grid: list[list[int]]


@dataclass(frozen=True)
class GemConfig:
    """Everything about one checkpoint."""

    ecg: EcgTower
    vision: VisionTower
    decoder: Decoder
    image: ImageModes
    mm_hidden: int
    mm_projector_type: str
    ecg_projector_type: str


def load_config(directory: Path) -> GemConfig:
    """Read and check the configuration of the checkpoint in `directory`."""
    path = directory / "config.json"
    config = read_json(path)
    return GemConfig(
        ecg=_ecg_tower(directory, config),
        vision=_vision_tower(directory, config),
        decoder=_decoder(directory, config),
        image=_image_modes(path, config),
        mm_hidden=_positive(path, config, "mm_hidden_size"),
        mm_projector_type=str(config.get("mm_projector_type", "linear")),
        ecg_projector_type=str(config.get("ecg_projector_type", "linear")),
    )


def _positive(path: Path, config: dict, key: str, default: int | None = None) -> int:
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ExportError(f"{path}: {key} must be a positive whole number, found {value!r}")
    return value


def _ecg_tower(directory: Path, config: dict) -> EcgTower:
    name = config.get("open_clip_config")
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise ExportError(
            f"{directory / 'config.json'}: open_clip_config must name the ECG tower's configuration, found {name!r}"
        )
    path = directory / f"{name}.json"
    if not path.exists():
        raise ExportError(
            f"{path} is missing: it is the ECG tower's configuration, named by open_clip_config; "
            "put the file of that name from the GEM source into the checkpoint directory (see onnx/README.md)"
        )
    tower = read_json(path).get("ecg_cfg")
    if not isinstance(tower, dict):
        raise ExportError(f"{path}: ecg_cfg is missing")
    for key, expected in (("lead_num", ECG_LEADS), ("seq_length", ECG_SAMPLES)):
        if tower.get(key) != expected:
            raise ExportError(f"{path}: {key} must be {expected}, found {tower.get(key)!r}")
    width = _positive(path, tower, "width")
    head_width = _positive(path, tower, "head_width", 64)
    patch_size = _positive(path, tower, "patch_size")
    if width % head_width or ECG_SAMPLES % patch_size:
        raise ExportError(
            f"{path}: width {width} must divide by {head_width} and {ECG_SAMPLES} by patch_size {patch_size}"
        )
    file = config.get("mm_ecg_tower")
    # The name is often a path on the machine of the training, so the file may lie in the checkpoint as well.
    places = (directory / file, directory / Path(file).name) if isinstance(file, str) and Path(file).name else ()
    return EcgTower(
        file_places=tuple(dict.fromkeys(places)),
        layers=_positive(path, tower, "layers"),
        width=width,
        heads=width // head_width,
        patch_size=patch_size,
        mlp_ratio=float(tower.get("mlp_ratio", 4.0)),
    )


def _vision_tower(directory: Path, config: dict) -> VisionTower:
    name = config.get("mm_vision_tower")
    if not isinstance(name, str) or not name:
        raise ExportError(f"{directory / 'config.json'}: mm_vision_tower must name the vision tower, found {name!r}")
    from_checkpoint = config.get("unfreeze_mm_vision_tower") is True
    # An absolute name is often a path on the machine of the training, so the last part of it is looked for as well.
    places = (directory / name, directory / Path(name).name)
    tower_directory = next((place for place in places if (place / "config.json").exists()), places[0])
    path = tower_directory / "config.json"
    if path.exists():
        tower = read_json(path)
        tower = tower.get("vision_config", tower)
    elif from_checkpoint and Path(name).name == Path(CLIP_L_336).name:
        tower, tower_directory = CLIP_L_336_CONFIG, None
    else:
        raise ExportError(
            f"{path} is missing: it is the vision tower's configuration; put the directory of {name} there, "
            f"or at {places[1]}"
        )
    if tower.get("hidden_act", "quick_gelu") != "quick_gelu":
        raise ExportError(f"{path}: hidden_act must be quick_gelu, found {tower['hidden_act']!r}")
    if tower.get("image_size") != IMAGE_SIZE:
        raise ExportError(f"{path}: image_size must be {IMAGE_SIZE}, found {tower.get('image_size')!r}")
    layers = _positive(path, tower, "num_hidden_layers")
    heads = _positive(path, tower, "num_attention_heads")
    width = _positive(path, tower, "hidden_size")
    patch_size = _positive(path, tower, "patch_size")
    if width % heads or IMAGE_SIZE % patch_size:
        raise ExportError(f"{path}: hidden_size must divide by num_attention_heads, and {IMAGE_SIZE} by patch_size")
    select = config.get("mm_vision_select_layer", -2)
    # Hidden state 0 is the input of the first layer, so there are layers + 1 of them.
    used_layers = layers + 1 + select if isinstance(select, int) and select < 0 else select
    if not isinstance(used_layers, int) or not 0 <= used_layers <= layers:
        raise ExportError(
            f"{directory / 'config.json'}: mm_vision_select_layer {select!r} is none of the {layers} layers"
        )
    feature = config.get("mm_vision_select_feature", "patch")
    if feature not in ("patch", "cls_patch"):
        raise ExportError(
            f"{directory / 'config.json'}: mm_vision_select_feature must be patch or cls_patch, found {feature!r}"
        )
    preprocessor = tower_directory / "preprocessor_config.json" if tower_directory else None
    values = read_json(preprocessor) if preprocessor and preprocessor.exists() else {}
    return VisionTower(
        directory=tower_directory,
        from_checkpoint=from_checkpoint,
        width=width,
        mlp_width=_positive(path, tower, "intermediate_size"),
        layers=layers,
        used_layers=used_layers,
        heads=heads,
        patch_size=patch_size,
        layer_norm_eps=float(tower.get("layer_norm_eps", 1e-5)),
        keep_class_token=feature == "cls_patch",
        mean=[float(value) for value in values.get("image_mean", CLIP_MEAN)],
        std=[float(value) for value in values.get("image_std", CLIP_STD)],
    )


def _decoder(directory: Path, config: dict) -> Decoder:
    path = directory / "config.json"
    kind = str(config.get("model_type", "llava_llama"))
    if "llama" not in kind and kind != "llava":
        raise ExportError(f"{path}: model_type {kind!r} is not supported, the decoder must be a Llama (llava_llama)")
    for key, expected in EXPECTED:
        if config.get(key, expected) != expected:
            raise ExportError(f"{path}: {key} = {config[key]!r} is not supported, expected {expected!r}")
    # Newer configurations keep the rotary embedding's numbers in an object of their own.
    rotary = {"rope_theta": config.get("rope_theta", 10000.0)}
    for key in ("rope_scaling", "rope_parameters"):
        value = config.get(key) or {}
        kind = value.get("rope_type", value.get("type", "default")) if isinstance(value, dict) else value
        if kind != "default":
            raise ExportError(f"{path}: {key} = {value!r} is not supported, only the plain rotary embedding is")
        rotary |= value
    hidden = _positive(path, config, "hidden_size")
    heads = _positive(path, config, "num_attention_heads")
    kv_heads = _positive(path, config, "num_key_value_heads", heads)
    head_dim = _positive(path, config, "head_dim", hidden // heads)
    if heads % kv_heads or head_dim % 2:
        raise ExportError(
            f"{path}: {heads} heads must divide by {kv_heads} key-value heads, and head width {head_dim} by 2"
        )
    max_positions = _positive(path, config, "max_position_embeddings")
    generation_path = directory / "generation_config.json"
    generation = read_json(generation_path) if generation_path.exists() else config
    eos = generation.get("eos_token_id", 2)
    return Decoder(
        layers=_positive(path, config, "num_hidden_layers"),
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        mlp_width=_positive(path, config, "intermediate_size"),
        vocab=_positive(path, config, "vocab_size"),
        max_positions=max_positions,
        max_sequence=min(_positive(path, config, "tokenizer_model_max_length", max_positions), max_positions),
        # The defaults are those of the Llama configuration class of Hugging Face transformers.
        rms_norm_eps=float(config.get("rms_norm_eps", 1e-6)),
        rope_theta=float(rotary["rope_theta"]),
        tied_embeddings=config.get("tie_word_embeddings") is True,
        bos=int(generation.get("bos_token_id", 1)),
        eos=[int(token) for token in (eos if isinstance(eos, list) else [eos])],
    )


def _image_modes(path: Path, config: dict) -> ImageModes:
    mode = config.get("image_aspect_ratio")
    merge = config.get("mm_patch_merge_type", "flat")
    if merge not in ("flat", "spatial", "spatial_unpad"):
        raise ExportError(f"{path}: mm_patch_merge_type must be flat, spatial or spatial_unpad, found {merge!r}")
    grid = config.get("image_grid_pinpoints") or []
    try:
        grid = ast.literal_eval(grid) if isinstance(grid, str) else grid
        grid = [[int(width), int(height)] for width, height in grid]
    except (ValueError, TypeError, SyntaxError):
        raise ExportError(f"{path}: image_grid_pinpoints must be a list of [width, height]") from None
    if mode == "anyres" and not grid:
        raise ExportError(f"{path}: image_aspect_ratio anyres needs image_grid_pinpoints")
    return ImageModes(mode=mode if mode in ("pad", "anyres") else "ori", merge=merge, grid=grid)
