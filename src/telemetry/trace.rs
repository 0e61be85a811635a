//! Traces: from the message that decided an alarm to the alert on its topic and the reading of its window.
//!
//! In: work with its moments, and the `traceparent` of messages (W3C Trace Context, level 1). Out: spans by OTLP, where traces are
//! exported, and the `traceparent` of what is sent. Attributes of messages and models are those of OpenTelemetry's semantic
//! conventions (messaging, Kafka, generative AI). Only what leads to an alert or a reading is traced: a ward has thousands of
//! chunks a second, and each is counted.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span as SdkSpan};

/// The header of a message that carries its trace.
pub const TRACEPARENT: &str = "traceparent";

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Spans go to this tracer from now on. Later calls change nothing.
pub(super) fn install(tracer: SdkTracer) {
    TRACER.get_or_init(|| tracer);
}

/// The trace that a piece of work belongs to, and the span above it. Empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceContext(Option<SpanContext>);

/// What was done. The names of spans are few: what differs stands in their attributes.
#[derive(Clone, Copy, Debug)]
pub enum Work<'a> {
    /// A message of a topic was taken in, and what follows from it was said.
    Process {
        /// The topic.
        topic: &'a str,
        /// The partition of it.
        partition: i32,
        /// The offset in it.
        offset: i64,
        /// The group that reads it.
        group: &'a str,
        /// Whose message.
        stream_id: &'a str,
    },
    /// The beds heard it.
    Hear,
    /// An alert changed: from the decision to the acknowledgement of the broker.
    Alarm {
        /// Whose.
        stream_id: &'a str,
        /// Which alarm.
        code: &'a str,
        /// What happened to it.
        state: &'a str,
        /// The alert's id.
        id: &'a str,
    },
    /// A message was written, until the broker acknowledged it.
    Send {
        /// The topic.
        topic: &'a str,
    },
    /// A window was read: from the request to the checked text.
    Read {
        /// Whose.
        stream_id: &'a str,
        /// What asked for it: `alarm` or `round`.
        cause: &'a str,
    },
    /// It waited for a place at the model.
    Wait,
    /// Its page was drawn, its waves measured, both made ready for the model.
    Prepare,
    /// The model wrote.
    Write,
    /// The claims of the text were checked.
    Check,
}

impl Work<'_> {
    fn name(&self) -> String {
        match self {
            Work::Process { topic, .. } => format!("process {topic}"),
            Work::Hear => "hear".to_owned(),
            Work::Alarm { .. } => "alarm".to_owned(),
            Work::Send { topic } => format!("send {topic}"),
            Work::Read { .. } => "read window".to_owned(),
            Work::Wait => "wait for the model".to_owned(),
            Work::Prepare => "draw and measure".to_owned(),
            Work::Write => "write text".to_owned(),
            Work::Check => "check claims".to_owned(),
        }
    }

    fn kind(&self) -> SpanKind {
        match self {
            Work::Process { .. } => SpanKind::Consumer,
            Work::Send { .. } => SpanKind::Producer,
            _ => SpanKind::Internal,
        }
    }

    fn attributes(&self) -> Vec<KeyValue> {
        let text = |key: &'static str, value: &str| KeyValue::new(key, value.to_owned());
        match *self {
            Work::Process { topic, partition, offset, group, stream_id } => vec![
                text("messaging.system", "kafka"),
                text("messaging.operation.type", "process"),
                text("messaging.operation.name", "process"),
                text("messaging.destination.name", topic),
                text("messaging.destination.partition.id", &partition.to_string()),
                text("messaging.consumer.group.name", group),
                KeyValue::new("messaging.kafka.offset", offset),
                text("gemwatch.stream_id", stream_id),
            ],
            Work::Send { topic } => vec![
                text("messaging.system", "kafka"),
                text("messaging.operation.type", "send"),
                text("messaging.operation.name", "send"),
                text("messaging.destination.name", topic),
            ],
            Work::Alarm { stream_id, code, state, id } => vec![
                text("gemwatch.stream_id", stream_id),
                text("gemwatch.alarm.code", code),
                text("gemwatch.alert.state", state),
                text("gemwatch.alert.id", id),
            ],
            Work::Read { stream_id, cause } => {
                vec![text("gemwatch.stream_id", stream_id), text("gemwatch.reading.cause", cause)]
            }
            Work::Write => vec![text("gen_ai.operation.name", "generate_content")],
            Work::Hear | Work::Wait | Work::Prepare | Work::Check => Vec::new(),
        }
    }
}

impl TraceContext {
    /// What the header `traceparent` of a message says; empty for what is none.
    pub fn read(traceparent: &str) -> TraceContext {
        TraceContext(read(traceparent).filter(SpanContext::is_valid))
    }

    /// The header `traceparent` of what is sent because of this work.
    pub fn traceparent(&self) -> Option<String> {
        let context = self.0.as_ref()?;
        let flags = context.trace_flags().to_u8();
        Some(format!("00-{}-{}-{flags:02x}", context.trace_id(), context.span_id()))
    }

    /// W3C trace id: 32 hex digits.
    pub fn trace_id(&self) -> Option<String> {
        self.0.as_ref().map(|context| context.trace_id().to_string())
    }

    /// Does it belong to any trace?
    pub fn is_traced(&self) -> bool {
        self.0.is_some()
    }

    /// Begins a piece of work that goes on since `since`; without a trace a new one begins. Ends when the span is dropped.
    /// Where no traces are exported nothing is kept, and the trace that came in goes on.
    pub fn begin(&self, work: Work<'_>, since: Instant) -> Span {
        let span = TRACER.get().map(|tracer| {
            let builder = SpanBuilder::from_name(work.name())
                .with_kind(work.kind())
                .with_start_time(by_the_clock(since))
                .with_attributes(work.attributes());
            let above = match &self.0 {
                Some(above) => Context::new().with_remote_span_context(above.clone()),
                None => Context::new(),
            };
            tracer.build_with_context(builder, &above)
        });
        let context =
            span.as_ref().map_or_else(|| self.clone(), |span| TraceContext(Some(span.span_context().clone())));
        Span { span, context }
    }

    /// A piece of work that is over.
    pub fn add(&self, work: Work<'_>, since: Instant, until: Instant) {
        if let Some(mut span) = self.begin(work, since).span {
            span.end_with_timestamp(by_the_clock(until));
        }
    }

    /// Log lines of `scope` carry this trace where logs are exported.
    pub fn in_scope<R>(&self, scope: impl FnOnce() -> R) -> R {
        let attached = self.0.clone().map(|context| Context::current().with_remote_span_context(context).attach());
        let done = scope();
        drop(attached);
        done
    }
}

/// A piece of work that is under way. Ends when it is dropped.
#[derive(Debug, Default)]
pub struct Span {
    span: Option<SdkSpan>,
    context: TraceContext,
}

impl Span {
    /// Where work belongs that is part of this one.
    pub fn context(&self) -> &TraceContext {
        &self.context
    }

    /// Something happened on the way, at `at`.
    pub fn event(&mut self, name: &'static str, at: Instant) {
        if let Some(span) = &mut self.span {
            span.add_event_with_timestamp(name, by_the_clock(at), Vec::new());
        }
    }

    /// Something that is known only now.
    pub fn note(&mut self, key: &'static str, value: impl Into<opentelemetry::Value>) {
        if let Some(span) = &mut self.span {
            span.set_attribute(KeyValue::new(key, value));
        }
    }

    /// It came to nothing.
    pub fn failed(&mut self, reason: &str) {
        if let Some(span) = &mut self.span {
            span.set_status(Status::error(reason.to_owned()));
        }
    }
}

/// The time of day of a moment.
fn by_the_clock(moment: Instant) -> SystemTime {
    SystemTime::now() - moment.elapsed()
}

/// `00-<trace id>-<span id>-<flags>`; what later versions add behind is passed over.
fn read(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let version = parts.next()?;
    if version.len() != 2 || version == "ff" {
        return None;
    }
    let digits = |text: &str, count: usize| {
        let are_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (are_hex && text.len() == count).then_some(())
    };
    digits(version, 2)?;
    let (trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?);
    digits(trace_id, 32).and(digits(span_id, 16)).and(digits(flags, 2))?;
    if version == "00" && parts.next().is_some() {
        return None;
    }
    Some(SpanContext::new(
        TraceId::from_hex(trace_id).ok()?,
        SpanId::from_hex(span_id).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()? & TraceFlags::SAMPLED.to_u8()),
        true,
        TraceState::default(),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_trace_of_a_message_goes_on_where_none_is_exported() {
        let context = TraceContext::read(PARENT);
        assert_eq!(context.trace_id().as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        let span = context.begin(Work::Send { topic: "ecg.alerts" }, Instant::now());
        assert_eq!(span.context().traceparent().as_deref(), Some(PARENT));
        assert_eq!(TraceContext::default().begin(Work::Hear, Instant::now()).context().traceparent(), None);
    }

    #[test]
    fn what_is_no_trace_is_none() {
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        for none in [
            String::new(),
            "00".to_owned(),
            format!("ff-{trace}-{span}-01"),
            format!("00-{trace}-{span}-01-more"),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{trace}-{span}"),
            format!("00-{trace}x-{span}-01"),
        ] {
            assert!(!TraceContext::read(&none).is_traced(), "{none}");
        }
        assert!(TraceContext::read(&format!("01-{trace}-{span}-00-more")).is_traced());
    }

    proptest! {
        #[test]
        fn any_header_is_read(text in "\\PC{0,80}") {
            let context = TraceContext::read(&text);
            prop_assert_eq!(context.is_traced(), context.traceparent().is_some());
        }

        #[test]
        fn what_is_written_is_read(trace in 1_u128.., span in 1_u64.., flags in 0_u8..2) {
            let parent = format!("00-{trace:032x}-{span:016x}-{flags:02x}");
            prop_assert_eq!(TraceContext::read(&parent).traceparent(), Some(parent));
        }
    }
}
