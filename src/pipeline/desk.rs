//! The reading desk: the queue of windows and the threads that have them read.
//!
//! In go requests, out come answers: each request for an alarm is answered, with a reading or with the reason why there
//! is none. As many windows are under way as the model reads at once; one whose alarm is of high priority need not wait for
//! a place, since the engine lets texts of others give way. Nobody who raises alarms waits for any of it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as std_mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;
use uuid::Uuid;

use super::course::Course;
use super::interpreter::{Interpreter, InterpreterError, InterpreterSettings, NOT_AVAILABLE, unavailable};
use super::monitor::{ReadingRequest, Said};
use crate::alarm;
use crate::ecg::{Duration, StreamId, Time};
use crate::gem::engine::Priority;
use crate::source::kafka::Ticket;
use crate::telemetry::events::{
    ModelSlots, ReadingCause, ReadingDropReason, ReadingDropped, ReadingQueueLength, ReadingStarted,
};
use crate::telemetry::trace::{TraceContext, Work};
use crate::triage::{Reason, Request, Shed, ShedReason, Triage};
use crate::wire::{Alert, Reading};

/// A round that has waited for a minute of data time is no news any more.
pub(super) const STALE_AFTER: Duration = Duration::from_nanos(60_000_000_000);

/// So many windows in a row that cannot be read are no accident. The engine has tried each of them twice.
const MOST_FAILURES: u32 = 2;

/// How much readings give way to alarms (`nice(2)`): one part in seventy of the processor is theirs where both want all of it.
#[cfg(target_os = "linux")]
const READERS_NICE: i32 = 19;

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

/// What becomes of a request. Every request comes to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What is to be published; none for a round that was left out.
    pub said: Option<Said>,
    /// What the request came with.
    pub ticket: Option<Ticket>,
    /// The trace that the request belongs to.
    pub trace: TraceContext,
}

/// A request that is not answered yet.
#[derive(Debug)]
struct Waiting {
    stream_id: StreamId,
    window_start: Time,
    /// The alert as it stands now; none on a round.
    alert: Option<Alert>,
    ticket: Option<Ticket>,
    asked: Instant,
    trace: TraceContext,
}

/// A window on its way to the threads.
#[derive(Debug)]
struct Job {
    request: Request,
    asked: Instant,
    trace: TraceContext,
}

/// Windows that the model failed to read, one after the other.
#[derive(Debug, Default)]
struct Failures {
    in_a_row: u32,
    latest: Option<String>,
}

impl Failures {
    fn note(&mut self, reading: &Reading) {
        let reason = reading.reason_for_none();
        self.latest = reason.map(|reason| reason.strip_prefix(NOT_AVAILABLE).unwrap_or(reason).to_owned());
        self.in_a_row = if self.latest.is_some() { self.in_a_row + 1 } else { 0 };
    }
}

/// The queue and the threads.
#[derive(Debug)]
pub struct Desk {
    triage: Triage,
    capacity: usize,
    /// The requests that are not answered yet, by their number.
    waiting: BTreeMap<u64, Waiting>,
    requests: u64,
    model: Model,
    /// Requests that the threads have. Never more than twice the slots, which bounds the channel.
    jobs: std_mpsc::Sender<Job>,
    under_way: usize,
    is_catching_up: bool,
    is_held: bool,
    /// The end of the window that was asked for last.
    latest: Time,
    failures: Failures,
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
        (Desk::new(capacity, Model::Loading, jobs, stop), words)
    }

    /// A desk at which nobody reads: it answers every request with the reason.
    pub fn without_model(capacity: NonZeroUsize, why: InterpreterError) -> Desk {
        Desk::new(capacity, Model::Missing(Arc::new(why)), std_mpsc::channel().0, Arc::default())
    }

    fn new(capacity: NonZeroUsize, model: Model, jobs: std_mpsc::Sender<Job>, stop: Arc<AtomicBool>) -> Desk {
        Desk {
            triage: Triage::new(capacity, STALE_AFTER),
            capacity: capacity.get(),
            waiting: BTreeMap::new(),
            requests: 0,
            model,
            jobs,
            under_way: 0,
            is_catching_up: false,
            is_held: false,
            latest: Time::from_nanos(i64::MIN),
            failures: Failures::default(),
            stop,
        }
    }

    /// The model is loaded, or cannot be: what has waited for it.
    pub fn loaded(&mut self, model: Result<LoadedModel, Arc<InterpreterError>>) -> Vec<Answer> {
        self.model = match model {
            Ok(LoadedModel { slots, .. }) => Model::Ready { slots },
            Err(error) => Model::Missing(error),
        };
        self.dispatch(self.latest)
    }

    /// Takes a request, with the ticket of the message it came in and the trace it belongs to; gives the answers to those that had
    /// to go for it.
    pub fn request(&mut self, request: ReadingRequest, ticket: Option<Ticket>, trace: TraceContext) -> Vec<Answer> {
        let ReadingRequest { stream_id, alert, strip, deadline } = request;
        let at = strip.end();
        self.latest = at;
        let number = self.requests;
        self.requests += 1;
        let reason = match &alert {
            Some(alert) => Reason::Alarm { id: alert.id, priority: alert.priority },
            None => Reason::Round,
        };
        let (stream, window_start, asked) = (stream_id.clone(), strip.start, Instant::now());
        let waiting = Waiting { stream_id: stream, window_start, alert, ticket, asked, trace };
        self.waiting.insert(number, waiting);
        let shed = self.triage.push(Request { stream_id, reason, strip, at, deadline, number });
        let mut answers = self.shed(shed);
        answers.extend(self.dispatch(at));
        answers
    }

    /// An alert was cleared: its reading must not say that it stands.
    pub fn cleared(&mut self, alert_id: Uuid, cleared_at: &str) {
        let alerts = self.waiting.values_mut().filter_map(|waiting| waiting.alert.as_mut());
        for alert in alerts.filter(|alert| alert.id == alert_id) {
            alert.cleared_at = Some(cleared_at.to_owned());
        }
    }

    /// Whether more requests, and word of alerts that are over, are about to come: what waits stays until then, unless there
    /// is no room for more.
    pub fn catch_up(&mut self, is_catching_up: bool) -> Vec<Answer> {
        self.is_catching_up = is_catching_up;
        self.dispatch(self.latest)
    }

    /// Whether alarms are late and want the whole processor: the model is given nothing more until they are not. What then finds
    /// no room in the queue is left out, rounds first.
    pub fn hold(&mut self, is_held: bool) -> Vec<Answer> {
        self.is_held = is_held;
        self.dispatch(self.latest)
    }

    /// A window was read: its answer, and those of windows that went stale meanwhile.
    pub fn finished(&mut self, request: Request, reading: Reading) -> Vec<Answer> {
        self.under_way -= 1;
        self.failures.note(&reading);
        let now = request.at;
        let mut answers: Vec<Answer> = self.answer(request, reading).into_iter().collect();
        answers.extend(self.dispatch(now));
        answers
    }

    /// Why the model, though it is there, reads nothing: its latest windows failed.
    pub fn failing(&self) -> Option<&str> {
        self.failures.latest.as_deref().filter(|_| self.failures.in_a_row >= MOST_FAILURES)
    }

    /// The oldest window of this stream that is still waited for.
    pub fn needs_since(&self, stream_id: &StreamId) -> Option<Time> {
        self.waiting
            .values()
            .filter(|waiting| waiting.stream_id == *stream_id)
            .map(|waiting| waiting.window_start)
            .min()
    }

    /// Would one more make an alarm go unread?
    pub fn is_full(&self) -> bool {
        self.triage.alarms() >= self.capacity
    }

    /// Hands on what there is a place for.
    fn dispatch(&mut self, now: Time) -> Vec<Answer> {
        let mut answers = Vec::new();
        while self.has_place() {
            let next = self.triage.next(now);
            answers.extend(self.shed(next.shed));
            let Some(request) = next.request else { break };
            if let Model::Missing(error) = &self.model {
                let reading = unavailable("none", error.as_ref(), &request.strip);
                let reason = ReadingDropReason::NoModel;
                ReadingDropped { stream_id: request.stream_id.as_str(), reason }.emit();
                answers.extend(self.answer(request, reading));
                continue;
            }
            let Some(Waiting { asked, trace, .. }) = self.waiting.get(&request.number) else { continue };
            match self.jobs.send(Job { request, asked: *asked, trace: trace.clone() }) {
                Ok(()) => self.under_way += 1,
                Err(std_mpsc::SendError(Job { request, .. })) => {
                    answers.extend(self.refuse(request, &NotRead::ThreadEnded, ReadingDropReason::Failed));
                }
            }
        }
        ReadingQueueLength { length: self.triage.len() as u64 }.emit();
        if let Model::Ready { slots } = self.model {
            ModelSlots { slots, used: self.under_way }.emit();
        }
        answers
    }

    /// May the first in the queue leave it?
    fn has_place(&self) -> bool {
        let Some(first) = self.triage.first() else { return false };
        if self.is_catching_up && !self.is_full() {
            return false;
        }
        match self.model {
            Model::Loading => false,
            Model::Ready { .. } if self.is_held => false,
            Model::Ready { slots } if priority(first.reason) == Priority::High => self.under_way < 2 * slots,
            Model::Ready { slots } => self.under_way < slots,
            Model::Missing(_) => true,
        }
    }

    fn shed(&mut self, shed: Vec<Shed>) -> Vec<Answer> {
        let refuse = |shed: Shed| match shed.reason {
            ShedReason::Full => self.refuse(shed.request, &NotRead::Full, ReadingDropReason::QueueFull),
            ShedReason::Replaced => self.refuse(shed.request, &NotRead::Overtaken, ReadingDropReason::Replaced),
            ShedReason::Stale => self.refuse(shed.request, &NotRead::Overtaken, ReadingDropReason::Stale),
        };
        shed.into_iter().filter_map(refuse).collect()
    }

    /// An alarm is answered even so; a round is only counted.
    fn refuse(&mut self, request: Request, why: &NotRead, reason: ReadingDropReason) -> Option<Answer> {
        ReadingDropped { stream_id: request.stream_id.as_str(), reason }.emit();
        let reading = unavailable("none", why, &request.strip);
        let is_round = request.reason == Reason::Round;
        let answer = self.answer(request, reading);
        answer.map(|answer| if is_round { Answer { said: None, ..answer } } else { answer })
    }

    fn answer(&mut self, request: Request, reading: Reading) -> Option<Answer> {
        let Waiting { alert, ticket, trace, .. } = self.waiting.remove(&request.number)?;
        let Request { stream_id, strip, deadline, .. } = request;
        let said = ReadingRequest { stream_id, alert, strip, deadline }.answer(reading);
        Some(Answer { said: Some(said), ticket, trace })
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
    inbox: std_mpsc::Receiver<Job>,
    outbox: &mpsc::Sender<FromReader>,
    stop: &Arc<AtomicBool>,
) {
    give_way();
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

/// Where alarms and readings want the same core, alarms get it. Threads have this from the one that starts them: those of the
/// model and all that read have it from the first.
fn give_way() {
    // Elsewhere it would hold for the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(READERS_NICE) {
        tracing::warn!(%error, "readings share the processor with alarms as equals");
    }
}

/// A thread: has one window after the other read until nobody gives any more.
fn read_all(
    interpreter: &Interpreter,
    inbox: &Mutex<std_mpsc::Receiver<Job>>,
    outbox: &mpsc::Sender<FromReader>,
    stop: &AtomicBool,
) {
    loop {
        // The lock is held while waiting: the others wait for the lock then, which comes to the same.
        let job = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let reading = catch_unwind(AssertUnwindSafe(|| read(interpreter, &job, stop)));
        let request = job.request;
        // The panic was reported where it happened. Whoever waits is answered all the same.
        let reading = reading.unwrap_or_else(|_| unavailable(interpreter.model(), &NotRead::Panicked, &request.strip));
        if outbox.blocking_send(FromReader::Read(Box::new((request, reading)))).is_err() {
            return;
        }
    }
}

fn read(interpreter: &Interpreter, job: &Job, stop: &AtomicBool) -> Reading {
    let Job { request, asked, trace } = job;
    let stream_id = request.stream_id.as_str();
    let cause = if request.reason == Reason::Round { ReadingCause::Round } else { ReadingCause::Alarm };
    ReadingStarted { cause, waited: asked.elapsed() }.emit();
    let mut course = Course::begin(trace.begin(Work::Read { stream_id, cause: cause.as_str() }, *asked), *asked);
    let reading =
        interpreter.read(&request.strip, priority(request.reason), &|| stop.load(Ordering::Relaxed), &mut |step| {
            course.note(&step);
        });
    course.end(interpreter, &reading, stream_id);
    reading
}

#[cfg(test)]
mod tests;
