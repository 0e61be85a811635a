//! Scoring of beats: each rule of EC57 on a case worked out by hand, and counts that must always agree.

use proptest::prelude::*;

use super::BeatClass::{F, N, S, V};
use super::*;
use crate::source::recordings::Annotation;

const RATE_HZ: f64 = 100.0;
const SPAN: RecordSpan = RecordSpan { rate_hz: RATE_HZ, samples: 10_000 };

fn rules(learning_s: f64) -> BeatRules {
    BeatRules { learning_s, ..BeatRules::default() }
}

fn reference(samples: &[i64]) -> ReferenceBeats {
    ReferenceBeats { beats: samples.iter().map(|sample| (*sample, N)).collect(), fibrillation: Vec::new() }
}

fn detected(samples: &[i64]) -> Vec<DetectedBeat> {
    samples.iter().map(|sample| DetectedBeat { sample: *sample, class: None }).collect()
}

/// Beats found, missed and added.
fn counts(score: &RecordScore) -> (u64, u64, u64) {
    (score.matrix.true_positives(), score.matrix.false_negatives(), score.matrix.false_positives())
}

#[test]
fn the_window_ends_at_150_ms() {
    for (sample, expected) in [(2015, (1, 0, 0)), (1985, (1, 0, 0)), (2016, (0, 1, 1)), (1984, (0, 1, 1))] {
        let score = score_record(&reference(&[2000]), &detected(&[sample]), SPAN, &rules(0.0));
        assert_eq!(counts(&score), expected, "at {sample}");
    }
}

#[test]
fn the_window_is_cut_to_whole_samples() {
    // 150 ms are 37.5 samples at 250 Hz.
    let span = RecordSpan { rate_hz: 250.0, samples: 10_000 };
    for (sample, expected) in [(2037, (1, 0, 0)), (2038, (0, 1, 1))] {
        let score = score_record(&reference(&[2000]), &detected(&[sample]), span, &rules(0.0));
        assert_eq!(counts(&score), expected, "at {sample}");
    }
}

#[test]
fn of_two_detections_for_one_beat_the_nearer_is_true_and_the_other_false() {
    let score = score_record(&reference(&[2000]), &detected(&[1990, 2003]), SPAN, &rules(0.0));
    assert_eq!(counts(&score), (1, 0, 1));
    assert_eq!(score.errors_ms, [30.0]);
}

#[test]
fn what_happens_in_the_learning_period_does_not_count() {
    let score =
        score_record(&reference(&[100, 200, 2000, 3000]), &detected(&[100, 500, 1990, 2500, 3005]), SPAN, &rules(15.0));
    assert_eq!(counts(&score), (2, 0, 1));
    assert_eq!((score.bias_ms(), score.jitter_ms()), (Some(-25.0), Some(75.0)));
    // A late match of a beat in the learning period is no false beat.
    let score = score_record(&reference(&[1495, 1600]), &detected(&[1502, 1600]), SPAN, &rules(15.0));
    assert_eq!(counts(&score), (1, 0, 0));
    // The period ends with a sample that counts.
    let score = score_record(&reference(&[1500]), &detected(&[1700]), SPAN, &rules(15.0));
    assert_eq!(counts(&score), (0, 1, 1));
}

#[test]
fn detections_in_fibrillation_are_not_false() {
    let mut with_fibrillation = reference(&[2000, 4000]);
    with_fibrillation.fibrillation = vec![(2400, 3100)];
    let found = detected(&[2000, 2399, 2400, 2500, 3000, 3100, 3101, 4000]);
    let score = score_record(&with_fibrillation, &found, SPAN, &rules(0.0));
    assert_eq!(counts(&score), (2, 0, 2));
}

#[test]
fn detections_after_the_end_of_the_record_are_not_looked_at() {
    let score = score_record(&reference(&[9995]), &detected(&[10_001]), SPAN, &rules(0.0));
    assert_eq!(counts(&score), (0, 1, 0));
}

#[test]
fn beats_without_a_class_are_unclassified_where_others_have_one() {
    let found = [
        DetectedBeat { sample: 1000, class: Some(V) },
        DetectedBeat { sample: 2000, class: None },
        DetectedBeat { sample: 3000, class: Some(F) },
    ];
    let truth = ReferenceBeats { beats: vec![(1000, V), (2000, S)], fibrillation: Vec::new() };
    let score = score_record(&truth, &found, SPAN, &rules(0.0));
    assert_eq!(score.matrix.count(&[V], &[V]), 1);
    assert_eq!(score.matrix.count(&[S], &[BeatClass::Q]), 1);
    assert_eq!(score.matrix.count_false(&[F]), 1);
}

#[test]
fn beats_and_fibrillation_are_read_from_annotations() {
    let marks = [(5, "+"), (10, "N"), (20, "["), (25, "!"), (30, "]"), (40, "V"), (45, "]"), (50, "["), (60, "a")];
    let annotation = |(sample, mnemonic): (i64, &str)| {
        let label = Label::from_mnemonic(mnemonic).unwrap();
        Annotation { sample, label, subtype: 0, channel: 0, number: 0, aux: None }
    };
    let file = AnnotationFile { annotations: marks.map(annotation).to_vec(), ..AnnotationFile::default() };
    let reference = ReferenceBeats::of(&file);
    assert_eq!(reference.beats, [(10, N), (40, V), (60, S)]);
    assert_eq!(reference.fibrillation, [(20, 30), (50, i64::MAX)]);
}

fn samples() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(0_i64..10_000, 0..80)
}

proptest! {
    #[test]
    fn counts_are_consistent_and_the_order_of_detections_does_not_matter(
        mut truth in samples(),
        found in samples(),
        shuffled in Just(()).prop_perturb(|(), rng| rng),
        learning_s in 0.0_f64..60.0,
    ) {
        truth.sort_unstable();
        let reference = reference(&truth);
        let found = detected(&found);
        let rules = rules(learning_s);
        let score = score_record(&reference, &found, SPAN, &rules);
        let counted = truth.iter().filter(|sample| **sample as f64 >= learning_s * RATE_HZ).count() as u64;
        let (tp, missed, added) = counts(&score);
        prop_assert_eq!(tp + missed, counted);
        prop_assert_eq!(score.errors_ms.len() as u64, tp);
        prop_assert!(tp + added <= found.len() as u64);
        prop_assert!(score.errors_ms.iter().all(|error| error.abs() <= 150.0));
        for (name, rate) in score.matrix.rates().named() {
            prop_assert!(rate.is_none_or(|rate| (0.0..=100.0).contains(&rate)), "{} {:?}", name, rate);
        }
        let in_intervals: u32 = score.short_intervals.iter().map(|i| i.found + i.missed + i.added).sum();
        prop_assert!(u64::from(in_intervals) <= tp + missed + added);
        let mut other_order = found;
        let mut shuffled = shuffled;
        for last in (1..other_order.len()).rev() {
            other_order.swap(last, (shuffled.next_u64() % (last as u64 + 1)) as usize);
        }
        prop_assert_eq!(score_record(&reference, &other_order, SPAN, &rules), score);
    }
}
