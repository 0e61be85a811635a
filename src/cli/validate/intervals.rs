//! `gemwatch validate intervals`: onsets, peaks and ends of waves, and the intervals between them, on LUDB and QTDB.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anstream::{print, println};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use rayon::prelude::*;
use serde::Serialize;

use super::super::failure::{BadInput, Failure};
use super::super::replay::{CHUNK_S, bed_settings, point_rows};
use super::super::tables;
use super::find;
use gemwatch::config::Config;
use gemwatch::ecg::{STANDARD_LEADS, StreamId};
use gemwatch::pipeline::{Monitor, Said};
use gemwatch::source::recordings::Record;
use gemwatch::validate::delineation::{Point, PointSummary, Points, RecordDelineation, TOLERANCE_S, summarise};
use gemwatch::validate::detections::{self, ANY_LEAD};
use gemwatch::validate::intervals::{self, Interval, IntervalSummary};

/// Score intervals: errors of P, QRS and T on- and offsets against LUDB or QTDB
///
/// For each reference point the nearest point of the same kind; within 150 ms it counts as found. LUDB: every lead
/// against its own annotations, and the records' median PR, QRS and QT. QTDB: the manual annotations (q1c, else qt1),
/// each against the better of the two leads. Records are replayed through the alarm path, or their points are read from
/// a table.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch validate intervals ludb                            every annotated record in a folder
  gemwatch validate intervals ludb qtdb --json                both databases, for machines
  gemwatch validate intervals ludb --points points.csv        what replay --points wrote, or another program's CSV:
                                                              record,lead,point,time_s")]
pub struct Intervals {
    /// Folders with WFDB records and their annotations, or records
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// Score these points instead of those of the alarm path: CSV or JSON Lines; the lead * stands for all
    #[arg(long, value_name = "FILE")]
    points: Option<PathBuf>,
    /// JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Settings of the alarm path; see config/gemwatch.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Which database a record is of: how its reference is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Database {
    Ludb,
    Qtdb,
}

/// Annotators of QTDB by preference.
const QTDB_ANNOTATORS: [&str; 2] = ["q1c", "qt1"];

/// A record to score.
struct Case {
    record: Record,
    database: Database,
    /// Leads in lower case and the reference of each; QTDB has one reference for both.
    reference: Vec<(String, Points)>,
}

/// Detected points by record and lead.
type Detected = BTreeMap<String, BTreeMap<String, Points>>;

#[derive(Debug, Serialize)]
struct Report {
    database: Database,
    records: usize,
    points: Vec<PointSummary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    intervals: Vec<IntervalSummary>,
}

impl Intervals {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let paths = find::records(&self.paths, has_reference).bad_input()?;
        let progress = find::progress_bar(paths.len())?;
        let cases: anyhow::Result<Vec<Option<Case>>> =
            paths.par_iter().map(|path| case(path).inspect(|_| progress.inc(1))).collect();
        progress.finish_and_clear();
        let cases: Vec<Case> = cases.bad_input()?.into_iter().flatten().collect();
        if cases.is_empty() {
            return Err(anyhow!("no record with the annotations of LUDB (.i, .ii, ...) or QTDB (.q1c) was found"))
                .bad_input();
        }
        let detected = self.detected(&cases).bad_input()?;
        let of = |database| cases.iter().filter(|case| case.database == database).collect::<Vec<_>>();
        let reports = [Database::Ludb, Database::Qtdb].map(|database| report(database, &of(database), &detected));
        let reports: Vec<Report> = reports.into_iter().filter(|report| report.records > 0).collect();
        if self.json {
            println!("{}", serde_json::to_string_pretty(&reports).context("cannot write the report as JSON")?);
        } else {
            print!("{}", text(&reports));
        }
        Ok(())
    }

    /// What is to be scored, from wherever it comes.
    fn detected(&self, cases: &[Case]) -> anyhow::Result<Detected> {
        let rates_hz = find::rates_hz(cases.iter().map(|case| &case.record))?;
        let Some(path) = &self.points else { return self.replayed(cases) };
        let points = detections::points(&find::table(path)?, &rates_hz)
            .with_context(|| format!("cannot use the points of {}", path.display()))?;
        if points.is_empty() {
            bail!("{} has no points of these records", path.display());
        }
        Ok(points)
    }

    /// The points that the alarm path marks.
    fn replayed(&self, cases: &[Case]) -> anyhow::Result<Detected> {
        let config = Config::load(self.config.as_deref())?;
        let progress = find::progress_bar(cases.len())?;
        let one = |case: &Case| {
            let points = replay(&case.record, &config)
                .with_context(|| format!("cannot replay {}", case.record.path.display()))?;
            progress.set_message(case.record.name.clone());
            progress.inc(1);
            Ok((case.record.name.clone(), points))
        };
        let detected = cases.par_iter().map(one).collect();
        progress.finish_and_clear();
        detected
    }
}

/// The points of each lead, at the times that `replay --points` writes. The record is followed by nothing: what there is
/// of its last beats is marked, too.
fn replay(record: &Record, config: &Config) -> anyhow::Result<BTreeMap<String, Points>> {
    let start = record.start.unwrap_or_default();
    let stream_id = StreamId::new(&record.name)?;
    let mut monitor = Monitor::new(bed_settings(config, true));
    let mut leads: BTreeMap<String, Points> = BTreeMap::new();
    let mut take = |said: Said| {
        let Said::Points { points: beat, .. } = said else { return };
        for (lead, marks) in &beat.leads {
            let points = leads.entry(lead.name().to_lowercase()).or_default();
            for (name, sample) in point_rows(marks) {
                let Some(point) = Point::from_name(name) else { continue };
                let time_s = (beat.time_of(sample).seconds_since(start) * 1e3).round() / 1e3;
                points.add(point, (time_s * record.rate_hz).round_ties_even() as i64);
            }
        }
    };
    for chunk in record.chunks(stream_id.clone(), CHUNK_S)? {
        monitor.push(&chunk).into_iter().for_each(&mut take);
    }
    let end = start.plus_samples(record.samples as i64, record.rate_hz);
    monitor.close(&stream_id, end).into_iter().for_each(take);
    Ok(leads)
}

/// Annotators of LUDB: each lead has its own.
fn ludb_annotators() -> impl Iterator<Item = String> {
    STANDARD_LEADS.iter().map(|lead| lead.to_string().to_lowercase())
}

fn has_reference(record: &Path) -> bool {
    let annotators = ludb_annotators().chain(QTDB_ANNOTATORS.map(str::to_owned));
    annotators.map(|annotator| find::beside(record, &annotator)).any(|path| path.is_file())
}

/// The record; none if its annotations are of leads that it does not have.
fn case(path: &Path) -> anyhow::Result<Option<Case>> {
    let has = |annotator: &str| find::beside(path, annotator).is_file();
    let qtdb = QTDB_ANNOTATORS.into_iter().find(|annotator| has(annotator));
    let record = Record::open(path)?;
    let leads: Vec<String> = record.signals.iter().map(|signal| signal.description.to_lowercase()).collect();
    let points =
        |annotator: &str| -> anyhow::Result<Points> { Ok(Points::of_annotations(&record.annotations(annotator)?)) };
    let annotated: Vec<&String> = leads.iter().filter(|lead| has(lead)).collect();
    let (database, reference) = if let (true, Some(annotator)) = (annotated.is_empty(), qtdb) {
        let reference = points(annotator)?;
        (Database::Qtdb, leads.iter().take(2).map(|lead| (lead.clone(), reference.clone())).collect())
    } else {
        let reference = annotated.into_iter().map(|lead| Ok((lead.clone(), points(lead)?)));
        (Database::Ludb, reference.collect::<anyhow::Result<Vec<_>>>()?)
    };
    Ok((!reference.is_empty()).then_some(Case { record, database, reference }))
}

/// What was detected in a lead of a record; points of all leads together stand in for those of a lead.
fn of_lead<'a>(detected: &'a Detected, record: &str, lead: &str) -> Option<&'a Points> {
    let leads = detected.get(record)?;
    leads.get(lead).or_else(|| leads.get(ANY_LEAD))
}

/// The median of an interval in the reference and in what was detected, in ms.
type MedianPair = (Option<f64>, Option<f64>);

fn report(database: Database, cases: &[&Case], detected: &Detected) -> Report {
    let none = Points::default();
    let mut delineations = Vec::new();
    let mut medians_ms: BTreeMap<Interval, Vec<MedianPair>> = BTreeMap::new();
    for case in cases {
        let rate_hz = case.record.rate_hz;
        let found = |lead: &str| of_lead(detected, &case.record.name, lead).unwrap_or(&none);
        let mut delineation = RecordDelineation::default();
        if database == Database::Qtdb {
            let leads: Vec<&Points> = case.reference.iter().map(|(lead, _)| found(lead)).collect();
            delineation.score(&case.reference[0].1, &leads, rate_hz);
        } else {
            for (lead, reference) in &case.reference {
                delineation.score(reference, &[found(lead)], rate_hz);
            }
            for (interval, pair) in medians(case, &found) {
                medians_ms.entry(interval).or_default().push(pair);
            }
        }
        delineations.push(delineation);
    }
    Report {
        database,
        records: cases.len(),
        points: summarise(&delineations),
        intervals: medians_ms.iter().map(|(interval, medians)| intervals::summarise(*interval, medians)).collect(),
    }
}

/// Each interval's median in the reference and in what was detected. The annotators left out the beats at both ends of a
/// record, so detections there are left out as well.
fn medians<'a>(case: &Case, found: &dyn Fn(&str) -> &'a Points) -> [(Interval, MedianPair); 3] {
    let rate_hz = case.record.rate_hz;
    let reference: Vec<&Points> = case.reference.iter().map(|(_, points)| points).collect();
    let margin = (TOLERANCE_S * rate_hz) as i64;
    let within = |(lead, reference): &(String, Points)| {
        let (from, to) = reference.span()?;
        Some(found(lead).between(from - margin, to + margin))
    };
    let detected: Vec<Points> = case.reference.iter().filter_map(within).collect();
    let detected: Vec<&Points> = detected.iter().collect();
    let pair = |interval: Interval| (interval.median_ms(&reference, rate_hz), interval.median_ms(&detected, rate_hz));
    Interval::ALL.map(|interval| (interval, pair(interval)))
}

fn text(reports: &[Report]) -> String {
    let ms = |value| tables::number(value, 1);
    let heading = ["point", "n", "found %", "mean ms", "SD ms", "SD within a record", "median |e| ms", "2 s(CSE) ms"];
    let mut text = String::new();
    for report in reports {
        let mut rows = vec![heading.map(str::to_owned).to_vec()];
        rows.extend(report.points.iter().map(|point| {
            vec![
                point.point.name().to_owned(),
                point.count.to_string(),
                tables::number(point.found, 2),
                ms(point.mean_ms),
                ms(point.sd_ms),
                ms(point.sd_within_record_ms),
                ms(point.median_abs_ms),
                ms(point.point.cse_tolerance_ms()),
            ]
        }));
        let _ = writeln!(
            text,
            "{:?}, {} records; a point within {:.0} ms of the reference counts as found\n\n{}",
            report.database,
            report.records,
            TOLERANCE_S * 1e3,
            tables::columns(&rows)
        );
        if report.intervals.is_empty() {
            continue;
        }
        let mut rows = vec![["interval", "records", "measured", "mean ± SD ms"].map(str::to_owned).to_vec()];
        rows.extend(report.intervals.iter().map(|interval| {
            vec![
                format!("{:?}", interval.interval),
                interval.records.to_string(),
                interval.measured.to_string(),
                format!("{} ± {}", ms(interval.mean_ms), ms(interval.sd_ms)),
            ]
        }));
        let _ = writeln!(text, "Errors of each record's median interval:\n\n{}", tables::columns(&rows));
    }
    text
}
