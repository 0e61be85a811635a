//! Rates over beats, pauses and interruptions.

use proptest::prelude::*;

use super::*;

fn at(seconds: f64) -> Time {
    Time::from_nanos((seconds * 1e9) as i64)
}

fn rhythm(interval_s: f64, beats: usize) -> Rhythm {
    let mut rhythm = Rhythm::default();
    rhythm.watch(at(0.0));
    (0..beats).for_each(|n| rhythm.beat(at(n as f64 * interval_s), 4.0));
    rhythm
}

#[test]
fn the_rate_is_that_of_the_intervals() {
    let rhythm = rhythm(0.5, 17);
    let rate = rhythm.rate_over(17).unwrap();
    assert!((rate.bpm - 120.0).abs() < 1e-9);
    assert_eq!((rate.from, rate.to), (at(0.0), at(8.0)));
    assert_eq!(rhythm.rate_over(18), None);
    assert!((rhythm.heart_rate(at(8.1)).unwrap() - 120.0).abs() < 1e-9);
    assert!(rhythm.heart_rate(at(11.0)).unwrap() < 80.0);
}

#[test]
fn no_rate_reaches_across_a_pause_or_an_interruption() {
    let mut rhythm = rhythm(1.0, 10);
    rhythm.beat(at(20.0), 4.0);
    assert_eq!(rhythm.rate_over(2), None);
    rhythm.interrupt();
    assert_eq!((rhythm.quiet_since(), rhythm.last_beat()), (None, None));
}

#[test]
fn the_lowest_rate_has_long_intervals() {
    let rhythm = rhythm(4.1, 4);
    assert!((rhythm.heart_rate(at(15.0)).unwrap() - 60.0 / 4.1).abs() < 1e-6);
}

#[test]
fn an_open_interval_counts() {
    let rhythm = rhythm(2.0, 4);
    let rate = rhythm.rate_with_open_interval(5, at(9.0)).unwrap();
    assert!((rate.bpm - 240.0 / 9.0).abs() < 1e-9);
}

/// What happens to a rhythm.
#[derive(Clone, Debug)]
enum Step {
    Beat,
    Watch,
    Interrupt,
}

proptest! {
    /// Whatever happens and whenever it is asked, rates are positive numbers whose evidence goes forward in time.
    #[test]
    fn rates_are_numbers(
        steps in prop::collection::vec((prop_oneof![8 => Just(Step::Beat), 1 => Just(Step::Watch), 1 => Just(Step::Interrupt)], 0_i64..6_000_000_000), 0..80),
        beats in 0_usize..50,
        ask in -5_000_000_000_i64..20_000_000_000,
    ) {
        let mut rhythm = Rhythm::default();
        let mut now = Time::default();
        for (step, later) in steps {
            now = now + crate::ecg::Duration::from_nanos(later);
            match step {
                Step::Beat => rhythm.beat(now, 4.0),
                Step::Watch => rhythm.watch(now),
                Step::Interrupt => rhythm.interrupt(),
            }
            let asked = now + crate::ecg::Duration::from_nanos(ask);
            prop_assert!(rhythm.heart_rate(asked).is_none_or(|bpm| bpm.is_finite() && bpm > 0.0));
            for rate in [rhythm.rate_over(beats), rhythm.rate_with_open_interval(beats, asked)].into_iter().flatten() {
                prop_assert!(rate.bpm.is_finite() && rate.bpm > 0.0 && rate.from < rate.to);
            }
            prop_assert!(rhythm.last_interval_s().is_none_or(|seconds| (0.0..=LONGEST_INTERVAL_S).contains(&seconds)));
            prop_assert!(rhythm.quiet_since().is_none_or(|since| since <= now));
        }
    }
}
