//! Text to token ids and back.
//!
//! In goes the package's `tokenizer.json`; out come ids as the Llama tokenizer of the reference gives them: every text
//! begins with the token `bos` and with a leading blank.

use std::path::Path;

use tokenizers::Tokenizer;

use super::{error::GemError, manifest::DecoderSpec};

/// The tokenizer of a model package.
pub struct GemTokenizer {
    tokenizer: Tokenizer,
    bos: u32,
}

impl GemTokenizer {
    /// Reads `tokenizer.json` and checks that it fits the decoder.
    pub fn open(path: &Path, decoder: &DecoderSpec) -> Result<GemTokenizer, GemError> {
        let failed = |source| GemError::Tokenizer { task: format!("read {}", path.display()), source };
        let mut tokenizer = Tokenizer::from_file(path).map_err(failed)?;
        // A file may carry the padding and cutting of its training; a prompt must stay as it is.
        tokenizer.with_padding(None).with_truncation(None).map_err(failed)?;
        let tokenizer = GemTokenizer { tokenizer, bos: decoder.bos };
        if let Some(token) = tokenizer.tokenizer.get_vocab(true).into_values().find(|id| *id as usize >= decoder.vocab)
        {
            return Err(failed(format!("it has the token {token}, the decoder has {} tokens", decoder.vocab).into()));
        }
        if tokenizer.encode("a")?.first() != Some(&decoder.bos) {
            return Err(failed(format!("it does not begin texts with the token {}", decoder.bos).into()));
        }
        Ok(tokenizer)
    }

    /// The ids of a text, `bos` first. The names of special tokens in the text become those tokens.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, GemError> {
        self.tokenizer
            .encode(text, true)
            .map(|encoding| encoding.get_ids().to_vec())
            .map_err(|source| GemError::Tokenizer { task: "encode the prompt".to_owned(), source })
    }

    /// The ids of a text that goes on after another one: without `bos`.
    pub fn encode_continuation(&self, text: &str) -> Result<Vec<u32>, GemError> {
        let mut ids = self.encode(text)?;
        if ids.first() == Some(&self.bos) {
            ids.remove(0);
        }
        Ok(ids)
    }

    /// The text of ids. Special tokens are left out; bytes that are no UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String, GemError> {
        self.tokenizer
            .decode(ids, true)
            .map_err(|source| GemError::Tokenizer { task: "decode the reading".to_owned(), source })
    }

    /// Does this token stand for a single byte (`<0x0A>`)? A run of them is decoded as one.
    pub(super) fn is_byte(&self, id: u32) -> bool {
        self.tokenizer
            .id_to_token(id)
            .is_some_and(|token| token.len() == 6 && token.starts_with("<0x") && token.ends_with('>'))
    }
}
