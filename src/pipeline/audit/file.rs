//! The file of the audit log: JSON Lines, only ever added to, for its owner alone.
//!
//! In: records. Out: lines, each on the disk before the next one. A thread of its own writes, so that a disk that hangs holds up
//! no alarm. What cannot be written waits, is tried again, and is said: an event, and a condition that is not met.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::telemetry::Readiness;
use crate::telemetry::events::AuditFailed;
use crate::wire::AuditRecord;

/// Lines that wait for the disk; more than a ward says in an hour.
const MOST_WAITING: usize = 1000;

/// How long until what could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// How long the end waits for the last line.
const LAST_LINE: Duration = Duration::from_secs(2);

/// How much of the end of the file says how far it goes.
const END_BYTES: u64 = 1 << 20;

/// The condition of readiness.
const CONDITION: &str = "audit";

/// What writes, until it is dropped.
pub(super) struct Writer {
    lines: Option<SyncSender<String>>,
    ended: Receiver<()>,
    readiness: Readiness,
}

impl Writer {
    pub(super) fn start(path: &Path, readiness: Readiness) -> Writer {
        let (lines, to_write) = sync_channel(MOST_WAITING);
        let (ending, ended) = sync_channel::<()>(1);
        let mut log = Log { path: path.to_owned(), file: None, is_torn: false };
        let told = readiness.clone();
        thread::spawn(move || {
            write_all(&mut log, &to_write, &told);
            drop(ending);
        });
        Writer { lines: Some(lines), ended, readiness }
    }

    /// Hands over a line; never waits.
    pub(super) fn write(&self, record: &AuditRecord) {
        let line = serde_json::to_string(record).expect("a record is JSON (this is a bug)");
        let sent = self.lines.as_ref().map(|lines| lines.try_send(line));
        if let Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) = sent {
            lost(&self.readiness);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.lines = None;
        // It says nothing: either the thread has ended, or the disk hangs.
        let _ = self.ended.recv_timeout(LAST_LINE);
    }
}

fn lost(readiness: &Readiness) {
    let detail = format!("{MOST_WAITING} lines wait already, this one is lost to the file");
    AuditFailed { detail: &detail }.emit();
    readiness.set(CONDITION, Err(detail));
}

fn write_all(log: &mut Log, lines: &Receiver<String>, readiness: &Readiness) {
    let mut waiting: VecDeque<String> = VecDeque::new();
    let mut is_failing = said(log.open(), readiness);
    loop {
        let next = if is_failing {
            lines.recv_timeout(AGAIN)
        } else {
            lines.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match next {
            Ok(_) if waiting.len() >= MOST_WAITING => lost(readiness),
            Ok(line) => waiting.push_back(line),
            Err(RecvTimeoutError::Timeout) => is_failing = said(log.open(), readiness),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(line) = waiting.front() {
            is_failing = said(log.write(line), readiness);
            if is_failing {
                break;
            }
            waiting.pop_front();
        }
    }
}

/// Says how an attempt went, and whether it failed.
fn said(result: Result<(), String>, readiness: &Readiness) -> bool {
    if let Err(detail) = &result {
        AuditFailed { detail }.emit();
    }
    let is_failing = result.is_err();
    readiness.set(CONDITION, result);
    is_failing
}

struct Log {
    path: PathBuf,
    file: Option<File>,
    /// Whether the last line has no end.
    is_torn: bool,
}

impl Log {
    fn open(&mut self) -> Result<(), String> {
        if self.file.is_none() {
            let opened = self.try_open().map_err(|error| self.advice(&error))?;
            self.file = Some(opened);
        }
        Ok(())
    }

    fn try_open(&mut self) -> io::Result<File> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        if file.seek(SeekFrom::End(0))? > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            self.is_torn = last != *b"\n";
        }
        Ok(file)
    }

    /// Writes one line, to the disk. After a failure the file is opened anew: it may be another one by then.
    fn write(&mut self, line: &str) -> Result<(), String> {
        self.open()?;
        let Some(file) = &mut self.file else { return Ok(()) };
        let text = format!("{}{line}\n", if self.is_torn { "\n" } else { "" });
        match file.write_all(text.as_bytes()).and_then(|()| file.sync_data()) {
            Ok(()) => {
                self.is_torn = false;
                Ok(())
            }
            Err(error) => {
                self.file = None;
                Err(self.advice(&error))
            }
        }
    }

    fn advice(&self, error: &io::Error) -> String {
        format!(
            "cannot write to audit.file {}: {error}; let it be a file on a disk with room that gemwatch may write to",
            self.path.display()
        )
    }
}

/// The last offset of each partition of this topic that the end of the file speaks of.
pub(super) fn last_offsets(path: &Path, topic: &str) -> BTreeMap<i32, i64> {
    #[derive(Deserialize)]
    struct Place {
        topic: String,
        partition: i32,
        offset: i64,
    }
    let mut offsets = BTreeMap::new();
    let mut end = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(END_BYTES)))?;
        file.take(END_BYTES).read_to_end(&mut end)
    });
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // The writer will say that it cannot be written.
        Err(error) => tracing::warn!(path = %path.display(), %error, "what the audit log holds is not known"),
    }
    // Lines that are torn or of another make speak of no place.
    for place in end.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Place>(line).ok()) {
        if place.topic == topic {
            let last = offsets.entry(place.partition).or_insert(place.offset);
            *last = place.offset.max(*last);
        }
    }
    offsets
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    use super::*;
    use crate::wire::AuditOutcome;

    fn record(offset: i64) -> AuditRecord {
        AuditRecord::new("now".into(), ("commands", 0, offset), None, AuditOutcome::Refused, Some("why"))
    }

    fn offsets(path: &Path) -> Vec<i64> {
        let text = fs::read_to_string(path).unwrap();
        let offset = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["offset"].as_i64();
        text.lines().filter_map(offset).collect()
    }

    #[test]
    fn lines_are_added_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, readiness) = (folder.path().join("audit.jsonl"), Readiness::new([CONDITION]));
        for first in [0, 2] {
            let writer = Writer::start(&path, readiness.clone());
            writer.write(&record(first));
            writer.write(&record(first + 1));
        }
        assert_eq!(offsets(&path), [0, 1, 2, 3]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(readiness.unmet().is_empty());
        assert_eq!(last_offsets(&path, "commands"), BTreeMap::from([(0, 3)]));
        assert!(
            last_offsets(&path, "other").is_empty() && last_offsets(&folder.path().join("gone"), "commands").is_empty()
        );
    }

    #[test]
    fn a_torn_line_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        fs::write(&path, "{\"topic\": \"commands\", \"partition\": 0, \"offset\": 5}\n{\"topic\": \"comm").unwrap();
        assert_eq!(last_offsets(&path, "commands"), BTreeMap::from([(0, 5)]));
        Writer::start(&path, Readiness::new([])).write(&record(6));
        assert_eq!(offsets(&path), [5, 6]);
    }

    #[test]
    fn what_cannot_be_written_is_said_and_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let (path, readiness) = (folder.path().join("later/audit.jsonl"), Readiness::new([CONDITION]));
        let writer = Writer::start(&path, readiness.clone());
        writer.write(&record(0));
        let until = |enough: &dyn Fn() -> bool| {
            let started = Instant::now();
            while !enough() {
                assert!(started.elapsed() < 6 * AGAIN, "{readiness}");
                thread::yield_now();
            }
        };
        until(&|| readiness.to_string().contains("cannot write to audit.file"));
        fs::create_dir(folder.path().join("later")).unwrap();
        writer.write(&record(1));
        until(&|| readiness.unmet().is_empty() && path.exists() && offsets(&path).len() == 2);
        assert_eq!(offsets(&path), [0, 1]);
    }
}
