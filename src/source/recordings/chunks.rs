//! A record as a stream: in goes a record, out come the chunks a monitor would have sent.

use super::{
    error::RecordError,
    record::{Record, Signal},
};
use crate::ecg::{Chunk, ChunkLead, INVALID_SAMPLE, Lead, StreamId, Time};

/// The chunks of a record, in order; see [`Record::chunks`].
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    leads: Vec<(Lead, &'a Signal)>,
    stream_id: StreamId,
    start: Time,
    rate_hz: f64,
    /// Samples a frame of the lead with the most.
    samples_per_frame: usize,
    /// The samples with a pulse of a pacemaker, rising.
    pacer_pulses: Vec<usize>,
    /// Samples of the whole stream.
    samples: usize,
    samples_per_chunk: usize,
    next_sample: usize,
    sequence: u64,
}

impl Record {
    /// The ECG leads as chunks of `seconds_per_chunk` (rounded to whole samples); the last one may be shorter.
    ///
    /// Samples stay digital, with gain and baseline of the header. Leads that were sampled at a lower rate than the
    /// fastest are brought to its rate by linear interpolation in digital units, each sample staying where it was
    /// and the last one held; next to a missing sample there is none. The stream starts at the record's time, or
    /// at [`Time`] 0 where the record has none, and every chunk's start is counted from there, so that nothing
    /// drifts. Every chunk passes [`Chunk::check`].
    ///
    /// It is an error if the record has no ECG lead, if chunks cannot have this length, or if the leads do not fit
    /// in a chunk, for example because of their sampling rate.
    pub fn chunks(&self, stream_id: StreamId, seconds_per_chunk: f64) -> Result<Chunks<'_>, RecordError> {
        let limit = Chunk::MAX_SECONDS;
        if !(seconds_per_chunk > 0.0 && seconds_per_chunk <= limit) {
            return Err(RecordError::ChunkLength { path: self.path.clone(), seconds: seconds_per_chunk, limit });
        }
        let leads = self.ecg_leads_or_error()?;
        let samples_per_frame = leads.iter().map(|(_, signal)| signal.samples_per_frame).max().unwrap_or(1);
        let rate_hz = self.rate_hz * samples_per_frame as f64;
        let longest = (limit * rate_hz).floor();
        let chunks = Chunks {
            leads,
            stream_id,
            start: self.start.unwrap_or_default(),
            rate_hz,
            samples_per_frame,
            pacer_pulses: self.pacer_pulses.iter().map(|frame| frame * samples_per_frame).collect(),
            samples: self.samples * samples_per_frame,
            samples_per_chunk: (seconds_per_chunk * rate_hz).round().min(longest).max(1.0) as usize,
            next_sample: 0,
            sequence: 0,
        };
        // All chunks have the leads, gains and rate of the first one, and the last one has the latest start.
        for sample in [0, chunks.samples.saturating_sub(1)] {
            let chunk = chunks.chunk_at(sample, 0);
            chunk.check().map_err(|source| RecordError::Chunk { path: self.path.clone(), sample, source })?;
        }
        Ok(chunks)
    }
}

impl Chunks<'_> {
    fn chunk_at(&self, first: usize, sequence: u64) -> Chunk {
        let end = self.samples.min(first.saturating_add(self.samples_per_chunk));
        let leads = self.leads.iter().map(|(lead, signal)| ChunkLead {
            lead: lead.clone(),
            // An ECG lead's unit is a voltage; were it none, the check would refuse the gain.
            gain_uv: signal.microvolts_per_digital_unit().unwrap_or(f64::NAN),
            offset: signal.baseline,
            off: false,
            samples: (first..end).map(|sample| self.digital(signal, sample)).collect(),
        });
        Chunk {
            stream_id: self.stream_id.clone(),
            sequence,
            start: self.start.plus_samples(first as i64, self.rate_hz),
            rate_hz: self.rate_hz,
            leads: leads.collect(),
            pacer_marks: self.pulses(first, end),
        }
    }

    /// The pulses from one sample to before another, counted from the first.
    fn pulses(&self, first: usize, end: usize) -> Vec<u32> {
        let from = self.pacer_pulses.partition_point(|pulse| *pulse < first);
        let within = self.pacer_pulses[from..].iter().take_while(|pulse| **pulse < end);
        within.map(|pulse| (pulse - first) as u32).collect()
    }

    /// The digital value of a signal at a sample of the stream.
    fn digital(&self, signal: &Signal, sample: usize) -> i32 {
        let value = |index: usize| signal.samples.get(index).copied();
        if signal.samples_per_frame == self.samples_per_frame {
            return value(sample).unwrap_or(INVALID_SAMPLE);
        }
        // Where the sample lies among the signal's own, in steps of 1 / samples_per_frame.
        let position = sample * signal.samples_per_frame;
        let (before, step) = (position / self.samples_per_frame, position % self.samples_per_frame);
        let Some(left) = value(before) else {
            return INVALID_SAMPLE;
        };
        let right = if step == 0 { left } else { value(before + 1).unwrap_or(left) };
        if left == INVALID_SAMPLE || right == INVALID_SAMPLE {
            return INVALID_SAMPLE;
        }
        let share = step as f64 / self.samples_per_frame as f64;
        (f64::from(left) + (f64::from(right) - f64::from(left)) * share).round() as i32
    }
}

impl Iterator for Chunks<'_> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        if self.next_sample >= self.samples {
            return None;
        }
        let chunk = self.chunk_at(self.next_sample, self.sequence);
        self.next_sample += chunk.len();
        self.sequence += 1;
        Some(chunk)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.samples.saturating_sub(self.next_sample).div_ceil(self.samples_per_chunk);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Chunks<'_> {}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub fn signal(samples_per_frame: usize, samples: &[i32]) -> Signal {
        Signal {
            description: "ECG".to_owned(),
            units: "mV".to_owned(),
            rate_hz: 100.0 * samples_per_frame as f64,
            samples_per_frame,
            gain_per_unit: 200.0,
            calibrated: true,
            baseline: -7,
            adc_resolution_bits: 12,
            adc_zero: 0,
            samples: samples.to_vec(),
        }
    }

    pub fn record(signals: Vec<Signal>) -> Record {
        Record {
            name: "made".to_owned(),
            path: "folder/made".into(),
            start: None,
            rate_hz: 100.0,
            samples: signals[0].samples.len() / signals[0].samples_per_frame,
            signals,
            comments: Vec::new(),
            left_out: Vec::new(),
            pacer_pulses: Vec::new(),
        }
    }

    fn chunks(record: &Record, seconds: f64) -> Vec<Chunk> {
        record.chunks(StreamId::new("made").unwrap(), seconds).unwrap().collect()
    }

    #[test]
    fn nothing_is_lost_between_chunks() {
        let samples: Vec<i32> = (0..1003).collect();
        let mut record = record(vec![signal(1, &samples)]);
        record.start = Some(Time::from_nanos(5_000_000_000));
        let chunks = chunks(&record, 0.25);
        assert_eq!(chunks.len(), 41);
        assert_eq!(chunks[40].len(), 3);
        assert_eq!(chunks[40].start, Time::from_nanos(15_000_000_000));
        let joined: Vec<i32> = chunks.iter().flat_map(|chunk| chunk.leads[0].samples.clone()).collect();
        assert_eq!(joined, samples);
        for (index, chunk) in chunks.iter().enumerate() {
            assert_eq!(chunk.check(), Ok(()));
            assert_eq!(chunk.sequence, index as u64);
            assert_eq!((chunk.leads[0].gain_uv, chunk.leads[0].offset), (5.0, -7));
        }
        assert!(chunks.windows(2).all(|pair| pair[0].end() == pair[1].start));
    }

    #[test]
    fn each_pulse_of_a_pacemaker_is_in_one_chunk() {
        let mut record = record(vec![signal(2, &[0; 200])]);
        record.pacer_pulses = vec![0, 24, 25, 99];
        let marks: Vec<Vec<u32>> = chunks(&record, 0.25).into_iter().map(|chunk| chunk.pacer_marks).collect();
        assert_eq!(marks, [vec![0, 48], vec![0], vec![], vec![48]]);
    }

    #[test]
    fn slow_leads_are_brought_to_the_rate_of_the_fastest() {
        const NONE: i32 = INVALID_SAMPLE;
        let record = record(vec![
            signal(1, &[0, 100, NONE, 40]),
            signal(4, &(0..16).collect::<Vec<_>>()),
            signal(2, &[0, 8, 16, 24, 32, 40, 48, 56]),
        ]);
        let chunks = chunks(&record, 1.0);
        assert_eq!((chunks.len(), chunks[0].rate_hz), (1, 400.0));
        let [slow, fast, middle] = &chunks[0].leads[..] else { panic!("three leads") };
        let expected = [0, 25, 50, 75, 100, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 40, 40, 40, 40];
        assert_eq!(slow.samples, expected);
        assert_eq!(fast.samples, (0..16).collect::<Vec<_>>());
        assert_eq!(middle.samples, [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 56]);
    }

    #[test]
    fn what_does_not_fit_in_a_chunk_is_refused() {
        let stream = || StreamId::new("made").unwrap();
        let mut slow = record(vec![signal(1, &[0])]);
        for seconds in [0.0, -1.0, f64::NAN, 10.1] {
            let error = slow.chunks(stream(), seconds).unwrap_err().to_string();
            assert!(error.contains(&format!("chunks of {seconds} s")), "{error}");
        }
        slow.rate_hz = 1.0;
        let error = anyhow::Error::from(slow.chunks(stream(), 1.0).unwrap_err());
        let expected = "record folder/made cannot be streamed, from sample 0 on: sampling rate 1 Hz";
        assert!(format!("{error:#}").contains(expected), "{error:#}");
        let empty = record(vec![signal(1, &[])]);
        assert!(matches!(empty.chunks(stream(), 1.0), Err(RecordError::Chunk { .. })));
    }

    #[test]
    fn a_chunk_is_never_longer_than_allowed() {
        let mut record = record(vec![signal(1, &[0; 4000])]);
        record.rate_hz = 360.35;
        let chunks = chunks(&record, 10.0);
        assert_eq!(chunks[0].len(), 3603);
        assert!(chunks.iter().all(|chunk| chunk.check() == Ok(())));
    }

    proptest! {
        /// However a record is cut, each sample comes once, and each chunk begins where the one before it ended.
        #[test]
        fn the_cut_does_not_matter(
            samples in prop::collection::vec(prop_oneof![any::<i32>(), -2000..2000_i32, Just(INVALID_SAMPLE)], 1..400),
            fast in 1_usize..5,
            seconds in 0.001_f64..10.0,
            rate_hz in 50.0_f64..1000.0,
        ) {
            let frames = samples.len().div_ceil(fast);
            let mut other = samples.clone();
            other.resize(frames * fast, 0);
            let mut record = record(vec![signal(1, &samples[..frames.min(samples.len())]), signal(fast, &other)]);
            (record.rate_hz, record.samples) = (rate_hz, frames);
            let whole: Vec<Chunk> = chunks(&record, 10.0);
            let cut: Vec<Chunk> = chunks(&record, seconds);
            for lead in 0..2 {
                let joined = |chunks: &[Chunk]| -> Vec<i32> {
                    chunks.iter().flat_map(|chunk| chunk.leads[lead].samples.clone()).collect()
                };
                prop_assert_eq!(joined(&whole), joined(&cut));
            }
            prop_assert!(cut.iter().all(|chunk| chunk.check() == Ok(())));
            prop_assert!(cut.windows(2).all(|pair| pair[1].start.seconds_since(pair[0].end()).abs() < 1e-8));
            prop_assert!(cut.windows(2).all(|pair| pair[1].start > pair[0].start && pair[1].sequence == pair[0].sequence + 1));
        }
    }
}
