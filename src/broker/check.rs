//! Is the broker there, and are the topics? And makes the topics that are missing.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, DeliveryResult, Producer, ProducerContext};

use super::{BrokerError, KafkaSettings, LogToTracing, client_config, log_to_tracing};

/// How long queued errors are asked for, once an answer failed to come.
const QUEUED_ERRORS_WAIT: Duration = Duration::from_millis(100);

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
    let client: BaseProducer<LastWords> =
        BaseProducer::from_config_and_context(&client_config(settings, &[], &[])?, LastWords::default())
            .map_err(|source| BrokerError::Client { source })?;
    let metadata = client.client().fetch_metadata(None, timeout).map_err(|source| {
        // The errors of the connection attempts are queued: this brings them into the context.
        client.poll(QUEUED_ERRORS_WAIT);
        BrokerError::Unreachable {
            brokers: settings.brokers.clone(),
            timeout,
            last_words: client.context().last(),
            source: Box::new(source),
        }
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
/// The embedded broker cannot do it; it starts with its topics.
pub async fn ensure_topics(
    settings: &KafkaSettings,
    partitions: i32,
    replicas: i32,
    timeout: Duration,
) -> Result<Vec<String>, BrokerError> {
    let asked = settings.clone();
    let check = tokio::task::spawn_blocking(move || check_broker(&asked, timeout))
        .await
        .expect("asking the broker does not panic (this is a bug)")?;
    let missing: Vec<&str> =
        check.topics.iter().filter(|topic| topic.partitions.is_none()).map(|topic| topic.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let admin = AdminClient::from_config_and_context(&client_config(settings, &[], &[])?, LogToTracing)
        .map_err(|source| BrokerError::Client { source })?;
    let mut topics: Vec<NewTopic<'_>> =
        missing.iter().map(|name| NewTopic::new(name, partitions, TopicReplication::Fixed(replicas))).collect();
    let compacted = settings.topics.compacted();
    for topic in topics.iter_mut().filter(|topic| compacted.contains(&topic.name)) {
        topic.config.push(("cleanup.policy", "compact"));
    }
    let options = AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout));
    let answers = admin
        .create_topics(&topics, &options)
        .await
        .map_err(|source| BrokerError::CreateTopic { topic: missing.join(", "), source })?;
    let mut created = Vec::new();
    for answer in answers {
        match answer {
            Ok(topic) => created.push(topic),
            // Somebody else was faster.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(BrokerError::CreateTopic { topic, source: KafkaError::AdminOp(code) }),
        }
    }
    Ok(created)
}

/// Deletes a topic that was made for one purpose and has served it.
pub async fn delete_topic(settings: &KafkaSettings, topic: &str, timeout: Duration) -> Result<(), BrokerError> {
    let admin = AdminClient::from_config_and_context(&client_config(settings, &[], &[])?, LogToTracing)
        .map_err(|source| BrokerError::Client { source })?;
    let failed = |source| BrokerError::DeleteTopic { topic: topic.to_owned(), source };
    let options = AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout));
    let answers = admin.delete_topics(&[topic], &options).await.map_err(failed)?;
    answers.into_iter().try_for_each(|answer| match answer {
        Ok(_) => Ok(()),
        Err((_, code)) => Err(failed(KafkaError::AdminOp(code))),
    })
}

/// Keeps what the client last said about the connection: "connection refused" and the like never reach the error itself.
#[derive(Default)]
struct LastWords(Mutex<Option<String>>);

impl LastWords {
    fn last(&self) -> String {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone().unwrap_or_else(|| "no connection attempt has failed so far".to_owned())
    }
}

impl ClientContext for LastWords {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log_to_tracing(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // That all brokers are down follows from the attempts before it, and says less than they.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
        }
        tracing::debug!(%error, "kafka: {reason}");
    }
}

impl ProducerContext for LastWords {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
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
