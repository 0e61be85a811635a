//! `gemwatch replay`: recordings through the same pipeline as live streams.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::failure::{BadInput, Failure};
use gemwatch::bed::BedSettings;
use gemwatch::ecg::{StreamId, Time};
use gemwatch::pipeline::{Monitor, Said};
use gemwatch::publish::JsonLines;
use gemwatch::source::recordings::Record;

/// Play recordings through the same pipeline as live streams and write what it says
///
/// The same recordings give the same output, byte for byte. Alerts go to standard output unless --alerts names a file.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch replay mitdb/100                             alerts of one WFDB record, as fast as possible
  gemwatch replay mitdb/* --vitals vitals.jsonl         alerts and the vital signs of every second
  gemwatch replay ward/a103l --beats beats.jsonl        every beat that was found")]
pub struct Replay {
    /// WFDB records: the path of the header, with or without .hea
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,
    /// Where alerts go, one JSON document a line
    #[arg(long, value_name = "FILE")]
    alerts: Option<PathBuf>,
    /// Where vital signs go, one JSON document a second and record
    #[arg(long, value_name = "FILE")]
    vitals: Option<PathBuf>,
    /// Where beats go, one JSON document each: stream_id, time_s (R peak, from the record's start), label (WFDB code)
    #[arg(long, value_name = "FILE")]
    beats: Option<PathBuf>,
}

/// Length of the chunks a record is cut into, as a monitor would.
const CHUNK_S: f64 = 0.1;

/// A row of `--beats`.
#[derive(Debug, Serialize)]
struct BeatRow<'a> {
    stream_id: &'a str,
    time_s: f64,
    label: char,
}

type Lines = JsonLines<Box<dyn Write>>;

/// Where everything goes.
struct Outputs {
    alerts: Lines,
    vitals: Option<Lines>,
    beats: Option<Lines>,
}

impl Replay {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let records = self.open_records()?;
        let mut outputs = self.open_outputs()?;
        let samples: usize = records.iter().map(|record| record.samples).sum();
        let progress = ProgressBar::new(samples as u64).with_style(
            ProgressStyle::with_template("{spinner} {bar:30} {percent:>3} % {msg} ({eta} left)")
                .context("cannot draw the progress bar")?,
        );
        let mut monitor = Monitor::new(BedSettings::default());
        for record in &records {
            progress.set_message(record.name.clone());
            let stream_id = StreamId::new(&record.name).bad_input()?;
            for chunk in record.chunks(stream_id, CHUNK_S).bad_input()? {
                for said in monitor.push(&chunk) {
                    outputs.take(&said, record.start.unwrap_or_default())?;
                }
                progress.inc((chunk.len() as f64 * record.rate_hz / chunk.rate_hz) as u64);
            }
        }
        progress.finish_and_clear();
        outputs.flush()?;
        Ok(())
    }

    fn open_records(&self) -> Result<Vec<Record>, Failure> {
        self.records.iter().map(|path| Record::open(path).bad_input()).collect()
    }

    fn open_outputs(&self) -> Result<Outputs, Failure> {
        let open = |path: &Path| -> Result<Lines, Failure> {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display())).bad_input()?;
            Ok(JsonLines::new(Box::new(BufWriter::new(file))))
        };
        Ok(Outputs {
            alerts: match &self.alerts {
                Some(path) => open(path)?,
                None => JsonLines::new(Box::new(io::stdout().lock())),
            },
            vitals: self.vitals.as_deref().map(open).transpose()?,
            beats: self.beats.as_deref().map(open).transpose()?,
        })
    }
}

impl Outputs {
    fn take(&mut self, said: &Said, start: Time) -> anyhow::Result<()> {
        match (said, &mut self.vitals, &mut self.beats) {
            (Said::Alert(alert), ..) => self.alerts.write(alert).context("cannot write alerts"),
            (Said::Vitals(vitals), Some(lines), _) => lines.write(vitals).context("cannot write vitals"),
            (Said::Beat { stream_id, at }, _, Some(lines)) => {
                let time_s = (at.seconds_since(start) * 1000.0).round() / 1000.0;
                // Beats are not classified yet: Q is the WFDB code of a beat whose class is not known.
                let row = BeatRow { stream_id: stream_id.as_str(), time_s, label: 'Q' };
                lines.write(&row).context("cannot write beats")
            }
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        self.alerts.flush().context("cannot write alerts")?;
        for lines in [&mut self.vitals, &mut self.beats].into_iter().flatten() {
            lines.flush().context("cannot write what was said")?;
        }
        Ok(())
    }
}
