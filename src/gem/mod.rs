//! The GEM model package, its preprocessing and its decoding on ONNX Runtime.
//!
//! GEM (Lan et al., arXiv 2503.06073) is a language model that is shown a 12-lead ECG twice, as a time series and as a
//! page, and writes about it. In go a [`Strip`](crate::ecg::Strip), its page and a question; out comes a [`RawReading`]:
//! text that nobody has checked yet.
//!
//! - [`runtime`]: finds ONNX Runtime and loads it.
//! - [`package`] and [`manifest`]: the model's files, checked.
//! - [`ecg_input`], [`image`], [`prompt`]: from the input to what the graphs take, exactly as the reference does.
//! - [`merge`]: the tokens of several tiles as one sequence.
//! - [`reader`]: the graphs together.

mod decoder;
pub mod ecg_input;
mod error;
mod graph;
pub mod image;
pub mod manifest;
pub mod merge;
pub mod package;
pub mod prompt;
pub mod reader;
pub mod runtime;
mod text_stream;
mod token_embedding;
mod tokenizer;

pub use decoder::{Finish, Limits};
pub use error::GemError;
pub use package::{Package, PackageError};
pub use reader::{GemReader, RawReading, ReaderOptions, ReadingInput};
pub use runtime::{Runtime, RuntimeError};
pub use tokenizer::GemTokenizer;
