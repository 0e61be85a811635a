//! Numbers of one second of one lead: extremes, rails, the baseline and what is fast.

/// A run at a rail lasts at least 16 ms. Neither an R peak nor the top of a T wave or of a fibrillatory wave stays within
/// [`STILL`] for so long.
const RUN: usize = 8;

/// Values that differ by no more than this, in parts of half the span, are equal.
const STILL: f32 = 0.003;

/// A run this close to the extreme, in parts of half the span, is at the rail: resampling overshoots at its edges.
const RAIL: f32 = 0.15;

/// Nearer to the mean than this, in mV, an extreme is no rail: recorders take 5 mV and more, monitors' displays 1 mV.
const NEAREST_RAIL_MV: f32 = 0.8;

/// Seconds of baseline that are remembered.
const REMEMBERED_SECONDS: usize = 4;

/// Parts of a second of which the quiet ones are found: 50 ms each.
const PARTS: usize = 20;

/// Every fifth sample is enough for a median.
const DECIMATION: usize = 5;

/// Lowest and highest value of a second. Single samples are left out: they are a pacemaker's pulse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremes {
    pub low_mv: f32,
    pub high_mv: f32,
}

impl Extremes {
    pub fn of(samples_mv: &[f32]) -> Extremes {
        let middle = |three: &[f32]| three[0].max(three[1]).min(three[0].min(three[1]).max(three[2]));
        let start = Extremes { low_mv: f32::INFINITY, high_mv: f32::NEG_INFINITY };
        samples_mv.windows(3).map(middle).fold(start, |so_far, value| Extremes {
            low_mv: so_far.low_mv.min(value),
            high_mv: so_far.high_mv.max(value),
        })
    }

    pub fn span_mv(self) -> f32 {
        self.high_mv - self.low_mv
    }

    /// How many samples lie in runs at the rail that has more of them.
    pub fn clipped_samples(self, samples_mv: &[f32]) -> usize {
        let reach_mv = self.span_mv() / 2.0;
        let mean_mv = samples_mv.iter().sum::<f32>() / samples_mv.len() as f32;
        let at = |rail_mv: f32| {
            // The line between the complexes may be as still, and at the end where they do not point.
            if (rail_mv - mean_mv).abs() < NEAREST_RAIL_MV.max(reach_mv / 2.0) {
                return 0;
            }
            let (mut total, mut run, mut first_mv) = (0, 0, f32::NAN);
            for &value in samples_mv {
                if (value - first_mv).abs() <= STILL * reach_mv {
                    run += 1;
                    continue;
                }
                total += if run >= RUN { run } else { 0 };
                let near = (value - rail_mv).abs() <= RAIL * reach_mv;
                (run, first_mv) = if near { (1, value) } else { (0, f32::NAN) };
            }
            total + if run >= RUN { run } else { 0 }
        };
        at(self.low_mv).max(at(self.high_mv))
    }
}

/// The median of each of the last seconds: the baseline without the complexes on it.
#[derive(Clone, Debug)]
pub(super) struct Baseline {
    medians_mv: [f32; REMEMBERED_SECONDS],
    known: usize,
    origin_mv: Option<f32>,
}

/// How the baseline moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moves {
    /// From the second before.
    pub step_mv: f32,
    /// Within the last four seconds.
    pub wander_mv: f32,
}

impl Baseline {
    pub fn new() -> Baseline {
        Baseline { medians_mv: [0.0; REMEMBERED_SECONDS], known: 0, origin_mv: None }
    }

    pub fn is_new(&self) -> bool {
        self.origin_mv.is_none()
    }

    pub fn set_origin(&mut self, value_mv: f32) {
        self.origin_mv = Some(value_mv);
    }

    pub fn origin_mv(&self) -> f32 {
        self.origin_mv.unwrap_or(0.0)
    }

    /// What was before does not count any more; the next sample is the first.
    pub fn forget(&mut self) {
        *self = Baseline::new();
    }

    /// Takes a second.
    pub fn second(&mut self, samples_mv: &[f32]) -> Moves {
        let median_mv = median(samples_mv);
        let step_mv = if self.known > 0 { (median_mv - self.medians_mv[0]).abs() } else { 0.0 };
        self.medians_mv.rotate_right(1);
        self.medians_mv[0] = median_mv;
        self.known = (self.known + 1).min(REMEMBERED_SECONDS);
        let known = &self.medians_mv[..self.known];
        let high_mv = known.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let low_mv = known.iter().copied().fold(f32::INFINITY, f32::min);
        Moves { step_mv, wander_mv: high_mv - low_mv }
    }
}

/// The median of every fifth sample of a second.
fn median(samples_mv: &[f32]) -> f32 {
    let mut some = [0.0_f32; super::SECOND / DECIMATION];
    for (slot, value) in some.iter_mut().zip(samples_mv.iter().step_by(DECIMATION)) {
        *slot = *value;
    }
    let middle = some.len() / 2;
    *some.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Root mean square of the quiet half of a second: the median over its parts. Complexes fill less than half of the
/// parts at any rate of the heart.
pub(super) fn quiet_rms(fast_mv: &[f32]) -> f32 {
    let mut powers = [0.0_f32; PARTS];
    let length = fast_mv.len() / PARTS;
    for (power, part) in powers.iter_mut().zip(fast_mv.chunks_exact(length.max(1))) {
        *power = part.iter().map(|value| value * value).sum::<f32>() / part.len() as f32;
    }
    powers.select_nth_unstable_by(PARTS / 2, f32::total_cmp).1.sqrt()
}
