//! A data set as flat arrays, which a training program maps into memory.
//!
//! In: windows, one after the other. Out: a folder with `ecg.i16` (windows × leads × samples, microvolts), `pixels.u8`
//! (windows × height × width, or × channels where there are three), `windows.jsonl` (a line a window) and, once all the
//! windows are there, `dataset.json`, which says what the others hold. All numbers are little-endian.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use simulators::portrait::Finding;

use super::{SAMPLES, Window};
use crate::ecg::{STANDARD_LEADS, Strip};
use crate::gem::image::tiles;
use crate::gem::manifest::{ImageMerge, ImageMode, ImageSpec};
use crate::paper::{self, Layout, Page};

/// The format's name and version.
pub const FORMAT: &str = "gemwatch-tensors/1";
/// Side of a picture in pixels.
pub const SIDE: usize = 336;

/// What of the page's colours is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red only. The grid is red, so this is the trace on white paper, in a third of the space. An encoder whose weights of
    /// green and blue are zero sees exactly this.
    Red,
    /// Red, green and blue.
    Rgb,
}

/// How the page becomes a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What is done with a page that is not square.
    pub mode: ImageMode,
    /// What of its colours is kept.
    pub channels: Channels,
}

/// Why a data set was not written.
#[derive(Debug, thiserror::Error)]
pub enum TensorError {
    /// The disk refused.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is something already.
    #[error("{} holds a data set already: name another folder or remove it", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
}

/// One window as bytes, made by any thread.
#[derive(Clone, Debug)]
pub struct Encoded {
    ecg: Vec<u8>,
    pixels: Vec<u8>,
    line: Vec<u8>,
}

/// The bytes of a window.
pub fn encode(window: &Window, picture: Picture) -> Encoded {
    let mut line = serde_json::to_vec(&window.line()).expect("a window has no keys but texts (this is a bug)");
    line.push(b'\n');
    Encoded { ecg: microvolts(&window.strip), pixels: pixels(&window.strip, picture), line }
}

/// The leads in the standard order in microvolts; 0 where there is no sample, at most ±32.767 mV.
fn microvolts(strip: &Strip) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(STANDARD_LEADS.len() * SAMPLES * 2);
    for lead in &STANDARD_LEADS {
        let samples = strip.lead(lead).map_or(&[][..], |lead| &lead.samples_mv);
        for n in 0..SAMPLES {
            let mv = samples.get(n).copied().filter(|mv| mv.is_finite()).unwrap_or(0.0);
            // The cast saturates.
            bytes.extend(((mv * 1000.0).round() as i16).to_le_bytes());
        }
    }
    bytes
}

/// The picture that the image encoder takes, before it is normalised.
fn pixels(strip: &Strip, picture: Picture) -> Vec<u8> {
    let spec = ImageSpec {
        mode: picture.mode,
        size: SIDE as u32,
        patches: 576,
        grid: vec![(672, 672)],
        merge: ImageMerge::Flat,
        mean: [0.0; 3],
        std: [1.0; 3],
        pad_rgb: [122, 116, 104],
    };
    let page = paper::draw(strip, &Page::new(Layout::GemPage));
    let tiles = tiles(&page, &spec).expect("a page has the size of a page (this is a bug)");
    let tile = &tiles[0];
    match picture.channels {
        Channels::Red => tile.pixels().map(|pixel| pixel.0[0]).collect(),
        Channels::Rgb => tile.as_raw().clone(),
    }
}

/// A data set that is being written.
#[derive(Debug)]
pub struct TensorFiles {
    folder: PathBuf,
    picture: Picture,
    ecg: BufWriter<File>,
    pixels: BufWriter<File>,
    lines: BufWriter<File>,
    windows: usize,
}

impl TensorFiles {
    /// An empty data set in `folder`, which is made if need be.
    pub fn create(folder: &Path, picture: Picture) -> Result<TensorFiles, TensorError> {
        let write_error = |path: &Path| {
            let path = path.to_owned();
            |source| TensorError::Write { path, source }
        };
        fs::create_dir_all(folder).map_err(write_error(folder))?;
        if folder.join("dataset.json").exists() {
            return Err(TensorError::Exists { path: folder.to_owned() });
        }
        let create = |name: &str| {
            let path = folder.join(name);
            File::create(&path).map(BufWriter::new).map_err(write_error(&path))
        };
        Ok(TensorFiles {
            folder: folder.to_owned(),
            picture,
            ecg: create("ecg.i16")?,
            pixels: create("pixels.u8")?,
            lines: create("windows.jsonl")?,
            windows: 0,
        })
    }

    /// Adds a window.
    pub fn push(&mut self, window: &Encoded) -> Result<(), TensorError> {
        let files = [
            ("ecg.i16", &mut self.ecg, &window.ecg),
            ("pixels.u8", &mut self.pixels, &window.pixels),
            ("windows.jsonl", &mut self.lines, &window.line),
        ];
        for (name, file, bytes) in files {
            file.write_all(bytes).map_err(|source| TensorError::Write { path: self.folder.join(name), source })?;
        }
        self.windows += 1;
        Ok(())
    }

    /// Ends the data set and says in `dataset.json` what it holds.
    pub fn finish(mut self, seed: Option<u32>) -> Result<usize, TensorError> {
        let files = [("ecg.i16", &mut self.ecg), ("pixels.u8", &mut self.pixels), ("windows.jsonl", &mut self.lines)];
        for (name, file) in files {
            file.flush().map_err(|source| TensorError::Write { path: self.folder.join(name), source })?;
        }
        let description = self.description(seed);
        let path = self.folder.join("dataset.json");
        let text = serde_json::to_string_pretty(&description).expect("JSON values are JSON (this is a bug)");
        fs::write(&path, text + "\n").map_err(|source| TensorError::Write { path, source })?;
        Ok(self.windows)
    }

    fn description(&self, seed: Option<u32>) -> serde_json::Value {
        let (channels, mut shape) = match self.picture.channels {
            Channels::Red => (vec!["red"], vec![self.windows, SIDE, SIDE]),
            Channels::Rgb => (vec!["red", "green", "blue"], vec![self.windows, SIDE, SIDE]),
        };
        if channels.len() > 1 {
            shape.push(channels.len());
        }
        let mode = if self.picture.mode == ImageMode::Pad { "pad" } else { "ori" };
        let leads: Vec<&str> = STANDARD_LEADS.iter().map(crate::ecg::Lead::name).collect();
        let findings: Vec<String> = Finding::all().into_iter().map(Finding::name).collect();
        serde_json::json!({
            "format": FORMAT,
            "created_by": concat!("gemwatch ", env!("CARGO_PKG_VERSION")),
            "windows": self.windows,
            "seed": seed,
            "ecg": {
                "file": "ecg.i16", "dtype": "<i2", "shape": [self.windows, leads.len(), SAMPLES],
                "unit": "uV", "rate_hz": crate::signal::RATE_HZ, "leads": leads,
            },
            "pixels": {
                "file": "pixels.u8", "dtype": "u1", "shape": shape, "channels": channels, "mode": mode,
                "page": "paper::gem_page", "normalised": false,
            },
            "lines": { "file": "windows.jsonl" },
            "findings": findings,
        })
    }
}
