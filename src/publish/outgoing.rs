//! A message on its way out, before anybody says through which door.

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub topic: Topic,
    /// The message key: the stream id in bytes, or for a dead letter what it came with.
    pub key: Option<Vec<u8>>,
    /// Name and value, in order.
    pub headers: Vec<(String, String)>,
    /// The value; none deletes what a compacted topic knows under the key.
    pub payload: Option<Vec<u8>>,
}

/// What kind of message it is. Its name on the broker is a matter of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Chunks, from those who play recordings.
    Waveforms,
    /// Changes of state of alerts.
    Alerts,
    /// The latest state of each open alert.
    AlertState,
    /// Vital signs.
    Vitals,
    /// Word that beds are watched.
    Heartbeats,
    /// Readings made on a bed's round.
    Readings,
    /// What the ward says: acknowledgements from the board.
    Commands,
    /// What is asked of readers that run apart.
    ReadingRequests,
    /// Messages that could not be used.
    DeadLetters,
}

/// The most of a reason that goes into a header, in bytes: reasons may quote what was sent, and a message that was taken with its
/// value must be taken with its reason too.
const LONGEST_REASON_BYTES: usize = 1000;

/// A message that could not be used, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetter<'a> {
    /// The topic it came on.
    pub topic: &'a str,
    /// The partition of that topic.
    pub partition: i32,
    /// The offset in that partition.
    pub offset: i64,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value, byte for byte.
    pub payload: Option<&'a [u8]>,
    /// The length of its value in bytes, where the value is left out because it may say whose it is.
    pub withheld_bytes: Option<usize>,
    /// What is wrong with it, in words.
    pub reason: &'a str,
}

impl DeadLetter<'_> {
    /// The message for [`Topic::DeadLetters`]: key and value as they came, the rest in the headers
    /// `reason`, `topic`, `partition` and `offset`. A message without a value becomes one with an empty value, and so does
    /// one whose value is left out; the header `payload-bytes` then says how long it was.
    pub fn outgoing(&self) -> Outgoing {
        let header = |name: &str, value: String| (name.to_owned(), value);
        let withheld = self.withheld_bytes.map(|bytes| header("payload-bytes", bytes.to_string()));
        Outgoing {
            topic: Topic::DeadLetters,
            key: self.key.map(<[u8]>::to_vec),
            headers: [
                header("reason", self.reason[..self.reason.floor_char_boundary(LONGEST_REASON_BYTES)].to_owned()),
                header("topic", self.topic.to_owned()),
                header("partition", self.partition.to_string()),
                header("offset", self.offset.to_string()),
            ]
            .into_iter()
            .chain(withheld)
            .collect(),
            payload: Some(self.payload.unwrap_or_default().to_vec()),
        }
    }
}

impl Outgoing {
    /// The same without key and value, for a dead letter that the broker finds too long: where it stood and what is wrong with
    /// it is known all the same, and the header `left_out` says how many bytes are missing. `None` where nothing can be left out.
    pub fn without_content(mut self) -> Option<Outgoing> {
        let content = [self.key.take(), self.payload.replace(Vec::new())];
        let left_out: usize = content.iter().flatten().map(Vec::len).sum();
        self.headers.push(("left_out".to_owned(), format!("{left_out} bytes of key and value")));
        (left_out > 0).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_letter_keeps_its_bytes_and_says_where_it_came_from() {
        let letter = DeadLetter {
            topic: "ecg.waveforms",
            partition: 3,
            offset: 42,
            key: Some(b"bed-1"),
            payload: Some(b"\xff\x00"),
            withheld_bytes: None,
            reason: "message is no gemwatch.v1.WaveformChunk",
        };
        let outgoing = letter.outgoing();
        assert_eq!(outgoing.topic, Topic::DeadLetters);
        assert_eq!(outgoing.key.as_deref(), Some(&b"bed-1"[..]));
        assert_eq!(outgoing.payload.as_deref(), Some(&b"\xff\x00"[..]));
        let headers: Vec<_> = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            headers,
            [
                ("reason", "message is no gemwatch.v1.WaveformChunk"),
                ("topic", "ecg.waveforms"),
                ("partition", "3"),
                ("offset", "42")
            ]
        );
        let outgoing = DeadLetter { payload: None, withheld_bytes: Some(2), ..letter }.outgoing();
        assert_eq!(outgoing.payload.as_deref(), Some(&b""[..]));
        assert_eq!(outgoing.headers[4], ("payload-bytes".to_owned(), "2".to_owned()));
    }

    #[test]
    fn a_dead_letter_that_is_too_long_goes_without_its_content_once_and_a_long_reason_is_cut() {
        let reason = "ä".repeat(LONGEST_REASON_BYTES);
        let (key, payload) = (Some(&b"bed-1"[..]), Some(&b"\xff\x00"[..]));
        let letter =
            DeadLetter { topic: "t", partition: 0, offset: 1, key, payload, withheld_bytes: None, reason: &reason };
        let bare = letter.outgoing().without_content().unwrap();
        assert_eq!((bare.key.as_deref(), bare.payload.as_deref()), (None, Some(&b""[..])));
        assert_eq!(bare.headers[0].1, "ä".repeat(LONGEST_REASON_BYTES / 2));
        assert_eq!(bare.headers[4], ("left_out".to_owned(), "7 bytes of key and value".to_owned()));
        assert_eq!(bare.without_content(), None);
    }
}
