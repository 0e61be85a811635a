//! What a recorder does to the leads: its filters and its steps.
//!
//! In: a lead as the electrodes have it. Out: the lead as it is stored. Filters of recorders that print ten seconds know the
//! whole recording, so they go over it forwards and backwards and shift nothing.

use biquad::{Biquad, Coefficients, DirectForm2Transposed, Hertz, Type};
use rand::Rng;

use super::{RATE_HZ, SAMPLES};

/// So much signal before the portrait is filtered with it, so that no filter rings at its begin ...
pub(super) const RUN_IN_S: f64 = 2.0;
/// ... and so many samples after it.
pub(super) const RUN_OUT: usize = 900;

/// Steepness of a filter without a peak (Butterworth, second order).
const BUTTERWORTH: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// One recorder.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    filters: Vec<Coefficients<f64>>,
    step_mv: f64,
}

impl Recorder {
    /// A recorder with one of the usual bands: 0.05 Hz (the standard), or 0.15 to 0.5 Hz, up to 40 to 150 Hz, or no limit.
    pub(super) fn draw(random: &mut impl Rng) -> Recorder {
        let mut filters = Vec::new();
        let lowest_hz = [0.0, 0.05, 0.05, 0.15, 0.3, 0.5][random.random_range(0..6)];
        let highest_hz = [0.0, 0.0, 150.0, 150.0, 100.0, 100.0, 75.0, 40.0][random.random_range(0..8)];
        for (kind, hz) in [(Type::HighPass, lowest_hz), (Type::LowPass, highest_hz)] {
            if hz > 0.0 {
                filters.push(coefficients(kind, hz));
            }
        }
        let step_mv = [0.001, 0.001, 0.002_44, 0.004_88, 0.005][random.random_range(0..5)];
        Recorder { filters, step_mv }
    }

    /// The portrait's part of `lead_mv`, whose first `run_in` samples are before it.
    pub(super) fn record(&self, lead_mv: &[f32], run_in: usize) -> Vec<f32> {
        let mut values: Vec<f64> = lead_mv.iter().map(|mv| f64::from(*mv)).collect();
        for filter in &self.filters {
            for _ in 0..2 {
                let first = values.first().copied().unwrap_or(0.0);
                let mut state = DirectForm2Transposed::<f64>::new(*filter);
                // As if the lead had been at its first value for ever; the ramp of a high pass is long gone by then.
                let rest = first * response_at_rest(filter);
                for value in &mut values {
                    *value = state.run(*value - first) + rest;
                }
                values.reverse();
            }
        }
        let stored = values.iter().skip(run_in).take(SAMPLES);
        stored.map(|mv| ((mv / self.step_mv).round() * self.step_mv) as f32).collect()
    }
}

fn coefficients(kind: Type<f64>, hz: f64) -> Coefficients<f64> {
    let of = |hz| Hertz::<f64>::from_hz(hz).expect("a constant above zero is a frequency (this is a bug)");
    Coefficients::from_params(kind, of(RATE_HZ), of(hz), BUTTERWORTH)
        .expect("every limit is below half the sampling rate (this is a bug)")
}

/// What a filter makes of a constant 1.
fn response_at_rest(filter: &Coefficients<f64>) -> f64 {
    (filter.b0 + filter.b1 + filter.b2) / (1.0 + filter.a1 + filter.a2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorder_keeps_what_lies_in_its_band_and_shifts_nothing() {
        let recorder = Recorder {
            filters: vec![coefficients(Type::HighPass, 0.5), coefficients(Type::LowPass, 40.0)],
            step_mv: 0.001,
        };
        let wave = |hz: f64| -> Vec<f32> {
            (0..1000 + SAMPLES + RUN_OUT)
                .map(|n| (std::f64::consts::TAU * hz * n as f64 / RATE_HZ).sin() as f32)
                .collect()
        };
        let furthest = |hz: f64| {
            let (made, recorded) = (wave(hz), recorder.record(&wave(hz), 1000));
            made[1000..].iter().zip(&recorded).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        assert!(furthest(8.0) < 0.03, "{}", furthest(8.0));
        let hum = recorder.record(&wave(120.0), 1000);
        assert!(hum.iter().all(|mv| mv.abs() < 0.05));
    }
}
