//! The QRS feature of one lead: the root mean square slope in the QRS band over 80 ms.
//!
//! Slope energy over a moving window is the measure of Pan and Tompkins (IEEE Trans Biomed Eng 1985); its root grows
//! linearly with the amplitude, so that levels of different leads can be compared by ratio.

use crate::signal::filters::Cascade;

/// Window of the moving average: 80 ms, about the width of a normal QRS complex.
pub(super) const WINDOW: usize = 40;

/// The slope is taken over this many samples (8 ms).
const SLOPE: usize = 4;

/// The lowest signal level: a QRS complex of about 0.15 mV, which IEC 60601-2-27 lets a monitor ignore.
const LOWEST_LEVEL: f64 = 0.085;

/// One lead's feature and what is known of its signal and noise.
#[derive(Clone, Debug)]
pub(super) struct LeadFeature {
    qrs: Cascade,
    monitoring: Cascade,
    first_mv: Option<f64>,
    band: [f64; SLOPE],
    squares: [f64; WINDOW],
    at: usize,
    /// Latest output of the monitoring band in mV: what the position of the R peak is read from. (In the QRS band the
    /// undershoot after a narrow complex can be larger than the complex.)
    pub monitoring_mv: f64,
    /// Latest feature.
    pub value: f64,
    /// Typical feature at a QRS complex; `None` until learned.
    pub level: Option<f64>,
    /// Typical feature between complexes.
    pub noise: f64,
    /// Largest feature since the last beat was taken or learning began.
    pub largest: f64,
}

impl LeadFeature {
    pub fn new() -> LeadFeature {
        LeadFeature {
            qrs: Cascade::qrs(),
            monitoring: Cascade::monitoring(),
            first_mv: None,
            band: [0.0; SLOPE],
            squares: [0.0; WINDOW],
            at: 0,
            monitoring_mv: 0.0,
            value: 0.0,
            level: None,
            noise: 0.0,
            largest: 0.0,
        }
    }

    /// Filters start anew, what was learned stays.
    pub fn restart(&mut self) {
        *self = LeadFeature { level: self.level, noise: self.noise, ..LeadFeature::new() };
    }

    /// Takes the next sample in mV.
    pub fn push(&mut self, sample_mv: f64) {
        // Starting from the first value spares the filter the step from zero to the electrode's offset.
        let first_mv = *self.first_mv.get_or_insert(sample_mv);
        self.monitoring_mv = self.monitoring.run(sample_mv - first_mv);
        let band_mv = self.qrs.run(sample_mv - first_mv);
        let slope = band_mv - self.band[self.at % SLOPE];
        self.band[self.at % SLOPE] = band_mv;
        self.squares[self.at % WINDOW] = slope * slope;
        self.at += 1;
        // Summed anew each time: a running sum would collect rounding errors for days.
        self.value = (self.squares.iter().sum::<f64>() / WINDOW as f64).sqrt();
        self.largest = self.largest.max(self.value);
    }

    /// The level that the feature is divided by, when `fade` (0 to 1) of the learned one still counts.
    pub fn level_faded(&self, fade: f64) -> f64 {
        self.level.map_or(LOWEST_LEVEL, |level| (level * fade).max(LOWEST_LEVEL))
    }

    /// How much this lead has to say: its signal to noise ratio, bounded so that no lead is alone or silent.
    pub fn weight(&self) -> f64 {
        self.level.map_or(1.0, |level| (level.max(LOWEST_LEVEL) / (self.noise + 0.004) - 1.0).clamp(0.1, 10.0))
    }

    /// Learns from an accepted beat: moves a part of the way to its feature.
    pub fn learn_beat(&mut self) {
        let level = self.level.unwrap_or(self.largest);
        let seen = self.largest.clamp(0.3 * level, 2.5 * level);
        self.level = Some(level + 0.15 * (seen - level));
        self.largest = 0.0;
    }

    /// Learns from a sample between beats (time constant 2 s).
    pub fn learn_noise(&mut self) {
        self.noise += (self.value - self.noise) / 1000.0;
    }
}
