//! The last three seconds of one lead, 1 to 20 Hz, at 125 Hz.
//!
//! In go the latest samples at 500 Hz that the bed keeps anyway, out comes the window; nothing is kept here.

use biquad::{Biquad, Coefficients, DirectForm2Transposed, Q_BUTTERWORTH_F64, ToHertz, Type};

/// Samples a second of a window.
pub(super) const RATE_HZ: f64 = 125.0;
/// The mean of so many samples at 500 Hz becomes one.
const DECIMATION: usize = 4;
/// Samples of a window, and those before it in which the filters settle: three seconds and one.
pub(super) const WINDOW: usize = 375;
const SETTLING: usize = 125;
/// Samples at 500 Hz from which a window is made.
pub(super) const TAKEN: usize = (SETTLING + WINDOW) * DECIMATION;
/// The band of Arafat et al. 2011 begins at 1 Hz; fibrillation has little above 20 Hz, mains and muscles much.
const BAND_HZ: (f64, f64) = (1.0, 20.0);
/// Nothing that an electrode gives is larger; whatever comes, sums of squares stay finite.
const LARGEST_MV: f32 = 1000.0;
/// A window with more lost samples than this (a second) is none.
const MOST_LOST: usize = 500;
/// The size is taken from every so many samples.
const SIZE_EVERY: usize = 20;

/// Makes windows.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    band: [Coefficients<f64>; 2],
}

impl Default for Windows {
    fn default() -> Windows {
        let section = |kind: Type<f64>, corner_hz: f64| {
            Coefficients::from_params(kind, RATE_HZ.hz(), corner_hz.hz(), Q_BUTTERWORTH_F64)
                .expect("corner frequencies are constants below half of the rate (this is a bug)")
        };
        Windows { band: [section(Type::HighPass, BAND_HZ.0), section(Type::LowPass, BAND_HZ.1)] }
    }
}

impl Windows {
    /// The window of the latest [`TAKEN`] samples in mV, NaN where there is none; `None` when too many are missing.
    pub fn make(&self, mut samples_mv: impl Iterator<Item = f32>) -> Option<[f32; WINDOW]> {
        let mut window_mv = [0.0; WINDOW];
        let mut band = self.band.map(DirectForm2Transposed::<f64>::new);
        let (mut lost, mut held_mv, mut origin_mv) = (0, 0.0, None);
        for index in 0..SETTLING + WINDOW {
            let mut sum_mv = 0.0;
            for _ in 0..DECIMATION {
                let sample_mv = samples_mv.next()?;
                if sample_mv.is_finite() {
                    held_mv = sample_mv.clamp(-LARGEST_MV, LARGEST_MV);
                } else {
                    lost += 1;
                }
                sum_mv += held_mv;
            }
            let mean_mv = sum_mv / DECIMATION as f32;
            // The filters start at rest on the first value.
            let value_mv = f64::from(mean_mv - *origin_mv.get_or_insert(mean_mv));
            let filtered_mv = band.iter_mut().fold(value_mv, |value, section| section.run(value)) as f32;
            if let Some(place) = index.checked_sub(SETTLING) {
                window_mv[place] = filtered_mv;
            }
        }
        (lost <= MOST_LOST).then_some(window_mv)
    }
}

/// How large the signal is: the mean of its steps over 40 ms, in mV. For the choice of leads only.
pub(super) fn size_mv(samples_mv: impl Iterator<Item = f32>) -> f32 {
    let (mut sum_mv, mut count, mut before_mv) = (0.0, 0_u16, None);
    for sample_mv in samples_mv.step_by(SIZE_EVERY).filter(|sample_mv| sample_mv.is_finite()) {
        if let Some(before_mv) = before_mv.replace(sample_mv) {
            sum_mv += (sample_mv - before_mv).abs().min(LARGEST_MV);
            count += 1;
        }
    }
    sum_mv / f32::from(count.max(1))
}
