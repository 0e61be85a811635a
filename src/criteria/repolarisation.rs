//! The corrected QT interval.
//!
//! In go the measurements, out come the findings on it.

use super::{Criterion, Finding, reliable};
use crate::measure::{Measured, Measurements};

/// Prolonged above 460 ms in women and 450 ms in men (AHA/ACCF/HRS part IV, Rautaharju et al., Circulation 2009). The sex is
/// not known here: above 460 ms it is prolonged in either.
pub const QTC_LONG_MS: f64 = 460.0;
/// Short below 350 ms (Gollob et al., J Am Coll Cardiol 2011); the AHA draws the line at 390 ms.
pub const QTC_SHORT_MS: f64 = 350.0;
/// IEC 60601-2-25 lets the mean QT be off by 25 ms; what the sexes differ in lies within.
const MARGIN_MS: f64 = 20.0;
/// Bazett's formula overcorrects beyond these rates (the same recommendations); Fridericia's is used there.
const BAZETT_BPM: std::ops::RangeInclusive<f64> = 60.0..=100.0;

/// The corrected QT that decides: by Bazett at 60 to 100 bpm, by Fridericia beyond.
pub(super) fn qtc(measurements: &Measurements) -> &Measured {
    let usual = reliable(&measurements.heart_rate).is_none_or(|bpm| BAZETT_BPM.contains(&bpm));
    if usual { &measurements.intervals.qtc_bazett } else { &measurements.intervals.qtc_fridericia }
}

pub(super) fn findings(measurements: &Measurements) -> Vec<Finding> {
    let qtc = qtc(measurements);
    vec![
        Finding::within(Criterion::ProlongedQtc, "QTc above 460 ms", qtc, QTC_LONG_MS + 0.5..f64::MAX, MARGIN_MS),
        Finding::within(Criterion::ShortQtc, "QTc below 350 ms", qtc, 0.0..QTC_SHORT_MS, MARGIN_MS),
    ]
}
