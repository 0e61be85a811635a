//! The peer of a benchmark: a Python program that does the same work on the same samples in the same minutes.
//!
//! In go the program's name in `benches/` and its arguments, out comes what its last line says. The interpreter is
//! `GEMWATCH_PYTHON`, else `python3`.

use std::{error::Error, ffi::OsString, fs, process::Command, time::Duration};

use serde::Deserialize;

/// The last line that a peer prints.
#[derive(Deserialize)]
pub struct Peer {
    /// Of the library that was measured.
    pub version: String,
    /// Median CPU time of one piece of work in milliseconds.
    pub cpu_ms: f64,
    /// Median time that passed meanwhile.
    pub wall_ms: f64,
}

impl Peer {
    /// Runs the program on one thread.
    pub fn run(program: &str, arguments: &[OsString]) -> Result<Peer, Box<dyn Error>> {
        let python = std::env::var("GEMWATCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let output = Command::new(&python)
            .arg(format!("{}/benches/{program}", env!("CARGO_MANIFEST_DIR")))
            .args(arguments)
            .env("OMP_NUM_THREADS", "1")
            .env("OPENBLAS_NUM_THREADS", "1")
            .output()?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{python} failed: {}", reason.lines().last().unwrap_or("no reason given")).into());
        }
        let text = String::from_utf8(output.stdout)?;
        Ok(serde_json::from_str(text.lines().last().unwrap_or_default())?)
    }
}

/// CPU time of this thread, where the system tells (Linux). It is counted up at clock ticks: good for many pieces of work,
/// not for one.
pub fn cpu_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split_ascii_whitespace().next()?.parse().ok()?))
}
