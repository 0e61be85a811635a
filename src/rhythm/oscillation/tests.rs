//! Oscillations, complexes and lines, heard sample by sample.

use proptest::prelude::*;

use super::*;

const STEP: usize = 50;

fn at(seconds: f64) -> Time {
    Time::from_nanos((seconds * 1e9).round() as i64)
}

/// One lead for some seconds; what is found at the end.
fn hear_by(wave_mv: impl Fn(f64) -> f64, seconds: f64, own_beats: usize) -> Oscillations {
    let mut oscillations = Oscillations::default();
    oscillations.start(&[Lead::II]);
    let samples_mv: Vec<f32> = (0..(seconds * 500.0) as usize).map(|n| wave_mv(n as f64 / 500.0) as f32).collect();
    for heard in (STEP..=samples_mv.len()).step_by(STEP) {
        tell(&mut oscillations, &samples_mv[..heard], own_beats);
    }
    oscillations
}

/// Tells it of the samples so far.
fn tell(oscillations: &mut Oscillations, samples_mv: &[f32], own_beats: usize) {
    let now = at(samples_mv.len() as f64 / 500.0);
    let latest = |_, count| Some(samples_mv[samples_mv.len().checked_sub(count)?..].iter().copied());
    oscillations.update(now, std::iter::once(Quality::Good), latest, &Own { beats: own_beats, complexes: |_| 0 });
}

fn hear(wave_mv: impl Fn(f64) -> f64, seconds: f64) -> Option<Oscillation> {
    hear_by(wave_mv, seconds, 0).found().cloned()
}

/// Waves of 4 to 5 Hz that wax and wane, as in fibrillation.
fn fibrillation(t_s: f64, size_mv: f64) -> f64 {
    use std::f64::consts::TAU;
    let size_mv = size_mv / 2.0 * (1.0 + 0.3 * (TAU * 0.4 * t_s).sin());
    size_mv * (TAU * 4.5 * t_s + 0.8 * (TAU * 0.7 * t_s).sin()).sin()
}

fn complexes(t_s: f64, every_s: f64, width_s: f64) -> f64 {
    let since_s = (t_s + every_s / 2.0).rem_euclid(every_s) - every_s / 2.0;
    let wave = |at_s: f64, width_s: f64, mv: f64| mv * (-((since_s - at_s) / width_s).powi(2) / 2.0).exp();
    wave(0.0, width_s, 1.0) + wave(0.25, 0.04, 0.25)
}

#[test]
fn fibrillation_is_found_coarse_and_fine_and_dated_back() {
    for size_mv in [1.0, 0.2] {
        let found = hear(|t_s| if t_s < 10.0 { complexes(t_s, 0.8, 0.012) } else { fibrillation(t_s, size_mv) }, 18.0);
        let found = found.unwrap_or_else(|| panic!("{size_mv} mV"));
        let from_s = found.from.seconds_since(Time::default());
        assert!((9.0..12.5).contains(&from_s), "{size_mv} mV from {from_s} s");
        assert!((3.5..5.5).contains(&found.frequency_hz), "{} Hz", found.frequency_hz);
        assert!((0.7..1.6).contains(&(found.amplitude_mv / size_mv)), "{} mV", found.amplitude_mv);
        assert_eq!((found.to, found.leads.as_slice()), (at(18.0), &[Lead::II][..]));
    }
}

#[test]
fn complexes_at_any_rate_narrow_or_wide_and_a_still_line_are_none() {
    for (every_s, width_s) in [(1.2, 0.012), (0.8, 0.012), (0.5, 0.012), (0.35, 0.012), (0.8, 0.03), (1.0, 0.04)] {
        assert_eq!(hear(|t_s| complexes(t_s, every_s, width_s), 20.0), None, "every {every_s} s, {width_s} s wide");
    }
    assert_eq!(hear(|t_s| fibrillation(t_s, 0.04), 20.0), None);
    assert_eq!(hear(|_| 0.3, 20.0), None);
}

#[test]
fn beats_like_the_own_speak_against_it() {
    assert!(hear_by(|t_s| fibrillation(t_s, 1.0), 8.0, 0).found().is_some());
    let (none, some) = (decision::own_beats(0), decision::own_beats(4));
    assert!(none.abs() < 1e-9 && some < -3.0);
}

#[test]
fn a_short_break_does_not_end_it_and_a_long_one_does() {
    let with_break = |break_s: f64| {
        move |t_s: f64| if (10.0..10.0 + break_s).contains(&t_s) { f64::NAN } else { fibrillation(t_s, 1.0) }
    };
    let from = hear(fibrillation_of_1_mv, 10.0).unwrap().from;
    assert_eq!(hear(with_break(0.0), 20.0).unwrap().from, from);
    assert_eq!(hear(with_break(2.0), 20.0).unwrap().from, from);
    assert!(hear(with_break(5.0), 24.0).unwrap().from > at(11.0));
    assert_eq!(hear(|t_s| if t_s < 10.0 { fibrillation(t_s, 1.0) } else { complexes(t_s, 0.8, 0.012) }, 17.0), None);
}

fn fibrillation_of_1_mv(t_s: f64) -> f64 {
    fibrillation(t_s, 1.0)
}

#[test]
fn three_leads_are_chosen_the_good_ones_first_the_largest_first() {
    let mut chosen = [None; MOST_LEADS];
    for (lead, (size_mv, reliable)) in
        [(1.0, true), (3.0, false), (2.0, true), (0.5, true), (0.7, true)].iter().enumerate()
    {
        insert(&mut chosen, Choice { lead, reliable: *reliable, size_mv: *size_mv });
    }
    assert_eq!(chosen.map(|choice| choice.unwrap().lead), [2, 0, 4]);
}

proptest! {
    /// Whatever the samples are, what is said are numbers, and time goes forward.
    #[test]
    fn what_is_said_are_numbers(values in prop::collection::vec(prop_oneof![any::<f32>(), -2.0_f32..2.0], 1..40), hold in 1_usize..80) {
        let mut oscillations = Oscillations::default();
        oscillations.start(&[Lead::II]);
        let samples_mv: Vec<f32> =
            values.iter().cycle().flat_map(|value| std::iter::repeat_n(*value, hold)).take(4000).collect();
        for heard in (STEP..=samples_mv.len()).step_by(STEP) {
            tell(&mut oscillations, &samples_mv[..heard], 0);
            if let Some(found) = oscillations.found() {
                prop_assert!(found.frequency_hz.is_finite() && found.frequency_hz > 0.0);
                prop_assert!(found.amplitude_mv.is_finite() && found.from < found.to);
                prop_assert!(found.to <= at(heard as f64 / 500.0));
            }
        }
    }
}
