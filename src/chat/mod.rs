//! A language model on a server that speaks OpenAI's chat completions, as most servers of open models do too.
//!
//! In: instructions and a message. Out: the answer's text. One request at a time, no streaming, temperature 0; what a busy
//! server refuses is asked again after a while.

use std::thread;
use std::time::Duration;

use serde::Deserialize;
use ureq::Agent;
use ureq::http::StatusCode;
use ureq::tls::{RootCerts, TlsConfig};

/// Where the key is looked for.
pub const KEY_VARIABLE: &str = "OPENAI_API_KEY";
/// The longest answer.
const MOST_BYTES: u64 = 4 << 20;
/// How long a server may take for one answer.
const TIMEOUT: Duration = Duration::from_mins(5);
/// How often a busy server is asked, and how long is waited before the second time; then twice as long each time.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// A server and the model on it.
#[derive(Clone, Debug)]
pub struct ChatServer {
    agent: Agent,
    url: String,
    model: String,
    key: Option<String>,
    first_pause: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The server cannot be reached, or the line broke.
    #[error("cannot ask {url}")]
    Line {
        /// The address asked.
        url: String,
        /// Why.
        #[source]
        source: ureq::Error,
    },
    /// The server refused.
    #[error("{url} answered {status}: {said}")]
    Refused {
        /// The address asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The begin of what it said.
        said: String,
    },
    /// The answer is none.
    #[error("{url} did not answer as chat completions do: {said}")]
    Answer {
        /// The address asked.
        url: String,
        /// The begin of what it said.
        said: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The answer has no text.
    #[error("the answer of {url} has no text")]
    NoText {
        /// The address asked.
        url: String,
    },
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

impl ChatServer {
    /// The model `model` at `address`, which ends before `/chat/completions`, such as `http://localhost:8000/v1`. The `key`
    /// is sent as bearer token.
    pub fn new(address: &str, model: &str, key: Option<String>) -> ChatServer {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        // A status of a refusal comes with its reason in the body.
        let config = Agent::config_builder().tls_config(tls).http_status_as_error(false).timeout_global(Some(TIMEOUT));
        ChatServer {
            agent: config.build().new_agent(),
            url: format!("{}/chat/completions", address.trim_end_matches('/')),
            model: model.to_owned(),
            key: key.filter(|key| !key.is_empty()),
            first_pause: FIRST_PAUSE,
        }
    }

    /// The name of the model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Asks, and again when the server is busy.
    pub fn ask(&self, instructions: &str, message: &str) -> Result<String, ChatError> {
        let mut pause = self.first_pause;
        for _ in 1..TRIES {
            match self.ask_once(instructions, message) {
                Err(ChatError::Refused { status, .. }) if status == 429 || status >= 500 => thread::sleep(pause),
                Err(ChatError::Line { .. }) => thread::sleep(pause),
                answer => return answer,
            }
            pause *= 2;
        }
        self.ask_once(instructions, message)
    }

    fn ask_once(&self, instructions: &str, message: &str) -> Result<String, ChatError> {
        let url = || self.url.clone();
        let request = serde_json::json!({
            "model": self.model,
            "temperature": 0,
            "messages": [
                { "role": "system", "content": instructions },
                { "role": "user", "content": message },
            ],
        });
        let mut post = self.agent.post(&self.url).header("content-type", "application/json");
        if let Some(key) = &self.key {
            post = post.header("authorization", format!("Bearer {key}"));
        }
        let line_error = |source| ChatError::Line { url: url(), source };
        let mut response = post.send(request.to_string()).map_err(line_error)?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_string().map_err(line_error)?;
        let said = || body.chars().take(200).collect::<String>();
        if status != StatusCode::OK {
            return Err(ChatError::Refused { url: url(), status: status.as_u16(), said: said() });
        }
        let completion: Completion =
            serde_json::from_str(&body).map_err(|source| ChatError::Answer { url: url(), said: said(), source })?;
        let text = completion.choices.into_iter().next().and_then(|choice| choice.message.content);
        text.ok_or_else(|| ChatError::NoText { url: url() })
    }
}

#[cfg(test)]
pub(crate) mod tests;
