//! `gemwatch validate beats`: every beat against the reference, after ANSI/AAMI EC57.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anstream::{print, println};
use anyhow::{Context, anyhow};
use clap::Args;
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde::Serialize;

use super::super::failure::{BadInput, Failure};
use super::super::replay::{BeatRow, CHUNK_S, bed_settings};
use super::super::tables;
use super::find;
use gemwatch::config::Config;
use gemwatch::ecg::StreamId;
use gemwatch::pipeline::{Monitor, Said};
use gemwatch::source::recordings::Record;
use gemwatch::validate::beat_class::BeatClass;
use gemwatch::validate::beats::{BeatRules, DetectedBeat, RecordScore, RecordSpan, ReferenceBeats, score_record};
use gemwatch::validate::bootstrap::Draws;
use gemwatch::validate::matrix::BeatRates;
use gemwatch::validate::summary::{BeatSummary, PACED_RECORDS, summarise};
use gemwatch::validate::{detections, line_format};

/// Score beats: sensitivity and +P of QRS, V and S after ANSI/AAMI EC57
///
/// Records are replayed through the alarm path, or their beats are read from a table. A beat counts as found within the
/// window; each beat and each detection counts once; the learning period does not count, nor do detections in
/// ventricular flutter and fibrillation. The first table is that of the WFDB programs bxb and sumstats.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch validate beats mitdb                      every record with annotations (.atr) in a folder
  gemwatch validate beats mitdb/100 mitdb/105 --json two records, for machines
  gemwatch validate beats mitdb --beats beats.jsonl  what replay --beats wrote, or another detector's CSV:
                                                     record,time_s,label")]
pub struct Beats {
    /// Folders with WFDB records and their annotations, or records
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// Score these beats instead of those of the alarm path: JSON Lines or CSV
    #[arg(long = "beats", value_name = "FILE")]
    table: Option<PathBuf>,
    /// The reference annotator
    #[arg(long, value_name = "NAME", default_value = "atr")]
    reference: String,
    /// How far a detection may lie from its beat
    #[arg(long, value_name = "MS", default_value = "150", value_parser = clap::value_parser!(u16).range(0..=1000))]
    window: u16,
    /// How long the detector may learn before beats count
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    learning: u32,
    /// How often records are drawn for the 95 % intervals
    #[arg(long, value_name = "TIMES", default_value = "2000", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    bootstrap: u32,
    /// The seed of these draws
    #[arg(long, default_value = "1")]
    seed: u64,
    /// JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Settings of the alarm path; see config/gemwatch.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// A record to score.
struct Case {
    name: String,
    span: RecordSpan,
    reference: ReferenceBeats,
    detected: Vec<DetectedBeat>,
    /// It was in the table; always, if there is none.
    heard_of: bool,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    summary: &'a BeatSummary,
    /// Records whose annotations mark no beat.
    left_out: &'a [String],
    /// Records that the table does not name: all their beats count as missed.
    not_in_table: &'a [String],
}

impl Beats {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::load(self.config.as_deref()).bad_input()?;
        let has_reference = |record: &Path| find::beside(record, &self.reference).is_file();
        let paths = find::records(&self.paths, has_reference).bad_input()?;
        if paths.is_empty() {
            return Err(anyhow!("no record with .{} annotations was found", self.reference)).bad_input();
        }
        let progress = find::progress_bar(paths.len())?;
        let cases: anyhow::Result<Vec<Case>> =
            paths.par_iter().map(|path| self.case(path, &config).inspect(|case| done(&progress, case))).collect();
        progress.finish_and_clear();
        let (mut cases, empty): (Vec<Case>, Vec<Case>) =
            cases.bad_input()?.into_iter().partition(|case| !case.reference.beats.is_empty());
        if let Some(path) = &self.table {
            take_from_table(&mut cases, path).bad_input()?;
        }
        let rules = BeatRules { learning_s: f64::from(self.learning), window_s: f64::from(self.window) / 1e3 };
        let score = |case: &Case| score_record(&case.reference, &case.detected, case.span, &rules);
        let scores: Vec<(String, RecordScore)> = cases.iter().map(|case| (case.name.clone(), score(case))).collect();
        let summary = summarise(&scores, rules, Draws { times: self.bootstrap, seed: self.seed });
        let left_out: Vec<String> = empty.into_iter().map(|case| case.name).collect();
        let not_in_table: Vec<String> =
            cases.iter().filter(|case| !case.heard_of).map(|case| case.name.clone()).collect();
        if self.json {
            let report = Report { summary: &summary, left_out: &left_out, not_in_table: &not_in_table };
            println!("{}", serde_json::to_string_pretty(&report).context("cannot write the report as JSON")?);
        } else {
            print!("{}", text(&summary, &scores));
            for name in left_out {
                println!("left out: {name} has no beats in its annotations");
            }
            for name in not_in_table {
                println!("missed: {name} is not in the table");
            }
        }
        Ok(())
    }

    fn case(&self, path: &Path, config: &Config) -> anyhow::Result<Case> {
        let record = Record::open(path)?;
        let reference = ReferenceBeats::of(&record.annotations(&self.reference)?);
        let detected = if self.table.is_some() || reference.beats.is_empty() {
            Vec::new()
        } else {
            replay(&record, config).with_context(|| format!("cannot replay {}", path.display()))?
        };
        Ok(Case {
            span: RecordSpan { rate_hz: record.rate_hz, samples: record.samples as i64 },
            name: record.name,
            reference,
            detected,
            heard_of: self.table.is_none(),
        })
    }
}

fn done(progress: &ProgressBar, case: &Case) {
    progress.set_message(case.name.clone());
    progress.inc(1);
}

/// The beats that the alarm path finds, with the times that `replay --beats` writes.
fn replay(record: &Record, config: &Config) -> anyhow::Result<Vec<DetectedBeat>> {
    let start = record.start.unwrap_or_default();
    let stream_id = StreamId::new(&record.name)?;
    let mut monitor = Monitor::new(bed_settings(config, false));
    let mut beats = Vec::new();
    let mut take = |said: &Said| {
        beats.extend(BeatRow::of(said, start).map(|row| DetectedBeat {
            sample: row.sample(record.rate_hz),
            class: Some(BeatClass::named(row.label.encode_utf8(&mut [0; 4]))),
        }));
    };
    let mut end = start;
    for chunk in record.chunks(stream_id.clone(), CHUNK_S)? {
        end = chunk.end();
        monitor.push(&chunk).iter().for_each(&mut take);
    }
    monitor.close(&stream_id, end).iter().for_each(&mut take);
    Ok(beats)
}

fn take_from_table(cases: &mut [Case], path: &Path) -> anyhow::Result<()> {
    let rates_hz: BTreeMap<String, f64> = cases.iter().map(|case| (case.name.clone(), case.span.rate_hz)).collect();
    if rates_hz.len() < cases.len() {
        return Err(anyhow!("two records have the same name: a table cannot tell them apart"));
    }
    let mut beats = detections::beats(&find::table(path)?, &rates_hz)
        .with_context(|| format!("cannot use the beats of {}", path.display()))?;
    for case in cases {
        let detected = beats.remove(&case.name);
        case.heard_of = detected.is_some();
        case.detected = detected.unwrap_or_default();
    }
    Ok(())
}

fn text(summary: &BeatSummary, scores: &[(String, RecordScore)]) -> String {
    let matrices: Vec<_> = scores.iter().map(|(name, score)| (name.clone(), score.matrix)).collect();
    let short = &summary.short_intervals;
    [
        format!(
            "{} records; window {:.0} ms, first {:.0} s not counted, detections in VF not counted\n\n",
            scores.len(),
            summary.rules.window_s * 1e3,
            summary.rules.learning_s
        ),
        line_format::beat_table(&matrices),
        format!("\n{}\n", line_format::matrix_table(&summary.gross.matrix)),
        rate_table(summary),
        format!("\n{}bias and jitter: mean and SD of detection minus reference\n", jitter_table(summary)),
        format!(
            "\n{} intervals of 10 s: {} % with a missed beat, {} % with a false beat, {} % with either; \
             accuracy of the 5th percentile {} %; AUecdf {}\n",
            short.intervals,
            percent(short.with_missed),
            percent(short.with_added),
            percent(short.with_error),
            tables::number(short.accuracy_p05, 1),
            tables::number(short.auecdf, 4),
        ),
    ]
    .concat()
}

fn percent(value: Option<f64>) -> String {
    tables::number(value, 2)
}

/// Gross and average rates, and what is to be known about them.
fn rate_table(summary: &BeatSummary) -> String {
    let mut rows = vec![["rate", "gross %", "95 % interval", "average %"].map(str::to_owned).to_vec()];
    let intervals = &summary.bootstrap.intervals;
    let (low, high, average) = (intervals.low.named(), intervals.high.named(), summary.average.named());
    for (index, (name, gross)) in summary.gross.rates.named().into_iter().enumerate() {
        let interval = format!("{} to {}", percent(low[index].1), percent(high[index].1));
        rows.push(vec![name.to_owned(), percent(gross), interval, percent(average[index].1)]);
    }
    let draws = summary.bootstrap.draws;
    let mut text = tables::columns(&rows);
    let _ = writeln!(text, "95 % intervals: {} draws of records, seed {}", draws.times, draws.seed);
    if !summary.classified {
        text += "The detector gives no classes: rates of V and S mean nothing.\n";
    }
    if let Some(unpaced) = summary.gross_unpaced.map(|totals| totals.rates) {
        let (names, se, ppv) = (PACED_RECORDS.join(", "), percent(unpaced.se), percent(unpaced.ppv));
        let _ = writeln!(text, "Without paced records ({names}): Se {se} %, +P {ppv} %");
    }
    text
}

fn jitter_table(summary: &BeatSummary) -> String {
    let row = |name: &str, rates: &BeatRates, bias_ms: Option<f64>, jitter_ms: Option<f64>| {
        let ms = |value| tables::number(value, 1);
        vec![name.to_owned(), percent(rates.se), percent(rates.ppv), ms(bias_ms), ms(jitter_ms)]
    };
    let mut rows = vec![["record", "Se %", "+P %", "bias ms", "jitter ms"].map(str::to_owned).to_vec()];
    rows.extend(summary.records.iter().map(|one| row(&one.record, &one.totals.rates, one.bias_ms, one.jitter_ms)));
    rows.push(row("all", &summary.gross.rates, summary.bias_ms, summary.jitter_ms));
    tables::columns(&rows)
}
