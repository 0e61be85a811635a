//! The check of a claim: what it states against what was measured.
//!
//! In go one [`FoundClaim`] and the measurements, out comes the [`Claim`] with its verdict.

use super::find::{FoundClaim, RateClass, Statement};
use super::{Claim, ClaimKind, Verdict};
use crate::ecg::Lead;
use crate::measure::{Measured, Measurements};

/// A heart rate may be off by 10 % or 5 bpm, whichever is more: the accuracy IEC 60601-2-27 asks of a monitor. A claim
/// is not held to more than that. "Approximately" makes it no wider.
const TOLERANCE_SHARE: f64 = 0.1;
const TOLERANCE_BPM: f64 = 5.0;

/// Below this rate it is a bradycardia (the protocol of ECG-R1 and common teaching).
const BRADYCARDIA_BPM: f64 = 60.0;
/// Above this rate it is a tachycardia (the protocol of ECG-R1 and common teaching).
const TACHYCARDIA_BPM: f64 = 100.0;
/// So near to a border both sides of it are supported: the mean of a few RR intervals, each read to some milliseconds
/// and each changing with the breath, does not tell 59 from 61 bpm.
const BORDER_BPM: f64 = 2.0;

/// What is less certain is not measured. Three RR intervals, the fewest over which monitors average a slow rate, have a
/// confidence of 0.375; two may be chance.
const MIN_CONFIDENCE: f64 = 0.3;

/// Judges one claim of `text`.
pub fn check(text: &str, found: &FoundClaim, measurements: &Measurements) -> Claim {
    let heart_rate = &measurements.heart_rate;
    let measured = reliable(heart_rate);
    let agrees = |bpm: f64| match &found.statement {
        Statement::HeartRate { from_bpm, to_bpm } => {
            let tolerance = TOLERANCE_BPM.max(bpm * TOLERANCE_SHARE);
            (from_bpm - tolerance..=to_bpm + tolerance).contains(&bpm)
        }
        Statement::RateClass(classes) => {
            RateClass::ALL.iter().any(|class| classes.contains(*class) && fits(*class, bpm))
        }
    };
    let (kind, value, value_to) = match &found.statement {
        Statement::HeartRate { from_bpm, to_bpm } => {
            (ClaimKind::HeartRate, Some(*from_bpm), (to_bpm > from_bpm).then_some(*to_bpm))
        }
        Statement::RateClass(_) => (ClaimKind::RateClass, None, None),
    };
    Claim {
        text: text[found.from..found.to].to_owned(),
        from: found.from,
        to: found.to,
        kind,
        leads: heart_rate.leads.iter().map(Lead::to_string).collect(),
        value,
        value_to,
        unit: Some(heart_rate.unit.to_owned()),
        verdict: match measured {
            None => Verdict::NotMeasurable,
            Some(bpm) if agrees(bpm) => Verdict::Supported,
            Some(_) => Verdict::Contradicted,
        },
        measured,
        from_s: heart_rate.from_s,
        to_s: heart_rate.to_s,
    }
}

/// The value, if it is there and certain enough to judge by.
fn reliable(measured: &Measured) -> Option<f64> {
    measured.value.filter(|value| value.is_finite() && measured.confidence >= MIN_CONFIDENCE)
}

/// May a measured rate be called so?
fn fits(class: RateClass, bpm: f64) -> bool {
    let above_bradycardia = bpm >= BRADYCARDIA_BPM - BORDER_BPM;
    let below_tachycardia = bpm <= TACHYCARDIA_BPM + BORDER_BPM;
    match class {
        RateClass::Bradycardia => bpm <= BRADYCARDIA_BPM + BORDER_BPM,
        RateClass::Normal => above_bradycardia && below_tachycardia,
        RateClass::Tachycardia => bpm >= TACHYCARDIA_BPM - BORDER_BPM,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ground;
    use super::super::tests::measured;
    use super::*;

    fn verdict(text: &str, bpm: f64) -> Verdict {
        let claims = ground(text, &measured(bpm, 1.0)).claims;
        assert_eq!(claims.len(), 1, "{text}: {claims:?}");
        claims[0].verdict
    }

    #[test]
    fn a_rate_may_be_off_by_five_bpm_or_a_tenth() {
        use Verdict::{Contradicted, Supported};
        let cases = [
            ("heart rate 45 bpm", 40.0, Supported),
            ("heart rate 46 bpm", 40.0, Contradicted),
            ("heart rate 35 bpm", 40.0, Supported),
            ("heart rate 34 bpm", 40.0, Contradicted),
            ("heart rate 132 bpm", 120.0, Supported),
            ("heart rate 133 bpm", 120.0, Contradicted),
            ("heart rate approximately 133 bpm", 120.0, Contradicted),
            ("rate between 60 and 70 bpm", 65.0, Supported),
            ("rate between 60 and 70 bpm", 55.0, Supported),
            ("rate between 60 and 70 bpm", 54.0, Contradicted),
            ("rate between 60 and 70 bpm", 77.0, Supported),
            ("rate between 60 and 70 bpm", 78.0, Contradicted),
        ];
        for (text, bpm, expected) in cases {
            assert_eq!(verdict(text, bpm), expected, "{text} at {bpm} bpm");
        }
    }

    #[test]
    fn near_a_border_both_sides_are_supported() {
        use Verdict::{Contradicted, Supported};
        for (bpm, bradycardia, normal, tachycardia) in [
            (57.9, Supported, Contradicted, Contradicted),
            (58.0, Supported, Supported, Contradicted),
            (62.0, Supported, Supported, Contradicted),
            (62.1, Contradicted, Supported, Contradicted),
            (97.9, Contradicted, Supported, Contradicted),
            (98.0, Contradicted, Supported, Supported),
            (102.0, Contradicted, Supported, Supported),
            (102.1, Contradicted, Contradicted, Supported),
        ] {
            assert_eq!(verdict("sinus bradycardia", bpm), bradycardia, "{bpm}");
            assert_eq!(verdict("a normal rate", bpm), normal, "{bpm}");
            assert_eq!(verdict("sinus tachycardia", bpm), tachycardia, "{bpm}");
        }
    }

    #[test]
    fn what_is_denied_is_supported_by_the_rest() {
        assert_eq!(verdict("no tachycardia", 50.0), Verdict::Supported);
        assert_eq!(verdict("no tachycardia", 130.0), Verdict::Contradicted);
        assert_eq!(verdict("no bradycardia or tachycardia", 72.0), Verdict::Supported);
        assert_eq!(verdict("no bradycardia or tachycardia", 130.0), Verdict::Contradicted);
        assert_eq!(verdict("the rate is not normal", 130.0), Verdict::Supported);
        assert_eq!(verdict("the rate is not normal", 72.0), Verdict::Contradicted);
    }

    #[test]
    fn what_was_not_measured_supports_nothing() {
        let absent = Measured::absent("bpm");
        let nothing = Measurements { heart_rate: absent, ..measured(72.0, 1.0) };
        for measurements in [nothing, measured(72.0, 0.25), measured(f64::NAN, 1.0)] {
            let grounded = ground("Heart rate 72 bpm, normal rate.", &measurements);
            assert_eq!(grounded.claims.len(), 2);
            for claim in grounded.claims {
                assert_eq!((claim.verdict, claim.measured), (Verdict::NotMeasurable, None));
            }
            assert_eq!(grounded.score, None);
        }
        assert_eq!(ground("Heart rate 72 bpm.", &measured(72.0, 0.375)).score, Some(1.0));
    }
}
