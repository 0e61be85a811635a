//! `--board`: the recording with what was said of it, in the browser until it is told to end.

use std::io;

use anstream::eprintln;
use anyhow::Context;

use super::super::failure::{BadInput, Failure};
use super::super::shutdown;
use super::beat_rows::BeatRow;
use gemwatch::board::{BeatMark, Board, BoardSettings, Feed, ReferenceMark, Replayed};
use gemwatch::config::Config;
use gemwatch::ecg::{Chunk, Strip, Time};
use gemwatch::http::{self, Listen};
use gemwatch::pipeline::Said;
use gemwatch::pipeline::service::Observer as _;
use gemwatch::source::recordings::{Record, RecordError};

use super::super::board::BoardObserver;

/// Alerts of one recording that are kept with their ten seconds: a day of a restless patient.
const MOST_ALERTS: usize = 2_000;

/// What is said while the recording is played.
pub struct BoardOutput {
    runtime: tokio::runtime::Runtime,
    board: Board,
    feed: Feed,
    beats: Vec<BeatMark>,
}

impl BoardOutput {
    /// Starts the board.
    pub fn open() -> anyhow::Result<BoardOutput> {
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let (board, feed) = {
            let _inside = runtime.enter();
            Board::start(BoardSettings { most_alerts: MOST_ALERTS, is_replay: true }, None)
        };
        Ok(BoardOutput { runtime, board, feed, beats: Vec::new() })
    }

    /// Takes a chunk, before what is said of it.
    pub fn chunk(&self, chunk: &Chunk) {
        self.feed.wait();
        self.feed.chunk(chunk);
    }

    /// Takes what is said; `start` is the start of the record.
    pub fn take(&mut self, said: &Said, start: Time) {
        if let Some(row) = BeatRow::of(said, start) {
            self.beats.push(BeatMark { s: row.time_s, class: row.label });
        }
        BoardObserver(self.feed.clone()).said(said);
    }

    /// Serves it until somebody says that it is enough.
    pub fn serve(self, record: &Record, reference: &str, config: &Config) -> Result<(), Failure> {
        let length_s = record.samples as f64 / record.rate_hz;
        let strip = record.window(0.0, length_s).bad_input()?;
        let replayed = Replayed {
            record: record.name.clone(),
            start: record.start.unwrap_or_default(),
            rate_hz: strip.rate_hz,
            leads: leads(&strip),
            beats: self.beats,
            reference: reference_marks(record, reference)?,
            board: self.board.clone(),
        };
        // Nothing more is said.
        drop(self.feed);
        let Listen::At(address) = config.http.listen else {
            return Err(anyhow::anyhow!("http.listen is \"off\": the board needs an address")).bad_input();
        };
        let pages = self.board.pages(Some(replayed));
        self.runtime.block_on(async {
            let stop = shutdown::signal().context("cannot listen for signals")?;
            let served = http::serve(address, &config.http, pages, stop.requested()).await.bad_input()?;
            eprintln!("{} in the browser: http://{}/   (Ctrl-C ends)", record.name, served.address);
            served.ended().await;
            Ok(())
        })
    }
}

fn leads(strip: &Strip) -> Vec<(gemwatch::ecg::Lead, Vec<i16>)> {
    let recorded = strip.leads.iter().filter(|lead| !lead.derived);
    let row = |samples_mv: &[f32]| samples_mv.iter().map(|mv| Replayed::sample_uv(*mv)).collect();
    recorded.map(|lead| (lead.lead.clone(), row(&lead.samples_mv))).collect()
}

/// What this annotator says of the record; nothing where there is no such file.
fn reference_marks(record: &Record, annotator: &str) -> Result<Vec<ReferenceMark>, Failure> {
    let file = match record.annotations(annotator) {
        Ok(file) => file.to_rate(record.rate_hz),
        Err(RecordError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).bad_input(),
    };
    let mark = |annotation: &gemwatch::source::recordings::Annotation| ReferenceMark {
        s: (annotation.sample as f64 / record.rate_hz * 1000.0).round() / 1000.0,
        symbol: annotation.label.mnemonic().to_owned(),
        aux: annotation.aux.clone(),
    };
    Ok(file.annotations.iter().map(mark).collect())
}
