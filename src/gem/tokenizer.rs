//! Text to token ids and back.
//!
//! In goes the package's `tokenizer.json`; out come ids as the Llama tokenizer of the reference gives them: every text
//! begins with the token `bos` and with a leading blank. Ids become text by [`GemTokenizer::piece`] and
//! [`TextStream`], because the reference decodes broken bytes one by one, where the
//! `tokenizers` crate gives up the whole run of bytes around them.

use std::path::Path;

use tokenizers::Tokenizer;

use super::{error::GemError, manifest::DecoderSpec, text_stream::TextStream};

/// The tokenizer of a model package.
pub struct GemTokenizer {
    tokenizer: Tokenizer,
    bos: u32,
}

/// What one token adds to a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A special token, or none of the tokenizer's.
    Nothing,
    /// One byte of UTF-8 (`<0x0A>`).
    Byte(u8),
    /// Text, in which `▁` stands for a blank.
    Text(String),
}

impl GemTokenizer {
    /// Reads `tokenizer.json` and checks that it fits the decoder.
    pub(super) fn open(path: &Path, decoder: &DecoderSpec) -> Result<GemTokenizer, GemError> {
        let failed = |source| GemError::Tokenizer { task: format!("use {}", path.display()), source };
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
    pub(super) fn encode_continuation(&self, text: &str) -> Result<Vec<u32>, GemError> {
        let mut ids = self.encode(text)?;
        if ids.first() == Some(&self.bos) {
            ids.remove(0);
        }
        Ok(ids)
    }

    /// The text of ids, blanks at its ends kept. Special tokens are left out; each byte that is no UTF-8 becomes U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut stream = TextStream::default();
        for id in ids {
            stream.push(self.piece(*id), &mut |_| {});
        }
        stream.into_text()
    }

    /// What a token adds to a text.
    pub(super) fn piece(&self, id: u32) -> Piece {
        if self.tokenizer.get_added_vocabulary().get_added_tokens_decoder().get(&id).is_some_and(|token| token.special)
        {
            return Piece::Nothing;
        }
        let Some(token) = self.tokenizer.id_to_token(id) else { return Piece::Nothing };
        let byte = token.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>')).filter(|digits| digits.len() == 2);
        match byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => Piece::Byte(byte),
            None => Piece::Text(token),
        }
    }
}
