//! A settings file and environment variables: all mistakes named, or settings that hold together.
//!
//! The input is the text of the file, then from a line `---` on one variable a line, `NAME=VALUE`.
#![no_main]

use std::{fs, path::Path};

use gemwatch::config::Config;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FOLDER: tempfile::TempDir = {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        made.expect("a folder for the file can be made")
    };
}

fuzz_target!(|bytes: &[u8]| FOLDER.with(|folder| {
    let mark = b"\n---\n";
    let cut = bytes.windows(mark.len()).position(|part| part == mark);
    let (file, variables) = cut.map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + mark.len()..]));
    let path = folder.path().join("ward.toml");
    fs::write(&path, file).expect("the folder can be written");
    let variables = String::from_utf8_lossy(variables);
    let variables = variables.lines().filter_map(|line| line.split_once('='));
    match Config::layered(Some(&path), variables.map(|(name, value)| (name.to_owned(), value.to_owned()))) {
        Ok(config) => {
            assert!(config.check().is_ok());
            config.limit_profiles();
        }
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
}));
