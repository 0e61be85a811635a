//! The text of a reading as it grows.
//!
//! In go token ids one by one, out come pieces of text whose concatenation is exactly the final, stripped text. A piece is
//! held back while a later token could still change it: within a run of byte tokens, and at blanks that may turn out to
//! be the end.

use super::{error::GemError, tokenizer::GemTokenizer};

/// Turns a growing list of tokens into growing text.
pub(super) struct TextStream<'a> {
    tokenizer: &'a GemTokenizer,
    tokens: Vec<u32>,
    said: String,
}

impl<'a> TextStream<'a> {
    pub(super) fn new(tokenizer: &'a GemTokenizer) -> TextStream<'a> {
        TextStream { tokenizer, tokens: Vec::new(), said: String::new() }
    }

    /// Takes the next token and hands on what is certain by now.
    pub(super) fn push(&mut self, token: u32, on_text: &mut dyn FnMut(&str)) -> Result<(), GemError> {
        self.tokens.push(token);
        if self.tokenizer.is_byte(token) {
            return Ok(());
        }
        // Decoding the whole list again costs well under a millisecond for the longest reading, far less than its token.
        let text = self.tokenizer.decode(&self.tokens)?;
        if let Some(more) = text.trim().strip_prefix(self.said.as_str()).filter(|more| !more.is_empty()) {
            on_text(more);
            self.said.push_str(more);
        }
        Ok(())
    }

    /// Hands on the rest and gives all tokens and the whole text.
    pub(super) fn finish(self, on_text: &mut dyn FnMut(&str)) -> Result<(Vec<u32>, String), GemError> {
        let text = self.tokenizer.decode(&self.tokens)?.trim().to_owned();
        if let Some(more) = text.strip_prefix(self.said.as_str()).filter(|more| !more.is_empty()) {
            on_text(more);
        }
        Ok((self.tokens, text))
    }
}
