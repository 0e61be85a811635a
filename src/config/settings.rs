//! All settings in one, and their JSON Schema.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde::Deserialize;

use super::ReadingSettings;
use crate::{
    alarm::Limits,
    broker::KafkaSettings,
    telemetry::{HttpSettings, TelemetrySettings},
};

/// The settings of gemwatch. `config/gemwatch.toml` explains every key.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose alarm limits hold where `[alarms]` says nothing.
    pub profile: Profile,
    /// Brokers and topics.
    pub kafka: KafkaSettings,
    /// Limits of the alarms.
    pub alarms: Limits,
    /// The model and its readings.
    pub readings: ReadingSettings,
    /// Health and metrics.
    pub http: HttpSettings,
    /// Logs, traces and metrics.
    pub telemetry: TelemetrySettings,
}

/// Whose alarm limits hold unless set otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Adults.
    Adult,
    /// From one year to puberty.
    Child,
    /// Newborn children and infants.
    Neonate,
}

impl Config {
    /// JSON Schema of a settings file. No key is required there: whatever is left out has a default.
    pub fn json_schema() -> Schema {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<Config>();
        nothing_is_required(&mut schema);
        schema
    }
}

fn nothing_is_required(schema: &mut Schema) {
    schema.remove("required");
    transform_subschemas(&mut nothing_is_required, schema);
}

impl Profile {
    /// All profiles.
    pub const ALL: [Profile; 3] = [Profile::Adult, Profile::Child, Profile::Neonate];

    /// The name as it is set.
    pub const fn as_str(self) -> &'static str {
        match self {
            Profile::Adult => "adult",
            Profile::Child => "child",
            Profile::Neonate => "neonate",
        }
    }

    /// The alarm limits that differ by age, as settings.
    pub(super) const fn limits(self) -> &'static str {
        match self {
            Profile::Adult => include_str!("../../config/limits/adult.toml"),
            Profile::Child => include_str!("../../config/limits/child.toml"),
            Profile::Neonate => include_str!("../../config/limits/neonate.toml"),
        }
    }
}
