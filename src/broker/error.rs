//! What can go wrong with the broker before the first message moves.

use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

/// Parts of the names of properties whose values are never shown.
const SECRET_PARTS: [&str; 6] = ["password", "secret", "pem", "sasl", "oauth", "jaas"];

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
    /// A property that librdkafka does not know, or a value that it does not take. The value may be a secret.
    #[error("kafka property {key} {problem}")]
    Property {
        /// Its name.
        key: String,
        /// What is wrong, without the value where that may be secret.
        problem: String,
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
    /// A broker answered and did not let us in.
    #[error("the broker at {brokers} refuses the log-in ({last_words})")]
    LogIn {
        /// Where it is.
        brokers: String,
        /// What it says.
        last_words: String,
    },
    /// A broker answered, and no encrypted connection came of it.
    #[error("no encrypted connection to the broker at {brokers} ({last_words})")]
    Encryption {
        /// Where it is.
        brokers: String,
        /// What went wrong.
        last_words: String,
    },
    /// Somebody is there and ends every connection without a word.
    #[error("the broker at {brokers} ends every connection at once ({last_words})")]
    CutOff {
        /// Where it is.
        brokers: String,
        /// What the client saw of it.
        last_words: String,
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

impl BrokerError {
    /// librdkafka refused to set up a client. Its own words quote the value of the property, which may be a password.
    pub(crate) fn client(source: KafkaError) -> BrokerError {
        let KafkaError::ClientConfig(result, description, key, value) = source else {
            return BrokerError::Client { source };
        };
        let problem = match result {
            RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN => {
                "is none of librdkafka's (CONFIGURATION.md); is it misspelt?".to_owned()
            }
            _ if SECRET_PARTS.iter().any(|part| key.contains(part)) => {
                "has a value that librdkafka does not take (CONFIGURATION.md says which it takes)".to_owned()
            }
            _ => format!("cannot be {value:?}: {description}"),
        };
        BrokerError::Property { key, problem }
    }

    /// What may be done about it.
    pub fn advice(&self) -> &'static str {
        match self {
            BrokerError::PropertyOwned { .. } | BrokerError::Property { .. } | BrokerError::Client { .. } => {
                "correct it in kafka.properties or kafka.property_files"
            }
            BrokerError::LogIn { .. } => {
                "check sasl.username, sasl.password and sasl.mechanisms in kafka.properties, and that the broker has this user"
            }
            BrokerError::Encryption { .. } => {
                "check security.protocol and ssl.ca.location in kafka.properties, and ssl.certificate.location and \
                 ssl.key.location where the broker wants to see a client certificate"
            }
            BrokerError::CutOff { .. } => {
                "set security.protocol in kafka.properties to what this port asks for: SSL, SASL_SSL, SASL_PLAINTEXT or, without \
                 encryption and log-in, PLAINTEXT"
            }
            BrokerError::Unreachable { .. }
            | BrokerError::CreateTopic { .. }
            | BrokerError::DeleteTopic { .. }
            | BrokerError::Embedded { .. } => "start the broker, or set kafka.brokers to where it listens",
        }
    }
}
