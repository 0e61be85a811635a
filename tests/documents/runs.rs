//! Where the command lines of the documents are run: a folder with the recordings that they speak of.
//!
//! In: the folder of test recordings, and lines. Out: what a shell in that folder made of each.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use crate::program::{gemwatch, lacks_runtime, stderr};

/// Records by the names that documents give them, and their files in the folder of recordings. One of each kind is enough.
const RECORDS: [(&str, &str); 5] =
    [("mitdb", "100"), ("mitdb", "208"), ("ptb-xl", "00001_hr"), ("cinc2015", "a103l"), ("vfdb", "422")];

/// Programs of the repository's own by name: they are not installed where this runs.
const BEDSIDE: &str = "#!/bin/bash\n\
    BEDSIDE_ARGUMENTS=$(printf '%s\\n' \"$@\") exec \"$TEST_PROGRAM\" the_simulator_is_there_for_the_lines_that_are_run --exact\n";

/// What somebody might have written, as the documents have it.
const REPORT: &str = "sinus rhythm with a heart rate of 78 bpm; there is bradycardia\n";

/// Settings, as the documents have them.
const WARD: &str = "[kafka]\nbrokers = \"kafka-1:9092,kafka-2:9092\"\n[readings]\nmodel = \"none\"\n";

/// A folder in which the lines of one document can be run one after the other.
pub fn folder(recordings: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (database, record) in RECORDS {
        let to = folder.path().join(database);
        fs::create_dir_all(&to).unwrap();
        let files = fs::read_dir(recordings.join(database)).unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|file| file.file_stem().is_some_and(|stem| stem == record)) {
            symlink(&file, to.join(file.file_name().unwrap())).unwrap();
        }
    }
    symlink(recordings.join("cinc2015/a103l.hea"), folder.path().join("a103l.hea")).unwrap();
    symlink(recordings.join("cinc2015/a103l.mat"), folder.path().join("a103l.mat")).unwrap();
    for ours in ["onnx", "simulators", "config"] {
        symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join(ours), folder.path().join(ours)).unwrap();
    }
    fs::write(folder.path().join("report.txt"), REPORT).unwrap();
    fs::write(folder.path().join("ward.toml"), WARD).unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_gemwatch"), bin.join("gemwatch")).unwrap();
    fs::write(bin.join("bedside"), BEDSIDE).unwrap();
    fs::set_permissions(bin.join("bedside"), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Runs a line in a folder; an error has what it said.
pub fn run(folder: &TempDir, line: &str) -> Result<(), String> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = [folder.path().join("bin")].into_iter().chain(std::env::split_paths(&paths));
    // The program's own settings are taken out of the environment; the shell hands the rest on.
    let mut shell = std::process::Command::new("bash");
    shell.env_clear().envs(std::env::vars_os().filter(|(name, _)| !gemwatch_removes(name)));
    let output = shell
        .args(["-c", &format!("set -euo pipefail; {line}")])
        .current_dir(folder.path())
        .env("PATH", std::env::join_paths(paths).unwrap())
        .env("TEST_PROGRAM", std::env::current_exe().unwrap())
        .env("ORT_DISABLE_TELEMETRY", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() || lacks_runtime(&output) {
        return Ok(());
    }
    Err(format!("    {}\n    {}", output.status, stderr(&output).replace('\n', "\n    ")))
}

/// Does the program of the tests run without this variable?
fn gemwatch_removes(name: &std::ffi::OsStr) -> bool {
    gemwatch().get_envs().any(|(removed, value)| removed == name && value.is_none())
}
