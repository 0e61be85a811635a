//! A gemwatch process among several that share the beds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gemwatch::broker::KafkaSettings;

use crate::patients::NO_DATA_S;
use crate::program;

/// A graceful end takes at most this long.
const END: Duration = Duration::from_secs(10);

/// `gemwatch run --role monitor`. Killed when dropped.
pub struct Worker {
    child: Child,
    log: PathBuf,
    pub instance: Option<String>,
}

impl Worker {
    /// `instance` is its `kafka.instance`, if it has any.
    pub fn start(settings: &Path, number: usize, instance: Option<String>) -> Worker {
        let log = settings.with_extension(format!("{number}.log"));
        let program = std::env::var_os("GEMWATCH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_gemwatch").into());
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GEMWATCH_")) {
            command.env_remove(name);
        }
        let rehear_s = std::env::var("GEMWATCH_CHAOS_REHEAR_S").unwrap_or_else(|_| "120".to_owned());
        if let Some(instance) = &instance {
            command.env("GEMWATCH_KAFKA__INSTANCE", instance);
        }
        let child = command
            .args(["run", "--role", "monitor", "--config"])
            .arg(settings)
            .env("GEMWATCH_KAFKA__REHEAR_S", rehear_s)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Worker { child, log, instance }
    }

    pub fn signal(&self, signal: &str) {
        let _ = Command::new("kill").args([signal, &self.child.id().to_string()]).stderr(Stdio::null()).status();
    }

    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, and waits until it has.
    pub async fn end(mut self) {
        let asked = Instant::now();
        self.signal("-TERM");
        while self.child.try_wait().unwrap().is_none() {
            assert!(asked.elapsed() < END, "still running {END:?} after SIGTERM; log: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Fails when it has ended by itself.
    pub fn assert_alive(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "a process has ended by itself: {ended:?}; log: {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("log of a worker:\n{}", self.log());
        }
    }
}

/// The settings of the workers of a run.
pub fn settings_file(folder: &Path, kafka: &KafkaSettings) -> PathBuf {
    let session_ms = std::env::var("GEMWATCH_CHAOS_SESSION_MS").unwrap_or_else(|_| "6000".to_owned());
    let more = format!(
        "[kafka.properties]\n\"session.timeout.ms\" = \"{session_ms}\"\n\"heartbeat.interval.ms\" = \"1000\"\n\
         [alarms]\nno_data_s = {NO_DATA_S:?}\n[readings]\nmodel = \"none\"\nround_s = 0\n[http]\nlisten = \"off\"\n"
    );
    program::settings_file(folder, kafka, &more)
}
