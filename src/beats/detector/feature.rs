//! How much of a QRS complex there is on one lead, in two bands.
//!
//! In goes a sample in mV, out come two root mean squares: that of the slope in the QRS band over 80 ms, which a normal
//! complex fills, and that of the deflection in a lower band over 120 ms, which a wide one fills. Slope energy over a
//! moving window is the measure of Pan and Tompkins (IEEE Trans Biomed Eng 1985). Its root grows linearly with the
//! amplitude, so that what leads say can be compared in parts of what each says at a beat, its level.

use crate::signal::filters::Cascade;

use super::samples;

/// The windows: 80 ms, about the width of a normal complex, and 120 ms, from where a complex is called wide.
const NARROW_WINDOW: usize = 40;
const WIDE_WINDOW: usize = 60;

/// The slope is taken over this many samples (8 ms).
const SLOPE: usize = 4;

/// The lowest levels: those of a complex of about 0.15 mV, which IEC 60601-2-27 lets a monitor ignore.
const LOWEST_NARROW: f64 = 0.085;
const LOWEST_WIDE: f64 = 0.02;

/// Larger values are cut: they come from no body, and their squares would be infinite.
const LARGEST_MV: f64 = 1e6;

/// A value waits so long until it is known whether it belongs to a beat.
pub(super) const NOISE_DELAY: u64 = samples(0.22);
/// Time constant with which noise is learned: 0.7 s, in samples.
const NOISE_SAMPLES: f64 = 350.0;
/// Larger values count as this part of a beat: they may be beats that were passed over, which must not hide the next. In
/// ventricular tachycardia and flutter nothing lies between the waves, so that each would take the others for noise.
/// More would tell noise from beats better, and lose these.
const MOST_NOISE: f64 = 0.3;
/// A typical beat is known from about ten.
const LEVEL_BEATS: f64 = 10.0;

/// One measure on one lead, and what is known of it.
#[derive(Clone, Debug)]
pub(super) struct Feature {
    squares: Ring,
    sum: f64,
    lowest: f64,
    values: Ring,
    per_sample: f64,
    /// Typical value at a beat; `None` until learned.
    level: Option<f64>,
    /// Of the faded level, one part in which values are told.
    per_level: f64,
    noise: f64,
    largest: f64,
}

impl Feature {
    fn new(window: usize, lowest: f64) -> Feature {
        Feature {
            squares: Ring::new(window),
            sum: 0.0,
            lowest,
            values: Ring::new(NOISE_DELAY as usize),
            per_sample: 1.0 / window as f64,
            level: None,
            per_level: 1.0 / lowest,
            noise: 0.0,
            largest: 0.0,
        }
    }

    fn restart(&mut self) {
        let window = self.squares.samples.len();
        *self = Feature { level: self.level, noise: self.noise, ..Feature::new(window, self.lowest) };
    }

    /// Gives the latest value in parts of the level.
    fn push(&mut self, x: f64) -> f64 {
        let square = (x * x) as f32;
        self.sum += f64::from(square) - f64::from(self.squares.push(square));
        // A running sum alone would collect rounding errors for days.
        if self.squares.next == 0 {
            self.sum = self.squares.samples.iter().copied().map(f64::from).sum();
        }
        let value = (self.sum.max(0.0) * self.per_sample).sqrt();
        self.values.push(value as f32);
        self.largest = self.largest.max(value);
        value * self.per_level
    }

    /// Typical value between beats, in parts of the level.
    fn noise(&self) -> f64 {
        self.noise * self.per_level
    }

    /// The same in parts of the level as it was learned, 0 before that.
    fn noise_at_level(&self) -> f64 {
        self.level.map_or(0.0, |level| self.noise / level.max(self.lowest))
    }

    /// From now on only this part of what was learned counts, 0 to 1.
    fn fade(&mut self, fade: f64) {
        self.per_level = 1.0 / self.level(fade);
    }

    fn level(&self, fade: f64) -> f64 {
        self.level.map_or(self.lowest, |level| (level * fade).max(self.lowest))
    }

    /// By the inverse of the variance. What is added to the noise keeps a very quiet lead from being the only one.
    fn weight(&self) -> f64 {
        (self.noise / self.level(1.0) + 0.06).powi(-2)
    }

    /// The largest value within `around` samples of the one that was `ago` samples ago.
    fn largest_around(&self, ago: usize, around: usize) -> f64 {
        (ago.saturating_sub(around)..=ago + around).map(|ago| self.values.ago(ago)).fold(0.0, f64::max)
    }

    /// Learns from the value of [`NOISE_DELAY`] ago, which belongs to no beat.
    fn learn_noise(&mut self) {
        let most = MOST_NOISE * self.level(1.0);
        self.noise += (self.values.oldest().min(most) - self.noise) / NOISE_SAMPLES;
    }

    /// The largest value so far is that of a beat, or nearly.
    fn begin(&mut self) {
        self.level = Some(0.8 * self.largest);
        self.noise = self.noise.min(0.15 * self.largest);
    }

    /// Learns from a beat that gave this value; `trust` from 0 to 1.
    fn learn_beat(&mut self, seen: f64, trust: f64) {
        let level = self.level.unwrap_or(seen);
        self.level = Some(level + trust / LEVEL_BEATS * (seen.clamp(0.3 * level, 2.5 * level) - level));
    }
}

/// The last values, in a circle.
#[derive(Clone, Debug)]
struct Ring {
    samples: Vec<f32>,
    next: usize,
}

impl Ring {
    fn new(length: usize) -> Ring {
        Ring { samples: vec![0.0; length], next: 0 }
    }

    /// Gives back the one that falls out.
    fn push(&mut self, value: f32) -> f32 {
        let oldest = std::mem::replace(&mut self.samples[self.next], value);
        self.next += 1;
        if self.next == self.samples.len() {
            self.next = 0;
        }
        oldest
    }

    fn oldest(&self) -> f64 {
        f64::from(self.samples[self.next])
    }

    /// The oldest, where it was longer ago than that.
    fn ago(&self, ago: usize) -> f64 {
        let length = self.samples.len();
        f64::from(self.samples[(self.next + length - 1 - ago.min(length - 1)) % length])
    }
}

/// What a lead shows, in parts of what it shows at a beat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Slope in the QRS band.
    pub narrow: f64,
    /// Deflection in the band of wide complexes.
    pub wide: f64,
    /// Deflection in the monitoring band, in parts of the level of the slope: it says how leads compare, not how large
    /// the complex is.
    pub deflection: f64,
}

/// One lead.
#[derive(Clone, Debug)]
pub(super) struct LeadFeature {
    qrs: Cascade,
    wide_qrs: Cascade,
    monitoring: Cascade,
    first_mv: Option<f64>,
    last_mv: f64,
    band: [f64; SLOPE],
    at: usize,
    /// Latest output of the monitoring band in mV: what the position of the R peak is read from. (In the QRS band the
    /// undershoot after a narrow complex can be larger than the complex.)
    pub monitoring_mv: f64,
    narrow: Feature,
    wide: Feature,
    /// How much of a beat this lead shows at a beat, 0 to 1: little while its amplifier recovers from an overload.
    shows: f64,
    weights: (f64, f64),
}

impl LeadFeature {
    pub fn new() -> LeadFeature {
        LeadFeature {
            qrs: Cascade::qrs(),
            wide_qrs: Cascade::wide_qrs(),
            monitoring: Cascade::monitoring(),
            first_mv: None,
            last_mv: 0.0,
            band: [0.0; SLOPE],
            at: 0,
            monitoring_mv: 0.0,
            narrow: Feature::new(NARROW_WINDOW, LOWEST_NARROW),
            wide: Feature::new(WIDE_WINDOW, LOWEST_WIDE),
            shows: 1.0,
            weights: (1.0, 1.0),
        }
    }

    /// Filters start anew, what was learned stays.
    pub fn restart(&mut self) {
        self.narrow.restart();
        self.wide.restart();
        let fresh = LeadFeature::new();
        *self = LeadFeature { narrow: self.narrow.clone(), wide: self.wide.clone(), shows: self.shows, ..fresh };
    }

    /// Takes the next sample in mV.
    pub fn push(&mut self, sample_mv: f64) -> Shown {
        let sample_mv = if sample_mv.is_nan() { 0.0 } else { sample_mv.clamp(-LARGEST_MV, LARGEST_MV) };
        self.last_mv = sample_mv;
        // Starting from the first value spares the filter the step from zero to the electrode's offset.
        let first_mv = *self.first_mv.get_or_insert(sample_mv);
        self.monitoring_mv = self.monitoring.run(sample_mv - first_mv);
        let band_mv = self.qrs.run(sample_mv - first_mv);
        let slope = band_mv - self.band[self.at];
        self.band[self.at] = band_mv;
        self.at = (self.at + 1) % SLOPE;
        let narrow = self.narrow.push(slope);
        let wide = self.wide.push(self.wide_qrs.run(sample_mv - first_mv));
        Shown { narrow, wide, deflection: self.monitoring_mv.abs() * self.narrow.per_level }
    }

    /// The last sample in mV.
    pub fn last_mv(&self) -> f64 {
        self.last_mv
    }

    /// Typical values of both between beats, likewise.
    pub fn noise(&self) -> (f64, f64) {
        (self.narrow.noise(), self.wide.noise())
    }

    /// What it shows between beats in the QRS band, in parts of what it shows at one.
    pub fn noise_at_level(&self) -> f64 {
        self.narrow.noise_at_level()
    }

    pub fn has_learned(&self) -> bool {
        self.narrow.level.is_some()
    }

    /// How much the lead has to say in either band: of several measures of one quantity each counts by its variance.
    pub fn weights(&self) -> (f64, f64) {
        self.weights
    }

    /// Weights anew, and how much of the learned levels counts (0 to 1). Both change slowly.
    pub fn weigh(&mut self, fade: f64) {
        self.narrow.fade(fade);
        self.wide.fade(fade);
        self.weights = (self.shows * self.narrow.weight(), self.wide.weight());
    }

    /// Learns from a sample of [`NOISE_DELAY`] ago.
    pub fn learn_noise(&mut self) {
        self.narrow.learn_noise();
        self.wide.learn_noise();
    }

    /// The first seconds are over.
    pub fn begin(&mut self) {
        self.narrow.begin();
        self.wide.begin();
    }

    /// Learns from a beat whose slope was largest `ago` samples ago; `trust` from 0 to 1.
    pub fn learn_beat(&mut self, ago: usize, trust: f64) {
        let narrow = self.narrow.largest_around(ago, 25);
        self.shows += 0.1 * ((narrow / self.narrow.level(1.0)).clamp(0.03, 1.0) - self.shows);
        self.narrow.learn_beat(narrow, trust);
        self.wide.learn_beat(self.wide.largest_around(ago, 40), trust);
    }
}
