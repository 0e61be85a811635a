//! Lays the layers over one another and types them, without stopping at the first mistake.

use std::{env, ffi::OsString, path::Path};

use figment::{
    Figment,
    error::{Error, Kind},
    providers::{Format, Serialized, Toml},
};

use super::{
    Config, ConfigError, ConfigErrors, Origin,
    check::Violation,
    layer::{Layer, shown, steps},
    secrets,
};

use crate::alarm::{Limits, Profile};

const DEFAULTS: &str = include_str!("../../config/gemwatch.toml");

/// The alarm limits that differ by age, as settings.
const fn limits_by_age(profile: Profile) -> &'static str {
    match profile {
        Profile::Adult => include_str!("../../config/limits/adult.toml"),
        Profile::Child => include_str!("../../config/limits/child.toml"),
        Profile::Neonate => include_str!("../../config/limits/neonate.toml"),
    }
}

/// These limits with what differs by age set for this age.
pub(super) fn at_age(limits: &Limits, profile: Profile) -> Limits {
    let limits = Figment::from(Serialized::default("alarms", limits)).merge(Toml::string(limits_by_age(profile)));
    limits.extract_inner("alarms").expect("limits and profiles are valid settings (this is a bug)")
}

impl Default for Config {
    /// What holds when nothing is set.
    fn default() -> Config {
        Config::layered(None, []).expect("the compiled-in settings are valid (this is a bug)")
    }
}

impl Config {
    /// The settings: compiled-in defaults, then the file, then the environment of this process.
    pub fn load(path: Option<&Path>) -> Result<Config, ConfigErrors> {
        let text = |text: OsString| text.to_string_lossy().into_owned();
        Config::layered(path, env::vars_os().map(|(name, value)| (text(name), text(value))))
    }

    /// As [`Config::load`], with the environment variables given.
    pub fn layered(
        path: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigErrors> {
        let (mut layers, mut errors) = layers(path, variables);
        if let Some(mut config) = typed(&mut layers, &mut errors) {
            let mut violations = config.violations();
            violations.extend(secrets::read(&mut config));
            errors.extend(
                violations
                    .into_iter()
                    .map(|Violation { key, value, problem }| located(&steps(&key), value, problem, &layers)),
            );
            if errors.is_empty() {
                return Ok(config);
            }
        }
        Err(ConfigErrors(errors))
    }
}

/// The layers from the lowest up, and what is wrong with them as they are.
pub(super) fn layers(
    path: Option<&Path>,
    variables: impl IntoIterator<Item = (String, String)>,
) -> (Vec<Layer>, Vec<ConfigError>) {
    let mut layers = vec![Layer::compiled(DEFAULTS), Layer::compiled(limits_by_age(Profile::Adult))];
    let (environment, mut errors) = Layer::environment(variables, &layers);
    match path.map(Layer::file).transpose() {
        Ok(file) => layers.extend(file),
        Err(error) => errors.push(error),
    }
    layers.push(environment);
    layers[1] = Layer::compiled(limits_by_age(profile(&layers)));
    (layers, errors)
}

/// The profile that is set topmost. One that does not exist is reported when the settings are typed.
fn profile(layers: &[Layer]) -> Profile {
    let named = layers.iter().rev().find_map(|layer| layer.get(&["profile".to_owned()])?.as_str());
    Profile::ALL.into_iter().find(|profile| Some(profile.as_str()) == named).unwrap_or(Profile::Adult)
}

/// Types the layers. Each value that cannot be typed is noted and left out, and the layer below speaks in its place, so
/// that all mistakes are found. None when not even that helps.
fn typed(layers: &mut [Layer], errors: &mut Vec<ConfigError>) -> Option<Config> {
    loop {
        let merged = layers.iter().fold(Figment::new(), Figment::merge);
        let error = match merged.extract::<Config>() {
            Ok(config) => return Some(config),
            Err(error) => error,
        };
        errors.push(described(&error, layers));
        if !layers.iter_mut().rev().any(|layer| layer.remove(&error.path)) {
            return None;
        }
    }
}

/// What figment found, with the value and its place.
fn described(error: &Error, layers: &[Layer]) -> ConfigError {
    let value_as_set = |problem| located(&error.path, None, problem, layers);
    match &error.kind {
        Kind::UnknownField(_, known) => {
            let problem = format!("is not a key; the keys here are {}", known.join(", "));
            ConfigError::Value { key: error.path.join("."), value: None, problem, origin: origin(&error.path, layers) }
        }
        Kind::UnknownVariant(_, known) => value_as_set(format!("must be one of {}", known.join(", "))),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            let expected = match expected.as_str() {
                "f32" | "f64" => "a number",
                "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, zero or more",
                other => other,
            };
            value_as_set(format!("must be {expected}"))
        }
        Kind::Message(message) => value_as_set(message.clone()),
        kind => value_as_set(kind.to_string()),
    }
}

/// A mistake at a key. The value is the one that is set, if none is given.
fn located(path: &[String], value: Option<String>, problem: String, layers: &[Layer]) -> ConfigError {
    let set = || layers.iter().rev().find_map(|layer| layer.get(path)).and_then(|value| shown(path, value));
    ConfigError::Value { key: path.join("."), value: value.or_else(set), problem, origin: origin(path, layers) }
}

fn origin(path: &[String], layers: &[Layer]) -> Option<Origin> {
    layers.iter().rev().find(|layer| layer.get(path).is_some()).map(|layer| layer.origin(path))
}
