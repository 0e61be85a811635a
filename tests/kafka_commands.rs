//! What a ward says while beds are watched, against a real broker: on the topic of commands acknowledgements, limits, and nonsense;
//! in the settings file other limits.

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

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use gemwatch::broker::{KafkaSettings, ensure_topics};
use gemwatch::ecg::{Chunk, StreamId};
use gemwatch::source::recordings::Record;
use line::{Monitor, PATIENCE, settings};
use program::{Service, TopicReader, page, settings_file, values};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use recording::recording;
use serde_json::{Value, json};

/// A record with eight extreme bradycardias in its 300 s.
const RECORD: &str = "b124s";

const CHUNKS_PER_SECOND: usize = 2;

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// Sends the chunks and waits until the vital signs of all whole seconds have come back.
async fn send(kafka: &KafkaSettings, chunks: &[Chunk], vitals: &mut TopicReader) {
    let monitor = Monitor::new(kafka);
    for chunk in chunks {
        monitor.send_chunk(&kafka.topics.waveforms, 0, chunk).await;
    }
    let last = chunks.last().unwrap().end().as_nanos() / 1_000_000_000;
    let second = gemwatch::wire::rfc3339(gemwatch::ecg::Time::from_nanos((last - 1) * 1_000_000_000));
    vitals.until(PATIENCE, |messages| values(messages).iter().any(|vitals| vitals["time"] == second.as_str())).await;
}

/// The recording in chunks.
fn chunks_of(recording: &Path) -> Vec<Chunk> {
    let record = Record::open(recording).unwrap();
    record.chunks(StreamId::new(RECORD).unwrap(), 1.0 / CHUNKS_PER_SECOND as f64).unwrap().collect()
}

/// Waits until a counter with this attribute shows so many.
async fn counted(address: SocketAddr, counter: &'static str, attribute: String, count: u8) {
    let is_there = move |status: u16, body: &str| {
        let mut lines = body.lines().filter(|text| text.starts_with(counter));
        status == 200 && lines.any(|text| text.contains(&attribute) && text.ends_with(&format!(" {count}")))
    };
    page(format!("http://{address}/metrics"), is_there).await;
}

async fn say(kafka: &KafkaSettings, key: &str, command: &Value) {
    Monitor::new(kafka).send(&kafka.topics.commands, 0, Some(key), Some(command.to_string().as_bytes())).await;
}

/// How many messages stand on the only partition of a topic.
fn end_of(kafka: &KafkaSettings, topic: &str) -> usize {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create().unwrap();
    usize::try_from(consumer.fetch_watermarks(topic, 0, PATIENCE).unwrap().1).unwrap()
}

/// The lines of the audit log, once there are this many.
async fn audited(file: &Path, count: usize) -> Vec<Value> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if lines.len() >= count {
            return lines;
        }
        assert!(tokio::time::Instant::now() < deadline, "{count} lines are not there: {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The first three commands of the nurse, in the audit log.
fn is_taken_down(lines: &[Value], kafka: &KafkaSettings, id: &str, limits: &Value) {
    let word = |name: &str| lines.iter().map(|line| line[name].as_str().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!(word("outcome"), ["followed", "followed", "refused"], "{lines:#?}");
    assert_eq!(word("command"), ["acknowledge", "set_limits", "set_limits"]);
    assert_eq!(word("by"), ["A. Nurse"; 3]);
    assert_eq!(word("at"), ["1970-01-01T00:00:59Z", "1970-01-01T00:01:00Z", "1970-01-01T00:01:00Z"]);
    assert_eq!((&lines[0]["alert_id"], &lines[0]["code"]), (&json!(id), &json!("XBRADY")));
    assert_eq!(lines[1]["limits"], *limits);
    assert_eq!(lines[2]["reason"], "limits cannot be used: asystole_s = 60 is outside 3 to 10");
    for (offset, line) in lines.iter().enumerate() {
        let place = (&line["topic"], &line["partition"], &line["offset"]);
        assert_eq!(place, (&json!(kafka.topics.commands), &json!(0), &json!(offset)));
    }
}

fn extreme_bradycardias(alerts: &TopicReader, state: &str) -> Vec<Value> {
    let is_it = |alert: &Value| alert["code"] == "XBRADY" && alert["state"] == state;
    alerts.values().into_iter().filter(is_it).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nurse_acknowledges_and_sets_limits_and_both_outlive_the_process() {
    let (Some(bootstrap_servers), Some(recording)) = (real_broker::bootstrap_servers(), recording(RECORD)) else {
        return;
    };
    let kafka = settings(bootstrap_servers, "commanded");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let audit = folder.path().join("audit.jsonl");
    let more = format!(
        "[readings]\nmodel = \"none\"\n[http]\nlisten = \"{address}\"\n[audit]\nfile = \"{}\"\n",
        audit.display()
    );
    let config = settings_file(folder.path(), &kafka, &more);
    let chunks = chunks_of(&recording);
    let at = |second: usize| second * CHUNKS_PER_SECOND;
    let [mut alerts, mut vitals, mut dead_letters] =
        [&kafka.topics.alerts, &kafka.topics.vitals, &kafka.topics.dead_letters]
            .map(|topic| TopicReader::open(&kafka, topic));
    let taken = |command: &'static str, count: u8| {
        counted(address, "gemwatch_commands_taken_total", format!("command=\"{command}\""), count)
    };

    let service = Service::start(&config);
    send(&kafka, &chunks[..at(60)], &mut vitals).await;
    let is_latched = |messages: &[line::Read]| values(messages).iter().any(|alert| alert["state"] == "latched");
    alerts.until(PATIENCE, is_latched).await;
    let latched = extreme_bradycardias(&alerts, "latched").remove(0);
    assert!(latched["cleared_at"].is_string(), "its condition has ended: {latched:#}");

    let id = latched["id"].as_str().unwrap();
    let acknowledge = json!({
        "command": "acknowledge", "stream_id": RECORD, "alert_id": id, "code": "XBRADY",
        "by": "A. Nurse", "at": "1970-01-01T00:00:59Z",
    });
    say(&kafka, id, &acknowledge).await;
    let is_over =
        |messages: &[line::Read]| values(messages).iter().any(|alert| alert["id"] == id && alert["state"] == "cleared");
    alerts.until(PATIENCE, is_over).await;
    let cleared = extreme_bradycardias(&alerts, "cleared").into_iter().find(|alert| alert["id"] == id).unwrap();
    assert_eq!(
        (&cleared["acknowledged_by"], &cleared["acknowledged_at"]),
        (&json!("A. Nurse"), &json!("1970-01-01T00:00:59Z"))
    );

    // Who comes later knows what stands without all that was said before.
    let mut state = TopicReader::open(&kafka, &kafka.topics.alert_state);
    let is_about_it = |message: &&line::Read| message.key.as_deref() == Some(id.as_bytes());
    let is_gone =
        |messages: &[line::Read]| messages.iter().any(|message| is_about_it(&message) && message.value.is_empty());
    state.until(PATIENCE, is_gone).await;
    let told: Vec<&line::Read> = state.messages.iter().filter(is_about_it).collect();
    let stood: Vec<Value> =
        told[..told.len() - 1].iter().map(|message| serde_json::from_slice(&message.value).unwrap()).collect();
    let is_open = |alert: &Value| alert["id"] == id && alert["state"] != "cleared";
    assert_eq!(stood, alerts.values().into_iter().filter(is_open).collect::<Vec<_>>());
    assert_eq!(stood.last(), Some(&latched));

    let limits = json!({
        "command": "set_limits", "stream_id": RECORD, "limits": {"extreme_bradycardia_bpm": 15},
        "by": "A. Nurse", "at": "1970-01-01T00:01:00Z",
    });
    say(&kafka, RECORD, &limits).await;
    taken("set_limits", 1).await;
    let mut absurd = limits.clone();
    absurd["limits"] = json!({"asystole_s": 60});
    say(&kafka, RECORD, &absurd).await;
    dead_letters.until(PATIENCE, |messages| !messages.is_empty()).await;
    let letter = &dead_letters.messages[0];
    let header = |name: &str| letter.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(header("topic"), Some(kafka.topics.commands.as_str()));
    assert_eq!(header("reason"), Some("limits cannot be used: asystole_s = 60 is outside 3 to 10"));
    assert_eq!(letter.value, absurd.to_string().as_bytes());

    is_taken_down(&audited(&audit, 3).await, &kafka, id, &limits["limits"]);

    // By the limits of the ward there would be several more of them.
    let before = extreme_bradycardias(&alerts, "raised").len();
    send(&kafka, &chunks[at(60)..at(200)], &mut vitals).await;
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");

    // The next process knows what was said to the last one, and what was said to nobody; only the latter is new to its log.
    let mut meanwhile = limits.clone();
    meanwhile["by"] = json!("B. Nurse");
    say(&kafka, RECORD, &meanwhile).await;
    let service = Service::start(&config);
    send(&kafka, &chunks[at(200)..], &mut vitals).await;
    taken("set_limits", 2).await;
    taken("acknowledge", 1).await;
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
    let lines = audited(&audit, 4).await;
    assert_eq!((lines.len(), &lines[3]["by"], &lines[3]["offset"]), (4, &json!("B. Nurse"), &json!(3)), "{lines:#?}");
    // The service has ended with every acknowledgement: all that was published is there.
    let end = end_of(&kafka, &kafka.topics.alerts);
    alerts.until(PATIENCE, |messages| messages.len() >= end).await;
    assert_eq!(extreme_bradycardias(&alerts, "raised").len(), before, "{:#?}", alerts.values());
}

/// The extreme bradycardias that all alerts so far tell of.
async fn told(kafka: &KafkaSettings, alerts: &mut TopicReader) -> Vec<Value> {
    let end = end_of(kafka, &kafka.topics.alerts);
    alerts.until(PATIENCE, |messages| messages.len() >= end).await;
    ["raised", "escalated"].map(|state| extreme_bradycardias(alerts, state)).concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_the_settings_file_change_while_beds_are_watched() {
    let (Some(bootstrap_servers), Some(recording)) = (real_broker::bootstrap_servers(), recording(RECORD)) else {
        return;
    };
    let kafka = settings(bootstrap_servers, "reloaded");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let with_limit = |bpm: &str| {
        let more = format!(
            "[readings]\nmodel = \"none\"\n[http]\nlisten = \"{address}\"\n[alarms]\nextreme_bradycardia_bpm = {bpm}\n"
        );
        settings_file(folder.path(), &kafka, &more)
    };
    let chunks = chunks_of(&recording);
    let at = |second: usize| second * CHUNKS_PER_SECOND;
    let mut vitals = TopicReader::open(&kafka, &kafka.topics.vitals);
    let mut alerts = TopicReader::open(&kafka, &kafka.topics.alerts);
    let reloaded = |outcome: &'static str| {
        counted(address, "gemwatch_settings_reloads_total", format!("outcome=\"{outcome}\""), 1)
    };

    let service = Service::start(&with_limit("15"));
    let ask_to_read_again = || {
        let sent = std::process::Command::new("kill").args(["-HUP", &service.id().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    send(&kafka, &chunks[..at(60)], &mut vitals).await;
    // What cannot be used changes nothing.
    with_limit("\"slow\"");
    ask_to_read_again();
    reloaded("refused").await;
    send(&kafka, &chunks[at(60)..at(120)], &mut vitals).await;
    let before = told(&kafka, &mut alerts).await;
    assert!(before.is_empty(), "by the limit of 15 there is none: {before:#?}");
    with_limit("40");
    ask_to_read_again();
    reloaded("taken").await;
    send(&kafka, &chunks[at(120)..], &mut vitals).await;
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");

    assert!(
        told(&kafka, &mut alerts).await.len() > 1,
        "the record has eight below 40 a minute: {:#?}",
        alerts.values()
    );
}
