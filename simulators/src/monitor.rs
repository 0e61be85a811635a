//! A bedside monitor: cuts the leads of one patient into numbered chunks of digital values.
//!
//! In: a [`Bed`]. Out: [`MonitorChunk`]s with the time since the ward began. No clock: who sends them says when that was.

use std::sync::Arc;

use crate::{
    lead::Lead,
    patient::{Patient, PatientError},
    scenario::{Bed, LeadOff, Spell, Ward},
    truth::Truth,
};

/// Microvolts one digital unit stands for.
pub const GAIN_UV_PER_UNIT: f64 = 1.0;

/// Some samples of one stream, as a monitor sends them.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorChunk {
    /// Whose stream.
    pub stream_id: Arc<str>,
    /// Counts the chunks that were sent, from 0.
    pub sequence: u64,
    /// Time of the first sample since the ward began, in ns.
    pub start_offset_ns: i64,
    /// Samples a second.
    pub rate_hz: f64,
    /// The recorded leads, each with the same number of samples.
    pub leads: Vec<MonitorLead>,
    /// Samples at which the monitor saw the pulse of a pacemaker, rising.
    pub pacer_marks: Vec<u32>,
}

/// One lead of a [`MonitorChunk`].
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorLead {
    /// Which lead.
    pub lead: Lead,
    /// The electrode is off; the samples are all 0.
    pub off: bool,
    /// Digital values of [`GAIN_UV_PER_UNIT`]; 0 stands for 0 V.
    pub samples: Vec<i32>,
}

impl MonitorChunk {
    /// Time just after the last sample since the ward began, in ns: the earliest moment at which it can be sent.
    pub fn end_offset_ns(&self) -> i64 {
        let samples = self.leads.first().map_or(0, |lead| lead.samples.len());
        self.start_offset_ns + nanoseconds(samples as f64 / self.rate_hz)
    }
}

/// Why there is no such monitor.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MonitorError {
    /// The chunk length is out of range.
    #[error("a chunk of {chunk_ms} ms is not possible; give {min} to {max} ms", min = Ward::MIN_CHUNK_MS, max = Ward::MAX_CHUNK_MS)]
    ChunkLength {
        /// What was asked for.
        chunk_ms: u32,
    },
    /// There is no such patient.
    #[error("cannot monitor {stream_id}")]
    Patient {
        /// Whose stream it would be.
        stream_id: String,
        /// Why.
        #[source]
        source: PatientError,
    },
}

/// The monitor beside one bed.
#[derive(Clone, Debug)]
pub struct Monitor {
    stream_id: Arc<str>,
    patient: Patient,
    leads: Vec<Lead>,
    lead_off: Vec<LeadOff>,
    silence: Vec<Spell>,
    start_after_s: f64,
    samples_per_chunk: f64,
    /// Chunks cut so far, those in silence included.
    cut: u64,
    sequence: u64,
}

impl Monitor {
    /// Connects a monitor that sends chunks of `chunk_ms` milliseconds.
    pub fn new(bed: &Bed, chunk_ms: u32) -> Result<Monitor, MonitorError> {
        if !(Ward::MIN_CHUNK_MS..=Ward::MAX_CHUNK_MS).contains(&chunk_ms) {
            return Err(MonitorError::ChunkLength { chunk_ms });
        }
        let mut patient = Patient::new(bed.patient.clone())
            .map_err(|source| MonitorError::Patient { stream_id: bed.stream_id.clone(), source })?;
        patient.make_only(&bed.leads);
        Ok(Monitor {
            stream_id: bed.stream_id.as_str().into(),
            samples_per_chunk: patient.rate_hz() * f64::from(chunk_ms) / 1000.0,
            patient,
            leads: bed.leads.clone(),
            lead_off: bed.lead_off.clone(),
            silence: bed.silence.clone(),
            start_after_s: bed.start_after_s,
            cut: 0,
            sequence: 0,
        })
    }

    /// Whose stream it sends.
    pub fn stream_id(&self) -> &str {
        &self.stream_id
    }

    /// The next chunk that is sent; what falls into a silent spell is skipped.
    pub fn next_chunk(&mut self) -> MonitorChunk {
        loop {
            let from_s = self.patient.now_s();
            let chunk = self.cut(from_s);
            if !self.silence.iter().any(|spell| spell.contains(from_s)) {
                self.sequence += 1;
                return chunk;
            }
        }
    }

    /// What happened to the patient up to now, in the patient's own time; see [`Patient::truth`].
    pub fn truth(&self) -> Truth {
        self.patient.truth()
    }

    /// What happened to the patient, in the patient's own time; see [`Patient::take_truth`].
    pub fn take_truth(&mut self) -> Truth {
        self.patient.take_truth()
    }

    fn cut(&mut self, from_s: f64) -> MonitorChunk {
        // Rounding the borders, not the length, keeps the mean rate exact where a chunk is no whole number of samples.
        let border = |chunk: u64| (chunk as f64 * self.samples_per_chunk).round() as u64;
        let samples = (border(self.cut + 1) - border(self.cut)) as usize;
        self.cut += 1;
        let block = self.patient.next(samples);
        let leads = self.leads.iter().map(|&lead| {
            let off = self.lead_off.iter().any(|off| off.leads.contains(&lead) && off.spell.contains(from_s));
            let recorded = &block.leads_mv[lead as usize];
            let samples = recorded.iter().map(|&mv| if off { 0 } else { digital(mv) }).collect();
            MonitorLead { lead, off, samples }
        });
        MonitorChunk {
            stream_id: Arc::clone(&self.stream_id),
            sequence: self.sequence,
            start_offset_ns: nanoseconds(self.start_after_s + from_s),
            rate_hz: self.patient.rate_hz(),
            leads: leads.collect(),
            pacer_marks: block.pulses.iter().map(|&sample| sample as u32).collect(),
        }
    }
}

fn digital(mv: f32) -> i32 {
    (f64::from(mv) * 1000.0 / GAIN_UV_PER_UNIT).round() as i32
}

fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        patient::PatientSettings,
        rhythm::{Rhythm, Script},
    };

    fn bed(rate_hz: f64) -> Bed {
        let script = Script::only(Rhythm::Sinus { rate_bpm: 75.0 }).unwrap();
        Bed::new("bed-7", PatientSettings { rate_hz, ..PatientSettings::new(7, script) })
    }

    #[test]
    fn chunks_join_without_gap_and_carry_the_signal() {
        // 128 Hz: 12.8 samples in 100 ms.
        for rate_hz in [128.0, 500.0] {
            let mut monitor = Monitor::new(&bed(rate_hz), 100).unwrap();
            let block = Patient::new(bed(rate_hz).patient).unwrap().next(5 * rate_hz as usize);
            let (mut at_ns, mut lead_ii) = (0, Vec::new());
            for sequence in 0..50 {
                let chunk = monitor.next_chunk();
                assert_eq!((chunk.sequence, chunk.leads.len()), (sequence, 12));
                assert!((chunk.start_offset_ns - at_ns).abs() <= 1);
                at_ns = chunk.end_offset_ns();
                lead_ii.extend(chunk.leads[1].samples.iter().map(|&digital| f64::from(digital) / 1000.0));
            }
            assert!((at_ns - 5_000_000_000).abs() <= 1);
            let error = lead_ii.iter().zip(&block.leads_mv[1]).map(|(a, &b)| (a - f64::from(b)).abs());
            assert!(error.fold(0.0, f64::max) <= 0.000_501);
            assert_eq!(lead_ii.len(), block.leads_mv[1].len());
        }
    }

    #[test]
    fn leads_come_off_and_back_and_silence_leaves_a_gap_in_time_only() {
        let mut bed = bed(500.0);
        bed.leads = vec![Lead::II, Lead::V1];
        bed.start_after_s = 2.0;
        bed.lead_off = vec![LeadOff { leads: vec![Lead::V1], spell: Spell { from_s: 0.5, to_s: 0.8 } }];
        bed.silence = vec![Spell { from_s: 1.0, to_s: 1.5 }];
        let mut monitor = Monitor::new(&bed, 100).unwrap();
        let chunks: Vec<_> = (0..12).map(|_| monitor.next_chunk()).collect();
        let off: Vec<_> = chunks.iter().filter(|chunk| chunk.leads[1].off).map(|chunk| chunk.sequence).collect();
        assert_eq!(off, [5, 6, 7]);
        assert!(chunks[5].leads[1].samples.iter().all(|&sample| sample == 0) && !chunks[5].leads[0].off);
        assert_eq!((chunks[9].start_offset_ns, chunks[10].start_offset_ns), (2_900_000_000, 3_500_000_000));
        assert_eq!(chunks[10].sequence, 10);
    }

    #[test]
    fn an_impossible_chunk_is_refused() {
        let error = Monitor::new(&bed(500.0), 0).expect_err("no chunk").to_string();
        assert_eq!(error, "a chunk of 0 ms is not possible; give 20 to 5000 ms");
    }
}
