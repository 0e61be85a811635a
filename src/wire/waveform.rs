//! Chunks of ECG as they travel on `ecg.waveforms`: Protobuf `gemwatch.v1.WaveformChunk`
//! (`proto/gemwatch/v1/waveform.proto`).
//!
//! In go the bytes of a message, out comes a [`Chunk`] that passed [`Chunk::check`], or what is wrong with the bytes;
//! and the other way round for those who send. What is sent arrives bit for bit.

use prost::Message;
use prost::encoding::{DecodeContext, decode_key, skip_field};

use super::v1::{self, lead_samples::Lead as LeadName};
use crate::ecg::{Chunk, ChunkError, ChunkLead, Lead, StreamId, StreamIdError, Time};

/// The longest message that is looked at, in bytes. Twelve leads at 500 Hz are 12 kB a second.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Field number of `WaveformChunk.leads`.
const LEADS_TAG: u32 = 5;

/// Why bytes are no chunk.
#[derive(Debug, thiserror::Error)]
pub enum WaveformError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("message has {bytes} bytes, at most {MAX_MESSAGE_BYTES} are allowed")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not a Protobuf message of this kind.
    #[error("message is no gemwatch.v1.WaveformChunk")]
    Malformed {
        /// What the Protobuf decoder says.
        #[source]
        source: prost::DecodeError,
    },
    /// More leads than [`Chunk::MAX_LEADS`].
    #[error("message has {leads} leads, at most {max} are allowed", max = Chunk::MAX_LEADS)]
    TooManyLeads {
        /// How many.
        leads: usize,
    },
    /// The stream id is none.
    #[error("field stream_id is wrong")]
    StreamId {
        /// What is wrong with it.
        #[source]
        source: StreamIdError,
    },
    /// A lead says neither code nor name.
    #[error("lead number {number} has neither mdc_code nor name")]
    NamelessLead {
        /// Which one, from 1.
        number: usize,
    },
    /// Well-formed, but not what an honest monitor would send.
    #[error("chunk of stream {stream_id} is unusable")]
    Chunk {
        /// Whose chunk.
        stream_id: StreamId,
        /// What is wrong with it.
        #[source]
        source: ChunkError,
    },
}

/// The bytes of a chunk.
pub fn encode(chunk: &Chunk) -> Vec<u8> {
    let leads = chunk.leads.iter().map(|lead| v1::LeadSamples {
        lead: Some(match lead.lead.mdc_code() {
            Some(code) => LeadName::MdcCode(code),
            None => LeadName::Name(lead.lead.name().to_owned()),
        }),
        gain_uv_per_unit: lead.gain_uv,
        offset: lead.offset,
        lead_off: lead.off,
        deltas: deltas(&lead.samples),
    });
    let message = v1::WaveformChunk {
        stream_id: chunk.stream_id.as_str().to_owned(),
        sequence: chunk.sequence,
        start_unix_ns: chunk.start.as_nanos(),
        sampling_rate_hz: chunk.rate_hz,
        leads: leads.collect(),
        pacer_marks: chunk.pacer_marks.clone(),
    };
    message.encode_to_vec()
}

/// The chunk in these bytes. It has passed [`Chunk::check`].
///
/// A code outside the standard twelve leads becomes a lead named `MDC` and the code, as in `MDC 131329`.
pub fn decode(bytes: &[u8]) -> Result<Chunk, WaveformError> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(WaveformError::TooLarge { bytes: bytes.len() });
    }
    let malformed = |source| WaveformError::Malformed { source };
    // An empty lead takes 2 bytes in a message and 60 in memory: count before decoding.
    let leads = count_leads(bytes).map_err(malformed)?;
    if leads > Chunk::MAX_LEADS {
        return Err(WaveformError::TooManyLeads { leads });
    }
    let message = v1::WaveformChunk::decode(bytes).map_err(malformed)?;
    let stream_id = StreamId::new(&message.stream_id).map_err(|source| WaveformError::StreamId { source })?;
    let mut chunk = Chunk {
        stream_id: stream_id.clone(),
        sequence: message.sequence,
        start: Time::from_nanos(message.start_unix_ns),
        rate_hz: message.sampling_rate_hz,
        leads: Vec::with_capacity(message.leads.len()),
        pacer_marks: message.pacer_marks,
    };
    for (index, lead) in message.leads.into_iter().enumerate() {
        let name = lead.lead.ok_or(WaveformError::NamelessLead { number: index + 1 })?;
        chunk.leads.push(ChunkLead {
            lead: match name {
                LeadName::MdcCode(code) => {
                    Lead::from_mdc_code(code).unwrap_or_else(|| Lead::from_name(&format!("MDC {code}")))
                }
                LeadName::Name(name) => Lead::from_name(&name),
            },
            gain_uv: lead.gain_uv_per_unit,
            offset: lead.offset,
            off: lead.lead_off,
            samples: samples(lead.deltas),
        });
    }
    chunk.check().map_err(|source| WaveformError::Chunk { stream_id, source })?;
    Ok(chunk)
}

/// How many fields `leads` a message has, at the price of walking over it once.
fn count_leads(mut bytes: &[u8]) -> Result<usize, prost::DecodeError> {
    let mut leads = 0;
    while !bytes.is_empty() {
        let (tag, wire_type) = decode_key(&mut bytes)?;
        skip_field(wire_type, tag, &mut bytes, DecodeContext::default())?;
        leads += usize::from(tag == LEADS_TAG);
    }
    Ok(leads)
}

/// Samples as differences, each from the one before it.
fn deltas(samples: &[i32]) -> Vec<i32> {
    let mut before = 0;
    samples.iter().map(|&sample| sample.wrapping_sub(std::mem::replace(&mut before, sample))).collect()
}

/// Differences as samples, in place.
fn samples(mut deltas: Vec<i32>) -> Vec<i32> {
    let mut before = 0_i32;
    for value in &mut deltas {
        before = before.wrapping_add(*value);
        *value = before;
    }
    deltas
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ecg::INVALID_SAMPLE;

    fn any_sample() -> impl Strategy<Value = i32> {
        prop_oneof![4 => -3000..3000_i32, 1 => Just(INVALID_SAMPLE), 1 => Just(i32::MAX), 1 => any::<i32>()]
    }

    fn any_lead_name() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec!["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V6"]).prop_map(str::to_owned),
            "[A-Za-z][A-Za-z0-9 +]{0,20}[a-z0-9]",
        ]
    }

    prop_compose! {
        fn any_chunk()(samples in 1..40_usize)(
            stream_id in "[a-zA-Z0-9äß/ -]{1,40}",
            sequence in any::<u64>(),
            start in i64::MIN / 2..i64::MAX - 11_000_000_000,
            rate_hz in 50.0..4000.0_f64,
            leads in prop::collection::btree_map(
                any_lead_name(),
                (1e-6..1e6_f64, any::<i32>(), any::<bool>(), prop::collection::vec(any_sample(), samples)),
                1..13,
            ),
            pacer_marks in prop::collection::vec(0..samples as u32, 0..=samples.min(2)),
        ) -> Chunk {
            let leads = leads.into_iter().map(|(name, (gain_uv, offset, off, samples))| ChunkLead {
                lead: Lead::from_name(&name), gain_uv, offset, off, samples,
            });
            let mut chunk = Chunk {
                stream_id: StreamId::new(&stream_id).unwrap(),
                sequence,
                start: Time::from_nanos(start),
                rate_hz,
                leads: leads.collect(),
                pacer_marks,
            };
            // `ii` and `II` are two names and one lead.
            let mut seen = std::collections::BTreeSet::new();
            chunk.leads.retain(|lead| seen.insert(lead.lead.clone()));
            chunk
        }
    }

    fn message() -> v1::WaveformChunk {
        v1::WaveformChunk {
            stream_id: "bed-1".to_owned(),
            sequence: 7,
            start_unix_ns: 0,
            sampling_rate_hz: 500.0,
            leads: vec![v1::LeadSamples {
                lead: Some(LeadName::MdcCode(131_074)),
                gain_uv_per_unit: 5.0,
                offset: 0,
                lead_off: false,
                deltas: vec![100, -1],
            }],
            pacer_marks: vec![],
        }
    }

    proptest! {
        #[test]
        fn a_chunk_arrives_as_it_was_sent(chunk in any_chunk()) {
            prop_assert_eq!(decode(&encode(&chunk)).unwrap(), chunk);
        }

        #[test]
        fn random_bytes_are_refused_or_honest(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(chunk) = decode(&bytes) {
                prop_assert_eq!(chunk.check(), Ok(()));
            }
        }

        #[test]
        fn damaged_messages_are_refused_or_honest(
            chunk in any_chunk(),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut bytes = encode(&chunk);
            for (at, value) in damage {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Ok(chunk) = decode(&bytes) {
                prop_assert_eq!(chunk.check(), Ok(()));
            }
        }
    }

    #[test]
    fn the_delta_code_is_the_documented_one() {
        assert_eq!(decode(&message().encode_to_vec()).unwrap().leads[0].samples, [100, 99]);
        assert_eq!(deltas(&[5, INVALID_SAMPLE, i32::MAX]), [5, i32::MIN.wrapping_sub(5), -1]);
    }

    #[test]
    fn a_code_outside_the_twelve_leads_becomes_a_name() {
        let mut message = message();
        message.leads[0].lead = Some(LeadName::MdcCode(131_329));
        assert_eq!(decode(&message.encode_to_vec()).unwrap().leads[0].lead.name(), "MDC 131329");
    }

    #[test]
    fn each_kind_of_bad_message_is_named() {
        type Lie = fn(&mut v1::WaveformChunk);
        let lies: [(&str, Lie); 4] = [
            ("field stream_id is wrong", |m| m.stream_id.clear()),
            ("lead number 1 has neither mdc_code nor name", |m| m.leads[0].lead = None),
            ("chunk of stream bed-1 is unusable", |m| m.sampling_rate_hz = 0.0),
            ("message has 33 leads, at most 32 are allowed", |m| m.leads = vec![v1::LeadSamples::default(); 33]),
        ];
        for (expected, lie) in lies {
            let mut message = message();
            lie(&mut message);
            assert_eq!(decode(&message.encode_to_vec()).unwrap_err().to_string(), expected);
        }
        let garbage = decode(b"not a chunk").unwrap_err().to_string();
        assert_eq!(garbage, "message is no gemwatch.v1.WaveformChunk");
        let huge = decode(&vec![0; MAX_MESSAGE_BYTES + 1]).unwrap_err().to_string();
        assert!(huge.starts_with("message has 4194305 bytes"), "{huge}");
    }
}
