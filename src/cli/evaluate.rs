//! `gemwatch evaluate`: how well a model's readings are grounded, by GEM's eight criteria.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anstream::{print, println};
use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;

use super::failure::{BadInput, Failure};
use super::model::{Model, load_interpreter};
use super::tables;
use gemwatch::chat::{ChatServer, KEY_VARIABLE};
use gemwatch::config::Config;
use gemwatch::criteria::examine;
use gemwatch::ecg::Strip;
use gemwatch::evaluate::files::{self, Answer, Asked, Lines};
use gemwatch::evaluate::judge::{Judgement, judge};
use gemwatch::evaluate::summary::{Mean, means};
use gemwatch::evaluate::{Scores, exact};
use gemwatch::gem::engine::Priority;
use gemwatch::grounding::{self, Claim, Tally};
use gemwatch::measure::measure;
use gemwatch::pipeline::Interpreter;
use gemwatch::source::recordings::Record;

/// Score readings by the Grounded ECG Understanding task: eight criteria, from the waveform or by a judge
///
/// Six criteria are computed: every claim of a reading is checked against the waveform. A judge, a language model on a
/// server, gives all eight by comparison with the reference readings, as in GEM's own evaluation. What was answered and
/// judged before is not done again: answers and judgements are only ever appended.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gemwatch evaluate data/questions.json --answers answers.jsonl
                                  score answers that are there
  gemwatch evaluate data/questions.json --answers answers.jsonl --model shipped
                                  let the model that comes with gemwatch answer what is missing, then score
  gemwatch evaluate data/questions.json --answers answers.jsonl --judge https://api.openai.com/v1 --judge-model gpt-4o
                                  have a judge score too; its judgements go to answers.jsonl.judged")]
pub struct Evaluate {
    /// A question file: what `gemwatch dataset` writes, or GEM's own
    #[arg(value_name = "QUESTIONS")]
    questions: PathBuf,
    /// The answers, JSON lines; made if it is not there and a model answers
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
    /// Where the records are; without it ecg/ beside the question file
    #[arg(long, value_name = "DIR")]
    ecg: Option<PathBuf>,
    /// The model package that answers what is missing, "shipped", or "none"
    #[arg(long, default_value = "none", value_name = "DIR")]
    model: Model,
    /// A server that speaks OpenAI's chat completions, which judges; its key is taken from OPENAI_API_KEY
    #[arg(long, value_name = "URL", requires = "judge_model")]
    judge: Option<String>,
    /// The model on that server
    #[arg(long, value_name = "NAME", requires = "judge")]
    judge_model: Option<String>,
    /// Where judgements go; without it the name of the answers with .judged at its end
    #[arg(long, value_name = "FILE")]
    judgements: Option<PathBuf>,
    /// How often answers are drawn for the 95 % intervals
    #[arg(long, value_name = "TIMES", default_value = "2000", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    bootstrap: u32,
    /// The seed of these draws
    #[arg(long, default_value = "1")]
    seed: u64,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// The length of a 12-lead ECG.
const WINDOW_S: f64 = 10.0;

#[derive(Debug, Serialize)]
struct Report {
    questions: usize,
    answers: usize,
    /// Computed from the waveform.
    computed: Vec<Mean>,
    /// How many claims the waveforms carry.
    grounding: Tally,
    /// Who judged, and what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    judged: Option<Judged>,
    bootstrap: u32,
    seed: u64,
}

#[derive(Debug, Serialize)]
struct Judged {
    judge: String,
    means: Vec<Mean>,
}

impl Evaluate {
    /// Does it.
    pub fn run(self) -> Result<(), Failure> {
        let asked = files::questions(&self.questions).bad_input()?;
        let answers = self.answers(&asked)?;
        let by_id: BTreeMap<&str, &Answer> =
            answers.iter().map(|answer| (answer.question_id.as_str(), answer)).collect();
        let answered: Vec<(&Asked, &Answer)> =
            asked.iter().filter_map(|asked| Some((asked, *by_id.get(asked.id.as_str())?))).collect();
        let claims: Vec<Vec<Claim>> =
            answered.par_iter().map(|(asked, answer)| self.claims(asked, answer)).collect::<Result<_, Failure>>()?;
        let scored = answered.iter().zip(&claims);
        let computed: Vec<Scores> = scored.map(|((_, answer), claims)| exact::scores(&answer.text, claims)).collect();
        let judged = self.judged(&answered)?;
        let report = Report {
            questions: asked.len(),
            answers: answered.len(),
            computed: means(&computed, self.bootstrap, self.seed),
            grounding: Tally::of(claims.iter().map(Vec::as_slice)),
            judged,
            bootstrap: self.bootstrap,
            seed: self.seed,
        };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&report).context("cannot write JSON")?);
        } else {
            print!("{}", table(&report));
        }
        Ok(())
    }

    fn window(&self, asked: &Asked) -> Result<Strip, Failure> {
        let beside = self.questions.parent().unwrap_or(Path::new(".")).join("ecg");
        let folder = self.ecg.as_ref().unwrap_or(&beside);
        let record = Record::open(&folder.join(&asked.ecg)).bad_input()?;
        record.window(0.0, WINDOW_S).bad_input()
    }

    /// The answers there are; with a model, all of them.
    fn answers(&self, asked: &[Asked]) -> Result<Vec<Answer>, Failure> {
        let Some(interpreter) = load_interpreter(&self.model, &Config::load(None).bad_input()?)? else {
            return files::lines(&self.answers).bad_input();
        };
        let mut answers: Lines<Answer> = Lines::open(&self.answers).bad_input()?;
        let known: BTreeSet<String> = answers.known.iter().map(|answer| answer.question_id.clone()).collect();
        let open: Vec<&Asked> = asked.iter().filter(|asked| !known.contains(&asked.id)).collect();
        let progress = progress_bar(open.len(), "answers")?;
        for asked in open {
            let text = self.read(&interpreter, asked)?;
            let answer = Answer {
                question_id: asked.id.clone(),
                prompt: asked.question.clone(),
                answer_id: format!("{}-{}", interpreter.model(), asked.id),
                model_id: interpreter.model().to_owned(),
                text,
                metadata: BTreeMap::new(),
            };
            answers.push(answer).map_err(anyhow::Error::from)?;
            progress.inc(1);
        }
        progress.finish_and_clear();
        Ok(answers.known)
    }

    fn read(&self, interpreter: &Interpreter, asked: &Asked) -> Result<String, Failure> {
        let strip = self.window(asked)?;
        let question = Some(asked.question.as_str()).filter(|question| !question.is_empty());
        let reading = interpreter.answer(question, &strip, Priority::default(), &|| false, &mut |_| {});
        if reading.text.is_empty()
            && let Some(remark) = reading.remark
        {
            return Err(Failure::Failed(anyhow::anyhow!("{}: {remark}", asked.id)));
        }
        Ok(reading.text)
    }

    /// The claims of an answer, checked.
    fn claims(&self, asked: &Asked, answer: &Answer) -> Result<Vec<Claim>, Failure> {
        let strip = self.window(asked)?;
        let measurements = measure(&strip);
        Ok(grounding::ground(&answer.text, &measurements, &examine(&strip, &measurements)).claims)
    }

    fn judged(&self, answered: &[(&Asked, &Answer)]) -> Result<Option<Judged>, Failure> {
        let Some((url, model)) = self.judge.as_deref().zip(self.judge_model.as_deref()) else { return Ok(None) };
        let server = ChatServer::new(url, model, std::env::var(KEY_VARIABLE).ok());
        let mut beside = self.answers.clone().into_os_string();
        beside.push(".judged");
        let path = self.judgements.clone().unwrap_or_else(|| beside.into());
        let mut judgements: Lines<Judgement> = Lines::open(&path).bad_input()?;
        let known: BTreeSet<String> = judgements
            .known
            .iter()
            .filter(|judgement| judgement.judge == model)
            .map(|judgement| judgement.question_id.clone())
            .collect();
        let open: Vec<_> = answered.iter().filter(|(asked, _)| !known.contains(&asked.id)).collect();
        let progress = progress_bar(open.len(), "judgements")?;
        for (asked, answer) in open {
            judgements.push(judge(&server, asked, answer).bad_input()?).map_err(anyhow::Error::from)?;
            progress.inc(1);
        }
        progress.finish_and_clear();
        let wanted: BTreeSet<&str> = answered.iter().map(|(asked, _)| asked.id.as_str()).collect();
        let own =
            judgements.known.iter().filter(|known| known.judge == model && wanted.contains(known.question_id.as_str()));
        let scores: Vec<Scores> = own.map(Judgement::scores).collect();
        Ok(Some(Judged { judge: model.to_owned(), means: means(&scores, self.bootstrap, self.seed) }))
    }
}

fn progress_bar(count: usize, what: &str) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}} of {{len}} {what}, {{eta}} left"))
        .context("cannot show progress")?;
    Ok(ProgressBar::new(count as u64).with_style(style))
}

fn table(report: &Report) -> String {
    let interval = |mean: &Mean| match (mean.low, mean.high) {
        (Some(low), Some(high)) => format!("{low:.1}-{high:.1}"),
        _ => "-".to_owned(),
    };
    let mut head = vec!["criterion".to_owned(), "computed".to_owned(), "95 %".to_owned()];
    if let Some(judged) = &report.judged {
        head.extend([judged.judge.clone(), "95 %".to_owned()]);
    }
    let rows = report.computed.iter().enumerate().map(|(index, mean)| {
        let mut row = vec![mean.criterion.to_owned(), tables::number(mean.mean, 1), interval(mean)];
        if let Some(judged) = report.judged.as_ref().map(|judged| &judged.means[index]) {
            row.extend([tables::number(judged.mean, 1), interval(judged)]);
        }
        row
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let Report { answers, questions, grounding, .. } = report;
    format!("{answers} of {questions} questions answered\n\n{}\n{grounding}\n", tables::columns(&rows))
}
