//! The reading desk: the queue of windows and the threads that have them read.
//!
//! In go requests, out come answers: each request for an alarm is answered, with a reading or with the reason why there
//! is none. As many windows are under way as the model reads at once; one whose alarm is of high priority need not wait for
//! a place, since the engine lets texts of others give way. Nobody who raises alarms waits for any of it.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as std_mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;
use uuid::Uuid;

use super::interpreter::{Interpreter, InterpreterError, InterpreterSettings, unavailable};
use super::monitor::{ReadingRequest, Said};
use crate::alarm;
use crate::ecg::{Duration, StreamId, Strip, Time};
use crate::gem::engine::Priority;
use crate::telemetry::events::{
    ReadingDropReason, ReadingDropped, ReadingFinished, ReadingOutcome, ReadingQueueLength,
};
use crate::triage::{Reason, Request, Shed, ShedReason, Triage};
use crate::wire::{Alert, Reading};

/// A round that has waited for a minute of data time is no news any more.
const STALE_AFTER: Duration = Duration::from_nanos(60_000_000_000);

/// Why a request was not read.
#[derive(Debug, thiserror::Error)]
enum NotRead {
    #[error("more urgent windows filled the queue")]
    Full,
    #[error("a newer window took its place")]
    Overtaken,
    #[error("the reading thread has ended")]
    ThreadEnded,
    #[error("the reading broke off: this is a bug")]
    Panicked,
}

/// Word from the threads.
#[derive(Debug)]
pub enum FromReader {
    /// The model is loaded, or why not.
    Loaded(Result<LoadedModel, Arc<InterpreterError>>),
    /// A window was read.
    Read(Box<(Request, Reading)>),
}

/// A model that is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedModel {
    /// Its name.
    pub name: String,
    /// How many windows it reads at once.
    pub slots: usize,
}

/// The model as the desk sees it.
#[derive(Debug)]
enum Model {
    Loading,
    Ready { slots: usize },
    Missing(Arc<InterpreterError>),
}

/// The queue and the threads.
#[derive(Debug)]
pub struct Desk {
    triage: Triage,
    /// The alerts whose readings are waited for, as they stand now.
    alerts: HashMap<Uuid, Alert>,
    /// Streams with the start of each window that is waited for.
    windows: Vec<(StreamId, Time)>,
    model: Model,
    /// Requests that the threads have. Never more than twice the slots, which bounds the channel.
    jobs: std_mpsc::Sender<Request>,
    under_way: usize,
    /// The end of the window that was asked for last.
    latest: Time,
    stop: Arc<AtomicBool>,
}

impl Desk {
    /// Starts loading the model. Returns the desk and what the threads say.
    pub fn open(settings: InterpreterSettings, capacity: NonZeroUsize) -> (Desk, mpsc::Receiver<FromReader>) {
        let (jobs, inbox) = std_mpsc::channel();
        let (outbox, words) = mpsc::channel(4);
        let stop = Arc::new(AtomicBool::new(false));
        let asked_to_stop = Arc::clone(&stop);
        std::thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || load_and_read(&settings, inbox, &outbox, &asked_to_stop))
            .expect("the system can start one more thread");
        let desk = Desk {
            triage: Triage::new(capacity, STALE_AFTER),
            alerts: HashMap::new(),
            windows: Vec::new(),
            model: Model::Loading,
            jobs,
            under_way: 0,
            latest: Time::from_nanos(i64::MIN),
            stop,
        };
        (desk, words)
    }

    /// The model is loaded, or cannot be: what has waited for it.
    pub fn loaded(&mut self, model: Result<LoadedModel, Arc<InterpreterError>>) -> Vec<Said> {
        self.model = match model {
            Ok(LoadedModel { slots, .. }) => Model::Ready { slots },
            Err(error) => Model::Missing(error),
        };
        self.dispatch(self.latest)
    }

    /// Takes a request; gives the answers to those that had to go for it.
    pub fn request(&mut self, request: ReadingRequest) -> Vec<Said> {
        let at = request.strip.end();
        self.latest = at;
        self.windows.push((request.stream_id.clone(), request.strip.start));
        let reason = match request.alert {
            Some(alert) => {
                let (id, priority) = (alert.id, alert.priority);
                self.alerts.insert(id, alert);
                Reason::Alarm { id, priority }
            }
            None => Reason::Round,
        };
        let shed = self.triage.push(Request {
            stream_id: request.stream_id,
            reason,
            strip: request.strip,
            at,
            deadline: None,
        });
        let mut said = self.shed(shed);
        said.extend(self.dispatch(at));
        said
    }

    /// An alert was cleared: its reading must not say that it stands.
    pub fn cleared(&mut self, alert: &Alert) {
        if let Some(waiting) = self.alerts.get_mut(&alert.id) {
            waiting.cleared_at.clone_from(&alert.cleared_at);
        }
    }

    /// A window was read: its answer, and those of windows that went stale meanwhile.
    pub fn finished(&mut self, request: Request, reading: Reading) -> Vec<Said> {
        self.under_way -= 1;
        let now = request.at;
        let mut said: Vec<Said> = self.answer(request, reading).into_iter().collect();
        said.extend(self.dispatch(now));
        said
    }

    /// The oldest window of this stream that is still waited for.
    pub fn needs_since(&self, stream_id: &StreamId) -> Option<Time> {
        self.windows.iter().filter(|(whose, _)| whose == stream_id).map(|(_, start)| *start).min()
    }

    /// Hands on what there is a place for.
    fn dispatch(&mut self, now: Time) -> Vec<Said> {
        let mut said = Vec::new();
        while self.has_place() {
            let next = self.triage.next(now);
            said.extend(self.shed(next.shed));
            let Some(request) = next.request else { break };
            if let Model::Missing(error) = &self.model {
                let reading = unavailable("none", error.as_ref(), &request.strip);
                let reason = ReadingDropReason::NoModel;
                ReadingDropped { stream_id: request.stream_id.as_str(), reason }.emit();
                said.extend(self.answer(request, reading));
                continue;
            }
            match self.jobs.send(request) {
                Ok(()) => self.under_way += 1,
                Err(std_mpsc::SendError(request)) => {
                    said.extend(self.refuse(request, &NotRead::ThreadEnded, ReadingDropReason::Failed));
                }
            }
        }
        ReadingQueueLength { length: self.triage.len() as u64 }.emit();
        said
    }

    /// May the first in the queue leave it?
    fn has_place(&self) -> bool {
        let Some(first) = self.triage.first() else { return false };
        match self.model {
            Model::Loading => false,
            Model::Ready { slots } if priority(first.reason) == Priority::High => self.under_way < 2 * slots,
            Model::Ready { slots } => self.under_way < slots,
            Model::Missing(_) => true,
        }
    }

    fn shed(&mut self, shed: Vec<Shed>) -> Vec<Said> {
        let refuse = |shed: Shed| match shed.reason {
            ShedReason::Full => self.refuse(shed.request, &NotRead::Full, ReadingDropReason::QueueFull),
            ShedReason::Replaced => self.refuse(shed.request, &NotRead::Overtaken, ReadingDropReason::Replaced),
            ShedReason::Stale => self.refuse(shed.request, &NotRead::Overtaken, ReadingDropReason::Stale),
        };
        shed.into_iter().filter_map(refuse).collect()
    }

    /// An alarm is answered even so; a round is only counted.
    fn refuse(&mut self, request: Request, why: &NotRead, reason: ReadingDropReason) -> Option<Said> {
        ReadingDropped { stream_id: request.stream_id.as_str(), reason }.emit();
        let reading = unavailable("none", why, &request.strip);
        let is_round = request.reason == Reason::Round;
        self.answer(request, reading).filter(|_| !is_round)
    }

    fn answer(&mut self, request: Request, reading: Reading) -> Option<Said> {
        let window = (request.stream_id.clone(), request.strip.start);
        if let Some(index) = self.windows.iter().position(|waiting| *waiting == window) {
            self.windows.swap_remove(index);
        }
        let alert = match request.reason {
            Reason::Alarm { id, .. } => Some(self.alerts.remove(&id)?),
            Reason::Round => None,
        };
        Some(ReadingRequest { stream_id: request.stream_id, alert, strip: request.strip }.answer(reading))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// How urgent a reading is to the engine.
fn priority(reason: Reason) -> Priority {
    match reason {
        Reason::Alarm { priority: alarm::Priority::High, .. } => Priority::High,
        Reason::Alarm { priority: alarm::Priority::Medium, .. } => Priority::Medium,
        Reason::Alarm { priority: alarm::Priority::Low | alarm::Priority::Technical, .. } => Priority::Low,
        Reason::Round => Priority::Background,
    }
}

/// The first thread: loads the model, starts the others and becomes one of them.
fn load_and_read(
    settings: &InterpreterSettings,
    inbox: std_mpsc::Receiver<Request>,
    outbox: &mpsc::Sender<FromReader>,
    stop: &Arc<AtomicBool>,
) {
    let interpreter = match Interpreter::load(settings) {
        Ok(interpreter) => interpreter,
        Err(error) => return drop(outbox.blocking_send(FromReader::Loaded(Err(Arc::new(error))))),
    };
    let model = LoadedModel { name: interpreter.model().to_owned(), slots: interpreter.slots() };
    let threads = 2 * model.slots;
    // Nobody listens any more when the service has ended; then these threads end too.
    if outbox.blocking_send(FromReader::Loaded(Ok(model))).is_err() {
        return;
    }
    let inbox = Arc::new(Mutex::new(inbox));
    for number in 1..threads {
        let (interpreter, inbox) = (interpreter.clone(), Arc::clone(&inbox));
        let (outbox, stop) = (outbox.clone(), Arc::clone(stop));
        let thread = std::thread::Builder::new().name(format!("reader-{number}"));
        if let Err(error) = thread.spawn(move || read_all(&interpreter, &inbox, &outbox, &stop)) {
            tracing::warn!(%error, "only {number} of {threads} reading threads could be started");
            break;
        }
    }
    read_all(&interpreter, &inbox, outbox, stop);
}

/// A thread: has one window after the other read until nobody gives any more.
fn read_all(
    interpreter: &Interpreter,
    inbox: &Mutex<std_mpsc::Receiver<Request>>,
    outbox: &mpsc::Sender<FromReader>,
    stop: &AtomicBool,
) {
    loop {
        // The lock is held while waiting: the others wait for the lock then, which comes to the same.
        let request = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(request) = request else { return };
        let reading = catch_unwind(AssertUnwindSafe(|| read(interpreter, &request, stop)));
        // The panic was reported where it happened. Whoever waits is answered all the same.
        let reading = reading.unwrap_or_else(|_| unavailable(interpreter.model(), &NotRead::Panicked, &request.strip));
        if outbox.blocking_send(FromReader::Read(Box::new((request, reading)))).is_err() {
            return;
        }
    }
}

fn read(interpreter: &Interpreter, request: &Request, stop: &AtomicBool) -> Reading {
    let stream_id = request.stream_id.as_str();
    let strip: &Strip = &request.strip;
    let _span = tracing::info_span!("reading", stream_id).entered();
    let started = Instant::now();
    let reading = interpreter.read(strip, priority(request.reason), &|| stop.load(Ordering::Relaxed), &mut |_| {});
    if reading.text.is_empty() && reading.remark.is_some() {
        ReadingDropped { stream_id, reason: ReadingDropReason::Failed }.emit();
    } else {
        ReadingFinished { outcome: ReadingOutcome::Complete, duration: started.elapsed() }.emit();
    }
    reading
}

#[cfg(test)]
mod tests;
