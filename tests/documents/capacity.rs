//! The chapter on scale: its tables are what `docs/capacity.py` prints, and the sizes it begins with are those of real messages.

use std::fs;
use std::process::Command;

use gemwatch::bed::VitalsSecond;
use gemwatch::ecg::{STANDARD_LEADS, StreamId, Time};
use gemwatch::publish::{CloudEvent, cloud_event_headers};
use gemwatch::signal::quality::Quality;
use gemwatch::wire::{Heartbeat, Vitals};
use simulators::monitor::Monitor;
use simulators::scenario::ward;
use simulators::wire::{encoded, waveform_chunk};

use super::program::left_out;
use super::root;

/// What stands around the tables in the chapter.
const BEGIN: &str = "<!-- begin: printed by docs/capacity.py -->\n\n";
const END: &str = "\n<!-- end -->";

/// 2026, so that times have their full length.
const NOW_NS: i64 = 1_795_521_600_123_000_000;

/// What a record of a Kafka batch needs beside key, value and headers, roughly: lengths, attributes, time and offset.
const RECORD_BYTES: usize = 10;

#[test]
fn the_tables_are_what_the_script_prints() {
    let python = std::env::var("GEMWATCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Ok(output) = Command::new(python).arg(root().join("docs/capacity.py")).output() else {
        return left_out("no Python");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let path = root().join("docs/capacity.md");
    let chapter = fs::read_to_string(&path).unwrap();
    let (before, rest) = chapter.split_once(BEGIN).expect("the chapter says where the tables begin");
    let (tables, after) = rest.split_once(END).expect("the chapter says where the tables end");
    if std::env::var_os("GEMWATCH_WRITE").is_some() {
        fs::write(&path, [before, BEGIN, &printed, END, after].concat()).unwrap();
    } else {
        assert!(tables == printed, "docs/capacity.md is not current; docs/capacity.py prints\n{printed}");
    }
}

/// A constant of the script.
fn constant(name: &str) -> f64 {
    let text = fs::read_to_string(root().join("docs/capacity.py")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='));
    let value = line.unwrap_or_else(|| panic!("docs/capacity.py has no {name}")).split('#').next().unwrap();
    value.trim().replace('_', "").parse().unwrap()
}

fn agrees(name: &str, measured: f64) {
    eprintln!("{name}: {measured:.1}");
    let stated = constant(name);
    assert!((stated / measured - 1.0).abs() < 0.03, "docs/capacity.py: {name} = {stated}, measured {measured:.1}");
}

fn bytes(headers: &[(String, String)]) -> usize {
    headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum()
}

/// Eight patients of the built-in ward for a minute, as `bedside kafka` sends them.
#[test]
fn chunks_are_as_large_as_stated() {
    let ward = ward(8, 1);
    let (mut value_bytes, mut beside_bytes, mut chunks) = (0, 0, 0);
    for bed in &ward.beds {
        let mut monitor = Monitor::new(bed, ward.chunk_ms).unwrap();
        for _ in 0..600 {
            let chunk = monitor.next_chunk();
            let message = waveform_chunk(&chunk, NOW_NS);
            value_bytes += encoded(&message).len();
            let id = format!("{}:{}:{}", chunk.stream_id, chunk.sequence, message.start_unix_ns);
            let headers = [
                ("ce_specversion", "1.0"),
                ("ce_id", &id),
                ("ce_type", simulators::feed::EVENT_TYPE),
                ("ce_source", "/bedside"),
                ("ce_time", "2026-11-24T00:00:00.123Z"),
                ("content-type", "application/protobuf"),
            ];
            let headers: Vec<_> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
            beside_bytes += bytes(&headers) + chunk.stream_id.len() + RECORD_BYTES;
            chunks += 1;
        }
    }
    agrees("CHUNK_VALUE_BYTES", f64::from(u32::try_from(value_bytes).unwrap()) / f64::from(chunks));
    agrees("CHUNK_BESIDE_BYTES", f64::from(u32::try_from(beside_bytes).unwrap()) / f64::from(chunks));
}

/// A second of a bed with twelve leads, all measured, and word that it is watched; headers and key included.
#[test]
fn vital_signs_and_heartbeats_are_as_large_as_stated() {
    let stream_id = StreamId::new("bed-01").unwrap();
    let now = Time::from_nanos(NOW_NS);
    let second = VitalsSecond {
        at: now,
        heart_rate_bpm: Some(78.2),
        ventricular_beats_a_minute: Some(0),
        qtc_ms: Some(412.0),
        leads: STANDARD_LEADS.iter().map(|lead| (lead.clone(), Quality::Good, Some(-0.012))).collect(),
    };
    let vitals = serde_json::to_vec(&Vitals::new(&stream_id, &second)).unwrap();
    let heartbeat = serde_json::to_vec(&Heartbeat::new(&stream_id, now, 2.0, now, 0.1, 0)).unwrap();
    let whole = |value: &[u8], id: &str, kind: &str| {
        let event = CloudEvent {
            id,
            kind,
            source: "/gemwatch",
            time: now,
            subject: "bed-01",
            data_schema: None,
            content_type: "application/json",
        };
        let all = value.len() + bytes(&cloud_event_headers(&event)) + stream_id.as_str().len() + RECORD_BYTES;
        f64::from(u32::try_from(all).unwrap())
    };
    agrees("VITALS_BYTES", whole(&vitals, "bed-01:2026-11-24T00:00:00Z", "gemwatch.vitals"));
    agrees("HEARTBEAT_BYTES", whole(&heartbeat, "bed-01:2026-11-24T00:00:00.123Z:heartbeat", "gemwatch.heartbeat"));
}
