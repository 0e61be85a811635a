//! The JSON Schemas of what is published: they are current, closed, and true of what is written.

#[path = "program/schema.rs"]
mod schema;

use std::{env, fs};

use gemwatch::alarm::{AlarmCode, AlarmEvent, Change, Evidence};
use gemwatch::bed::VitalsSecond;
use gemwatch::ecg::{Lead, StreamId, Strip, StripLead, Time};
use gemwatch::measure::measure;
use gemwatch::pipeline::ground_text;
use gemwatch::signal::quality::Quality;
use gemwatch::wire::{
    Alert, AuditOutcome, AuditRecord, Command, Explanation, Heartbeat, Reading, RoundReading, Vitals,
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

/// The schema of `T` as it is written: a member that may be left out is optional, one that may be `null` is not.
fn is_current<T: JsonSchema>(name: &str) {
    is_current_as::<T>(name, SchemaSettings::draft2020_12().for_serialize());
}

/// The schema of `T` as it is read: a member with a default may be left out.
fn is_current_as_read<T: JsonSchema>(name: &str) {
    is_current_as::<T>(name, SchemaSettings::draft2020_12());
}

fn is_current_as<T: JsonSchema>(name: &str, settings: SchemaSettings) {
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let schema = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = schema::path(name);
    if env::var_os("GEMWATCH_WRITE").is_some() {
        fs::write(&path, &schema).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let advice = "is not current: GEMWATCH_WRITE=1 cargo test --test schemas current writes it anew";
    assert!(written == schema, "{} {advice}", path.display());
    schema::validator(name);
}

#[test]
fn the_schema_of_alerts_is_current() {
    is_current::<Alert>("alert");
}

#[test]
fn the_schema_of_commands_is_current() {
    is_current_as_read::<Command>("command");
}

#[test]
fn the_schema_of_audit_records_is_current() {
    is_current::<AuditRecord>("audit");
}

#[test]
fn the_schema_of_vital_signs_is_current() {
    is_current::<Vitals>("vitals");
}

#[test]
fn the_schema_of_heartbeats_is_current() {
    is_current::<Heartbeat>("heartbeat");
    let written = serde_json::to_value(Heartbeat::new(&stream_id(), at(310), 2.0, at(300), 10.2, 1)).unwrap();
    schema::validator("heartbeat").validate(&written).unwrap();
}

#[test]
fn the_schema_of_readings_is_current() {
    is_current::<RoundReading>("reading");
}

#[test]
fn the_schema_of_explanations_is_current() {
    is_current::<Explanation>("explanation");
}

fn stream_id() -> StreamId {
    StreamId::new("ward 7/bed 3").unwrap()
}

fn at(seconds: i64) -> Time {
    Time::from_nanos(seconds * 1_000_000_000)
}

/// Ten seconds of lead II with a spike every second.
fn strip() -> Strip {
    let samples_mv = (0..5000).map(|n| if n % 500 < 10 { 1.0 } else { 0.0 }).collect();
    Strip { start: at(290), rate_hz: 500.0, leads: vec![StripLead { lead: Lead::II, derived: false, samples_mv }] }
}

fn reading() -> Reading {
    let strip = strip();
    ground_text("somebody", "Heart rate of 60 bpm, tachycardia.", &strip, &measure(&strip))
}

fn raised() -> Alert {
    let evidence = Evidence {
        what: "time without QRS complex".into(),
        value: 4.0,
        unit: "s".into(),
        leads: vec![Lead::II],
        from: at(296),
        to: at(300),
    };
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
        evidence: vec![evidence],
    };
    Alert::new(&stream_id(), &event)
}

fn interpreted() -> Value {
    let alert = raised().interpreted(reading(), at(290), at(300));
    assert_eq!(alert.reading.as_ref().unwrap().claims.len(), 2, "{alert:#?}");
    serde_json::to_value(alert).unwrap()
}

fn vitals() -> Value {
    let second = VitalsSecond {
        at: at(300),
        heart_rate_bpm: None,
        ventricular_beats_a_minute: Some(3),
        qtc_ms: Some(420.4),
        leads: vec![(Lead::II, Quality::Good, Some(-0.0512)), (Lead::V1, Quality::Off, None)],
    };
    serde_json::to_value(Vitals::new(&stream_id(), &second)).unwrap()
}

fn explanation() -> Value {
    let strip = strip();
    serde_json::to_value(Explanation::new("made", &strip, &measure(&strip), Some(reading()))).unwrap()
}

/// The line about somebody who sets limits.
fn audited(outcome: AuditOutcome) -> Value {
    let command = json!({
        "command": "set_limits", "stream_id": "bed-7", "profile": "child", "limits": {"pause_s": 2.0},
        "by": "A. Nurse", "at": "1970-01-01T00:05:00Z",
    });
    let command = Command::read(command.to_string().as_bytes()).unwrap();
    let heard_at = "1970-01-01T00:05:01Z".to_owned();
    let reason = (outcome == AuditOutcome::Refused).then_some("limits cannot be used");
    serde_json::to_value(AuditRecord::new(heard_at, ("ecg.commands", 0, 7), Some(&command), outcome, reason)).unwrap()
}

#[test]
fn what_is_written_fits() {
    let alert = schema::validator("alert");
    schema::validate(&alert, &serde_json::to_value(raised()).unwrap());
    schema::validate(&alert, &interpreted());
    let ended = Alert { cleared_at: Some("1970-01-01T00:05:10Z".to_owned()), ..raised() };
    schema::validate(&alert, &serde_json::to_value(ended).unwrap());
    schema::validate(&schema::validator("vitals"), &vitals());
    for outcome in [AuditOutcome::Followed, AuditOutcome::Kept, AuditOutcome::Refused] {
        schema::validate(&schema::validator("audit"), &audited(outcome));
    }
    let round = RoundReading::new(&stream_id(), &strip(), reading());
    schema::validate(&schema::validator("reading"), &serde_json::to_value(round).unwrap());
    schema::validate(&schema::validator("explanation"), &explanation());
}

/// Each of these changes alone makes the document one that does not fit. `null` takes the member away.
fn refused(name: &str, document: &Value, changes: &[(&str, &str, Value)]) {
    let validator = schema::validator(name);
    schema::validate(&validator, document);
    for (place, member, value) in changes {
        let mut mangled = document.clone();
        let object = mangled.pointer_mut(place).and_then(Value::as_object_mut).unwrap();
        match value {
            Value::Null => drop(object.remove(*member).unwrap()),
            value => drop(object.insert((*member).to_owned(), value.clone())),
        }
        assert!(!validator.is_valid(&mangled), "{name} takes {place}/{member} = {value}");
    }
}

#[test]
fn mangled_alerts_do_not_fit() {
    refused(
        "alert",
        &interpreted(),
        &[
            ("", "id", json!("seven")),
            ("", "id", Value::Null),
            ("", "code", json!("asys")),
            ("", "state", json!("Raised")),
            ("", "priority", json!("urgent")),
            ("", "onset", json!("yesterday")),
            ("", "raised_at", json!(300)),
            ("", "cleared_at", json!("later")),
            ("", "evidence", Value::Null),
            ("", "colour", json!("red")),
            ("/evidence/0", "value", json!("4.0")),
            ("/evidence/0", "from_s", Value::Null),
            ("/evidence/0", "colour", json!("red")),
            ("/reading", "trained", Value::Null),
            ("/reading", "colour", json!("red")),
            ("/reading/claims/0", "verdict", json!("perhaps")),
            ("/reading/claims/0", "from", json!(-1)),
            ("/reading/claims/0", "colour", json!("red")),
        ],
    );
}

#[test]
fn other_mangled_documents_do_not_fit() {
    refused(
        "audit",
        &audited(AuditOutcome::Followed),
        &[
            ("", "heard_at", json!("now")),
            ("", "outcome", json!("ignored")),
            ("", "partition", Value::Null),
            ("", "offset", json!("7")),
            ("", "colour", json!("red")),
        ],
    );
    refused(
        "vitals",
        &vitals(),
        &[
            ("", "time", json!("12:00")),
            ("", "heart_rate_bpm", Value::Null),
            ("", "heart_rate_bpm", json!("60")),
            ("", "spo2", json!(97)),
            ("/leads/0", "quality", json!("Good")),
            ("/leads/0", "noise", json!(1)),
        ],
    );
    refused(
        "explanation",
        &explanation(),
        &[
            ("", "window_start", json!("start")),
            ("", "beats_s", json!([true])),
            ("", "verdict", json!("fine")),
            ("/measurements/0", "value", Value::Null),
            ("/measurements/0", "beats", json!(-1)),
            ("/measurements/0", "colour", json!("red")),
            ("/reading", "text", Value::Null),
        ],
    );
}
