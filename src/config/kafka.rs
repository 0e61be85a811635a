//! `[kafka]`: where the brokers and topics are.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// How to reach Kafka, and what is read and written there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaSettings {
    /// `host:port` of the brokers, separated by commas.
    pub brokers: String,
    /// Consumer group: its members share the beds.
    pub group: String,
    /// Names of the topics.
    pub topics: Topics,
    /// Properties of librdkafka, handed on as they are.
    pub properties: BTreeMap<String, String>,
}

/// Names of the topics.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Topics {
    /// Read: chunks of ECG.
    pub waveforms: String,
    /// Written: alerts.
    pub alerts: String,
    /// Written: vital signs.
    pub vitals: String,
    /// Written: messages that are no chunk.
    pub dead_letters: String,
}
