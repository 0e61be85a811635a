//! From the calibration of other formats to that of a [`Signal`](super::Signal): in goes a straight line from digital to physical
//! values, out come gain and baseline.

use crate::ecg::INVALID_SAMPLE;

/// How digital values of a file become those of a signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Digital units a physical unit; above 0.
    pub gain_per_unit: f64,
    /// The digital value of 0 physical units, rounded: an offset of at most half a digital unit is lost.
    pub baseline: i32,
    /// The file counts downwards: its values are taken negative.
    is_inverted: bool,
}

impl Scale {
    /// For `physical = units_per_digital * digital + physical_at_zero`. `None` where that is no calibration: a number that is none,
    /// a gain of 0, or a baseline beyond 32 bits.
    pub fn new(units_per_digital: f64, physical_at_zero: f64) -> Option<Scale> {
        let gain_per_unit = units_per_digital.abs().recip();
        let baseline = (-physical_at_zero / units_per_digital.abs()).round();
        let fits = baseline.is_finite() && baseline.abs() < f64::from(i32::MAX);
        let is_usable = units_per_digital.is_finite() && gain_per_unit.is_finite() && gain_per_unit > 0.0 && fits;
        let scale = Scale { gain_per_unit, baseline: baseline as i32, is_inverted: units_per_digital < 0.0 };
        is_usable.then_some(scale)
    }

    /// The digital value of a signal for one of the file, which has 16 bits.
    pub fn digital(&self, stored: i16) -> i32 {
        if self.is_inverted { -i32::from(stored) } else { i32::from(stored) }
    }
}

/// No value of 16 bits is taken for "no sample" by chance.
const _: () = assert!(INVALID_SAMPLE < i16::MIN as i32);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_calibration_is_refused() {
        for (slope, at_zero) in
            [(0.0, 0.0), (f64::NAN, 0.0), (f64::INFINITY, 0.0), (1.0, f64::NAN), (1e-300, 1.0), (1e-320, 0.0)]
        {
            assert_eq!(Scale::new(slope, at_zero), None, "{slope} {at_zero}");
        }
    }

    proptest! {
        #[test]
        fn physical_values_stay_within_half_a_digital_unit(
            slope in prop_oneof![0.001_f64..100.0, -100.0_f64..-0.001],
            at_zero in -1000.0_f64..1000.0,
            stored: i16,
        ) {
            let scale = Scale::new(slope, at_zero).unwrap();
            let physical = f64::from(scale.digital(stored) - scale.baseline) / scale.gain_per_unit;
            let expected = slope * f64::from(stored) + at_zero;
            prop_assert!((physical - expected).abs() <= slope.abs() * 0.501, "{} {}", physical, expected);
        }
    }
}
