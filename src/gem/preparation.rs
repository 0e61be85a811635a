//! Makes an input ready for the encoders: what can be done without sessions, by any thread.

use std::sync::Arc;

use super::{
    ecg_input::EcgInput,
    engine::Prepared,
    error::GemError,
    image::pixel_values,
    limits::Limits,
    manifest::Manifest,
    prompt::{PromptIds, prompt_ids, prompt_text},
    reader::ReadingInput,
    tokenizer::GemTokenizer,
};

/// What has to be known of a model to prepare inputs for it.
pub struct Preparation {
    manifest: Manifest,
    tokenizer: Arc<GemTokenizer>,
}

impl Preparation {
    pub(super) fn new(manifest: Manifest, tokenizer: Arc<GemTokenizer>) -> Preparation {
        Preparation { manifest, tokenizer }
    }

    /// What the package says about the model.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The token ids of the prompt for a question.
    pub fn prompt_ids(&self, question: &str) -> Result<PromptIds, GemError> {
        let text = prompt_text(&self.manifest.prompt, question)?;
        prompt_ids(&self.manifest.prompt, &text, &self.tokenizer)
    }

    /// Prepares the strip, the page and the question.
    pub fn prepare(&self, input: &ReadingInput<'_>) -> Result<Prepared, GemError> {
        let limits = Limits {
            max_new_tokens: input.max_new_tokens.unwrap_or(self.manifest.decoder.max_new_tokens),
            stop_at_end_of_text: true,
        };
        Ok(Prepared {
            ecg: EcgInput::from_strip(input.strip, &self.manifest.ecg)?,
            prompt: self.prompt_ids(input.question.unwrap_or(&self.manifest.prompt.question))?,
            pixel_values: pixel_values(input.page, &self.manifest.image)?,
            page_size: input.page.dimensions(),
            limits,
        })
    }
}
