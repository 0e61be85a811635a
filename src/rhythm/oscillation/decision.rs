//! How much the features speak for an oscillation.
//!
//! Three features suffice (Figuera et al. 2016): leakage, how peaked the slope is, and the frequency. The weights are
//! those of a logistic regression over records with and without fibrillation, each record counted alike; leaving out
//! any eighth of the records changes them little.

use super::features::Features;

/// It begins above these log odds ...
pub(super) const BEGINS: f64 = 1.0;
/// ... and goes on above these.
pub(super) const GOES_ON: f64 = -1.0;

const BIAS: f64 = 11.7;
const LEAKAGE: f64 = -10.4;
/// For each e-fold of the kurtosis of the slope.
const SLOPE_KURTOSIS: f64 = -3.0;
/// For each e-fold that the frequency is off the usual one of fibrillation, in Hz (2 to 8: Clayton et al. 1995).
const OFF_FREQUENCY: f64 = -3.3;
const USUAL_HZ: f64 = 4.5;
/// For each beat that is like the patient's own, up to four.
const OWN_BEAT: f64 = -1.2;
/// For each complex of the patient's own that is still to be seen in a lead, up to four. Of three-second windows of
/// fibrillation in VFDB one in a hundred holds one, and one in a thousand two; of windows of moving electrodes that look like it, 95 % hold two or more.
const OWN_COMPLEX: f64 = -2.0;
const MOST_OWN: usize = 4;
/// One lead says no more than this.
const MOST: f64 = 6.0;

/// Log odds that one lead shows an oscillation.
pub(super) fn log_odds(features: &Features) -> f64 {
    let log_odds = BIAS
        + LEAKAGE * features.leakage
        + SLOPE_KURTOSIS * features.slope_kurtosis.max(1.0).ln()
        + OFF_FREQUENCY * (features.frequency_hz / USUAL_HZ).ln().abs();
    log_odds.clamp(-MOST, MOST)
}

/// What beats like the patient's own say against it.
pub(super) fn own_beats(beats: usize) -> f64 {
    OWN_BEAT * beats.min(MOST_OWN) as f64
}

/// What complexes of the patient's own in a lead say against it.
pub(super) fn own_complexes(complexes: usize) -> f64 {
    OWN_COMPLEX * complexes.min(MOST_OWN) as f64
}
