//! `gemwatch dataset`: instruction data from recordings or simulated patients.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::failure::{BadInput, Failure};
use gemwatch::dataset::simulated;
use gemwatch::dataset::tensors::{Channels, Picture, TensorFiles, encode};
use gemwatch::gem::manifest::ImageMode;

/// Make instruction data: windows, pages, measurements and texts to train a model with
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch dataset --simulated 20000 --seed 1 --tensors --out train   flat arrays to train a small model from")]
pub struct Dataset {
    /// So many simulated patients
    #[arg(long, value_name = "N", required = true)]
    simulated: u32,
    /// The seed of the simulated patients; other seeds give other patients, and no two seeds share one
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// The folder to write, which must not hold a data set
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write flat arrays (ecg.i16, pixels.u8, windows.jsonl, dataset.json)
    #[arg(long, required = true)]
    tensors: bool,
    /// What is done with the page, which is wider than high
    #[arg(long, default_value = "pad")]
    mode: Mode,
    /// What of the page's colours is kept
    #[arg(long, default_value = "red")]
    channels: Colours,
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

/// So many windows are made at once.
const BATCH: u32 = 64;

impl Dataset {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
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
        let mut files = TensorFiles::create(&self.out, picture).bad_input()?;
        let style = ProgressStyle::with_template("{bar:40} {pos} of {len} windows, {per_sec}, {eta} left")
            .context("cannot show progress")?;
        let progress = ProgressBar::new(self.simulated.into()).with_style(style);
        let mut from = 0;
        while from < self.simulated {
            let to = from.saturating_add(BATCH).min(self.simulated);
            let batch: Vec<_> = (from..to)
                .into_par_iter()
                .map(|index| {
                    let encoded = encode(&simulated::window(self.seed, index), picture);
                    progress.inc(1);
                    encoded
                })
                .collect();
            for window in &batch {
                files.push(window).map_err(anyhow::Error::from)?;
            }
            from = to;
        }
        progress.finish_and_clear();
        let windows = files.finish(Some(self.seed)).map_err(anyhow::Error::from)?;
        println!("{windows} windows in {}", self.out.display());
        Ok(())
    }
}
