//! Monitors and readers as processes of their own, against a real broker: together they say what one instance says, and a
//! reader that dies leaves nothing unread.

#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_line.rs")]
mod program;
#[path = "kafka/real_broker.rs"]
mod real_broker;
#[path = "kafka/recording.rs"]
mod recording;

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gemwatch::alarm::{AlarmCode, AlarmEvent, Change};
use gemwatch::broker::{KafkaSettings, ensure_topics};
use gemwatch::ecg::{Chunk, Lead, StreamId, Strip, StripLead, Time};
use gemwatch::gem::runtime;
use gemwatch::measure::measure;
use gemwatch::source::recordings::Record;
use gemwatch::wire::reading_request::{self, Cleared, Content, Message, Window};
use gemwatch::wire::{Alert, Explanation};
use line::{Monitor, PATIENCE, settings};
use program::{Service, TopicReader, committed_and_end, committed_and_end_of, gemwatch, page, settings_file, values};
use serde_json::Value;

/// A record with eight extreme bradycardias in its 300 s.
const RECORD: &str = "b124s";

const CHUNKS_PER_SECOND: usize = 2;

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// What a broker waits before it believes that a member is dead (10 s), and as much as all readings may take.
const SUCCESSION_PATIENCE: Duration = Duration::from_mins(2);

/// Alarms of high priority, all of which are read.
const HIGH_PRIORITY: &str = "[alarms]\nlatching = false\noff = [\"HRHI\", \"HRLO\", \"NSVT\", \"VRHY\", \"RUN\", \"SVT\", \
     \"PAUSE\", \"AFIB\", \"PNC\", \"PNP\", \"PVCM\", \"CPLT\", \"BIGEM\", \"TRIGEM\", \"RONT\", \"MULTI\", \"MISS\", \"NOISE1\", \"NOISE2\"]\n";

/// Readings that take their time, and a desk with little room: the rest waits on the topic.
const FEW_AT_ONCE: &str = "kv_budget_mib = 1\nqueue = 4\n";

fn recording() -> Option<PathBuf> {
    let recording = recording::recording(RECORD)?;
    if let Err(error) = runtime::load(None) {
        assert!(std::env::var_os("CI").is_none(), "left out: {error}");
        eprintln!("left out: {error}");
        return None;
    }
    Some(recording)
}

/// The chunks of the record as the stream of this bed.
fn chunks(recording: &Path, bed: &str) -> Vec<Chunk> {
    let record = Record::open(recording).unwrap();
    record.chunks(StreamId::new(bed).unwrap(), 1.0 / CHUNKS_PER_SECOND as f64).unwrap().collect()
}

/// Sends the chunks, never more than 20 s ahead of the vital signs that come back, and waits for the last of these.
async fn send(kafka: &KafkaSettings, chunks: &[Chunk], vitals: &mut TopicReader) {
    let monitor = Monitor::new(kafka);
    let before = vitals.messages.len();
    for (index, chunk) in chunks.iter().enumerate() {
        monitor.send_chunk(&kafka.topics.waveforms, 0, chunk).await;
        let seconds = (index + 1) / CHUNKS_PER_SECOND;
        if (index + 1) % (10 * CHUNKS_PER_SECOND) == 0 && seconds > 20 {
            vitals.until(PATIENCE, |messages| messages.len() >= before + seconds - 20).await;
        }
    }
    let seconds = chunks.len() / CHUNKS_PER_SECOND;
    vitals.until(PATIENCE, |messages| messages.len() >= before + seconds - 1).await;
}

/// Alerts of a state by their id. What was said twice was said in the same words, but for the end of the alert, which may
/// have been known only the second time.
fn by_id(alerts: &[Value], state: &str) -> BTreeMap<String, Value> {
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    for alert in alerts.iter().filter(|alert| alert["state"] == state && alert["code"] != "NODATA") {
        let mut alert = alert.clone();
        if state == "interpreted" {
            alert.as_object_mut().unwrap().remove("cleared_at");
        }
        if let Some(before) = found.insert(alert["id"].as_str().unwrap().to_owned(), alert.clone()) {
            assert_eq!(before, alert, "said again in other words");
        }
    }
    found
}

/// So many were raised, and all of them are interpreted.
fn are_interpreted(alerts: &[Value], count: usize) -> bool {
    let ids = |state| by_id(alerts, state).into_keys().collect::<BTreeSet<String>>();
    let raised = ids("raised");
    raised.len() == count && raised == ids("interpreted")
}

async fn terminate(service: Service) {
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
}

/// Offset that the readers have committed, and end of the only partition of the requests.
fn requests_committed_and_end(kafka: &KafkaSettings) -> (i64, i64) {
    committed_and_end_of(kafka, &kafka.readers_group(), &kafka.topics.reading_requests, 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn monitor_and_reader_together_say_what_one_instance_says() {
    let (Some(bootstrap_servers), Some(recording)) = (real_broker::bootstrap_servers(), recording()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let chunks = chunks(&recording, RECORD);
    // The first round is due at 90 s.
    let (first, rest) = chunks.split_at(120 * CHUNKS_PER_SECOND);
    let mut said = Vec::new();
    for roles in [&["all"][..], &["monitor", "reader"]] {
        let kafka = settings(bootstrap_servers, &roles.concat());
        ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
        let mut services = Vec::new();
        for role in roles {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let readings = "[readings]\nround_s = 100\nmax_new_tokens = 60\n";
            let more = format!("{HIGH_PRIORITY}{readings}[http]\nlisten = \"{address}\"\n");
            let folder = folder.path().join(role);
            std::fs::create_dir(&folder).unwrap();
            services.push(Service::start_as(role, &settings_file(&folder, &kafka, &more)));
            page(format!("http://{address}/readyz"), |status, _| status == 200).await;
        }
        let [mut alerts, mut vitals, mut rounds] = [&kafka.topics.alerts, &kafka.topics.vitals, &kafka.topics.readings]
            .map(|topic| TopicReader::open(&kafka, topic));
        send(&kafka, first, &mut vitals).await;
        rounds.until(PATIENCE, |messages| !messages.is_empty()).await;
        send(&kafka, rest, &mut vitals).await;
        alerts.until(PATIENCE, |messages| are_interpreted(&values(messages), 8)).await;
        for service in services {
            terminate(service).await;
        }
        if roles.len() > 1 {
            let (committed, end) = requests_committed_and_end(&kafka);
            assert!(end >= 17, "eight windows, their ends and a round: {end}");
            assert_eq!(committed, end, "all that was asked was answered");
            assert!(committed_and_end(&kafka, 0).0 > 0);
        }
        said.push((alerts.values(), rounds.values()));
    }
    let [(together, rounds_together), (apart, rounds_apart)] = said.try_into().unwrap();
    assert_eq!(by_id(&together, "raised").len(), 8);
    for state in ["raised", "interpreted", "cleared"] {
        assert_eq!(by_id(&together, state), by_id(&apart, state), "{state}");
    }
    assert_eq!(rounds_together[0], rounds_apart[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_reader_left_is_read_by_the_next() {
    let (Some(bootstrap_servers), Some(recording)) = (real_broker::bootstrap_servers(), recording()) else { return };
    let kafka = settings(bootstrap_servers, "killed");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let more = format!("{HIGH_PRIORITY}[readings]\nround_s = 0\n{FEW_AT_ONCE}[http]\nlisten = \"off\"\n");
    let config = settings_file(folder.path(), &kafka, &more);
    let [mut alerts, mut vitals] =
        [&kafka.topics.alerts, &kafka.topics.vitals].map(|topic| TopicReader::open(&kafka, topic));

    // The monitor goes before a reader comes: alarms wait for nobody.
    let monitor = Service::start_as("monitor", &config);
    for bed in ["bed 1", "bed 2", "bed 3"] {
        send(&kafka, &chunks(&recording, bed), &mut vitals).await;
    }
    alerts.until(PATIENCE, |messages| by_id(&values(messages), "cleared").len() == 24).await;
    terminate(monitor).await;
    assert_eq!(by_id(&alerts.values(), "interpreted").len(), 0);
    let (_, asked) = requests_committed_and_end(&kafka);
    assert!(asked >= 48, "24 windows and their ends: {asked}");

    let interpreted = |messages: &[line::Read]| by_id(&values(messages), "interpreted").len();
    let reader = Service::start_as("reader", &config);
    alerts.until(PATIENCE, |messages| interpreted(messages) > 0).await;
    reader.kill();
    let (committed, end) = requests_committed_and_end(&kafka);
    assert!(committed < end, "killed amid its work: {committed} of {end}");

    let reader = Service::start_as("reader", &config);
    alerts.until(SUCCESSION_PATIENCE, |messages| are_interpreted(&values(messages), 24)).await;
    terminate(reader).await;
    let (committed, end) = requests_committed_and_end(&kafka);
    assert_eq!((committed, end), (end, asked), "all that was asked was answered, and nothing more asked");
    let said = alerts.values();
    let cleared = by_id(&said, "cleared");
    for alert in said.iter().filter(|alert| alert["state"] == "interpreted") {
        assert_ne!(alert["reading"]["text"], "", "{alert:#}");
        // Word of an end may stand behind more requests than have room at the desk.
        let end = &cleared[alert["id"].as_str().unwrap()]["cleared_at"];
        assert!(alert["cleared_at"].is_null() || alert["cleared_at"] == *end, "{alert:#}");
    }
}

/// An asystole that was raised at the end of the window below.
fn asystole(bed: &str) -> Alert {
    let at = |second: i64| Time::from_nanos(second * 1_000_000_000);
    let event = AlarmEvent {
        code: AlarmCode::Asystole,
        first_code: AlarmCode::Asystole,
        change: Change::Raised,
        at: at(300),
        onset: at(296),
        raised_at: at(300),
        cleared_at: None,
        suppressed_by: None,
        acknowledged: None,
        message: "no QRS complex for 4.0 s".to_owned(),
        evidence: Vec::new(),
    };
    Alert::new(&StreamId::new(bed).unwrap(), &event)
}

/// Ten seconds of lead II: for an alert, or on the round of a bed.
fn window(bed: &str, alert: Option<Alert>) -> Message {
    let samples_mv = (0..5000).map(|n| if n % 500 < 10 { 1.0 } else { 0.0 }).collect();
    let leads = vec![StripLead { lead: Lead::II, derived: false, samples_mv }];
    let strip = Strip { start: Time::from_nanos(290_000_000_000), rate_hz: 500.0, leads };
    let measurements = Explanation::new(bed, &strip, &measure(&strip), None);
    let window = Window { alert, strip, measurements, deadline: None };
    Message { stream_id: StreamId::new(bed).unwrap(), content: Content::Window(Box::new(window)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_without_a_model_says_so_and_nonsense_is_a_dead_letter() {
    let Some(bootstrap_servers) = real_broker::bootstrap_servers() else { return };
    let kafka = settings(bootstrap_servers, "unread");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let more = format!("[readings]\nmodel = \"none\"\n[http]\nlisten = \"{address}\"\n");
    let config = settings_file(folder.path(), &kafka, &more);

    let doctor = |role: &str| {
        let output = gemwatch(&["doctor", "--role", role, "--config", config.to_str().unwrap()]).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, words) = doctor("reader");
    assert_eq!(status, Some(1), "{words}");
    assert!(words.contains("every request is answered with \"reading not available\""), "{words}");
    assert!(words.contains(&format!("topic {}: 1 partition", kafka.topics.reading_requests)), "{words}");
    assert!(!words.contains(&kafka.topics.waveforms), "a reader needs no waveforms: {words}");
    let (status, words) = doctor("all");
    assert_eq!(status, Some(0), "{words}");
    assert!(!words.contains(&kafka.topics.reading_requests), "who does it all asks nobody: {words}");

    let [mut alerts, mut rounds, mut dead_letters] =
        [&kafka.topics.alerts, &kafka.topics.readings, &kafka.topics.dead_letters]
            .map(|topic| TopicReader::open(&kafka, topic));
    let monitor = Monitor::new(&kafka);
    let topic = &kafka.topics.reading_requests;
    let alert = asystole("bed 1");
    let id = alert.id;
    let good = reading_request::encode(&window("bed 1", None));
    monitor.send(topic, 0, Some("bed 1"), Some(b"\xff\xfe no request")).await;
    monitor.send(topic, 0, Some("bed 2"), Some(&good)).await;
    monitor.send(topic, 0, None, None).await;
    monitor.send(topic, 0, Some("bed 1"), Some(&good)).await;
    monitor.send(topic, 0, Some("bed 1"), Some(&reading_request::encode(&window("bed 1", Some(alert))))).await;
    let cleared_at = "1970-01-01T00:05:10Z".to_owned();
    let cleared = Content::Cleared(Cleared { alert_id: id, cleared_at });
    let over = Message { stream_id: StreamId::new("bed 1").unwrap(), content: cleared };
    monitor.send(topic, 0, Some("bed 1"), Some(&reading_request::encode(&over))).await;
    let reader = Service::start_as("reader", &config);
    rounds.until(PATIENCE, |messages| !messages.is_empty()).await;
    let round = &rounds.values()[0];
    assert_eq!((&round["stream_id"], &round["window_start"]), (&"bed 1".into(), &"1970-01-01T00:04:50Z".into()));
    let remark = "reading not available: no model is set (readings.model is \"none\")";
    assert_eq!(round["reading"]["remark"], remark);
    alerts.until(PATIENCE, |messages| !messages.is_empty()).await;
    let alert = &alerts.values()[0];
    assert_eq!((&alert["id"], &alert["state"]), (&id.to_string().into(), &"interpreted".into()));
    assert_eq!(alert["reading"]["remark"], remark);
    assert_eq!(
        alert["cleared_at"], "1970-01-01T00:05:10Z",
        "what stands on the topic is read before anything is answered"
    );
    dead_letters.until(PATIENCE, |messages| messages.len() == 3).await;
    let reason = |letter: &line::Read| letter.headers.iter().find(|(name, _)| name == "reason").unwrap().1.clone();
    let reasons: Vec<String> = dead_letters.messages.iter().map(reason).collect();
    assert!(
        reasons[0].starts_with("value is no usable request: message is no gemwatch.v1.ReadingRequest"),
        "{reasons:?}"
    );
    assert_eq!(reasons[1..], ["key bed 2 is not the stream id bed 1 of the value", "message has no value"]);
    assert_eq!(dead_letters.messages[1].value, good);
    let counted = |status: u16, body: &str| {
        let line = |name: &str, count: &str| {
            body.lines().any(|line| line.starts_with(name) && line.ends_with(&format!(" {count}")))
        };
        status == 200
            && line("gemwatch_reading_requests_rejected_total", "3")
            && line("gemwatch_reading_requests_taken_total", "2")
    };
    page(format!("http://{address}/metrics"), counted).await;
    let not_ready = |status: u16, body: &str| status == 503 && body.contains("model: readings.model is \"none\"");
    page(format!("http://{address}/readyz"), not_ready).await;
    terminate(reader).await;
    assert_eq!(requests_committed_and_end(&kafka), (6, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn beds_say_so_when_the_model_cannot_be_loaded() {
    let (Some(bootstrap_servers), Some(recording)) = (real_broker::bootstrap_servers(), recording()) else { return };
    let kafka = settings(bootstrap_servers, "degraded");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("empty");
    std::fs::create_dir(&package).unwrap();
    let more = format!("[readings]\nmodel = {package:?}\n");
    let service = Service::start_as("all", &settings_file(folder.path(), &kafka, &more));
    let [mut alerts, mut vitals] =
        [&kafka.topics.alerts, &kafka.topics.vitals].map(|topic| TopicReader::open(&kafka, topic));
    send(&kafka, &chunks(&recording, RECORD)[..30 * CHUNKS_PER_SECOND], &mut vitals).await;
    let is_degraded = |alert: &Value| alert["code"] == "DEGRADED" && alert["priority"] == "technical";
    alerts.until(PATIENCE, |messages| values(messages).iter().any(is_degraded)).await;
    let alert = alerts.values().into_iter().find(is_degraded).unwrap();
    let message = alert["message"].as_str().unwrap();
    assert!(message.starts_with("readings are not available: model package cannot be used"), "{message}");
    terminate(service).await;
}
