//! Who takes a bed over says what the one before would have said: tried at the chunks around every alert, with the other ahead by
//! some of them.
//!
//! The patients are those of the fault runs (`tests/chaos/`), whose processes meet these moments only by chance.

#[path = "program/bedside.rs"]
mod bedside;
#[path = "chaos/patients.rs"]
mod patients;

use std::collections::{BTreeMap, BTreeSet};

use gemwatch::alarm::AlarmEvent;
use gemwatch::bed::BedSettings;
use gemwatch::pipeline::{Monitor, Said};
use gemwatch::wire::{Alert, AlertState};
use patients::{Patient, limits, patients};
use serde_json::Value;

const SEED: u64 = 1;

/// By so many chunks the other was ahead when what stands was read.
const AHEAD: [usize; 4] = [0, 1, 2, 12];

/// A successor is followed for so many chunks: eight seconds.
const FOLLOWED: usize = 40;

/// What stands once the alerts of the first `chunks` were said.
fn standing(patient: &Patient, chunks: usize) -> Vec<AlarmEvent> {
    let mut open = BTreeMap::new();
    for (_, alert) in patient.due.iter().take_while(|(index, _)| *index < chunks) {
        let alert: Alert = serde_json::from_value(alert.clone()).unwrap();
        if alert.state == AlertState::Cleared {
            open.remove(&alert.id);
        } else {
            open.insert(alert.id, alert);
        }
    }
    open.into_values().filter_map(|alert| alert.left_open()).map(|(_, event)| event).collect()
}

/// The alerts of these, without those that only say again what stands.
fn alerts(said: Vec<Said>) -> impl Iterator<Item = Value> {
    said.into_iter().filter_map(|said| match said {
        Said::Alert { alert, .. } => Some(serde_json::to_value(alert).unwrap()).filter(is_news),
        _ => None,
    })
}

fn is_news(alert: &Value) -> bool {
    alert["state"] != "continue"
}

/// What is said up to the chunk `until` by who takes over after `heard` of them, of which all was said, and of `ahead` more.
fn said_by_successor(patient: &Patient, heard: usize, ahead: usize, until: usize) -> Vec<Value> {
    let mut monitor = Monitor::new(BedSettings { limits: limits(), round_s: 0.0, ..BedSettings::default() });
    for chunk in &patient.chunks[..heard] {
        monitor.push(chunk);
    }
    let mut said = monitor.take_over(&patient.chunks[0].stream_id, standing(patient, heard + ahead));
    said.extend(patient.chunks[heard..until].iter().flat_map(|chunk| monitor.push(chunk)));
    alerts(said).collect()
}

fn assert_all_hand_overs(patient: &Patient) -> usize {
    let around = patient.due.iter().flat_map(|(index, _)| *index..=index + 1);
    let moments: BTreeSet<usize> = around.filter(|heard| *heard > 0).collect();
    for heard in &moments {
        let until = (heard + FOLLOWED).min(patient.chunks.len());
        let due = patient.due.iter().filter(|(index, alert)| (*heard..until).contains(index) && is_news(alert));
        let due: Vec<&Value> = due.map(|(_, alert)| alert).collect();
        for ahead in AHEAD {
            let said = said_by_successor(patient, *heard, ahead, until);
            let chunk = &patient.chunks[0];
            assert_eq!(
                said.iter().collect::<Vec<_>>(),
                due,
                "seed {SEED}, {} at {} Hz, handed over after {heard} chunks, the other ahead by {ahead}",
                chunk.stream_id,
                chunk.rate_hz
            );
        }
    }
    moments.len()
}

#[test]
fn who_takes_over_at_any_moment_says_what_is_due() {
    let patients = patients(4, SEED);
    let rates: BTreeSet<u64> = patients.iter().map(|patient| patient.chunks[0].rate_hz as u64).collect();
    assert_eq!(rates.into_iter().collect::<Vec<_>>(), [250, 360, 500], "seed {SEED} leaves out a sampling rate");
    let moments = std::thread::scope(|scope| {
        let tries: Vec<_> = patients.iter().map(|patient| scope.spawn(|| assert_all_hand_overs(patient))).collect();
        tries.into_iter().map(|one| one.join().unwrap()).sum::<usize>()
    });
    assert!(moments > 20, "hardly an alert was due");
}
