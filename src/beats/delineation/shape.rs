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
        self.extended(samples_mv, 3 * half);
        for _ in 0..3 {
            self.average(half);
        }
        out.clear();
        out.extend_from_slice(&self.front);
    }

    /// Absolute slope of the smoothed stretch in mV a sample.
    pub fn slope(&mut self, samples_mv: &[f32], half: usize, out: &mut Vec<f32>) {
        let width = 2 * half + 1;
        self.extended(samples_mv, 3 * half + 1);
        // The difference of neighbours in a moving average is that of its ends: one average less.
        self.back.clear();
        let pairs = self.front.windows(2).map(|pair| pair[0] + pair[1]);
        let ends = pairs.clone().zip(pairs.skip(width)).map(|(before, after)| after - before);
        self.back.extend(ends);
        std::mem::swap(&mut self.front, &mut self.back);
        self.average(half);
        self.average(half);
        let scale = 0.5 / width as f32;
        out.clear();
        out.extend(self.front.iter().map(|value| value.abs() * scale));
    }

    /// The response of the wavelet, in mV: positive on an upward wave, negative at its feet.
    pub fn response(&mut self, samples_mv: &[f32], half: usize, out: &mut Vec<f32>) {
        let width = 2 * half + 1;
        self.extended(samples_mv, 3 * half + 1);
        // As with the slope; the second difference leaves one average of the three.
        self.back.clear();
        let three = self.front.iter().zip(self.front.iter().skip(width)).zip(self.front.iter().skip(2 * width));
        self.back.extend(three.map(|((before, now), after)| 2.0 * now - before - after));
        std::mem::swap(&mut self.front, &mut self.back);
        self.average(half);
        let scale = ((half as f32 + 0.5) / width as f32).powi(2);
        out.clear();
        out.extend(self.front.iter().map(|value| value * scale));
    }

    /// Puts the stretch into `front`, with `beyond` samples more at either end.
    fn extended(&mut self, samples_mv: &[f32], beyond: usize) {
        self.front.clear();
        let (Some(first), Some(last)) = (samples_mv.first(), samples_mv.last()) else { return };
        self.front.extend(std::iter::repeat_n(*first, beyond));
        self.front.extend_from_slice(samples_mv);
        self.front.extend(std::iter::repeat_n(*last, beyond));
    }

    /// The moving average of `front`, `half` samples shorter at either end.
    fn average(&mut self, half: usize) {
        let width = 2 * half + 1;
        let part = 1.0 / width as f64;
        self.back.clear();
        if self.front.len() >= width {
            let mut sum: f64 = self.front[..width].iter().map(|value| f64::from(*value)).sum();
            self.back.push((sum * part) as f32);
            // One addition a sample depends on the one before it: the difference is ready by then.
            self.back.extend(self.front.iter().zip(&self.front[width..]).map(|(oldest, newest)| {
                sum += f64::from(*newest) - f64::from(*oldest);
                (sum * part) as f32
            }));
        }
        std::mem::swap(&mut self.front, &mut self.back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slope_and_response_are_those_of_the_smoothed_stretch() {
        let samples_mv: Vec<f32> = (0..120).map(|n| ((n * n * 7919) % 101) as f32 / 50.0 - 1.0).collect();
        let (mut shape, mut smooth, mut slope, mut response) = (Shape::default(), Vec::new(), Vec::new(), Vec::new());
        let half = 4;
        shape.smooth(&samples_mv, half, &mut smooth);
        shape.slope(&samples_mv, half, &mut slope);
        shape.response(&samples_mv, half, &mut response);
        assert_eq!((smooth.len(), slope.len(), response.len()), (120, 120, 120));
        for (n, three) in smooth.windows(3).enumerate() {
            assert!((slope[n + 1] - (three[2] - three[0]).abs() / 2.0).abs() < 1e-5);
            let bend = (2.0 * three[1] - three[0] - three[2]) * 4.5 * 4.5;
            assert!((response[n + 1] - bend).abs() < 1e-4, "{n}: {} {bend}", response[n + 1]);
        }
    }
}
