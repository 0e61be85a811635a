//! The settings in force, each with the place where it was set.
//!
//! In: the same layers as [`Config::load`]. Out: a line a key, in TOML that can be a settings file itself. What may be secret is
//! named and not shown.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fmt};

use figment::value::{Dict, Value};

use super::{Config, ConfigErrors, Origin, layer::Layer, layer::is_shown, load::layers};

/// One setting that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key in TOML: steps separated by dots, those that hold dots in quotes.
    pub key: String,
    /// Its value in TOML, unless it may be secret.
    pub value: Option<String>,
    /// Where it was set.
    pub origin: Origin,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {value}", self.key)?,
            None => write!(f, "# {} is set and not shown", self.key)?,
        }
        if self.origin == Origin::Defaults { Ok(()) } else { write!(f, "  # {}", self.origin) }
    }
}

impl Config {
    /// All settings in force by their keys, or everything that is wrong with them.
    pub fn in_force(path: Option<&Path>) -> Result<Vec<Setting>, ConfigErrors> {
        Config::load(path)?;
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let (layers, _) = layers(path, env::vars_os().map(|(name, value)| (text(name), text(value))));
        let mut paths = BTreeSet::new();
        for layer in &layers {
            leaves(layer.values(), &mut Vec::new(), &mut paths);
        }
        Ok(paths.iter().filter_map(|path| setting(path, &layers)).collect())
    }
}

fn setting(path: &[String], layers: &[Layer]) -> Option<Setting> {
    let (layer, value) = layers.iter().rev().find_map(|layer| Some((layer, layer.get(path)?)))?;
    let is_bare = |step: &str| step.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let step = |step: &String| if is_bare(step) { step.clone() } else { format!("{step:?}") };
    let value = if is_shown(path, value) { toml(value) } else { None };
    Some(Setting { key: path.iter().map(step).collect::<Vec<_>>().join("."), value, origin: layer.origin(path) })
}

/// The keys of all values that are no tables.
fn leaves(values: &Dict, above: &mut Vec<String>, paths: &mut BTreeSet<Vec<String>>) {
    for (key, value) in values {
        above.push(key.clone());
        match value {
            Value::Dict(_, inner) => leaves(inner, above, paths),
            _ => drop(paths.insert(above.clone())),
        }
        above.pop();
    }
}

fn toml(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(format!("{text:?}")),
        Value::Bool(_, value) => Some(value.to_string()),
        Value::Num(_, number) => match (number.to_i128(), number.to_f64()) {
            (Some(whole), _) => Some(whole.to_string()),
            (None, real) => real.map(|real| format!("{real:?}")),
        },
        Value::Array(_, values) => {
            let values: Option<Vec<String>> = values.iter().map(toml).collect();
            Some(format!("[{}]", values?.join(", ")))
        }
        Value::Char(..) | Value::Empty(..) | Value::Dict(..) => None,
    }
}
