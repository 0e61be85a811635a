//! `[telemetry]`: where logs, traces and metrics go.

use schemars::JsonSchema;
use serde::Deserialize;

/// Logs, traces and metrics.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    /// `http://host:port` of an OpenTelemetry collector that takes OTLP over HTTP; left out, nothing is sent.
    pub otlp_endpoint: Option<String>,
    /// Level of the log, also by module, as `tracing_subscriber::EnvFilter` reads it.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
