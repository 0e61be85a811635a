//! Reads a window: page, GEM, grounding.
//!
//! In goes a strip, out comes a [`Reading`] in which every claim has its verdict. What goes wrong becomes a reading
//! without text that says why: whoever waits for it is answered.

use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::criteria::examine;
use crate::ecg::{Lead, Strip};
use crate::gem::engine::Priority;
use crate::gem::runtime::{self, RuntimeError};
use crate::gem::{
    Device, Engine, EngineOptions, Finish, GemError, Package, PackageError, RawReading, ReaderOptions, ReadingInput,
};
use crate::grounding;
use crate::measure::{Measurements, measure};
use crate::paper::{self, Layout, Page};
use crate::wire::Reading;

/// What is said of every reading by a model whose weights are random.
const UNTRAINED: &str = "untrained weights";

/// How every remark begins that says why there is no text.
pub(super) const NOT_AVAILABLE: &str = "reading not available: ";

/// Which model reads, and how.
#[derive(Clone, Debug, Default)]
pub struct InterpreterSettings {
    /// Directory of the model package; none for the one that comes with the program.
    pub package: Option<PathBuf>,
    /// Path of the ONNX Runtime library; none to look for it.
    pub runtime: Option<PathBuf>,
    /// Longest text in tokens; none for the package's own limit.
    pub max_new_tokens: Option<usize>,
    /// Threads of the model.
    pub threads: usize,
    /// What the model runs on.
    pub device: Device,
    /// Memory for the texts that are written at once, in MiB. Whatever it is, there is room for one.
    pub kv_budget_mib: usize,
}

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// None shall be loaded.
    #[error("no model is set (readings.model is \"none\")")]
    NotWanted,
    /// ONNX Runtime is missing.
    #[error("onnx runtime cannot be used")]
    Runtime(#[from] RuntimeError),
    /// The package cannot be used.
    #[error("model package cannot be used")]
    Package(#[from] PackageError),
    /// The model cannot be loaded.
    #[error("model cannot be loaded")]
    Model(#[from] GemError),
}

/// How far a reading is.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// The page is drawn, the window measured, both are handed to the model.
    Prepared,
    /// More of the text, as it comes.
    Text(&'a str),
    /// The model has written all of it.
    Written {
        /// How many tokens.
        tokens: usize,
        /// Why it stopped.
        finish: Finish,
    },
}

/// A loaded model that reads windows, for as many threads as want it. Clones share it.
#[derive(Clone)]
pub struct Interpreter {
    engine: Engine,
    /// Held while a window is drawn and measured: many at once would take the cores from the alarm path.
    preparing: Arc<Mutex<()>>,
    max_new_tokens: Option<usize>,
}

impl Interpreter {
    /// Loads the model. Takes seconds, or minutes for a large one.
    pub fn load(settings: &InterpreterSettings) -> Result<Interpreter, InterpreterError> {
        let directory = settings.package.clone().map_or_else(Package::shipped, Ok)?;
        let package = Package::open(&directory)?;
        let runtime = runtime::load(settings.runtime.as_deref())?;
        let options = EngineOptions {
            reader: ReaderOptions { intra_threads: settings.threads, device: settings.device },
            kv_budget_bytes: (settings.kv_budget_mib as u64) << 20,
            max_new_tokens: settings.max_new_tokens,
            ..EngineOptions::default()
        };
        let engine = Engine::start(package, runtime, options)?;
        Ok(Interpreter { engine, preparing: Arc::default(), max_new_tokens: settings.max_new_tokens })
    }

    /// Name of the model.
    pub fn model(&self) -> &str {
        &self.engine.manifest().name
    }

    /// What the model runs on.
    pub fn device(&self) -> Device {
        self.engine.device()
    }

    /// How many windows are read at once.
    pub fn slots(&self) -> usize {
        self.engine.slots()
    }

    /// Reads a window: answers the question of the model's package. See [`Interpreter::answer`].
    pub fn read(
        &self,
        strip: &Strip,
        priority: Priority,
        stop: &dyn Fn() -> bool,
        on_step: &mut dyn FnMut(Step<'_>),
    ) -> Reading {
        self.answer(None, strip, priority, stop, on_step)
    }

    /// Answers a question about a window, that of the package if there is none, and waits for it. `stop` is asked
    /// again and again; `on_step` hears how far it is.
    pub fn answer(
        &self,
        question: Option<&str>,
        strip: &Strip,
        priority: Priority,
        stop: &dyn Fn() -> bool,
        on_step: &mut dyn FnMut(Step<'_>),
    ) -> Reading {
        let (measurements, under_way) = {
            let _one_at_a_time = self.preparing.lock().unwrap_or_else(PoisonError::into_inner);
            // The page takes 11 MB and is not kept while the text is written.
            let page = paper::draw(strip, &Page::new(Layout::GemPage));
            let input = ReadingInput { strip, page: &page, question, max_new_tokens: self.max_new_tokens };
            (measure(strip), self.engine.begin(&input, priority))
        };
        on_step(Step::Prepared);
        match under_way.and_then(|under_way| under_way.wait(stop, &mut |text| on_step(Step::Text(text)))) {
            Ok(raw) => {
                on_step(Step::Written { tokens: raw.tokens.len(), finish: raw.finish });
                grounded(&raw, strip, &measurements)
            }
            Err(error) => unavailable(self.model(), &error, strip),
        }
    }
}

/// A reading that could not be made, and why.
pub fn unavailable(model: &str, why: &dyn Error, strip: &Strip) -> Reading {
    Reading { remark: Some(format!("{NOT_AVAILABLE}{}", in_full(why))), ..empty(model, strip) }
}

/// A text that somebody else wrote about this window, its claims checked.
pub fn ground_text(author: &str, text: &str, strip: &Strip, measurements: &Measurements) -> Reading {
    checked(Reading { trained: true, text: text.to_owned(), ..empty(author, strip) }, strip, measurements)
}

fn grounded(raw: &RawReading, strip: &Strip, measurements: &Measurements) -> Reading {
    let reading = Reading {
        trained: raw.trained,
        text: raw.text.clone(),
        remark: (!raw.trained).then(|| UNTRAINED.to_owned()),
        ..empty(&raw.model, strip)
    };
    checked(reading, strip, measurements)
}

/// The reading with its claims, each with its verdict. The text stays as it is.
fn checked(reading: Reading, strip: &Strip, measurements: &Measurements) -> Reading {
    let grounded = grounding::ground(&reading.text, measurements, &examine(strip, measurements));
    Reading {
        contradicted: grounded.is_contradicted(),
        grounding_score: grounded.score,
        unsupported_claim_rate: grounded.unsupported_rate,
        claims: grounded.claims,
        ..reading
    }
}

/// An error with all its causes, on one line.
pub(super) fn in_full(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        words = format!("{words}: {source}");
        cause = source.source();
    }
    words
}

fn empty(model: &str, strip: &Strip) -> Reading {
    let derived = strip.leads.iter().filter(|lead| lead.derived);
    Reading {
        model: model.to_owned(),
        trained: false,
        text: String::new(),
        remark: None,
        absent_leads: strip.absent_leads().iter().map(Lead::to_string).collect(),
        derived_leads: derived.map(|lead| lead.lead.to_string()).collect(),
        claims: Vec::new(),
        contradicted: false,
        grounding_score: None,
        unsupported_claim_rate: None,
    }
}
