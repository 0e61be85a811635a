//! `[pseudonyms]`: whether streams go by other names than those they come with.

use std::{fmt, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

/// Pseudonyms for the streams that come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PseudonymSettings {
    /// File with the secret key, byte for byte, 32 bytes or more; left out, streams keep their names.
    pub key_file: Option<PathBuf>,
    #[serde(skip)]
    key: Option<Key>,
}

/// A secret key. Shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
struct Key(Vec<u8>);

impl PseudonymSettings {
    /// What stood in the file; none where there are no pseudonyms.
    pub fn key(&self) -> Option<&[u8]> {
        self.key.as_ref().map(|Key(bytes)| bytes.as_slice())
    }

    pub(super) fn set_key(&mut self, bytes: Vec<u8>) {
        self.key = Some(Key(bytes));
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
