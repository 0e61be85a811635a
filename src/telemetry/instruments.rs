//! The instruments behind the events. Only `telemetry` moves them.

use std::sync::OnceLock;

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter},
};

use super::events::{ChunkDropReason, CommandKind, HttpRefusal, ReadingDropReason, RejectReason};

/// From tens of milliseconds to the longest delay that IEC 60601-2-27 tolerates for a rate alarm (10 s), and beyond.
const ALARM_DELAY_BOUNDS_S: [f64; 14] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 30.0];
/// From a small model on a GPU to a large one on a processor.
const READING_BOUNDS_S: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

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
}

impl Instruments {
    fn new(meter: &Meter) -> Instruments {
        let counter =
            |name, unit, description| meter.u64_counter(name).with_unit(unit).with_description(description).build();
        let seconds = |name, bounds: &[f64], description| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
            histogram.with_boundaries(bounds.to_vec()).build()
        };
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
            readings_queued: meter
                .u64_gauge("gemwatch.readings.queued")
                .with_unit("{reading}")
                .with_description("Readings that wait for the model")
                .build(),
            readings_dropped: counter("gemwatch.readings.dropped", "{reading}", "Readings that were left out"),
            reading_duration: seconds(
                "gemwatch.reading.duration",
                &READING_BOUNDS_S,
                "From the window to the checked text of a reading",
            ),
            http_refused: counter("gemwatch.http.refused", "{request}", "Requests and connections that were refused"),
            board_behind: counter("gemwatch.board.behind", "{message}", "What the board was too slow to show"),
            audit_failures: counter("gemwatch.audit.failures", "{attempt}", "Failed attempts to write the audit log"),
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
