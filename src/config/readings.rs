//! `[readings]`: which model reads the 12-lead, on what, and how much of it.

use std::{num::ParseIntError, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

/// How readings are made. Ranges are checked by [`Config::check`](super::Config::check).
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingSettings {
    /// The model package: `shipped`, `none` or a path.
    pub model: ModelSource,
    /// What the model runs on: `auto`, `cpu` or `cuda:N`.
    pub device: Device,
    /// Memory for the texts that are written at once, in MiB (1 to 1048576); there always is room for one.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub kv_budget_mib: usize,
    /// Path of the ONNX Runtime library; left out, it is looked for.
    pub onnxruntime: Option<PathBuf>,
    /// Seconds between two readings of a bed without alarm (10 to 86400); 0 = no such readings.
    #[schemars(range(min = 0.0, max = 86_400.0))]
    pub round_s: f64,
    /// How many readings may wait (1 to 10000).
    #[schemars(range(min = 1, max = 10_000))]
    pub queue: usize,
    /// Longest text of a reading in tokens (1 to 4096).
    #[schemars(range(min = 1, max = 4096))]
    pub max_new_tokens: usize,
    /// Processor threads of the model (1 to 256).
    #[schemars(range(min = 1, max = 256))]
    pub threads: usize,
}

/// Where the model package is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub enum ModelSource {
    /// The small package delivered with gemwatch.
    Shipped,
    /// No model: alarms and vital signs only.
    None,
    /// A package of one's own.
    Path(PathBuf),
}

impl TryFrom<String> for ModelSource {
    type Error = &'static str;

    fn try_from(text: String) -> Result<ModelSource, &'static str> {
        match text.as_str() {
            "" => Err("is empty: must be \"shipped\", \"none\" or the path of a model package"),
            "shipped" => Ok(ModelSource::Shipped),
            "none" => Ok(ModelSource::None),
            _ => Ok(ModelSource::Path(text.into())),
        }
    }
}

/// What a model runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub enum Device {
    /// The best that there is.
    Auto,
    /// The processor.
    Cpu,
    /// The CUDA device of this number.
    Cuda(u32),
}

impl TryFrom<String> for Device {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Device, &'static str> {
        let cuda = |number: &str| number.parse().map(Device::Cuda).map_err(|_: ParseIntError| ());
        match text.as_str() {
            "auto" => Ok(Device::Auto),
            "cpu" => Ok(Device::Cpu),
            _ => text.strip_prefix("cuda:").ok_or(()).and_then(cuda),
        }
        .map_err(|()| "must be \"auto\", \"cpu\" or \"cuda:N\" with the number of a GPU")
    }
}
