//! `gemwatch dataset`: instruction data from recordings or simulated patients.

use std::path::PathBuf;

use anstream::println;
use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::failure::{BadInput, Failure};
use gemwatch::chat::{ChatServer, KEY_VARIABLE};
use gemwatch::dataset::gem_format::{self, GemFiles};
use gemwatch::dataset::rewrite::{Kept, rewrite};
use gemwatch::dataset::tensors::{self, Channels, Picture, TensorFiles};
use gemwatch::dataset::{Window, recorded, simulated};
use gemwatch::gem::manifest::ImageMode;
use gemwatch::source::recordings::Record;

/// Make instruction data: ECGs, pages, measurements and a reading of each, to train or test a model with
///
/// Readings say only what the waveform shows, and of simulated patients only what is true as well. Without --tensors the
/// files are those of GEM's own fine-tuning: questions.json, ecg/NAME.hea and .dat, images/NAME-0.png.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch dataset --simulated 1000 --seed 7 --out data               question file, records and pages to fine-tune GEM
  gemwatch dataset ptb-xl/*.hea --out data                            the same of recordings
  gemwatch dataset --simulated 50000 --seed 1 --tensors --out train   flat arrays to train a small model from
  gemwatch dataset --simulated 100 --out data --rewrite http://localhost:8000/v1 --rewrite-model llama
                                                                      a language model words the readings anew; what says
                                                                      anything else is not kept")]
pub struct Dataset {
    /// Recordings: WFDB records (the path of the header, with or without .hea), EDF and EDF+ files, DICOM waveform objects
    #[arg(value_name = "RECORD", required_unless_present = "simulated", conflicts_with = "simulated")]
    records: Vec<PathBuf>,
    /// So many simulated patients instead of recordings
    #[arg(long, value_name = "N")]
    simulated: Option<u32>,
    /// The seed of patients and words; no two seeds share a patient
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// At most so many windows of each record, one after the other from its begin
    #[arg(long, value_name = "N", default_value_t = 1)]
    windows: usize,
    /// The folder to write, which must not hold a data set
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write flat arrays instead: ecg.i16, pixels.u8, windows.jsonl, dataset.json
    #[arg(long)]
    tensors: bool,
    /// What is done with the page, which is wider than high
    #[arg(long, default_value = "pad", requires = "tensors")]
    mode: Mode,
    /// What of the page's colours is kept
    #[arg(long, default_value = "red", requires = "tensors")]
    channels: Colours,
    /// Have the readings worded anew by a server that speaks OpenAI's chat completions; its key is taken from OPENAI_API_KEY
    #[arg(long, value_name = "URL", requires = "rewrite_model")]
    rewrite: Option<String>,
    /// The model on that server
    #[arg(long, value_name = "NAME", requires = "rewrite")]
    rewrite_model: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Mode {
    /// Both ends are cut off, as GEM was trained: 1.26 s at either side are not seen
    Ori,
    /// The whole page in the middle of a square
    Pad,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Colours {
    /// Red only: the trace without the red grid
    Red,
    /// Red, green and blue
    Rgb,
}

/// So many simulated windows are made at once.
const BATCH: usize = 64;

/// The files that are written.
enum Files {
    Tensors(TensorFiles, Picture),
    Gem(GemFiles),
}

/// A window as bytes.
enum Encoded {
    Tensors(tensors::Encoded),
    Gem(Box<gem_format::Encoded>),
}

/// What became of the texts that were worded anew.
#[derive(Default)]
struct Rewritten {
    kept: usize,
    refused: usize,
}

impl Dataset {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let mut files = self.files()?;
        let server = self.rewrite.as_deref().zip(self.rewrite_model.as_deref());
        let server = server.map(|(url, model)| ChatServer::new(url, model, std::env::var(KEY_VARIABLE).ok()));
        let style = ProgressStyle::with_template("{bar:40} {pos} of {len}, {per_sec}, {eta} left")
            .context("cannot show progress")?;
        let count = self.simulated.map_or(self.records.len(), |count| count as usize);
        let progress = ProgressBar::new(count as u64).with_style(style);
        let mut rewritten = Rewritten::default();
        for from in (0..count).step_by(BATCH) {
            let batch: Vec<Vec<Window>> = (from..(from + BATCH).min(count))
                .into_par_iter()
                .map(|index| {
                    let made = self.windows_of(index);
                    progress.inc(1);
                    made
                })
                .collect::<Result<_, Failure>>()?;
            let mut batch: Vec<Window> = batch.into_iter().flatten().collect();
            if let Some(server) = &server {
                for window in &mut batch {
                    let verdict = rewrite(server, window)
                        .with_context(|| format!("the reading of {} cannot be worded anew", window.id))
                        .bad_input()?;
                    *(if verdict == Kept::New { &mut rewritten.kept } else { &mut rewritten.refused }) += 1;
                }
            }
            let encoded: Vec<Encoded> =
                batch.par_iter().map(|window| files.encode(window)).collect::<Result<_, anyhow::Error>>()?;
            for window in &encoded {
                files.push(window)?;
            }
        }
        progress.finish_and_clear();
        let windows = files.finish(self.simulated.map(|_| self.seed))?;
        println!("{windows} windows in {}", self.out.display());
        if server.is_some() {
            println!("{} readings worded anew, {} left as they were", rewritten.kept, rewritten.refused);
        }
        Ok(())
    }

    fn files(&self) -> Result<Files, Failure> {
        if !self.tensors {
            return Ok(Files::Gem(GemFiles::create(&self.out).bad_input()?));
        }
        let picture = Picture {
            mode: match self.mode {
                Mode::Ori => ImageMode::Ori,
                Mode::Pad => ImageMode::Pad,
            },
            channels: match self.channels {
                Colours::Red => Channels::Red,
                Colours::Rgb => Channels::Rgb,
            },
        };
        Ok(Files::Tensors(TensorFiles::create(&self.out, picture).bad_input()?, picture))
    }

    /// The windows of a patient or a record.
    fn windows_of(&self, index: usize) -> Result<Vec<Window>, Failure> {
        if self.simulated.is_some() {
            return Ok(vec![simulated::window(self.seed, index as u32)]);
        }
        let record = Record::open(&self.records[index]).bad_input()?;
        recorded::windows(&record, self.seed.into(), self.windows).bad_input()
    }
}

impl Files {
    fn encode(&self, window: &Window) -> Result<Encoded, anyhow::Error> {
        Ok(match self {
            Files::Tensors(_, picture) => Encoded::Tensors(tensors::encode(window, *picture)),
            Files::Gem(_) => Encoded::Gem(Box::new(gem_format::encode(window)?)),
        })
    }

    fn push(&mut self, window: &Encoded) -> Result<(), anyhow::Error> {
        match (self, window) {
            (Files::Tensors(files, _), Encoded::Tensors(window)) => Ok(files.push(window)?),
            (Files::Gem(files), Encoded::Gem(window)) => Ok(files.push(window)?),
            _ => unreachable!("a window is encoded for the files it goes to (this is a bug)"),
        }
    }

    fn finish(self, seed: Option<u32>) -> Result<usize, anyhow::Error> {
        Ok(match self {
            Files::Tensors(files, _) => files.finish(seed)?,
            Files::Gem(files) => files.finish()?,
        })
    }
}
