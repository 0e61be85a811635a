//! AV block of second and third degree: P waves that no QRS complex follows.
//!
//! In go the strip and the beats, out come the two findings. The marks of a beat know one P wave before it; here the P waves
//! are looked for without the beats. The average QRS-T is taken off each lead, what is left is narrowed to the band of P
//! waves, and its autocorrelation over all leads tells the pace of the atria (after the cancellation of ventricular activity
//! by Slocum et al., Circulation 1992). Definitions: AHA/ACC/HRS guideline on bradycardia, Kusumoto et al., Circulation 2019.

use super::heard::Heard;
use super::rhythm::Regularity;
use super::{Criterion, Finding, Outcome, reliable};
use crate::ecg::Strip;
use crate::measure::Measurements;
use crate::signal::RATE_HZ;

/// The atria beat 40 to 150 times a minute.
const PERIODS: std::ops::RangeInclusive<usize> = samples(0.4)..=samples(1.5);
/// The least autocorrelation at the period of the atria.
const PACED_BY_ATRIA: f64 = 0.3;
/// So many times as many P waves as QRS complexes are too many for 1:1 conduction.
const MORE_P: f64 = 1.2;
/// Deviation of the time from P to QRS: below the first the P waves are conducted, above the second they are not.
const LOCKED_S: f64 = 0.025;
const DISSOCIATED_S: f64 = 0.06;
/// The ventricles of third-degree block keep their own time, to a part of the interval.
const ESCAPE_SPREAD: f64 = 0.15;
/// A P wave that is followed within this time is conducted.
const LONGEST_PR_S: f64 = 0.5;
/// Above this rate no block is looked for: P and T lie on one another.
const FASTEST_BPM: f64 = 110.0;
/// The QRS complex is left out from so long before to so long after the R peak.
const BLANK: (usize, usize) = (samples(0.08), samples(0.09));
/// The average QRS-T reaches at most this far behind the R peak.
const BEHIND: usize = samples(0.5);

const fn samples(seconds: f64) -> usize {
    (seconds * RATE_HZ) as usize
}

/// The P waves of the strip.
struct Atria {
    /// Mean period in s.
    period_s: f64,
    /// The peaks in s.
    peaks_s: Vec<f64>,
}

pub(super) fn findings(
    strip: &Strip,
    measurements: &Measurements,
    heard: &Heard,
    regularity: &Regularity,
) -> Vec<Finding> {
    let (second, third) = blocks(strip, measurements, heard, regularity);
    let found = |criterion, rule, (outcome, lone_s): (Outcome, Vec<f64>)| Finding {
        value: (outcome != Outcome::NotMeasurable).then_some(lone_s.len() as f64),
        unit: "beats",
        from_s: lone_s.first().copied().unwrap_or(measurements.heart_rate.from_s),
        to_s: lone_s.last().copied().unwrap_or(measurements.heart_rate.to_s),
        leads: measurements.heart_rate.leads.clone(),
        moments_s: lone_s,
        ..Finding::bare(criterion, rule, outcome)
    };
    vec![
        found(
            Criterion::SecondDegreeBlock,
            "P waves at a steady pace of which some, not all, are followed by a QRS complex",
            second,
        ),
        found(
            Criterion::ThirdDegreeBlock,
            "P waves and slower, regular QRS complexes at changing distances from one another",
            third,
        ),
    ]
}

type Judged = (Outcome, Vec<f64>);

/// Second and third degree, each with the P waves that nothing followed.
fn blocks(strip: &Strip, measurements: &Measurements, heard: &Heard, regularity: &Regularity) -> (Judged, Judged) {
    let none = |outcome| ((outcome, Vec::new()), (outcome, Vec::new()));
    let Some(bpm) = reliable(&measurements.heart_rate) else { return none(Outcome::NotMeasurable) };
    if bpm > FASTEST_BPM || heard.fibrillation.is_some() {
        return none(Outcome::NotMeasurable);
    }
    let p_share = reliable(&measurements.intervals.p_presence).unwrap_or(0.0);
    let steady_pr = measurements.intervals.pr.confidence >= 0.7;
    let regular = regularity.spread.is_some_and(|spread| spread <= ESCAPE_SPREAD);
    if p_share >= 0.9 && steady_pr && regular && bpm >= 60.0 {
        return none(Outcome::NotMet);
    }
    let Some(atria) = atria(strip, measurements) else {
        // Without a pace of the atria there is nothing that could be blocked; with P waves it could not be followed.
        return none(if p_share <= 0.3 && !regular { Outcome::NotMet } else { Outcome::NotMeasurable });
    };
    let many = 60.0 / atria.period_s / bpm;
    if many < MORE_P {
        return none(Outcome::NotMet);
    }
    let to_beat = |p_s: &f64| {
        let next = measurements.beats_s.iter().find(|beat_s| **beat_s > *p_s + 0.04)?;
        Some(*next - *p_s)
    };
    let lone_s: Vec<f64> = atria
        .peaks_s
        .iter()
        .zip(atria.peaks_s.iter().skip(1))
        .filter(|(p_s, next_s)| to_beat(p_s).is_some_and(|s| s > LONGEST_PR_S || s > *next_s - *p_s))
        .map(|(p_s, _)| *p_s)
        .collect();
    let since_p = |beat_s: &f64| {
        let before = atria.peaks_s.iter().rev().find(|p_s| **p_s < *beat_s - 0.04)?;
        Some(*beat_s - *before).filter(|s| *s <= atria.period_s * 1.3)
    };
    let distances_s: Vec<f64> = measurements.beats_s.iter().filter_map(since_p).collect();
    if distances_s.len() < 3 || lone_s.is_empty() {
        return none(Outcome::NotMeasurable);
    }
    let deviation_s = deviation(&distances_s);
    if deviation_s >= DISSOCIATED_S && regular_beats(&measurements.beats_s) {
        ((Outcome::NotMet, Vec::new()), (Outcome::Met, lone_s))
    } else if deviation_s <= LOCKED_S || !regular_beats(&measurements.beats_s) {
        ((Outcome::Met, lone_s), (Outcome::NotMet, Vec::new()))
    } else {
        none(Outcome::NotMeasurable)
    }
}

fn regular_beats(beats_s: &[f64]) -> bool {
    let intervals: Vec<f64> = beats_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = intervals.iter().sum::<f64>() / intervals.len().max(1) as f64;
    intervals.iter().all(|interval| (interval - mean).abs() <= ESCAPE_SPREAD * mean)
}

fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// The pace of the atria and each P wave, if there is a pace.
fn atria(strip: &Strip, measurements: &Measurements) -> Option<Atria> {
    let beats: Vec<usize> = measurements.beats_s.iter().map(|at_s| (at_s * RATE_HZ).round() as usize).collect();
    let recorded = strip.leads.iter().filter(|lead| !lead.derived && lead.samples_mv.len() == strip.len());
    let rows: Vec<Vec<f64>> = recorded.map(|lead| remainder(&lead.samples_mv, &beats)).collect();
    let length = strip.len();
    let product = |lag: usize| -> f64 {
        rows.iter().map(|row| row.iter().zip(&row[lag.min(length)..]).map(|(a, b)| a * b).sum::<f64>()).sum()
    };
    let energy = product(0);
    if energy <= 0.0 || length <= 2 * *PERIODS.end() {
        return None;
    }
    // Less of the strip overlaps with itself at a longer lag.
    let likeness: Vec<f64> = PERIODS.map(|lag| product(lag) / energy * length as f64 / (length - lag) as f64).collect();
    let highest = likeness.iter().copied().fold(0.0, f64::max);
    if highest < PACED_BY_ATRIA {
        return None;
    }
    // Of two periods that are as good the shorter: twice a period is one as well.
    let first = (1..likeness.len().saturating_sub(1)).find(|at| {
        likeness[*at] >= 0.75 * highest && likeness[*at] >= likeness[at - 1] && likeness[*at] >= likeness[at + 1]
    })?;
    let period = PERIODS.start() + first;
    let envelope: Vec<f64> = (0..length).map(|n| rows.iter().map(|row| row[n] * row[n]).sum::<f64>().sqrt()).collect();
    let peaks = peaks(&smooth(&envelope, samples(0.06)), period);
    Some(Atria { period_s: period as f64 / RATE_HZ, peaks_s: peaks.iter().map(|at| *at as f64 / RATE_HZ).collect() })
}

/// A lead without its average QRS-T, in the band of P waves, with the complexes left out.
fn remainder(samples_mv: &[f32], beats: &[usize]) -> Vec<f64> {
    let value = |n: usize| samples_mv.get(n).copied().filter(|mv| mv.is_finite()).map_or(0.0, f64::from);
    let raw: Vec<f64> = (0..samples_mv.len()).map(value).collect();
    let slow = smooth(&raw, samples(0.6));
    let mut left: Vec<f64> = raw.iter().zip(&slow).map(|(mv, slow)| mv - slow).collect();
    let shortest = beats.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(0);
    let behind = BEHIND.min(shortest.saturating_sub(BLANK.0));
    let whole: Vec<usize> = beats.iter().copied().filter(|at| *at >= BLANK.0 && at + behind < left.len()).collect();
    for n in 0..BLANK.0 + behind {
        let mut column: Vec<f64> = whole.iter().map(|at| left[at - BLANK.0 + n]).collect();
        column.sort_unstable_by(f64::total_cmp);
        let Some(middle) = column.get(column.len() / 2) else { break };
        for at in &whole {
            left[at - BLANK.0 + n] -= middle;
        }
    }
    for at in beats {
        let to = (at + BLANK.1).min(left.len());
        left[at.saturating_sub(BLANK.0).min(to)..to].fill(0.0);
    }
    let fine = smooth(&left, samples(0.03));
    let coarse = smooth(&left, samples(0.2));
    fine.iter().zip(&coarse).map(|(fine, coarse)| fine - coarse).collect()
}

/// The mean over so many samples around each.
fn smooth(values: &[f64], width: usize) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    sums.push(0.0);
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    let mean = |n: usize| {
        let (from, to) = (n.saturating_sub(width / 2), (n + width / 2 + 1).min(values.len()));
        (sums[to] - sums[from]) / (to - from) as f64
    };
    (0..values.len()).map(mean).collect()
}

/// The highest samples that lie nearly a period apart.
fn peaks(envelope: &[f64], period: usize) -> Vec<usize> {
    let apart = period * 6 / 10;
    let mut order: Vec<usize> = (1..envelope.len().saturating_sub(1))
        .filter(|at| envelope[*at] >= envelope[at - 1] && envelope[*at] > envelope[at + 1])
        .collect();
    order.sort_unstable_by(|a, b| envelope[*b].total_cmp(&envelope[*a]));
    let mut taken: Vec<usize> = Vec::new();
    for at in order {
        let typical = taken.get(taken.len() / 2).map_or(0.0, |middle| envelope[*middle]);
        if envelope[at] < 0.4 * typical {
            break;
        }
        if taken.iter().all(|other| other.abs_diff(at) >= apart) {
            taken.push(at);
        }
    }
    taken.sort_unstable();
    taken
}
