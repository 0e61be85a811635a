//! The last three seconds of one lead in the band where QRS complexes are steep, 10 to 30 Hz, at 125 Hz.
//!
//! Electrodes that move, fibrillation and T waves have most of their power below 8 Hz, complexes of the patient's own
//! reach beyond 20 Hz (Thakor et al., IEEE Trans Biomed Eng 1984). In go the latest samples at 500 Hz, out comes the window.

use biquad::{Biquad, Coefficients, DirectForm2Transposed, Q_BUTTERWORTH_F64, ToHertz, Type};

/// Samples a second of a window.
pub(super) const RATE_HZ: f64 = 125.0;
/// The mean of so many samples at 500 Hz becomes one.
const DECIMATION: usize = 4;
/// Samples of a window, and those before it in which the filters settle: three seconds and a third.
pub(super) const WINDOW: usize = 375;
const SETTLING: usize = 42;
/// Samples at 500 Hz from which a window is made.
pub(super) const TAKEN: usize = (SETTLING + WINDOW) * DECIMATION;
const BAND_HZ: (f64, f64) = (10.0, 30.0);
/// Of a pulse of a pacemaker, three samples at most, nothing is left in the median of seven; of a complex all.
const MEDIAN: usize = 7;
/// Nothing that an electrode gives is larger; whatever comes, sums of squares stay finite.
const LARGEST_MV: f32 = 1000.0;

/// Makes windows.
#[derive(Clone, Debug)]
pub(super) struct Steep {
    sections: [Coefficients<f64>; 4],
}

impl Default for Steep {
    fn default() -> Steep {
        let section = |kind: Type<f64>, corner_hz: f64| {
            Coefficients::from_params(kind, RATE_HZ.hz(), corner_hz.hz(), Q_BUTTERWORTH_F64)
                .expect("corner frequencies are constants below half of the rate (this is a bug)")
        };
        let (from, to) = (section(Type::HighPass, BAND_HZ.0), section(Type::LowPass, BAND_HZ.1));
        Steep { sections: [from, from, to, to] }
    }
}

impl Steep {
    /// The window of the latest [`TAKEN`] samples in mV; the last value is held where there is none.
    pub fn window(&self, samples_mv: impl Iterator<Item = f32>) -> [f32; WINDOW] {
        let mut window_mv = [0.0; WINDOW];
        let mut sections = self.sections.map(DirectForm2Transposed::<f64>::new);
        let mut latest = [0.0; MEDIAN];
        let (mut sum_mv, mut held_mv, mut origin_mv) = (0.0, 0.0, None);
        for (index, sample_mv) in samples_mv.take(TAKEN).enumerate() {
            if sample_mv.is_finite() {
                held_mv = sample_mv.clamp(-LARGEST_MV, LARGEST_MV);
            }
            if index == 0 {
                latest = [held_mv; MEDIAN];
            }
            latest[index % MEDIAN] = held_mv;
            sum_mv += *latest.clone().select_nth_unstable_by(MEDIAN / 2, f32::total_cmp).1;
            if (index + 1) % DECIMATION > 0 {
                continue;
            }
            let mean_mv = std::mem::take(&mut sum_mv) / DECIMATION as f32;
            // The filters start at rest on the first value.
            let value_mv = f64::from(mean_mv - *origin_mv.get_or_insert(mean_mv));
            let filtered_mv = sections.iter_mut().fold(value_mv, |value, section| section.run(value)) as f32;
            if let Some(place) = (index / DECIMATION).checked_sub(SETTLING) {
                window_mv[place] = filtered_mv;
            }
        }
        window_mv
    }
}
