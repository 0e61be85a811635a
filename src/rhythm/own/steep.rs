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
        // What the first medians need before the first sample is that sample.
        let mut held_mv = [0.0_f32; MEDIAN - 1 + TAKEN];
        let (mut latest_mv, mut count) = (0.0, 0);
        for (sample_mv, held_mv) in samples_mv.zip(&mut held_mv[MEDIAN - 1..]) {
            if sample_mv.is_finite() {
                latest_mv = sample_mv.clamp(-LARGEST_MV, LARGEST_MV);
            }
            *held_mv = latest_mv;
            count += 1;
        }
        let first_mv = held_mv[MEDIAN - 1];
        held_mv[..MEDIAN - 1].fill(first_mv);
        let mut medians_mv = [0.0_f32; TAKEN];
        for (index, median_mv) in medians_mv.iter_mut().enumerate() {
            *median_mv = median_of_seven(std::array::from_fn(|back| held_mv[index + back]));
        }

        let mut window_mv = [0.0; WINDOW];
        let mut sections = self.sections.map(DirectForm2Transposed::<f64>::new);
        let mut origin_mv = None;
        for (index, medians_mv) in medians_mv[..count].chunks_exact(DECIMATION).enumerate() {
            let mean_mv = medians_mv.iter().sum::<f32>() / DECIMATION as f32;
            // The filters start at rest on the first value.
            let value_mv = f64::from(mean_mv - *origin_mv.get_or_insert(mean_mv));
            let filtered_mv = sections.iter_mut().fold(value_mv, |value, section| section.run(value)) as f32;
            if let Some(place) = index.checked_sub(SETTLING) {
                window_mv[place] = filtered_mv;
            }
        }
        window_mv
    }
}

/// Without a branch, so that the processor does many at once: the smallest and the largest of five of them cannot be the
/// median of all and make room for the next value, and so on until one is left.
fn median_of_seven(values: [f32; MEDIAN]) -> f32 {
    let [a, b, c, d, e, f, g] = values;
    let three: [f32; 3] = without_extremes([a, b, c, d, e]);
    let two: [f32; 2] = without_extremes([three[0], three[1], three[2], f]);
    let [median] = without_extremes([two[0], two[1], g]);
    median
}

/// The values but for the smallest and the largest, in any order.
fn without_extremes<const N: usize, const LEFT: usize>(mut values: [f32; N]) -> [f32; LEFT] {
    let mut order = |one: usize, other: usize| {
        let (low, high) = (values[one], values[other]);
        (values[one], values[other]) = if low < high { (low, high) } else { (high, low) };
    };
    (1..N).for_each(|other| order(0, other));
    (1..N - 1).for_each(|one| order(one, N - 1));
    std::array::from_fn(|index| values[index + 1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_median_of_seven_is_the_fourth_of_them(values in prop::array::uniform7(0.0_f32..5.0)) {
            let mut sorted = values;
            sorted.sort_unstable_by(f32::total_cmp);
            prop_assert_eq!(median_of_seven(values).to_bits(), sorted[3].to_bits());
        }
    }
}
