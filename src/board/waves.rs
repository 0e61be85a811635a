//! The last seconds of a bed's leads, and what of them a screen shows.
//!
//! In go chunks as the pipeline takes them, out come columns: the lowest and the highest value of the samples that fall on one
//! column of a screen, so that no R peak is lost however narrow it is. Columns lie on a grid of time that is the same for every
//! screen: a column that is asked for twice is the same. Bounded: what is older than the span is forgotten.

use std::collections::VecDeque;
use std::iter::repeat_n;

use crate::ecg::{Chunk, ChunkLead, Duration, INVALID_SAMPLE, Lead, Strip, StripLead, Time};

/// No sample here.
pub const GAP_UV: i16 = i16::MIN;

/// What lies beyond sixteen bits is cut off: no electrode gives 32 mV.
const LARGEST_UV: f64 = i16::MAX as f64;

/// A chunk that starts so far beside the end of the last one follows it: monitors stamp with some jitter.
const JITTER_S: f64 = 0.04;

const NANOS_A_SECOND: i128 = 1_000_000_000;

/// Lowest and highest value on one column in µV; [`GAP_UV`] where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The lowest.
    pub low_uv: i16,
    /// The highest.
    pub high_uv: i16,
}

impl Column {
    /// No sample falls on it.
    pub const EMPTY: Column = Column { low_uv: GAP_UV, high_uv: GAP_UV };

    /// The column of these values.
    pub fn of(values_uv: impl Iterator<Item = i16>) -> Column {
        values_uv.filter(|value| *value != GAP_UV).fold(Column::EMPTY, |so_far, value| match so_far {
            Column::EMPTY => Column { low_uv: value, high_uv: value },
            Column { low_uv, high_uv } => Column { low_uv: low_uv.min(value), high_uv: high_uv.max(value) },
        })
    }
}

/// The last seconds of one bed.
#[derive(Debug)]
pub struct Waves {
    span_s: f64,
    rate_hz: f64,
    leads: Vec<(Lead, VecDeque<i16>)>,
    /// Time just after the last sample.
    end: Option<Time>,
    /// Number of the last chunk that brought any.
    sequence: u64,
}

impl Waves {
    /// Nothing yet; keeps so many seconds.
    pub fn new(span_s: f64) -> Waves {
        Waves { span_s, rate_hz: 0.0, leads: Vec::new(), end: None, sequence: 0 }
    }

    /// Takes a chunk; tells whether leads or rate are others than before. One that is there already changes nothing, what is
    /// missing before it stays empty. After a clock that was set, ahead or back, the waves begin anew.
    pub fn push(&mut self, chunk: &Chunk) -> bool {
        let is_as_before = self.rate_hz.to_bits() == chunk.rate_hz.to_bits()
            && self.leads.iter().map(|(lead, _)| lead).eq(chunk.leads.iter().map(|lead| &lead.lead));
        let gap_s = self.end.map(|end| chunk.start.seconds_since(end)).filter(|gap_s| gap_s.abs() < self.span_s);
        // Numbers that go on at an earlier time.
        let is_set_back = |end: Time| chunk.sequence > self.sequence && chunk.end().seconds_since(end) < -JITTER_S;
        let gap_s = gap_s.filter(|_| !self.end.is_some_and(is_set_back));
        let known = match gap_s {
            Some(gap_s) if is_as_before => {
                if gap_s > JITTER_S {
                    let missing = (gap_s * self.rate_hz).round() as usize;
                    self.leads.iter_mut().for_each(|(_, row)| row.extend(repeat_n(GAP_UV, missing)));
                }
                // What overlaps is there already.
                if gap_s < -JITTER_S { (-gap_s * self.rate_hz).round() as usize } else { 0 }
            }
            _ => {
                self.rate_hz = chunk.rate_hz;
                self.leads = chunk.leads.iter().map(|lead| (lead.lead.clone(), VecDeque::new())).collect();
                0
            }
        };
        let samples = chunk.len();
        if known < samples {
            let kept = (self.span_s * self.rate_hz) as usize;
            for ((_, row), lead) in self.leads.iter_mut().zip(&chunk.leads) {
                row.extend((known..samples).map(|index| value_uv(lead, index)));
                row.drain(..row.len().saturating_sub(kept));
                // Growing has doubled it. Chunks of up to a second fit.
                row.shrink_to(kept + self.rate_hz as usize);
            }
            (self.end, self.sequence) = (Some(chunk.end()), chunk.sequence);
        }
        !is_as_before
    }

    /// Time just after the last sample.
    pub fn end(&self) -> Option<Time> {
        self.end
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// The leads in the order of the stream.
    pub fn leads(&self) -> impl Iterator<Item = &Lead> {
        self.leads.iter().map(|(lead, _)| lead)
    }

    /// One after the last column whose samples are all there.
    pub fn columns_until(&self, columns_a_second: u32) -> Option<i64> {
        self.end.map(|end| column_at(end, columns_a_second))
    }

    /// The columns from `from` to before `to` of a lead, counted from 1970; those that are not kept are empty.
    pub fn columns(&self, lead: &Lead, from: i64, to: i64, columns_a_second: u32) -> Vec<Column> {
        let row = self.leads.iter().find(|(candidate, _)| candidate == lead);
        let Some((end, (_, row))) = self.end.zip(row) else { return Vec::new() };
        // Samples from a moment to the end of what is kept.
        let back = |column: i64| {
            let at = i128::from(column) * NANOS_A_SECOND / i128::from(columns_a_second);
            ((i128::from(end.as_nanos()) - at) as f64 / 1e9 * self.rate_hz).round().max(0.0) as usize
        };
        let index = |column: i64| row.len().saturating_sub(back(column));
        (from..to).map(|column| Column::of(row.range(index(column)..index(column + 1)).copied())).collect()
    }

    /// All leads from `from` to `to` as far as they are kept; `None` if nothing of it is.
    pub fn window(&self, from: Time, to: Time) -> Option<Window> {
        let end = self.end?;
        let length = self.leads.first()?.1.len();
        let first = end.plus_samples(-(length as i64), self.rate_hz);
        let index = |at: Time| (at.seconds_since(first) * self.rate_hz).round().clamp(0.0, length as f64) as usize;
        let (begin, finish) = (index(from), index(to));
        let cut = |(lead, row): &(Lead, VecDeque<i16>)| (lead.clone(), row.range(begin..finish).copied().collect());
        (begin < finish).then(|| Window {
            start: first.plus_samples(begin as i64, self.rate_hz),
            rate_hz: self.rate_hz,
            leads: self.leads.iter().map(cut).collect(),
        })
    }
}

/// Some seconds of all leads, as they are kept: half as large as a [`Strip`].
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Time of the first sample.
    pub start: Time,
    /// Samples a second.
    pub rate_hz: f64,
    /// Each lead in µV; [`GAP_UV`] where there is no sample.
    pub leads: Vec<(Lead, Vec<i16>)>,
}

impl Window {
    /// The same to draw.
    pub fn strip(&self) -> Strip {
        let value_mv = |value: &i16| if *value == GAP_UV { f32::NAN } else { f32::from(*value) / 1000.0 };
        let lead = |(lead, row): &(Lead, Vec<i16>)| StripLead {
            lead: lead.clone(),
            derived: false,
            samples_mv: row.iter().map(value_mv).collect(),
        };
        Strip { start: self.start, rate_hz: self.rate_hz, leads: self.leads.iter().map(lead).collect() }
    }
}

/// The column on which a moment falls.
pub fn column_at(time: Time, columns_a_second: u32) -> i64 {
    let column = (i128::from(time.as_nanos()) * i128::from(columns_a_second)).div_euclid(NANOS_A_SECOND);
    i64::try_from(column).unwrap_or(i64::MAX)
}

/// What is left of a duration in columns.
pub fn columns_in(duration: Duration, columns_a_second: u32) -> i64 {
    (duration.as_secs_f64() * f64::from(columns_a_second)).ceil() as i64
}

fn value_uv(lead: &ChunkLead, index: usize) -> i16 {
    match lead.samples[index] {
        INVALID_SAMPLE => GAP_UV,
        _ if lead.off => GAP_UV,
        sample => {
            let value_uv = (f64::from(sample) - f64::from(lead.offset)) * lead.gain_uv;
            value_uv.round().clamp(-LARGEST_UV, LARGEST_UV) as i16
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ecg::StreamId;

    /// A chunk of lead II whose samples are these many µV.
    fn chunk(start_s: f64, samples_uv: &[i32]) -> Chunk {
        let samples = samples_uv.to_vec();
        Chunk {
            stream_id: StreamId::new("bed-1").unwrap(),
            sequence: 0,
            start: Time::default() + Duration::from_secs_f64(start_s),
            rate_hz: 500.0,
            leads: vec![ChunkLead { lead: Lead::II, gain_uv: 1.0, offset: 0, off: false, samples }],
            pacer_marks: vec![],
        }
    }

    fn values(waves: &Waves) -> Vec<i16> {
        waves.leads[0].1.iter().copied().collect()
    }

    #[test]
    fn what_is_missing_is_a_gap_and_what_comes_twice_is_there_once() {
        let mut waves = Waves::new(1.0);
        assert!(waves.push(&chunk(10.0, &[1; 50])));
        assert!(!waves.push(&chunk(10.2, &[2; 50])));
        waves.push(&chunk(10.2, &[3; 50]));
        waves.push(&chunk(10.25, &[4; 50]));
        let expected = [[1; 50].as_slice(), &[GAP_UV; 50], &[2; 50], &[4; 25]].concat();
        assert_eq!(values(&waves), expected);
        assert_eq!(waves.end(), Some(Time::from_nanos(10_350_000_000)));
        waves.push(&chunk(60.0, &[5; 50]));
        assert_eq!(values(&waves), [5; 50]);
    }

    #[test]
    fn waves_begin_anew_when_the_clock_is_set_back() {
        let numbered = |sequence, start_s| Chunk { sequence, ..chunk(start_s, &[sequence as i32; 50]) };
        let mut waves = Waves::new(1.0);
        waves.push(&numbered(7, 10.0));
        // Late, and not new.
        waves.push(&numbered(6, 9.9));
        assert_eq!(values(&waves), [7; 50]);
        waves.push(&numbered(8, 9.5));
        waves.push(&numbered(9, 9.6));
        assert_eq!(values(&waves), [[8; 50], [9; 50]].concat());
        // The monitor begins to count anew as well.
        waves.push(&numbered(0, 2.0));
        assert_eq!(values(&waves), [0; 50]);
    }

    #[test]
    fn a_window_is_what_was_there() {
        let mut waves = Waves::new(1.0);
        waves.push(&chunk(10.0, &(0..500).collect::<Vec<i32>>()));
        let at = |s: f64| Time::default() + Duration::from_secs_f64(s);
        let strip = waves.window(at(10.1), at(10.2)).unwrap().strip();
        assert_eq!((strip.start, strip.len()), (at(10.1), 50));
        assert!((strip.leads[0].samples_mv[0] - 0.05).abs() < 1e-6);
        assert_eq!(waves.window(at(20.0), at(21.0)), None);
        assert_eq!(waves.window(at(9.5), at(10.01)).unwrap().strip().len(), 5);
    }

    proptest! {
        /// However the stream is cut and whenever columns are asked for, they are those of the whole.
        #[test]
        fn no_sample_is_lost_on_the_way_to_the_screen(
            cuts in proptest::collection::vec(1..200_usize, 1..20),
            columns_a_second in 20..200_u32,
        ) {
            let signal: Vec<i32> = (0..2000).map(|n| n * 7919 % 4001 - 2000).collect();
            let (mut waves, mut columns, mut next) = (Waves::new(2.0), Vec::new(), None);
            let (mut at, mut cut) = (0, cuts.iter().cycle());
            while at < signal.len() {
                let end = (at + cut.next().unwrap()).min(signal.len());
                waves.push(&chunk(at as f64 / 500.0, &signal[at..end]));
                at = end;
                let until = waves.columns_until(columns_a_second).unwrap();
                columns.extend(waves.columns(&Lead::II, next.unwrap_or(0), until, columns_a_second));
                next = Some(until);
            }
            let (low, high) = columns.iter().fold((0, 0), |(low, high), column| {
                (low.min(column.low_uv), high.max(column.high_uv))
            });
            let shown = (columns.len() as f64 / f64::from(columns_a_second) * 500.0) as usize;
            let expected = &signal[..shown.min(signal.len())];
            prop_assert!(i32::from(low) <= *expected.iter().min().unwrap());
            prop_assert!(i32::from(high) >= *expected.iter().max().unwrap());
            prop_assert!(columns.iter().all(|column| *column != Column::EMPTY));
        }
    }
}
