//! Smoothing, slope and curvature of a stretch of one lead.
//!
//! Three moving averages in a row come close to a Gaussian with a standard deviation of `half + 0.5` samples, at a cost
//! that does not grow with its width. Beyond its ends a stretch goes on with its end values.

/// Missing samples are bridged over; a lead that misses more than a tenth of them, or that is flat, is no signal.
pub(super) fn mend(samples_mv: &mut [f32]) -> bool {
    let finite = samples_mv.iter().filter(|value| value.is_finite()).count();
    let Some(first) = samples_mv.iter().copied().find(|value| value.is_finite()) else { return false };
    let (mut held, mut lowest, mut highest) = (first, first, first);
    for value in samples_mv.iter_mut() {
        // Physical values of an ECG are far below this; it keeps sums of squares finite.
        if value.is_finite() && value.abs() < 1e6 {
            held = *value;
        } else {
            *value = held.clamp(-1e6, 1e6);
        }
        (lowest, highest) = (lowest.min(*value), highest.max(*value));
    }
    finite * 10 >= samples_mv.len() * 9 && highest - lowest > 0.02
}

/// Reused space.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    front: Vec<f32>,
    back: Vec<f32>,
}

impl Shape {
    /// Smoothed over about ±`half` samples.
    pub fn smooth(&mut self, samples_mv: &[f32], half: usize, out: &mut Vec<f32>) {
        self.averaged(samples_mv, half, 0);
        out.clear();
        out.extend_from_slice(&self.front);
    }

    /// Absolute slope of the smoothed stretch in mV a sample.
    pub fn slope(&mut self, samples_mv: &[f32], half: usize, out: &mut Vec<f32>) {
        self.averaged(samples_mv, half, 1);
        out.clear();
        out.extend(self.front.windows(3).map(|three| (three[2] - three[0]).abs() / 2.0));
    }

    /// The response of the wavelet, in mV: positive on an upward wave, negative at its feet.
    pub fn response(&mut self, samples_mv: &[f32], half: usize, out: &mut Vec<f32>) {
        self.averaged(samples_mv, half, 1);
        let scale = (half as f32 + 0.5).powi(2);
        out.clear();
        out.extend(self.front.windows(3).map(|three| (2.0 * three[1] - three[0] - three[2]) * scale));
    }

    /// Leaves the smoothed stretch in `front`, with `more` samples beyond either end.
    fn averaged(&mut self, samples_mv: &[f32], half: usize, more: usize) {
        self.front.clear();
        let (Some(first), Some(last)) = (samples_mv.first(), samples_mv.last()) else { return };
        let beyond = 3 * half + more;
        self.front.extend(std::iter::repeat_n(*first, beyond));
        self.front.extend_from_slice(samples_mv);
        self.front.extend(std::iter::repeat_n(*last, beyond));
        let width = 2 * half + 1;
        let part = 1.0 / width as f64;
        for _ in 0..3 {
            self.back.clear();
            let mut sum: f64 = self.front[..width].iter().map(|value| f64::from(*value)).sum();
            self.back.push((sum * part) as f32);
            // One addition a sample depends on the one before it: the difference is ready by then.
            self.back.extend(self.front.iter().zip(&self.front[width..]).map(|(oldest, newest)| {
                sum += f64::from(*newest) - f64::from(*oldest);
                (sum * part) as f32
            }));
            std::mem::swap(&mut self.front, &mut self.back);
        }
    }
}
