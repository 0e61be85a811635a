//! Biquad cascades on single leads.

use biquad::{Biquad, Coefficients, DirectForm2Transposed, Q_BUTTERWORTH_F64, ToHertz, Type};

use super::RATE_HZ;

/// A cascade of second-order sections at [`RATE_HZ`], in double precision.
#[derive(Clone, Debug)]
pub struct Cascade {
    sections: Vec<DirectForm2Transposed<f64>>,
}

impl Cascade {
    /// A cascade of Butterworth sections: high pass or low pass (`high`), each with its corner frequency in Hz.
    fn butterworth(sections: &[(bool, f64)]) -> Cascade {
        let section = |&(high, corner_hz): &(bool, f64)| {
            let kind: Type<f64> = if high { Type::HighPass } else { Type::LowPass };
            let coefficients = Coefficients::from_params(kind, RATE_HZ.hz(), corner_hz.hz(), Q_BUTTERWORTH_F64)
                .expect("corner frequencies are constants below half of 500 Hz (this is a bug)");
            DirectForm2Transposed::<f64>::new(coefficients)
        };
        Cascade { sections: sections.iter().map(section).collect() }
    }

    /// 5 to 25 Hz: where the QRS complex has most of its energy and P, T and wander have little.
    pub fn qrs() -> Cascade {
        Cascade::butterworth(&[(true, 5.0), (false, 25.0)])
    }

    /// 0.5 to 40 Hz: what a bedside monitor shows.
    pub fn monitoring() -> Cascade {
        Cascade::butterworth(&[(true, 0.5), (false, 40.0)])
    }

    /// The next output for the next input.
    pub fn run(&mut self, input: f64) -> f64 {
        self.sections.iter_mut().fold(input, |value, section| section.run(value))
    }
}

/// Takes the electrode's offset and slow drift away: a first-order high pass at 0.05 Hz, the lower limit that
/// AHA 2007 asks of diagnostic ECG so that ST segments keep their level. It starts at its first sample, without ringing.
#[derive(Clone, Debug, Default)]
pub struct OffsetRemoval {
    baseline: Option<f64>,
}

impl OffsetRemoval {
    /// The next output for the next input, both in mV.
    pub fn run(&mut self, input_mv: f64) -> f64 {
        let step = 1.0 - (-2.0 * std::f64::consts::PI * 0.05 / RATE_HZ).exp();
        let baseline = self.baseline.get_or_insert(input_mv);
        *baseline += step * (input_mv - *baseline);
        input_mv - *baseline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain_at(hz: f64) -> f64 {
        let mut filter = Cascade::qrs();
        let value = |n: i32| (2.0 * std::f64::consts::PI * hz * f64::from(n) / RATE_HZ).sin();
        (0..5000).map(|n| filter.run(value(n))).skip(2500).fold(0.0, |peak: f64, y| peak.max(y.abs()))
    }

    #[test]
    fn the_qrs_band_passes_and_the_rest_does_not() {
        assert!(gain_at(11.0) > 0.8);
        assert!(gain_at(1.0) < 0.06);
        assert!(gain_at(100.0) < 0.08);
    }

    #[test]
    fn an_offset_is_gone_at_once_and_a_step_stays_for_a_second() {
        let mut filter = OffsetRemoval::default();
        assert!((0..500).map(|_| filter.run(5.0)).all(|y| y.abs() < 1e-9));
        let after_100_ms = (0..50).map(|_| filter.run(6.0)).last().unwrap();
        assert!((after_100_ms - 1.0).abs() < 0.04, "{after_100_ms}");
    }
}
