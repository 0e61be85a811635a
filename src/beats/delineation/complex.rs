//! The boundaries of the QRS complex, from its slope.
//!
//! From the steepest part outwards, the complex ends where the slope stays below a threshold for 16 ms. Four
//! thresholds are averaged: on two scales of smoothing (7 and 11 ms), one relative to the steepest slope (7 %) and one
//! absolute (2 or 4 mV/s: on paper at 25 mm/s and 10 mm/mV a line that rises 0.8 or 1.6 mm for each mm).

use super::habit::{self, Boundary};
use super::{Absent, Complex, LeadMarks, Place, Scratch, Window, fusion, samples};

/// How far from the R peak the complex may reach; half way to the neighbours at high rates.
const REACH: usize = samples(0.3);
/// The steepest slopes lie within this of the fused R peak.
const STEEP_BEFORE: usize = samples(0.09);
const STEEP_AFTER: usize = samples(0.12);
/// The slope must stay below the threshold for so long.
const QUIET: usize = samples(0.016);
/// The baseline before the complex from which the noise is judged.
const BASELINE_FROM: usize = samples(0.26);
const BASELINE_TO: usize = samples(0.07);
/// A threshold comes after the true onset; readers mark the first deviation, 4 ms before it on average.
const EARLIER: f64 = 2.0;
/// At the end the slope falls slowly, and the smoothing makes it last longer: readers mark the J point 3 ms sooner.
const END_EARLIER: f64 = 1.5;
/// The least slope of a complex in mV a sample: 0.5 mV/s.
const LEAST_SLOPE: f32 = 0.001;

/// Smoothing, and the absolute thresholds of onset and offset in mV a sample.
const SCALES: [(usize, f32, f32); 2] = [(3, 0.008, 0.004), (5, 0.004, 0.004)];

/// Where a complex may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    r_peak: usize,
    from: usize,
    to: usize,
}

impl Bounds {
    /// `None` when there is no room for a complex.
    pub fn around(place: &Place, samples_in: usize) -> Option<Bounds> {
        let before = place.since_previous.map_or(REACH, |since| REACH.min(since / 2));
        let after = place.until_next.map_or(REACH, |until| REACH.min(until / 2));
        let from = place.r_peak.saturating_sub(before);
        let to = (place.r_peak.saturating_add(after)).min(samples_in);
        let room = place.r_peak.saturating_sub(from) >= samples(0.05)
            && to.saturating_sub(place.r_peak.min(to)) >= samples(0.05);
        room.then_some(Bounds { r_peak: place.r_peak, from, to })
    }
}

/// The complex over all leads.
#[derive(Clone, Copy, Debug)]
pub(super) struct FusedComplex {
    /// The median of all leads.
    pub median: Complex,
    /// The outermost that several leads agree on.
    pub global: Complex,
}

/// Marks the complex in every live lead.
pub(super) fn find(
    window: &Window,
    bounds: &Bounds,
    scratch: &mut Scratch,
    marks: &mut [LeadMarks],
) -> Option<FusedComplex> {
    let Scratch { shape, response, live, values, onsets, offsets, .. } = scratch;
    onsets.clear();
    offsets.clear();
    live.retain(|&lead| {
        let own = own_boundaries(&window.leads_mv[lead], bounds, shape, response, values);
        if let Some((onset, offset)) = own {
            onsets.push(onset);
            offsets.push(offset);
        }
        own.is_some()
    });
    if live.is_empty() {
        return None;
    }
    let fused = |own: &[f64], values: &mut Vec<f64>, latest: bool| {
        values.clear();
        values.extend_from_slice(own);
        let median = fusion::median(values);
        // Drawn first: a lead far off must not set the global boundary.
        values.clear();
        values.extend(own.iter().map(|own| fusion::drawn(*own, median, 0.5, 5.0)));
        (median, fusion::outermost(values, latest))
    };
    let (onset, global_onset) = fused(onsets, values, false);
    let (offset, global_offset) = fused(offsets, values, true);
    for ((&lead, &own_onset), &own_offset) in live.iter().zip(onsets.iter()).zip(offsets.iter()) {
        let later = |boundary| window.leads.get(lead).map_or(0.0, |lead| habit::later(boundary, lead));
        let onset = fusion::drawn(own_onset, onset, 0.5, 5.0) + later(Boundary::QrsOnset);
        let onset = onset.max(0.0).round() as usize;
        let offset = (fusion::drawn(own_offset, offset, 0.5, 5.0).round() as usize).max(onset + 1);
        marks[lead] = LeadMarks { p: Err(Absent::NoWave), qrs: Ok(Complex { onset, offset }), t: Err(Absent::NoWave) };
    }
    let complex = |onset: f64, offset: f64| {
        let onset = onset.max(0.0).round() as usize;
        Complex { onset, offset: (offset.round() as usize).max(onset + 1) }
    };
    Some(FusedComplex { median: complex(onset, offset), global: complex(global_onset, global_offset) })
}

/// Onset and offset in samples of the window, as this lead alone shows them.
fn own_boundaries(
    lead_mv: &[f32],
    bounds: &Bounds,
    shape: &mut super::shape::Shape,
    slope: &mut Vec<f32>,
    noise: &mut Vec<f64>,
) -> Option<(f64, f64)> {
    // Some more than the bounds, for the smoothing and the noise before.
    let start = bounds.from.min(bounds.r_peak.saturating_sub(BASELINE_FROM)).saturating_sub(20);
    let stretch = &lead_mv[start..(bounds.to + 20).min(lead_mv.len())];
    let (from, to, r_peak) = (bounds.from - start, bounds.to - start, bounds.r_peak - start);
    let (mut onset, mut offset) = (0.0, 0.0);
    for (half, least_onset, least_offset) in SCALES {
        shape.slope(stretch, half, slope);
        let steep = r_peak.saturating_sub(STEEP_BEFORE).max(from)..(r_peak + STEEP_AFTER).min(to);
        let steepest = slope[steep.clone()].iter().copied().fold(0.0, f32::max);
        if steepest < LEAST_SLOPE {
            return None;
        }
        noise.clear();
        let baseline = r_peak.saturating_sub(BASELINE_FROM)..r_peak.saturating_sub(BASELINE_TO);
        noise.extend(slope[baseline].iter().map(|value| f64::from(*value)));
        let noise_floor = (2.5 * fusion::median(noise) as f32).min(0.2 * steepest);
        let is_steep = |index: &usize| slope[*index] > 0.3 * steepest;
        let (first, last) = (steep.clone().find(is_steep)?, steep.rev().find(is_steep)?);
        let relative = (0.07 * steepest).max(noise_floor);
        let absolute = |least: f32| least.max(0.05 * steepest).min(0.3 * steepest);
        for (threshold_onset, threshold_offset) in
            [(relative, relative), (absolute(least_onset), absolute(least_offset))]
        {
            onset += quiet_before(slope, first, from, threshold_onset) as f64;
            offset += quiet_after(slope, last, to, threshold_offset) as f64;
        }
    }
    let (count, start) = (2.0 * SCALES.len() as f64, start as f64);
    Some((start + onset / count - EARLIER, start + offset / count - END_EARLIER))
}

/// The last quiet sample before `at`.
fn quiet_before(slope: &[f32], at: usize, from: usize, threshold: f32) -> usize {
    let mut run = 0;
    for index in (from..=at).rev() {
        run = if slope[index] < threshold { run + 1 } else { 0 };
        if run >= QUIET {
            return index + run - 1;
        }
    }
    from + run
}

/// The first quiet sample after `at`.
fn quiet_after(slope: &[f32], at: usize, to: usize, threshold: f32) -> usize {
    let mut run = 0;
    for (index, value) in slope.iter().enumerate().take(to).skip(at) {
        run = if *value < threshold { run + 1 } else { 0 };
        if run >= QUIET {
            return index + 1 - run;
        }
    }
    to - run
}
