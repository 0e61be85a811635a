//! Runs, counts, shapes and the T wave, from beats written as letters.

use super::*;

fn at(seconds: f64) -> Time {
    Time::from_nanos((seconds * 1e9).round() as i64)
}

fn beat(seconds: f64, class: BeatClass, shape: usize) -> ClassedBeat {
    let own = class == BeatClass::Normal;
    ClassedBeat {
        at: at(seconds),
        class,
        shape: Some(shape),
        own,
        width_ms: Some(if own { 90 } else { 150 }),
        p_wave: None,
    }
}

/// Beats as (seconds, letter); `N` normal, `V` and `W` ventricular of two shapes, `U` wide but called normal, `Q` not told.
fn log(beats: &[(f64, char)]) -> (BeatLog, VentricularRuns) {
    let (mut log, mut runs) = (BeatLog::default(), VentricularRuns::default());
    for (seconds, letter) in beats {
        let mut beat = match letter {
            'V' => beat(*seconds, BeatClass::Ventricular, 1),
            'W' => beat(*seconds, BeatClass::Ventricular, 2),
            'Q' => beat(*seconds, BeatClass::Unclassifiable, 3),
            _ => beat(*seconds, BeatClass::Normal, 0),
        };
        if *letter == 'U' {
            (beat.own, beat.width_ms) = (false, Some(150));
        }
        log.push(beat);
        runs.beat(&log);
    }
    (log, runs)
}

fn row(letters: &str, every_s: f64) -> Vec<(f64, char)> {
    letters.chars().enumerate().map(|(n, letter)| (n as f64 * every_s, letter)).collect()
}

#[test]
fn a_couplet_is_a_run_of_two_and_a_single_beat_is_none() {
    assert_eq!(log(&row("NNNVN", 0.8)).1.runs.latest(), None);
    let run = log(&row("NNNVVN", 0.8)).1.runs.latest().unwrap();
    assert_eq!((run.beats, run.ended), (2, true));
}

#[test]
fn a_wide_fast_beat_unlike_the_own_goes_on_with_a_run_but_begins_none() {
    assert_eq!(log(&row("NNNVVVUUV", 0.4)).1.runs.latest().unwrap().beats, 6);
    assert_eq!(log(&row("NNNUUUU", 0.4)).1.runs.latest(), None);
    assert_eq!(log(&row("NNNVVVUUV", 0.8)).1.runs.latest().unwrap().beats, 3);
    assert_eq!(log(&row("NNVQVN", 0.4)).1.runs.latest().unwrap().beats, 3);
}

#[test]
fn shapes_are_counted_among_the_last_fifteen() {
    assert_eq!(multiform(&log(&row("NVNNVN", 0.8)).0), None);
    assert_eq!(multiform(&log(&row("NVNNWN", 0.8)).0).unwrap().shapes, 2);
    assert_eq!(multiform(&log(&row("NVNNNNNNNNNNNNNNNWN", 0.8)).0), None);
}

#[test]
fn a_beat_on_the_t_wave_is_told_from_a_late_one() {
    let mut beats = row("NNNNNN", 0.8);
    beats.push((4.0 + 0.32, 'V'));
    let found = on_t_wave(&log(&beats).0).unwrap();
    assert!((found.part_of_mean - 0.4).abs() < 1e-6);
    assert_eq!((found.at, found.after), (at(4.32), at(4.0)));
    beats[6].0 = 4.0 + 0.5;
    assert_eq!(on_t_wave(&log(&beats).0), None);
    // At 150 a minute every beat is near a T wave.
    let mut fast = row("NNNNNN", 0.4);
    fast.push((2.0 + 0.3, 'V'));
    assert_eq!(on_t_wave(&log(&fast).0), None);
}

#[test]
fn beats_are_counted_over_a_minute() {
    let mut count = VentricularCount::default();
    assert_eq!(count.at(at(5.0), None), None);
    (0..100).for_each(|n| count.beat(at(f64::from(n))));
    assert_eq!(count.at(at(99.5), Some(at(0.0))).unwrap().beats, 60);
    let found = count.at(at(130.0), Some(at(120.0))).unwrap();
    assert_eq!((found.beats, found.from), (0, at(120.0)));
}
