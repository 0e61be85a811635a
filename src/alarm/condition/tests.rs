//! Conditions on hand-made findings: at the limit and just below it.

use super::*;
use crate::rhythm::{Oscillation, Pattern, PatternKind, Run};

fn at(seconds: f64) -> Time {
    Time::from_nanos((seconds * 1e9) as i64)
}

/// The codes that are met at 20 s.
fn met(found: &Findings) -> Vec<&'static str> {
    let mut rhythm = Rhythm::default();
    rhythm.watch(at(0.0));
    (0..26).for_each(|beat| rhythm.beat(at(f64::from(beat) * 0.8), 4.0));
    let trends = Trends::new(&[Lead::II]);
    let situation = Situation {
        now: at(20.2),
        seen_until: at(20.0),
        rhythm: &rhythm,
        trends: &trends,
        usable: &[Lead::II],
        off: &[],
        silent_since: None,
        clock_jump: None,
        degraded: None,
    };
    let limits = Limits::default();
    let is_met = |code: &&AlarmCode| situation.begins_from(**code, &limits, found).is_some();
    AlarmCode::ALL.iter().filter(is_met).map(|code| code.as_str()).collect()
}

fn run(beats: usize, bpm: f64, ended: bool) -> Findings {
    let from = at(20.0 - 60.0 / bpm * (beats - 1) as f64);
    let run = Run { beats, bpm, slowest_bpm: bpm, from, to: at(20.0), ended };
    Findings { ventricular_run: Some(run), ..Findings::default() }
}

#[test]
fn a_run_is_named_after_its_length_and_rate() {
    assert_eq!(met(&Findings::default()), [""; 0]);
    for (beats, bpm, ended, name) in [
        (5, 101.0, false, "VTAC"),
        (5, 101.0, true, "VTAC"),
        (5, 100.0, true, "RUN"),
        (4, 150.0, true, "NSVT"),
        (3, 150.0, true, "NSVT"),
        (5, 39.0, false, "VBRADY"),
        (14, 80.0, false, "VRHY"),
        (13, 80.0, true, "RUN"),
        (2, 120.0, true, "CPLT"),
    ] {
        assert_eq!(met(&run(beats, bpm, ended)), [name], "{beats} at {bpm}");
    }
    // It may still grow.
    assert_eq!(met(&run(4, 150.0, false)), [""; 0]);
    assert_eq!(met(&run(2, 90.0, true)), [""; 0]);
}

#[test]
fn fibrillation_needs_its_seconds() {
    let wave = |seconds: f64| Findings {
        ventricular_oscillation: Some(Oscillation {
            from: at(20.0 - seconds),
            to: at(20.0),
            leads: vec![Lead::II],
            frequency_hz: 5.0,
            amplitude_mv: 0.4,
        }),
        ..Findings::default()
    };
    assert_eq!(met(&wave(3.9)), [""; 0]);
    assert_eq!(met(&wave(4.0)), ["VFIB"]);
}

#[test]
fn noise_suspends_all_but_high_priority() {
    let pattern = Pattern { kind: PatternKind::Bigeminy, cycles: 3, from: at(15.0), to: at(20.0) };
    let mut found = Findings { pattern: Some(pattern), ..run(5, 150.0, false) };
    assert_eq!(met(&found), ["VTAC", "BIGEM"]);
    found.noise.since = Some(at(10.0));
    found.noise.seconds_of_last_30 = 20;
    assert_eq!(met(&found), ["VTAC", "NOISE1", "NOISE2"]);
}
