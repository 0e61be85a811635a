//! All settings in one, and their JSON Schema.

use std::path::PathBuf;

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde::Deserialize;

use super::{PseudonymSettings, ReadingSettings};
use crate::{
    alarm::{LimitProfiles, Limits, Profile},
    broker::KafkaSettings,
    http::HttpSettings,
    telemetry::TelemetrySettings,
};

/// The settings of gemwatch. `config/gemwatch.toml` explains every key.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose alarm limits hold where `[alarms]` says nothing.
    pub profile: Profile,
    /// Brokers and topics.
    pub kafka: KafkaSettings,
    /// Other names for the streams than those they come with.
    pub pseudonyms: PseudonymSettings,
    /// Limits of the alarms.
    pub alarms: Limits,
    /// The model and its readings.
    pub readings: ReadingSettings,
    /// Pages over HTTP: health and metrics.
    pub http: HttpSettings,
    /// The log of what the ward says.
    pub audit: AuditSettings,
    /// Logs, traces and metrics.
    pub telemetry: TelemetrySettings,
}

/// The log of commands: acknowledgements, and limits of single beds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditSettings {
    /// JSON Lines that are added to; left out, the log is among the other log lines only.
    pub file: Option<PathBuf>,
}

impl Config {
    /// The limits a bed may have: those of this configuration, and the same with what differs by age set for each age.
    pub fn limit_profiles(&self) -> LimitProfiles {
        let of_ages = Profile::ALL.map(|profile| super::load::at_age(&self.alarms, profile));
        LimitProfiles { configured: self.alarms.clone(), of_ages }
    }

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
