//! A window of a record: in goes a record and a moment, out come ten seconds at 500 Hz as they are read and measured.

use super::{Record, RecordError};
use crate::ecg::{Chunk, StreamId, Strip, StripLead};
use crate::signal::derived_leads::add_derived_leads;
use crate::signal::resample::Resample;
use crate::signal::{Block, RATE_HZ};

/// The resampler gives its last samples only when it has heard what comes after them.
const RUN_OUT_S: f64 = 0.5;

impl Record {
    /// `seconds` from second `at_s` on, at 500 Hz, leads derived where they can be.
    ///
    /// The samples are the record's own physical values, as GEM takes them: neither filtered nor centred. Shorter where
    /// the record ends earlier. It is an error if the record has no ECG lead or ends before `at_s`.
    pub fn window(&self, at_s: f64, seconds: f64) -> Result<Strip, RecordError> {
        let stream_id = StreamId::new(&self.name)
            .unwrap_or_else(|_| StreamId::new("record").expect("a plain word is a stream id (this is a bug)"));
        let chunks: Vec<Chunk> = self.chunks(stream_id, 1.0)?.collect();
        let length_s = self.samples as f64 / self.rate_hz;
        let first = chunks.first().filter(|_| (0.0..length_s).contains(&at_s));
        let Some(first) = first else {
            return Err(RecordError::NoSuchMoment { path: self.path.clone(), at_s, length_s });
        };
        let mut resample = Resample::new(first.leads.iter().map(|lead| lead.lead.clone()).collect(), first.rate_hz);
        let run_out = vec![vec![f32::NAN; (RUN_OUT_S * first.rate_hz) as usize]; first.leads.len()];
        let rows = chunks.iter().map(Chunk::rows_mv).chain([run_out]);
        let blocks: Vec<_> = rows.map(|rows| resample.push(&rows)).collect();
        let total = ((length_s * RATE_HZ).round() as usize).min(blocks.iter().map(Block::len).sum());
        let from = ((at_s * RATE_HZ).round() as usize).min(total);
        let to = (from + (seconds * RATE_HZ).round() as usize).min(total);
        let lead = |index: usize| {
            let samples = blocks.iter().flat_map(|block| {
                let lead = &block.leads[index];
                lead.samples_mv.iter().zip(&lead.valid).map(|(value, valid)| if *valid { *value } else { f32::NAN })
            });
            let samples_mv: Vec<f32> = samples.skip(from).take(to - from).collect();
            StripLead { lead: first.leads[index].lead.clone(), derived: false, samples_mv }
        };
        let start = first.start.plus_samples(from as i64, RATE_HZ);
        let mut leads: Vec<StripLead> = (0..first.leads.len()).map(lead).collect();
        // A lead without a single valid sample was not recorded.
        leads.retain(|lead| lead.samples_mv.iter().any(|value| value.is_finite()));
        let mut strip = Strip { start, rate_hz: RATE_HZ, leads };
        add_derived_leads(&mut strip);
        Ok(strip)
    }
}

#[cfg(test)]
mod tests {
    use super::super::chunks::tests::{record, signal};

    #[test]
    fn a_window_is_cut_where_it_was_asked_for() {
        // 100 Hz, 20 s, a ramp of 1 digital unit a sample; 200 units a mV from the baseline -7.
        let record = record(vec![signal(1, &(0..2000).collect::<Vec<_>>())]);
        let strip = record.window(5.0, 10.0).unwrap();
        assert_eq!((strip.len(), strip.start.as_nanos()), (5000, 5_000_000_000));
        for (sample, expected) in [(0, 507.0), (2500, 1007.0), (4995, 1506.0)] {
            let value = f64::from(strip.leads[0].samples_mv[sample]) * 200.0;
            assert!((value - expected).abs() < 1.5, "sample {sample}: {value}");
        }
        assert_eq!(record.window(15.0, 10.0).unwrap().len(), 2500);
        let error = record.window(20.0, 10.0).unwrap_err().to_string();
        assert!(error.contains("20") && error.contains("made"), "{error}");
    }
}
