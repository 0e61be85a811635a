//! `gemwatch validate diagnoses`: readings and criteria against the diagnosis statements that came with recordings.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anstream::{print, println};
use anyhow::{Context, anyhow};
use clap::Args;
use serde::Serialize;

use super::super::failure::{BadInput, Failure};
use super::super::model::{Model, load_interpreter};
use super::super::tables;
use super::find;
use gemwatch::config::Config;
use gemwatch::criteria::examine;
use gemwatch::dataset::statements;
use gemwatch::gem::engine::Priority;
use gemwatch::grounding::{self, Claim, Tally};
use gemwatch::measure::measure;
use gemwatch::pipeline::Interpreter;
use gemwatch::source::recordings::Record;
use gemwatch::validate::diagnoses::{Diagnoses, Diagnosis, Hits, found, macro_f1, said, score, stated};

/// Score diagnoses: what the criteria find and what a model says, against the statements of the recordings
///
/// The statements are those of the headers (SNOMED CT codes of the PhysioNet/CinC Challenges, the diagnoses of LUDB) and of
/// a `ptbxl_database.csv` beside the records. Records without any are left out. Of each record the first ten seconds are
/// read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch validate diagnoses ptb-xl ludb cinc2021                    what the criteria find
  gemwatch validate diagnoses ptb-xl ludb cinc2021 --model shipped    and what the model that comes with gemwatch says")]
pub struct DiagnosesOf {
    /// Folders with WFDB records, or records
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// The model package that reads, "shipped", or "none"
    #[arg(long, default_value = "none", value_name = "DIR")]
    model: Model,
    /// List every record
    #[arg(long)]
    list: bool,
    /// JSON instead of tables
    #[arg(long)]
    json: bool,
}

/// The length of a 12-lead ECG.
const WINDOW_S: f64 = 10.0;
/// The table of PTB-XL.
const PTB_XL: &str = "ptbxl_database.csv";

/// A record: what is stated, what the criteria find, and what the model says.
#[derive(Debug, Serialize)]
struct Case {
    record: String,
    statements: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<Reading>,
    #[serde(skip)]
    stated: Diagnoses,
    #[serde(skip)]
    has_rhythm: bool,
    #[serde(skip)]
    found: Diagnoses,
}

#[derive(Debug, Serialize)]
struct Reading {
    text: String,
    claims: Vec<Claim>,
    #[serde(skip)]
    said: Diagnoses,
}

#[derive(Debug, Serialize)]
struct Row {
    diagnosis: &'static str,
    stated: u64,
    criteria: Scores,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<Scores>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Scores {
    #[serde(flatten)]
    hits: Hits,
    sensitivity: Option<f64>,
    positive_predictivity: Option<f64>,
    f1: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    records: usize,
    diagnoses: Vec<Row>,
    criteria_macro_f1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading_macro_f1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grounding: Option<Tally>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cases: Option<&'a [Case]>,
}

impl DiagnosesOf {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let paths = find::records(&self.paths, |_| true).bad_input()?;
        let interpreter = load_interpreter(&self.model, &Config::load(None).bad_input()?)?;
        let progress = find::progress_bar(paths.len())?;
        let mut tables = BTreeMap::new();
        let mut cases = Vec::new();
        for path in &paths {
            let case = case(path, &mut tables, interpreter.as_ref());
            cases.extend(case.with_context(|| format!("cannot score {}", path.display())).bad_input()?);
            progress.inc(1);
        }
        progress.finish_and_clear();
        if cases.is_empty() {
            return Err(anyhow!("no record has diagnosis statements")).bad_input();
        }
        let report = self.report(&cases);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report).context("cannot write the report as JSON")?);
        } else {
            print!("{}", text(&report));
            if self.list {
                for case in &cases {
                    println!("{}", line(case));
                }
            }
        }
        Ok(())
    }

    fn report<'a>(&self, cases: &'a [Case]) -> Report<'a> {
        let by_criteria: Vec<_> = cases.iter().map(|case| (&case.stated, case.has_rhythm, &case.found)).collect();
        let read: Vec<_> = cases.iter().filter_map(|case| Some((case, case.reading.as_ref()?))).collect();
        let by_reading: Vec<_> =
            read.iter().map(|(case, reading)| (&case.stated, case.has_rhythm, &reading.said)).collect();
        let (criteria, readings) = (score(&by_criteria), score(&by_reading));
        let is_read = !read.is_empty();
        let row = |((diagnosis, hits), (_, of_reading)): (&(Diagnosis, Hits), &(Diagnosis, Hits))| Row {
            diagnosis: diagnosis.name(),
            stated: hits.stated(),
            criteria: scores(*hits),
            reading: is_read.then(|| scores(*of_reading)),
        };
        Report {
            records: cases.len(),
            diagnoses: criteria.iter().zip(&readings).map(row).collect(),
            criteria_macro_f1: macro_f1(&criteria),
            reading_macro_f1: is_read.then(|| macro_f1(&readings)).flatten(),
            grounding: is_read.then(|| Tally::of(read.iter().map(|(_, reading)| reading.claims.as_slice()))),
            cases: self.list.then_some(cases),
        }
    }
}

fn scores(hits: Hits) -> Scores {
    Scores { hits, sensitivity: hits.sensitivity(), positive_predictivity: hits.positive_predictivity(), f1: hits.f1() }
}

/// The record; none if nothing is stated about it. `tables` keeps what was read of each folder.
fn case(
    path: &Path,
    tables: &mut BTreeMap<PathBuf, BTreeMap<String, Vec<String>>>,
    interpreter: Option<&Interpreter>,
) -> anyhow::Result<Option<Case>> {
    let record = Record::open(path)?;
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    if !tables.contains_key(&folder) {
        tables.insert(folder.clone(), ptb_xl(&folder.join(PTB_XL))?);
    }
    let mut statements = statements::of_comments(&record.comments);
    statements.extend(tables[&folder].get(&record.name).into_iter().flatten().cloned());
    if statements.is_empty() {
        return Ok(None);
    }
    let strip = record.window(0.0, WINDOW_S)?;
    let measurements = measure(&strip);
    let examination = examine(&strip, &measurements);
    let reading = interpreter.map(|interpreter| {
        let text = interpreter.read(&strip, Priority::default(), &|| false, &mut |_| {}).text;
        let claims = grounding::ground(&text, &measurements, &examination).claims;
        Reading { said: said(&text), text, claims }
    });
    let (stated, has_rhythm) = stated(&statements);
    Ok(Some(Case { record: record.name, statements, reading, stated, has_rhythm, found: found(&examination) }))
}

/// Statements by the name of the record, from the table of PTB-XL; none where there is no such table.
fn ptb_xl(path: &Path) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let rows = find::table(path)?;
    let named = rows.iter().filter_map(|row| {
        let record = row.text(&["filename_hr"])?.rsplit('/').next()?;
        Some((record.to_owned(), statements::of_scp_codes(row.text(&["scp_codes"])?)))
    });
    Ok(named.collect())
}

fn text(report: &Report) -> String {
    let with_reading = report.grounding.is_some();
    let cells = |scores: &Scores| {
        [scores.sensitivity, scores.positive_predictivity, scores.f1].map(|value| tables::number(value, 1))
    };
    let mut heading = vec![String::new(), "stated".to_owned()];
    heading.extend(["criteria Se %", "+P %", "F1"].map(str::to_owned));
    if with_reading {
        heading.extend(["reading Se %", "+P %", "F1"].map(str::to_owned));
    }
    let mut rows = vec![heading];
    for row in &report.diagnoses {
        let mut line = vec![row.diagnosis.to_owned(), row.stated.to_string()];
        line.extend(cells(&row.criteria));
        line.extend(row.reading.iter().flat_map(cells));
        rows.push(line);
    }
    let mut mean = vec!["mean F1".to_owned(), String::new(), String::new(), String::new()];
    mean.push(tables::number(report.criteria_macro_f1, 1));
    if with_reading {
        mean.extend([String::new(), String::new(), tables::number(report.reading_macro_f1, 1)]);
    }
    rows.push(mean);
    let mut text = format!("{} records with statements\n\n{}", report.records, tables::columns(&rows));
    if let Some(all) = &report.grounding {
        let _ = writeln!(text, "\n{all}");
    }
    text
}

fn line(case: &Case) -> String {
    let names = |diagnoses: &Diagnoses| diagnoses.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ");
    let said = case.reading.as_ref().map(|reading| format!("; said: {}", names(&reading.said))).unwrap_or_default();
    format!("{}  stated: {}; found: {}{said}", case.record, names(&case.stated), names(&case.found))
}
