//! Why no answer came: what a client says about its connections, of which the error itself knows nothing.
//!
//! In: errors and log lines of the client library. Out: the error that says most.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{DeliveryResult, ProducerContext};

use super::{BrokerError, KafkaSettings, log_to_tracing};

/// Keeps what the client last said about its connections.
#[derive(Default)]
pub(super) struct LastWords(Mutex<Option<(Trouble, String)>>);

/// What kind of trouble a connection is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// Nobody is there, or not by this name.
    Away,
    /// Somebody is there and ends the connection without a word.
    CutOff,
    /// No encryption both sides agree on.
    Encryption,
    /// Log-in refused.
    LogIn,
}

impl Trouble {
    fn of(error: &KafkaError, reason: &str) -> Trouble {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SaslAuthenticationFailed) => Trouble::LogIn,
            Some(RDKafkaErrorCode::SSL) => Trouble::Encryption,
            // A broker that misses a client certificate says so only after the handshake.
            _ if reason.contains("SSL routines") => Trouble::Encryption,
            // A broker without encryption ends the connection in the midst of the handshake.
            _ if reason.contains("SSL_HANDSHAKE") => Trouble::Encryption,
            _ => Trouble::Away,
        }
    }

    /// After a refusal the next attempt may just be cut off: that says less.
    fn rank(self) -> u8 {
        match self {
            Trouble::Away | Trouble::CutOff => 0,
            Trouble::Encryption => 1,
            Trouble::LogIn => 2,
        }
    }
}

impl LastWords {
    fn keep(&self, trouble: Trouble, words: &str) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(known, _)| known.rank() <= trouble.rank()) {
            *last = Some((trouble, words.to_owned()));
        }
    }

    /// What it means that no answer came.
    pub(super) fn no_answer(&self, settings: &KafkaSettings, timeout: Duration, source: KafkaError) -> BrokerError {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (trouble, last_words) =
            last.unwrap_or_else(|| (Trouble::Away, "no connection attempt has failed so far".to_owned()));
        let brokers = settings.brokers.clone();
        match trouble {
            Trouble::LogIn => BrokerError::LogIn { brokers, last_words },
            Trouble::Encryption => BrokerError::Encryption { brokers, last_words },
            Trouble::CutOff => BrokerError::CutOff { brokers, last_words },
            Trouble::Away => BrokerError::Unreachable { brokers, timeout, last_words, source: Box::new(source) },
        }
    }
}

impl ClientContext for LastWords {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        // The one kind of failure that the client library tells its log alone: it may be a broker that rests.
        if facility == "FAIL" && line.contains("Disconnected") {
            // Before the words stands the name of a thread.
            self.keep(Trouble::CutOff, line.split_once("]: ").map_or(line, |(_, words)| words));
        }
        log_to_tracing(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // That all brokers are down follows from the attempts before it, and says less than they.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.keep(Trouble::of(&error, reason), reason);
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

    const REFUSED: (RDKafkaErrorCode, &str) = (RDKafkaErrorCode::BrokerTransportFailure, "connection refused");

    fn words(errors: &[(RDKafkaErrorCode, &str)], lines: &[&str]) -> String {
        let context = LastWords::default();
        for (code, reason) in errors {
            context.error(KafkaError::Global(*code), reason);
        }
        for line in lines {
            context.log(RDKafkaLogLevel::Info, "FAIL", line);
        }
        let source = KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut);
        context.no_answer(&KafkaSettings::default(), Duration::from_secs(1), source).to_string()
    }

    #[test]
    fn a_refused_log_in_is_not_forgotten_when_the_next_attempt_is_cut_off() {
        let refusal = (RDKafkaErrorCode::Authentication, "invalid credentials");
        assert_eq!(
            words(&[REFUSED, refusal, REFUSED], &["Disconnected"]),
            "the broker at localhost:9092 refuses the log-in (invalid credentials)"
        );
    }

    #[test]
    fn a_certificate_that_is_missed_after_the_handshake_is_a_matter_of_encryption() {
        let missed = (RDKafkaErrorCode::BrokerTransportFailure, "SSL routines::alert bad certificate");
        assert_eq!(
            words(&[missed, REFUSED], &[]),
            "no encrypted connection to the broker at localhost:9092 (SSL routines::alert bad certificate)"
        );
    }

    #[test]
    fn a_broker_that_hangs_up_at_the_handshake_has_no_encryption() {
        let reset = (RDKafkaErrorCode::BrokerTransportFailure, "Disconnected: reset by peer (in state SSL_HANDSHAKE)");
        assert!(words(&[reset], &[]).starts_with("no encrypted connection to the broker at localhost:9092 "));
    }

    #[test]
    fn a_broker_that_hangs_up_is_told_from_one_that_is_away() {
        assert_eq!(
            words(&[REFUSED], &["[thrd:main]: Disconnected: closed by peer"]),
            "the broker at localhost:9092 ends every connection at once (Disconnected: closed by peer)"
        );
        let away = words(&[REFUSED], &["something else"]);
        assert!(
            away.starts_with("no Kafka broker answered at localhost:9092 within 1s (connection refused)"),
            "{away}"
        );
    }
}
