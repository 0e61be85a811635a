//! The files of an evaluation: questions, answers, judgements.
//!
//! Questions are a JSON array in GEM's format; answers and judgements are JSON lines. Both are only ever appended to, so that
//! an evaluation that was broken off goes on where it stood. A last line that was cut by a crash is left behind and its
//! question asked again; any other line that cannot be read is an error with its number.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::dataset::gem_format::{PLACEHOLDER, Question};

/// The largest file that is read, in bytes: GEM's own question file has 80 MB for 30 000 questions.
const MOST_BYTES: u64 = 1 << 29;

/// The longest line in bytes. An answer has a few kB.
const MOST_LINE_BYTES: usize = 1 << 20;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The disk refused.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A folder or device where a file should be.
    #[error("{} is no ordinary file", path.display())]
    NotAFile {
        /// What it is called.
        path: PathBuf,
    },
    /// Far beyond what such a file holds.
    #[error("{} has more than {MOST_BYTES} bytes: is it the right file?", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// A line far beyond what an answer or a judgement takes.
    #[error("{}, line {line}, has {bytes} bytes, at most {MOST_LINE_BYTES} are read", path.display())]
    LongLine {
        /// Which file.
        path: PathBuf,
        /// Its number, from 1.
        line: usize,
        /// Its length.
        bytes: usize,
    },
    /// A question about a record that lies elsewhere.
    #[error("{}: question {id:?} names the record {ecg:?}, which is no path inside the folder of ECGs", path.display())]
    Outside {
        /// Which file.
        path: PathBuf,
        /// Which question.
        id: String,
        /// The record.
        ecg: String,
    },
    /// The disk refused.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No question file.
    #[error("{} is no question file: a JSON array whose entries have id, ecg and conversations", path.display())]
    Questions {
        /// Which file.
        path: PathBuf,
        /// Where it goes wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A line that is not what it should be.
    #[error("{}, line {line}, cannot be read", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

/// One question with its reference answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name.
    pub id: String,
    /// The record, relative to the ECG folder, without ending.
    pub ecg: String,
    /// What is asked, without the image's placeholder.
    pub question: String,
    /// What an expert answers; empty where the file has no answer.
    pub reference: String,
}

/// Reads a question file.
pub fn questions(path: &Path) -> Result<Vec<Asked>, FileError> {
    let bytes = read(path)?;
    let questions: Vec<Question> =
        serde_json::from_slice(&bytes).map_err(|source| FileError::Questions { path: path.to_owned(), source })?;
    // A question file may come from anywhere: it must not open any file it likes.
    let is_inside =
        |ecg: &str| Path::new(ecg).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if let Some(Question { id, ecg, .. }) = questions.iter().find(|question| !is_inside(&question.ecg)) {
        return Err(FileError::Outside { path: path.to_owned(), id: id.clone(), ecg: ecg.clone() });
    }
    let turn = |question: &Question, n: usize| question.conversations.get(n).map_or("", |turn| &turn.value).to_owned();
    let asked = questions.iter().map(|question| Asked {
        id: question.id.clone(),
        ecg: question.ecg.clone(),
        question: turn(question, 0).replace(PLACEHOLDER, "").replace(PLACEHOLDER.trim_end(), "").trim().to_owned(),
        reference: turn(question, 1),
    });
    Ok(asked.collect())
}

/// An answer, a line of an answers file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which question.
    pub question_id: String,
    /// The question's words.
    #[serde(default)]
    pub prompt: String,
    /// The answer's words. GEM's scripts call them by other names too.
    #[serde(alias = "GEM_generated", alias = "Model_generated")]
    pub text: String,
    /// A name for this answer.
    #[serde(default)]
    pub answer_id: String,
    /// Who answered.
    #[serde(default)]
    pub model_id: String,
    /// Nothing yet.
    #[serde(default)]
    pub metadata: BTreeMap<String, serde_json::Value>,
}

/// A file of JSON lines that grows at its end.
#[derive(Debug)]
pub struct Lines<T> {
    path: PathBuf,
    file: File,
    /// What was there.
    pub known: Vec<T>,
}

impl<T: Serialize + DeserializeOwned> Lines<T> {
    /// Opens a file, or makes it.
    pub fn open(path: &Path) -> Result<Lines<T>, FileError> {
        let read_error = |source| FileError::Read { path: path.to_owned(), source };
        if path.exists() {
            ensure_file(path)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(read_error)?;
        let bytes = read_open(path, &file)?;
        let is_whole = bytes.last().is_none_or(|byte| *byte == b'\n');
        let known = parsed(path, &bytes)?;
        if !is_whole {
            // What comes next begins on a line of its own.
            file.seek(SeekFrom::End(0))
                .and_then(|_| file.write_all(b"\n"))
                .map_err(|source| FileError::Write { path: path.to_owned(), source })?;
        }
        Ok(Lines { path: path.to_owned(), file, known })
    }

    /// Adds a line, at once on the disk.
    pub fn push(&mut self, item: T) -> Result<(), FileError> {
        let mut line = serde_json::to_vec(&item).expect("an answer has no keys but texts (this is a bug)");
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.flush());
        written.map_err(|source| FileError::Write { path: self.path.clone(), source })?;
        self.known.push(item);
        Ok(())
    }
}

/// Reads a file of JSON lines that nobody writes to.
pub fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, FileError> {
    parsed(path, &read(path)?)
}

/// The bytes of an ordinary file.
fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    ensure_file(path)?;
    let file = File::open(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    read_open(path, &file)
}

/// Asked before opening: opening a pipe would wait for a writer.
fn ensure_file(path: &Path) -> Result<(), FileError> {
    let metadata = fs::metadata(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    if metadata.is_file() { Ok(()) } else { Err(FileError::NotAFile { path: path.to_owned() }) }
}

fn read_open(path: &Path, file: &File) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    if bytes.len() as u64 > MOST_BYTES { Err(FileError::TooLarge { path: path.to_owned() }) } else { Ok(bytes) }
}

fn parsed<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<Vec<T>, FileError> {
    let all: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let mut known = Vec::new();
    for (index, line) in all.iter().enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if line.len() > MOST_LINE_BYTES {
            return Err(FileError::LongLine { path: path.to_owned(), line: index + 1, bytes: line.len() });
        }
        match serde_json::from_slice(line) {
            Ok(item) => known.push(item),
            // Cut by a crash: the last line, or, when others were added since, one that ends in the middle of its JSON.
            Err(error) if error.is_eof() => {}
            Err(source) => return Err(FileError::Line { path: path.to_owned(), line: index + 1, source }),
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::lines as lines_of;
    use super::*;

    fn answer(id: &str, text: &str) -> Answer {
        let empty = String::new;
        Answer {
            question_id: id.to_owned(),
            prompt: empty(),
            text: text.to_owned(),
            answer_id: empty(),
            model_id: empty(),
            metadata: BTreeMap::new(),
        }
    }

    #[test]
    fn answers_are_appended_and_a_cut_line_loses_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        let mut lines = Lines::open(&path).unwrap();
        lines.push(answer("a", "one")).unwrap();
        drop(lines);
        let before = fs::read(&path).unwrap();
        fs::write(&path, [&before[..], br#"{"question_id":"b","te"#].concat()).unwrap();
        let mut lines: Lines<Answer> = Lines::open(&path).unwrap();
        assert_eq!(lines.known, [answer("a", "one")]);
        lines.push(answer("b", "two")).unwrap();
        drop(lines);
        assert!(fs::read(&path).unwrap().starts_with(&before));
        let lines: Lines<Answer> = Lines::open(&path).unwrap();
        assert_eq!(lines.known, [answer("a", "one"), answer("b", "two")]);
    }

    #[test]
    fn other_names_of_the_text_are_known_and_nonsense_is_named_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.jsonl");
        let known =
            "{\"question_id\":\"a\",\"GEM_generated\":\"x\"}\n\n{\"question_id\":\"b\",\"Model_generated\":\"y\"}\n";
        fs::write(&path, known).unwrap();
        assert_eq!(lines_of::<Answer>(&path).unwrap(), [answer("a", "x"), answer("b", "y")]);
        fs::write(&path, format!("{known}nonsense\n")).unwrap();
        let error = lines_of::<Answer>(&path).unwrap_err().to_string();
        assert!(error.ends_with("answers.jsonl, line 4, cannot be read"), "{error}");
    }

    #[test]
    fn a_question_is_taken_without_its_placeholder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("questions.json");
        let text = r#"[{"id":"1","image":"1-0.png","ecg":"records/1","conversations":
            [{"from":"human","value":"<image>\nWhat is it?"},{"from":"gpt","value":"Sinus rhythm."}], "more": 1}]"#;
        fs::write(&path, text).unwrap();
        let asked = questions(&path).unwrap();
        let expected = ["1", "records/1", "What is it?", "Sinus rhythm."].map(str::to_owned);
        let [id, ecg, question, reference] = expected;
        assert_eq!(asked, [Asked { id, ecg, question, reference }]);
        fs::write(&path, "{}").unwrap();
        assert!(questions(&path).unwrap_err().to_string().contains("is no question file"));
    }
}
