//! The engine: many readings at once from one model.
//!
//! In go prepared inputs from any thread, each with a priority and a time in which the answer is wanted; out come, for each,
//! the text as it grows and exactly one answer. One thread owns the sessions. Texts are decoded together and join and leave
//! the batch between steps (continuous batching); sessions that fail are made anew.
//!
//! - [`request`]: what is asked and answered.
//! - [`scheduler`]: which step comes next. Pure.
//! - [`backend`]: what is needed of a model; [`gem_backend`] is GEM.
//! - [`batcher`] does the steps, [`queue`] is the thread around it.
//! - [`slots`]: how many texts fit the memory.

mod backend;
mod batcher;
mod gem_backend;
mod queue;
mod request;
mod scheduler;
mod slots;

use std::{sync::Arc, time::Duration};

pub use request::{EngineError, Prepared, Priority, Ticket, Written};
pub(super) use scheduler::Row;

use self::{gem_backend::GemBackend, queue::Queue, scheduler::Settings};
use super::{
    device::Device,
    error::GemError,
    manifest::Manifest,
    package::Package,
    preparation::Preparation,
    reader::{RawReading, ReaderOptions, ReadingInput},
    runtime::Runtime,
    tokenizer::GemTokenizer,
};
use crate::ecg::Lead;

/// Pauses before failed sessions are made anew: soon at first, then seldom enough not to be in the way.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How an engine works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// How its sessions work.
    pub reader: ReaderOptions,
    /// Memory for keys and values. It decides how many texts are decoded at once, at least one.
    pub kv_budget_bytes: u64,
    /// Not more texts at once than this, however large the budget.
    pub most_slots: usize,
    /// Inputs that are encoded together: more keep a device busy, and keep the first of them waiting for the others. If it is
    /// left open, one on the processor, which gains nothing by more, and four on a device.
    pub encoder_batch: Option<usize>,
    /// Requests that may wait besides those being read.
    pub max_waiting: usize,
    /// The longest answer that slots are made for; the package's own limit if there is none.
    pub max_new_tokens: Option<usize>,
}

impl Default for EngineOptions {
    fn default() -> EngineOptions {
        EngineOptions {
            reader: ReaderOptions::default(),
            kv_budget_bytes: 1 << 30,
            most_slots: slots::MOST_SLOTS,
            encoder_batch: None,
            max_waiting: 64,
            max_new_tokens: None,
        }
    }
}

/// A model at work. Clones share it; when the last one is dropped, its thread ends.
#[derive(Clone)]
pub struct Engine {
    queue: Queue<Prepared>,
    preparation: Arc<Preparation>,
    slots: usize,
    device: Device,
}

/// A reading that is under way. Dropped before its answer is there, it is cancelled.
pub struct Pending(queue::Pending<Prepared>);

impl Engine {
    /// Opens the sessions on a thread of their own and waits until they are there.
    pub fn start(package: Package, runtime: Runtime, options: EngineOptions) -> Result<Engine, GemError> {
        let make = move || {
            let manifest = package.manifest().clone();
            let tokenizer = GemTokenizer::open(&package.file("tokenizer.json"), &manifest.decoder)?;
            let preparation = Preparation::new(manifest.clone(), Arc::new(tokenizer));
            let question = preparation.prompt_ids(&manifest.prompt.question)?;
            let text = question.before.len() + question.after.len();
            let max_new_tokens = options.max_new_tokens.unwrap_or(manifest.decoder.max_new_tokens);
            let positions = slots::positions(&manifest, text, max_new_tokens);
            let slots = slots::count(&manifest, positions, options.kv_budget_bytes).min(options.most_slots).max(1);
            let backend = GemBackend::open(package, runtime, options.reader, slots, positions)?;
            let device = backend.device();
            let settings = Settings {
                slots,
                positions,
                encoder_batch: options.encoder_batch.unwrap_or(if device == Device::Cpu { 1 } else { 4 }),
                eos: manifest.decoder.eos.clone(),
                first_pause: FIRST_PAUSE,
                longest_pause: LONGEST_PAUSE,
            };
            tracing::info!(slots, positions, %device, "engine ready");
            Ok((backend, settings, (Arc::new(preparation), slots, device)))
        };
        let (queue, (preparation, slots, device)) = Queue::start(options.max_waiting, make)?;
        Ok(Engine { queue, preparation, slots, device })
    }

    /// What the package says about the model.
    pub fn manifest(&self) -> &Manifest {
        self.preparation.manifest()
    }

    /// How inputs are made ready.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// How many texts are decoded at once.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// What the model runs on; never [`Device::Auto`].
    pub fn device(&self) -> Device {
        self.device
    }

    /// Hands in an input. `within` is the time in which the answer is wanted. Does not wait.
    pub fn submit(
        &self,
        input: Prepared,
        priority: Priority,
        within: Option<Duration>,
    ) -> Result<Pending, EngineError> {
        let limits = input.limits;
        self.queue.submit(input, limits, priority, within).map(Pending)
    }

    /// Prepares one ECG and hands it in. Does not wait.
    pub fn begin(&self, input: &ReadingInput<'_>, priority: Priority) -> Result<UnderWay, EngineError> {
        let prepared = self.preparation.prepare(input).map_err(|error| EngineError::Input(Arc::new(error)))?;
        let absent_leads = prepared.ecg.absent_leads.clone();
        let pending = self.submit(prepared, priority, None)?;
        let Manifest { name, trained, .. } = self.manifest();
        Ok(UnderWay { pending, model: name.clone(), trained: *trained, absent_leads })
    }
}

impl Pending {
    /// Waits for the answer. `stop` is asked again and again; `on_text` hears the text as it comes, in pieces whose
    /// concatenation is the whole.
    pub fn wait(self, stop: &dyn Fn() -> bool, on_text: &mut dyn FnMut(&str)) -> Result<Written, EngineError> {
        self.0.wait(stop, on_text)
    }
}

/// The reading of an ECG that is under way. Dropped before it is there, it is cancelled.
pub struct UnderWay {
    pending: Pending,
    model: String,
    trained: bool,
    absent_leads: Vec<Lead>,
}

impl UnderWay {
    /// Waits for the reading, as [`Pending::wait`] does.
    pub fn wait(self, stop: &dyn Fn() -> bool, on_text: &mut dyn FnMut(&str)) -> Result<RawReading, EngineError> {
        let UnderWay { pending, model, trained, absent_leads } = self;
        let Written { text, tokens, prompt_tokens, finish } = pending.wait(stop, on_text)?;
        Ok(RawReading { model, trained, text, tokens, prompt_tokens, finish, absent_leads })
    }
}

#[cfg(test)]
mod tests;
