//! What travels: a chunk as the message of the published schema `gemwatch.v1.WaveformChunk`.
//!
//! In: a [`MonitorChunk`] and the wall-clock time at which the ward began. Out: the message, ready to encode.

use prost::Message;

pub use schema::{LeadSamples, WaveformChunk, lead_samples};

use crate::monitor::{GAIN_UV_PER_UNIT, MonitorChunk};

#[allow(missing_docs, clippy::pedantic, reason = "generated from the schema")]
mod schema {
    include!(concat!(env!("OUT_DIR"), "/gemwatch.v1.rs"));
}

/// The message that carries `chunk`, the ward having begun at `ward_start_unix_ns` (ns since 1970 UTC).
pub fn waveform_chunk(chunk: &MonitorChunk, ward_start_unix_ns: i64) -> WaveformChunk {
    let leads = chunk.leads.iter().map(|lead| LeadSamples {
        lead: Some(lead_samples::Lead::MdcCode(lead.lead.mdc_code())),
        gain_uv_per_unit: GAIN_UV_PER_UNIT,
        offset: 0,
        lead_off: lead.off,
        deltas: deltas(&lead.samples),
    });
    WaveformChunk {
        stream_id: chunk.stream_id.to_string(),
        sequence: chunk.sequence,
        start_unix_ns: ward_start_unix_ns.saturating_add(chunk.start_offset_ns),
        sampling_rate_hz: chunk.rate_hz,
        leads: leads.collect(),
        pacer_marks: chunk.pacer_marks.clone(),
    }
}

/// The bytes of a message.
pub fn encoded(message: &WaveformChunk) -> Vec<u8> {
    message.encode_to_vec()
}

/// Each sample as the difference from the one before, the first from 0, in wrapping arithmetic.
pub fn deltas(samples: &[i32]) -> Vec<i32> {
    let before = std::iter::once(0).chain(samples.iter().copied());
    samples.iter().zip(before).map(|(sample, before)| sample.wrapping_sub(before)).collect()
}

/// The samples behind `deltas`.
pub fn samples(deltas: &[i32]) -> Vec<i32> {
    deltas
        .iter()
        .scan(0_i32, |sample, delta| {
            *sample = sample.wrapping_add(*delta);
            Some(*sample)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{monitor::Monitor, scenario::ward};

    #[test]
    fn a_chunk_survives_the_wire() {
        let mut monitor = Monitor::new(&ward(1, 3).beds[0], 100).unwrap();
        monitor.next_chunk();
        let chunk = monitor.next_chunk();
        let message = WaveformChunk::decode(encoded(&waveform_chunk(&chunk, 1_700_000_000_000_000_000)).as_slice());
        let message = message.unwrap();
        assert_eq!((message.stream_id.as_str(), message.sequence), ("bed-01", 1));
        assert_eq!(message.start_unix_ns, 1_700_000_000_100_000_000);
        assert_eq!(message.leads[1].lead, Some(lead_samples::Lead::MdcCode(131_074)));
        for (sent, got) in chunk.leads.iter().zip(&message.leads) {
            assert_eq!(samples(&got.deltas), sent.samples);
        }
    }

    proptest! {
        #[test]
        fn any_samples_survive_delta_coding(
            values in proptest::collection::vec(prop_oneof![any::<i32>(), Just(i32::MIN), Just(i32::MAX)], 0..100),
        ) {
            let sent = WaveformChunk {
                leads: vec![LeadSamples { deltas: deltas(&values), ..LeadSamples::default() }],
                ..WaveformChunk::default()
            };
            let got = WaveformChunk::decode(encoded(&sent).as_slice()).unwrap();
            prop_assert_eq!(samples(&got.leads[0].deltas), values);
        }
    }
}
