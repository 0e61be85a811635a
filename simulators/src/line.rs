//! The line between a monitor and the broker, and what goes wrong on it.
//!
//! In: the chunks of one monitor in order, each when it is complete. Out: the same chunks with the moment at which they
//! arrive: late, not at all, twice, behind their successor, with the time of a clock that is wrong. No clock of its own:
//! all times are those of the ward. The same seed gives the same faults.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp};

use crate::{monitor::MonitorChunk, scenario::Spell};

/// What a line does to the chunks of one monitor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineFaults {
    /// Share of the chunks that never arrive, 0 to 1. Their sequence numbers are missing.
    pub lost: f64,
    /// Share that arrives twice in a row.
    pub repeated: f64,
    /// Share that arrives behind its successor.
    pub reordered: f64,
    /// Share with which the line jams: that chunk and all behind it wait, then they arrive together, in order.
    pub late: f64,
    /// How long a jam lasts, in seconds.
    pub late_s: f64,
    /// How often an hour the line is dead; what is sent then is lost.
    pub silences_per_hour: f64,
    /// For how many seconds.
    pub silence_s: f64,
    /// How much too fast the clock of the monitor is, in parts per million; below 0 it is too slow.
    pub clock_skew_ppm: f64,
    /// When the clock of the monitor is set to another time.
    pub clock_jumps: Vec<ClockJump>,
}

/// The clock of a monitor is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockJump {
    /// When, in seconds from the begin of the ward.
    pub at_s: f64,
    /// How far forward, in seconds; below 0 backward.
    pub by_s: f64,
}

impl LineFaults {
    /// The longest jam or silence, and the farthest jump, in seconds.
    pub const MAX_S: f64 = Spell::MAX_S;
    /// The most skew of a clock, in parts per million: a second in 100.
    pub const MAX_SKEW_PPM: f64 = 10_000.0;

    /// The first number that cannot be: its key, its value, its least and greatest one.
    pub fn out_of_range(&self) -> Option<(&'static str, f64, f64, f64)> {
        let jumps = self.clock_jumps.iter().flat_map(|jump| {
            [("at_s", jump.at_s, 0.0, f64::MAX), ("by_s", jump.by_s, -LineFaults::MAX_S, LineFaults::MAX_S)]
        });
        [
            ("lost", self.lost, 0.0, 1.0),
            ("repeated", self.repeated, 0.0, 1.0),
            ("reordered", self.reordered, 0.0, 1.0),
            ("late", self.late, 0.0, 1.0),
            ("late_s", self.late_s, 0.0, LineFaults::MAX_S),
            ("silences_per_hour", self.silences_per_hour, 0.0, 3600.0),
            ("silence_s", self.silence_s, 0.0, LineFaults::MAX_S),
            ("clock_skew_ppm", self.clock_skew_ppm, -LineFaults::MAX_SKEW_PPM, LineFaults::MAX_SKEW_PPM),
        ]
        .into_iter()
        .chain(jumps)
        .find(|(_, value, min, max)| !(min..=max).contains(&value))
    }
}

/// A chunk that arrives.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// When, in ns since the ward began.
    pub at_ns: i64,
    /// What.
    pub chunk: MonitorChunk,
}

/// How many chunks met which fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts {
    /// Never arrived, those sent into a dead line included.
    pub lost: u64,
    /// Arrived twice.
    pub repeated: u64,
    /// Arrived behind their successor.
    pub reordered: u64,
    /// Waited in a jam.
    pub late: u64,
}

impl FaultCounts {
    /// Adds those of another line.
    pub fn add(&mut self, other: FaultCounts) {
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.reordered += other.reordered;
        self.late += other.late;
    }
}

/// The line of one monitor.
#[derive(Clone, Debug)]
pub struct Line {
    faults: LineFaults,
    random: ChaCha8Rng,
    /// Nothing arrives before a jam is over.
    jammed_until_ns: i64,
    /// Begin of the next silence, and its end.
    silence_ns: Option<(i64, i64)>,
    /// A chunk that lets its successor pass.
    held: Option<Delivery>,
    counts: FaultCounts,
}

/// The patient with the same seed takes the low streams.
const LINE_STREAM: u64 = 2000;

impl Line {
    /// A line with these faults; another seed gives others.
    pub fn new(faults: LineFaults, seed: u64) -> Line {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(LINE_STREAM);
        let mut line =
            Line { faults, random, jammed_until_ns: 0, silence_ns: None, held: None, counts: FaultCounts::default() };
        line.silence_ns = line.silence_after(0);
        line
    }

    /// What arrives when the next chunk of the monitor is complete, in the order of arrival.
    pub fn pass(&mut self, chunk: MonitorChunk) -> Vec<Delivery> {
        let complete_ns = chunk.end_offset_ns();
        // Drawn for every chunk, so that one kind of fault leaves the others where they are.
        let [lost, repeated, reordered, late] = [(); 4].map(|()| self.random.random::<f64>());
        let jams = late < self.faults.late;
        if jams {
            self.jammed_until_ns =
                self.jammed_until_ns.max(complete_ns.saturating_add(nanoseconds(self.faults.late_s)));
        }
        if self.is_silent(complete_ns) || lost < self.faults.lost {
            self.counts.lost += 1;
            return Vec::new();
        }
        let at_ns = complete_ns.max(self.jammed_until_ns);
        self.counts.late += u64::from(at_ns > complete_ns);
        let chunk = self.with_wrong_clock(chunk);
        if reordered < self.faults.reordered && self.held.is_none() {
            self.counts.reordered += 1;
            self.held = Some(Delivery { at_ns, chunk });
            return Vec::new();
        }
        let twice = (repeated < self.faults.repeated).then(|| chunk.clone());
        self.counts.repeated += u64::from(twice.is_some());
        let arriving = [Some(chunk), twice, self.held.take().map(|held| held.chunk)];
        arriving.into_iter().flatten().map(|chunk| Delivery { at_ns, chunk }).collect()
    }

    /// What was held back when the monitor stopped.
    pub fn close(&mut self) -> Option<Delivery> {
        self.held.take()
    }

    /// The faults so far.
    pub fn counts(&self) -> FaultCounts {
        self.counts
    }

    fn is_silent(&mut self, at_ns: i64) -> bool {
        while let Some((_, end_ns)) = self.silence_ns.filter(|(_, end_ns)| at_ns >= *end_ns) {
            self.silence_ns = self.silence_after(end_ns);
        }
        self.silence_ns.is_some_and(|(begin_ns, _)| at_ns >= begin_ns)
    }

    /// Silences come independently of one another (a Poisson process).
    fn silence_after(&mut self, from_ns: i64) -> Option<(i64, i64)> {
        let is_possible = self.faults.silences_per_hour > 0.0 && self.faults.silence_s > 0.0;
        let gaps = is_possible.then(|| Exp::new(self.faults.silences_per_hour / 3600.0))?.ok()?;
        let begin_ns = from_ns.saturating_add(nanoseconds(gaps.sample(&mut self.random)));
        Some((begin_ns, begin_ns.saturating_add(nanoseconds(self.faults.silence_s))))
    }

    fn with_wrong_clock(&self, chunk: MonitorChunk) -> MonitorChunk {
        let true_ns = chunk.start_offset_ns;
        let skew_ns = true_ns as f64 * self.faults.clock_skew_ppm / 1e6;
        let jumps = self.faults.clock_jumps.iter().filter(|jump| true_ns >= nanoseconds(jump.at_s));
        let jumped_ns: i64 = jumps.map(|jump| nanoseconds(jump.by_s)).sum();
        let start_offset_ns = true_ns.saturating_add(skew_ns.round() as i64).saturating_add(jumped_ns);
        MonitorChunk { start_offset_ns, ..chunk }
    }
}

fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}

#[cfg(test)]
mod tests;
