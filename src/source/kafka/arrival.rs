//! What arrives from the topic: chunks or requests, messages that are neither, and word of partitions that come and go.

use std::error::Error;

use rdkafka::message::{BorrowedMessage, Headers, Message};

use super::{Pseudonyms, Resume};
use crate::ecg::{Chunk, StreamId};
use crate::wire::reading_request::{self, ReadingRequestError};
use crate::wire::waveform::{self, WaveformError};

/// Something that arrived.
#[derive(Debug)]
pub enum KafkaArrival {
    /// A chunk.
    Chunk {
        /// The chunk, checked.
        chunk: Chunk,
        /// Where it was.
        position: Position,
    },
    /// What a monitor says to the readers.
    Request {
        /// The message, checked.
        message: reading_request::Message,
        /// Where it was.
        position: Position,
    },
    /// How the client library sees the cluster. Comes every few seconds.
    Outlook(Outlook),
    /// A message that cannot be used.
    Rejected(Rejected),
    /// All requests that stood in this partition have arrived. Never said of waveforms.
    CaughtUp {
        /// The partition.
        partition: i32,
    },
    /// These partitions are ours from now on. Their messages follow, from the committed offset.
    Assigned {
        /// The new ones.
        partitions: Vec<i32>,
        /// What was committed of them; nothing of one that never was.
        committed: Vec<Resume>,
    },
    /// These partitions are no longer ours: what was kept about their beds is stale.
    Revoked {
        /// Those that were taken away.
        partitions: Vec<i32>,
    },
}

/// How the client library sees the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Brokers that it has a connection to.
    pub brokers_up: usize,
    /// Messages of each of our partitions that stand there and were not taken, where that is known.
    pub lag: Vec<(i32, u64)>,
}

/// Where a message was, and what its sender said beside its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The topic.
    pub topic: String,
    /// The partition of the topic.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
    /// Its time stamp in ms since 1970 UTC, of its sender or the broker.
    pub stamp_ms: Option<i64>,
    /// Its header `traceparent`, unchecked.
    pub traceparent: Option<String>,
}

/// A message that cannot be used, as it came; where streams get pseudonyms, without what may say whose it is.
#[derive(Debug)]
pub struct Rejected {
    /// Where it was.
    pub position: Position,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub payload: Option<Vec<u8>>,
    /// The length of its value in bytes, where the value is left out.
    pub withheld_bytes: Option<usize>,
    /// What is wrong with it.
    pub reason: RejectReason,
}

/// What is wrong with a message.
#[derive(Debug, thiserror::Error)]
pub enum RejectReason {
    /// It has no value.
    #[error("message has no value")]
    NoValue,
    /// Its value is no usable chunk.
    #[error("value is no usable chunk")]
    Value {
        /// What is wrong with the value.
        #[source]
        source: WaveformError,
    },
    /// Its value is no request for a reading.
    #[error("value is no usable request")]
    Request {
        /// What is wrong with the value.
        #[source]
        source: ReadingRequestError,
    },
    /// Its key is not the stream id in its value: the broker may have put it beside the wrong stream.
    #[error("key {} is not the stream id {stream_id} of the value", key.as_deref().unwrap_or("(none)"))]
    Key {
        /// The key as text, at most some hundred characters of it.
        key: Option<String>,
        /// What it should have been.
        stream_id: StreamId,
    },
}

impl RejectReason {
    /// The reason with all its causes, on one line.
    pub fn in_full(&self) -> String {
        let mut words = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            words.push_str(": ");
            words.push_str(&error.to_string());
            cause = error.source();
        }
        words
    }
}

impl KafkaArrival {
    /// A message of the topic of waveforms. With pseudonyms, nothing that goes out holds the name that came in.
    pub(super) fn chunk(message: &BorrowedMessage<'_>, pseudonyms: Option<&Pseudonyms>) -> KafkaArrival {
        match (chunk(message.key(), message.payload()), pseudonyms) {
            (Ok(chunk), None) => KafkaArrival::Chunk { chunk, position: position(message) },
            (Ok(mut chunk), Some(pseudonyms)) => {
                chunk.stream_id = pseudonyms.of(chunk.stream_id.as_str().as_bytes());
                KafkaArrival::Chunk { chunk, position: position(message) }
            }
            (Err(reason), None) => KafkaArrival::Rejected(Rejected::new(message, reason)),
            (Err(reason), Some(pseudonyms)) => KafkaArrival::Rejected(Rejected::new(message, reason).under(pseudonyms)),
        }
    }

    /// A message of the topic of requests.
    ///
    /// It comes from monitors, which know pseudonyms alone where there are any.
    pub(super) fn request(message: &BorrowedMessage<'_>, _: Option<&Pseudonyms>) -> KafkaArrival {
        match request(message.key(), message.payload()) {
            Ok(request) => KafkaArrival::Request { message: request, position: position(message) },
            Err(reason) => KafkaArrival::Rejected(Rejected::new(message, reason)),
        }
    }
}

impl Rejected {
    fn new(message: &BorrowedMessage<'_>, reason: RejectReason) -> Rejected {
        Rejected {
            position: position(message),
            key: message.key().map(<[u8]>::to_vec),
            payload: message.payload().map(<[u8]>::to_vec),
            withheld_bytes: None,
            reason,
        }
    }

    /// The same without what may say whose it is: the value is left out, names become pseudonyms.
    fn under(self, pseudonyms: &Pseudonyms) -> Rejected {
        let name = |name: &StreamId| pseudonyms.of(name.as_str().as_bytes());
        let key = self.key.as_deref().map(|key| pseudonyms.of(key));
        let reason = match self.reason {
            RejectReason::Key { stream_id, .. } => {
                RejectReason::Key { key: key.as_ref().map(ToString::to_string), stream_id: name(&stream_id) }
            }
            RejectReason::Value { source: WaveformError::Chunk { stream_id, source } } => {
                RejectReason::Value { source: WaveformError::Chunk { stream_id: name(&stream_id), source } }
            }
            other => other,
        };
        Rejected {
            position: self.position,
            key: key.map(|key| key.as_str().as_bytes().to_vec()),
            withheld_bytes: self.payload.map(|payload| payload.len()),
            payload: None,
            reason,
        }
    }
}

pub(super) fn position(message: &BorrowedMessage<'_>) -> Position {
    Position {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        stamp_ms: message.timestamp().to_millis(),
        traceparent: traceparent(message),
    }
}

/// What is longer than a `traceparent` of today is passed over.
fn traceparent(message: &BorrowedMessage<'_>) -> Option<String> {
    const LONGEST_BYTES: usize = 55;
    let header = message.headers()?.iter().find(|header| header.key == "traceparent")?;
    let text = header.value.filter(|value| value.len() <= LONGEST_BYTES)?;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

fn chunk(key: Option<&[u8]>, payload: Option<&[u8]>) -> Result<Chunk, RejectReason> {
    let chunk =
        waveform::decode(payload.ok_or(RejectReason::NoValue)?).map_err(|source| RejectReason::Value { source })?;
    check_key(key, &chunk.stream_id)?;
    Ok(chunk)
}

fn request(key: Option<&[u8]>, payload: Option<&[u8]>) -> Result<reading_request::Message, RejectReason> {
    let message = reading_request::decode(payload.ok_or(RejectReason::NoValue)?)
        .map_err(|source| RejectReason::Request { source })?;
    check_key(key, &message.stream_id)?;
    Ok(message)
}

fn check_key(key: Option<&[u8]>, stream_id: &StreamId) -> Result<(), RejectReason> {
    /// Enough of a wrong key to recognise it.
    const SHOWN_KEY_BYTES: usize = 200;

    if key == Some(stream_id.as_str().as_bytes()) {
        return Ok(());
    }
    let shown = |key: &[u8]| String::from_utf8_lossy(&key[..key.len().min(SHOWN_KEY_BYTES)]).into_owned();
    Err(RejectReason::Key { key: key.map(shown), stream_id: stream_id.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{ChunkLead, Lead, Time};

    fn payload() -> Vec<u8> {
        let lead = ChunkLead { lead: Lead::II, gain_uv: 1.0, offset: 0, off: false, samples: vec![1, 2] };
        waveform::encode(&Chunk {
            stream_id: StreamId::new("bed-1").unwrap(),
            sequence: 0,
            start: Time::default(),
            rate_hz: 500.0,
            leads: vec![lead],
            pacer_marks: vec![],
        })
    }

    fn refusal(key: Option<&[u8]>, payload: Option<&[u8]>) -> String {
        chunk(key, payload).unwrap_err().in_full()
    }

    #[test]
    fn the_key_must_be_the_stream_id() {
        assert_eq!(chunk(Some(b"bed-1"), Some(&payload())).unwrap().stream_id.as_str(), "bed-1");
        let expected = "key bed-2 is not the stream id bed-1 of the value";
        assert_eq!(refusal(Some(b"bed-2"), Some(&payload())), expected);
        assert!(refusal(None, Some(&payload())).starts_with("key (none) is not"));
        assert!(refusal(Some(&[0xff; 5000]), Some(&payload())).len() < 1000);
    }

    #[test]
    fn under_a_pseudonym_nothing_says_whose_message_it_was() {
        let pseudonyms = Pseudonyms::new(&[7; 32]);
        let reasons = [
            chunk(Some(b"Jane Doe"), Some(&payload())).unwrap_err(),
            chunk(Some(b"Jane Doe"), Some(b"Jane Doe")).unwrap_err(),
            RejectReason::Value {
                source: WaveformError::Chunk {
                    stream_id: StreamId::new("Jane Doe").unwrap(),
                    source: crate::ecg::ChunkError::NoLead,
                },
            },
        ];
        for reason in reasons {
            let rejected = Rejected {
                position: Position {
                    topic: "ecg.waveforms".to_owned(),
                    partition: 0,
                    offset: 1,
                    stamp_ms: None,
                    traceparent: None,
                },
                key: Some(b"Jane Doe".to_vec()),
                payload: Some(b"Jane Doe".to_vec()),
                withheld_bytes: None,
                reason,
            }
            .under(&pseudonyms);
            assert_eq!(rejected.key.as_deref(), Some(pseudonyms.of(b"Jane Doe").as_str().as_bytes()));
            assert_eq!((rejected.payload.as_deref(), rejected.withheld_bytes), (None, Some(8)));
            let shown = format!("{} {rejected:?}", rejected.reason.in_full());
            assert!(!shown.contains("Jane") && !shown.contains("bed-1"), "{shown}");
        }
    }

    #[test]
    fn the_reason_says_it_all() {
        assert_eq!(refusal(Some(b"bed-1"), None), "message has no value");
        let garbage = refusal(Some(b"bed-1"), Some(b"\xff"));
        assert!(
            garbage.starts_with("value is no usable chunk: message is no gemwatch.v1.WaveformChunk: "),
            "{garbage}"
        );
    }
}
