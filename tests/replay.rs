//! Recordings through the program: what it says fits the schemas, is the same each time, and is true of the patient.

mod program;
#[path = "program/schema.rs"]
mod schema;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use gemwatch::alarm::{AlarmCode, Priority};
use gemwatch::ecg::{StreamId, Time};
use gemwatch::source::recordings::Record;
use gemwatch::wire::{Alert, AlertState, Vitals, WINDOW_BEFORE_RAISED_S, alert_id};
use program::{gemwatch, lacks_runtime, recordings, stderr, stdout};
use serde::Deserialize;
use serde_json::Value;

/// A model whose words mean nothing and are there at once.
const UNTRAINED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/package");

/// A row of `--beats`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beat {
    stream_id: String,
    time_s: f64,
    label: char,
}

/// What a replay without a model said of a record, once all that holds for every record was checked.
struct Replayed {
    record: Record,
    alerts: Vec<Alert>,
    vitals: Vec<Vitals>,
    beats_s: Vec<f64>,
}

impl Replayed {
    fn seconds(&self) -> f64 {
        self.record.samples as f64 / self.record.rate_hz
    }

    /// Seconds into the record at which this alarm was raised.
    fn raised_s(&self, code: AlarmCode) -> Vec<f64> {
        let start = self.record.start.unwrap_or_default();
        let raised = self.alerts.iter().filter(|alert| alert.state == AlertState::Raised && alert.code == code);
        raised.map(|alert| time(&alert.raised_at).seconds_since(start)).collect()
    }
}

/// The three files of a replay.
#[derive(PartialEq)]
struct Files {
    alerts: String,
    vitals: String,
    beats: String,
}

/// Data time as it is written.
fn time(text: &str) -> Time {
    let time: jiff::Timestamp = text.parse().unwrap();
    Time::from_nanos(i64::try_from(time.as_nanosecond()).unwrap())
}

/// Each line, checked by the schema if there is one.
fn lines<T: for<'a> Deserialize<'a>>(text: &str, schema: Option<&str>) -> Vec<T> {
    assert!(text.is_empty() || text.ends_with('\n'));
    let validator = schema.map(schema::validator);
    let line = |line: &str| {
        let document: Value = serde_json::from_str(line).unwrap();
        if let Some(validator) = &validator {
            schema::validate(validator, &document);
        }
        serde_json::from_value(document).unwrap()
    };
    text.lines().map(line).collect()
}

/// Plays a record twice, once with the alerts on standard output. `None` where there is no ONNX Runtime.
fn play(record: &Path, model: &str) -> Option<Files> {
    let play = |alerts_in_file: bool| {
        let folder = tempfile::tempdir().unwrap();
        let [alerts, vitals, beats] = ["alerts", "vitals", "beats"].map(|name| folder.path().join(name));
        let mut command = gemwatch();
        command.arg("replay").arg(record).args(["--model", model]).arg("--vitals").arg(&vitals);
        command.arg("--beats").arg(&beats);
        if alerts_in_file {
            command.arg("--alerts").arg(&alerts);
        }
        let output = command.output().unwrap();
        if model != "none" && lacks_runtime(&output) {
            return None;
        }
        assert!(output.status.success(), "{}", stderr(&output));
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        if alerts_in_file {
            assert_eq!(stdout(&output), "");
        }
        let alerts = if alerts_in_file { read(&alerts) } else { stdout(&output) };
        Some(Files { alerts, vitals: read(&vitals), beats: read(&beats) })
    };
    let first = play(true)?;
    assert!(play(false)? == first, "{}: the second replay says something else", record.display());
    Some(first)
}

/// Replays a record of the test set with and without a model and checks what must be true of every replay.
fn replayed(name: &str) -> Option<Replayed> {
    let path = recordings()?.join(name);
    let record = Record::open(&path).unwrap();
    let files = play(&path, "none")?;
    let alerts: Vec<Alert> = lines(&files.alerts, Some("alert"));
    assert!(alerts.iter().all(|alert| alert.state != AlertState::Interpreted && alert.reading.is_none()), "{name}");
    check_lives(&alerts);
    alerts.iter().for_each(check_times);
    if let Some(read) = play(&path, UNTRAINED) {
        assert!(
            (&read.vitals, &read.beats) == (&files.vitals, &files.beats),
            "{name}: the model changes the vital signs"
        );
        let read: Vec<Alert> = lines(&read.alerts, Some("alert"));
        check_lives(&read);
        check_readings(&read);
        let without_readings: Vec<Alert> =
            read.into_iter().filter(|alert| alert.state != AlertState::Interpreted).collect();
        assert_eq!(without_readings, alerts, "{name}: the model changes the alarms");
    }
    let beats: Vec<Beat> = lines(&files.beats, None);
    assert!(beats.iter().all(|beat| beat.stream_id == record.name && "NSVF/Q".contains(beat.label)), "{name}");
    let beats_s: Vec<f64> = beats.iter().map(|beat| beat.time_s).collect();
    assert!(beats_s.is_sorted_by(|earlier, later| earlier < later), "{name}: beats out of order");
    let replayed = Replayed { alerts, vitals: lines(&files.vitals, Some("vitals")), beats_s, record };
    check_vitals(&replayed);
    Some(replayed)
}

/// Every alert is raised once, then read once at most and cleared once at most; none is raised while it stands. One that
/// has become worse is another alert under the same id.
fn check_lives(alerts: &[Alert]) {
    let mut lives: BTreeMap<_, Vec<&Alert>> = BTreeMap::new();
    let mut standing = BTreeMap::new();
    for alert in alerts {
        lives.entry((alert.id, alert.code)).or_default().push(alert);
        match alert.state {
            AlertState::Raised => {
                assert_eq!(standing.insert(alert.code, alert.id), None, "raised twice: {alert:#?}");
            }
            AlertState::Escalated => {
                standing.retain(|_, id| *id != alert.id);
                assert_eq!(standing.insert(alert.code, alert.id), None, "raised twice: {alert:#?}");
            }
            AlertState::Cleared => {
                assert_eq!(standing.remove(&alert.code), Some(alert.id), "cleared, not raised: {alert:#?}");
            }
            AlertState::Continue => {
                assert_eq!(standing.get(&alert.code), Some(&alert.id), "goes on, not raised: {alert:#?}");
                assert!(alert.announced, "said again for nothing: {alert:#?}");
            }
            AlertState::Interpreted => {}
            AlertState::Latched => {
                assert_eq!(standing.get(&alert.code), Some(&alert.id), "latched, not raised: {alert:#?}");
                assert!(alert.cleared_at.is_some(), "latched, not over: {alert:#?}");
            }
            AlertState::Acknowledged => panic!("nobody acknowledges in a replay: {alert:#?}"),
        }
    }
    let mut onsets = BTreeSet::new();
    for life in lives.values() {
        let states: Vec<AlertState> = life.iter().map(|alert| alert.state).collect();
        assert!(matches!(states[0], AlertState::Raised | AlertState::Escalated), "{life:#?}");
        let unlike: HashSet<&AlertState> = states.iter().collect();
        assert_eq!(unlike.len(), states.len(), "a state is said twice: {life:#?}");
        for alert in life {
            let same =
                |a: &Alert| (a.code, a.stream_id.clone(), a.onset.clone(), a.raised_at.clone(), a.evidence.clone());
            assert_eq!(same(alert), same(life[0]), "one id, two events");
        }
        assert!(onsets.insert((life[0].code, &life[0].onset)), "one event, two ids: {life:#?}");
        if states[0] == AlertState::Raised {
            let stream_id = StreamId::new(&life[0].stream_id).unwrap();
            assert_eq!(life[0].id, alert_id(&stream_id, life[0].code, time(&life[0].onset)));
        }
    }
}

/// Evidence is there and was there when the alarm was raised.
fn check_times(alert: &Alert) {
    let raised_at = time(&alert.raised_at);
    assert!((raised_at.seconds_since(time(&alert.window_start)) - WINDOW_BEFORE_RAISED_S).abs() < 1e-9, "{alert:#?}");
    assert!(time(&alert.onset) < raised_at, "{alert:#?}");
    let is_over = matches!(alert.state, AlertState::Latched | AlertState::Cleared);
    assert_eq!(alert.cleared_at.is_some(), is_over, "{alert:#?}");
    assert!(alert.cleared_at.iter().all(|cleared_at| time(cleared_at) >= raised_at), "{alert:#?}");
    assert!(!alert.evidence.is_empty(), "{alert:#?}");
    for evidence in &alert.evidence {
        assert!(evidence.from_s < evidence.to_s && evidence.to_s <= WINDOW_BEFORE_RAISED_S, "{alert:#?}");
        assert!(!evidence.leads.is_empty(), "{alert:#?}");
    }
}

/// Every announced alarm of the patient but those of low priority is read once, and nobody takes the words of an
/// untrained model for more than they are.
fn check_readings(alerts: &[Alert]) {
    let ids = |wanted: &dyn Fn(&Alert) -> bool| -> Vec<_> {
        alerts.iter().filter(|alert| wanted(alert)).map(|alert| (alert.id, alert.code)).collect()
    };
    let read = ids(&|alert| alert.state == AlertState::Interpreted);
    let to_read = ids(&|alert| {
        matches!(alert.state, AlertState::Raised | AlertState::Escalated)
            && alert.announced
            && alert.priority >= Priority::Medium
    });
    assert_eq!(read, to_read);
    for alert in alerts {
        let is_read = alert.state == AlertState::Interpreted;
        assert!(!(is_read && alert.code == AlarmCode::NoData), "silence cannot be read: {alert:#?}");
        assert_eq!(alert.reading.is_some(), is_read, "{alert:#?}");
        let Some(reading) = &alert.reading else { continue };
        assert_eq!(reading.remark.as_deref(), Some("untrained weights"), "{alert:#?}");
        assert!(!reading.trained && !reading.text.is_empty(), "{alert:#?}");
        for claim in &reading.claims {
            assert_eq!(reading.text.get(claim.from..claim.to), Some(claim.text.as_str()), "{alert:#?}");
            assert!(claim.to_s <= WINDOW_BEFORE_RAISED_S, "{alert:#?}");
        }
    }
}

/// One each second of the record. What is still in the resampler at its end is not told.
fn check_vitals(replayed: &Replayed) {
    let start = replayed.record.start.unwrap_or_default();
    for (second, vitals) in replayed.vitals.iter().enumerate() {
        assert_eq!(vitals.stream_id, replayed.record.name);
        let at_s = time(&vitals.time).seconds_since(start);
        assert!((at_s - (second + 1) as f64).abs() < 1e-6, "second {second} is told at {at_s}");
    }
    let untold_s = replayed.seconds() - replayed.vitals.len() as f64;
    assert!((0.0..=1.0).contains(&untold_s), "{untold_s} s of {} are not told", replayed.record.name);
}

#[test]
fn a_true_asystole_is_raised() {
    let Some(replayed) = replayed("cinc2015/a142s") else { return };
    let raised_s = replayed.raised_s(AlarmCode::Asystole);
    assert!(matches!(raised_s[..], [at_s] if (295.0..=303.0).contains(&at_s)), "{raised_s:?}");
}

#[test]
fn a_false_alarm_of_the_bedside_monitor_is_not_repeated() {
    let Some(replayed) = replayed("cinc2015/a103l") else { return };
    let raised_s = replayed.raised_s(AlarmCode::Asystole);
    assert!(!raised_s.iter().any(|at_s| (290.0..=301.0).contains(at_s)), "{raised_s:?}");
    assert!(replayed.seconds() > 301.0);
}

#[test]
fn the_heart_rate_of_a_calm_patient_is_shown_and_nothing_is_raised() {
    let Some(replayed) = replayed("ptb-xl/00001_hr") else { return };
    assert_eq!(replayed.alerts, []);
    let rates: Vec<Option<f64>> = replayed.vitals.iter().map(|vitals| vitals.heart_rate_bpm).collect();
    let shown: Vec<f64> = rates.iter().skip_while(|rate| rate.is_none()).map(|rate| rate.unwrap()).collect();
    assert!(shown.len() >= 4, "{rates:?}");
    assert!(shown.iter().all(|bpm| (55.0..=75.0).contains(bpm)), "{rates:?}");
}

/// Reference and detected beats that belong together, one to one, both in order.
fn matched(reference_s: &[f64], detected_s: &[f64], window_s: f64) -> Vec<(f64, f64)> {
    let (mut reference, mut detected) = (reference_s.iter().peekable(), detected_s.iter().peekable());
    let mut pairs = Vec::new();
    while let (Some(expected_s), Some(found_s)) = (reference.peek(), detected.peek()) {
        if (**expected_s - **found_s).abs() <= window_s {
            pairs.push((**expected_s, **found_s));
            reference.next();
            detected.next();
        } else if expected_s < found_s {
            reference.next();
        } else {
            detected.next();
        }
    }
    pairs
}

/// Sensitivity and positive predictivity as in ANSI/AAMI EC57: the first five minutes are for learning, a beat is found
/// if it is found within 150 ms.
#[test]
fn the_beats_are_those_of_the_cardiologists() {
    const LEARNING_S: f64 = 300.0;
    let Some(replayed) = replayed("mitdb/100") else { return };
    let annotations = replayed.record.annotations("atr").unwrap();
    let reference_s: Vec<f64> = annotations.beats().map(|beat| beat.sample as f64 / replayed.record.rate_hz).collect();
    let pairs = matched(&reference_s, &replayed.beats_s, 0.150);
    let counted = |seconds: &[f64]| seconds.iter().filter(|at_s| **at_s >= LEARNING_S).count() as f64;
    let (expected, found): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let sensitivity = counted(&expected) / counted(&reference_s);
    let positive_predictivity = counted(&found) / counted(&replayed.beats_s);
    eprintln!("mitdb/100: sensitivity {sensitivity:.4}, positive predictivity {positive_predictivity:.4}");
    assert!(counted(&reference_s) > 1800.0);
    assert!(sensitivity > 0.995 && positive_predictivity > 0.995, "{sensitivity} {positive_predictivity}");
}

#[test]
fn beats_are_matched_one_to_one() {
    assert_eq!(matched(&[1.0, 2.0, 3.0], &[1.1, 1.12, 2.5, 2.9], 0.15), [(1.0, 1.1), (3.0, 2.9)]);
    assert_eq!(matched(&[], &[1.0], 0.15), []);
}

#[test]
fn a_replay_takes_as_long_as_its_speed_says() {
    let Some(folder) = recordings() else { return };
    let beats = |speed: &str| {
        let out = tempfile::tempdir().unwrap();
        let path = out.path().join("beats");
        let mut command = gemwatch();
        command.arg("replay").arg(folder.join("ptb-xl/00001_hr")).args(["--model", "none", "--speed", speed]);
        let started = Instant::now();
        let output = command.arg("--beats").arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        (started.elapsed(), fs::read(path).unwrap())
    };
    let (took, paced) = beats("50");
    assert!(took >= Duration::from_secs_f64(10.0 / 50.0), "{took:?}");
    assert!(paced == beats("max").1, "the speed changes what is said");
}
