//! What the engine needs of a model: the line between deciding and computing.
//!
//! Fixed slots are one way to keep the keys and values of many texts; another, such as pages, takes its place behind this
//! trait. A slot is then no more than the name of a text under way.

use super::scheduler::Row;
use crate::gem::{error::GemError, tokenizer::Piece};

/// The computing half of the engine. An error means that the sessions are not to be trusted any more.
pub(super) trait Backend {
    /// What comes in.
    type Input: Send;
    /// What the encoders make of it.
    type Prompt;

    /// Makes the prompts of several inputs at once, in their order.
    fn encode(&mut self, inputs: &[&Self::Input]) -> Result<Vec<Self::Prompt>, GemError>;

    /// The positions that a prompt takes.
    fn positions(prompt: &Self::Prompt) -> usize;

    /// Puts a prompt and the tokens written after it so far into a slot, and gives the next token; `None` if the model gave
    /// no numbers.
    fn prefill(&mut self, slot: usize, prompt: &Self::Prompt, written: &[u32]) -> Result<Option<u32>, GemError>;

    /// Gives the next token of each row, in their order. `next` is empty before.
    fn decode(&mut self, rows: &[Row], next: &mut Vec<Option<u32>>) -> Result<(), GemError>;

    /// Makes new sessions; what the slots held is lost.
    fn rebuild(&mut self) -> Result<(), GemError>;

    /// What a token adds to the text.
    fn piece(&self, token: u32) -> Piece;
}
