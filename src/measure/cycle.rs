//! The average cardiac cycle of some seconds, and its ST levels and QT interval: cheap enough to be measured on every bed
//! all the time, where [`measure`](super::measure()) is for one window.
//!
//! In go rows of samples and the beats in them, out comes a [`Cycle`]. The beats of the basic rhythm are laid over one
//! another, each with the line from its beginning to its end taken off, so that the baseline does not wander within it.
//! Their median is put three times in a row and delineated in the middle.

use super::beats::{align, median, ms};
use crate::beats::delineation::Delineator;
use crate::ecg::StripLead;
use crate::signal::RATE_HZ;

/// The cycle begins 300 ms before the R peak, or two fifths of it at fast rates.
const BEFORE: usize = (0.3 * RATE_HZ) as usize;
/// 250 to 30 bpm.
const SHORTEST: usize = (60.0 / 250.0 * RATE_HZ) as usize;
const LONGEST: usize = (2.0 * RATE_HZ) as usize;
/// Fewer beats are no average.
const LEAST_BEATS: usize = 4;
/// A beat that comes earlier than this part of the median RR interval is not of the basic rhythm.
const EARLY: f64 = 0.8;
/// The ends of a cycle are the mean of 20 ms.
const END: usize = 10;
/// The ST level is read 60 ms after the J point.
const J60: usize = (0.06 * RATE_HZ) as usize;
/// A lead whose beats lie further apart from their average than this at the ST segment says nothing of it ...
const AGREEMENT_MV: f64 = 0.1;
/// ... unless so many of them agree.
const AGREEING: f64 = 0.6;

/// What the average cycle shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// Level 60 ms after the J point against the level before the QRS complex, in mV, lead by lead; `None` where it could
    /// not be measured.
    pub st_mv: Vec<Option<f64>>,
    /// QT / √RR (Bazett 1920) in ms.
    pub qtc_ms: Option<f64>,
}

/// A beat in the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CycleBeat {
    /// Its R peak in samples.
    pub r_peak: u64,
    /// Is it conducted as most of the patient's beats are?
    pub own: bool,
}

/// Measures the average cycle of rows at 500 Hz; `None` when the basic rhythm has too few beats in them.
pub fn cycle(leads: &[StripLead], beats: &[CycleBeat]) -> Option<Cycle> {
    let rows: Vec<&StripLead> = leads.iter().collect();
    let mut r_peaks: Vec<u64> = beats.iter().map(|beat| beat.r_peak).collect();
    align(&rows, &mut r_peaks);
    let interval = |index: usize| Some(r_peaks.get(index)?.checked_sub(r_peaks[index.checked_sub(1)?])? as f64);
    let rr = median((1..r_peaks.len()).filter_map(interval))?;
    let length = (rr as usize).clamp(SHORTEST, LONGEST);
    let before = BEFORE.min(length * 2 / 5);
    let is_basic = |index: &usize| {
        let is_on_time = |interval: Option<f64>| interval.is_none_or(|interval| interval >= EARLY * rr);
        beats[*index].own && is_on_time(interval(*index)) && is_on_time(interval(index + 1))
    };
    let starts: Vec<usize> = (0..beats.len())
        .filter(is_basic)
        .filter_map(|index| (r_peaks[index] as usize).checked_sub(before))
        .filter(|start| rows.iter().all(|lead| start + length <= lead.samples_mv.len()))
        .collect();
    if starts.len() < LEAST_BEATS || starts.len() * 2 < beats.len() {
        return None;
    }
    let cycles: Vec<Vec<Vec<f32>>> = rows.iter().map(|lead| cut(&lead.samples_mv, &starts, length)).collect();
    let averages: Vec<Vec<f32>> = cycles.iter().map(|cycles| average(cycles.clone())).collect();

    let mut delineator = Delineator::new(rows.iter().map(|lead| lead.lead.clone()).collect());
    for turn in 0..3 {
        delineator.beat((before + turn * length) as u64);
    }
    let read = |lead: usize, stretch: std::ops::Range<u64>, row: &mut Vec<f32>| {
        row.extend(stretch.map(|at| averages[lead].get(at as usize % length).copied().unwrap_or(f32::NAN)));
    };
    let middle = std::iter::from_fn(|| delineator.rest(3 * length as u64, read)).nth(1)?;
    let st_mv = cycles.iter().zip(&averages).zip(&middle.marks.leads).map(|((cycles, average), marks)| {
        let qrs = marks.qrs.ok()?;
        let (onset, j_point) = (middle.start as usize + qrs.onset, middle.start as usize + qrs.offset);
        if average.is_empty() || onset < 14 {
            return None;
        }
        let st_mv =
            |row: &[f32]| mean_mv(row, j_point + J60 - 4..j_point + J60 + 5) - mean_mv(row, onset - 14..onset - 2);
        let level = st_mv(average);
        let agreeing = cycles.iter().filter(|row| (st_mv(row) - level).abs() <= AGREEMENT_MV).count();
        (agreeing >= LEAST_BEATS && agreeing as f64 >= AGREEING * starts.len() as f64).then_some(level)
    });
    let global = middle.marks.global;
    let qt_ms = global.and_then(|global| Some(ms(global.t_offset?.checked_sub(global.qrs_onset)? as f64)));
    Some(Cycle { st_mv: st_mv.collect(), qtc_ms: qt_ms.map(|qt_ms| qt_ms / (rr / RATE_HZ).sqrt()) })
}

/// Mean of a stretch of a row that comes round again.
fn mean_mv(row: &[f32], stretch: std::ops::Range<usize>) -> f64 {
    let count = stretch.len() as f64;
    stretch.map(|at| f64::from(row[at % row.len()])).sum::<f64>() / count
}

/// The cycles of one lead that are there in full, level from end to end.
fn cut(samples_mv: &[f32], starts: &[usize], length: usize) -> Vec<Vec<f32>> {
    let mean = |row: &[f32]| row.iter().map(|mv| f64::from(*mv)).sum::<f64>() / row.len() as f64;
    let level = |start: &usize| {
        let row = &samples_mv[*start..start + length];
        let (first, last) = (mean(&row[..END]), mean(&row[length - END..]));
        let slope = (last - first) / (length - END) as f64;
        let line = |n: usize| first + slope * (n as f64 - END as f64 / 2.0);
        let row: Vec<f32> = row.iter().enumerate().map(|(n, mv)| (f64::from(*mv) - line(n)) as f32).collect();
        row.iter().all(|mv| mv.is_finite()).then_some(row)
    };
    starts.iter().filter_map(level).collect()
}

/// The median of the cycles, sample by sample; empty of too few.
///
/// All samples are sorted at once: rows that are neighbours exchange what is in the wrong order, as often as there are rows
/// (odd-even transposition sort), which the processor does for many samples in one go.
fn average(mut cycles: Vec<Vec<f32>>) -> Vec<f32> {
    let rows = cycles.len();
    if rows < LEAST_BEATS {
        return Vec::new();
    }
    for turn in 0..rows {
        for pair in cycles[turn % 2..].chunks_exact_mut(2) {
            let (one, other) = pair.split_at_mut(1);
            for (low, high) in one[0].iter_mut().zip(&mut other[0]) {
                (*low, *high) = (low.min(*high), low.max(*high));
            }
        }
    }
    cycles.swap_remove(rows / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::Lead;

    /// A heart with this RR interval, ST level and wander; T ends some 340 ms after the R peak.
    fn heart(rr_s: f64, st_mv: f64, wander_mv: f64) -> (Vec<StripLead>, Vec<CycleBeat>) {
        let beats: Vec<f64> = (0..50).map(|n| 0.5 + rr_s * f64::from(n)).filter(|at| *at < 9.8).collect();
        let value = |n: usize, scale: f64| {
            let at_s = n as f64 / RATE_HZ;
            let bell = |center_s: f64, width_s: f64| (-((at_s - center_s) / width_s).powi(2) / 2.0).exp();
            let edge = |at_s: f64| 1.0 / (1.0 + (-at_s / 0.004).exp());
            let beat = |r_s: &f64| {
                let plateau = edge(at_s - r_s - 0.03) * edge(r_s + 0.18 - at_s);
                0.12 * bell(r_s - 0.16, 0.02)
                    + scale * bell(*r_s, 0.01)
                    + st_mv * plateau
                    + 0.3 * bell(r_s + 0.26, 0.035)
            };
            let wander = wander_mv * (std::f64::consts::TAU * 0.25 * at_s).sin();
            (beats.iter().map(beat).sum::<f64>() + wander) as f32
        };
        let lead = |(lead, scale)| StripLead {
            lead,
            derived: false,
            samples_mv: (0..5000).map(|n| value(n, scale)).collect(),
        };
        let leads = [(Lead::I, 0.8), (Lead::II, 1.2)].map(lead).to_vec();
        let beats = beats.iter().map(|at| CycleBeat { r_peak: (at * RATE_HZ) as u64, own: true }).collect();
        (leads, beats)
    }

    #[test]
    fn st_levels_are_measured_through_a_wandering_baseline() {
        for st_mv in [-0.2, -0.05, 0.0, 0.1, 0.3] {
            for (rr_s, wander_mv) in [(0.8, 0.0), (0.8, 0.4), (1.1, 0.4), (0.6, 0.3)] {
                let (leads, beats) = heart(rr_s, st_mv, wander_mv);
                let cycle = cycle(&leads, &beats).unwrap();
                for measured in &cycle.st_mv {
                    let error = measured.unwrap() - st_mv;
                    assert!(error.abs() <= 0.03, "{st_mv} mV, RR {rr_s} s, wander {wander_mv} mV: {cycle:?}");
                }
            }
        }
    }

    #[test]
    fn qt_is_corrected_for_the_rate() {
        let (leads, beats) = heart(1.0, 0.0, 0.0);
        let slow = cycle(&leads, &beats).unwrap().qtc_ms.unwrap();
        assert!((340.0..420.0).contains(&slow), "{slow}");
        let (leads, beats) = heart(0.64, 0.0, 0.0);
        let fast = cycle(&leads, &beats).unwrap().qtc_ms.unwrap();
        assert!((fast / slow - 1.0 / 0.8).abs() < 0.03, "the same QT at 0.64 s: {fast} against {slow}");
    }

    #[test]
    fn beats_of_another_kind_do_not_count_and_too_few_are_no_average() {
        let (leads, mut beats) = heart(0.8, 0.1, 0.0);
        let clean = cycle(&leads, &beats).unwrap();
        beats[3].own = false;
        let without = cycle(&leads, &beats).unwrap();
        assert!((without.st_mv[0].unwrap() - clean.st_mv[0].unwrap()).abs() < 0.01);
        beats.iter_mut().skip(4).for_each(|beat| beat.own = false);
        assert_eq!(cycle(&leads, &beats), None);
        assert_eq!(cycle(&leads, &[]), None);
        assert_eq!(cycle(&[], &beats), None);
    }

    #[test]
    fn a_lead_that_is_missing_in_part_says_what_the_rest_of_it_shows() {
        let (mut leads, beats) = heart(0.8, 0.1, 0.0);
        leads[0].samples_mv[..1200].fill(f32::NAN);
        leads[1].samples_mv[..4500].fill(f32::NAN);
        let cycle = cycle(&leads, &beats).unwrap();
        assert!((cycle.st_mv[0].unwrap() - 0.1).abs() <= 0.03, "{cycle:?}");
        assert_eq!(cycle.st_mv[1], None);
    }
}
