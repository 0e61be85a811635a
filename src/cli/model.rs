//! The option `--model`, the same in every command that reads.

use std::str::FromStr;

use anyhow::Context;

use super::failure::{BadInput, Failure};
use gemwatch::config::{Config, Device, ModelSource};
use gemwatch::gem;
use gemwatch::pipeline::{Interpreter, InterpreterSettings};

/// Which model reads.
#[derive(Clone, Debug)]
pub struct Model(ModelSource);

impl FromStr for Model {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Model, &'static str> {
        ModelSource::try_from(text.to_owned()).map(Model)
    }
}

/// How the model of a command is loaded; `None` when nobody shall read.
pub fn interpreter_settings(source: &ModelSource, config: &Config) -> Option<InterpreterSettings> {
    let package = match source {
        ModelSource::None => return None,
        ModelSource::Shipped => None,
        ModelSource::Path(path) => Some(path.clone()),
    };
    Some(InterpreterSettings {
        package,
        runtime: config.readings.onnxruntime.clone(),
        max_new_tokens: Some(config.readings.max_new_tokens),
        threads: config.readings.threads,
        device: match config.readings.device {
            Device::Auto => gem::Device::Auto,
            Device::Cpu => gem::Device::Cpu,
            Device::Cuda(number) => gem::Device::Cuda(number),
        },
        kv_budget_mib: config.readings.kv_budget_mib,
    })
}

/// Loads the model to read one window after the other; `None` when nobody shall read.
pub fn load_interpreter(model: &Model, config: &Config) -> Result<Option<Interpreter>, Failure> {
    let Some(settings) = interpreter_settings(&model.0, config) else { return Ok(None) };
    let settings = InterpreterSettings { kv_budget_mib: 0, ..settings };
    let loaded = Interpreter::load(&settings);
    match &settings.package {
        // Who names a package can name another.
        Some(path) => loaded
            .with_context(|| format!("cannot read with the model in {} (--model none goes without)", path.display()))
            .bad_input()
            .map(Some),
        None => {
            Ok(Some(loaded.context("cannot read with the model that comes with gemwatch (--model none goes without)")?))
        }
    }
}
