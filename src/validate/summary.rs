//! All records together: in go their scores, out comes what is reported.

use serde::Serialize;

use super::beats::{BeatRules, RecordScore};
use super::bootstrap::{Draws, RateIntervals, gross_intervals};
use super::matrix::{BeatMatrix, BeatRates};
use super::short_intervals::ShortIntervalSummary;
use super::statistics::{mean, population_sd};

/// The records of the MIT-BIH Arrhythmia Database with paced beats, which ANSI/AAMI EC57 leaves out.
pub const PACED_RECORDS: [&str; 4] = ["102", "104", "107", "217"];

/// The result on a set of records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BeatSummary {
    /// What counted.
    pub rules: BeatRules,
    /// Of all beats together.
    pub gross: Totals,
    /// Without [`PACED_RECORDS`]; none where none of them was scored.
    pub gross_unpaced: Option<Totals>,
    /// Each rate's mean over the records.
    pub average: BeatRates,
    /// How sure the gross rates are, and which draws say so.
    pub bootstrap: Bootstrap,
    /// Ten seconds at a time.
    pub short_intervals: ShortIntervalSummary,
    /// Mean of detection minus reference over all beats found, in ms.
    pub bias_ms: Option<f64>,
    /// Standard deviation of the same.
    pub jitter_ms: Option<f64>,
    /// The detector gave classes; otherwise rates of V and S mean nothing.
    pub classified: bool,
    /// Each record.
    pub records: Vec<RecordSummary>,
}

/// The counts of many beats and their rates in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Totals {
    /// Beats found.
    pub true_positives: u64,
    /// Beats missed.
    pub false_negatives: u64,
    /// Detections that are no beats.
    pub false_positives: u64,
    /// The rates.
    #[serde(flatten)]
    pub rates: BeatRates,
    /// The counts by class.
    pub matrix: BeatMatrix,
}

impl Totals {
    /// Of these counts.
    pub fn of(matrix: BeatMatrix) -> Totals {
        Totals {
            true_positives: matrix.true_positives(),
            false_negatives: matrix.false_negatives(),
            false_positives: matrix.false_positives(),
            rates: matrix.rates(),
            matrix,
        }
    }

    fn of_all<'a>(records: impl Iterator<Item = &'a BeatMatrix>) -> Totals {
        let mut sum = BeatMatrix::default();
        records.for_each(|matrix| sum += matrix);
        Totals::of(sum)
    }
}

/// The 95 % intervals of the gross rates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bootstrap {
    /// How records were drawn.
    #[serde(flatten)]
    pub draws: Draws,
    /// The intervals.
    #[serde(flatten)]
    pub intervals: RateIntervals,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordSummary {
    /// Its name.
    pub record: String,
    /// Its counts and rates.
    #[serde(flatten)]
    pub totals: Totals,
    /// Mean of detection minus reference, in ms.
    pub bias_ms: Option<f64>,
    /// Standard deviation of the same.
    pub jitter_ms: Option<f64>,
}

/// Takes the scores of all records, by name, together.
pub fn summarise(scores: &[(String, RecordScore)], rules: BeatRules, draws: Draws) -> BeatSummary {
    let matrices: Vec<BeatMatrix> = scores.iter().map(|(_, score)| score.matrix).collect();
    let rates: Vec<BeatRates> = matrices.iter().map(BeatMatrix::rates).collect();
    let errors_ms: Vec<f64> = scores.iter().flat_map(|(_, score)| score.errors_ms.iter().copied()).collect();
    let is_paced = |name: &str| PACED_RECORDS.contains(&name);
    let unpaced = scores.iter().filter(|(name, _)| !is_paced(name)).map(|(_, score)| &score.matrix);
    BeatSummary {
        rules,
        gross: Totals::of_all(matrices.iter()),
        gross_unpaced: scores.iter().any(|(name, _)| is_paced(name)).then(|| Totals::of_all(unpaced)),
        average: BeatRates::average(&rates),
        bootstrap: Bootstrap { draws, intervals: gross_intervals(&matrices, draws) },
        short_intervals: ShortIntervalSummary::of(scores.iter().flat_map(|(_, score)| &score.short_intervals)),
        bias_ms: mean(&errors_ms),
        jitter_ms: population_sd(&errors_ms),
        classified: scores.iter().any(|(_, score)| score.classified),
        records: scores.iter().map(|(name, score)| record(name, score)).collect(),
    }
}

fn record(name: &str, score: &RecordScore) -> RecordSummary {
    RecordSummary {
        record: name.to_owned(),
        totals: Totals::of(score.matrix),
        bias_ms: score.bias_ms(),
        jitter_ms: score.jitter_ms(),
    }
}
