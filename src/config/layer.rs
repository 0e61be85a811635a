//! One layer of settings: what a file or the environment says, before it is typed.

use std::{fmt::Write, fs::File, io::Read, path::Path};

use figment::{
    Error, Metadata, Profile as Selection, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use super::{ConfigError, Origin};

/// What begins the name of every environment variable of ours.
const PREFIX: &str = "GEMWATCH_";
/// Tables of properties of the client library: their keys hold dots, and their values may be secret.
const PROPERTIES: [[&str; 2]; 2] = [["kafka", "properties"], ["kafka", "property_files"]];
/// Keys whose values are addresses. One that names a user or says more than where to is not shown.
const ADDRESSES: [&[&str]; 2] = [&["kafka", "brokers"], &["telemetry", "otlp_endpoint"]];
/// Settings are a few kilobytes; more is a wrong file.
const LARGEST_FILE_BYTES: u64 = 1 << 20;

/// Values by key, and where they stand.
pub(super) struct Layer {
    source: Source,
    values: Dict,
}

enum Source {
    Compiled,
    File(Origin),
    Environment,
}

impl Layer {
    /// Settings that are compiled in.
    pub(super) fn compiled(text: &str) -> Layer {
        let values = Toml::from_str(text).expect("the compiled-in settings are TOML (this is a bug)");
        Layer { source: Source::Compiled, values }
    }

    /// The settings in a TOML file.
    pub(super) fn file(path: &Path) -> Result<Layer, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: path.into(), source };
        let mut text = String::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(LARGEST_FILE_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > LARGEST_FILE_BYTES {
            return Err(ConfigError::TooLarge { path: path.into(), limit_bytes: LARGEST_FILE_BYTES });
        }
        match Toml::from_str(&text) {
            Ok(values) => Ok(Layer { source: Source::File(Origin::File(path.into())), values }),
            Err(error) => Err(ConfigError::Syntax { path: path.into(), problem: one_line(&error.to_string()) }),
        }
    }

    /// The settings in environment variables, and those variables that look like settings and are none.
    ///
    /// Values are numbers where `below` has a number, and text everywhere else: a password may well be `0123`.
    pub(super) fn environment(
        variables: impl IntoIterator<Item = (String, String)>,
        below: &[Layer],
    ) -> (Layer, Vec<ConfigError>) {
        let mut layer = Layer { source: Source::Environment, values: Dict::new() };
        let mut errors = vec![];
        for (name, text) in variables {
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            let path = match Self::path_of(key, below) {
                Ok(Some(path)) => path,
                Ok(None) => continue,
                Err(problem) => {
                    errors.push(ConfigError::Variable { name, problem });
                    continue;
                }
            };
            let is_number = below.iter().any(|layer| matches!(layer.get(&path), Some(Value::Num(..))));
            let value = if is_number { number(&text) } else { None }.unwrap_or_else(|| Value::from(text));
            if !insert(&mut layer.values, &path, value) {
                errors.push(ConfigError::Variable {
                    name,
                    problem: "another variable sets the same key or a part of it".into(),
                });
            }
        }
        (layer, errors)
    }

    /// The key that a variable sets; none if it is no setting, as `GEMWATCH_RECORDINGS` of the tests.
    fn path_of(key: &str, below: &[Layer]) -> Result<Option<Vec<String>>, String> {
        let key = key.to_lowercase();
        if !key.contains("__") && !below.iter().any(|layer| layer.values.contains_key(&key)) {
            let mut known = below.iter().flat_map(|layer| names(&layer.values));
            return match known.find(|name| name.replace("__", "_") == key) {
                None => Ok(None),
                Some(name) => Err(format!("each step inwards needs two underscores: {PREFIX}{}", name.to_uppercase())),
            };
        }
        let mut path: Vec<String> = key.split("__").map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err("a part of the key is empty".into());
        }
        if is_property(&path) && path.len() > 2 {
            let property = path.split_off(2).join("__").replace('_', ".");
            path.push(property);
        }
        Ok(Some(path))
    }

    /// All values.
    pub(super) fn values(&self) -> &Dict {
        &self.values
    }

    /// The value of a key.
    pub(super) fn get(&self, path: &[String]) -> Option<&Value> {
        let (last, sections) = path.split_last()?;
        sections.iter().try_fold(&self.values, |values, step| values.get(step)?.as_dict())?.get(last)
    }

    /// Takes a key out. False if it is not there, or compiled in.
    pub(super) fn remove(&mut self, path: &[String]) -> bool {
        let Some((last, sections)) = path.split_last() else { return false };
        let values = sections.iter().try_fold(&mut self.values, |values, step| match values.get_mut(step) {
            Some(Value::Dict(_, inner)) => Some(inner),
            _ => None,
        });
        !matches!(self.source, Source::Compiled) && values.is_some_and(|values| values.remove(last).is_some())
    }

    /// Where a key of this layer was set.
    pub(super) fn origin(&self, path: &[String]) -> Origin {
        match &self.source {
            Source::Compiled => Origin::Defaults,
            Source::File(origin) => origin.clone(),
            Source::Environment => {
                let key = path.join("__").replace('.', "_").to_uppercase();
                Origin::Variable(format!("{PREFIX}{key}"))
            }
        }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::default()
    }

    fn data(&self) -> Result<Map<Selection, Dict>, Error> {
        Ok(Selection::Default.collect(self.values.clone()))
    }
}

/// May it be shown? Never what may be secret. Files with secrets are named, not read.
pub(super) fn is_shown(path: &[String], value: &Value) -> bool {
    let is_address = ADDRESSES.iter().any(|address| path == *address);
    let says_more = value.as_str().is_some_and(is_more_than_address);
    !(is_property(path) || is_address && says_more)
}

/// A value as a line of words shows it: no more of it than the line holds.
pub(super) fn shown(path: &[String], value: &Value) -> Option<String> {
    const LONGEST: usize = 80;
    let text = match value {
        _ if !is_shown(path, value) => return None,
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, value) => value.to_string(),
        Value::Num(_, number) => match (value.to_i128(), number.to_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(real)) => real.to_string(),
            (None, None) => return None,
        },
        _ => return None,
    };
    Some(match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    })
}

/// The number that a text is. (figment's own parser of values panics at some that are none: it takes places of characters for
/// places of bytes.)
fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    let whole = text.parse::<u64>().map(Value::from).or_else(|_| text.parse::<i64>().map(Value::from)).ok();
    whole.or_else(|| text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from))
}

/// Whether a key is in a table of properties, or is the table.
fn is_property(path: &[String]) -> bool {
    PROPERTIES.iter().any(|table| path.len() >= table.len() && path.iter().zip(table).all(|(step, of)| step == of))
}

/// Whether an address holds a user, who may come with a password, or a query, which may be a token.
pub(super) fn is_more_than_address(text: &str) -> bool {
    text.contains(['@', '?', '#'])
}

/// The steps of a key written with dots between them.
pub(super) fn steps(key: &str) -> Vec<String> {
    let most = PROPERTIES.iter().find(|table| key.starts_with(&format!("{}.", table.join("."))));
    key.splitn(most.map_or(usize::MAX, |table| table.len() + 1), '.').map(str::to_owned).collect()
}

/// The names of all values as variables have them, without the prefix.
fn names(values: &Dict) -> Vec<String> {
    let below = |(key, value): (&String, &Value)| match value {
        Value::Dict(_, inner) => names(inner).into_iter().map(|name| format!("{key}__{name}")).collect(),
        _ => vec![key.clone()],
    };
    values.iter().flat_map(below).collect()
}

fn insert(values: &mut Dict, path: &[String], value: Value) -> bool {
    match path {
        [] => false,
        [last] => values.insert(last.clone(), value).is_none(),
        [section, rest @ ..] => match values.entry(section.clone()).or_insert_with(|| Value::from(Dict::new())) {
            Value::Dict(_, inner) => insert(inner, rest, value),
            _ => false,
        },
    }
}

/// The message of the TOML parser without its drawing of the line.
fn one_line(message: &str) -> String {
    let mut lines = message.lines().filter(|line| !line.contains('|'));
    let place = lines.next().unwrap_or_default();
    let mut text = place.strip_prefix("TOML parse error ").unwrap_or(place).to_owned();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let _ = write!(text, ": {}", line.trim());
    }
    text
}
