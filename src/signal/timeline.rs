//! Puts the chunks of one stream on its time line: in order, without repetition, gaps found.
//!
//! In go [`Chunk`]s as they arrive, out come [`Placed`] stretches that follow one another.

use crate::ecg::{Chunk, Duration, Lead, Time};

/// How far a chunk's start may lie beside the expected one and still count as continuous. Monitors stamp chunks with
/// a jitter of some milliseconds; counting samples is more even than their clock.
const JITTER: Duration = Duration::from_nanos(40_000_000);

/// The longest gap that is filled with invalid samples, so that filters run on. After a longer one they start anew.
const LONGEST_FILLED_GAP_S: f64 = 2.0;

/// What became of a chunk.
#[derive(Clone, Debug, PartialEq)]
pub enum Placed {
    /// The time line starts here (again): everything that is built on continuous samples starts anew.
    Start {
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
        /// Rows of mV.
        leads_mv: Vec<Vec<f32>>,
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
    /// Other leads or another rate.
    NewFormat,
}

/// Why a chunk was not used. Each is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// All of it was there already.
    Duplicate,
}

/// The time line of one stream.
#[derive(Debug, Default)]
pub struct Timeline {
    format: Option<Format>,
}

#[derive(Debug)]
struct Format {
    rate_hz: f64,
    leads: Vec<Lead>,
    origin: Time,
    samples: i64,
    last_sequence: u64,
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
}

impl Timeline {
    /// Where the next sample is expected; `None` before the first chunk.
    pub fn end(&self) -> Option<Time> {
        self.format.as_ref().map(Format::expected)
    }

    /// Places a chunk that has passed [`Chunk::check`].
    pub fn push(&mut self, chunk: &Chunk) -> Vec<Placed> {
        let Some(format) = &mut self.format else {
            return self.start(chunk, StartReason::First);
        };
        let expected = format.expected();
        if chunk.end() <= expected + JITTER && chunk.start < expected - JITTER {
            // A clock set back looks like old data, but the monitor goes on counting.
            if chunk.sequence > format.last_sequence {
                return self.start(chunk, StartReason::ClockSetBack);
            }
            return vec![Placed::Dropped(DropReason::Duplicate)];
        }
        if !format.fits(chunk) {
            return self.start(chunk, StartReason::NewFormat);
        }
        format.last_sequence = chunk.sequence;
        let late_s = chunk.start.seconds_since(expected);
        if late_s > LONGEST_FILLED_GAP_S {
            return self.start(chunk, StartReason::Gap);
        }
        let mut leads_mv = chunk.rows_mv();
        let shift = (late_s * format.rate_hz).round() as i64;
        if chunk.start > expected + JITTER {
            for row in &mut leads_mv {
                row.splice(0..0, std::iter::repeat_n(f32::NAN, shift as usize));
            }
        } else if chunk.start < expected - JITTER {
            let known = (-shift as usize).min(chunk.len());
            for row in &mut leads_mv {
                row.drain(..known);
            }
        }
        format.samples += leads_mv[0].len() as i64;
        vec![Placed::Samples { leads_mv }]
    }

    fn start(&mut self, chunk: &Chunk, reason: StartReason) -> Vec<Placed> {
        let leads: Vec<Lead> = chunk.leads.iter().map(|lead| lead.lead.clone()).collect();
        self.format = Some(Format {
            rate_hz: chunk.rate_hz,
            leads: leads.clone(),
            origin: chunk.start,
            samples: chunk.len() as i64,
            last_sequence: chunk.sequence,
        });
        vec![
            Placed::Start { at: chunk.start, rate_hz: chunk.rate_hz, leads, reason },
            Placed::Samples { leads_mv: chunk.rows_mv() },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{ChunkLead, StreamId};
    use proptest::prelude::*;

    /// A chunk whose samples count up, so that what was lost or said twice shows.
    fn chunk(sequence: u64, start_sample: i64, samples: i64) -> Chunk {
        Chunk {
            stream_id: StreamId::new("bed").unwrap(),
            sequence,
            start: Time::from_nanos(0).plus_samples(start_sample, 500.0),
            rate_hz: 500.0,
            leads: vec![ChunkLead {
                lead: Lead::II,
                gain_uv: 1000.0,
                offset: 0,
                off: false,
                samples: (start_sample..start_sample + samples).map(|n| n as i32).collect(),
            }],
            pacer_marks: vec![],
        }
    }

    fn samples(placed: &[Placed]) -> Vec<f32> {
        placed
            .iter()
            .filter_map(|p| if let Placed::Samples { leads_mv } = p { Some(leads_mv[0].clone()) } else { None })
            .flatten()
            .collect()
    }

    #[test]
    fn a_repeated_chunk_is_dropped_and_an_overlap_is_cut() {
        let mut timeline = Timeline::default();
        timeline.push(&chunk(0, 0, 100));
        assert_eq!(timeline.push(&chunk(0, 0, 100)), [Placed::Dropped(DropReason::Duplicate)]);
        assert_eq!(samples(&timeline.push(&chunk(1, 50, 100))), (100..150).map(|n| n as f32).collect::<Vec<_>>());
    }

    #[test]
    fn a_short_gap_is_filled_with_nothing_and_a_long_one_starts_anew() {
        let mut timeline = Timeline::default();
        timeline.push(&chunk(0, 0, 100));
        let filled = samples(&timeline.push(&chunk(1, 300, 100)));
        assert_eq!(filled.len(), 300);
        assert!(filled[..200].iter().all(|value| value.is_nan()));
        assert_eq!(filled[200..], (300..400).map(|n| n as f32).collect::<Vec<_>>());
        let placed = timeline.push(&chunk(2, 5000, 100));
        assert!(matches!(placed[0], Placed::Start { reason: StartReason::Gap, .. }));
    }

    #[test]
    fn a_clock_set_back_is_not_silence() {
        let mut timeline = Timeline::default();
        timeline.push(&chunk(7, 1_000_000, 100));
        let placed = timeline.push(&chunk(8, 0, 100));
        assert!(matches!(placed[0], Placed::Start { reason: StartReason::ClockSetBack, .. }));
    }

    #[test]
    fn other_leads_start_anew() {
        let mut timeline = Timeline::default();
        timeline.push(&chunk(0, 0, 100));
        let mut other = chunk(1, 100, 100);
        other.leads[0].lead = Lead::V1;
        assert!(matches!(timeline.push(&other)[0], Placed::Start { reason: StartReason::NewFormat, .. }));
    }

    proptest! {
        /// However a stream is cut, repeated and jittered, each sample comes out once and in order.
        #[test]
        fn every_sample_once(cuts in prop::collection::vec((20_i64..200, any::<bool>(), -10_i64..10), 1..40)) {
            let mut timeline = Timeline::default();
            let (mut at, mut out) = (0, Vec::new());
            for (sequence, (length, again, jitter_ms)) in cuts.into_iter().enumerate() {
                let mut piece = chunk(sequence as u64, at, length);
                piece.start = piece.start + Duration::from_nanos(jitter_ms * 1_000_000);
                out.extend(samples(&timeline.push(&piece)));
                if again && sequence > 0 && length > 60 {
                    out.extend(samples(&timeline.push(&piece)));
                }
                at += length;
            }
            prop_assert_eq!(out, (0..at).map(|n| n as f32).collect::<Vec<_>>());
        }
    }
}
