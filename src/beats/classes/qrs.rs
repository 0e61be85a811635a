//! What is measured at one QRS complex besides its shape: how wide it is, how quiet it is before it, and whether a
//! pacing pulse came first.

use super::recent::Recent;

/// Samples at 500 Hz before and after the R peak that are looked at (300 ms, 180 ms).
const BEFORE: u64 = 150;
pub(super) const AFTER: u64 = 90;
const SAMPLES: usize = (BEFORE + AFTER) as usize;

/// The slope is taken over 20 ms, which silences mains of 50 Hz and nearly so those of 60 Hz.
const OVER: usize = 10;
const SLOPES: usize = SAMPLES - OVER;

/// The complex is where the slope of all leads together passes this part of its largest ...
const SLOPE_PART: f32 = 0.2;
/// ... with no more than 40 ms below it: a broad R peak is flat on top for that long.
const LONGEST_FLAT: usize = 20;

/// A pacing pulse bends the signal by at least this much between samples, in the mean of the leads, even where the
/// recorder has smoothed it; the QRS complex of a monitor lead bends it less ...
const PULSE_MV: f32 = 0.04;
/// ... and several times more than anything shortly before.
const PULSE_STANDS_OUT: f32 = 3.5;
/// It is looked for from 160 ms before the R peak to 8 ms after it, and compared with 120 ms before each place.
const PULSE_COMPARED: usize = 60;
const PULSE_SEARCHED: usize = 84;
/// From 40 ms before it on the complex has corners of its own, or the pulse is itself taken for the R peak: then it bends the
/// signal as no R peak does.
const PULSE_AT_PEAK: usize = PULSE_COMPARED + 62;
const PULSE_AT_PEAK_MV: f32 = 0.2;
const PULSE_SAMPLES: usize = PULSE_COMPARED + PULSE_SEARCHED + 2;

/// One QRS complex.
#[derive(Clone, Copy, Debug)]
pub(super) struct Qrs {
    /// Width in ms where the slope is steep.
    pub width_ms: f64,
    /// Root mean square slope in the quieter of the two 90 ms stretches before it, in parts of its own.
    pub unrest: f64,
    /// Did a pacing pulse come before it?
    pub pulse: bool,
}

impl Qrs {
    /// Measures it with a weight for each lead; `None` when no usable lead has all of it.
    pub fn at(recent: &Recent, weights: &[f32], r_peak: u64) -> Option<Qrs> {
        let from = r_peak.checked_sub(BEFORE)?;
        let mut squares = [0.0_f32; SLOPES];
        let mut leads = 0;
        for (lead, weight) in (0..recent.lead_count()).zip(weights) {
            let Some(samples) = recent.lead_mv(lead, from, SAMPLES) else { continue };
            leads += 1;
            for ((square, before), after) in squares.iter_mut().zip(samples).zip(&samples[OVER..]) {
                *square += weight * (after - before) * (after - before);
            }
        }
        let slope = |from: usize, to: usize| (squares[from..to].iter().sum::<f32>() / (to - from) as f32).sqrt();
        // Indices count from 290 ms before the R peak: 290 to 210 and 210 to 120 ms before it; then 100 ms either side.
        let unrest = slope(0, 40).min(slope(40, 84)) / (slope(95, 194) + 1e-9);
        (leads > 0).then(|| Qrs {
            width_ms: width_ms(&squares),
            unrest: f64::from(unrest),
            pulse: pulse(recent, r_peak),
        })
    }
}

/// Width of the steep part.
fn width_ms(squares: &[f32; SLOPES]) -> f64 {
    let mut smooth = [0.0_f32; SLOPES - 4];
    for (smooth, five) in smooth.iter_mut().zip(squares.windows(5)) {
        *smooth = five.iter().sum::<f32>();
    }
    // What squares are compared with is squared.
    let part = SLOPE_PART * SLOPE_PART;
    // The steepest point lies within 64 ms before to 88 ms after the R peak; the complex, from 140 ms before it on.
    let Some((peak, steepest)) =
        smooth.iter().copied().enumerate().skip(111).take(76).max_by(|(_, a), (_, b)| a.total_cmp(b))
    else {
        return 0.0;
    };
    let steep = |value: &f32| *value > part * steepest;
    let before = reach(smooth[73..peak].iter().rev().map(steep));
    let after = reach(smooth[peak + 1..].iter().map(steep));
    2.0 * (before + after) as f64
}

/// How far the last steep sample is before the first long flat stretch.
fn reach(steep: impl Iterator<Item = bool>) -> usize {
    let mut reached = 0;
    for (steps, steep) in (1..).zip(steep) {
        if steep {
            reached = steps;
        } else if steps - reached >= LONGEST_FLAT {
            break;
        }
    }
    reached
}

/// Is there a pacing pulse within 160 ms before the R peak, or at it?
fn pulse(recent: &Recent, r_peak: u64) -> bool {
    let Some(from) = r_peak.checked_sub(142) else { return false };
    let mut bends_mv = [0.0_f32; PULSE_SAMPLES - 2];
    let mut leads = 0;
    for samples in (0..recent.lead_count()).filter_map(|lead| recent.lead_mv(lead, from, PULSE_SAMPLES)) {
        leads += 1;
        for (bend_mv, three) in bends_mv.iter_mut().zip(samples.windows(3)) {
            *bend_mv += (three[2] - 2.0 * three[1] + three[0]).abs();
        }
    }
    let largest = (PULSE_COMPARED..bends_mv.len()).max_by(|a, b| bends_mv[*a].total_cmp(&bends_mv[*b]));
    let Some(at) = largest.filter(|_| leads > 0) else { return false };
    let usual = bends_mv[at - PULSE_COMPARED..at - 8].iter().copied().fold(0.0, f32::max);
    let least_mv = if at < PULSE_AT_PEAK { PULSE_MV } else { PULSE_AT_PEAK_MV };
    bends_mv[at] > least_mv * leads as f32 && bends_mv[at] > PULSE_STANDS_OUT * usual
}
