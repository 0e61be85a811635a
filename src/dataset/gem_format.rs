//! A data set in the files of GEM's own fine-tuning: a question file, WFDB records and page images.
//!
//! In: windows, one after the other. Out: a folder with `questions.json` (a JSON array: `id`, `image`, `ecg`,
//! `conversations` of a question with the image's placeholder and the answer), `ecg/NAME.hea` and `.dat`,
//! `images/NAME-0.png`, and `windows.jsonl`, a line with everything known about each window. `image` and `ecg` are relative
//! to `images/` and `ecg/`, as GEM's programs expect them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Window;
use crate::ecg::{STANDARD_LEADS, StreamId};
use crate::paper::{self, Layout, Page, PageInfo};
use crate::publish::wfdb;

/// What stands for image and ECG in a question.
pub const PLACEHOLDER: &str = "<image>\n";

/// An entry of a question file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The window's name.
    pub id: String,
    /// The page, relative to the image folder.
    pub image: String,
    /// The record without ending, relative to the ECG folder.
    pub ecg: String,
    /// What is asked, and what is answered.
    pub conversations: Vec<Turn>,
}

/// A turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Who speaks: `human` or `gpt`.
    pub from: String,
    /// What is said.
    pub value: String,
}

/// Why a data set was not written.
#[derive(Debug, thiserror::Error)]
pub enum GemFormatError {
    /// The disk refused.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is something already.
    #[error("{} holds a data set already: name another folder or remove it", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A page that cannot be coded.
    #[error("cannot make the page of {id}")]
    Page {
        /// Which window.
        id: String,
        /// Why.
        #[source]
        source: paper::PageFileError,
    },
}

/// One window as the bytes of its files, made by any thread.
#[derive(Clone, Debug)]
pub struct Encoded {
    name: String,
    record: wfdb::RecordFiles,
    page: Vec<u8>,
    question: Question,
    line: Vec<u8>,
}

/// The files of a window.
pub fn encode(window: &Window) -> Result<Encoded, GemFormatError> {
    let page = Page::new(Layout::GemPage);
    let image = paper::draw(&window.strip, &page);
    let stream_id = StreamId::new(&window.id)
        .unwrap_or_else(|_| StreamId::new("window").expect("a plain word is a stream id (this is a bug)"));
    let mut png = Vec::new();
    paper::write_png(&mut png, &image, &PageInfo::of(&stream_id, &window.strip, &page))
        .map_err(|source| GemFormatError::Page { id: window.id.clone(), source })?;
    let mut line = serde_json::to_vec(&window.line()).expect("a window has no keys but texts (this is a bug)");
    line.push(b'\n');
    let turn = |from: &str, value: String| Turn { from: from.to_owned(), value };
    Ok(Encoded {
        name: window.id.clone(),
        record: wfdb::record(&window.id, &window.strip, &STANDARD_LEADS, &window.statements),
        page: png,
        question: Question {
            id: window.id.clone(),
            image: format!("{}-0.png", window.id),
            ecg: window.id.clone(),
            conversations: vec![
                turn("human", format!("{PLACEHOLDER}{}", window.question)),
                turn("gpt", window.text.clone()),
            ],
        },
        line,
    })
}

/// A data set that is being written.
#[derive(Debug)]
pub struct GemFiles {
    folder: PathBuf,
    questions: BufWriter<File>,
    lines: BufWriter<File>,
    windows: usize,
}

impl GemFiles {
    /// An empty data set in `folder`, which is made if need be.
    pub fn create(folder: &Path) -> Result<GemFiles, GemFormatError> {
        let write_error = |path: &Path| {
            let path = path.to_owned();
            |source| GemFormatError::Write { path, source }
        };
        for folder in [folder.to_owned(), folder.join("ecg"), folder.join("images")] {
            fs::create_dir_all(&folder).map_err(write_error(&folder))?;
        }
        if folder.join("questions.json").exists() {
            return Err(GemFormatError::Exists { path: folder.to_owned() });
        }
        let create = |name: &str| {
            let path = folder.join(name);
            File::create(&path).map(BufWriter::new).map_err(write_error(&path))
        };
        let (questions, lines) = (create("questions.json")?, create("windows.jsonl")?);
        Ok(GemFiles { folder: folder.to_owned(), questions, lines, windows: 0 })
    }

    /// Adds a window.
    pub fn push(&mut self, window: &Encoded) -> Result<(), GemFormatError> {
        let write_error = |path: PathBuf| |source| GemFormatError::Write { path, source };
        let files = [
            (format!("ecg/{}.dat", window.name), &window.record.signal[..]),
            (format!("ecg/{}.hea", window.name), window.record.header.as_bytes()),
            (format!("images/{}-0.png", window.name), &window.page[..]),
        ];
        for (name, bytes) in files {
            let path = self.folder.join(name);
            fs::write(&path, bytes).map_err(write_error(path))?;
        }
        let before = if self.windows == 0 { "[\n" } else { ",\n" };
        let entry = serde_json::to_string(&window.question).expect("texts are JSON (this is a bug)");
        let questions =
            self.questions.write_all(before.as_bytes()).and_then(|()| self.questions.write_all(entry.as_bytes()));
        questions.map_err(write_error(self.folder.join("questions.json")))?;
        self.lines.write_all(&window.line).map_err(write_error(self.folder.join("windows.jsonl")))?;
        self.windows += 1;
        Ok(())
    }

    /// Ends the data set and gives the number of its windows.
    pub fn finish(mut self) -> Result<usize, GemFormatError> {
        let end = if self.windows == 0 { "[]\n" } else { "\n]\n" };
        let questions = self.questions.write_all(end.as_bytes()).and_then(|()| self.questions.flush());
        let write_error = |path: PathBuf| |source| GemFormatError::Write { path, source };
        questions.map_err(write_error(self.folder.join("questions.json")))?;
        self.lines.flush().map_err(write_error(self.folder.join("windows.jsonl")))?;
        Ok(self.windows)
    }
}
