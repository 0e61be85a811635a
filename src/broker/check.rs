//! Is the broker there, and are the topics? And makes the topics that are missing.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::{BrokerError, KafkaSettings, LogToTracing, client_config, log_to_tracing};

/// What the broker said about itself and the topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerCheck {
    /// The brokers of the cluster, `host:port` each.
    pub brokers: Vec<String>,
    /// The configured topics, in the order of [`super::Topics::names`].
    pub topics: Vec<TopicCheck>,
}

/// What the broker said about one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicCheck {
    /// Its name.
    pub name: String,
    /// How many partitions it has; `None` when there is no such topic, or none that we may see.
    pub partitions: Option<usize>,
}

impl BrokerCheck {
    /// Are all topics there?
    pub fn is_complete(&self) -> bool {
        self.topics.iter().all(|topic| topic.partitions.is_some())
    }
}

impl fmt::Display for TopicCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.partitions {
            Some(1) => write!(f, "topic {}: 1 partition", self.name),
            Some(partitions) => write!(f, "topic {}: {partitions} partitions", self.name),
            None => {
                write!(f, "topic {}: missing, or not visible to this user; create it or correct its name", self.name)
            }
        }
    }
}

/// Asks the broker for its brokers and topics. Waits for at most about `timeout`; blocks the thread meanwhile.
pub fn check_broker(settings: &KafkaSettings, timeout: Duration) -> Result<BrokerCheck, BrokerError> {
    let admin = admin_client(settings, LastWords::default())?;
    let metadata = admin.inner().fetch_metadata(None, timeout).map_err(|source| BrokerError::Unreachable {
        brokers: settings.brokers.clone(),
        timeout,
        last_words: admin.inner().context().last(),
        source: Box::new(source),
    })?;
    let brokers = metadata.brokers().iter().map(|broker| format!("{}:{}", broker.host(), broker.port())).collect();
    let topics = settings.topics.names().map(|name| TopicCheck {
        name: name.to_owned(),
        partitions: metadata.topics().iter().find(|topic| topic.name() == name).map(|topic| topic.partitions().len()),
    });
    Ok(BrokerCheck { brokers, topics: topics.to_vec() })
}

/// Creates the configured topics that are missing and returns their names. Needs the right to create topics.
///
/// Meant for demos and tests: on a ward, who runs the cluster decides on partitions, replicas and retention.
pub async fn ensure_topics(
    settings: &KafkaSettings,
    partitions: i32,
    replicas: i32,
    timeout: Duration,
) -> Result<Vec<String>, BrokerError> {
    let admin = admin_client(settings, LastWords::default())?;
    let names = settings.topics.names();
    let topics = names.map(|name| NewTopic::new(name, partitions, TopicReplication::Fixed(replicas)));
    let options = AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout));
    let answers = admin.create_topics(&topics, &options).await.map_err(|source| BrokerError::Unreachable {
        brokers: settings.brokers.clone(),
        timeout,
        last_words: admin.inner().context().last(),
        source: Box::new(source),
    })?;
    let mut created = Vec::new();
    for answer in answers {
        match answer {
            Ok(topic) => created.push(topic),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, source)) => return Err(BrokerError::CreateTopic { topic, source }),
        }
    }
    Ok(created)
}

fn admin_client(settings: &KafkaSettings, context: LastWords) -> Result<AdminClient<LastWords>, BrokerError> {
    let config: ClientConfig = client_config(settings, &[], &[])?;
    AdminClient::from_config_and_context(&config, context).map_err(|source| BrokerError::Client { source })
}

/// Keeps the last log line: "connection refused" and the like never reach the error itself.
#[derive(Default)]
struct LastWords(Mutex<Option<String>>);

impl LastWords {
    fn last(&self) -> String {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone().unwrap_or_else(|| "no connection attempt failed so far".to_owned())
    }
}

impl ClientContext for LastWords {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.to_owned());
        log_to_tracing(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        LogToTracing.error(error, reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_described_in_words() {
        let topic = |partitions| TopicCheck { name: "ecg.alerts".to_owned(), partitions };
        assert_eq!(topic(Some(6)).to_string(), "topic ecg.alerts: 6 partitions");
        assert!(topic(None).to_string().starts_with("topic ecg.alerts: missing"));
    }

    #[test]
    fn a_wrong_property_is_named() {
        let mut settings = KafkaSettings::default();
        settings.properties.insert("sasl.pasword".to_owned(), "x".to_owned());
        let error = check_broker(&settings, Duration::from_secs(1)).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(cause.contains("sasl.pasword"), "{error}: {cause}");
    }
}
