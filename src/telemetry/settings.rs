//! `[telemetry]` and `[http]`: where logs, traces, metrics and health go.

use std::net::SocketAddr;

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

/// Health and metrics over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// `address:port`, or `off`.
    pub listen: Listen,
}

/// Where to listen, if at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub enum Listen {
    /// Nowhere.
    Off,
    /// On this address.
    At(SocketAddr),
}

impl TryFrom<String> for Listen {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Listen, &'static str> {
        if text == "off" {
            return Ok(Listen::Off);
        }
        text.parse()
            .map(Listen::At)
            .map_err(|_| "must be an IP address and port such as \"127.0.0.1:9464\", or \"off\"")
    }
}
