//! What is measured at one QRS complex besides its shape: how wide it is, how quiet it is before it, and whether a
//! pacing pulse came first.

use super::recent::Recent;

/// Samples at 500 Hz before and after the R peak that are looked at (300 ms, 180 ms).
const BEFORE: u64 = 150;
pub(super) const AFTER: u64 = 90;

/// The complex is where the slope of all leads together passes this part of its largest ...
const SLOPE_PART: f64 = 0.2;
/// ... with no more than 40 ms below it: a broad R peak is flat on top for that long.
const LONGEST_FLAT: usize = 20;

/// A pacing pulse bends the signal by at least this much between samples, in the mean of the leads, even where the
/// recorder has smoothed it; the QRS complex of a monitor lead bends it less ...
const PULSE_MV: f32 = 0.04;
/// ... and several times more than anything shortly before.
const PULSE_STANDS_OUT: f32 = 3.5;

/// One QRS complex.
#[derive(Clone, Copy, Debug)]
pub(super) struct Qrs {
    /// Width in ms where the slope is steep: some 20 ms less than from onset to offset.
    pub width_ms: f64,
    /// Root mean square slope in the quieter of the two 90 ms stretches before it, in parts of its own.
    pub unrest: f64,
    /// Did a pacing pulse come before it?
    pub pulse: bool,
}

impl Qrs {
    /// Measures it; `None` when no usable lead has all of it.
    pub fn at(recent: &Recent, r_peak: u64) -> Option<Qrs> {
        let from = r_peak.checked_sub(BEFORE)?;
        let count = (BEFORE + AFTER) as usize;
        let mut squares = vec![0.0_f64; count - 1];
        let mut leads = 0;
        for samples in (0..recent.lead_count()).filter_map(|lead| recent.lead_mv(lead, from, count)) {
            leads += 1;
            let samples: Vec<f32> = samples.collect();
            for (square, pair) in squares.iter_mut().zip(samples.windows(2)) {
                *square += f64::from(pair[1] - pair[0]).powi(2);
            }
        }
        let slope = |from: usize, to: usize| (squares[from..to].iter().sum::<f64>() / (to - from) as f64).sqrt();
        // Indices count from 300 ms before the R peak: 300 to 210 and 210 to 120 ms before it; then 100 ms either side.
        let unrest = slope(0, 44).min(slope(45, 89)) / (slope(100, 199) + 1e-9);
        (leads > 0).then(|| Qrs { width_ms: width_ms(&squares[80..]), unrest, pulse: pulse(recent, r_peak) })
    }
}

/// Width of the steep part of `squares`, the squared slope from 140 ms before the R peak on.
fn width_ms(squares: &[f64]) -> f64 {
    let root: Vec<f64> = squares.iter().map(|square| square.sqrt()).collect();
    let smooth: Vec<f64> = root.windows(5).map(|five| five.iter().sum::<f64>()).collect();
    // The steepest point lies within 60 ms before to 90 ms after the R peak.
    let Some((peak, steepest)) =
        smooth.iter().copied().enumerate().skip(38).take(75).max_by(|(_, a), (_, b)| a.total_cmp(b))
    else {
        return 0.0;
    };
    let steep = |value: &f64| *value > SLOPE_PART * steepest;
    let before = reach(smooth[..peak].iter().rev().map(steep));
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

/// Is there a pacing pulse within 160 ms before the R peak?
fn pulse(recent: &Recent, r_peak: u64) -> bool {
    // 60 ms before the search starts are needed to compare with.
    let (before, searched) = (60, 76);
    let Some(bend_mv) = r_peak.checked_sub(140).and_then(|from| recent.bend_mv(from, before + searched)) else {
        return false;
    };
    let bend_mv: Vec<f32> = bend_mv.collect();
    let Some(at) = (before..bend_mv.len()).max_by(|a, b| bend_mv[*a].total_cmp(&bend_mv[*b])) else { return false };
    let usual = bend_mv[at - before..at - 8].iter().copied().fold(0.0, f32::max);
    bend_mv[at] > PULSE_MV && bend_mv[at] > PULSE_STANDS_OUT * usual
}
