//! What can be wrong with settings, said so that it can be put right.

use std::{fmt, io, path::PathBuf};

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the compiled-in settings.
    Defaults,
    /// In a settings file.
    File(PathBuf),
    /// In an environment variable of this name.
    Variable(String),
}

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The settings file is larger than any settings are.
    #[error("{} is larger than {limit_bytes} bytes: is it a settings file?", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The most that is read.
        limit_bytes: u64,
    },
    /// The settings file is no TOML.
    #[error("{} is no valid TOML: {problem}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with line and column.
        problem: String,
    },
    /// An environment variable looks like a setting and is none.
    #[error("environment variable {name}: {problem}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A key that does not exist, or a value that is not allowed.
    #[error("{key}{} {problem}{}", Shown(" = ", value.as_ref(), ""), Shown(" (set in ", origin.as_ref(), ")"))]
    Value {
        /// The key, steps separated by dots.
        key: String,
        /// The value, unless the key itself is wrong or the value may be secret.
        value: Option<String>,
        /// What is wrong, and what is allowed.
        problem: String,
        /// Where it was set, where that is known.
        origin: Option<Origin>,
    },
}

/// Everything that is wrong, one line each.
#[derive(Debug, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        self.0.iter().try_for_each(|error| write!(f, "\n  - {error}"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Defaults => f.write_str("the compiled-in settings"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// A value between two texts, or nothing at all.
struct Shown<'a, T>(&'static str, Option<&'a T>, &'static str);

impl<T: fmt::Display> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shown(before, Some(value), after) => write!(f, "{before}{value}{after}"),
            Shown(_, None, _) => Ok(()),
        }
    }
}
