//! `gemwatch explain`: one 12-lead window of a record, measured, read and checked.

use std::fs::File;
use std::io::{self, BufWriter, Read as _};
use std::path::{Path, PathBuf};

use anstream::{print, println};
use anyhow::{Context, bail};
use clap::Args;

use super::failure::{BadInput, Failure};
use super::model::{Model, load_interpreter};
use super::recording;
use gemwatch::config::Config;
use gemwatch::ecg::{StreamId, Strip};
use gemwatch::gem::engine::Priority;
use gemwatch::grounding::{Claim, Verdict, marks};
use gemwatch::measure::{Measured, Measurements, measure};
use gemwatch::paper::{self, Layout, Page, PageInfo};
use gemwatch::pipeline::ground_text;
use gemwatch::source::recordings::Record;
use gemwatch::wire::{Explanation, LeadMeasurement, Reading, rfc3339};

/// Explain ten seconds of a record: what was measured, what GEM reads, and what of it is true
///
/// Limb leads that are missing are derived where two of I, II, III are there, all twelve from the EASI leads ES, AS and AI;
/// other missing leads stay missing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch explain ptb-xl/00001_hr --image page.png      the page with every claim marked where it was checked
  gemwatch explain mitdb/100 --at 300 --json             for other programs
  gemwatch explain ptb-xl/00001_hr --reading report.txt  check what somebody else wrote about it")]
pub struct Explain {
    /// Recording: a WFDB record (the path of the header, with or without .hea), an EDF or EDF+ file, a DICOM waveform object
    #[arg(value_name = "RECORD")]
    record: PathBuf,
    /// Where the ten seconds begin
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS")]
    at: f64,
    /// The model package that reads, "shipped", or "none"
    #[arg(long, default_value = "shipped", value_name = "DIR")]
    model: Model,
    /// Check this text instead of reading: a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    reading: Option<PathBuf>,
    /// Draw the page, evidence marked, as PNG
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Which page to draw
    #[arg(long, default_value = "clinician", requires = "image")]
    layout: PageLayout,
    /// Print JSON instead of words
    #[arg(long)]
    json: bool,
}

/// Which page is drawn.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PageLayout {
    /// 3 x 4 leads of 2.5 s with a rhythm strip, evidence marked
    Clinician,
    /// 12 rows of 10 s, as the model sees it
    Gem,
}

/// The length of a 12-lead ECG.
const WINDOW_S: f64 = 10.0;

/// Longest text that is checked.
const MOST_BYTES: u64 = 1 << 20;

impl Explain {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let config = Config::load(None).bad_input()?;
        let record = recording::open(&self.record)?;
        let strip = record.window(self.at, WINDOW_S).bad_input()?;
        let measured = measure(&strip);
        let reading = self.read(&strip, &measured, &config)?;
        if let Some(path) = &self.image {
            self.draw(path, &record, &strip, &measured, reading.as_ref())?;
        }
        let explanation = Explanation::new(&record.name, &strip, &measured, reading);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&explanation).context("cannot write JSON")?);
        } else {
            print(&explanation, self.image.as_deref());
        }
        Ok(())
    }

    fn read(&self, strip: &Strip, measured: &Measurements, config: &Config) -> Result<Option<Reading>, Failure> {
        if let Some(path) = &self.reading {
            let text = text_of(path).bad_input()?;
            return Ok(Some(ground_text(&path.display().to_string(), text.trim(), strip, measured)));
        }
        let interpreter = load_interpreter(&self.model, config)?;
        Ok(interpreter.map(|interpreter| interpreter.read(strip, Priority::default(), &|| false, &mut |_| {})))
    }

    fn draw(
        &self,
        path: &Path,
        record: &Record,
        strip: &Strip,
        measured: &Measurements,
        reading: Option<&Reading>,
    ) -> Result<(), Failure> {
        let page = match self.layout {
            PageLayout::Gem => Page::new(Layout::GemPage),
            PageLayout::Clinician => Page {
                layout: Layout::ClinicianPage,
                caption: caption(record, strip, measured, reading),
                marks: reading.into_iter().flat_map(|reading| &reading.claims).flat_map(marks).collect(),
            },
        };
        let stream_id = StreamId::new(&record.name).bad_input()?;
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display())).bad_input()?;
        let image = paper::draw(strip, &page);
        paper::write_png(BufWriter::new(file), &image, &PageInfo::of(&stream_id, strip, &page))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(())
    }
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    let mut text = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().take(MOST_BYTES + 1).read_to_end(&mut text).context("cannot read standard input")?;
    } else {
        let what = || format!("cannot read {}", path.display());
        File::open(path).with_context(what)?.take(MOST_BYTES + 1).read_to_end(&mut text).with_context(what)?;
    }
    if text.len() as u64 > MOST_BYTES {
        bail!("{} has more than {MOST_BYTES} bytes, which is no reading", path.display());
    }
    String::from_utf8(text).with_context(|| format!("{} is no text (UTF-8)", path.display()))
}

fn caption(record: &Record, strip: &Strip, measured: &Measurements, reading: Option<&Reading>) -> Vec<String> {
    let mut lines = vec![
        format!("{}   {}", record.name, rfc3339(strip.start)),
        format!("heart rate {}", words(&measured.heart_rate)),
        format!("RR {} ({} to {})", words(&measured.rr_mean), words(&measured.rr_min), words(&measured.rr_max)),
        format!("{} beats", measured.beats_s.len()),
    ];
    if let Some(reading) = reading {
        let remark = reading.remark.as_ref().map_or_else(String::new, |remark| format!(" ({remark})"));
        lines.push(format!("read by {}{remark}", reading.model));
        let score = reading.grounding_score.map_or_else(|| "-".to_owned(), |score| format!("{:.0} %", score * 100.0));
        lines.push(format!("{} claims, supported: {score}", reading.claims.len()));
    }
    lines
}

fn words(measured: &Measured) -> String {
    measured.value.map_or_else(|| "not measurable".to_owned(), |value| format!("{value:.0} {}", measured.unit))
}

fn print(explanation: &Explanation, image: Option<&Path>) {
    let list = |leads: &[String]| if leads.is_empty() { "none".to_owned() } else { leads.join(" ") };
    println!("{}: {:.1} s from {}", explanation.record, explanation.window_s, explanation.window_start);
    println!("  recorded  {}", list(&explanation.leads));
    println!("  derived   {}", list(&explanation.derived_leads));
    println!("  missing   {}", list(&explanation.absent_leads));
    println!("\nMeasurements");
    for measured in &explanation.measurements {
        match measured.value {
            Some(value) => println!(
                "  {:<36}{value:>8.1} {:<4} {} beats, {:.1} to {:.1} s, {}",
                measured.what,
                measured.unit,
                measured.beats,
                measured.from_s,
                measured.to_s,
                measured.leads.join(" ")
            ),
            None => println!("  {:<36}not measurable", measured.what),
        }
    }
    print_leads(&explanation.lead_measurements);
    if let Some(reading) = &explanation.reading {
        println!(
            "\nReading by {}{}",
            reading.model,
            reading.remark.as_ref().map_or_else(String::new, |r| format!(": {r}"))
        );
        println!("  {}", reading.text);
        println!("\nClaims");
        if reading.claims.is_empty() {
            println!("  none found");
        }
        for claim in &reading.claims {
            print_claim(claim);
        }
        if let Some(score) = reading.grounding_score {
            let rate = reading.unsupported_claim_rate.unwrap_or_default();
            println!(
                "  supported {:.0} % of what could be checked; contradicted {:.0} % of all",
                100.0 * score,
                100.0 * rate
            );
        }
    }
    if let Some(path) = image {
        println!("\nPage: {}", path.display());
    }
}

/// The words, what they say in standard terms, what was measured, where, and by which criteria.
fn print_claim(claim: &Claim) {
    let verdict = match claim.verdict {
        Verdict::Supported => "supported     ",
        Verdict::Contradicted => "contradicted  ",
        Verdict::NotMeasurable => "not measurable",
    };
    let denied = if claim.denied { "no " } else { "" };
    let hedged = if claim.hedged { ", hedged" } else { "" };
    let measured = claim.measured.map_or_else(String::new, |value| {
        let unit = claim.unit.as_deref().unwrap_or("");
        let decimals = if unit == "mV" { 2 } else { 1 };
        format!(", measured {value:.decimals$} {unit} at {:.1} to {:.1} s", claim.from_s, claim.to_s)
    });
    let leads = if claim.leads.is_empty() { String::new() } else { format!(" in {}", claim.leads.join(" ")) };
    println!("  {verdict}  “{}”: {denied}{}{hedged}{measured}{leads}", claim.text, claim.about);
    for criterion in &claim.criteria {
        println!("                    {criterion}");
    }
}

fn print_leads(leads: &[LeadMeasurement]) {
    if leads.is_empty() {
        return;
    }
    println!("\nLeads (average beat; mV from the level before the QRS complex, - where there is no such wave)");
    println!("  lead      P     Q     R     S     T   ST J  J+60  J+80   QRS    QT  beats");
    for lead in leads {
        print!("  {:<5}", lead.lead);
        let amplitudes =
            [lead.p_mv, lead.q_mv, lead.r_mv, lead.s_mv, lead.t_mv, lead.st_j_mv, lead.st_j60_mv, lead.st_j80_mv];
        for value_mv in amplitudes {
            print!(
                "{:>6}",
                value_mv.map_or_else(|| "-".to_owned(), |mv| format!("{:.2}", if mv.abs() < 0.005 { 0.0 } else { mv }))
            );
        }
        for value_ms in [lead.qrs_ms, lead.qt_ms] {
            print!("{:>6}", value_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}")));
        }
        let q = if lead.q_pathological == Some(true) { "  pathological Q" } else { "" };
        println!("{:>7}{q}", lead.beats);
    }
}
