//! Puts the chunks of one stream on its time line: in order, without repetition, gaps found.
//!
//! In go [`Chunk`]s as they arrive, out come [`Placed`] stretches that follow one another. What arrives in order passes
//! at once. Beyond that:
//!
//! | what arrives | what becomes of it |
//! | --- | --- |
//! | a chunk ahead of its turn, by number and by time | waits for the missing ones until more than [`HORIZON_S`] or [`HORIZON_CHUNKS`] wait; then the gap stands |
//! | a chunk that was there or waits already | dropped as [`DropReason::Duplicate`] |
//! | a chunk whose place has passed | dropped as [`DropReason::Late`] |
//! | a chunk that overlaps what is there | its known part is cut off |
//! | numbers that begin anew, time goes on | a restarted monitor: used |
//! | numbers go on, time is earlier | [`StartReason::ClockSetBack`] |
//! | numbers and time both earlier, for [`OLD_RUN_S`] | a restarted monitor whose clock is wrong: [`StartReason::ClockSetBack`] |
//! | a gap up to [`LONGEST_FILLED_GAP_S`] | filled with invalid samples |
//! | a longer gap, chunks are missing | [`StartReason::Gap`] |
//! | a longer gap, no chunk is missing | [`StartReason::ClockSetForward`] |
//! | other leads, another rate or another order of leads | [`StartReason::NewFormat`] |

use std::collections::VecDeque;

use crate::ecg::{Chunk, Duration, Lead, Time};

/// How far a chunk's start may lie beside the expected one and still count as continuous. Monitors stamp chunks with
/// a jitter of some milliseconds; counting samples is more even than their clock.
const JITTER: Duration = Duration::from_nanos(40_000_000);

/// The longest gap that is filled with invalid samples, so that filters run on. After a longer one they start anew.
pub const LONGEST_FILLED_GAP_S: f64 = 2.0;

/// At most this many seconds of signal wait for a missing chunk: a lost chunk delays an alarm by no more than this.
pub const HORIZON_S: f64 = 1.0;

/// At most this many chunks wait for a missing one.
pub const HORIZON_CHUNKS: usize = 8;

/// A monitor that starts anew with its clock set back looks like old data. After this many seconds of nothing else, it
/// is believed: as long as `no_data_s` by default, so that it is no longer silent than a monitor that sends nothing.
pub const OLD_RUN_S: f64 = 5.0;

/// So many placed chunks are remembered, to tell a repeated chunk from a late one.
const REMEMBERED_CHUNKS: usize = 256;

/// What became of a chunk.
#[derive(Clone, Debug, PartialEq)]
pub enum Placed {
    /// The time line starts here (again): everything that is built on continuous samples starts anew.
    Start {
        /// Where the time line ended before; `None` at the first chunk.
        after: Option<Time>,
        /// Time of the next sample.
        at: Time,
        /// Its sampling rate from here on.
        rate_hz: f64,
        /// The leads from here on.
        leads: Vec<Lead>,
        /// Why.
        reason: StartReason,
    },
    /// Samples that follow those before; one row a lead in the order of [`Placed::Start`], NaN where there is none.
    Samples {
        /// Where the time line ended before.
        after: Time,
        /// When the chunk says that it began.
        start: Time,
        /// Rows of mV.
        leads_mv: Vec<Vec<f32>>,
        /// When the monitor saw a pacemaker pulse, by the chunk's own time.
        pacer_marks: Vec<Time>,
    },
    /// The chunk was not used.
    Dropped(DropReason),
}

/// Why a time line starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartReason {
    /// The first chunk.
    First,
    /// Samples are missing.
    Gap,
    /// The monitor's clock was set back.
    ClockSetBack,
    /// The monitor's clock jumped forward, or it paused: time is missing, but no chunk.
    ClockSetForward,
    /// Other leads or another rate.
    NewFormat,
}

/// Why a chunk was not used. Each is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// All of it was there already.
    Duplicate,
    /// What comes after it was used already.
    Late,
}

/// The time line of one stream.
#[derive(Debug, Default)]
pub struct Timeline {
    format: Option<Format>,
    /// Chunks ahead of their turn, by sequence number.
    waiting: Vec<Chunk>,
    /// Number and start of the chunks placed last.
    placed: VecDeque<(u64, Time)>,
    old_run: Option<OldRun>,
    /// What is missing now will not come any more.
    given_up: bool,
    /// Rows to be used again.
    spare_mv: Vec<Vec<f32>>,
}

#[derive(Debug)]
struct Format {
    rate_hz: f64,
    leads: Vec<Lead>,
    origin: Time,
    samples: i64,
    last_sequence: u64,
}

/// Late chunks that follow one another, with nothing else in between.
#[derive(Clone, Copy, Debug)]
struct OldRun {
    last_sequence: u64,
    seconds: f64,
}

/// What is to be done with a chunk.
enum Verdict {
    Start(StartReason),
    Append,
    Wait,
    Old,
}

impl Format {
    fn expected(&self) -> Time {
        self.origin.plus_samples(self.samples, self.rate_hz)
    }

    fn fits(&self, chunk: &Chunk) -> bool {
        self.rate_hz.to_bits() == chunk.rate_hz.to_bits()
            && self.leads.len() == chunk.leads.len()
            && self.leads.iter().zip(&chunk.leads).all(|(have, new)| *have == new.lead)
    }

    /// Is this the chunk after the last one? A monitor that does not count sends the same number again and again.
    fn is_next(&self, chunk: &Chunk) -> bool {
        chunk.sequence == self.last_sequence || self.last_sequence.checked_add(1) == Some(chunk.sequence)
    }

    /// The jitter that this chunk is granted. Where its number says that something is missing, a single sample counts.
    fn tolerance(&self, chunk: &Chunk) -> Duration {
        if self.is_next(chunk) { JITTER } else { Duration::from_secs_f64(0.5 / self.rate_hz) }
    }

    fn judge(&self, chunk: &Chunk) -> Verdict {
        let expected = self.expected();
        let counts_on = chunk.sequence > self.last_sequence;
        let tolerance = if counts_on { JITTER } else { self.tolerance(chunk) };
        if chunk.start < expected - tolerance && chunk.end() <= expected + tolerance {
            return if counts_on { Verdict::Start(StartReason::ClockSetBack) } else { Verdict::Old };
        }
        if counts_on && !self.is_next(chunk) && chunk.start > expected + self.tolerance(chunk) {
            return Verdict::Wait;
        }
        self.without_waiting(chunk)
    }

    /// What is to be done with a chunk that is not old, now that nothing more is waited for.
    fn without_waiting(&self, chunk: &Chunk) -> Verdict {
        if chunk.start.seconds_since(self.expected()) > LONGEST_FILLED_GAP_S {
            let reason = if self.is_next(chunk) { StartReason::ClockSetForward } else { StartReason::Gap };
            return Verdict::Start(reason);
        }
        if self.fits(chunk) { Verdict::Append } else { Verdict::Start(StartReason::NewFormat) }
    }

    /// The chunk's rows, without what is known and with what is missing, in `leads_mv`.
    fn append(&mut self, chunk: &Chunk, mut leads_mv: Vec<Vec<f32>>) -> Placed {
        let after = self.expected();
        let tolerance = self.tolerance(chunk);
        let shift = (chunk.start.seconds_since(after) * self.rate_hz).round() as i64;
        chunk.put_rows_mv(&mut leads_mv);
        if chunk.start > after + tolerance {
            for row in &mut leads_mv {
                row.splice(0..0, std::iter::repeat_n(f32::NAN, shift as usize));
            }
        } else if chunk.start < after - tolerance {
            let known = (-shift as usize).min(chunk.len());
            for row in &mut leads_mv {
                row.drain(..known);
            }
        }
        self.samples += leads_mv[0].len() as i64;
        self.last_sequence = chunk.sequence;
        Placed::Samples { after, start: chunk.start, leads_mv, pacer_marks: pacer_marks(chunk) }
    }
}

fn seconds(chunk: &Chunk) -> f64 {
    chunk.len() as f64 / chunk.rate_hz
}

impl Timeline {
    /// Where the next sample is expected; `None` before the first chunk. What waits is not counted.
    pub fn end(&self) -> Option<Time> {
        self.format.as_ref().map(Format::expected)
    }

    /// Takes a chunk that has passed [`Chunk::check`]; what becomes of it, and of others that waited for it, goes to `out`.
    pub fn push(&mut self, chunk: &Chunk, out: &mut Vec<Placed>) {
        let Some(format) = &self.format else {
            return self.start(chunk, StartReason::First, out);
        };
        let is_it = |(sequence, start): (u64, Time)| sequence == chunk.sequence && start == chunk.start;
        let mut waiting = self.waiting.iter().map(|other| (other.sequence, other.start));
        if waiting.any(is_it) || self.placed.iter().copied().any(is_it) {
            return out.push(Placed::Dropped(DropReason::Duplicate));
        }
        match format.judge(chunk) {
            Verdict::Wait if !self.given_up => {
                let place = self.waiting.partition_point(|other| other.sequence <= chunk.sequence);
                self.waiting.insert(place, chunk.clone());
            }
            Verdict::Old => self.old(chunk, out),
            Verdict::Start(_) | Verdict::Append | Verdict::Wait => {
                // A monitor that counts anew has sent before what still waits.
                let counts_anew = !format.is_next(chunk) && chunk.sequence < format.last_sequence;
                let before = self.waiting.partition_point(|other| counts_anew || other.sequence < chunk.sequence);
                let before: Vec<Chunk> = self.waiting.drain(..before).collect();
                for other in &before {
                    self.place(other, out);
                }
                self.place(chunk, out);
            }
        }
        self.release(out);
    }

    /// Takes rows of [`Placed::Samples`] back that are not needed any more, so that the next chunk need not allocate.
    pub fn give_back(&mut self, leads_mv: Vec<Vec<f32>>) {
        self.spare_mv = leads_mv;
    }

    /// The stream is silent, nothing is waited for: places what waits. The next chunk will not wait either.
    pub fn flush(&mut self, out: &mut Vec<Placed>) {
        for chunk in std::mem::take(&mut self.waiting) {
            self.place(&chunk, out);
        }
        self.given_up = true;
    }

    /// Places those whose turn has come, and the first ones when too many wait.
    fn release(&mut self, out: &mut Vec<Placed>) {
        while let (Some(format), Some(first)) = (&self.format, self.waiting.first()) {
            let waiting_s: f64 = self.waiting.iter().map(seconds).sum();
            let room = self.waiting.len() <= HORIZON_CHUNKS && waiting_s <= HORIZON_S;
            if room && matches!(format.judge(first), Verdict::Wait) {
                break;
            }
            let first = self.waiting.remove(0);
            self.place(&first, out);
        }
    }

    /// Places a chunk now.
    fn place(&mut self, chunk: &Chunk, out: &mut Vec<Placed>) {
        let Some(format) = &mut self.format else {
            return self.start(chunk, StartReason::First, out);
        };
        let verdict = match format.judge(chunk) {
            Verdict::Wait => format.without_waiting(chunk),
            verdict => verdict,
        };
        match verdict {
            Verdict::Start(reason) => self.start(chunk, reason, out),
            Verdict::Append | Verdict::Wait => {
                out.push(format.append(chunk, std::mem::take(&mut self.spare_mv)));
                self.remember(chunk);
            }
            Verdict::Old => self.old(chunk, out),
        }
    }

    /// A chunk whose place has passed.
    fn old(&mut self, chunk: &Chunk, out: &mut Vec<Placed>) {
        let before_s = match self.old_run {
            Some(run) if chunk.sequence > run.last_sequence => run.seconds,
            _ => 0.0,
        };
        let run = OldRun { last_sequence: chunk.sequence, seconds: before_s + seconds(chunk) };
        if run.seconds > OLD_RUN_S && before_s > 0.0 {
            return self.start(chunk, StartReason::ClockSetBack, out);
        }
        self.old_run = Some(run);
        out.push(Placed::Dropped(DropReason::Late));
    }

    fn remember(&mut self, chunk: &Chunk) {
        self.old_run = None;
        self.given_up = false;
        if self.placed.len() == REMEMBERED_CHUNKS {
            self.placed.pop_front();
        }
        self.placed.push_back((chunk.sequence, chunk.start));
    }

    fn start(&mut self, chunk: &Chunk, reason: StartReason, out: &mut Vec<Placed>) {
        let after = self.end();
        let leads: Vec<Lead> = chunk.leads.iter().map(|lead| lead.lead.clone()).collect();
        self.format = Some(Format {
            rate_hz: chunk.rate_hz,
            leads: leads.clone(),
            origin: chunk.start,
            samples: chunk.len() as i64,
            last_sequence: chunk.sequence,
        });
        self.remember(chunk);
        out.push(Placed::Start { after, at: chunk.start, rate_hz: chunk.rate_hz, leads, reason });
        out.push(Placed::Samples {
            after: chunk.start,
            start: chunk.start,
            leads_mv: chunk.rows_mv(),
            pacer_marks: pacer_marks(chunk),
        });
    }
}

fn pacer_marks(chunk: &Chunk) -> Vec<Time> {
    chunk.pacer_marks.iter().map(|mark| chunk.start.plus_samples(i64::from(*mark), chunk.rate_hz)).collect()
}

#[cfg(test)]
mod tests;
