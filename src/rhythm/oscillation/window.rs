//! The last three seconds of one lead, 1 to 20 Hz, at 125 Hz.

use biquad::{Biquad, Coefficients, DirectForm2Transposed, Q_BUTTERWORTH_F64, ToHertz, Type};

/// Samples a second kept.
pub(super) const RATE_HZ: f64 = 125.0;
/// One of so many samples at 500 Hz is kept, the mean of all of them.
const DECIMATION: u32 = 4;
/// Samples of a window.
pub(super) const WINDOW: usize = 375;
/// The band of Arafat et al. 2011 begins at 1 Hz; fibrillation has little above 20 Hz, mains and muscles much.
const BAND_HZ: (f64, f64) = (1.0, 20.0);
/// Nothing that an electrode gives is larger; whatever comes, sums of squares stay finite.
const LARGEST_MV: f32 = 1000.0;
/// Values over which the size is taken: a second.
const SIZE_OVER: f32 = RATE_HZ as f32;

/// One lead.
#[derive(Clone, Debug)]
pub(super) struct LeadWindow {
    band: [DirectForm2Transposed<f64>; 2],
    /// The filter starts at rest on the first sample.
    origin_mv: Option<f32>,
    sum_mv: f32,
    summed: u32,
    kept_mv: Vec<f32>,
    next: usize,
    filled: usize,
    size_mv: f32,
}

impl LeadWindow {
    pub fn new() -> LeadWindow {
        let section = |kind: Type<f64>, corner_hz: f64| {
            let coefficients = Coefficients::from_params(kind, RATE_HZ.hz(), corner_hz.hz(), Q_BUTTERWORTH_F64)
                .expect("corner frequencies are constants below half of the rate (this is a bug)");
            DirectForm2Transposed::<f64>::new(coefficients)
        };
        LeadWindow {
            band: [section(Type::HighPass, BAND_HZ.0), section(Type::LowPass, BAND_HZ.1)],
            origin_mv: None,
            sum_mv: 0.0,
            summed: 0,
            kept_mv: vec![0.0; WINDOW],
            next: 0,
            filled: 0,
            size_mv: 0.0,
        }
    }

    /// Takes a sample at 500 Hz. A lead that cannot be used starts anew when it can.
    pub fn push(&mut self, sample_mv: f32, usable: bool) {
        if !(usable && sample_mv.is_finite()) {
            if self.origin_mv.take().is_some() {
                self.band.iter_mut().for_each(Biquad::reset_state);
                (self.sum_mv, self.summed, self.filled, self.size_mv) = (0.0, 0, 0, 0.0);
            }
            return;
        }
        let origin_mv = *self.origin_mv.get_or_insert(sample_mv);
        self.sum_mv += sample_mv - origin_mv;
        self.summed += 1;
        if self.summed == DECIMATION {
            self.keep();
        }
    }

    fn keep(&mut self) {
        let mean_mv = f64::from((self.sum_mv / DECIMATION as f32).clamp(-LARGEST_MV, LARGEST_MV));
        (self.sum_mv, self.summed) = (0.0, 0);
        let value_mv = self.band.iter_mut().fold(mean_mv, |value, section| section.run(value)) as f32;
        self.size_mv += (value_mv.abs() - self.size_mv) / SIZE_OVER;
        self.kept_mv[self.next] = value_mv;
        self.next = (self.next + 1) % WINDOW;
        self.filled = (self.filled + 1).min(WINDOW);
    }

    /// Mean size of about the last second in mV; `None` until the window is full.
    pub fn size_mv(&self) -> Option<f32> {
        (self.filled == WINDOW).then_some(self.size_mv)
    }

    /// The whole window in mV, oldest sample first; `None` until it is full.
    pub fn whole(&self) -> Option<[f32; WINDOW]> {
        if self.filled < WINDOW {
            return None;
        }
        let mut samples_mv = [0.0; WINDOW];
        let (newer, older) = self.kept_mv.split_at(self.next);
        samples_mv[..older.len()].copy_from_slice(older);
        samples_mv[older.len()..].copy_from_slice(newer);
        Some(samples_mv)
    }
}
