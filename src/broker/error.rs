//! What can go wrong with the broker before the first message moves.

use std::time::Duration;

use rdkafka::error::KafkaError;

/// What can go wrong while a client is set up or the broker is asked how it is.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// A property in the settings that would break a promise of the pipeline.
    #[error("kafka property {key} cannot be set: {reason}")]
    PropertyOwned {
        /// Its name.
        key: String,
        /// Who sets it instead.
        reason: &'static str,
    },
    /// librdkafka refuses the settings.
    #[error("kafka client cannot be set up; check kafka.brokers and kafka.properties")]
    Client {
        /// Which setting it is, in librdkafka's words.
        #[source]
        source: KafkaError,
    },
    /// Nobody answered in time.
    #[error(
        "no Kafka broker answered at {brokers} within {timeout:?} ({last_words}); is it running, and does kafka.brokers name it?"
    )]
    Unreachable {
        /// Where it was looked for.
        brokers: String,
        /// How long.
        timeout: Duration,
        /// The last thing the client said about it.
        last_words: String,
        /// What came of it.
        #[source]
        source: Box<KafkaError>,
    },
    /// A topic could not be created.
    #[error("topic {topic} cannot be created")]
    CreateTopic {
        /// Which one.
        topic: String,
        /// What the broker says.
        #[source]
        source: KafkaError,
    },
    /// A topic could not be deleted.
    #[error("topic {topic} cannot be deleted")]
    DeleteTopic {
        /// Which one.
        topic: String,
        /// What the broker says.
        #[source]
        source: KafkaError,
    },
    /// The embedded broker did not start.
    #[error("embedded broker cannot be started")]
    Embedded {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
