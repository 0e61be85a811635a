//! What is written must not hold what is secret.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::line::PATIENCE;
use crate::program::gemwatch;

/// How long a service goes on after what was waited for, so that what follows is seen too.
const GOES_ON: Duration = Duration::from_secs(2);

/// Fails if one of the secrets stands in the text, and says which: its place in the list and the line, cut short.
pub fn assert_none(what: &str, text: &str, secrets: &[&str]) {
    for (index, secret) in secrets.iter().enumerate().filter(|(_, secret)| !secret.is_empty()) {
        let line = text.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{what}: secret {index} stands in {line:?}");
    }
}

/// Everything that `gemwatch run` writes until `enough` holds, and a moment longer.
pub async fn log_until(
    config: &Path,
    variables: &[(&str, String)],
    enough: impl Fn(&str) -> bool + Send + 'static,
) -> String {
    let log = config.with_extension("everything.log");
    let file = fs::File::create(&log).unwrap();
    let mut command = gemwatch(&["run", "--config", config.to_str().unwrap()]);
    command.envs(variables.iter().map(|(name, value)| (name, value.as_str())));
    command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
    let waiting = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let read = || String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
        let started = Instant::now();
        let mut found = None;
        while found.is_none_or(|at: Instant| at.elapsed() < GOES_ON) && child.try_wait().unwrap().is_none() {
            if found.is_none() && enough(&read()) {
                found = Some(Instant::now());
            }
            if found.is_none() && started.elapsed() > PATIENCE {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Fails when it has ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
        let text = read();
        let last: Vec<&str> = text.lines().rev().take(30).collect();
        assert!(
            enough(&text),
            "not said after {:?}; the last lines, backwards:\n{}",
            started.elapsed(),
            last.join("\n")
        );
        text
    });
    waiting.await.unwrap()
}
