//! The program as the tests start it, and what some of them need for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Says why something is left out. With `CI` set, where everything must be there, that is a failure.
pub fn left_out(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "left out: {why}");
    eprintln!("left out: {why}");
}

/// The folder of test recordings.
pub fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("GEMWATCH_RECORDINGS")
        .map_or_else(|| Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/ecg")).to_owned(), PathBuf::from);
    if folder.join("MANIFEST.csv").is_file() {
        return Some(folder);
    }
    left_out(&format!("no recordings at {} (set GEMWATCH_RECORDINGS)", folder.display()));
    None
}

/// The program with nobody at its terminal, 100 columns wide, and with no settings but its own.
pub fn gemwatch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gemwatch"));
    let foreign = std::env::vars_os().map(|(name, _)| name);
    for name in foreign.filter(|name| name.to_str().is_some_and(|name| name.starts_with("GEMWATCH_"))) {
        command.env_remove(name);
    }
    command.env("COLUMNS", "100").env("ORT_DISABLE_TELEMETRY", "1").stdin(Stdio::null());
    command
}

/// Nobody could read because this machine has no ONNX Runtime. Any other reason is a fault.
pub fn lacks_runtime(output: &Output) -> bool {
    let lacks = !output.status.success() && stderr(output).contains("because: onnx runtime cannot be used");
    if lacks {
        left_out(&format!("no ONNX Runtime: {}", stderr(output)));
    }
    lacks
}

/// What was said on standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are text")
}

/// What was said on standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is text")
}
