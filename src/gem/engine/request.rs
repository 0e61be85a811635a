//! What is asked of the engine, and what it answers.

use std::sync::Arc;

use ndarray::Array4;

use crate::gem::{
    ecg_input::EcgInput,
    error::GemError,
    limits::{Finish, Limits},
    prompt::PromptIds,
};

/// The name of a request. One given later is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(super) u64);

/// Who is read first. The greater goes before the lesser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// What can wait, as the round of a bed without an alarm.
    Background,
    /// Somebody wants to know, but not at once.
    Low,
    /// The usual.
    #[default]
    Medium,
    /// At once: texts of lower priority give way when no slot is free.
    High,
}

/// An input made ready for the encoders.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The ECG.
    pub ecg: EcgInput,
    /// The page as normalised tiles, shape (tiles, 3, side, side).
    pub pixel_values: Array4<f32>,
    /// Width and height of the page in pixels.
    pub page_size: (u32, u32),
    /// The prompt around them.
    pub prompt: PromptIds,
    /// When the text ends.
    pub limits: Limits,
}

/// What the model wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The text, without special tokens and without blanks at either end.
    pub text: String,
    /// The tokens, with the one that ended the text.
    pub tokens: Vec<u32>,
    /// Positions the prompt took, with ECG and picture; 0 if it was stopped before.
    pub prompt_tokens: usize,
    /// Why it stopped.
    pub finish: Finish,
}

/// Why there is no text.
#[derive(Clone, Debug, thiserror::Error)]
#[allow(missing_docs)] // the fields are named in the message
pub enum EngineError {
    /// As many requests as the engine takes are there already.
    #[error("{most} readings are under way, more are not taken")]
    Busy { most: usize },
    /// The input is not usable.
    #[error("could not prepare the input")]
    Input(#[source] Arc<GemError>),
    /// The time in which the text was wanted is over.
    #[error("the text was not ready in time")]
    Late,
    /// The prompt does not fit.
    #[error("the prompt takes {positions} positions, there is room for {most}: ask a shorter question")]
    TooLong { positions: usize, most: usize },
    /// The decoder gave no numbers.
    #[error("the decoder gave logits that are not numbers at token {token} of the reading")]
    NotANumber { token: usize },
    /// The model failed, and failed again with new sessions, or these could not be made.
    #[error("the model failed, and new sessions did not help")]
    Failed(#[source] Arc<GemError>),
    /// The engine's thread is gone.
    #[error("the engine has ended")]
    Ended,
}

/// Word from the engine about one request.
#[derive(Debug)]
pub(super) enum Event {
    /// More of the text.
    Text(String),
    /// The end.
    Done(Result<Written, EngineError>),
}
