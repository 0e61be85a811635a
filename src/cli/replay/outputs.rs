//! The files of a replay.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::super::failure::{BadInput, Failure};
use super::Replay;
use super::points::PointsFile;
use gemwatch::ecg::Time;
use gemwatch::pipeline::Said;
use gemwatch::publish::JsonLines;

type Lines = JsonLines<Box<dyn Write + Send>>;

/// A row of `--beats`.
#[derive(Debug, Serialize)]
struct BeatRow<'a> {
    stream_id: &'a str,
    time_s: f64,
    label: char,
}

/// Where everything goes. The first error is kept and ends the replay.
pub struct Outputs {
    alerts: Lines,
    vitals: Option<Lines>,
    beats: Option<Lines>,
    points: Option<PointsFile>,
    failed: Option<io::Error>,
}

impl Outputs {
    /// Opens the files.
    pub fn open(replay: &Replay) -> Result<Outputs, Failure> {
        let open = |path: &PathBuf| -> Result<Lines, Failure> { open(path).bad_input() };
        Ok(Outputs {
            alerts: match &replay.alerts {
                Some(path) => open(path)?,
                None => JsonLines::new(Box::new(io::stdout())),
            },
            vitals: replay.vitals.as_ref().map(open).transpose()?,
            beats: replay.beats.as_ref().map(open).transpose()?,
            points: replay.points.as_deref().map(|path| PointsFile::open(path).bad_input()).transpose()?,
            failed: None,
        })
    }

    /// Does anybody want the marks of the waves?
    pub fn want_points(&self) -> bool {
        self.points.is_some()
    }

    /// Writes what is to be written of it; `start` is the start of its record.
    pub fn take(&mut self, said: &Said, start: Time) {
        if let Err(error) = self.write(said, start) {
            self.failed.get_or_insert(error);
        }
    }

    fn write(&mut self, said: &Said, start: Time) -> io::Result<()> {
        if let (Said::Points { stream_id, points }, Some(file)) = (said, &mut self.points) {
            return file.write(stream_id, points, start);
        }
        match (said, &mut self.vitals, &mut self.beats) {
            (Said::Alert { alert, .. }, ..) => self.alerts.write(alert),
            (Said::Vitals { vitals, .. }, Some(lines), _) => lines.write(vitals),
            (Said::Beat { stream_id, at }, _, Some(lines)) => {
                let time_s = (at.seconds_since(start) * 1000.0).round() / 1000.0;
                // Beats are not classified yet: Q is the WFDB code of a beat whose class is not known.
                lines.write(&BeatRow { stream_id: stream_id.as_str(), time_s, label: 'Q' })
            }
            _ => Ok(()),
        }
    }

    /// Hands everything on and tells the first error.
    pub fn finish(mut self) -> Result<(), Failure> {
        let all = std::iter::once(&mut self.alerts).chain(&mut self.vitals).chain(&mut self.beats);
        let points = self.points.iter_mut().map(PointsFile::flush);
        let flushed = all.map(JsonLines::flush).chain(points).collect::<io::Result<Vec<()>>>();
        match self.failed.map_or(flushed.map(drop), Err) {
            // Whoever reads our output has heard enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => Ok(result.context("cannot write what was said")?),
        }
    }
}

fn open(path: &Path) -> anyhow::Result<Lines> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(JsonLines::new(Box::new(BufWriter::new(file))))
}
