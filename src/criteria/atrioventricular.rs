//! AV block of second and third degree: P waves that no QRS complex follows.
//!
//! In go the strip and the beats, out come the two findings. The marks of a beat know one P wave before it; here the P waves
//! are looked for without the beats. The average QRS-T is taken off each lead, what is left is narrowed to the band of P
//! waves, and its autocorrelation over all leads tells the pace of the atria (after the cancellation of ventricular activity
//! by Slocum et al., Circulation 1992). Definitions: AHA/ACC/HRS guideline on bradycardia, Kusumoto et al., Circulation 2019.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

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
/// With so much the atria do not fibrillate; by chance fibrillatory waves reach half of it.
const STEADY_PACE: f64 = 0.5;
/// So many times as many P waves as QRS complexes are too many for 1:1 conduction.
const MORE_P: f64 = 1.2;
/// Deviation of the time from P to QRS: below the first the P waves are conducted, above the second they are not.
const LOCKED_S: f64 = 0.025;
const DISSOCIATED_S: f64 = 0.06;
/// The ventricles of third-degree block keep their own time, to a part of the interval.
const ESCAPE_SPREAD: f64 = 0.15;
/// A P wave that is followed within this time is conducted.
const LONGEST_PR_S: f64 = 0.5;
/// No escape rhythm is faster (20 to 60 bpm, up to 100 when accelerated).
const FASTEST_BPM: f64 = 100.0;
/// With a P wave before each beat, 2:1 block is looked for below this rate.
const SLOW_BPM: f64 = 60.0;
/// P waves that are no whole multiple of the QRS complexes, to this part, are not conducted by any rule.
const DRIFT: f64 = 0.06;
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
    /// Autocorrelation at the period.
    likeness: f64,
}

impl Atria {
    fn is_steady(&self) -> bool {
        self.likeness >= STEADY_PACE
    }
}

/// The two findings, and whether the atria have a steady pace, which they have not when they fibrillate.
pub(super) struct Atrioventricular {
    pub findings: Vec<Finding>,
    pub has_atrial_pace: bool,
}

pub(super) fn examine(
    strip: &Strip,
    measurements: &Measurements,
    heard: &Heard,
    regularity: &Regularity,
) -> Atrioventricular {
    let Blocks { second, third, lone_s, has_pace } = blocks(strip, measurements, heard, regularity);
    let found = |criterion, rule, outcome: Outcome| {
        let moments_s = if outcome == Outcome::Met { lone_s.clone() } else { Vec::new() };
        Finding {
            value: (outcome != Outcome::NotMeasurable).then_some(moments_s.len() as f64),
            unit: "P waves without QRS",
            from_s: moments_s.first().copied().unwrap_or(measurements.heart_rate.from_s),
            to_s: moments_s.last().copied().unwrap_or(measurements.heart_rate.to_s),
            leads: measurements.heart_rate.leads.clone(),
            moments_s,
            ..Finding::bare(criterion, rule, outcome)
        }
    };
    let findings = vec![
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
    ];
    Atrioventricular { findings, has_atrial_pace: has_pace }
}

struct Blocks {
    second: Outcome,
    third: Outcome,
    /// The P waves that nothing followed.
    lone_s: Vec<f64>,
    has_pace: bool,
}

impl Blocks {
    fn none(second: Outcome, third: Outcome) -> Blocks {
        Blocks { second, third, lone_s: Vec::new(), has_pace: false }
    }
}

fn blocks(strip: &Strip, measurements: &Measurements, heard: &Heard, regularity: &Regularity) -> Blocks {
    use Outcome::{Met, NotMeasurable, NotMet};
    let Some(bpm) = reliable(&measurements.heart_rate) else { return Blocks::none(NotMeasurable, NotMeasurable) };
    if heard.fibrillation.is_some() {
        return Blocks::none(NotMeasurable, NotMeasurable);
    }
    let p_share = reliable(&measurements.intervals.p_presence).unwrap_or(0.0);
    let follows = p_share >= 0.9 && measurements.intervals.pr.confidence >= 0.7;
    if bpm > FASTEST_BPM {
        // No escape rhythm is as fast.
        return Blocks::none(if follows { NotMet } else { NotMeasurable }, NotMet);
    }
    let regular = regularity.spread.is_some_and(|spread| spread <= ESCAPE_SPREAD);
    if follows && regular && bpm >= SLOW_BPM {
        return Blocks::none(NotMet, NotMet);
    }
    let (rows, pace) = atria(strip, measurements);
    if follows && regular {
        let lone_s = between_beats(&rows, measurements);
        let second = Outcome::of(lone_s.len() * 3 >= measurements.beats_s.len() * 2);
        return Blocks { second, third: NotMet, lone_s, has_pace: pace.is_some_and(|atria| atria.is_steady()) };
    }
    let Some(atria) = pace else {
        // Without a pace of the atria there is nothing that could be blocked; regular ventricles may hide it.
        let outcome = if p_share <= 0.3 && !regular { NotMet } else { NotMeasurable };
        return Blocks::none(outcome, outcome);
    };
    let many = 60.0 / atria.period_s / bpm;
    let steady = regular_beats(&measurements.beats_s);
    if many < MORE_P {
        let outcome = if steady { NotMet } else { NotMeasurable };
        return Blocks { has_pace: atria.is_steady(), ..Blocks::none(outcome, NotMet) };
    }
    let to_beat = |p_s: &f64| {
        let next = measurements.beats_s.iter().find(|beat_s| **beat_s > *p_s + 0.04)?;
        Some(*next - *p_s)
    };
    let lone = |(p_s, next_s): &(&f64, &f64)| to_beat(p_s).is_some_and(|s| s > LONGEST_PR_S || s > *next_s - *p_s);
    let lone_s: Vec<f64> =
        atria.peaks_s.iter().zip(atria.peaks_s.iter().skip(1)).filter(lone).map(|(p_s, _)| *p_s).collect();
    let since_p = |beat_s: &f64| {
        let before = atria.peaks_s.iter().rev().find(|p_s| **p_s < *beat_s - 0.04)?;
        Some(*beat_s - *before).filter(|s| *s <= atria.period_s * 1.3)
    };
    let distances_s: Vec<f64> = measurements.beats_s.iter().filter_map(since_p).collect();
    let drifts = (many - many.round()).abs() > DRIFT;
    let (second, third) = match (steady, deviation(&distances_s)) {
        _ if distances_s.len() < 3 || lone_s.is_empty() => (NotMeasurable, NotMeasurable),
        (true, deviation_s) if deviation_s >= DISSOCIATED_S || drifts => (NotMet, Met),
        (true, deviation_s) if deviation_s > LOCKED_S => (NotMeasurable, NotMeasurable),
        _ => (Met, NotMet),
    };
    Blocks { second, third, lone_s, has_pace: atria.is_steady() }
}

/// P waves in the middle of RR intervals, as high as half of those that are followed: 2:1 block.
fn between_beats(rows: &[Vec<f64>], measurements: &Measurements) -> Vec<f64> {
    let height = |at: usize| rows.iter().map(|row| row.get(at).map_or(0.0, |mv| mv * mv)).sum::<f64>().sqrt();
    let beats: Vec<usize> = measurements.beats_s.iter().map(|at_s| (at_s * RATE_HZ).round() as usize).collect();
    let highest =
        |from: usize, to: usize| (from..to.max(from)).map(|at| (at, height(at))).max_by(|a, b| a.1.total_cmp(&b.1));
    beats
        .windows(2)
        .filter_map(|pair| {
            let (_, conducted) = highest(pair[1].saturating_sub(samples(0.35)), pair[1].saturating_sub(BLANK.0))?;
            let (at, between) = highest(pair[0] + BEHIND + samples(0.08), pair[1].saturating_sub(samples(0.4)))?;
            (between >= 0.5 * conducted).then_some(at as f64 / RATE_HZ)
        })
        .collect()
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

/// What is left of each lead, and the pace of the atria in it, if there is one.
fn atria(strip: &Strip, measurements: &Measurements) -> (Vec<Vec<f64>>, Option<Atria>) {
    let beats: Vec<usize> = measurements.beats_s.iter().map(|at_s| (at_s * RATE_HZ).round() as usize).collect();
    let recorded = strip.leads.iter().filter(|lead| !lead.derived && lead.samples_mv.len() == strip.len());
    let rows: Vec<Vec<f64>> = recorded.map(|lead| remainder(&lead.samples_mv, &beats)).collect();
    let pace = pace(&rows, strip.len());
    (rows, pace)
}

/// The pace at which these leads repeat themselves, and the waves that do.
fn pace(rows: &[Vec<f64>], length: usize) -> Option<Atria> {
    let products = autocorrelation(rows, length);
    let energy = products[0];
    if energy <= 0.0 || length <= 2 * *PERIODS.end() {
        return None;
    }
    // Less of the strip overlaps with itself at a longer lag.
    let likeness: Vec<f64> =
        PERIODS.map(|lag| products[lag] / energy * length as f64 / (length - lag) as f64).collect();
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
    Some(Atria {
        likeness: likeness[first],
        period_s: period as f64 / RATE_HZ,
        peaks_s: peaks.iter().map(|at| *at as f64 / RATE_HZ).collect(),
    })
}

/// The sum over the leads of their products with themselves, by lag in samples: the power spectrum, transformed back.
fn autocorrelation(rows: &[Vec<f64>], length: usize) -> Vec<f64> {
    // Silence behind the strip keeps its end from meeting its beginning.
    let padded = (length + PERIODS.end() + 1).next_power_of_two();
    let mut planner = FftPlanner::new();
    let forward = planner.plan_fft_forward(padded);
    let mut power = vec![Complex::new(0.0, 0.0); padded];
    for row in rows {
        let mut spectrum: Vec<Complex<f64>> = row.iter().map(|value| Complex::new(*value, 0.0)).collect();
        spectrum.resize(padded, Complex::new(0.0, 0.0));
        forward.process(&mut spectrum);
        for (sum, value) in power.iter_mut().zip(spectrum) {
            sum.re += value.norm_sqr();
        }
    }
    planner.plan_fft_inverse(padded).process(&mut power);
    power.iter().map(|value| value.re / padded as f64).collect()
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
