//! Sets up librdkafka clients: the properties every client has in common, and its log lines into `tracing`.

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::{BrokerError, KafkaSettings};

/// Properties that settings may not touch, since promises of the pipeline hang on them, and who sets them.
const OWNED: [(&str, &str); 10] = [
    ("bootstrap.servers", "it is kafka.brokers"),
    ("metadata.broker.list", "it is kafka.brokers"),
    ("group.id", "it is kafka.group"),
    ("group.instance.id", "it is kafka.instance"),
    ("auto.offset.reset", "it is kafka.offset_reset"),
    ("enable.auto.commit", "gemwatch commits what was processed, and nothing else"),
    ("enable.auto.offset.store", "gemwatch commits what was processed, and nothing else"),
    ("enable.idempotence", "alerts are written once and in order"),
    ("acks", "an alert counts as written when every in-sync replica has it"),
    ("request.required.acks", "an alert counts as written when every in-sync replica has it"),
];

/// A configuration for any client: `defaults`, over them the properties of the settings, over them `fixed`.
pub(crate) fn client_config(
    settings: &KafkaSettings,
    defaults: &[(&str, &str)],
    fixed: &[(&str, &str)],
) -> Result<ClientConfig, BrokerError> {
    let mut config = ClientConfig::new();
    config.set("client.id", "gemwatch");
    // A broker that is back is to be found at once: an alarm may wait for it.
    config.set("reconnect.backoff.max.ms", "1000");
    // So is a topic: one that was missing for a moment is taken for missing until the client library asks again.
    config.set("topic.metadata.refresh.interval.ms", "10000");
    for (key, value) in defaults {
        config.set(*key, *value);
    }
    for (key, value) in &settings.properties {
        if let Some((_, reason)) = OWNED.iter().find(|(owned, _)| owned == key) {
            return Err(BrokerError::PropertyOwned { key: key.clone(), reason });
        }
        config.set(key, value);
    }
    config.set("bootstrap.servers", &settings.brokers);
    for (key, value) in fixed {
        config.set(*key, *value);
    }
    // `tracing` filters; `debug` names the parts of librdkafka that should speak more.
    let debug = settings.properties.contains_key("debug");
    config.set_log_level(if debug { RDKafkaLogLevel::Debug } else { RDKafkaLogLevel::Info });
    Ok(config)
}

/// A client context that does nothing but log.
pub(crate) struct LogToTracing;

impl ClientContext for LogToTracing {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log_to_tracing(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            // That all has been read is no error, only told as one.
            Some(RDKafkaErrorCode::PartitionEOF) => {}
            // Told at every connection that fails, some times a second as long as no broker is there. Each of them has a line
            // of its own, and the service says when it loses the broker and when it is back.
            Some(RDKafkaErrorCode::AllBrokersDown) => tracing::debug!(%error, "kafka: {reason}"),
            _ => tracing::warn!(%error, "kafka: {reason}"),
        }
    }
}

impl ConsumerContext for LogToTracing {}

/// One log line of librdkafka as a `tracing` event.
pub(crate) fn log_to_tracing(level: RDKafkaLogLevel, facility: &str, line: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::error!(facility, "kafka: {line}");
        }
        RDKafkaLogLevel::Warning => tracing::warn!(facility, "kafka: {line}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(facility, "kafka: {line}"),
        RDKafkaLogLevel::Debug => tracing::debug!(facility, "kafka: {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(key: &str, value: &str) -> KafkaSettings {
        let mut settings = KafkaSettings::default();
        settings.properties.insert(key.to_owned(), value.to_owned());
        settings
    }

    #[test]
    fn settings_stand_between_defaults_and_what_is_fixed() {
        let defaults = [("linger.ms", "5"), ("session.timeout.ms", "10000")];
        let config = client_config(&settings("linger.ms", "9"), &defaults, &[("acks", "all")]).unwrap();
        assert_eq!(config.get("linger.ms"), Some("9"));
        assert_eq!(config.get("session.timeout.ms"), Some("10000"));
        assert_eq!(config.get("acks"), Some("all"));
        assert_eq!(config.get("bootstrap.servers"), Some("localhost:9092"));
    }

    #[test]
    fn promises_cannot_be_configured_away() {
        let error = client_config(&settings("acks", "0"), &[], &[]).unwrap_err().to_string();
        assert_eq!(
            error,
            "kafka property acks cannot be set: an alert counts as written when every in-sync replica has it"
        );
    }
}
