//! The life of an alarm, on a heart that stops and beats again.

use super::AlarmCode::{Asystole, ExtremeBradycardia, ExtremeTachycardia, HighHeartRate, LowHeartRate, NoData, Pause};
use super::*;
use crate::ecg::Lead;
use crate::measure::Trends;
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
        let trends = Trends::new(&[Lead::II]);
        let situation = Situation {
            now,
            seen_until: now,
            rhythm: &rhythm,
            trends: &trends,
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

fn latching() -> AlarmEngine {
    AlarmEngine::new(Limits { latching: true, ..Limits::default() })
}

fn without_latching() -> AlarmEngine {
    AlarmEngine::new(Limits { latching: false, ..Limits::default() })
}

/// The asystole that is open.
fn asystole(engine: &AlarmEngine) -> AlarmEvent {
    engine.open().find(|event| event.code == Asystole).unwrap().clone()
}

/// A beat a second, but for this stretch.
fn stop(from_s: u32, to_s: u32) -> Vec<f64> {
    (1..40).filter(|second| !(from_s..to_s).contains(second)).map(f64::from).collect()
}

#[test]
fn an_asystole_latches_until_it_is_acknowledged() {
    let mut engine = latching();
    let changes = watch(&mut engine, &stop(11, 20), 0.0, 30.0);
    assert_eq!(changes[0], (Pause, Change::Raised, Pause));
    assert_eq!(changes[1], (Asystole, Change::Raised, Asystole));
    assert!(changes.contains(&(Asystole, Change::Latched, Asystole)), "{changes:?}");
    assert!(engine.open().any(|event| event.code == Asystole));
    assert_eq!(engine.take_over(Vec::new(), at(30.0))[0].change, Change::Continued);
    let ended = engine.acknowledge(Asystole, "nurse", at(31.0)).unwrap();
    assert_eq!((ended.change, ended.acknowledged.unwrap().by.as_str()), (Change::Cleared, "nurse"));
    assert_eq!(engine.acknowledge(Asystole, "nurse", at(32.0)), None);
}

#[test]
fn acknowledged_while_active_it_is_silent_for_a_while_and_ends_with_its_condition() {
    let mut engine = latching();
    watch(&mut engine, &stop(11, 30), 0.0, 20.0);
    let event = engine.acknowledge(Asystole, "nurse", at(20.0)).unwrap();
    assert_eq!(event.change, Change::Acknowledged);
    assert_eq!(event.acknowledged.unwrap().audio_off_until, at(140.0));
    let changes = watch(&mut engine, &stop(11, 30), 20.0, 36.0);
    assert!(changes.contains(&(Asystole, Change::Cleared, Asystole)), "{changes:?}");
}

#[test]
fn without_latching_the_end_of_the_condition_is_the_end() {
    let mut engine = without_latching();
    let changes = watch(&mut engine, &stop(11, 20), 0.0, 36.0);
    assert!(changes.iter().all(|(_, change, _)| *change != Change::Latched), "{changes:?}");
    assert_eq!(engine.open().count(), 0);
}

#[test]
fn a_fast_rate_becomes_an_extreme_one_under_the_same_id_and_is_told_again_when_that_is_over() {
    let mut beats_s: Vec<f64> = (1..20).map(f64::from).collect();
    for (count, interval_s) in [(40, 0.4), (60, 0.47), (20, 1.0)] {
        for _ in 0..count {
            beats_s.push(beats_s.last().unwrap() + interval_s);
        }
    }
    let mut engine = without_latching();
    let changes = watch(&mut engine, &beats_s, 0.0, *beats_s.last().unwrap());
    let of_rates: Vec<_> =
        changes.into_iter().filter(|(code, ..)| [ExtremeTachycardia, HighHeartRate].contains(code)).collect();
    let expected = [
        (HighHeartRate, Change::Raised, HighHeartRate),
        (ExtremeTachycardia, Change::Escalated, HighHeartRate),
        (ExtremeTachycardia, Change::Cleared, HighHeartRate),
        (HighHeartRate, Change::Raised, HighHeartRate),
        (HighHeartRate, Change::Cleared, HighHeartRate),
    ];
    assert_eq!(of_rates, expected);
}

#[test]
fn what_was_only_logged_is_announced_when_the_alarm_above_it_has_ended() {
    let mut engine = without_latching();
    let slow: Vec<f64> = (0..20).map(|beat| 1.4 * f64::from(beat)).collect();
    let changes = watch(&mut engine, &slow, 0.0, 20.0);
    assert_eq!(changes, [(LowHeartRate, Change::Raised, LowHeartRate)]);
    let event = engine.open.get_mut(&LowHeartRate).unwrap();
    event.suppressed_by = Some(ExtremeBradycardia);
    let changes = watch(&mut engine, &slow, 20.0, 20.1);
    assert_eq!(changes, [(LowHeartRate, Change::Continued, LowHeartRate)]);
    assert!(engine.open().all(AlarmEvent::is_announced));
    assert_eq!(watch(&mut engine, &slow, 20.1, 25.0), []);
}

#[test]
fn silence_ends_with_the_first_data_however_late_they_were() {
    let mut engine = without_latching();
    let (rhythm, trends) = (Rhythm::default(), Trends::new(&[Lead::II]));
    let mut look = |now_s: f64, silent_since: Option<Time>| {
        let now = at(now_s);
        let situation = Situation {
            now,
            seen_until: now,
            rhythm: &rhythm,
            trends: &trends,
            usable: &[Lead::II],
            off: &[],
            silent_since,
            clock_jump: None,
            degraded: None,
        };
        engine.update_equipment(&situation)
    };
    let raised: Vec<_> = [14.8, 15.1, 15.3, 19.0].into_iter().flat_map(|now_s| look(now_s, Some(at(10.0)))).collect();
    assert_eq!(raised.iter().map(|event| (event.code, event.raised_at)).collect::<Vec<_>>(), [(NoData, at(15.1))]);
    let cleared = look(10.0, None);
    assert_eq!(cleared.iter().map(|event| event.cleared_at).collect::<Vec<_>>(), [Some(at(15.1))]);
}

#[test]
fn what_another_left_open_goes_on_under_its_name() {
    let beats_s = stop(11, 30);
    let mut engine = latching();
    watch(&mut engine, &beats_s, 0.0, 20.0);
    let found = asystole(&engine);
    // Heard from another moment on, the same standstill began a little later.
    let same = AlarmEvent { onset: found.onset + Duration::from_secs_f64(0.06), ..found.clone() };
    let of =
        |code, raised_at, cleared_at| AlarmEvent { code, first_code: code, raised_at, cleared_at, ..found.clone() };
    let waits = of(ExtremeBradycardia, at(5.0), Some(at(9.0)));
    let to_come = of(LowHeartRate, at(20.1), None);
    let said = engine.take_over(vec![same.clone(), waits, to_come], at(20.0));
    assert!(said.iter().all(|event| event.change == Change::Continued), "{said:?}");
    let of_those = |event: &&AlarmEvent| [Asystole, ExtremeBradycardia, LowHeartRate].contains(&event.code);
    let names: Vec<_> = said.iter().filter(of_those).map(|event| (event.code, event.onset)).collect();
    assert_eq!(names, [(Asystole, same.onset), (ExtremeBradycardia, found.onset)]);

    let changes = watch(&mut engine, &beats_s, 20.0, 36.0);
    assert!(changes.contains(&(Asystole, Change::Latched, Asystole)), "{changes:?}");
    assert!(engine.open().any(|event| event.code == Asystole && event.onset == same.onset));
}

#[test]
fn a_latched_alarm_of_another_ends_where_a_new_episode_was_found() {
    let mut engine = latching();
    watch(&mut engine, &stop(11, 30), 0.0, 20.0);
    let found = asystole(&engine);
    let before = AlarmEvent { onset: at(2.0), raised_at: at(6.0), cleared_at: Some(at(8.0)), ..found.clone() };
    let said = engine.take_over(vec![before.clone()], at(20.0));
    assert_eq!((said[0].change, said[0].onset), (Change::Cleared, before.onset));
    assert!(engine.open().any(|event| event.code == Asystole && event.onset == found.onset));
}

#[test]
fn the_end_of_what_another_left_open_is_judged_by_the_onset_found_here() {
    let beats_s = stop(11, 20);
    let mut engine = without_latching();
    watch(&mut engine, &beats_s, 0.0, 17.0);
    let found = asystole(&engine);
    // The last beat before the standstill lies after this onset: it must not end it.
    let left = AlarmEvent { onset: found.onset - Duration::from_secs_f64(0.06), ..found.clone() };
    engine.take_over(vec![left.clone()], at(17.0));
    assert_eq!(watch(&mut engine, &beats_s, 17.0, 20.0), []);
    let changes = watch(&mut engine, &beats_s, 20.0, 40.0);
    let of_it = changes.iter().filter(|(code, ..)| *code == Asystole).collect::<Vec<_>>();
    assert_eq!(of_it, [&(Asystole, Change::Cleared, Asystole)]);
}

#[test]
fn what_another_left_open_is_given_time_to_be_found_here() {
    let beats_s = stop(11, 20);
    let mut other = without_latching();
    watch(&mut other, &beats_s, 0.0, 17.0);
    let left = asystole(&other);
    // This one sees the last beat some milliseconds later, and the standstill as much later.
    let later_s: Vec<f64> = beats_s.iter().map(|beat_s| beat_s + 0.5).collect();
    let mut engine = without_latching();
    watch(&mut engine, &later_s, 0.0, 14.3);
    assert_eq!(engine.open().filter(|event| event.code == Asystole).count(), 0);
    engine.take_over(vec![AlarmEvent { raised_at: at(14.2), ..left.clone() }], at(14.3));
    let changes = watch(&mut engine, &later_s, 14.3, 19.0);
    assert!(changes.iter().all(|(code, ..)| *code != Asystole), "{changes:?}");
    let open: Vec<_> = engine.open().filter(|event| event.code == Asystole).map(|event| event.onset).collect();
    assert_eq!(open, [left.onset]);
    // Where nothing is found, that is the end of it.
    let changes = watch(&mut engine, &(1..60).map(f64::from).collect::<Vec<_>>(), 50.0, 56.0);
    assert!(changes.contains(&(Asystole, Change::Cleared, Asystole)), "{changes:?}");
}

#[test]
fn what_another_foretold_is_raised_under_its_name_and_in_its_words() {
    let beats_s = stop(11, 20);
    let mut engine = without_latching();
    watch(&mut engine, &beats_s, 0.0, 12.0);
    let told = AlarmEvent {
        code: Asystole,
        first_code: Asystole,
        change: Change::Raised,
        at: at(14.1),
        onset: at(10.06),
        raised_at: at(14.1),
        cleared_at: None,
        suppressed_by: None,
        acknowledged: None,
        message: "no QRS complex for 4.04 s".to_owned(),
        evidence: vec![],
    };
    let nothing_here = AlarmEvent {
        code: LowHeartRate,
        first_code: LowHeartRate,
        onset: at(11.9),
        raised_at: at(12.1),
        ..told.clone()
    };
    engine.take_over(vec![told.clone(), nothing_here], at(12.0));
    let changes = watch(&mut engine, &beats_s, 12.0, 18.0);
    assert!(changes.contains(&(Asystole, Change::Raised, Asystole)), "{changes:?}");
    let open = asystole(&engine);
    assert_eq!((open.onset, open.raised_at, &open.message), (told.onset, told.raised_at, &told.message));
    // It goes on until beats come again, and what was foretold in vain ends as well.
    let changes = [changes, watch(&mut engine, &beats_s, 18.0, 40.0)].concat();
    let of = |of| changes.iter().filter(|(code, ..)| *code == of).map(|(_, change, _)| *change).collect::<Vec<_>>();
    assert_eq!(of(Asystole), [Change::Raised, Change::Cleared]);
    assert_eq!(of(LowHeartRate), [Change::Cleared]);
    assert_eq!(engine.open().count(), 0);
}

#[test]
fn what_was_latched_before_the_clock_was_set_back_waits_to_be_taken_note_of() {
    let mut engine = latching();
    watch(&mut engine, &stop(11, 30), 90_000.0, 90_002.0);
    let beats_s: Vec<f64> = (1..40).map(f64::from).collect();
    let said: Vec<_> = engine.clock_set_back(at(90_002.0)).iter().map(|event| (event.code, event.change)).collect();
    assert_eq!(said[0], (Asystole, Change::Latched), "{said:?}");
    assert_eq!(watch(&mut engine, &beats_s, 20.0, 22.0), []);
    let left = asystole(&engine);
    assert_eq!(left.cleared_at, Some(at(90_002.0)));

    // It does so with whoever takes the bed over, and ends when somebody has.
    let mut other = latching();
    watch(&mut other, &beats_s, 0.0, 22.0);
    let said = other.take_over(vec![left.clone()], at(22.0));
    assert!(
        said.iter().all(|event| event.change == Change::Continued && event.cleared_at == left.cleared_at),
        "{said:?}"
    );
    assert_eq!(watch(&mut other, &beats_s, 22.0, 24.0), []);
    assert_eq!(other.acknowledge(Asystole, "nurse", at(24.0)).map(|event| event.change), Some(Change::Cleared));
    assert_eq!(other.open().count(), 0);
}
