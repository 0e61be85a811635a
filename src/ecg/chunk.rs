//! A chunk: a short stretch of one stream, as it travels. Digital, so that what arrives is what was sent, bit for bit.

use super::{Lead, StreamId, Time};

/// The digital value that means "no sample here".
pub const INVALID_SAMPLE: i32 = i32::MIN;

/// A stretch of one stream: some leads over the same samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Whose stream.
    pub stream_id: StreamId,
    /// Counts the chunks of a stream from 0 or any other number, one up each.
    pub sequence: u64,
    /// Time of the first sample.
    pub start: Time,
    /// Samples a second.
    pub rate_hz: f64,
    /// The leads; all have the same number of samples.
    pub leads: Vec<ChunkLead>,
    /// Sample indices at which the monitor saw a pacemaker pulse.
    pub pacer_marks: Vec<u32>,
}

/// One lead of a [`Chunk`].
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkLead {
    /// Which lead.
    pub lead: Lead,
    /// Microvolts one digital unit stands for.
    pub gain_uv: f64,
    /// The digital value that stands for 0 V.
    pub offset: i32,
    /// The electrode is off: the samples mean nothing.
    pub off: bool,
    /// Digital values; [`INVALID_SAMPLE`] where there is none.
    pub samples: Vec<i32>,
}

/// What makes a chunk unusable. Each is a bad message, not a bad patient.
#[derive(Debug, thiserror::Error, PartialEq)]
#[allow(missing_docs)] // the fields are named in the message
pub enum ChunkError {
    /// The sampling rate is not a number or outside [`Chunk::MIN_RATE_HZ`]..=[`Chunk::MAX_RATE_HZ`].
    #[error("sampling rate {rate_hz} Hz is outside {min} to {max} Hz", min = Chunk::MIN_RATE_HZ, max = Chunk::MAX_RATE_HZ)]
    Rate { rate_hz: f64 },
    /// No lead at all.
    #[error("chunk has no lead")]
    NoLead,
    /// More leads than [`Chunk::MAX_LEADS`].
    #[error("chunk has {leads} leads, at most {max} are allowed", max = Chunk::MAX_LEADS)]
    TooManyLeads { leads: usize },
    /// The same lead twice.
    #[error("lead {lead} occurs twice")]
    LeadTwice { lead: Lead },
    /// A lead's name is empty or longer than [`Chunk::MAX_LEAD_NAME_BYTES`]; its beginning is shown.
    #[error("lead name {name:?} is empty or longer than {max} bytes", max = Chunk::MAX_LEAD_NAME_BYTES)]
    LeadName { name: String },
    /// No sample.
    #[error("chunk has no samples")]
    NoSamples,
    /// Longer than [`Chunk::MAX_SECONDS`].
    #[error("chunk lasts {seconds:.1} s, at most {max} s are allowed", max = Chunk::MAX_SECONDS)]
    TooLong { seconds: f64 },
    /// Leads of different length.
    #[error("lead {lead} has {samples} samples, the first lead has {expected}")]
    UnequalLeads { lead: Lead, samples: usize, expected: usize },
    /// The gain is not a positive number.
    #[error("lead {lead} has the gain {gain_uv} µV per unit, which is no positive number")]
    Gain { lead: Lead, gain_uv: f64 },
    /// More pacer marks than samples.
    #[error("chunk has {marks} pacer marks for {samples} samples")]
    TooManyPacerMarks { marks: usize, samples: usize },
    /// A pacer mark beyond the last sample.
    #[error("pacer mark at sample {mark} of {samples}")]
    PacerMark { mark: u32, samples: usize },
    /// The chunk would end outside of representable time (years 1677 to 2262).
    #[error("start {nanos} ns is out of range")]
    Start { nanos: i64 },
}

impl Chunk {
    /// The lowest sampling rate taken.
    pub const MIN_RATE_HZ: f64 = 50.0;
    /// The highest sampling rate taken.
    pub const MAX_RATE_HZ: f64 = 4000.0;
    /// The most leads a chunk may have.
    pub const MAX_LEADS: usize = 32;
    /// The longest lead name in bytes.
    pub const MAX_LEAD_NAME_BYTES: usize = 40;
    /// The longest chunk.
    pub const MAX_SECONDS: f64 = 10.0;

    /// Number of samples of each lead.
    pub fn len(&self) -> usize {
        self.leads.first().map_or(0, |lead| lead.samples.len())
    }

    /// Has it no samples?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Time just after the last sample: where the next chunk should start.
    pub fn end(&self) -> Time {
        self.start.plus_samples(self.len() as i64, self.rate_hz)
    }

    /// The physical values in mV, one row a lead; NaN where there is no sample.
    pub fn rows_mv(&self) -> Vec<Vec<f32>> {
        let mut rows_mv = Vec::new();
        self.put_rows_mv(&mut rows_mv);
        rows_mv
    }

    /// Puts the [rows](Chunk::rows_mv) into `rows_mv`, whose memory is used again.
    pub fn put_rows_mv(&self, rows_mv: &mut Vec<Vec<f32>>) {
        rows_mv.resize_with(self.leads.len(), Vec::new);
        for (row_mv, lead) in rows_mv.iter_mut().zip(&self.leads) {
            row_mv.clear();
            row_mv.extend((0..lead.samples.len()).map(|index| lead.sample_mv(index).unwrap_or(f32::NAN)));
        }
    }

    /// Checks what no honest monitor would send. Every chunk passes here before a bed sees it.
    pub fn check(&self) -> Result<(), ChunkError> {
        if !(Self::MIN_RATE_HZ..=Self::MAX_RATE_HZ).contains(&self.rate_hz) {
            return Err(ChunkError::Rate { rate_hz: self.rate_hz });
        }
        let Some(first) = self.leads.first() else {
            return Err(ChunkError::NoLead);
        };
        if self.leads.len() > Self::MAX_LEADS {
            return Err(ChunkError::TooManyLeads { leads: self.leads.len() });
        }
        let expected = first.samples.len();
        if expected == 0 {
            return Err(ChunkError::NoSamples);
        }
        let seconds = expected as f64 / self.rate_hz;
        if seconds > Self::MAX_SECONDS {
            return Err(ChunkError::TooLong { seconds });
        }
        for (index, lead) in self.leads.iter().enumerate() {
            let name = lead.lead.name();
            if name.is_empty() || name.len() > Self::MAX_LEAD_NAME_BYTES {
                return Err(ChunkError::LeadName { name: name.chars().take(Self::MAX_LEAD_NAME_BYTES).collect() });
            }
            if self.leads[..index].iter().any(|other| other.lead == lead.lead) {
                return Err(ChunkError::LeadTwice { lead: lead.lead.clone() });
            }
            if lead.samples.len() != expected {
                return Err(ChunkError::UnequalLeads {
                    lead: lead.lead.clone(),
                    samples: lead.samples.len(),
                    expected,
                });
            }
            if !(lead.gain_uv.is_finite() && lead.gain_uv > 0.0) {
                return Err(ChunkError::Gain { lead: lead.lead.clone(), gain_uv: lead.gain_uv });
            }
        }
        // Each is kept with its time: a sample has one pulse at most, and a message has room for millions of marks.
        if self.pacer_marks.len() > expected {
            return Err(ChunkError::TooManyPacerMarks { marks: self.pacer_marks.len(), samples: expected });
        }
        if let Some(&mark) = self.pacer_marks.iter().find(|mark| **mark as usize >= expected) {
            return Err(ChunkError::PacerMark { mark, samples: expected });
        }
        let nanos = self.start.as_nanos();
        if nanos.checked_add(11_000_000_000).is_none() || nanos < i64::MIN / 2 {
            return Err(ChunkError::Start { nanos });
        }
        Ok(())
    }
}

impl ChunkLead {
    /// The physical value of sample `index` in mV; `None` where there is no sample, or the gain makes it none, or the electrode is off.
    pub fn sample_mv(&self, index: usize) -> Option<f32> {
        let digital = self.samples[index];
        if self.off || digital == INVALID_SAMPLE {
            return None;
        }
        let units = i64::from(digital) - i64::from(self.offset);
        let value_mv = (units as f64 * self.gain_uv / 1000.0) as f32;
        value_mv.is_finite().then_some(value_mv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk() -> Chunk {
        let lead = |lead| ChunkLead {
            lead,
            gain_uv: 5.0,
            offset: 1024,
            off: false,
            samples: vec![1024, 1224, INVALID_SAMPLE],
        };
        Chunk {
            stream_id: StreamId::new("bed-1").unwrap(),
            sequence: 0,
            start: Time::from_nanos(0),
            rate_hz: 500.0,
            leads: vec![lead(Lead::I), lead(Lead::II)],
            pacer_marks: vec![2],
        }
    }

    #[test]
    fn digital_units_become_millivolts() {
        let chunk = chunk();
        assert_eq!(chunk.leads[0].sample_mv(0), Some(0.0));
        assert_eq!(chunk.leads[0].sample_mv(1), Some(1.0));
        assert_eq!(chunk.leads[0].sample_mv(2), None);
        let infinite = ChunkLead { gain_uv: f64::MAX, ..chunk.leads[0].clone() };
        assert_eq!((infinite.sample_mv(0), infinite.sample_mv(1)), (Some(0.0), None));
        assert_eq!(chunk.end(), Time::from_nanos(6_000_000));
    }

    type Lie = fn(&mut Chunk);

    #[test]
    fn an_honest_chunk_passes_and_each_lie_is_named() {
        assert_eq!(chunk().check(), Ok(()));
        let lies: [(&str, Lie); 12] = [
            ("sampling rate NaN Hz", |c| c.rate_hz = f64::NAN),
            ("sampling rate -500 Hz", |c| c.rate_hz = -500.0),
            ("chunk has no lead", |c| c.leads.clear()),
            ("chunk has no samples", |c| c.leads.iter_mut().for_each(|l| l.samples.clear())),
            ("lead I occurs twice", |c| c.leads[1].lead = Lead::I),
            ("lead II has 1 samples, the first lead has 3", |c| c.leads[1].samples.truncate(1)),
            ("gain 0 µV", |c| c.leads[0].gain_uv = 0.0),
            ("pacer mark at sample 3 of 3", |c| c.pacer_marks = vec![3]),
            ("chunk has 4 pacer marks for 3 samples", |c| c.pacer_marks = vec![0; 4]),
            ("lead name \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\" is empty or longer than 40 bytes", |c| {
                c.leads[0].lead = Lead::from_name(&"x".repeat(500_000));
            }),
            ("out of range", |c| c.start = Time::from_nanos(i64::MAX)),
            ("at most 10 s", |c| c.leads.iter_mut().for_each(|l| l.samples = vec![0; 5001])),
        ];
        for (message, lie) in lies {
            let mut chunk = chunk();
            lie(&mut chunk);
            let error = chunk.check().expect_err(message).to_string();
            assert!(error.contains(message), "{error} lacks {message}");
        }
    }
}
