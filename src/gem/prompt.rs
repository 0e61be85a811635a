//! The prompt: a template, a question, and where ECG and picture go.
//!
//! In go the package's template and a question, out come the token ids before and after the place of ECG and picture. The
//! two parts are tokenized separately, as in the reference, so each begins with the tokenizer's leading blank; only the
//! first keeps the token `bos`.

use super::{
    error::GemError,
    manifest::{PromptSpec, QUESTION_PLACEHOLDER},
    tokenizer::GemTokenizer,
};

/// The longest question in bytes of UTF-8.
pub const MAX_QUESTION_BYTES: usize = 8192;

/// The token ids of a prompt around the place of ECG and picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptIds {
    /// Before it, beginning with `bos`.
    pub before: Vec<u32>,
    /// After it.
    pub after: Vec<u32>,
}

/// Why a text is no usable prompt.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are named in the message
pub enum PromptError {
    /// The question is longer than [`MAX_QUESTION_BYTES`].
    #[error("the question has {bytes} bytes, at most {MAX_QUESTION_BYTES} are allowed")]
    TooLong { bytes: usize },
    /// Not exactly one place for ECG and picture.
    #[error("the prompt holds the placeholder {placeholder} {found} times, it must once: leave it out of the question")]
    Placeholders { placeholder: String, found: usize },
}

/// The whole prompt of a question. The placeholder with a line end is removed from the question: it is the template's.
pub fn prompt_text(spec: &PromptSpec, question: &str) -> Result<String, PromptError> {
    if question.len() > MAX_QUESTION_BYTES {
        return Err(PromptError::TooLong { bytes: question.len() });
    }
    let question = question.replace(&format!("{}\n", spec.image_placeholder), "");
    Ok(spec.template.replace(QUESTION_PLACEHOLDER, &question))
}

/// The ids of a whole prompt.
pub fn prompt_ids(spec: &PromptSpec, prompt: &str, tokenizer: &GemTokenizer) -> Result<PromptIds, GemError> {
    let placeholder = spec.image_placeholder.as_str();
    match prompt.split(placeholder).collect::<Vec<_>>()[..] {
        [before, after] => {
            Ok(PromptIds { before: tokenizer.encode(before)?, after: tokenizer.encode_continuation(after)? })
        }
        ref parts => {
            Err(PromptError::Placeholders { placeholder: placeholder.to_owned(), found: parts.len() - 1 }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> PromptSpec {
        PromptSpec {
            template: "USER: <image>\n{question} ASSISTANT:".to_owned(),
            image_placeholder: "<image>".to_owned(),
            question: String::new(),
        }
    }

    #[test]
    fn the_question_goes_into_the_template_without_its_own_placeholder() {
        let text = prompt_text(&spec(), "<image>\nIs this AF?").unwrap();
        assert_eq!(text, "USER: <image>\nIs this AF? ASSISTANT:");
        // Not a template of its own.
        let text = prompt_text(&spec(), "{question}").unwrap();
        assert_eq!(text, "USER: <image>\n{question} ASSISTANT:");
    }

    #[test]
    fn an_endless_question_is_refused() {
        assert_eq!(prompt_text(&spec(), &"x".repeat(8193)), Err(PromptError::TooLong { bytes: 8193 }));
    }
}
