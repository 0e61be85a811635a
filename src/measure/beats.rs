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
    hear(&mut detector)
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
