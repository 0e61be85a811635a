//! The whole line against a real broker: the program's commands as child processes, the topics as others see them.
//!
//! What the line says of a record is held against the straight replay of that record, which no broker can disturb.

#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_roles.rs")]
mod program;
#[path = "kafka/real_broker.rs"]
mod real_broker;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gemwatch::bed::BedSettings;
use gemwatch::broker::{KafkaSettings, ensure_topics};
use gemwatch::config::Config;
use gemwatch::ecg::{Chunk, StreamId, Time};
use gemwatch::gem::runtime;
use gemwatch::pipeline::{self, Said};
use gemwatch::source::recordings::Record;
use line::{Monitor, PATIENCE, Read, settings};
use program::{Service, TopicReader, committed_and_end, committed_and_end_of, gemwatch, page, settings_file, values};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use serde_json::Value;

/// A record with eight extreme bradycardias in its 300 s.
const RECORD: &str = "b124s";

/// A no-data alarm is due after 5 s of silence, which is looked for every 200 ms; the rest is for a busy machine.
const NO_DATA_PATIENCE: Duration = Duration::from_secs(12);

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// What a test needs and may be missing.
struct Bench {
    kafka: KafkaSettings,
    recordings: PathBuf,
    folder: tempfile::TempDir,
}

impl Bench {
    /// Broker, recordings and ONNX Runtime; `None`, said aloud, where one is missing. With `CI` set all must be there.
    fn set_up(test: &str) -> Option<Bench> {
        let kafka = settings(real_broker::bootstrap_servers()?, test);
        let recordings = std::env::var_os("GEMWATCH_RECORDINGS")
            .map_or_else(|| Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/ecg")).to_owned(), PathBuf::from);
        if !recordings.join("MANIFEST.csv").is_file() {
            return left_out(&format!("no recordings at {} (set GEMWATCH_RECORDINGS)", recordings.display()));
        }
        if let Err(error) = runtime::load(None) {
            return left_out(&error.to_string());
        }
        Some(Bench { kafka, recordings, folder: tempfile::tempdir().unwrap() })
    }

    fn record(&self, name: &str) -> PathBuf {
        self.recordings.join("cinc2015").join(name)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replays the records and gives what was written to `--alerts` and `--vitals`.
    async fn replay(&self, records: &[&str], more: &[&str]) -> (String, String) {
        let (alerts, vitals) = (self.file("alerts.jsonl"), self.file("vitals.jsonl"));
        let mut command = gemwatch(&["replay"]);
        command.args(records.iter().map(|name| self.record(name))).args(more);
        command.arg("--alerts").arg(&alerts).arg("--vitals").arg(&vitals);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (fs::read_to_string(alerts).unwrap(), fs::read_to_string(vitals).unwrap())
    }
}

fn left_out(why: &str) -> Option<Bench> {
    assert!(std::env::var_os("CI").is_none(), "left out: {why}");
    eprintln!("left out: {why}");
    None
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every message is of this stream and a `CloudEvent` of this kind.
fn assert_events(messages: &[Read], stream_id: &str, kind: impl Fn(&Value) -> String) {
    for (message, value) in messages.iter().zip(values(messages)) {
        assert_eq!(message.key.as_deref(), Some(stream_id.as_bytes()));
        let header = |name: &str| message.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(header("ce_specversion"), Some("1.0"));
        assert_eq!(header("ce_type"), Some(kind(&value).as_str()));
        assert_eq!(header("ce_subject"), Some(stream_id));
        assert_eq!(header("content-type"), Some("application/json"));
        assert!(header("ce_id").is_some_and(|id| !id.is_empty()) && header("ce_time").is_some());
    }
}

fn alert_kind(alert: &Value) -> String {
    format!("gemwatch.alert.{}", alert["state"].as_str().unwrap())
}

fn event_ids(messages: &[Read]) -> BTreeSet<&str> {
    let headers = messages.iter().flat_map(|message| &message.headers);
    headers.filter(|(name, _)| name == "ce_id").map(|(_, id)| id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_through_the_broker_says_what_the_straight_one_says() {
    let Some(bench) = Bench::set_up("replayed") else { return };
    let config = settings_file(bench.folder.path(), &bench.kafka, HIGH_PRIORITY);
    let (alerts, vitals) = bench.replay(&[RECORD], &["--config", config.to_str().unwrap()]).await;
    let through = ["--config", config.to_str().unwrap(), "--brokers", &bench.kafka.brokers];
    let (alerts_through, vitals_through) = bench.replay(&[RECORD], &through).await;
    assert!(alerts == alerts_through, "straight:\n{alerts}\nthrough the broker:\n{alerts_through}");
    assert!(vitals == vitals_through, "vital signs differ");

    let expected = lines(&alerts);
    assert_eq!(expected.iter().filter(|alert| alert["state"] == "interpreted").count(), 8);
    let mut topic = TopicReader::open(&bench.kafka, &bench.kafka.topics.alerts);
    topic.until(PATIENCE, |messages| messages.len() >= expected.len()).await;
    assert_eq!(topic.values(), expected);
    assert_events(&topic.messages, RECORD, alert_kind);
    assert_eq!(event_ids(&topic.messages).len(), expected.len(), "each change of state is an event of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_has_ended_is_no_silent_bed() {
    let Some(bench) = Bench::set_up("ended") else { return };
    let records = [RECORD, "t116s"];
    let straight = bench.replay(&records, &["--model", "none"]).await;
    let config = settings_file(bench.folder.path(), &bench.kafka, "");
    // At this speed the second record takes longer than a no-data alarm.
    let slowly = ["--config", config.to_str().unwrap(), "--brokers", &bench.kafka.brokers, "--speed", "50"];
    let through = bench.replay(&records, &[&slowly[..], &["--model", "none"]].concat()).await;
    assert!(straight == through, "straight:\n{}\nthrough the broker:\n{}", straight.0, through.0);
}

/// Sends chunks of a record, never more than 20 s of data ahead of the vital signs that come back.
async fn send(kafka: &KafkaSettings, chunks: &[Chunk], vitals: &mut TopicReader) {
    let monitor = Monitor::new(kafka);
    for (index, chunk) in chunks.iter().enumerate() {
        monitor.send_chunk(&kafka.topics.waveforms, 0, chunk).await;
        let seconds = (index + 1) / CHUNKS_PER_SECOND;
        if (index + 1) % (10 * CHUNKS_PER_SECOND) == 0 && seconds > 20 {
            vitals.until(PATIENCE, |messages| messages.len() >= seconds - 20).await;
        }
    }
}

const CHUNKS_PER_SECOND: usize = 2;

/// 188.5 s: in the midst of the fifth bradycardia, which was raised at 187.5 s and ends at 190.9 s.
const CUT: usize = 377;

/// Alarms of high priority only: those of lower priority are many, and some change with where a run begins.
const HIGH_PRIORITY: &str = "[alarms]\nlatching = false\noff = [\"HRHI\", \"HRLO\", \"NSVT\", \"VRHY\", \"RUN\", \"SVT\", \"PAUSE\", \"AFIB\", \"PNC\", \"PNP\", \
     \"PVCM\", \"CPLT\", \"BIGEM\", \"TRIGEM\", \"RONT\", \"MULTI\", \"MISS\", \"NOISE1\", \"NOISE2\"]\n";

/// What does not depend on when the reading was ready.
fn settled(alerts: &[Value], state: &str) -> Vec<Value> {
    let of_this_state = alerts.iter().filter(|alert| alert["state"] == state && alert["code"] != "NODATA");
    let mut settled: Vec<Value> = of_this_state.cloned().collect();
    if state == "interpreted" {
        for alert in &mut settled {
            alert.as_object_mut().unwrap().remove("cleared_at");
        }
    }
    settled
}

fn ids(alerts: &[Value]) -> BTreeSet<&str> {
    alerts.iter().map(|alert| alert["id"].as_str().unwrap()).collect()
}

fn count(messages: &[Read], code: &str, state: &str) -> usize {
    values(messages).iter().filter(|alert| alert["code"] == code && alert["state"] == state).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_watches_ends_when_told_and_goes_on_where_it_was() {
    let Some(bench) = Bench::set_up("served") else { return };
    let kafka = &bench.kafka;
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let more = format!("{HIGH_PRIORITY}[http]\nlisten = \"{address}\"\n");
    let config = settings_file(bench.folder.path(), kafka, &more);
    let (alerts, vitals) = bench.replay(&[RECORD], &["--config", config.to_str().unwrap()]).await;
    let (expected, expected_vitals) = (lines(&alerts), lines(&vitals));
    ensure_topics(kafka, 3, 1, PATIENCE).await.unwrap();
    let record = Record::open(&bench.record(RECORD)).unwrap();
    let chunk_s = 1.0 / CHUNKS_PER_SECOND as f64;
    let chunks: Vec<Chunk> = record.chunks(StreamId::new(RECORD).unwrap(), chunk_s).unwrap().collect();
    let garbage = b"\xff\xfe no chunk at all";

    let service = Service::start(&config);
    let url = |path: &str| format!("http://{address}/{path}");
    page(url("healthz"), |status, _| status == 200).await;
    assert_eq!(page(url("readyz"), |status, _| status == 200).await, "ready");
    let topics = &kafka.topics;
    let [mut alerts, mut vitals, mut dead_letters, mut heartbeats] =
        [&topics.alerts, &topics.vitals, &topics.dead_letters, &topics.heartbeats]
            .map(|topic| TopicReader::open(kafka, topic));
    send(kafka, &chunks[..100], &mut vitals).await;
    Monitor::new(kafka).send(&kafka.topics.waveforms, 0, Some(RECORD), Some(garbage)).await;
    send(kafka, &chunks[100..CUT], &mut vitals).await;

    // Nothing more is sent: the bed is silent.
    alerts.until(NO_DATA_PATIENCE, |messages| count(messages, "NODATA", "raised") > 0).await;
    alerts.until(PATIENCE, |messages| settled(&values(messages), "interpreted").len() >= 5).await;
    let said = alerts.values();
    for (state, up_to_the_cut) in [("raised", 5), ("interpreted", 5), ("cleared", 4)] {
        assert_eq!(settled(&said, state), settled(&expected, state)[..up_to_the_cut], "{state}");
    }
    assert_events(&alerts.messages, RECORD, alert_kind);
    let seconds = CUT / CHUNKS_PER_SECOND;
    vitals.until(PATIENCE, |messages| messages.len() >= seconds).await;
    assert_eq!(vitals.values(), expected_vitals[..seconds]);
    assert_events(&vitals.messages, RECORD, |_| "gemwatch.vitals".to_owned());
    dead_letters.until(PATIENCE, |messages| !messages.is_empty()).await;
    let letter = &dead_letters.messages[0];
    assert_eq!((letter.key.as_deref(), letter.value.as_slice()), (Some(RECORD.as_bytes()), &garbage[..]));
    assert!(
        letter.headers.iter().any(|(name, value)| name == "reason" && value.starts_with("value is no usable chunk: ")),
        "{letter:?}"
    );
    let metrics = page(url("metrics"), |status, _| status == 200).await;
    let sample = |name: &str, attribute: &str| {
        let line = metrics.lines().find(|line| line.starts_with(name) && line.contains(attribute));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or_else(|| panic!("{metrics}"))
    };
    assert!((sample("gemwatch_chunks_rejected_total", "reason=\"value\"") - 1.0).abs() < 1e-9);
    assert!((sample("gemwatch_chunks_received_total", "") - CUT as f64).abs() < 1e-9);

    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
    let (committed, end) = committed_and_end(kafka, 0);
    assert_eq!(end, CUT as i64 + 1);
    assert!(0 < committed && committed <= end, "{committed} of {end}");
    let known: BTreeSet<String> = ids(&expected).union(&ids(&said)).map(|id| (*id).to_owned()).collect();

    // The bed was watched although nothing came: quiet is not dead.
    let silent = |heartbeat: &Value| heartbeat["silent_for_s"].as_f64().unwrap() > 3.0;
    heartbeats.until(PATIENCE, |messages| values(messages).iter().any(silent)).await;
    assert_events(&heartbeats.messages, RECORD, |_| "gemwatch.heartbeat".to_owned());

    // The second run reads again what the open alarm needs without a word, says what stands of the patient, misses the data as
    // the first did, and goes on.
    let service = Service::start(&config);
    alerts.until(PATIENCE, |messages| count(messages, "NODATA", "raised") > 1).await;
    assert_eq!(count(&alerts.messages, "XBRADY", "continue"), 1, "the fifth stands");
    let before = alerts.messages.len();
    send(kafka, &chunks[CUT..], &mut vitals).await;
    let last = settled(&expected, "interpreted").last().unwrap()["id"].clone();
    for state in ["interpreted", "cleared"] {
        let is_said = |alert: &Value| alert["id"] == last && alert["state"] == state;
        alerts.until(PATIENCE, |messages| values(&messages[before..]).iter().any(is_said)).await;
    }
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
    let said = alerts.values();
    // The bed may be missed once more at the very end.
    let at_the_end = |alert: &&Value| alert["code"] == "NODATA" && alert["onset"] == "1970-01-01T00:05:00Z";
    let said: Vec<Value> = said.iter().filter(|alert| !at_the_end(alert)).cloned().collect();
    let unknown: Vec<&Value> = said.iter().filter(|alert| !known.contains(alert["id"].as_str().unwrap())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!(ids(&settled(&said, "raised")), ids(&settled(&expected, "raised")));
    assert_eq!(ids(&settled(&said, "cleared")), ids(&settled(&expected, "cleared")));
    let no_data: Vec<&Value> = said.iter().filter(|alert| alert["code"] == "NODATA").collect();
    let states: Vec<&str> = no_data.iter().filter_map(|alert| alert["state"].as_str()).collect();
    assert_eq!(states, ["raised", "raised", "cleared"]);
    assert_eq!(no_data[2]["cleared_at"], no_data[2]["raised_at"], "the data was only late: {no_data:#?}");
}

/// Deletes a topic.
async fn delete(kafka: &KafkaSettings, topic: &str) {
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create().unwrap();
    let deleted = admin.delete_topics(&[topic], &AdminOptions::new()).await.unwrap();
    assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_whose_topic_is_missing_for_a_while_come_later_and_in_order() {
    let Some(bench) = Bench::set_up("missed") else { return };
    let kafka = &bench.kafka;
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // The client library is to find out soon that the topic is missing, and that it is back.
    let more = format!(
        "[kafka.properties]\n\"topic.metadata.propagation.max.ms\" = \"500\"\n\"topic.metadata.refresh.interval.ms\" = \"500\"\n\
         {HIGH_PRIORITY}[http]\nlisten = \"{address}\"\n"
    );
    let config = settings_file(bench.folder.path(), kafka, &more);
    let (alerts, _) = bench.replay(&[RECORD], &["--config", config.to_str().unwrap(), "--model", "none"]).await;
    let expected = lines(&alerts);
    ensure_topics(kafka, 1, 1, PATIENCE).await.unwrap();
    let record = Record::open(&bench.record(RECORD)).unwrap();
    let chunk_s = 1.0 / CHUNKS_PER_SECOND as f64;
    let chunks: Vec<Chunk> = record.chunks(StreamId::new(RECORD).unwrap(), chunk_s).unwrap().collect();

    let service = Service::start_as("monitor", &config);
    page(format!("http://{address}/readyz"), |status, _| status == 200).await;
    delete(kafka, &kafka.topics.alerts).await;
    let mut vitals = TopicReader::open(kafka, &kafka.topics.vitals);
    send(kafka, &chunks, &mut vitals).await;
    vitals.until(PATIENCE, |messages| messages.len() >= 299).await;
    let of_alerts =
        |line: &str| line.starts_with("gemwatch_publish_failures_total") && line.contains("topic=\"Alerts\"");
    let failed = move |metrics: &str| metrics.lines().any(of_alerts);
    page(format!("http://{address}/metrics"), move |_, metrics| failed(metrics)).await;

    let standing = committed_and_end_of(kafka, &kafka.group, &kafka.topics.alert_state, 0).1;
    assert_eq!(standing, 0, "what nobody has heard does not stand");

    ensure_topics(kafka, 1, 1, PATIENCE).await.unwrap();
    let mut alerts = TopicReader::open(kafka, &kafka.topics.alerts);
    alerts.until(PATIENCE, |messages| of_patients(messages).len() >= expected.len()).await;
    assert_eq!(of_patients(&alerts.messages), expected);
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
}

/// The alerts that are about patients: whether somebody waited for data depends on the clock.
fn of_patients(messages: &[Read]) -> Vec<Value> {
    values(messages).into_iter().filter(|alert| alert["code"] != "NODATA").collect()
}

/// What is said of these chunks where no broker is.
fn straight(chunks: &[Chunk], config: &Path) -> Vec<Value> {
    let limits = Config::load(Some(config)).unwrap().alarms;
    let mut monitor = pipeline::Monitor::new(BedSettings { limits, ..BedSettings::default() });
    let said = chunks.iter().flat_map(|chunk| monitor.push(chunk));
    let alerts = said.filter_map(|said| if let Said::Alert { alert, .. } = said { Some(alert) } else { None });
    alerts.map(|alert| serde_json::to_value(alert).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_by_a_day_holds_nothing_back() {
    const DAY_NS: i64 = 86_400_000_000_000;
    let Some(bench) = Bench::set_up("set-back") else { return };
    let kafka = &bench.kafka;
    let config = settings_file(bench.folder.path(), kafka, HIGH_PRIORITY);
    ensure_topics(kafka, 1, 1, PATIENCE).await.unwrap();
    let record = Record::open(&bench.record(RECORD)).unwrap();
    let chunk_s = 1.0 / CHUNKS_PER_SECOND as f64;
    let chunks: Vec<Chunk> = record.chunks(StreamId::new(RECORD).unwrap(), chunk_s).unwrap().collect();
    // In the midst of the fifth bradycardia; then the record again from its beginning, a day earlier.
    let set_back = chunks.iter().cloned().map(|chunk| Chunk {
        sequence: chunk.sequence + CUT as u64,
        start: Time::from_nanos(chunk.start.as_nanos() - DAY_NS),
        ..chunk
    });
    let chunks: Vec<Chunk> = chunks[..CUT].iter().cloned().chain(set_back).collect();
    let expected = straight(&chunks, &config);
    let raised = expected.iter().filter(|alert| alert["state"] == "raised");
    assert_eq!(raised.filter(|alert| alert["code"] == "XBRADY").count(), 5 + 8, "each of both clocks");

    let service = Service::start_as("monitor", &config);
    let mut vitals = TopicReader::open(kafka, &kafka.topics.vitals);
    send(kafka, &chunks, &mut vitals).await;
    let mut alerts = TopicReader::open(kafka, &kafka.topics.alerts);
    alerts.until(PATIENCE, |messages| of_patients(messages).len() >= expected.len()).await;
    assert_eq!(of_patients(&alerts.messages), expected);
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
    let (committed, end) = committed_and_end(kafka, 0);
    assert_eq!(end, chunks.len() as i64);
    assert!(committed > CUT as i64, "nobody has to hear the old clock again: {committed} of {end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_the_topic_that_is_missing() {
    let Some(bench) = Bench::set_up("examined") else { return };
    ensure_topics(&bench.kafka, 1, 1, PATIENCE).await.unwrap();
    let examine = |kafka: &KafkaSettings| {
        let config = settings_file(bench.folder.path(), kafka, "");
        let mut command = gemwatch(&["doctor", "--config", config.to_str().unwrap()]);
        async move {
            let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        }
    };
    // A broker that has just made topics does not show them at once.
    let made = Instant::now();
    let words = loop {
        let (status, words) = examine(&bench.kafka).await;
        if status == Some(0) {
            break words;
        }
        assert!(made.elapsed() < PATIENCE, "{words}");
    };
    assert!(!words.contains("FAULT") && words.contains("one reading"), "{words}");

    let mut other = bench.kafka.clone();
    other.topics.vitals = "examined.nowhere".to_owned();
    let (status, words) = examine(&other).await;
    assert_eq!(status, Some(1), "{words}");
    let faults: Vec<&str> = words.lines().filter(|line| line.starts_with("FAULT")).collect();
    assert!(faults.len() == 1 && faults[0].contains("topic examined.nowhere: missing"), "{words}");
}
