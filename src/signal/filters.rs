//! Biquad cascades on single leads.

use biquad::{Biquad, Coefficients, DirectForm2Transposed, Q_BUTTERWORTH_F64, ToHertz, Type};

use super::RATE_HZ;

/// A cascade of two second-order sections at [`RATE_HZ`], in double precision.
#[derive(Clone, Debug)]
pub struct Cascade {
    sections: [DirectForm2Transposed<f64>; 2],
}

impl Cascade {
    /// A cascade of Butterworth sections: high pass or low pass (`high`), each with its corner frequency in Hz.
    fn butterworth(sections: [(bool, f64); 2]) -> Cascade {
        let section = |(high, corner_hz): (bool, f64)| {
            let kind: Type<f64> = if high { Type::HighPass } else { Type::LowPass };
            let coefficients = Coefficients::from_params(kind, RATE_HZ.hz(), corner_hz.hz(), Q_BUTTERWORTH_F64)
                .expect("corner frequencies are constants below half of 500 Hz (this is a bug)");
            DirectForm2Transposed::<f64>::new(coefficients)
        };
        Cascade { sections: sections.map(section) }
    }

    /// 5 to 25 Hz: where the QRS complex has most of its energy and P, T and wander have little.
    pub fn qrs() -> Cascade {
        Cascade::butterworth([(true, 5.0), (false, 25.0)])
    }

    /// 2 to 12 Hz: where a wide complex has most of its energy.
    pub fn wide_qrs() -> Cascade {
        Cascade::butterworth([(true, 2.0), (false, 12.0)])
    }

    /// 0.5 to 40 Hz: what a bedside monitor shows.
    pub fn monitoring() -> Cascade {
        Cascade::butterworth([(true, 0.5), (false, 40.0)])
    }

    /// Above 40 Hz, 24 dB an octave: muscles and mains, and of an ECG only what is steepest.
    pub fn fast() -> Cascade {
        Cascade::butterworth([(true, 40.0), (true, 40.0)])
    }

    /// At rest, as it was made.
    pub fn reset(&mut self) {
        self.sections.iter_mut().for_each(Biquad::reset_state);
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

/// Taps on either side of the middle one of [`low_pass_150_hz`]: 30 ms.
const LOW_PASS_HALF: usize = 15;

/// The upper limit of the diagnostic band, 150 Hz (AHA 2007 for adults): a symmetric FIR filter of 31 taps (a sinc with
/// Hamming's window, -3 dB at 150 Hz, -0.3 dB at 125 Hz), so its phase is linear; its delay of 30 ms is taken
/// off, which is possible because a window is there as a whole. Beyond the ends and in gaps the nearest sample is held;
/// what is NaN stays NaN.
pub fn low_pass_150_hz(samples_mv: &mut [f32]) {
    let half = LOW_PASS_HALF as f64;
    let tap = |n: usize| {
        let off = n as f64 - half;
        // The sinc's own corner, -6 dB, lies a little above.
        let corner = 2.0 * 157.0 / RATE_HZ;
        let x = std::f64::consts::PI * corner * off;
        let sinc = if n == LOW_PASS_HALF { corner } else { corner * x.sin() / x };
        sinc * (0.54 + 0.46 * (std::f64::consts::PI * off / (half + 1.0)).cos())
    };
    let taps: Vec<f64> = (0..=2 * LOW_PASS_HALF).map(tap).collect();
    let sum: f64 = taps.iter().sum();
    let Some(mut held_mv) = samples_mv.iter().copied().find(|value| value.is_finite()) else { return };
    let mut padded_mv = vec![f64::from(held_mv); LOW_PASS_HALF];
    for value in &*samples_mv {
        if value.is_finite() {
            held_mv = *value;
        }
        padded_mv.push(f64::from(held_mv));
    }
    padded_mv.resize(padded_mv.len() + LOW_PASS_HALF, f64::from(held_mv));
    for (value, around) in samples_mv.iter_mut().zip(padded_mv.windows(taps.len())).filter(|(v, _)| v.is_finite()) {
        *value = (around.iter().zip(&taps).map(|(x, tap)| x * tap).sum::<f64>() / sum) as f32;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_low_pass_keeps_what_is_diagnostic_and_its_place() {
        let gain = |hz: f64| {
            let sine = |n: i32| (2.0 * std::f64::consts::PI * hz * f64::from(n) / RATE_HZ).sin() as f32;
            let mut samples: Vec<f32> = (0..1000).map(sine).collect();
            low_pass_150_hz(&mut samples);
            let (xy, xx) = (100..900).fold((0.0, 0.0), |(xy, xx), n| {
                (xy + f64::from(samples[n as usize]) * f64::from(sine(n)), xx + f64::from(sine(n)).powi(2))
            });
            // In phase: the projection on the input is the whole output.
            xy / xx
        };
        assert!((gain(10.0) - 1.0).abs() < 0.005 && gain(100.0) > 0.98 && gain(125.0) > 0.95, "{}", gain(125.0));
        assert!((0.69..0.74).contains(&gain(150.0)), "{}", gain(150.0));
        assert!(gain(200.0).abs() < 0.02, "{}", gain(200.0));
    }

    #[test]
    fn the_low_pass_keeps_level_ends_and_gaps() {
        let mut samples = vec![3.0_f32; 400];
        samples[100..200].fill(f32::NAN);
        low_pass_150_hz(&mut samples);
        assert!(samples.iter().enumerate().all(|(n, value)| if (100..200).contains(&n) {
            value.is_nan()
        } else {
            (value - 3.0).abs() < 1e-6
        }));
        low_pass_150_hz(&mut [f32::NAN; 5]);
        low_pass_150_hz(&mut []);
    }

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

    /// Millivolts as they come from electrodes, pulses of a defibrillator included.
    fn any_mv() -> impl Strategy<Value = f32> {
        prop_oneof![-5.0_f32..5.0, -1e4_f32..1e4, Just(0.0), Just(-1e4), Just(1e4)]
    }

    proptest! {
        /// Whatever the electrodes give, filters stay finite, and what is gone decays.
        #[test]
        fn filters_stay_finite_and_forget(values in prop::collection::vec(any_mv(), 1..200)) {
            for mut filter in [Cascade::qrs(), Cascade::monitoring(), Cascade::fast()] {
                prop_assert!(values.iter().all(|value| filter.run(f64::from(*value)).is_finite()));
                let after_10_s = (0..5000).map(|_| filter.run(0.0)).last().unwrap_or(f64::NAN);
                prop_assert!(after_10_s.abs() < 0.01, "{after_10_s}");
            }
            let mut offset = OffsetRemoval::default();
            prop_assert!(values.iter().all(|value| offset.run(f64::from(*value)).abs() <= 2e4));
        }

        /// The low pass leaves gaps as they are and overshoots little.
        #[test]
        fn the_low_pass_leaves_gaps(values in prop::collection::vec(prop::option::weighted(0.8, any_mv()), 0..300)) {
            let before: Vec<f32> = values.iter().map(|value| value.unwrap_or(f32::NAN)).collect();
            let largest = before.iter().fold(0.0_f32, |so_far, value| so_far.max(value.abs()));
            let mut after = before.clone();
            low_pass_150_hz(&mut after);
            for (before, after) in before.iter().zip(&after) {
                prop_assert_eq!(before.is_nan(), after.is_nan());
                prop_assert!(after.is_nan() || after.abs() <= 1.7 * largest + 1e-6);
            }
        }
    }
}
