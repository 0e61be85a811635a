//! `gemwatch replay`: recordings through the same pipeline as live streams.

mod annotation_files;
mod beat_rows;
mod board;
mod outputs;
mod points;
mod through_kafka;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::failure::{BadInput, Failure};
use super::model::{Model, load_interpreter};
use super::recording;
use gemwatch::bed::BedSettings;
use gemwatch::config::Config;
use gemwatch::ecg::{Lead, StreamId};
use gemwatch::gem::engine::Priority;
use gemwatch::pipeline::{Interpreter, Monitor, Said};
use gemwatch::source::recordings::Record;
use outputs::Outputs;

pub use beat_rows::BeatRow;
pub use points::rows as point_rows;

/// Play recordings through the same pipeline as live streams and write what it says
///
/// The same recordings give the same output, byte for byte, straight or through Kafka. Alerts go to standard output
/// unless --alerts names a file. Times count from the record's start, or from 1970 where a record has no date.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch replay mitdb/100                              alerts of one WFDB record, as fast as possible
  gemwatch replay holter.edf ecg.dcm                     the same of an EDF file and a DICOM waveform object
  gemwatch replay mitdb/*.hea --vitals vitals.jsonl      alerts and the vital signs of every second
  gemwatch replay a103l --beats beats.jsonl --model none beats, and no readings
  gemwatch replay mitdb/*.hea --annotations gw --model none
                                                         beats as WFDB annotations: 100.gw, 105.gw, ...
  gemwatch replay mitdb/208 --board                      in the browser, beside its reference annotations
  gemwatch replay a103l --brokers localhost:9092         through the topics of a real broker")]
pub struct Replay {
    /// Recordings: WFDB records (the path of the header, with or without .hea), EDF and EDF+ files, DICOM waveform objects
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,
    /// How fast: 1 for the speed of life, 60 for a minute a second, or "max"
    #[arg(long, default_value = "max", value_parser = parse_speed)]
    speed: Speed,
    /// Only these leads of each record, separated by commas: what would be heard if no other electrode were there
    #[arg(long, value_name = "LEADS", value_delimiter = ',', value_parser = parse_lead)]
    leads: Vec<Lead>,
    /// Where alerts go, one JSON document a change of state
    #[arg(long, value_name = "FILE")]
    alerts: Option<PathBuf>,
    /// Where vital signs go, one JSON document a second and record
    #[arg(long, value_name = "FILE")]
    vitals: Option<PathBuf>,
    /// Where beats go, one JSON document each: stream, seconds from the record's start to the R peak, WFDB code
    #[arg(long, value_name = "FILE")]
    beats: Option<PathBuf>,
    /// Write beats as WFDB annotation files too, RECORD.NAME for each record, at its own rate; NAME is such as "gw"
    #[arg(long, value_name = "NAME", value_parser = annotation_files::parse_annotator)]
    annotations: Option<String>,
    /// The folder that annotation files go to
    #[arg(long, value_name = "DIR", default_value = ".", requires = "annotations")]
    annotations_dir: PathBuf,
    /// Where the marks of the waves go, as CSV: record, lead, point (such as P on or QRS off), seconds from the record's start
    #[arg(long, value_name = "FILE")]
    points: Option<PathBuf>,
    /// The model package that reads the window of each alarm, "shipped", or "none"
    #[arg(long, default_value = "shipped", value_name = "DIR")]
    model: Model,
    /// Through the topics of these brokers (host:port, ...) instead of straight
    #[arg(long, value_name = "BROKERS")]
    brokers: Option<String>,
    /// Then show the recording in the browser, with what was said of it beside its annotations, until Ctrl-C
    #[arg(long, conflicts_with_all = ["brokers"])]
    board: bool,
    /// The annotator whose annotations the board shows
    #[arg(long, value_name = "NAME", default_value = "atr", requires = "board")]
    reference: String,
    /// Settings (alarm limits, names of topics); see config/gemwatch.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Length of the chunks a record is cut into, as a monitor would.
pub const CHUNK_S: f64 = 0.1;

/// How fast a recording is played.
#[derive(Clone, Copy, Debug)]
enum Speed {
    /// So many times the speed of life.
    Times(f64),
    /// As fast as possible.
    Max,
}

#[expect(clippy::unnecessary_wraps, reason = "clap asks for a Result")]
fn parse_lead(text: &str) -> Result<Lead, String> {
    Ok(Lead::from_name(text))
}

fn parse_speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    match text.parse() {
        Ok(times) if times > 0.0 && times < 1e6 => Ok(Speed::Times(times)),
        _ => Err("must be a number above 0, or \"max\"".to_owned()),
    }
}

impl Replay {
    /// A record with the leads that are asked for.
    fn open(&self, path: &Path) -> Result<Record, Failure> {
        let mut record = recording::open(path)?;
        if !self.leads.is_empty() {
            record.keep_leads(&self.leads).bad_input()?;
        }
        Ok(record)
    }

    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::load(self.config.as_deref()).bad_input()?;
        let records: Vec<Record> = self.records.iter().map(|path| self.open(path)).collect::<Result<_, _>>()?;
        for record in &records {
            StreamId::new(&record.name)
                .with_context(|| format!("record {} names no stream", record.name))
                .bad_input()?;
        }
        let mut outputs = Outputs::open(&self, &records)?;
        if self.board && records.len() != 1 {
            return Err(anyhow::anyhow!("--board shows one recording, not {}", records.len())).bad_input();
        }
        let interpreter = load_interpreter(&self.model, &config)?;
        let progress = progress_bar(&records)?;
        if let Some(brokers) = &self.brokers {
            through_kafka::replay(&records, brokers, &config, interpreter, self.speed, &mut outputs, &progress)?;
        } else {
            straight(&records, &config, interpreter.as_ref(), self.speed, &mut outputs, &progress)?;
        }
        progress.finish_and_clear();
        match (outputs.finish()?, records.first()) {
            (Some(board), Some(record)) => board.serve(record, &self.reference, &config),
            _ => Ok(()),
        }
    }
}

/// Samples of all records; on a terminal only, as every progress bar here.
fn progress_bar(records: &[Record]) -> anyhow::Result<ProgressBar> {
    let samples: usize = records.iter().map(|record| record.samples).sum();
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  ({eta} left)")
        .context("cannot draw the progress bar")?;
    Ok(ProgressBar::new(samples as u64).with_style(style))
}

/// No broker, no clock but that of the speed asked for.
fn straight(
    records: &[Record],
    config: &Config,
    interpreter: Option<&Interpreter>,
    speed: Speed,
    outputs: &mut Outputs,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    for record in records {
        progress.set_message(record.name.clone());
        // A bed each: what one record taught must not reach the next.
        let mut monitor = Monitor::new(bed_settings(config, outputs.want_points()));
        let pace = Pace::new(speed);
        let stream_id = StreamId::new(&record.name).bad_input()?;
        let start = record.start.unwrap_or_default();
        let mut end = start;
        for chunk in record.chunks(stream_id.clone(), CHUNK_S).bad_input()? {
            end = chunk.end();
            std::thread::sleep(pace.wait(chunk.end().seconds_since(start)));
            outputs.chunk(&chunk);
            for said in monitor.push(&chunk) {
                outputs.take(&said, start);
                if let (Said::Read(request), Some(interpreter)) = (said, interpreter) {
                    let reading = interpreter.read(&request.strip, Priority::default(), &|| false, &mut |_| {});
                    outputs.take(&request.answer(reading), start);
                }
            }
            progress.inc((chunk.len() as f64 * record.rate_hz / chunk.rate_hz) as u64);
        }
        // The last beats are known once nothing more comes. Alarms stay open: the recording ends, not the episode.
        let of_beats = |said: &Said| matches!(said, Said::Beat { .. } | Said::Points { .. });
        monitor.close(&stream_id, end).iter().filter(|said| of_beats(said)).for_each(|said| outputs.take(said, start));
    }
    Ok(())
}

/// Rounds belong to a ward that lives; a recording is read where it alarms.
pub fn bed_settings(config: &Config, points: bool) -> BedSettings {
    BedSettings { limits: config.alarms.clone(), points, ..BedSettings::default() }
}

/// Tells how long to wait before a chunk is sent.
struct Pace {
    started: Instant,
    speed: Speed,
}

impl Pace {
    fn new(speed: Speed) -> Pace {
        Pace { started: Instant::now(), speed }
    }

    /// The wait until data that ends `end_s` after the start may be sent.
    fn wait(&self, end_s: f64) -> Duration {
        match self.speed {
            Speed::Max => Duration::ZERO,
            Speed::Times(times) => Duration::from_secs_f64(end_s / times).saturating_sub(self.started.elapsed()),
        }
    }
}
