//! What must hold of settings beyond their types: ranges, and what depends on one another.

use std::fmt::Display;

use tracing_subscriber::EnvFilter;

use super::{Config, ConfigError, ConfigErrors, layer::is_more_than_address};
use crate::{alarm::LimitError, http::settings::is_safe_url};

/// The longest name that Kafka takes of a topic, or of a member of a group.
const LONGEST_NAME: usize = 249;

/// A value that is not allowed.
pub(super) struct Violation {
    pub(super) key: String,
    /// The value, unless it may be secret.
    pub(super) value: Option<String>,
    pub(super) problem: String,
}

impl Violation {
    /// Of a value that may hold a secret.
    fn hidden(key: impl Into<String>, problem: impl Into<String>) -> Violation {
        Violation { key: key.into(), value: None, problem: problem.into() }
    }

    pub(super) fn new(key: impl Into<String>, value: impl Display, problem: impl Into<String>) -> Violation {
        Violation { key: key.into(), value: Some(value.to_string()), problem: problem.into() }
    }
}

impl Config {
    /// Whether all values are in their ranges and fit together. [`Config::load`] has done so.
    pub fn check(&self) -> Result<(), ConfigErrors> {
        let errors: Vec<_> = self
            .violations()
            .into_iter()
            .map(|Violation { key, value, problem }| ConfigError::Value { key, value, problem, origin: None })
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(ConfigErrors(errors)) }
    }

    pub(super) fn violations(&self) -> Vec<Violation> {
        [self.kafka(), self.alarms(), self.readings(), self.http(), self.telemetry()].into_iter().flatten().collect()
    }

    fn kafka(&self) -> Vec<Violation> {
        let mut violations = vec![];
        let kafka = &self.kafka;
        if is_more_than_address(&kafka.brokers) {
            let problem =
                "must be host:port alone; who logs in is a matter of kafka.properties and kafka.property_files";
            violations.push(Violation::hidden("kafka.brokers", problem));
        } else if kafka.brokers.split(',').any(|broker| broker.trim().is_empty()) {
            let problem = "must be host:port, several separated by commas";
            violations.push(Violation::new("kafka.brokers", format!("{:?}", kafka.brokers), problem));
        }
        if kafka.group.is_empty() {
            violations.push(Violation::new("kafka.group", "\"\"", "must not be empty"));
        }
        let readers_group = kafka.readers_group();
        if readers_group.is_empty() || readers_group == kafka.group {
            let problem = "must not be empty, and differ from kafka.group";
            violations.push(Violation::new("kafka.readers_group", format!("{readers_group:?}"), problem));
        }
        let name_problem = format!("must be 1 to {LONGEST_NAME} letters, digits, dots, underscores or hyphens");
        if let Some(instance) = kafka.instance.as_ref().filter(|instance| !is_kafka_name(instance)) {
            violations.push(Violation::new("kafka.instance", format!("{instance:?}"), &name_problem));
        }
        if !(10..=600).contains(&kafka.rehear_s) {
            violations.push(Violation::new("kafka.rehear_s", kafka.rehear_s, "must lie in 10 to 600"));
        }
        let topics = [
            ("kafka.topics.waveforms", &kafka.topics.waveforms),
            ("kafka.topics.commands", &kafka.topics.commands),
            ("kafka.topics.reading_requests", &kafka.topics.reading_requests),
            ("kafka.topics.alerts", &kafka.topics.alerts),
            ("kafka.topics.alert_state", &kafka.topics.alert_state),
            ("kafka.topics.vitals", &kafka.topics.vitals),
            ("kafka.topics.heartbeats", &kafka.topics.heartbeats),
            ("kafka.topics.readings", &kafka.topics.readings),
            ("kafka.topics.dead_letters", &kafka.topics.dead_letters),
        ];
        for (index, (key, name)) in topics.into_iter().enumerate() {
            if !is_kafka_name(name) {
                violations.push(Violation::new(key, format!("{name:?}"), &name_problem));
            } else if let Some((other, _)) = topics[..index].iter().find(|(_, other)| *other == name) {
                let problem = format!("must differ from {other}");
                violations.push(Violation::new(key, format!("{name:?}"), problem));
            }
        }
        violations
    }

    fn alarms(&self) -> Vec<Violation> {
        let violation = |error: LimitError| match error {
            LimitError::Range { key, value, from, to } => {
                Violation::new(format!("alarms.{key}"), value, format!("must lie in {from} to {to}"))
            }
            LimitError::Order { key, value, above, limit } => {
                Violation::new(format!("alarms.{key}"), value, format!("must lie below alarms.{above} = {limit}"))
            }
            LimitError::High { code } => {
                let problem = "is of high priority: it cannot be switched off, only its audio";
                Violation::new("alarms.off", format!("{:?}", code.as_str()), problem)
            }
        };
        self.alarms.check().into_iter().map(violation).collect()
    }

    fn readings(&self) -> Vec<Violation> {
        let readings = &self.readings;
        let mut violations = vec![];
        if readings.round_s != 0.0 && !(10.0..=86_400.0).contains(&readings.round_s) {
            violations.push(Violation::new("readings.round_s", readings.round_s, "must be 0 or lie in 10 to 86400"));
        }
        for (key, value, most) in [
            ("readings.queue", readings.queue, 10_000),
            ("readings.max_new_tokens", readings.max_new_tokens, 4096),
            ("readings.threads", readings.threads, 256),
            ("readings.kv_budget_mib", readings.kv_budget_mib, 1 << 20),
        ] {
            if !(1..=most).contains(&value) {
                violations.push(Violation::new(key, value, format!("must lie in 1 to {most}")));
            }
        }
        violations
    }

    fn http(&self) -> Vec<Violation> {
        let (http, oidc) = (&self.http, &self.http.oidc);
        let mut violations = vec![];
        let mut refuse = |key: &str, value: &dyn Display, problem: &str| {
            violations.push(Violation::new(key, value, problem));
        };
        if !(1..=10_000).contains(&http.requests_a_second) {
            refuse("http.requests_a_second", &http.requests_a_second, "must lie in 1 to 10000");
        }
        if !(2..=10_000).contains(&http.connections) {
            refuse("http.connections", &http.connections, "must lie in 2 to 10000");
        }
        match (&http.tls_certificate_file, &http.tls_key_file) {
            (Some(file), None) => {
                refuse("http.tls_certificate_file", &file.display(), "needs http.tls_key_file beside it");
            }
            (None, Some(file)) => {
                refuse("http.tls_key_file", &file.display(), "needs http.tls_certificate_file beside it");
            }
            _ => {}
        }
        for (key, url) in [("http.oidc.issuer", &oidc.issuer), ("http.oidc.jwks_url", &oidc.jwks_url)] {
            if let Some(url) = url.as_ref().filter(|url| !is_safe_url(url)) {
                refuse(key, &format!("{url:?}"), "must be https://..., or http:// on this machine");
            }
        }
        if let (Some(issuer), None | Some("")) = (&oidc.issuer, oidc.audience.as_deref()) {
            let problem = "needs http.oidc.audience beside it, or tokens made for others would be taken";
            refuse("http.oidc.issuer", &format!("{issuer:?}"), problem);
        }
        violations
    }

    fn telemetry(&self) -> Vec<Violation> {
        let mut violations = vec![];
        if let Some(endpoint) = &self.telemetry.otlp_endpoint {
            let is_http = |uri: axum::http::Uri| uri.scheme_str() == Some("http") && uri.host().is_some();
            if is_more_than_address(endpoint) {
                let problem = "must be http://host:port alone: what is sent there is not encrypted, so no password belongs in it; \
                               log-in is the business of a collector beside gemwatch";
                violations.push(Violation::hidden("telemetry.otlp_endpoint", problem));
            } else if !endpoint.parse().is_ok_and(is_http) {
                let problem = "must be http://host:port; TLS is the business of a collector beside gemwatch";
                violations.push(Violation::new("telemetry.otlp_endpoint", format!("{endpoint:?}"), problem));
            }
        }
        if let Err(error) = EnvFilter::builder().parse(&self.telemetry.log) {
            let problem = format!("must be a level such as \"info\", or levels by module: {error}");
            violations.push(Violation::new("telemetry.log", format!("{:?}", self.telemetry.log), problem));
        }
        violations
    }
}

fn is_kafka_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(allowed) && name != "." && name != ".."
}
