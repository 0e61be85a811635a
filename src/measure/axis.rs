//! Electrical axes of P, QRS and T in the frontal plane, from net areas.

use super::average::LeadMeasurements;
use super::deflections::Deflections;
use super::{Measured, intervals::Basis};
use crate::ecg::Lead;
use crate::signal::RATE_HZ;

/// A vector shorter than this has no direction: 0.02 mV over 40 ms, in mV·ms.
const SHORTEST: f64 = 0.8;

/// The axis of what `area` gives, in degrees from -180 to 180: 0 to the left, 90 downwards. Measured on I and II
/// (aVF = II - I / 2), or on I and aVF; a unipolar augmented lead is 2/√3 times weaker than a bipolar one.
pub(super) fn axis(basis: &Basis, leads: &[LeadMeasurements], area: impl Fn(&Deflections) -> Option<f64>) -> Measured {
    let of = |lead: Lead| {
        let found = leads.iter().find(|candidate| candidate.lead == lead)?;
        Some((area(&found.average)?, found.beats))
    };
    let Some((one, beats)) = of(Lead::I) else { return Measured::absent("°") };
    let (second, down) = match (of(Lead::II), of(Lead::AVF)) {
        (Some((two, _)), _) => (Lead::II, two - one / 2.0),
        (None, Some((avf, _))) => (Lead::AVF, avf),
        (None, None) => return Measured::absent("°"),
    };
    let down = down * 2.0 / 3.0_f64.sqrt();
    let length = one.hypot(down);
    if length.is_nan() || length < SHORTEST {
        return Measured::absent("°");
    }
    let seconds =
        |beat: Option<&crate::beats::delineation::MarkedBeat>| beat.map_or(0.0, |b| b.r_peak as f64 / RATE_HZ);
    Measured {
        value: Some(down.atan2(one).to_degrees()),
        unit: "°",
        leads: vec![Lead::I, second],
        from_s: seconds(basis.basic_beats().next()),
        to_s: seconds(basis.basic_beats().last()),
        beats,
        confidence: (beats as f64 / 5.0).min(1.0),
    }
}
