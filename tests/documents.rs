//! The documents say what is so: every command in them is run, or parsed with the reason why it is not run; links, files and
//! metrics that they name are there; the book has all chapters; tables that a script makes are what it prints.
//!
//! `GEMWATCH_WRITE=1 cargo test --test documents` writes the tables of the capacity chapter anew. What is run, and what is not,
//! is in `tests/documents/commands.rs`.

#[path = "documents/capacity.rs"]
mod capacity;
#[path = "documents/commands.rs"]
mod commands;
#[path = "documents/markdown.rs"]
mod markdown;
#[path = "documents/names.rs"]
mod names;
mod program;
#[path = "documents/runs.rs"]
mod runs;

/// The command line of the program itself, to parse what the documents say.
#[allow(dead_code, clippy::pedantic, reason = "here it is parsed only; the program has it checked")]
#[path = "../src/cli/mod.rs"]
mod cli;

/// The command line of the simulator.
#[allow(dead_code, clippy::pedantic, reason = "the simulator has it checked")]
#[path = "../simulators/src/cli/mod.rs"]
mod bedside;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;
use gemwatch::alarm::LimitProfiles;
use gemwatch::wire::Command;

use commands::{Fate, Line, fate};
use markdown::Document;

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Documents outside of the book.
const OUTSIDE: [&str; 9] = [
    "README.md",
    "ARCHITECTURE.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "deploy/README.md",
    "onnx/README.md",
    "onnx/models/README.md",
    "simulators/README.md",
];

/// Every document with its path from the root.
fn documents() -> Vec<(PathBuf, Document)> {
    let mut paths: Vec<PathBuf> = OUTSIDE.iter().map(PathBuf::from).collect();
    let book = walkdir::WalkDir::new(root().join("docs")).sort_by_file_name();
    let files = book.into_iter().map(|entry| entry.unwrap().into_path());
    let chapters = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.extend(chapters.map(|path| path.strip_prefix(root()).unwrap().to_owned()));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, Document::read(&text))
    };
    paths.into_iter().map(read).collect()
}

/// The command lines of a document.
fn lines(document: &Document) -> impl Iterator<Item = Line> + '_ {
    document.blocks.iter().flat_map(commands::lines)
}

/// Fails with all that was found.
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// Why a command of ours would not be understood.
fn misunderstood(call: &[String]) -> Option<String> {
    let parsed = match call[0].as_str() {
        "gemwatch" => cli::Cli::try_parse_from(call).map(drop),
        _ => bedside::Bedside::try_parse_from(call).map(drop),
    };
    let error = parsed.err()?;
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    (!is_help).then(|| error.to_string().lines().next().unwrap_or_default().to_owned())
}

#[test]
fn every_command_is_understood_and_run_or_has_a_reason() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, document) in documents() {
        for line in lines(&document) {
            let place = format!("{}:{}: {}", path.display(), line.at, line.text);
            for call in line.calls.iter().filter(|call| ["gemwatch", "bedside"].contains(&call[0].as_str())) {
                seen += 1;
                wrong.extend(misunderstood(call).map(|why| format!("{place}\n    {why}")));
            }
            wrong.extend(fate(&line).err().map(|why| format!("{place}\n    {why}")));
        }
    }
    assert!(seen > 50, "only {seen} commands found");
    none("commands that are not understood, or that nobody has thought of", &wrong);
}

/// Options and subcommands that the text names, without all that the command needs.
#[test]
fn commands_in_the_text_exist() {
    let mut wrong = Vec::new();
    for (path, document) in documents() {
        for piece in &document.code {
            let words: Vec<&str> = piece.text.split(' ').collect();
            let is_ours = ["gemwatch", "bedside"].contains(&words[0]) && words.len() > 1;
            let is_form =
                piece.text.contains(['|', '[', '<', '…', '"']) || piece.text.contains("...") || words.contains(&"CODE");
            if !is_ours || is_form {
                continue;
            }
            let call: Vec<String> = words.into_iter().chain(["--help"]).map(str::to_owned).collect();
            // An option is named without its value.
            let is_wrong = |why: &String| !why.contains("a value is required");
            let why = misunderstood(&call)
                .filter(is_wrong)
                .map(|why| format!("{}:{}: {}\n    {why}", path.display(), piece.at, piece.text));
            wrong.extend(why);
        }
    }
    none("commands that there are not", &wrong);
}

#[test]
fn what_is_sent_to_the_ward_is_a_command() {
    let profiles = LimitProfiles::default();
    let mut sent = 0;
    for (path, document) in documents() {
        for line in lines(&document).filter(|line| line.calls.iter().any(|call| call[0] == "kcat")) {
            let Some(("echo", message)) =
                line.calls[0].split_first().map(|(name, rest)| (name.as_str(), rest.join(" ")))
            else {
                continue;
            };
            let place = format!("{}:{}", path.display(), line.at);
            let (key, value) = message.split_once('|').unwrap_or_else(|| panic!("{place}: no key"));
            let command = Command::read(value.as_bytes()).unwrap_or_else(|error| panic!("{place}: {error}"));
            let (stream_id, _) = command.order(&profiles).unwrap_or_else(|error| panic!("{place}: {error}"));
            let named = match &command {
                Command::Acknowledge(note) => note.alert_id.to_string(),
                Command::SetLimits(_) => stream_id.to_string(),
            };
            assert_eq!(key, named, "{place}");
            sent += 1;
        }
    }
    assert!(sent >= 2, "only {sent} commands found");
}

/// Runs what can be run, document by document, each in a folder of its own with the recordings that documents speak of.
#[test]
fn commands_that_can_be_run_succeed() {
    let Some(recordings) = program::recordings() else { return };
    let mut wrong = Vec::new();
    let mut done = 0;
    for (path, document) in documents() {
        let mut folder = None;
        for line in lines(&document) {
            let Ok(Fate::Run(text)) = fate(&line) else { continue };
            let folder = folder.get_or_insert_with(|| runs::folder(&recordings));
            done += 1;
            wrong.extend(
                runs::run(folder, &text).err().map(|why| format!("{}:{}: {text}\n{why}", path.display(), line.at)),
            );
        }
    }
    assert!(done > 15, "only {done} lines were run");
    none("commands that failed", &wrong);
}

#[test]
fn heartbeats_that_stop_are_told() {
    let script = "(echo 'bed [2]'; for i in {1..8}; do echo bed-1; sleep 0.5; done) | docs/watch-heartbeats.sh 1";
    let output = std::process::Command::new("bash").args(["-c", script]).current_dir(root()).output().unwrap();
    assert_eq!(
        (program::stdout(&output).as_str(), program::stderr(&output).as_str()),
        ("nobody watches bed [2]\n", "")
    );
}

/// The lines of the documents have the simulator as a program of its own: this test, called again with its arguments in
/// `BEDSIDE_ARGUMENTS`.
#[test]
fn the_simulator_is_there_for_the_lines_that_are_run() {
    if let Ok(arguments) = std::env::var("BEDSIDE_ARGUMENTS") {
        let arguments = ["bedside"].into_iter().chain(arguments.split('\n').filter(|argument| !argument.is_empty()));
        return bedside::run(bedside::Bedside::parse_from(arguments)).unwrap();
    }
    let Some(recordings) = program::recordings() else { return };
    let folder = runs::folder(&recordings);
    runs::run(&folder, "bedside record --out ward --beds 1 --duration 2s && test -s ward/bed-01.hea").unwrap();
    assert!(runs::run(&folder, "bedside record --beds none").is_err(), "what is wrong is told");
}
