//! The files of a replay.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::super::failure::{BadInput, Failure};
use super::Replay;
use super::annotation_files::AnnotationFiles;
use super::beat_rows::BeatRow;
use super::board::BoardOutput;
use super::points::PointsFile;
use gemwatch::ecg::{Chunk, Time};
use gemwatch::pipeline::Said;
use gemwatch::publish::JsonLines;
use gemwatch::source::recordings::Record;

type Lines = JsonLines<Box<dyn Write + Send>>;

/// Where everything goes. The first error is kept and ends the replay.
pub struct Outputs {
    alerts: Lines,
    vitals: Option<Lines>,
    beats: Option<Lines>,
    annotations: Option<AnnotationFiles>,
    points: Option<PointsFile>,
    board: Option<BoardOutput>,
    failed: Option<io::Error>,
}

impl Outputs {
    /// Opens the files for what is said of these records.
    pub fn open(replay: &Replay, records: &[Record]) -> Result<Outputs, Failure> {
        let open = |path: &PathBuf| -> Result<Lines, Failure> { open(path).bad_input() };
        Ok(Outputs {
            alerts: match &replay.alerts {
                Some(path) => open(path)?,
                None => JsonLines::new(Box::new(io::stdout())),
            },
            vitals: replay.vitals.as_ref().map(open).transpose()?,
            beats: replay.beats.as_ref().map(open).transpose()?,
            annotations: match &replay.annotations {
                Some(name) => Some(AnnotationFiles::new(name, replay.annotations_dir.clone(), records).bad_input()?),
                None => None,
            },
            points: replay.points.as_deref().map(|path| PointsFile::open(path).bad_input()).transpose()?,
            board: if replay.board { Some(BoardOutput::open()?) } else { None },
            failed: None,
        })
    }

    /// Does anybody want the marks of the waves?
    pub fn want_points(&self) -> bool {
        self.points.is_some()
    }

    /// Takes a chunk, before what is said of it.
    pub fn chunk(&self, chunk: &Chunk) {
        if let Some(board) = &self.board {
            board.chunk(chunk);
        }
    }

    /// Writes what is to be written of it; `start` is the start of its record.
    pub fn take(&mut self, said: &Said, start: Time) {
        if let Some(board) = &mut self.board {
            board.take(said, start);
        }
        if let Err(error) = self.write(said, start) {
            self.failed.get_or_insert(error);
        }
    }

    fn write(&mut self, said: &Said, start: Time) -> io::Result<()> {
        if let (Said::Points { stream_id, points }, Some(file)) = (said, &mut self.points) {
            return file.write(stream_id, points, start);
        }
        if let Some(row) = BeatRow::of(said, start) {
            if let Some(annotations) = &mut self.annotations {
                annotations.take(&row);
            }
            return self.beats.as_mut().map_or(Ok(()), |lines| lines.write(&row));
        }
        match (said, &mut self.vitals) {
            (Said::Alert { alert, .. }, _) => self.alerts.write(alert),
            (Said::Vitals { vitals, .. }, Some(lines)) => lines.write(vitals),
            _ => Ok(()),
        }
    }

    /// Hands everything on and tells the first error. Gives the board, if there is one.
    pub fn finish(mut self) -> Result<Option<BoardOutput>, Failure> {
        let all = std::iter::once(&mut self.alerts).chain(&mut self.vitals).chain(&mut self.beats);
        let points = self.points.iter_mut().map(PointsFile::flush);
        let flushed = all.map(JsonLines::flush).chain(points).collect::<io::Result<Vec<()>>>();
        self.annotations.map_or(Ok(()), AnnotationFiles::finish)?;
        match self.failed.map_or(flushed.map(drop), Err) {
            // Whoever reads our output has heard enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            result => result.context("cannot write what was said")?,
        }
        Ok(self.board)
    }
}

fn open(path: &Path) -> anyhow::Result<Lines> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(JsonLines::new(Box::new(BufWriter::new(file))))
}
