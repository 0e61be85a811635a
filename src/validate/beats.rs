//! Beats of one record: in go the reference annotations and the detections, out comes the score.

use serde::Serialize;

use super::beat_class::BeatClass;
use super::matrix::BeatMatrix;
use super::pairing::pair_beats;
use super::short_intervals::ShortInterval;
use super::statistics::{mean, population_sd};
use crate::source::recordings::{AnnotationFile, Label};

/// What counts and what does not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BeatRules {
    /// The detector may learn for so long: reference beats and false beats before it do not count.
    pub learning_s: f64,
    /// How far a detection may lie from its beat; cut to whole samples, as `bxb` does.
    pub window_s: f64,
}

impl Default for BeatRules {
    /// ANSI/AAMI EC57: five minutes and 150 ms.
    fn default() -> BeatRules {
        BeatRules { learning_s: 300.0, window_s: 0.15 }
    }
}

/// The reference beats of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReferenceBeats {
    /// Sample of each beat, rising, and its class.
    pub beats: Vec<(i64, BeatClass)>,
    /// Ventricular flutter and fibrillation, from `[` to `]`; a last one that is not closed lasts to the end.
    pub fibrillation: Vec<(i64, i64)>,
}

impl ReferenceBeats {
    /// The beats and fibrillation marked in an annotation file.
    pub fn of(file: &AnnotationFile) -> ReferenceBeats {
        let mut reference = ReferenceBeats::default();
        let mut since = None;
        for annotation in &file.annotations {
            match annotation.label {
                Label::FIBRILLATION_START => since = Some(annotation.sample),
                Label::FIBRILLATION_END => {
                    reference.fibrillation.extend(since.take().map(|since| (since, annotation.sample)));
                }
                label => reference.beats.extend(BeatClass::of(label).map(|class| (annotation.sample, class))),
            }
        }
        reference.fibrillation.extend(since.map(|since| (since, i64::MAX)));
        reference.beats.sort_by_key(|(sample, _)| *sample);
        reference
    }
}

/// A beat that was detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetectedBeat {
    /// Its sample at the rate of the record.
    pub sample: i64,
    /// Its class, from a detector that classifies.
    pub class: Option<BeatClass>,
}

/// What a record must say of itself to be scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordSpan {
    /// The rate of the sample numbers.
    pub rate_hz: f64,
    /// Its length; detections after it are not looked at.
    pub samples: i64,
}

/// The score of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordScore {
    /// Beats by class. Beats of a detector without classes count as normal.
    pub matrix: BeatMatrix,
    /// Detection minus reference of every beat that was found, in ms.
    pub errors_ms: Vec<f64>,
    /// Ten seconds at a time.
    pub short_intervals: Vec<ShortInterval>,
    /// The detector gave other classes than Q.
    pub classified: bool,
}

impl RecordScore {
    /// Mean of the errors: the detector's own idea of where a beat is.
    pub fn bias_ms(&self) -> Option<f64> {
        mean(&self.errors_ms)
    }

    /// Spread of the errors.
    pub fn jitter_ms(&self) -> Option<f64> {
        population_sd(&self.errors_ms)
    }
}

/// Scores the detections of one record, whatever order they come in.
pub fn score_record(
    reference: &ReferenceBeats,
    detected: &[DetectedBeat],
    span: RecordSpan,
    rules: &BeatRules,
) -> RecordScore {
    let mut detected: Vec<DetectedBeat> = detected.iter().filter(|beat| beat.sample <= span.samples).copied().collect();
    detected.sort_by_key(|beat| (beat.sample, beat.class));
    let named = detected.iter().any(|beat| beat.class.is_some());
    let unnamed = if named { BeatClass::Q } else { BeatClass::N };
    let classified = detected.iter().filter_map(|beat| beat.class).any(|class| class != BeatClass::Q);
    let counts_from = rules.learning_s * span.rate_hz;
    let window = (rules.window_s * span.rate_hz) as i64;
    let beat_samples: Vec<i64> = reference.beats.iter().map(|(sample, _)| *sample).collect();
    let detected_samples: Vec<i64> = detected.iter().map(|beat| beat.sample).collect();
    let mut partner_of_beat = vec![None; beat_samples.len()];
    let mut is_paired = vec![false; detected.len()];
    for (i, j) in pair_beats(&beat_samples, &detected_samples, window) {
        partner_of_beat[i] = Some(j);
        is_paired[j] = true;
    }
    let mut matrix = BeatMatrix::default();
    let mut errors_ms = Vec::new();
    let mut short_intervals = ShortInterval::all_of(span, rules);
    let mut in_short_interval = |sample: i64, count: fn(&mut ShortInterval)| {
        if let Some(interval) = ShortInterval::at(&mut short_intervals, sample, span, rules) {
            count(interval);
        }
    };
    for ((sample, class), partner) in reference.beats.iter().zip(partner_of_beat) {
        if (*sample as f64) < counts_from {
            continue;
        }
        if let Some(beat) = partner.map(|j| detected[j]) {
            matrix.found(*class, beat.class.unwrap_or(unnamed));
            errors_ms.push((beat.sample - sample) as f64 * 1e3 / span.rate_hz);
            in_short_interval(*sample, |interval| interval.found += 1);
        } else {
            matrix.missed(*class);
            in_short_interval(*sample, |interval| interval.missed += 1);
        }
    }
    for (beat, is_paired) in detected.iter().zip(is_paired) {
        let in_fibrillation = reference.fibrillation.iter().any(|(from, to)| (*from..=*to).contains(&beat.sample));
        if !is_paired && beat.sample as f64 >= counts_from && !in_fibrillation {
            matrix.false_beat(beat.class.unwrap_or(unnamed));
            in_short_interval(beat.sample, |interval| interval.added += 1);
        }
    }
    RecordScore { matrix, errors_ms, short_intervals, classified }
}

#[cfg(test)]
#[path = "beats_tests.rs"]
mod tests;
