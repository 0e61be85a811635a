//! The Kafka broker as both ends of the pipeline see it: settings, client set-up, checks, and one in process for demos.
//!
//! In go the settings, out come configured clients for [`crate::source`] and [`crate::publish`], and the answer to
//! "is the broker there, and are the topics?". No message passes through here.

mod check;
mod client;
mod embedded;
mod error;
mod last_words;
mod settings;

pub use check::{BrokerCheck, TopicCheck, check_broker, cleanup_policies, delete_topic, ensure_topics};
pub(crate) use client::{LogToTracing, client_config, log_to_tracing};
pub use embedded::EmbeddedBroker;
pub use error::BrokerError;
pub use settings::{KafkaSettings, OffsetReset, Topics};
