//! A real Apache Kafka broker that lets nobody in without encryption, log-in and rights: one for all tests of this binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use gemwatch::broker::KafkaSettings;

static BROKER: OnceLock<Option<SecureBroker>> = OnceLock::new();

/// `broker.sh secure`, which stops the broker when its standard input closes: when this process ends, however it ends.
pub struct SecureBroker {
    _script: Child,
    /// Without encryption, and with all rights: for the test itself.
    pub open: String,
    /// For the users `gemwatch` and `stranger`.
    pub sasl_ssl: String,
    /// For those who show a client certificate.
    pub ssl: String,
    pub password: String,
    pub stranger_password: String,
    pub key_password: String,
    tls: PathBuf,
}

/// The broker. `None`, and a line on standard error, where a program for it is missing; with `CI` set, a failure.
pub fn secure_broker() -> Option<&'static SecureBroker> {
    let broker = BROKER.get_or_init(|| {
        let missing = [("java", "-version"), ("mvn", "-version"), ("openssl", "version")].into_iter().find(
            |(program, version)| {
                let asked = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
                !asked.is_ok_and(|status| status.success())
            },
        );
        if let Some((program, _)) = missing {
            assert!(std::env::var_os("CI").is_none(), "{program} is needed for the tests against a secured broker");
            eprintln!("left out: no {program}");
            return None;
        }
        Some(SecureBroker::start())
    });
    broker.as_ref()
}

impl SecureBroker {
    fn start() -> SecureBroker {
        let mut script = Command::new("bash")
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kafka/broker.sh"), "secure"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash starts");
        let mut lines = BufReader::new(script.stdout.take().expect("standard output is piped")).lines();
        let mut next = |name: &str| {
            let line = lines.next().map(|line| line.expect("broker.sh speaks UTF-8"));
            let value = line.as_ref().and_then(|line| line.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_else(|| panic!("broker.sh did not start a broker (see above): {line:?}")).to_owned()
        };
        SecureBroker {
            sasl_ssl: next("sasl_ssl"),
            ssl: next("ssl"),
            tls: next("tls").into(),
            password: next("password"),
            stranger_password: next("stranger_password"),
            key_password: next("key_password"),
            open: next("bootstrap"),
            _script: script,
        }
    }

    /// The path of a certificate or key: `ca.pem`, `other-ca.pem`, `client.pem`, `client.key`, `client-locked.key`.
    pub fn file(&self, name: &str) -> String {
        self.tls.join(name).to_str().unwrap().to_owned()
    }

    /// Gives a user the rights that gemwatch needs, as deploy/README.md lists them, and those of a replay.
    pub fn grant(&self, user: &str, kafka: &KafkaSettings) {
        let topics = &kafka.topics;
        let topic = |name: &str, operation| (TOPIC, name.to_owned(), LITERAL, operation);
        let read = [&topics.waveforms, &topics.commands, &topics.alert_state].map(|name| topic(name, READ));
        let written = [
            &topics.reading_requests,
            &topics.alerts,
            &topics.alert_state,
            &topics.vitals,
            &topics.heartbeats,
            &topics.readings,
            &topics.dead_letters,
        ]
        .map(|name| topic(name, WRITE));
        let groups = [(GROUP, kafka.group.clone(), LITERAL, READ), (GROUP, "replay-".to_owned(), PREFIXED, READ)];
        let of_replays = [READ, WRITE, CREATE, DELETE]
            .map(|operation| (TOPIC, format!("{}.replay-", topics.waveforms), PREFIXED, operation));
        let rights = read.into_iter().chain(written).chain(groups).chain(of_replays);
        self.create_acls(user, &rights.collect::<Vec<_>>());
    }

    /// Kafka's request `CreateAcls` (key 30), version 1: the client library has none.
    fn create_acls(&self, user: &str, rights: &[(u8, String, u8, u8)]) {
        fn text(to: &mut Vec<u8>, text: &str) {
            to.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
            to.extend(text.as_bytes());
        }
        let mut request = vec![0, 30, 0, 1, 0, 0, 0, 7];
        text(&mut request, "test");
        request.extend(u32::try_from(rights.len()).unwrap().to_be_bytes());
        for (resource, name, pattern, operation) in rights {
            request.push(*resource);
            text(&mut request, name);
            request.push(*pattern);
            text(&mut request, &format!("User:{user}"));
            text(&mut request, "*");
            request.extend([*operation, ALLOW]);
        }
        let mut stream = TcpStream::connect(&self.open).unwrap();
        stream.write_all(&u32::try_from(request.len()).unwrap().to_be_bytes()).unwrap();
        stream.write_all(&request).unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut answer).unwrap();
        // Correlation id, throttle time and the number of results; then for each an error code and words, here none.
        assert_eq!(answer[8..12], u32::try_from(rights.len()).unwrap().to_be_bytes(), "{answer:?}");
        assert!(answer[12..].chunks(4).all(|result| result == [0; 4]), "{answer:?}");
    }
}

const TOPIC: u8 = 2;
const GROUP: u8 = 3;
const LITERAL: u8 = 3;
const PREFIXED: u8 = 4;
const READ: u8 = 3;
const WRITE: u8 = 4;
const CREATE: u8 = 5;
const DELETE: u8 = 6;
const ALLOW: u8 = 3;
