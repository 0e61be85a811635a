//! How the broker is reached and what the topics are called.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

/// How the broker is reached and what the topics are called.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaSettings {
    /// Where the brokers are: `host:port`, several with commas between them.
    pub brokers: String,
    /// The consumer group. Instances with the same group share the partitions among them.
    pub group: String,
    /// The consumer group of the readers that run apart; left out, it is `group` with `-readers` at its end.
    pub readers_group: Option<String>,
    /// What this instance is called in its group, such as the name of its pod; no other may be called so at the same time. One that
    /// is started again under its name after a crash has its partitions at once: nobody waits until its earlier self is missed
    /// (static membership, Apache Kafka KIP-345). Left out, it draws a name at each start.
    pub instance: Option<String>,
    /// Names of the topics.
    pub topics: Topics,
    /// Where a group that never committed starts to read.
    pub offset_reset: OffsetReset,
    /// How many seconds of its past a bed hears again at most when another instance takes it over, or this one after a restart
    /// (10 to 600).
    pub rehear_s: u32,
    /// Further settings of the client library, such as `security.protocol` or `sasl.username`
    /// (librdkafka, CONFIGURATION.md). They go to the consumer and the producer alike.
    pub properties: BTreeMap<String, String>,
    /// Properties whose values stand in files, such as `sasl.password`: paths by name. Who loads the settings reads them into
    /// `properties` and leaves none here.
    pub property_files: BTreeMap<String, PathBuf>,
}

/// Names of the topics. The key of every message is the stream id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Topics {
    /// ECG from the bedside monitors: Protobuf `gemwatch.v1.WaveformChunk`.
    pub waveforms: String,
    /// Alerts, one message a change of state: JSON.
    pub alerts: String,
    /// The latest state of each open alert, under its id; nothing once it is over: JSON, on a compacted topic.
    pub alert_state: String,
    /// Vital signs, one message a second: JSON.
    pub vitals: String,
    /// Word that a bed is watched, every two seconds, data or none: JSON, on a compacted topic.
    pub heartbeats: String,
    /// Readings made on the rounds of beds without an alarm: JSON.
    pub readings: String,
    /// Acknowledgements and limits of single beds: JSON. Every instance reads all of it.
    pub commands: String,
    /// What monitors ask of readers that run apart: Protobuf `gemwatch.v1.ReadingRequest`.
    pub reading_requests: String,
    /// Messages that could not be used, as they came; the reason is in the headers.
    pub dead_letters: String,
}

/// Where a consumer group that never committed starts to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OffsetReset {
    /// At the oldest message the broker still has.
    #[default]
    Earliest,
    /// At what comes in from now on.
    Latest,
}

impl OffsetReset {
    /// The value of librdkafka's `auto.offset.reset`.
    pub(crate) fn property(self) -> &'static str {
        match self {
            OffsetReset::Earliest => "earliest",
            OffsetReset::Latest => "latest",
        }
    }
}

impl Default for KafkaSettings {
    fn default() -> KafkaSettings {
        KafkaSettings {
            brokers: "localhost:9092".to_owned(),
            group: "gemwatch".to_owned(),
            readers_group: None,
            instance: None,
            topics: Topics::default(),
            offset_reset: OffsetReset::default(),
            rehear_s: 120,
            properties: BTreeMap::new(),
            property_files: BTreeMap::new(),
        }
    }
}

impl Default for Topics {
    fn default() -> Topics {
        Topics {
            waveforms: "ecg.waveforms".to_owned(),
            alerts: "ecg.alerts".to_owned(),
            alert_state: "ecg.alert-state".to_owned(),
            vitals: "ecg.vitals".to_owned(),
            heartbeats: "ecg.heartbeats".to_owned(),
            readings: "ecg.readings".to_owned(),
            commands: "ecg.commands".to_owned(),
            reading_requests: "ecg.reading-requests".to_owned(),
            dead_letters: "ecg.dead-letters".to_owned(),
        }
    }
}

impl Topics {
    /// All names, those that are read first.
    pub fn names(&self) -> [&str; 9] {
        [
            &self.waveforms,
            &self.commands,
            &self.reading_requests,
            &self.alerts,
            &self.alert_state,
            &self.vitals,
            &self.heartbeats,
            &self.readings,
            &self.dead_letters,
        ]
    }

    /// Those of which the latest message of each key is kept.
    pub fn compacted(&self) -> [&str; 3] {
        [&self.commands, &self.alert_state, &self.heartbeats]
    }
}

impl KafkaSettings {
    /// The consumer group of the readers that run apart.
    pub fn readers_group(&self) -> String {
        self.readers_group.clone().unwrap_or_else(|| format!("{}-readers", self.group))
    }
}

/// Shows the names of the properties only: among their values are passwords.
impl fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("group", &self.group)
            .field("readers_group", &self.readers_group)
            .field("instance", &self.instance)
            .field("topics", &self.topics)
            .field("offset_reset", &self.offset_reset)
            .field("rehear_s", &self.rehear_s)
            .field("properties", &self.properties.keys())
            .field("property_files", &self.property_files.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default() {
        let settings: KafkaSettings =
            serde_json::from_str(r#"{"group": "ward-7", "topics": {"alerts": "a"}, "offset_reset": "latest"}"#)
                .unwrap();
        assert_eq!(settings.brokers, "localhost:9092");
        assert_eq!(settings.group, "ward-7");
        let read = ["ecg.waveforms", "ecg.commands", "ecg.reading-requests"];
        let written = ["a", "ecg.alert-state", "ecg.vitals", "ecg.heartbeats", "ecg.readings", "ecg.dead-letters"];
        let names = [&read[..], &written[..]].concat();
        assert_eq!(settings.topics.names()[..], names);
        assert_eq!(settings.readers_group(), "ward-7-readers");
        let settings = KafkaSettings { readers_group: Some("gpu".to_owned()), ..settings };
        assert_eq!(settings.readers_group(), "gpu");
        assert_eq!(settings.offset_reset, OffsetReset::Latest);
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error = serde_json::from_str::<KafkaSettings>(r#"{"broker": "x:9092"}"#).unwrap_err().to_string();
        assert!(error.contains("unknown field `broker`"), "{error}");
    }

    #[test]
    fn passwords_stay_out_of_the_log() {
        let properties = BTreeMap::from([("sasl.password".to_owned(), "secret".to_owned())]);
        let shown = format!("{:?}", KafkaSettings { properties, ..KafkaSettings::default() });
        assert!(shown.contains("sasl.password") && !shown.contains("secret"), "{shown}");
    }
}
