//! The classifier on synthetic beats of two shapes, and on any input at all.

use proptest::prelude::*;

use super::*;
use crate::signal::RATE_HZ;

/// One synthetic beat: time of its R peak (s), standard deviation of its bump (ms), amplitude (mV).
type Drawn = (f64, f64, f64);

const NARROW: (f64, f64) = (12.0, 1.0);
const WIDE: (f64, f64) = (40.0, -1.8);
/// Wide, and over before the P wave.
const BUNDLE_BRANCH: (f64, f64) = (28.0, -1.5);

fn draw(beats: &[Drawn], seconds: f64) -> Vec<f32> {
    let value = |t_s: f64| -> f64 {
        let bump = |&(at_s, width_ms, mv): &Drawn| {
            let z = (t_s - at_s) * 1000.0 / width_ms;
            // A biphasic complex: the wide one must not look like wander.
            if z.abs() > 6.0 { 0.0 } else { mv * (1.0 - 0.4 * z) * (-z * z / 2.0).exp() }
        };
        beats.iter().map(bump).sum::<f64>() + 0.005 * (t_s * 77.0).sin()
    };
    (0..(seconds * RATE_HZ) as usize).map(|n| value(n as f64 / RATE_HZ) as f32).collect()
}

fn sample(seconds: f64) -> u64 {
    (seconds * RATE_HZ).round() as u64
}

/// The same beats with a P wave before each.
fn with_p_waves(beats: &[Drawn]) -> Vec<Drawn> {
    beats.iter().flat_map(|beat| [(beat.0 - 0.17, 20.0, 0.15), *beat]).collect()
}

/// The codes of all beats, each told to the classifier 100 ms after its R peak; marks are pacer marks (s).
fn codes(beats: &[Drawn], marks: &[f64]) -> String {
    codes_of(beats, beats, marks)
}

/// The same where more is drawn than the beats.
fn codes_of(drawn: &[Drawn], beats: &[Drawn], marks: &[f64]) -> String {
    let mut classifier = Classifier::new(1);
    for mark in marks {
        classifier.pacer_mark(sample(*mark));
    }
    let end_s = beats.last().unwrap().0 + 1.0;
    let mut codes = String::new();
    for (now, value) in (1_u64..).zip(draw(drawn, end_s)) {
        classifier.push(std::iter::once((value, true)));
        for beat in beats.iter().filter(|beat| sample(beat.0 + 0.1) == now) {
            classifier.beat(sample(beat.0));
        }
        while let Some(beat) = classifier.classified() {
            assert!(now <= beat.r_peak + DECIDED_AFTER + 1, "late: {beat:?} at {now}");
            codes.push(beat.class.wfdb_code());
        }
    }
    codes
}

/// A rhythm: RR interval before each beat (s) and its shape.
fn rhythm(beats: impl IntoIterator<Item = (f64, (f64, f64))>) -> Vec<Drawn> {
    let mut at_s = 1.0;
    let next = |(interval_s, (width_ms, mv)): (f64, (f64, f64))| {
        at_s += interval_s;
        (at_s, width_ms, mv)
    };
    beats.into_iter().map(next).collect()
}

fn repeat(count: usize, interval_s: f64, shape: (f64, f64)) -> Vec<(f64, (f64, f64))> {
    vec![(interval_s, shape); count]
}

#[test]
fn an_early_wide_beat_is_ventricular_and_an_early_narrow_one_supraventricular() {
    let mut beats = repeat(20, 0.8, NARROW);
    beats.extend([(0.5, WIDE), (1.1, NARROW), (0.8, NARROW), (0.5, NARROW), (0.9, NARROW)]);
    assert_eq!(codes(&rhythm(beats), &[]), format!("{}VNNSN", "N".repeat(20)));
}

#[test]
fn bigeminy_does_not_turn_normal_and_ventricular_round() {
    let mut beats = repeat(20, 0.8, NARROW);
    (0..60).for_each(|_| beats.extend([(0.5, WIDE), (1.1, NARROW)]));
    assert_eq!(codes(&rhythm(beats), &[]), format!("{}{}", "N".repeat(20), "VN".repeat(60)));
}

#[test]
fn a_run_of_wide_beats_stays_ventricular() {
    let mut beats = repeat(60, 0.8, NARROW);
    beats.extend(repeat(40, 0.4, WIDE));
    assert_eq!(codes(&rhythm(beats), &[]), format!("{}{}", "N".repeat(60), "V".repeat(40)));
}

#[test]
fn wide_beats_that_are_all_there_is_are_normal() {
    assert_eq!(codes(&rhythm(repeat(40, 0.8, WIDE)), &[]), "N".repeat(40));
}

#[test]
fn a_wide_and_fast_rhythm_that_is_all_there_is_is_ventricular() {
    let found = codes(&rhythm(repeat(40, 0.36, WIDE)), &[]);
    assert!(found[8..].chars().all(|code| code == 'V'), "{found}");
}

/// Sinus rhythm that goes on with the same P waves and wide complexes: bundle branch block.
#[test]
fn a_new_wide_rhythm_after_the_same_p_wave_becomes_the_norm() {
    let mut beats = repeat(80, 0.8, NARROW);
    beats.extend(repeat(200, 0.8, BUNDLE_BRANCH));
    let beats = rhythm(beats);
    let found = codes_of(&with_p_waves(&beats), &beats, &[]);
    assert!(found[..80].chars().all(|code| code == 'N') && found[260..].chars().all(|code| code == 'N'), "{found}");
}

/// The same without P waves: an idioventricular rhythm.
#[test]
fn a_new_wide_rhythm_without_p_waves_stays_ventricular() {
    let narrow = rhythm(repeat(80, 0.8, NARROW));
    let mut beats = repeat(80, 0.8, NARROW);
    beats.extend(repeat(200, 0.7, WIDE));
    let beats = rhythm(beats);
    let drawn: Vec<Drawn> = with_p_waves(&narrow).into_iter().chain(beats[80..].iter().copied()).collect();
    let found = codes_of(&drawn, &beats, &[]);
    assert!(found[84..].chars().all(|code| code == 'V'), "{found}");
}

#[test]
fn an_early_beat_with_the_sinus_p_wave_is_an_early_sinus_beat() {
    let mut beats = repeat(40, 0.8, NARROW);
    beats.extend([(0.6, NARROW), (0.8, NARROW)]);
    let beats = rhythm(beats);
    let without_its_p: Vec<Drawn> = with_p_waves(&beats)
        .into_iter()
        .enumerate()
        .filter(|(index, _)| *index != 80)
        .map(|(_, drawn)| drawn)
        .collect();
    assert_eq!(&codes_of(&with_p_waves(&beats), &beats, &[])[40..], "NN");
    assert_eq!(&codes_of(&without_its_p, &beats, &[])[40..], "SN");
}

/// R peaks that lie up to 40 ms off, as where a notch is taken for the peak, change nothing.
#[test]
fn classes_do_not_hang_on_where_the_r_peak_is() {
    let mut beats = repeat(40, 0.8, NARROW);
    (0..10).for_each(|_| beats.extend([(0.5, WIDE), (1.1, NARROW), (0.8, NARROW)]));
    let beats = rhythm(beats);
    let moved: Vec<Drawn> =
        beats.iter().enumerate().map(|(n, beat)| (beat.0 + [0.0, 0.02, -0.02][n % 3], beat.1, beat.2)).collect();
    let found = codes_of(&beats, &moved, &[]);
    assert_eq!(found.replace('S', "N"), format!("{}{}", "N".repeat(40), "VNN".repeat(10)));
}

/// Like a ventricular beat and like the own ones, with even odds.
#[test]
fn a_beat_between_both_shapes_is_a_fusion() {
    let when = When { interval: 0.95, interval_before: 1.0, running_s: 0.8, irregularity: 0.02, off_time: 0.05 };
    let evidence = Evidence {
        likeness: shape::Likeness { correlation: 0.7, amplitude: 2.0, shift: Shape::UNSHIFTED },
        speed: 0.8,
        width_ms: 110.0,
        when,
        unrest: 0.1,
        disturbed: 0.1,
        most_ventricular: 0.9,
        most_other: 0.5,
        stray: false,
        after_supraventricular: false,
        p_likeness: None,
    };
    assert_eq!(rules::class(&evidence, 0.5, false, true), BeatClass::Fusion);
    assert_eq!(rules::class(&evidence, 2.0, false, true), BeatClass::Ventricular);
    let unlike = Evidence { most_ventricular: 0.5, ..evidence };
    assert_eq!(rules::class(&unlike, 0.5, false, true), BeatClass::Ventricular);
    assert_eq!(rules::class(&unlike, -0.5, false, true), BeatClass::Normal);
}

#[test]
fn irregular_narrow_beats_are_normal() {
    // RR intervals between 0.45 and 1.05 s without a pattern, as in atrial fibrillation.
    let intervals = (0_u32..80).map(|n| 0.45 + f64::from(n * n * 7919 % 101) / 101.0 * 0.6);
    let found = codes(&rhythm(intervals.map(|interval_s| (interval_s, NARROW))), &[]);
    assert!(!found.contains('V'), "{found}");
    assert!(found[20..].matches('S').count() <= 3, "{found}");
}

#[test]
fn a_beat_with_a_pacer_mark_is_paced() {
    let beats = rhythm(repeat(20, 0.8, WIDE));
    let marks: Vec<f64> = beats[10..].iter().map(|beat| beat.0 - 0.06).collect();
    assert_eq!(codes(&beats, &marks), format!("{}{}", "N".repeat(10), "/".repeat(10)));
}

#[test]
fn beats_in_noise_are_unclassifiable_and_not_ventricular() {
    let beats = rhythm(repeat(40, 0.8, NARROW));
    let mut noise = 1_u32;
    let mut classifier = Classifier::new(1);
    let mut found = String::new();
    for (now, value) in (1_u64..).zip(draw(&beats, 33.0)) {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let shaking = if now > sample(18.0) { 2.0 * (f64::from(noise) / f64::from(u32::MAX) - 0.5) } else { 0.0 };
        classifier.push(std::iter::once((value + 3.0 * shaking as f32, true)));
        if beats.iter().any(|beat| sample(beat.0 + 0.1) == now) {
            classifier.beat(now - sample(0.1));
        }
        found.extend(classifier.classified().map(|beat| beat.class.wfdb_code()));
    }
    assert!(found[..20].chars().all(|code| code == 'N'), "{found}");
    assert!(!found.contains('V') && found[24..].contains('Q'), "{found}");
}

#[test]
fn what_was_learned_outlives_a_gap() {
    let mut classifier = Classifier::new(1);
    let mut classify = |beats: &[Drawn]| {
        classifier.restart();
        let mut found = String::new();
        for (now, value) in (1_u64..).zip(draw(beats, beats.last().unwrap().0 + 0.5)) {
            classifier.push(std::iter::once((value, true)));
            if beats.iter().any(|beat| sample(beat.0 + 0.1) == now) {
                classifier.beat(now - sample(0.1));
            }
            found.extend(classifier.classified().map(|beat| beat.class.wfdb_code()));
        }
        found
    };
    classify(&rhythm(repeat(40, 0.8, NARROW)));
    assert_eq!(classify(&rhythm([(0.8, NARROW), (0.5, WIDE), (1.1, NARROW)])), "NVN");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever the samples, the beats and the marks are, each beat gets one class in order and nothing grows.
    #[test]
    fn any_input_is_survived(
        values in prop::collection::vec((prop_oneof![-5.0_f32..5.0, Just(f32::MAX), Just(0.0)], any::<bool>()), 1..40),
        every in 20_u64..400,
        back in 0_u64..900,
        marks in prop::collection::vec(any::<u64>(), 0..100),
    ) {
        let mut classifier = Classifier::new(2);
        for mark in &marks {
            classifier.pacer_mark(*mark);
        }
        let (mut told, mut found) = (0, 0);
        for now in 1_u64..6000 {
            let (value, usable) = values[(now / 90) as usize % values.len()];
            let other = values[now as usize % values.len()].0;
            classifier.push([(value, usable), (other, !usable)].into_iter());
            if now.is_multiple_of(every) {
                classifier.beat(now.saturating_sub(back));
                told += 1;
            }
            while classifier.classified().is_some() {
                found += 1;
            }
            prop_assert!(classifier.waiting.len() <= MOST_WAITING && classifier.marks.len() <= MOST_MARKS);
        }
        prop_assert_eq!(told, found + classifier.unfinished().count());
    }
}
