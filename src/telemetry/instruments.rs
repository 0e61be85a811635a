//! The instruments behind the events. Only `telemetry` moves them.

use std::sync::OnceLock;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter},
};

use super::events::{
    ChunkDropReason, CommandKind, HttpRefusal, ModelState, ReadingDropReason, RejectReason, ReloadOutcome,
};

/// From tens of milliseconds to the longest delay that IEC 60601-2-27 tolerates for a rate alarm (10 s), and beyond.
const ALARM_DELAY_BOUNDS_S: [f64; 14] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0];
/// From a small model on a GPU to a large one on a processor.
const READING_BOUNDS_S: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// From a chunk that is heard at once to an instance that reads what it has missed.
const QUEUE_TIME_BOUNDS_S: [f64; 12] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];
/// From a small model on a GPU to one of 8 billion parameters on a processor.
const TOKEN_RATE_BOUNDS: [f64; 11] = [1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0];
/// None, and then by tenths.
const SCORE_BOUNDS: [f64; 11] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
/// One lead is the least for a rhythm, twelve are all.
const LEADS_BOUNDS: [f64; 7] = [0.0, 1.0, 2.0, 3.0, 6.0, 9.0, 12.0];

static INSTRUMENTS: OnceLock<Instruments> = OnceLock::new();

pub(super) struct Instruments {
    pub(super) chunks_received: Counter<u64>,
    pub(super) chunks_rejected: Counter<u64>,
    pub(super) chunks_dropped: Counter<u64>,
    pub(super) commands_taken: Counter<u64>,
    pub(super) commands_rejected: Counter<u64>,
    pub(super) reading_requests_published: Counter<u64>,
    pub(super) reading_requests_taken: Counter<u64>,
    pub(super) reading_requests_rejected: Counter<u64>,
    pub(super) beds_open: UpDownCounter<i64>,
    pub(super) beds_taken_over: Counter<u64>,
    pub(super) alert_states_rejected: Counter<u64>,
    pub(super) stalls: Counter<u64>,
    pub(super) alerts_published: Counter<u64>,
    pub(super) vitals_published: Counter<u64>,
    pub(super) publish_failures: Counter<u64>,
    pub(super) alarm_delay: Histogram<f64>,
    pub(super) readings_queued: Gauge<u64>,
    pub(super) readings_dropped: Counter<u64>,
    pub(super) reading_duration: Histogram<f64>,
    pub(super) http_refused: Counter<u64>,
    pub(super) audit_failures: Counter<u64>,
    pub(super) board_behind: Counter<u64>,
    pub(super) chunk_queue_time: Histogram<f64>,
    pub(super) consumer_lag: Gauge<u64>,
    pub(super) leads_usable: Histogram<u64>,
    pub(super) leads_observed: Counter<u64>,
    pub(super) reading_queue_time: Histogram<f64>,
    pub(super) time_to_first_token: Histogram<f64>,
    pub(super) token_rate: Histogram<f64>,
    pub(super) grounding_score: Histogram<f64>,
    pub(super) model_slots: Gauge<u64>,
    pub(super) model_state: Gauge<u64>,
    pub(super) ready: Gauge<u64>,
    pub(super) settings_reloads: Counter<u64>,
}

impl Instruments {
    #[expect(clippy::disallowed_methods, reason = "these are all of them")]
    fn new(meter: &Meter) -> Instruments {
        let counter =
            |name, unit, description| meter.u64_counter(name).with_unit(unit).with_description(description).build();
        let histogram = |name, unit, bounds: &[f64], description| {
            let histogram = meter.f64_histogram(name).with_unit(unit).with_description(description);
            histogram.with_boundaries(bounds.to_vec()).build()
        };
        let seconds = |name, bounds: &[f64], description| histogram(name, "s", bounds, description);
        let gauge =
            |name, unit, description| meter.u64_gauge(name).with_unit(unit).with_description(description).build();
        Instruments {
            chunks_received: counter("gemwatch.chunks.received", "{chunk}", "Chunks of ECG received and decoded"),
            chunks_rejected: counter("gemwatch.chunks.rejected", "{chunk}", "Messages written to the dead letters"),
            chunks_dropped: counter("gemwatch.chunks.dropped", "{chunk}", "Valid chunks that were not used"),
            commands_taken: counter(
                "gemwatch.commands.taken",
                "{command}",
                "Acknowledgements and limits that were taken",
            ),
            commands_rejected: counter("gemwatch.commands.rejected", "{command}", "Commands in the dead letters"),
            reading_requests_published: counter(
                "gemwatch.reading_requests.published",
                "{message}",
                "Messages to readers that run apart",
            ),
            reading_requests_taken: counter("gemwatch.reading_requests.taken", "{request}", "Windows taken to be read"),
            reading_requests_rejected: counter(
                "gemwatch.reading_requests.rejected",
                "{message}",
                "Messages to readers in the dead letters",
            ),
            beds_open: meter
                .i64_up_down_counter("gemwatch.beds.open")
                .with_unit("{bed}")
                .with_description("Beds that are monitored now")
                .build(),
            beds_taken_over: counter("gemwatch.beds.taken_over", "{bed}", "Beds that came from another instance"),
            alert_states_rejected: counter(
                "gemwatch.alert_states.rejected",
                "{message}",
                "Messages on the topic of open alerts that tell of none",
            ),
            stalls: counter("gemwatch.stalls", "{stall}", "Times that this instance stood still for a second or more"),
            alerts_published: counter("gemwatch.alerts.published", "{alert}", "Changes of state of alerts published"),
            vitals_published: counter("gemwatch.vitals.published", "{message}", "Messages of vital signs published"),
            publish_failures: counter("gemwatch.publish.failures", "{message}", "Messages that were not acknowledged"),
            alarm_delay: seconds(
                "gemwatch.alarm.delay",
                &ALARM_DELAY_BOUNDS_S,
                "From the sample that decided an alarm to the acknowledged alert",
            ),
            readings_queued: gauge("gemwatch.readings.queued", "{reading}", "Readings that wait for the model"),
            readings_dropped: counter("gemwatch.readings.dropped", "{reading}", "Readings that were left out"),
            reading_duration: seconds(
                "gemwatch.reading.duration",
                &READING_BOUNDS_S,
                "From the window to the checked text of a reading",
            ),
            http_refused: counter("gemwatch.http.refused", "{request}", "Requests and connections that were refused"),
            board_behind: counter("gemwatch.board.behind", "{message}", "What the board was too slow to show"),
            audit_failures: counter("gemwatch.audit.failures", "{attempt}", "Failed attempts to write the audit log"),
            chunk_queue_time: seconds(
                "gemwatch.chunk.queue_time",
                &QUEUE_TIME_BOUNDS_S,
                "From the time stamp of a chunk on its topic until its bed has heard it",
            ),
            consumer_lag: gauge("gemwatch.consumer.lag", "{message}", "Messages of a partition that wait"),
            leads_usable: meter
                .u64_histogram("gemwatch.leads.usable")
                .with_unit("{lead}")
                .with_description("Leads of a bed that can be used, every second")
                .with_boundaries(LEADS_BOUNDS.to_vec())
                .build(),
            leads_observed: counter("gemwatch.leads.observed", "s", "Seconds of leads by what they are good for"),
            reading_queue_time: seconds(
                "gemwatch.reading.queue_time",
                &READING_BOUNDS_S,
                "From the request for a reading until the model takes it up",
            ),
            time_to_first_token: seconds(
                "gemwatch.reading.time_to_first_token",
                &READING_BOUNDS_S,
                "From the hand-over of a window to the model to the first piece of its text",
            ),
            token_rate: histogram(
                "gemwatch.reading.tokens",
                "{token}/s",
                &TOKEN_RATE_BOUNDS,
                "How fast the model writes a text, after its first token",
            ),
            grounding_score: histogram(
                "gemwatch.reading.grounding_score",
                "{score}",
                &SCORE_BOUNDS,
                "Share of supported claims among those of a reading that could be checked",
            ),
            model_slots: gauge("gemwatch.model.slots", "{text}", "Places for texts that are written at once"),
            model_state: gauge("gemwatch.model.state", "{state}", "How the model stands: 1 for the state it is in"),
            ready: gauge("gemwatch.ready", "{condition}", "1 for a condition of readiness that is met"),
            settings_reloads: counter("gemwatch.settings.reloads", "{reload}", "Settings that were read again"),
        }
    }

    /// Zeros for every series that is known beforehand: a rate is only seen if the first event is not the first value.
    fn start_at_zero(&self) {
        self.chunks_received.add(0, &[]);
        self.vitals_published.add(0, &[]);
        self.beds_open.add(0, &[]);
        self.commands_rejected.add(0, &[]);
        self.beds_taken_over.add(0, &[]);
        self.alert_states_rejected.add(0, &[]);
        self.stalls.add(0, &[]);
        self.reading_requests_published.add(0, &[]);
        self.reading_requests_taken.add(0, &[]);
        self.reading_requests_rejected.add(0, &[]);
        self.readings_queued.record(0, &[]);
        self.audit_failures.add(0, &[]);
        self.board_behind.add(0, &[]);
        for outcome in ReloadOutcome::ALL {
            self.settings_reloads.add(0, &[KeyValue::new("outcome", outcome.as_str())]);
        }
        for state in ModelState::ALL {
            let is_it = u64::from(*state == ModelState::None);
            self.model_state.record(is_it, &[KeyValue::new("state", state.as_str())]);
        }
        for reason in HttpRefusal::ALL {
            self.http_refused.add(0, &[KeyValue::new("reason", reason.as_str())]);
        }
        for reason in RejectReason::ALL {
            self.chunks_rejected.add(0, &[KeyValue::new("reason", reason.as_str())]);
        }
        for kind in CommandKind::ALL {
            self.commands_taken.add(0, &[KeyValue::new("command", kind.as_str())]);
        }
        for reason in ChunkDropReason::ALL {
            self.chunks_dropped.add(0, &[KeyValue::new("reason", reason.as_str())]);
        }
        for reason in ReadingDropReason::ALL {
            self.readings_dropped.add(0, &[KeyValue::new("reason", reason.as_str())]);
        }
    }
}

/// Makes the instruments of this process. Later calls change nothing.
pub(super) fn install(meter: &Meter) {
    INSTRUMENTS.get_or_init(|| Instruments::new(meter)).start_at_zero();
}

/// Moves an instrument, if there are any: without [`init`](super::init()) events are log lines only.
pub(super) fn with(move_instrument: impl FnOnce(&Instruments)) {
    if let Some(instruments) = INSTRUMENTS.get() {
        move_instrument(instruments);
    }
}
