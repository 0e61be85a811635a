//! What the documents name is there: links, files, metrics, chapters, and the channels of the `AsyncAPI` document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use gemwatch::broker::Topics;

use super::markdown::Document;
use super::{documents, none, root};

/// Endings of files that documents name by the end of their path.
const ENDINGS: [&str; 9] = ["rs", "md", "toml", "py", "sh", "proto", "yaml", "ipynb", "html"];

/// Folders of examples: what lies there is made by the commands beside it.
const EXAMPLES: [&str; 6] = ["data", "gem", "icu", "mitdb", "ptb-xl", "ward"];

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn links_lead_somewhere() {
    let all = documents();
    let anchors = |path: &Path| all.iter().find(|(other, _)| other == path).map(|(_, document)| &document.anchors);
    let mut wrong = Vec::new();
    for (path, document) in &all {
        let is_chapter = path.starts_with("docs");
        for link in document.links.iter().filter(|link| !link.text.contains("://") && !link.text.starts_with("mailto:"))
        {
            let (file, anchor) = link.text.split_once('#').unwrap_or((&link.text, ""));
            let target = if file.is_empty() { path.clone() } else { plain(&path.parent().unwrap().join(file)) };
            let is_there = root().join(&target).exists();
            // What is not in the book has no page there.
            let is_in_the_book = !is_chapter || target.starts_with("docs");
            let has_anchor =
                anchor.is_empty() || anchors(&target).is_none_or(|all| all.iter().any(|one| one == anchor));
            if !is_there || !is_in_the_book || !has_anchor {
                wrong.push(format!("{}:{}: {}", path.display(), link.at, link.text));
            }
        }
    }
    none("links that lead nowhere, or out of the book", &wrong);
}

/// All files of the repository that are not built.
fn files() -> Vec<PathBuf> {
    let left_out = ["target", "node_modules", ".git", ".venv", "test-results"];
    let walk = walkdir::WalkDir::new(root()).into_iter();
    let entries = walk.filter_entry(|entry| !left_out.iter().any(|name| entry.file_name() == *name));
    entries.map(|entry| entry.unwrap().into_path().strip_prefix(root()).unwrap().to_owned()).collect()
}

#[test]
fn files_that_are_named_exist() {
    let files = files();
    let top: BTreeSet<PathBuf> = files.iter().filter_map(|file| file.iter().next().map(PathBuf::from)).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, document) in documents() {
        for piece in &document.code {
            let named = piece.text.trim_end_matches('/');
            let is_path = named.contains('/') && !named.starts_with('/') && !named.contains("//");
            let is_literal =
                named.chars().all(|character| character.is_ascii_alphanumeric() || "._-/".contains(character));
            let first = PathBuf::from(named.split('/').next().unwrap_or_default());
            if !is_path || !is_literal || EXAMPLES.iter().any(|name| first == Path::new(name)) {
                continue;
            }
            let named = Path::new(named);
            let has_ending = named.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
            let is_placeholder = named.to_string_lossy().contains("NAME");
            if is_placeholder || !(has_ending || top.contains(&first)) {
                continue;
            }
            seen += 1;
            let beside = plain(&path.parent().unwrap().join(named));
            let is_there = root().join(named).exists() || root().join(beside).exists();
            if !is_there && !files.iter().any(|file| file.ends_with(named)) {
                wrong.push(format!("{}:{}: {}", path.display(), piece.at, piece.text));
            }
        }
    }
    assert!(seen > 100, "only {seen} files found");
    none("files that are not there", &wrong);
}

#[test]
fn metrics_that_are_named_are_counted() {
    let table = fs::read_to_string(root().join("src/telemetry/mod.rs")).unwrap();
    let known: BTreeSet<&str> = table
        .split('`')
        .filter(|name| name.starts_with("gemwatch_"))
        .map(|name| name.split('{').next().unwrap())
        .collect();
    let mut wrong = Vec::new();
    for (path, document) in documents() {
        for piece in &document.code {
            let name = piece.text.split('{').next().unwrap_or_default();
            if !name.starts_with("gemwatch_") || name.contains(' ') || name.ends_with(['.', '_']) {
                continue;
            }
            let bare = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            let is_module = !name.contains("seconds") && path.ends_with("onnx/README.md");
            if !known.contains(bare) && !is_module {
                wrong.push(format!("{}:{}: {}", path.display(), piece.at, piece.text));
            }
        }
    }
    none("metrics that are in no table of src/telemetry/mod.rs", &wrong);
}

#[test]
fn the_book_has_every_chapter_once() {
    let summary = Document::read(&fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap());
    let mut listed: Vec<PathBuf> = summary.links.iter().map(|link| Path::new("docs").join(&link.text)).collect();
    listed.sort();
    let chapters = documents().into_iter().map(|(path, _)| path).filter(|path| path.starts_with("docs"));
    let mut chapters: Vec<PathBuf> = chapters.filter(|path| !path.ends_with("SUMMARY.md")).collect();
    chapters.sort();
    assert_eq!(listed, chapters, "docs/SUMMARY.md and the files in docs/");
}

#[test]
fn the_asyncapi_document_has_every_topic_and_files_that_exist() {
    let path = root().join("docs/asyncapi.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let value = |key: &str| -> Vec<String> {
        let values = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix(key));
        values.map(|value| value.trim().trim_matches('\'').to_owned()).collect()
    };
    let topics = Topics::default();
    let mut addresses = value("address:");
    addresses.sort();
    let mut names = topics.names().map(str::to_owned).to_vec();
    names.sort();
    assert_eq!(addresses, names, "channels of docs/asyncapi.yaml and topics of the settings");
    let references = value("$ref:").into_iter().filter(|reference| !reference.starts_with('#'));
    let missing: Vec<String> = references.filter(|reference| !path.with_file_name(reference).exists()).collect();
    none("files that docs/asyncapi.yaml refers to", &missing);
    let text: Vec<&str> = text.lines().map(str::trim).collect();
    for name in ["waveform", "reading_request"] {
        let proto = fs::read_to_string(root().join(format!("proto/gemwatch/v1/{name}.proto"))).unwrap();
        let code = proto.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
        let code: Vec<&str> = code.collect();
        let is_there = text.windows(code.len()).any(|lines| lines == code);
        assert!(is_there, "docs/asyncapi.yaml has another text of proto/gemwatch/v1/{name}.proto");
    }
}
