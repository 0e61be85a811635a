//! The settings: what a hospital may set, and how the layers of settings come together.
//!
//! In: the compiled-in `config/gemwatch.toml` with the alarm limits of a [`Profile`](crate::alarm::Profile) (`config/limits/`), a file, and the
//! environment variables `GEMWATCH_…`, each overruling what stands before. Out: one checked [`Config`], or a
//! [`ConfigErrors`] that names everything that is wrong, where it was set and what is allowed.
//!
//! `config/gemwatch.toml` is the manual of all keys; [`Config::json_schema`] is its schema for editors.

mod check;
mod errors;
mod layer;
mod load;
mod pseudonyms;
mod readings;
mod secrets;
mod settings;
mod show;

pub use errors::{ConfigError, ConfigErrors, Origin};
pub use pseudonyms::PseudonymSettings;
pub use readings::{Device, ModelSource, ReadingSettings};
pub use settings::{AuditSettings, Config};
pub use show::Setting;
