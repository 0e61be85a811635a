//! Is the broker there, and are the topics? And makes the topics that are missing.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, OwnedResourceSpecifier, ResourceSpecifier, TopicReplication,
};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, Producer};

use super::last_words::LastWords;
use super::{BrokerError, KafkaSettings, LogToTracing, client_config};

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
    /// The broker says that this user may not see it.
    pub is_forbidden: bool,
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
            None if self.is_forbidden => write!(f, "topic {}: this user has no right to it", self.name),
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
            .map_err(BrokerError::client)?;
    let metadata = client.client().fetch_metadata(None, timeout).map_err(|source| {
        // The errors of the connection attempts are queued: this brings them into the context.
        client.poll(QUEUED_ERRORS_WAIT);
        client.context().no_answer(settings, timeout, source)
    })?;
    let brokers = metadata.brokers().iter().map(|broker| format!("{}:{}", broker.host(), broker.port())).collect();
    let mut topics = settings.topics.names().map(|name| TopicCheck {
        name: name.to_owned(),
        partitions: metadata.topics().iter().find(|topic| topic.name() == name).map(|topic| topic.partitions().len()),
        is_forbidden: false,
    });
    if topics.iter().any(|topic| topic.partitions.is_none()) {
        // A consumer, since a producer that asks for a topic by its name may make the broker create it.
        let asker: BaseConsumer<LogToTracing> =
            BaseConsumer::from_config_and_context(&client_config(settings, &[], &[])?, LogToTracing)
                .map_err(BrokerError::client)?;
        let started = Instant::now();
        for topic in topics.iter_mut().filter(|topic| topic.partitions.is_none()) {
            let left = timeout.saturating_sub(started.elapsed()).max(QUEUED_ERRORS_WAIT);
            topic.is_forbidden = is_forbidden(&asker, &topic.name, left);
        }
    }
    Ok(BrokerCheck { brokers, topics: topics.to_vec() })
}

/// Whether the broker says so of a topic that is not among those it lists. It leaves out of its list what the user may
/// not see, and says why only when asked by name. Without an answer the topic counts as missing.
fn is_forbidden(asker: &BaseConsumer<LogToTracing>, topic: &str, timeout: Duration) -> bool {
    let answer = asker.fetch_metadata(Some(topic), timeout);
    let forbidden = RDKafkaErrorCode::TopicAuthorizationFailed;
    answer.is_ok_and(|metadata| {
        metadata
            .topics()
            .iter()
            .any(|topic| topic.error().is_some_and(|error| RDKafkaErrorCode::from(error) == forbidden))
    })
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
        .map_err(BrokerError::client)?;
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

/// What becomes of old messages of the configured topics: the `cleanup.policy` of each, `delete` or `compact`. Topics of which the
/// broker does not say it, for want of rights or knowledge, are left out.
pub async fn cleanup_policies(
    settings: &KafkaSettings,
    timeout: Duration,
) -> Result<BTreeMap<String, String>, BrokerError> {
    let admin = AdminClient::from_config_and_context(&client_config(settings, &[], &[])?, LogToTracing)
        .map_err(BrokerError::client)?;
    let names = settings.topics.names();
    let asked: Vec<ResourceSpecifier<'_>> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    let options = AdminOptions::new().request_timeout(Some(timeout));
    let answers = admin.describe_configs(&asked, &options).await.map_err(|source| BrokerError::Client { source })?;
    let policy = |resource: ConfigResource| {
        let OwnedResourceSpecifier::Topic(topic) = &resource.specifier else { return None };
        Some((topic.clone(), resource.get("cleanup.policy")?.value.clone()?))
    };
    Ok(answers.into_iter().flatten().filter_map(policy).collect())
}

/// Deletes a topic that was made for one purpose and has served it.
pub async fn delete_topic(settings: &KafkaSettings, topic: &str, timeout: Duration) -> Result<(), BrokerError> {
    let admin = AdminClient::from_config_and_context(&client_config(settings, &[], &[])?, LogToTracing)
        .map_err(BrokerError::client)?;
    let failed = |source| BrokerError::DeleteTopic { topic: topic.to_owned(), source };
    let options = AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout));
    let answers = admin.delete_topics(&[topic], &options).await.map_err(failed)?;
    answers.into_iter().try_for_each(|answer| match answer {
        Ok(_) => Ok(()),
        Err((_, code)) => Err(failed(KafkaError::AdminOp(code))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_described_in_words() {
        let topic = |partitions| TopicCheck { name: "ecg.alerts".to_owned(), partitions, is_forbidden: false };
        assert_eq!(topic(Some(6)).to_string(), "topic ecg.alerts: 6 partitions");
        assert!(topic(None).to_string().starts_with("topic ecg.alerts: missing"));
        let forbidden = TopicCheck { is_forbidden: true, ..topic(None) };
        assert_eq!(forbidden.to_string(), "topic ecg.alerts: this user has no right to it");
    }

    #[test]
    fn a_wrong_property_is_named_and_a_secret_value_is_not() {
        let refusal = |key: &str, value: &str| {
            let mut settings = KafkaSettings::default();
            settings.properties.insert(key.to_owned(), value.to_owned());
            let error = check_broker(&settings, Duration::from_secs(1)).unwrap_err();
            assert!(matches!(error, BrokerError::Property { .. }), "{error:?}");
            format!("{error} {error:?}")
        };
        let misspelt = refusal("sasl.pasword", "hunter2");
        assert!(misspelt.starts_with("kafka property sasl.pasword is none of librdkafka's"), "{misspelt}");
        let wrong = refusal("sasl.oauthbearer.method", "hunter2");
        assert!(wrong.starts_with("kafka property sasl.oauthbearer.method has a value that"), "{wrong}");
        assert!(!format!("{misspelt}{wrong}").contains("hunter2"), "{misspelt}{wrong}");
        let wrong = refusal("linger.ms", "many");
        assert!(wrong.starts_with("kafka property linger.ms cannot be \"many\": "), "{wrong}");
    }
}
