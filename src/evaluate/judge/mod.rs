//! A language model as judge, as in GEM's own evaluation.
//!
//! In: a question, the reference and the answer. Out: a [`Judgement`], entries for every criterion. The prompt is this
//! program's own; what it asks for, and the form of the answer, are those of GEM's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::files::{Answer, Asked};
use super::{Criterion, Entry, Scores};
use crate::chat::{ChatError, ChatServer};

/// Why there is no judgement.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The server gave no answer.
    #[error("the judge cannot be asked")]
    Chat(#[from] ChatError),
    /// The answer has no JSON object.
    #[error("the judge of {id} did not answer with JSON: {said}")]
    NoJson {
        /// Which question.
        id: String,
        /// The begin of what it said.
        said: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A criterion is missing.
    #[error("the judge of {id} said nothing of {}", criterion.name())]
    Missing {
        /// Which question.
        id: String,
        /// Which criterion.
        criterion: Criterion,
    },
}

/// What a judge said of one answer; a line of a judgements file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Which question.
    pub question_id: String,
    /// The model that judged.
    pub judge: String,
    /// Entries of every criterion, by its name.
    pub entries: BTreeMap<String, Vec<JudgedEntry>>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedEntry {
    /// Points.
    #[serde(rename = "Score", alias = "score", deserialize_with = "number")]
    pub score: f64,
    /// Why.
    #[serde(rename = "Explanation", alias = "explanation", default)]
    pub explanation: String,
}

/// Judges write numbers as texts now and then.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Value(f64),
        Text(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Value(value) => Ok(value),
        Number::Text(text) => text.trim().parse().map_err(serde::de::Error::custom),
    }
}

impl Judgement {
    /// The scores; a criterion is known by either of its names.
    pub fn scores(&self) -> Scores {
        let scores = self.entries.iter().filter_map(|(name, entries)| {
            let criterion = Criterion::named(name)?;
            let points: Vec<f64> = entries.iter().map(|entry| entry.score).collect();
            Some((criterion, criterion.score(&points)?))
        });
        scores.collect()
    }

    /// What was said of one criterion.
    pub fn of(&self, criterion: Criterion) -> Vec<Entry> {
        let own = self.entries.iter().filter(|(name, _)| Criterion::named(name) == Some(criterion));
        own.flat_map(|(_, entries)| entries)
            .map(|entry| Entry { score: entry.score, explanation: entry.explanation.clone() })
            .collect()
    }
}

/// What the judge is told.
fn instructions() -> String {
    let asked: Vec<String> =
        Criterion::ALL.iter().map(|criterion| format!("- {}: {}", criterion.name(), criterion.asks())).collect();
    format!(
        "You are an experienced cardiologist. You compare a reading of a 12-lead ECG with a reference reading of the same \
         ECG, which is right. Give points by these criteria:\n{}\nAnswer with one JSON object and nothing else. Its keys are \
         the names of the criteria; the value of each is a list of objects with the keys Score (a number) and Explanation (one \
         sentence).",
        asked.join("\n")
    )
}

/// Asks the judge about one answer.
pub fn judge(server: &ChatServer, asked: &Asked, answer: &Answer) -> Result<Judgement, JudgeError> {
    let message = format!(
        "Question: {}\n\nReference reading:\n{}\n\nReading to judge:\n{}",
        asked.question, asked.reference, answer.text
    );
    let said = server.ask(&instructions(), &message)?;
    let judgement = Judgement {
        question_id: asked.id.clone(),
        judge: server.model().to_owned(),
        entries: entries(&said).map_err(|source| JudgeError::NoJson {
            id: asked.id.clone(),
            said: said.chars().take(200).collect(),
            source,
        })?,
    };
    let scores = judgement.scores();
    match Criterion::ALL.into_iter().find(|criterion| !scores.contains_key(criterion)) {
        Some(criterion) => Err(JudgeError::Missing { id: asked.id.clone(), criterion }),
        None => Ok(judgement),
    }
}

/// The object in what a judge said, which may stand in a code block or between sentences.
fn entries(said: &str) -> Result<BTreeMap<String, Vec<JudgedEntry>>, serde_json::Error> {
    let object = match (said.find('{'), said.rfind('}')) {
        (Some(from), Some(to)) if from < to => &said[from..=to],
        _ => said,
    };
    serde_json::from_str(object)
}

#[cfg(test)]
mod tests;
