//! The life of an alarm, on a heart that stops and beats again.

use super::*;
use crate::ecg::Lead;
use crate::rhythm::Rhythm;

fn at(seconds: f64) -> Time {
    Time::from_nanos((seconds * 1e9) as i64)
}

/// Looks every 100 ms at a heart that beats at these seconds.
fn watch(engine: &mut AlarmEngine, beats_s: &[f64], from_s: f64, to_s: f64) -> Vec<(AlarmCode, Change, AlarmCode)> {
    let mut changes = Vec::new();
    for step in (from_s * 10.0) as i64..(to_s * 10.0) as i64 {
        let now = at(step as f64 / 10.0);
        let mut rhythm = Rhythm::default();
        rhythm.watch(at(0.0));
        beats_s.iter().filter(|beat_s| at(**beat_s) <= now).for_each(|beat_s| rhythm.beat(at(*beat_s), 4.0));
        let usable = [Lead::II];
        let situation = Situation {
            now,
            seen_until: now,
            rhythm: &rhythm,
            usable: &usable,
            off: &[],
            silent_since: None,
            clock_jump: None,
            degraded: None,
        };
        changes.extend(engine.update(&situation).into_iter().map(|event| (event.code, event.change, event.first_code)));
    }
    changes
}

fn stop(from_s: u32, to_s: u32) -> Vec<f64> {
    (1..40).filter(|second| !(from_s..to_s).contains(second)).map(f64::from).collect()
}

#[test]
fn a_pause_becomes_an_asystole_under_the_same_id_and_latches_until_it_is_acknowledged() {
    let mut engine = AlarmEngine::new(Limits::default());
    let changes = watch(&mut engine, &stop(11, 20), 0.0, 30.0);
    use AlarmCode::{Asystole, Pause};
    assert_eq!(changes[0], (Pause, Change::Raised, Pause));
    assert_eq!(changes[1], (Asystole, Change::Escalated, Pause));
    assert!(changes.contains(&(Asystole, Change::Latched, Pause)), "{changes:?}");
    assert!(engine.open().any(|event| event.code == Asystole));
    assert_eq!(engine.restate(at(30.0))[0].change, Change::Continued);
    let ended = engine.acknowledge(Asystole, "nurse", at(31.0)).unwrap();
    assert_eq!((ended.change, ended.acknowledged.unwrap().by.as_str()), (Change::Cleared, "nurse"));
    assert_eq!(engine.acknowledge(Asystole, "nurse", at(32.0)), None);
}

#[test]
fn acknowledged_while_active_it_is_silent_for_a_while_and_ends_with_its_condition() {
    let mut engine = AlarmEngine::new(Limits::default());
    watch(&mut engine, &stop(11, 30), 0.0, 20.0);
    let event = engine.acknowledge(AlarmCode::Asystole, "nurse", at(20.0)).unwrap();
    assert_eq!(event.change, Change::Acknowledged);
    assert!(!event.sounds(at(60.0), 120.0) && event.sounds(at(140.0), 120.0));
    let changes = watch(&mut engine, &stop(11, 30), 20.0, 36.0);
    assert!(changes.contains(&(AlarmCode::Asystole, Change::Cleared, AlarmCode::Pause)), "{changes:?}");
}

#[test]
fn without_latching_the_end_of_the_condition_is_the_end() {
    let mut engine = AlarmEngine::new(Limits { latching: false, ..Limits::default() });
    let changes = watch(&mut engine, &stop(11, 20), 0.0, 36.0);
    assert!(changes.iter().all(|(_, change, _)| *change != Change::Latched), "{changes:?}");
    assert_eq!(engine.open().count(), 0);
}
