//! Hostile input of every kind, against the program: each message becomes a dead letter, is counted or is used as it says, each
//! file is refused with a reason, and nobody else notices.
//!
//! `docs/hostile-input.md` is made from the kinds: `GEMWATCH_WRITE=1 cargo test --test hostile` writes it anew.

#[path = "hostile/mod.rs"]
mod hostile;
#[path = "kafka/line.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka.rs")]
mod line;
#[path = "kafka/program.rs"]
#[expect(dead_code, reason = "the rest is for the tests of tests/kafka_roles.rs")]
mod program;
#[path = "kafka/real_broker.rs"]
mod real_broker;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use gemwatch::bed::BedSettings;
use gemwatch::broker::ensure_topics;
use gemwatch::config::Config;
use gemwatch::gem::Package;
use gemwatch::pipeline::{Monitor, Said};
use gemwatch::wire::waveform;
use hostile::kind::{Kind, Outcome, Sent};
use hostile::line::{Hostile, check_dead_letters, dead, free_address, metric, most_memory_mib};
use hostile::waveforms::Given;
use hostile::{commands, files, packages, requests, waveforms};
use line::{PATIENCE, Read, settings};
use program::{Service, TopicReader, gemwatch, page, settings_file, values};
use serde_json::Value;
use simulators::scenario::ward;
use simulators::wire::{WaveformChunk, encoded, waveform_chunk};

const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// More than the service ever needs for these beds, and far less than what the messages claim.
const MOST_MEMORY_MIB: u64 = 200;

/// What a command may take of memory, in KiB, and of time, in seconds: both far below what the files claim.
const MOST_ADDRESS_SPACE_KIB: u64 = 4 << 20;
const MOST_COMMAND_S: u64 = 60;

/// Chunks of the good bed: 70 s.
const GOOD_CHUNKS: usize = 140;

/// The good bed: sinus rhythm, asystole from 20 to 32 s, sinus rhythm.
fn good_bed() -> Vec<WaveformChunk> {
    let bed = ward(1, 7).beds.remove(0);
    let mut monitor = simulators::monitor::Monitor::new(&bed, 500).unwrap();
    (0..GOOD_CHUNKS).map(|_| waveform_chunk(&monitor.next_chunk(), 0)).collect()
}

/// What is said of a bed that has only this.
fn said_of(chunks: &[WaveformChunk]) -> (Vec<Value>, Vec<Value>) {
    let mut monitor = Monitor::new(BedSettings { limits: Config::default().alarms, ..BedSettings::default() });
    let (mut alerts, mut vitals) = (Vec::new(), Vec::new());
    for chunk in chunks {
        for said in monitor.push(&waveform::decode(&encoded(chunk)).unwrap()) {
            match said {
                Said::Alert { alert, .. } => alerts.push(serde_json::to_value(*alert).unwrap()),
                Said::Vitals { vitals: second, .. } => vitals.push(serde_json::to_value(second).unwrap()),
                _ => {}
            }
        }
    }
    (alerts, vitals)
}

/// What was said of this bed, but for its silence, which is a matter of the clock.
fn of_bed(messages: &[Read], stream_id: &str) -> Vec<Value> {
    let all = values(messages).into_iter();
    all.filter(|value| value["stream_id"] == stream_id && value["code"] != "NODATA").collect()
}

/// The kinds whose bed does not raise the alarm that it must, with what it raises.
fn missing_alarms(kinds: &[Kind<waveforms::Make>], alerts: &[Value]) -> Vec<String> {
    let mut missing = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        let Outcome::Alarm(code) = kind.outcome else { continue };
        let stream = format!("hostile {number}");
        let own = alerts.iter().filter(|alert| alert["stream_id"] == *stream && alert["state"] == "raised");
        let codes: Vec<&Value> = own.map(|alert| &alert["code"]).collect();
        if !codes.iter().any(|raised| **raised == code) {
            missing.push(format!("{}: {code} is missing from {codes:?}", kind.name));
        }
    }
    missing
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_hurts_a_bed_on_the_same_partition_and_none_is_lost_in_silence() {
    let Some(bootstrap_servers) = real_broker::bootstrap_servers() else { return };
    let kafka = settings(bootstrap_servers, "hostile");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let more = format!("[readings]\nmodel = \"none\"\n[http]\nlisten = \"{address}\"\n");
    let service = Service::start(&settings_file(folder.path(), &kafka, &more));
    page(format!("http://{address}/readyz"), |status, _| status == 200).await;
    let [mut alerts, mut vitals, mut letters] =
        [&kafka.topics.alerts, &kafka.topics.vitals, &kafka.topics.dead_letters]
            .map(|topic| TopicReader::open(&kafka, topic));

    let good = good_bed();
    let stream_id = good[0].stream_id.clone();
    let (expected_alerts, expected_vitals) = said_of(&good);
    assert!(expected_alerts.iter().any(|alert| alert["code"] == "ASYS"), "the good bed has something to say");
    let hostile = Hostile::new(&kafka);
    let (mut placed, mut ordered) = (Vec::new(), Vec::new());
    let (kinds, commands) = (waveforms::kinds(), commands::kinds());
    let mut waiting = kinds.iter().enumerate();
    let mut orders = commands.iter();
    for (index, chunk) in good.iter().enumerate() {
        let topic = &kafka.topics.waveforms;
        hostile.send(topic, &Sent::honest(&stream_id, encoded(chunk))).await;
        // The first ones come when there is something to repeat, the last ones before the bed ends.
        if index < 10 || index % 2 == 1 {
            continue;
        }
        if let Some((number, kind)) = waiting.next() {
            let stream = format!("hostile {number}");
            let messages = (kind.input)(&Given { stream: &stream, good: chunk });
            hostile.send_all(topic, kind.name, kind.outcome, messages, &mut placed).await;
        }
        if let Some(kind) = orders.next() {
            let topic = &kafka.topics.commands;
            hostile.send_all(topic, kind.name, kind.outcome, (kind.input)(), &mut ordered).await;
        }
    }
    assert!(waiting.next().is_none() && orders.next().is_none(), "the good bed is too short for so many kinds");

    let seconds = expected_vitals.len();
    vitals.until(PATIENCE, |messages| of_bed(messages, &stream_id).len() >= seconds).await;
    let (dead_chunks, dead_commands) = (dead(&placed), dead(&ordered));
    letters.until(PATIENCE, |messages| messages.len() >= dead_chunks + dead_commands).await;
    // What stands before the silence of the good bed on this topic is all that the signals caused.
    let is_silent = |alert: &Value| alert["stream_id"] == *stream_id && alert["code"] == "NODATA";
    alerts.until(PATIENCE, |messages| values(messages).iter().any(is_silent)).await;
    let missing = missing_alarms(&kinds, &alerts.values());
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(of_bed(&vitals.messages, &stream_id), expected_vitals, "the good bed is watched as if it were alone");
    assert_eq!(of_bed(&alerts.messages, &stream_id), expected_alerts, "the good bed alarms as if it were alone");
    placed.append(&mut ordered);
    check_dead_letters(&placed, &letters.messages);

    let waveforms = || placed.iter().filter(|placed| placed.topic == kafka.topics.waveforms);
    let dropped =
        |word: &'static str| waveforms().filter(|placed| placed.fate() == Outcome::Dropped(word)).count() as u64;
    let sent = (waveforms().count() + good.len()) as u64;
    let [received, rejected, duplicate, late] = [
        ("gemwatch_chunks_received_total", ""),
        ("gemwatch_chunks_rejected_total", ""),
        ("gemwatch_chunks_dropped_total", "duplicate"),
        ("gemwatch_chunks_dropped_total", "late"),
    ]
    .map(|(name, attribute)| metric(address, name, attribute));
    let (received, rejected) = (received.await, rejected.await);
    assert_eq!((duplicate.await, late.await), (dropped("duplicate"), dropped("late")));
    assert_eq!(rejected, dead_chunks as u64);
    assert_eq!(rejected + received, sent, "each message is a dead letter or was taken in");
    let taken = metric(address, "gemwatch_commands_taken_total", "").await;
    let refused = metric(address, "gemwatch_commands_rejected_total", "").await;
    assert_eq!(refused, dead_commands as u64);
    assert_eq!(taken + refused, placed.len() as u64 - waveforms().count() as u64, "no command is lost in silence");
    let bare = placed.iter().filter(|placed| matches!(placed.outcome, Outcome::BareLetter(_))).count();
    assert_eq!(metric(address, "gemwatch_publish_failures_total", "").await, bare as u64);

    page(format!("http://{address}/readyz"), |status, _| status == 200).await;
    if let Some(mib) = most_memory_mib(service.id()) {
        eprintln!("{} hostile messages of {} kinds, at most {mib} MiB", placed.len(), kinds.len() + commands.len());
        assert!(mib < MOST_MEMORY_MIB, "{mib} MiB");
    }
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_answers_or_refuses_every_request() {
    let Some(bootstrap_servers) = real_broker::bootstrap_servers() else { return };
    let kafka = settings(bootstrap_servers, "hostile-requests");
    ensure_topics(&kafka, 1, 1, PATIENCE).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let more = format!("[readings]\nmodel = \"none\"\n[http]\nlisten = \"{address}\"\n");
    let service = Service::start_as("reader", &settings_file(folder.path(), &kafka, &more));
    let [mut letters, mut rounds] =
        [&kafka.topics.dead_letters, &kafka.topics.readings].map(|topic| TopicReader::open(&kafka, topic));
    let hostile = Hostile::new(&kafka);
    let mut placed = Vec::new();
    for kind in requests::kinds() {
        let topic = &kafka.topics.reading_requests;
        hostile.send_all(topic, kind.name, kind.outcome, (kind.input)(), &mut placed).await;
    }
    let used = placed.len() - dead(&placed);
    letters.until(PATIENCE, |messages| messages.len() >= placed.len() - used).await;
    rounds.until(PATIENCE, |messages| messages.len() >= used).await;
    check_dead_letters(&placed, &letters.messages);
    assert_eq!(metric(address, "gemwatch_reading_requests_rejected_total", "").await, dead(&placed) as u64);
    assert_eq!(metric(address, "gemwatch_reading_requests_taken_total", "").await, used as u64);
    if let Some(mib) = most_memory_mib(service.id()) {
        eprintln!("{} hostile requests, at most {mib} MiB", placed.len());
        assert!(mib < MOST_MEMORY_MIB, "{mib} MiB");
    }
    let ended = tokio::task::spawn_blocking(move || service.terminate(SHUTDOWN_PATIENCE)).await.unwrap();
    assert!(ended.success(), "{ended}");
}

/// The program with bounded memory and time. `sh` sets the limits, `timeout` ends it with status 124.
fn bounded(arguments: &[String]) -> Command {
    let program = gemwatch(&[]);
    let mut command = Command::new("sh");
    let limits = format!("ulimit -v {MOST_ADDRESS_SPACE_KIB}; exec timeout {MOST_COMMAND_S} \"$@\"");
    command.args(["-c", &limits, "sh"]).arg(program.get_program()).args(arguments);
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

#[test]
fn every_file_is_used_or_refused_with_its_reason() {
    let all = [files::records(), files::readings(), files::settings(), files::evaluations()];
    let mut wrong = Vec::new();
    for Kind { name, outcome, input } in all.into_iter().flatten() {
        let folder = tempfile::tempdir().unwrap();
        let output = bounded(&input(folder.path())).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let is_right = match outcome {
            Outcome::Refused(words) => output.status.code() == Some(2) && said.contains(words),
            _ => output.status.success(),
        };
        if !is_right || said.contains("panicked") {
            wrong.push(format!("{name}: {} {}", output.status, said.chars().take(600).collect::<String>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_spoiled_package_is_refused_with_its_reason() {
    let mut wrong = Vec::new();
    for Kind { name, outcome, input } in packages::kinds() {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/package")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        input(folder.path());
        let said = match Package::open(folder.path()) {
            Ok(_) => "used".to_owned(),
            Err(error) => format!("{:#}", anyhow::Error::from(error)),
        };
        let is_right = match outcome {
            Outcome::Refused(words) => said.contains(words),
            _ => said == "used",
        };
        if !is_right {
            wrong.push(format!("{name}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn table<I>(text: &mut String, title: &str, kinds: &[Kind<I>]) {
    let _ = writeln!(text, "\n## {title}\n\n| what comes | what becomes of it |\n| --- | --- |");
    for kind in kinds {
        let _ = writeln!(text, "| {} | {} |", kind.name, kind.outcome.words().replace('|', "\\|"));
    }
}

fn document() -> String {
    let mut text = "# Hostile input\n\n\
        Made by `GEMWATCH_WRITE=1 cargo test --test hostile` from the kinds that the test sends (`tests/hostile/`). Messages go to the\n\
        program on a real broker, between the chunks of a good bed and on its partition; files to its commands, with 4 GiB of\n\
        address space and 60 s at most. No message is lost in silence: dead letters, chunks not used and chunks used add up to\n\
        what was sent, and the vital signs and alerts of the good bed are those it has alone. A dead letter has key and value as\n\
        they came, and the reason in words, topic, partition and offset in its headers; words in quotes stand in that reason, or in\n\
        the error that a command ends with (status 2).\n"
        .to_owned();
    table(&mut text, "Topic of waveforms", &waveforms::kinds());
    table(&mut text, "Topic of commands", &commands::kinds());
    table(&mut text, "Topic of requests for readings", &requests::kinds());
    table(&mut text, "Records", &files::records());
    table(&mut text, "Readings by others (`explain --reading`)", &files::readings());
    table(&mut text, "Settings", &files::settings());
    table(&mut text, "Questions and answers (`evaluate`)", &files::evaluations());
    table(&mut text, "Model packages", &packages::kinds());
    text
}

#[test]
fn the_document_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hostile-input.md");
    let text = document();
    if env::var_os("GEMWATCH_WRITE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "docs/hostile-input.md is not current; now it would say\n{text}");
}

#[test]
fn no_two_kinds_have_the_same_name() {
    let text = document();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ") && !line.contains("---")).collect();
    let kinds = rows.iter().filter(|row| !row.contains("what comes")).count();
    let unlike: BTreeSet<&&str> = rows.iter().filter(|row| !row.contains("what comes")).collect();
    assert_eq!(kinds, unlike.len());
}
