//! `gemwatch validate alarms`: every alarm against what happened, event by event, and the score of `CinC` 2015.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anstream::{print, println};
use anyhow::{Context, anyhow};
use clap::Args;
use rayon::prelude::*;
use serde::Serialize;

use super::super::failure::{BadInput, Failure};
use super::super::replay::{CHUNK_S, bed_settings};
use super::super::tables;
use super::find;
use gemwatch::alarm::Change;
use gemwatch::bed::{Bed, BedOutput};
use gemwatch::config::Config;
use gemwatch::ecg::{StreamId, Time};
use gemwatch::source::recordings::Record;
use gemwatch::validate::alarms::{CodeScore, RaisedAlarm, RecordAlarms, by_time, score_record, summarise};
use gemwatch::validate::challenge::{ALARM_S, ChallengeLabel, ChallengeScore};
use gemwatch::validate::episodes::{Reference, of_table};

/// Score alarms: sensitivity, positive predictivity, delays and false alarms a bed-day
///
/// Records are replayed through the alarm path. The reference is what the simulated bedside wrote into the header (alarm,
/// onset, end), or rhythm annotations, or a table of episodes. Records of the PhysioNet/CinC Challenge 2015 carry the
/// verdict on one alarm at 300 s; they get the challenge's score.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch validate alarms vfdb                              rhythm annotations (.atr)
  gemwatch validate alarms cudb --episodes cudb/vf_windows_5s.csv
                                                             record,t_start_s,t_end_s,vf or record,from_s,to_s,code
  gemwatch validate alarms cinc2015 --list                   the challenge's score, and each alarm")]
pub struct Alarms {
    /// Folders with WFDB records, or records
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// Episodes by record: CSV or JSON Lines; records that it does not name are left out
    #[arg(long, value_name = "FILE")]
    episodes: Option<PathBuf>,
    /// The annotator of rhythms
    #[arg(long, value_name = "NAME", default_value = "atr")]
    reference: String,
    /// Episodes shorter than this cannot be missed, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    shortest: f64,
    /// Score this alarm by time, too, such as AFIB
    #[arg(long, value_name = "CODE")]
    by_time: Option<String>,
    /// List every episode and every alarm
    #[arg(long)]
    list: bool,
    /// JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Settings of the alarm path; see config/gemwatch.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What a record is judged by.
enum Truth {
    Episodes(Reference),
    Challenge(ChallengeLabel),
}

/// A record, its truth and the alarms raised.
struct Case {
    name: String,
    seconds: f64,
    truth: Truth,
    alarms: Vec<RaisedAlarm>,
}

#[derive(Debug, Serialize)]
struct ByTime {
    code: String,
    sensitivity: Option<f64>,
    specificity: Option<f64>,
}

#[derive(Debug, Serialize)]
struct ChallengeRow<'a> {
    record: &'a str,
    #[serde(flatten)]
    label: &'a ChallengeLabel,
    confirmed: bool,
}

#[derive(Debug, Serialize)]
struct Challenge<'a> {
    score: Option<f64>,
    #[serde(flatten)]
    counts: ChallengeScore,
    records: Vec<ChallengeRow<'a>>,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    records: usize,
    hours: f64,
    codes: Vec<CodeScore>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_time: Option<ByTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<Challenge<'a>>,
}

impl Alarms {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::load(self.config.as_deref()).bad_input()?;
        let paths = find::records(&self.paths, |_| true).bad_input()?;
        let table = self.table().bad_input()?;
        let progress = find::progress_bar(paths.len())?;
        let cases: anyhow::Result<Vec<Option<Case>>> = paths
            .par_iter()
            .map(|path| {
                let case = self.case(path, table.as_ref(), &config);
                progress.inc(1);
                case.with_context(|| format!("cannot score {}", path.display()))
            })
            .collect();
        progress.finish_and_clear();
        let cases: Vec<Case> = cases.bad_input()?.into_iter().flatten().collect();
        if cases.is_empty() {
            let what = "has rhythm annotations, a simulated truth or a label of CinC 2015";
            return Err(anyhow!("no record {what}; give --episodes FILE for others")).bad_input();
        }
        let scores: Vec<(&Case, &Reference, RecordAlarms)> = cases
            .iter()
            .filter_map(|case| match &case.truth {
                Truth::Episodes(reference) => {
                    Some((case, reference, score_record(reference, &case.alarms, case.seconds, self.shortest)))
                }
                Truth::Challenge(_) => None,
            })
            .collect();
        let report = self.report(&cases, &scores);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report).context("cannot write the report as JSON")?);
        } else {
            print!("{}", text(&report));
            if self.list {
                print!("{}", list(&cases, &scores));
            }
        }
        Ok(())
    }

    fn table(&self) -> anyhow::Result<Option<BTreeMap<String, Reference>>> {
        let Some(path) = &self.episodes else { return Ok(None) };
        let references =
            of_table(&find::table(path)?).with_context(|| format!("cannot use the episodes of {}", path.display()))?;
        Ok(Some(references))
    }

    /// The record; none if there is no truth about it.
    fn case(
        &self,
        path: &Path,
        table: Option<&BTreeMap<String, Reference>>,
        config: &Config,
    ) -> anyhow::Result<Option<Case>> {
        let record = Record::open(path)?;
        let seconds = record.samples as f64 / record.rate_hz;
        let rhythms = || -> anyhow::Result<Option<Truth>> {
            if !find::beside(path, &self.reference).is_file() {
                return Ok(None);
            }
            let annotations = record.annotations(&self.reference)?.to_rate(record.rate_hz);
            let reference = Reference::of_rhythms(&annotations, record.rate_hz, seconds)
                .or_else(|| Reference::without_fibrillation(&record.comments));
            Ok(reference.map(Truth::Episodes))
        };
        let truth = match table {
            Some(table) => table.get(&record.name).cloned().map(Truth::Episodes),
            None => match ChallengeLabel::of(&record.comments).map(Truth::Challenge) {
                Some(challenge) => Some(challenge),
                None => Reference::of_simulation(&record.comments)
                    .map(Truth::Episodes)
                    .map_or_else(rhythms, |truth| Ok(Some(truth)))?,
            },
        };
        let Some(truth) = truth else { return Ok(None) };
        let alarms = replay(&record, config)?;
        Ok(Some(Case { name: record.name, seconds, truth, alarms }))
    }

    fn report<'a>(&self, cases: &'a [Case], scores: &[(&Case, &Reference, RecordAlarms)]) -> Report<'a> {
        let records: Vec<RecordAlarms> = scores.iter().map(|(_, _, record)| record.clone()).collect();
        let pairs: Vec<(&Reference, &RecordAlarms)> =
            scores.iter().map(|(_, reference, record)| (*reference, record)).collect();
        let by_time = self.by_time.as_ref().map(|code| {
            let (sensitivity, specificity) = by_time(&pairs, code, self.shortest);
            ByTime { code: code.clone(), sensitivity, specificity }
        });
        Report {
            records: cases.len(),
            hours: cases.iter().map(|case| case.seconds).sum::<f64>() / 3600.0,
            codes: summarise(&records),
            by_time,
            challenge: challenge(cases),
        }
    }
}

fn challenge(cases: &[Case]) -> Option<Challenge<'_>> {
    let mut counts = ChallengeScore::default();
    let mut records = Vec::new();
    for case in cases {
        let Truth::Challenge(label) = &case.truth else { continue };
        let confirmed = label.is_confirmed_by(&case.alarms);
        counts.add(label, confirmed);
        records.push(ChallengeRow { record: &case.name, label, confirmed });
    }
    (!records.is_empty()).then(|| Challenge { score: counts.percent(), counts, records })
}

/// The alarms that the alarm path raises, in seconds from the record's start.
fn replay(record: &Record, config: &Config) -> anyhow::Result<Vec<RaisedAlarm>> {
    let start = record.start.unwrap_or_default();
    let stream_id = StreamId::new(&record.name)?;
    let mut bed = Bed::new(bed_settings(config, false));
    let mut alarms: Vec<(RaisedAlarm, Time)> = Vec::new();
    let mut take = |output: BedOutput| {
        let BedOutput::Alarm { event, .. } = output else { return };
        let seconds = |at: Time| at.seconds_since(start);
        match event.change {
            Change::Raised | Change::Escalated => alarms.push((
                RaisedAlarm {
                    code: event.code.as_str().to_owned(),
                    priority: format!("{:?}", event.code.priority()).to_lowercase(),
                    onset_s: seconds(event.onset),
                    raised_s: seconds(event.raised_at),
                    ended_s: f64::INFINITY,
                },
                event.onset,
            )),
            Change::Acknowledged | Change::Continued => {}
            Change::Latched | Change::Cleared => {
                let same = |(alarm, onset): &&mut (RaisedAlarm, Time)| {
                    *onset == event.onset && alarm.code == event.code.as_str()
                };
                if let Some((alarm, _)) = alarms.iter_mut().rev().find(same) {
                    alarm.ended_s = alarm.ended_s.min(seconds(event.cleared_at.unwrap_or(event.at)));
                }
            }
        }
    };
    let mut end = start;
    for chunk in record.chunks(stream_id, CHUNK_S)? {
        end = chunk.end();
        bed.push(&chunk).into_iter().for_each(&mut take);
    }
    bed.close(end).into_iter().for_each(&mut take);
    Ok(alarms.into_iter().map(|(alarm, _)| alarm).collect())
}

fn text(report: &Report) -> String {
    let mut text = format!("{} records, {:.1} h\n", report.records, report.hours);
    if !report.codes.is_empty() {
        text += "\n";
        let heading = [
            "alarm",
            "episodes",
            "found",
            "Se %",
            "alarms",
            "true",
            "false",
            "+P %",
            "false a bed-day",
            "median delay s",
            "95 % s",
            "longest s",
        ];
        let mut rows = vec![heading.map(str::to_owned).to_vec()];
        rows.extend(report.codes.iter().map(|code| {
            vec![
                code.code.clone(),
                code.episodes.to_string(),
                code.found.to_string(),
                tables::number(code.sensitivity, 1),
                code.alarms.to_string(),
                code.true_alarms.to_string(),
                code.false_alarms.to_string(),
                tables::number(code.positive_predictivity, 1),
                tables::number(code.false_per_bed_day, 1),
                tables::number(code.median_delay_s, 1),
                tables::number(code.p95_delay_s, 1),
                tables::number(code.longest_delay_s, 1),
            ]
        }));
        text += &tables::columns(&rows);
    }
    if let Some(one) = &report.by_time {
        let (se, sp) = (tables::number(one.sensitivity, 1), tables::number(one.specificity, 1));
        let _ = writeln!(text, "\n{} by time: Se {se} %, Sp {sp} %", one.code);
    }
    if let Some(challenge) = &report.challenge {
        let counts = &challenge.counts;
        let _ = writeln!(
            text,
            "\nCinC 2015: score {} (true alarms {} confirmed, {} suppressed; false alarms {} suppressed, {} confirmed)",
            tables::number(challenge.score, 1),
            counts.true_positives,
            counts.false_negatives,
            counts.true_negatives,
            counts.false_positives,
        );
        for row in challenge.records.iter().filter(|row| row.confirmed != row.label.is_true) {
            let what = if row.label.is_true { "true alarm suppressed" } else { "false alarm confirmed" };
            let _ = writeln!(text, "wrong: {} {}: {what}", row.record, row.label.code);
        }
    }
    text
}

/// Every episode and every alarm, a line each.
fn list(cases: &[Case], scores: &[(&Case, &Reference, RecordAlarms)]) -> String {
    let mut text = String::from("\n");
    let alarm_line = |text: &mut String, name: &str, alarm: &RaisedAlarm, verdict: &str| {
        let _ = writeln!(
            text,
            "{name}  alarm {} {:.1} s, raised {:.1} s, ended {:.1} s  {verdict}",
            alarm.code, alarm.onset_s, alarm.raised_s, alarm.ended_s
        );
    };
    for (case, _, record) in scores {
        for (episode, delay_s) in &record.episodes {
            let found = delay_s.map_or_else(|| "missed".to_owned(), |delay_s| format!("after {delay_s:.1} s"));
            let _ = writeln!(
                text,
                "{}  {} {:.1} to {:.1} s  {found}",
                case.name, episode.code, episode.from_s, episode.to_s
            );
        }
        for (alarm, is_true) in &record.alarms {
            let verdict = is_true.map_or("not judged", |is_true| if is_true { "true" } else { "false" });
            alarm_line(&mut text, &case.name, alarm, verdict);
        }
    }
    for case in cases.iter().filter(|case| matches!(case.truth, Truth::Challenge(_))) {
        for alarm in case.alarms.iter().filter(|alarm| alarm.ended_s > ALARM_S - 30.0 && alarm.onset_s < ALARM_S) {
            alarm_line(&mut text, &case.name, alarm, "");
        }
    }
    text
}
