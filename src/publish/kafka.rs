//! Onto the topics: an idempotent producer that answers for every message.
//!
//! In goes an [`Outgoing`] message, out comes the word of the broker that every in-sync replica has it. As long as no broker
//! answers it is tried again, in order: messages of one key never overtake one another.
//! The queue is bounded; when it is full the sender waits, and nothing is thrown away.

use std::future::Future;
use std::time::Duration;

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};

use super::{Outgoing, Topic};
use crate::broker::{BrokerError, KafkaSettings, LogToTracing, Topics, client_config};

/// How often a sender looks whether a full queue has room again. It is full when the broker has been away for long.
const FULL_QUEUE_WAIT: Duration = Duration::from_millis(20);

/// How long the broker may take to say how far a partition goes.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// What a producer starts from; the settings may say otherwise.
const DEFAULTS: [(&str, &str); 6] = [
    // For ever: a message that is given up and sent again comes behind those that followed it.
    ("delivery.timeout.ms", "0"),
    ("compression.type", "zstd"),
    // A stream id then falls on the same partition as with Kafka's own clients.
    ("partitioner", "murmur2_random"),
    // As much as a broker takes by default, or a message that came through could not become a dead letter.
    ("message.max.bytes", "1048588"),
    ("queue.buffering.max.messages", "100000"),
    ("queue.buffering.max.kbytes", "262144"),
];

/// A message waits so many ms for company. Vital signs come once a second from every bed, and the broker has less to do if
/// many come at once.
const LINGER_MS: &str = "5";
const ROUTINE_LINGER_MS: &str = "100";

/// What the promise of this module rests on.
const FIXED: [(&str, &str); 2] = [("enable.idempotence", "true"), ("acks", "all")];

/// Why a message did not get out.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The producer could not be set up.
    #[error("kafka producer cannot be set up")]
    Setup {
        /// Why.
        #[source]
        source: Box<BrokerError>,
    },
    /// Longer than the broker or the client takes: sending it again is of no use.
    #[error("message of {bytes} bytes is too long for topic {topic}; raise max.message.bytes of the topic")]
    TooLarge {
        /// Where it should have gone.
        topic: String,
        /// Length of its value.
        bytes: usize,
    },
    /// The client library cannot keep its promise of once and in order, and sends nothing more.
    #[error("kafka producer failed for good at topic {topic}; restart it")]
    Fatal {
        /// Where the message should have gone.
        topic: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
    /// The broker did not acknowledge it. It may be on the topic all the same.
    #[error("message was not acknowledged on topic {topic}")]
    NotAcknowledged {
        /// Where it should have gone.
        topic: String,
        /// Why.
        #[source]
        source: KafkaError,
    },
}

/// Writes messages to the topics.
#[derive(Clone)]
pub struct KafkaPublisher {
    producer: FutureProducer<LogToTracing>,
    /// For vital signs and heartbeats: no alert stands in a queue behind them.
    routine: FutureProducer<LogToTracing>,
    topics: Topics,
}

impl KafkaPublisher {
    /// Sets the producer up. It connects on its own, now or as soon as the broker is there.
    pub fn new(settings: &KafkaSettings) -> Result<KafkaPublisher, PublishError> {
        let setup = |source| PublishError::Setup { source: Box::new(source) };
        let producer = |linger_ms| {
            let defaults = [&DEFAULTS[..], &[("linger.ms", linger_ms)]].concat();
            let config = client_config(settings, &defaults, &FIXED).map_err(setup)?;
            FutureProducer::from_config_and_context(&config, LogToTracing)
                .map_err(|source| setup(BrokerError::client(source)))
        };
        let (producer, routine) = (producer(LINGER_MS)?, producer(ROUTINE_LINGER_MS)?);
        Ok(KafkaPublisher { producer, routine, topics: settings.topics.clone() })
    }

    /// Sends a message and waits until it is acknowledged.
    pub async fn send(&self, outgoing: Outgoing) -> Result<(), PublishError> {
        self.enqueue(outgoing).await?.await
    }

    /// Puts a message in the queue, waiting for room in it, and returns the acknowledgement to come.
    ///
    /// Messages of one key reach the topic in the order of these calls. Dropping the acknowledgement
    /// does not take the message back.
    pub async fn enqueue(
        &self,
        outgoing: Outgoing,
    ) -> Result<impl Future<Output = Result<(), PublishError>> + Send + use<>, PublishError> {
        let topic = self.topic_name(outgoing.topic).to_owned();
        let producer = match outgoing.topic {
            Topic::Vitals | Topic::Heartbeats => &self.routine,
            _ => &self.producer,
        };
        let bytes = outgoing.payload.as_ref().map_or(0, Vec::len);
        let mut headers = OwnedHeaders::new_with_capacity(outgoing.headers.len());
        for (key, value) in &outgoing.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut record = FutureRecord::<[u8], [u8]>::to(&topic).headers(headers);
        record.key = outgoing.key.as_deref();
        record.payload = outgoing.payload.as_deref();
        let delivery = loop {
            match producer.send_result(record) {
                Ok(delivery) => break delivery,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), refused)) => {
                    record = refused;
                    tokio::time::sleep(FULL_QUEUE_WAIT).await;
                }
                Err((source, _)) => return Err(not_sent(topic, bytes, source)),
            }
        };
        Ok(async move {
            match delivery.await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err((source, _))) => Err(not_sent(topic, bytes, source)),
                Err(_) => Err(not_sent(topic, bytes, KafkaError::Canceled)),
            }
        })
    }

    /// Asks the broker for the offset that follows the last message of a partition of the waveforms; `None` if it does not say.
    pub fn end_of_waveforms(&self, partition: i32) -> impl Future<Output = Option<i64>> + Send + use<> {
        let (producer, topic) = (self.producer.clone(), self.topics.waveforms.clone());
        let asked = tokio::task::spawn_blocking(move || {
            producer.client().fetch_watermarks(&topic, partition, END_PATIENCE).map(|(_, end)| end)
        });
        async move { asked.await.ok()?.ok() }
    }

    /// The name of a topic on the broker.
    pub fn topic_name(&self, topic: Topic) -> &str {
        match topic {
            Topic::Waveforms => &self.topics.waveforms,
            Topic::Alerts => &self.topics.alerts,
            Topic::AlertState => &self.topics.alert_state,
            Topic::Vitals => &self.topics.vitals,
            Topic::Heartbeats => &self.topics.heartbeats,
            Topic::Readings => &self.topics.readings,
            Topic::Commands => &self.topics.commands,
            Topic::ReadingRequests => &self.topics.reading_requests,
            Topic::DeadLetters => &self.topics.dead_letters,
        }
    }
}

fn not_sent(topic: String, bytes: usize, source: KafkaError) -> PublishError {
    match source {
        KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge) => PublishError::TooLarge { topic, bytes },
        KafkaError::MessageProduction(RDKafkaErrorCode::Fatal) => PublishError::Fatal { topic, source },
        source => PublishError::NotAcknowledged { topic, source },
    }
}
