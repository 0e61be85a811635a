//! The name of one patient's stream: the key of every message about it.

use std::{fmt, sync::Arc};

/// Names one bedside stream. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(Arc<str>);

/// Why a text is no stream id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StreamIdError {
    /// Nothing there.
    #[error("stream id is empty")]
    Empty,
    /// Longer than [`StreamId::MAX_BYTES`].
    #[error("stream id has {bytes} bytes, at most {max} are allowed", max = StreamId::MAX_BYTES)]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Control characters would break logs and headers.
    #[error("stream id holds the control character {character:?}")]
    ControlCharacter {
        /// The first one.
        character: char,
    },
}

impl StreamId {
    /// The longest stream id in bytes of UTF-8.
    pub const MAX_BYTES: usize = 200;

    /// Checks and keeps a stream id.
    pub fn new(text: &str) -> Result<StreamId, StreamIdError> {
        if text.is_empty() {
            return Err(StreamIdError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(StreamIdError::TooLong { bytes: text.len() });
        }
        if let Some(character) = text.chars().find(|c| c.is_control()) {
            return Err(StreamIdError::ControlCharacter { character });
        }
        Ok(StreamId(text.into()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
