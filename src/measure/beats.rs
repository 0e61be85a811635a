//! The beats of a strip and their marks.

use crate::beats::Detector;
use crate::beats::delineation::{Delineator, MarkedBeat};
use crate::ecg::StripLead;
use crate::signal::RATE_HZ;

/// R peaks in samples. The detector hears the strip twice: once to learn what a beat looks like here, once to find
/// every beat of it, the first included.
pub(super) fn r_peaks(leads: &[&StripLead]) -> Vec<u64> {
    let samples = leads.first().map_or(0, |lead| lead.samples_mv.len());
    let mut detector = Detector::new(leads.len());
    let hear = |detector: &mut Detector| -> Vec<u64> {
        let mut held_mv = vec![0.0_f32; leads.len()];
        (0..samples)
            .filter_map(|n| {
                let values = leads.iter().zip(&mut held_mv).map(|(lead, held_mv)| {
                    let value = lead.samples_mv.get(n).copied().unwrap_or(f32::NAN);
                    if value.is_finite() {
                        *held_mv = value;
                    }
                    (*held_mv, value.is_finite())
                });
                detector.push(values)
            })
            .map(|beat| beat.r_peak)
            .collect()
    };
    hear(&mut detector);
    detector.restart();
    let mut r_peaks = hear(&mut detector);
    align(leads, &mut r_peaks);
    r_peaks
}

/// Samples around an R peak that are compared, 100 ms on either side ...
const WIDTH: usize = 100;
/// ... at places up to 16 ms away: the largest deflection of all leads together may be the R wave of one lead or the S
/// wave of another, now and then.
const LARGEST_SHIFT: usize = 8;
/// All that is looked at around an R peak.
const WIDE: usize = WIDTH + 2 * LARGEST_SHIFT;
/// A beat is moved when it is as like the mean of all as this.
const LIKE: f64 = 0.8;

/// Moves R peaks to where each complex is most like the mean of all, so that an average of them is not smeared.
///
/// Every monitored bed does this all the time: each complex is cut out once, as wide as it may be moved.
pub(super) fn align(leads: &[&StripLead], r_peaks: &mut [u64]) {
    let mut cuts: Vec<Vec<f32>> = r_peaks.iter().map(|r_peak| cut(leads, *r_peak as i64)).collect();
    for _ in 0..2 {
        let mut mean = vec![0.0_f32; leads.len() * WIDTH];
        for cut in &cuts {
            let middles = cut.chunks_exact(WIDE).map(|row| &row[LARGEST_SHIFT..][..WIDTH]);
            for (sums, row) in mean.chunks_exact_mut(WIDTH).zip(middles) {
                let level = row.iter().sum::<f32>() / WIDTH as f32;
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value - level);
            }
        }
        let energy = dot(&mean, &mean);
        for (r_peak, cut) in r_peaks.iter_mut().zip(&mut cuts) {
            let earliest = LARGEST_SHIFT.saturating_sub(*r_peak as usize);
            let places = (earliest..=2 * LARGEST_SHIFT).map(|place| (place, likeness(&mean, energy, cut, place)));
            let best = places.max_by(|(_, a), (_, b)| a.total_cmp(b));
            if let Some((place, _)) = best.filter(|(place, like)| *like >= LIKE && *place != LARGEST_SHIFT) {
                *r_peak = *r_peak + place as u64 - LARGEST_SHIFT as u64;
                *cut = self::cut(leads, *r_peak as i64);
            }
        }
    }
}

/// The rows around an R peak, one behind the other; 0 where there is nothing.
fn cut(leads: &[&StripLead], r_peak: i64) -> Vec<f32> {
    let from = r_peak - (WIDE / 2) as i64;
    let mut rows = vec![0.0; leads.len() * WIDE];
    for (row, lead) in rows.chunks_exact_mut(WIDE).zip(leads) {
        let samples_mv = lead.samples_mv.get(from.max(0) as usize..).unwrap_or(&[]);
        let there = row.iter_mut().skip((-from).max(0) as usize).zip(samples_mv).filter(|(_, mv)| mv.is_finite());
        there.for_each(|(value, mv)| *value = *mv);
    }
    rows
}

/// How like the mean of all a complex is that begins so many samples into its cut: the correlation over all leads, each
/// without its level.
fn likeness(mean: &[f32], energy: f32, cut: &[f32], place: usize) -> f64 {
    let (mut product, mut own_energy) = (0.0, 0.0);
    for (mean, row) in mean.chunks_exact(WIDTH).zip(cut.chunks_exact(WIDE)) {
        let row = &row[place..][..WIDTH];
        let level = lanes(row, |value, _| value, row) / WIDTH as f32;
        // The mean has no level, so that of the complex does not count in the product.
        product += dot(mean, row);
        own_energy += lanes(row, |value, _| (value - level) * (value - level), row);
    }
    f64::from(product) / (f64::from(energy) * f64::from(own_energy)).sqrt()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    lanes(a, |a, b| a * b, b)
}

/// The sum of what two rows give, in eight lanes: the processor adds them at once.
fn lanes(a: &[f32], of: impl Fn(f32, f32) -> f32, b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (eights, rest) = (a.chunks_exact(8).zip(b.chunks_exact(8)), a.len() / 8 * 8);
    for (a, b) in eights {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += of(*a, *b);
        }
    }
    let rest = a[rest..].iter().zip(&b[rest..]).map(|(a, b)| of(*a, *b)).sum::<f32>();
    sums.iter().sum::<f32>() + rest
}

/// The marks of every beat. The delineator, too, goes over the strip twice, so that the first beat can be compared.
pub(super) fn marked(leads: &[&StripLead], r_peaks: &[u64]) -> Vec<MarkedBeat> {
    let samples = leads.first().map_or(0, |lead| lead.samples_mv.len()) as u64;
    let mut delineator = Delineator::new(leads.iter().map(|lead| lead.lead.clone()).collect());
    let read = |lead: usize, stretch: std::ops::Range<u64>, row: &mut Vec<f32>| {
        let from = stretch.start.min(samples) as usize;
        row.extend_from_slice(leads[lead].samples_mv.get(from..stretch.end as usize).unwrap_or(&[]));
    };
    let go = |delineator: &mut Delineator| -> Vec<MarkedBeat> {
        for r_peak in r_peaks {
            delineator.beat(*r_peak);
        }
        std::iter::from_fn(|| delineator.rest(samples, read)).collect()
    };
    go(&mut delineator);
    delineator.restart();
    go(&mut delineator)
}

/// The beats of the basic rhythm: neither early (RR below 0.8 of the median) nor of another width than most (QRS
/// within 24 ms of the median).
pub(super) fn basic(beats: &[MarkedBeat]) -> Vec<bool> {
    let width = |beat: &MarkedBeat| beat.marks.global.map(|global| (global.qrs_offset - global.qrs_onset) as f64);
    let interval = |index: usize| {
        let before = index.checked_sub(1)?;
        Some((beats[index].r_peak - beats[before].r_peak) as f64)
    };
    let usual_width = median(beats.iter().filter_map(width));
    let usual_interval = median((0..beats.len()).filter_map(interval));
    let is_basic = |index: usize| {
        let as_wide = width(&beats[index]).zip(usual_width).is_some_and(|(own, usual)| (own - usual).abs() <= 12.0);
        let early = interval(index).zip(usual_interval).is_some_and(|(own, usual)| own < 0.8 * usual);
        as_wide && !early
    };
    (0..beats.len()).map(is_basic).collect()
}

/// The median, `None` of nothing.
pub(super) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// Samples in ms.
pub(super) fn ms(samples: f64) -> f64 {
    samples * 1000.0 / RATE_HZ
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::Lead;

    #[test]
    fn beats_are_moved_to_where_they_are_alike() {
        let complex = |n: i64| match n {
            -10..=10 => 1.0 - n.abs() as f32 / 10.0,
            11..=30 => -0.9 * (1.0 - (n - 20).abs() as f32 / 10.0),
            _ => 0.0,
        };
        let r_waves = [200_i64, 600, 1010, 1400, 1790];
        let samples_mv = (0..2000).map(|n| r_waves.iter().map(|r| complex(n - r)).sum()).collect();
        let lead = StripLead { lead: Lead::II, derived: false, samples_mv };
        let mut r_peaks = [203, 595, 1012, 1400, 1793];
        align(&[&lead], &mut r_peaks);
        let shifts: Vec<i64> = r_peaks.iter().zip(r_waves).map(|(found, r)| *found as i64 - r).collect();
        assert!(shifts.iter().all(|shift| *shift == shifts[0] && shift.abs() <= 5), "{shifts:?}");
    }
}
