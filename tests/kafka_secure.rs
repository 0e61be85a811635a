//! Encryption, log-in and rights against a real broker that insists on them: who is let in works as without, and who is
//! not is told why. And what is secret stays out of every line that is written.

#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_line.rs")]
mod program;
#[path = "kafka/recording.rs"]
mod recording;
#[path = "kafka/secrets.rs"]
mod secrets;
#[path = "kafka/secure_broker.rs"]
mod secure_broker;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use gemwatch::broker::{KafkaSettings, ensure_topics};
use gemwatch::ecg::{Chunk, StreamId};
use gemwatch::source::recordings::Record;
use line::{Monitor, PATIENCE, settings};
use program::{Service, TopicReader, gemwatch, settings_file};
use recording::recording;
use secure_broker::{SecureBroker, secure_broker};
use serde_json::Value;

/// A record with an extreme bradycardia in its first minute.
const RECORD: &str = "b124s";

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// The broker is asked for 5 s; the rest is for a busy machine.
const DOCTOR_PATIENCE: Duration = Duration::from_secs(30);

/// Nobody listens for probes: several services run at once.
const QUIET: &str = "[readings]\nmodel = \"none\"\n[http]\nlisten = \"off\"\n";

/// Properties as a settings file has them.
fn properties(table: &str, properties: &[(&str, &str)]) -> String {
    let lines: Vec<String> = properties.iter().map(|(name, value)| format!("{name:?} = {value:?}\n")).collect();
    format!("[kafka.{table}]\n{}", lines.concat())
}

/// As deploy/README.md has it: a user and a password, the latter in a file.
fn scram(broker: &SecureBroker, user: &str, password_file: &Path) -> String {
    let plain = [
        ("security.protocol", "SASL_SSL"),
        ("ssl.ca.location", &broker.file("ca.pem")),
        ("sasl.mechanisms", "SCRAM-SHA-512"),
        ("sasl.username", user),
    ];
    properties("properties", &plain)
        + &properties("property_files", &[("sasl.password", password_file.to_str().unwrap())])
}

/// As deploy/README.md has it: a client certificate, its key locked with a password.
fn mutual_tls(broker: &SecureBroker, key_password_file: &Path) -> String {
    let plain = [
        ("security.protocol", "SSL"),
        ("ssl.ca.location", &broker.file("ca.pem")),
        ("ssl.certificate.location", &broker.file("client.pem")),
        ("ssl.key.location", &broker.file("client-locked.key")),
    ];
    let files = [("ssl.key.password", key_password_file.to_str().unwrap())];
    properties("properties", &plain) + &properties("property_files", &files)
}

/// Exit status and words of `gemwatch doctor`, in bounded time.
async fn doctor(config: &Path) -> (Option<i32>, String) {
    let mut command = gemwatch(&["doctor", "--config", config.to_str().unwrap()]);
    let started = Instant::now();
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(started.elapsed() < DOCTOR_PATIENCE, "took {:?}", started.elapsed());
    (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

/// Replays the record and gives what was written to `--alerts` and `--vitals`.
async fn replay(folder: &Path, recording: &Path, more: &[&str]) -> (String, String) {
    let (alerts, vitals) = (folder.join("alerts.jsonl"), folder.join("vitals.jsonl"));
    let mut command = gemwatch(&["replay", "--model", "none"]);
    command.arg(recording).args(more).arg("--alerts").arg(&alerts).arg("--vitals").arg(&vitals);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (fs::read_to_string(alerts).unwrap(), fs::read_to_string(vitals).unwrap())
}

/// The whole line over one listener: doctor, replay and service say what they say without encryption.
async fn the_line_holds(broker: &SecureBroker, kafka: &KafkaSettings, user: &str, secured: &str, recording: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let open = KafkaSettings { brokers: broker.open.clone(), ..kafka.clone() };
    ensure_topics(&open, 1, 1, PATIENCE).await.unwrap();
    broker.grant(user, kafka);
    let config = settings_file(folder.path(), kafka, &format!("{secured}{QUIET}"));
    // Rights hold a moment after they were given.
    let given = Instant::now();
    loop {
        let (status, words) = doctor(&config).await;
        if status == Some(0) {
            break;
        }
        assert!(given.elapsed() < PATIENCE, "{words}");
    }

    let straight = replay(folder.path(), recording, &["--config", config.to_str().unwrap()]).await;
    let through = ["--config", config.to_str().unwrap(), "--brokers", &kafka.brokers];
    let through = replay(folder.path(), recording, &through).await;
    assert!(straight == through, "straight:\n{}\nthrough the broker:\n{}", straight.0, through.0);

    let expected: Vec<Value> = straight.1.lines().take(55).map(|line| serde_json::from_str(line).unwrap()).collect();
    let [mut alerts, mut vitals] =
        [&kafka.topics.alerts, &kafka.topics.vitals].map(|topic| TopicReader::open(&open, topic));
    // What the replay has said stands there already.
    let said = [straight.0.lines().count(), straight.1.lines().count()];
    let service = Service::start(&config);
    let monitor = Monitor::new(&open);
    let record = Record::open(recording).unwrap();
    let chunks: Vec<Chunk> = record.chunks(StreamId::new(RECORD).unwrap(), 0.5).unwrap().take(120).collect();
    for chunk in &chunks {
        monitor.send_chunk(&kafka.topics.waveforms, 0, chunk).await;
    }
    vitals.until(PATIENCE, |messages| messages.len() >= said[1] + expected.len()).await;
    assert_eq!(vitals.values()[said[1]..][..expected.len()], expected);
    alerts.until(PATIENCE, |messages| messages.len() > said[0]).await;
    assert_eq!(alerts.values()[said[0]]["stream_id"], RECORD);
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_with_a_password_is_let_in_over_tls() {
    let (Some(broker), Some(recording)) = (secure_broker(), recording(RECORD)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    fs::write(&password, format!("{}\n", broker.password)).unwrap();
    let kafka = settings(&broker.sasl_ssl, "scram");
    the_line_holds(broker, &kafka, "gemwatch", &scram(broker, "gemwatch", &password), &recording).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_let_in() {
    let (Some(broker), Some(recording)) = (secure_broker(), recording(RECORD)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    fs::write(&password, &broker.key_password).unwrap();
    let kafka = settings(&broker.ssl, "mutual");
    the_line_holds(broker, &kafka, "CN=gemwatch", &mutual_tls(broker, &password), &recording).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_is_told_why() {
    let Some(broker) = secure_broker() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (right, wrong) = (file("right", &broker.password), file("wrong", "wr0ng-9d1c"));
    let strange = file("strange", &broker.stranger_password);
    let key_password = file("key", &broker.key_password);
    let good_scram = scram(broker, "gemwatch", &right);
    let good_tls = mutual_tls(broker, &key_password);
    let without =
        |text: &str, part: &str| -> String { text.split_inclusive('\n').filter(|line| !line.contains(part)).collect() };
    let other_ca = |text: &str| text.replace("/ca.pem", "/other-ca.pem");
    let encryption = ["no encrypted connection to the broker at", "-> check security.protocol and ssl.ca.location"];
    let log_in = ["refuses the log-in", "-> check sasl.username, sasl.password"];
    let cases = [
        ("wrong password", &broker.sasl_ssl, scram(broker, "gemwatch", &wrong), log_in),
        ("unknown user", &broker.sasl_ssl, scram(broker, "nobody", &right), log_in),
        ("unknown authority, SCRAM", &broker.sasl_ssl, other_ca(&good_scram), encryption),
        ("unknown authority, TLS", &broker.ssl, other_ca(&good_tls), encryption),
        ("no client certificate", &broker.ssl, without(&without(&good_tls, "certificate"), "ssl.key"), encryption),
        ("a key that stays locked", &broker.ssl, mutual_tls(broker, &wrong), ["ssl.key.location", "-> correct it in"]),
        ("no encryption", &broker.ssl, String::new(), ["ends every connection at once", "-> set security.protocol"]),
        (
            "no rights",
            &broker.sasl_ssl,
            scram(broker, "stranger", &strange),
            ["topic refused.alerts: this user has no right to it", "-> let who runs the broker grant it"],
        ),
    ];
    let open = KafkaSettings { brokers: broker.open.clone(), ..settings("", "refused") };
    ensure_topics(&open, 1, 1, PATIENCE).await.unwrap();
    for (what, address, secured, expected) in cases {
        let kafka = settings(address, "refused");
        let config = settings_file(folder.path(), &kafka, &format!("{secured}{QUIET}"));
        let (status, words) = doctor(&config).await;
        eprintln!("{what}:\n{words}");
        assert_eq!(status, Some(1), "{what}: {words}");
        assert!(expected.iter().all(|expected| words.contains(expected)), "{what}: {words}");
        secrets::assert_none(what, &words, &[&broker.password, "wr0ng-9d1c", &broker.key_password]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_let_in_says_so_and_no_secret() {
    let Some(broker) = secure_broker() else { return };
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    let kafka = settings(&broker.sasl_ssl, "leaking");
    let open = KafkaSettings { brokers: broker.open.clone(), ..kafka.clone() };
    ensure_topics(&open, 1, 1, PATIENCE).await.unwrap();
    let collector = "wr0ng-token-of-the-collector";
    let key_password = folder.path().join("key-password");
    fs::write(&key_password, &broker.key_password).unwrap();
    let cases = [
        ("wrong password", &broker.sasl_ssl, "gemwatch", "wr0ng-password-of-the-user", "Authentication failed"),
        ("no rights", &broker.sasl_ssl, "stranger", &broker.stranger_password, "authorization failed"),
        ("client certificate", &broker.ssl, "", "", "partitions assigned"),
    ];
    broker.grant("CN=gemwatch", &kafka);
    for (what, address, user, secret, expected) in cases {
        fs::write(&password, secret).unwrap();
        let secured = if user.is_empty() { mutual_tls(broker, &key_password) } else { scram(broker, user, &password) };
        for format in ["text", "json"] {
            let secured = secured.replace("[kafka.properties]\n", "[kafka.properties]\ndebug = \"all\"\n");
            let more = format!(
                "{secured}{QUIET}[telemetry]\nlog = \"trace\"\nlog_format = {format:?}\notlp_endpoint = \"http://127.0.0.1:1\"\n"
            );
            let config =
                settings_file(folder.path(), &KafkaSettings { brokers: address.clone(), ..kafka.clone() }, &more);
            let headers = ("OTEL_EXPORTER_OTLP_HEADERS", format!("authorization=Bearer {collector}"));
            let log = secrets::log_until(&config, &[headers], move |log| log.contains(expected)).await;
            assert!(
                log.contains("sasl.password") || user.is_empty(),
                "{what}: the settings of the client are not shown at all"
            );
            secrets::assert_none(what, &log, &[secret, &broker.key_password, collector]);
        }
    }
}
