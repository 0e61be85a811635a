//! What can go wrong while a model is opened or read with.

use super::{
    ecg_input::EcgInputError, image::ImageError, merge::MergeError, package::PackageError, prompt::PromptError,
};

/// Why there is no reading. Names the graph and the tensor wherever ONNX Runtime is involved.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the fields are named in the message
pub enum GemError {
    /// The package is not usable.
    #[error("could not use the model package")]
    Package(#[from] PackageError),
    /// ONNX Runtime would not make a session of a graph.
    #[error("could not open the graph {graph}")]
    Open {
        graph: &'static str,
        #[source]
        source: ort::Error,
    },
    /// A graph has other inputs or outputs than its manifest promises.
    #[error("the graph {graph} does not fit its manifest: {what}")]
    Graph { graph: &'static str, what: String },
    /// A tensor could not be made or bound.
    #[error("could not hand the tensor {tensor} to the graph {graph}")]
    Tensor {
        graph: &'static str,
        tensor: String,
        #[source]
        source: ort::Error,
    },
    /// A graph failed while it ran.
    #[error("the graph {graph} failed")]
    Run {
        graph: &'static str,
        #[source]
        source: ort::Error,
    },
    /// A graph gave something else than its manifest promises.
    #[error("the graph {graph} gave {output} with the shape {found:?} instead of {expected:?}")]
    Output { graph: &'static str, output: &'static str, found: Vec<usize>, expected: Vec<usize> },
    /// The decoder gave no numbers.
    #[error("the decoder gave logits that are not numbers at token {token} of the reading")]
    NotANumber { token: usize },
    /// The tokenizer failed.
    #[error("could not {task}")]
    Tokenizer {
        task: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The question is not usable.
    #[error("could not make the prompt")]
    Prompt(#[from] PromptError),
    /// The ECG is not usable.
    #[error("could not prepare the ECG")]
    Ecg(#[from] EcgInputError),
    /// The picture is not usable.
    #[error("could not prepare the image")]
    Image(#[from] ImageError),
    /// The tokens of the tiles do not fit one another.
    #[error("could not join the tokens of the image")]
    Merge(#[from] MergeError),
}
