//! Logs, traces, metrics and readiness: what gemwatch says about itself.
//!
//! In: typed events ([`events`]), each of which writes its log line and moves its instrument in one call to `emit()`,
//! and the work that belongs to a [`trace`]. Out: log lines on standard error; traces, metrics and log lines by OTLP when an
//! endpoint is set; and what [`http`](crate::http) shows on `/readyz` and `/metrics`. Metrics are counted once and read twice: by
//! the OTLP exporter and by `/metrics`.
//!
//! # The metrics
//!
//! | instrument | kind, unit | attributes | on `/metrics` |
//! | --- | --- | --- | --- |
//! | `gemwatch.chunks.received` | counter, `{chunk}` | | `gemwatch_chunks_received_total` |
//! | `gemwatch.chunks.rejected` | counter, `{chunk}` | `reason` | `gemwatch_chunks_rejected_total` |
//! | `gemwatch.chunk.queue_time` | histogram, `s` | | `gemwatch_chunk_queue_time_seconds` |
//! | `gemwatch.consumer.lag` | gauge, `{message}` | `topic`, `partition` | `gemwatch_consumer_lag` |
//! | `gemwatch.leads.usable` | histogram, `{lead}` | | `gemwatch_leads_usable` |
//! | `gemwatch.leads.observed` | counter, `s` | `quality` | `gemwatch_leads_observed_seconds_total` |
//! | `gemwatch.chunks.dropped` | counter, `{chunk}` | `reason` | `gemwatch_chunks_dropped_total` |
//! | `gemwatch.commands.taken` | counter, `{command}` | `command` | `gemwatch_commands_taken_total` |
//! | `gemwatch.commands.rejected` | counter, `{command}` | | `gemwatch_commands_rejected_total` |
//! | `gemwatch.reading_requests.published` | counter, `{message}` | | `gemwatch_reading_requests_published_total` |
//! | `gemwatch.reading_requests.taken` | counter, `{request}` | | `gemwatch_reading_requests_taken_total` |
//! | `gemwatch.reading_requests.rejected` | counter, `{message}` | | `gemwatch_reading_requests_rejected_total` |
//! | `gemwatch.beds.open` | up-down counter, `{bed}` | | `gemwatch_beds_open` |
//! | `gemwatch.beds.taken_over` | counter, `{bed}` | | `gemwatch_beds_taken_over_total` |
//! | `gemwatch.alert_states.rejected` | counter, `{message}` | | `gemwatch_alert_states_rejected_total` |
//! | `gemwatch.stalls` | counter, `{stall}` | | `gemwatch_stalls_total` |
//! | `gemwatch.alerts.published` | counter, `{alert}` | `code`, `state` | `gemwatch_alerts_published_total` |
//! | `gemwatch.vitals.published` | counter, `{message}` | | `gemwatch_vitals_published_total` |
//! | `gemwatch.publish.failures` | counter, `{message}` | `topic` | `gemwatch_publish_failures_total` |
//! | `gemwatch.alarm.delay` | histogram, `s` | `code` | `gemwatch_alarm_delay_seconds` |
//! | `gemwatch.readings.queued` | gauge, `{reading}` | | `gemwatch_readings_queued` |
//! | `gemwatch.readings.dropped` | counter, `{reading}` | `reason` | `gemwatch_readings_dropped_total` |
//! | `gemwatch.reading.duration` | histogram, `s` | `outcome` | `gemwatch_reading_duration_seconds` |
//! | `gemwatch.reading.queue_time` | histogram, `s` | `cause` | `gemwatch_reading_queue_time_seconds` |
//! | `gemwatch.reading.time_to_first_token` | histogram, `s` | | `gemwatch_reading_time_to_first_token_seconds` |
//! | `gemwatch.reading.tokens` | histogram, `{token}/s` | | `gemwatch_reading_tokens_per_second` |
//! | `gemwatch.reading.grounding_score` | histogram, `{score}` | | `gemwatch_reading_grounding_score` |
//! | `gemwatch.model.slots` | gauge, `{text}` | `state` | `gemwatch_model_slots` |
//! | `gemwatch.model.state` | gauge, `{state}` | `state` | `gemwatch_model_state` |
//! | `gemwatch.ready` | gauge, `{condition}` | `condition` | `gemwatch_ready` |
//! | `gemwatch.settings.reloads` | counter, `{reload}` | `outcome` | `gemwatch_settings_reloads_total` |
//! | `gemwatch.http.refused` | counter, `{request}` | `reason` | `gemwatch_http_refused_total` |
//! | `gemwatch.board.behind` | counter, `{message}` | | `gemwatch_board_behind_total` |
//! | `gemwatch.audit.failures` | counter, `{attempt}` | | `gemwatch_audit_failures_total` |
//!
//! Attributes come from closed sets or from the settings, never from messages, so that nobody outside can multiply the series.

pub mod events;
mod init;
mod instruments;
mod readiness;
mod settings;
pub mod trace;

pub use init::{LogLevel, Telemetry, TelemetryError, init};
pub use readiness::Readiness;
pub use settings::{LogFormat, TelemetrySettings};
