//! `manifest.json` of a model package: what the graphs expect and what the files must be.
//!
//! In goes the text, out comes a [`Manifest`] whose numbers are within limits. Unknown keys are errors: a key this
//! program does not know may change how the model has to be used.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The one format this program reads.
pub const FORMAT: &str = "gemwatch-package/1";

/// The whole manifest.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The model's name, as readings state it.
    pub name: String,
    /// The weights were trained. Text of untrained weights means nothing.
    pub trained: bool,
    /// Where the weights come from.
    pub source: String,
    /// The licence of the weights.
    pub licence: String,
    /// What the weights are stored as, such as `fp32`.
    pub precision: String,
    /// The program that made the package.
    pub created_by: String,
    /// How a question becomes a prompt.
    pub prompt: PromptSpec,
    /// How a picture becomes tiles.
    pub image: ImageSpec,
    /// What the ECG encoder takes.
    pub ecg: EcgSpec,
    /// The sizes of the decoder.
    pub decoder: DecoderSpec,
    /// The inputs and outputs of the graphs, for people; what a graph really has is checked when it is opened.
    #[serde(default)]
    pub graphs: BTreeMap<String, GraphSpec>,
    /// Every other file of the package.
    pub files: Vec<FileSpec>,
}

/// How a question becomes a prompt.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PromptSpec {
    /// The prompt with the placeholders for the picture and for `{question}`.
    pub template: String,
    /// Stands for ECG and picture in the prompt.
    pub image_placeholder: String,
    /// The question that is asked when the caller has none.
    pub question: String,
}

/// How a picture becomes tiles.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ImageSpec {
    /// What is done with a picture that is not square.
    pub mode: ImageMode,
    /// Side of a tile in pixels.
    pub size: u32,
    /// Tokens a tile becomes.
    pub patches: usize,
    /// The sizes (width, height) that mode `anyres` chooses from.
    pub grid: Vec<(u32, u32)>,
    /// How mode `anyres` joins the tokens of its tiles.
    pub merge: ImageMerge,
    /// Subtracted from each channel (RGB, 0 to 1).
    pub mean: [f32; 3],
    /// Divides each channel afterwards.
    pub std: [f32; 3],
    /// The colour of the canvas of mode `pad`.
    pub pad_rgb: [u8; 3],
}

/// What is done with a picture that is not square.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ImageMode {
    /// The short side is fitted, the long side is cut at both ends.
    Ori,
    /// The picture is put on a square canvas first.
    Pad,
    /// The whole picture and tiles of an enlarged one (LLaVA-1.6).
    Anyres,
}

/// How the tokens of several tiles become one sequence.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ImageMerge {
    /// Tile after tile.
    Flat,
    /// The whole picture, then the map of its tiles line by line.
    Spatial,
    /// The same without the frame around the picture, and with a mark at the end of every line.
    SpatialUnpad,
}

impl ImageSpec {
    /// Every line of the map of tiles ends with the package's `image_newline`.
    pub(super) fn needs_newline(&self) -> bool {
        self.mode == ImageMode::Anyres && self.merge == ImageMerge::SpatialUnpad
    }

    /// Checks what the types cannot.
    fn check(&self) -> Result<(), String> {
        if self.std.iter().any(|std| !(std.is_finite() && *std > 0.0)) {
            return Err(format!("image.std is {:?}, each must be positive", self.std));
        }
        if self.mode != ImageMode::Anyres {
            return Ok(());
        }
        let is_map = |&(width, height): &(u32, u32)| {
            let (columns, rows) = (u64::from(width / self.size), u64::from(height / self.size));
            width.is_multiple_of(self.size)
                && height.is_multiple_of(self.size)
                && (1..=MAX_TILES).contains(&(columns * rows))
        };
        if let Some((width, height)) = self.grid.iter().find(|size| !is_map(size)) {
            let size = self.size;
            return Err(format!(
                "image.grid holds {width} x {height}, it must hold sizes of 1 to {MAX_TILES} tiles of {size} pixels a side"
            ));
        }
        if self.grid.is_empty() {
            return Err("image.grid is empty, image mode anyres needs a size to choose".to_owned());
        }
        if self.merge != ImageMerge::Flat && self.patches.isqrt().pow(2) != self.patches {
            return Err(format!("image.patches is {}, which must be a square for a map of tiles", self.patches));
        }
        Ok(())
    }
}

/// The most tiles of an enlarged picture: the largest grids in use have 6 x 6.
const MAX_TILES: u64 = 36;

/// What the ECG encoder takes.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct EcgSpec {
    /// Number of leads.
    pub leads: usize,
    /// Samples a lead.
    pub samples: usize,
    /// Samples a second.
    pub rate_hz: f64,
    /// Tokens the ECG becomes.
    pub tokens: usize,
}

/// The sizes of the decoder.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct DecoderSpec {
    /// Transformer blocks.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Heads of the key-value cache.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// What the cache holds.
    #[serde(default)]
    pub cache_type: CacheType,
    /// Width of an embedding.
    pub hidden: usize,
    /// Number of tokens.
    pub vocab: usize,
    /// Positions the rotary embedding covers.
    pub max_positions: usize,
    /// A longer prompt is cut at the end to this many positions.
    pub max_sequence: usize,
    /// The token a prompt begins with.
    pub bos: u32,
    /// The tokens that end a text.
    pub eos: Vec<u32>,
    /// How many tokens a reading may have when the caller sets no limit.
    pub max_new_tokens: usize,
}

impl DecoderSpec {
    /// Bytes that the keys and values of one position take, in all layers.
    pub fn bytes_per_position(&self) -> usize {
        2 * self.layers * self.kv_heads * self.head_dim * self.cache_type.bytes()
    }
}

/// The numbers of the key-value cache.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum CacheType {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits (IEEE 754 half).
    F16,
    /// 16 bits with the range of 32.
    Bf16,
}

impl CacheType {
    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            CacheType::F32 => 4,
            CacheType::F16 | CacheType::Bf16 => 2,
        }
    }
}

/// The inputs and outputs of a graph, each with its type and shape in words.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct GraphSpec {
    /// What goes in.
    pub inputs: BTreeMap<String, String>,
    /// What comes out.
    pub outputs: BTreeMap<String, String>,
}

/// One file of the package.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Its name in the package's directory.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Checks what the types cannot: the format and that every number is sane. The error is a fragment that names the key.
    pub fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("format is {:?}, this program reads {FORMAT:?}", self.format));
        }
        let decoder = &self.decoder;
        let ranges = [
            ("image.size", self.image.size as usize, 4096),
            ("image.patches", self.image.patches, 1 << 16),
            ("ecg.leads", self.ecg.leads, 12),
            ("ecg.samples", self.ecg.samples, 1 << 20),
            ("ecg.tokens", self.ecg.tokens, 1 << 16),
            ("decoder.layers", decoder.layers, 1 << 10),
            ("decoder.heads", decoder.heads, 1 << 12),
            ("decoder.kv_heads", decoder.kv_heads, decoder.heads),
            ("decoder.head_dim", decoder.head_dim, 1 << 12),
            ("decoder.hidden", decoder.hidden, 1 << 17),
            ("decoder.vocab", decoder.vocab, 1 << 22),
            ("decoder.max_positions", decoder.max_positions, 1 << 20),
            ("decoder.max_sequence", decoder.max_sequence, decoder.max_positions),
            ("decoder.max_new_tokens", decoder.max_new_tokens, decoder.max_positions),
            ("decoder.bos", decoder.bos as usize + 1, decoder.vocab),
            ("number of files", self.files.len(), 256),
        ];
        if let Some((key, value, most)) = ranges.into_iter().find(|(_, value, most)| !(1..=*most).contains(value)) {
            return Err(format!("{key} is {value}, it must be from 1 to {most}"));
        }
        if self.ecg.leads != 12 {
            return Err(format!("ecg.leads is {}, it must be 12", self.ecg.leads));
        }
        if !(self.ecg.rate_hz.is_finite() && self.ecg.rate_hz > 0.0) {
            return Err(format!("ecg.rate_hz is {}, it must be positive", self.ecg.rate_hz));
        }
        self.image.check()?;
        if decoder.eos.is_empty() || decoder.eos.iter().any(|token| *token as usize >= decoder.vocab) {
            return Err(format!("decoder.eos is {:?}, it must hold tokens below {}", decoder.eos, decoder.vocab));
        }
        for (key, placeholder) in
            [("image_placeholder", self.prompt.image_placeholder.as_str()), ("question", QUESTION_PLACEHOLDER)]
        {
            let found = if placeholder.is_empty() { 0 } else { self.prompt.template.matches(placeholder).count() };
            if found != 1 {
                return Err(format!("prompt.template holds {placeholder:?} ({key}) {found} times, it must once"));
            }
        }
        match self.files.iter().find(|file| !is_plain_name(&file.path)) {
            Some(file) => Err(format!("files names {:?}, which is no plain file name", file.path)),
            None => Ok(()),
        }
    }
}

/// Stands for the question in a prompt template.
pub const QUESTION_PLACEHOLDER: &str = "{question}";

/// A name in the package's own directory, nothing that leads out of it.
fn is_plain_name(name: &str) -> bool {
    let mut parts = std::path::Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(std::path::Component::Normal(part)), None) if part == name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A manifest of a small model.
    pub(in crate::gem) fn small_manifest() -> serde_json::Value {
        serde_json::json!({
            "format": FORMAT, "name": "small", "trained": false, "source": "tests", "licence": "none",
            "precision": "fp32", "created_by": "tests",
            "prompt": {
                "template": "Answer. USER: <image>\n{question} ASSISTANT:",
                "image_placeholder": "<image>", "question": "What is the rhythm?"
            },
            "image": {
                "mode": "ori", "size": 336, "patches": 576, "grid": [[336, 672]], "merge": "flat",
                "mean": [0.481, 0.458, 0.408], "std": [0.269, 0.261, 0.276],
                "pad_rgb": [122, 116, 104]
            },
            "ecg": {"leads": 12, "samples": 5000, "rate_hz": 500, "tokens": 101},
            "decoder": {
                "layers": 2, "heads": 4, "kv_heads": 4, "head_dim": 16, "hidden": 64, "vocab": 1000,
                "max_positions": 4096, "max_sequence": 4096, "bos": 1, "eos": [2], "max_new_tokens": 48
            },
            "files": [{"path": "tokenizer.json", "bytes": 1, "sha256": "00"}]
        })
    }

    fn checked(value: &serde_json::Value) -> Result<(), String> {
        serde_json::from_value::<Manifest>(value.clone()).map_err(|error| error.to_string())?.check()
    }

    #[test]
    fn a_whole_manifest_passes_and_each_wrong_value_is_named() {
        assert_eq!(checked(&small_manifest()), Ok(()));
        let wrong = [
            ("/format", serde_json::json!("gemwatch-package/2"), "format is"),
            ("/image/mode", serde_json::json!("stretch"), "unknown variant `stretch`"),
            ("/image/std/1", serde_json::json!(0.0), "image.std"),
            ("/image/merge", serde_json::json!("stacked"), "unknown variant `stacked`"),
            ("/ecg/leads", serde_json::json!(8), "ecg.leads is 8"),
            ("/ecg/rate_hz", serde_json::json!(-1), "ecg.rate_hz is -1"),
            ("/decoder/layers", serde_json::json!(0), "decoder.layers is 0"),
            ("/decoder/layers", serde_json::json!(-1), "invalid value"),
            ("/decoder/kv_heads", serde_json::json!(8), "decoder.kv_heads is 8, it must be from 1 to 4"),
            ("/decoder/max_sequence", serde_json::json!(5000), "decoder.max_sequence is 5000"),
            ("/decoder/eos", serde_json::json!([1000]), "decoder.eos"),
            ("/decoder/bos", serde_json::json!(1000), "decoder.bos"),
            ("/prompt/template", serde_json::json!("<image> <image> {question}"), "2 times"),
            ("/prompt/template", serde_json::json!("<image>"), "0 times"),
            ("/prompt/image_placeholder", serde_json::json!(""), "0 times"),
            ("/files/0/path", serde_json::json!("../tokenizer.json"), "no plain file name"),
            ("/files/0/path", serde_json::json!("/etc/passwd"), "no plain file name"),
            ("/files/0/path", serde_json::json!("a/"), "no plain file name"),
        ];
        for (key, value, message) in wrong {
            let mut manifest = small_manifest();
            *manifest.pointer_mut(key).unwrap() = value;
            let error = checked(&manifest).expect_err(key);
            assert!(error.contains(message), "{key}: {error} lacks {message}");
        }
        let mut manifest = small_manifest();
        manifest["image"]["mode"] = "anyres".into();
        manifest["image"]["merge"] = "spatial_unpad".into();
        assert_eq!(checked(&manifest), Ok(()));
        for (key, value, message) in [
            ("grid", serde_json::json!([]), "image.grid is empty"),
            ("grid", serde_json::json!([[336, 500]]), "image.grid holds 336 x 500"),
            ("grid", serde_json::json!([[336, 0]]), "image.grid holds 336 x 0"),
            ("grid", serde_json::json!([[3_360_000, 3_360_000]]), "image.grid holds 3360000 x 3360000"),
            ("patches", serde_json::json!(577), "image.patches is 577"),
        ] {
            let mut manifest = manifest.clone();
            manifest["image"][key] = value;
            let error = checked(&manifest).expect_err(key);
            assert!(error.contains(message), "{key}: {error} lacks {message}");
        }
        let mut manifest = small_manifest();
        manifest["decoder"]["sliding_window"] = serde_json::json!(7);
        assert!(checked(&manifest).unwrap_err().contains("sliding_window"));
    }
}
