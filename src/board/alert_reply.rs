//! An alert as the page that opens it gets it: how it stands, how it came to that, and the ten seconds that led to it.

use serde::Serialize;

use super::alerts::{ChangeOfState, Known};
use super::waves::{GAP_UV, Window};
use crate::wire::{Alert, rfc3339};

/// One alert.
#[derive(Debug, Serialize)]
pub struct AlertReply<'a> {
    alert: &'a Alert,
    changes: &'a [ChangeOfState],
    rule: RuleReply,
    window: Option<WindowReply>,
}

/// What raises such an alarm.
#[derive(Debug, Serialize)]
struct RuleReply {
    definition: &'static str,
    /// The latest alert after onset by design.
    latest: &'static str,
    source: &'static str,
}

/// The ten seconds.
#[derive(Debug, Serialize)]
struct WindowReply {
    start: String,
    rate_hz: f64,
    leads: Vec<LeadReply>,
}

#[derive(Debug, Serialize)]
struct LeadReply {
    lead: String,
    /// What is kept is what was recorded.
    derived: bool,
    /// `null` where there is no sample.
    uv: Vec<Option<i16>>,
}

impl AlertReply<'_> {
    /// What is known of an alert.
    pub fn of(known: &Known) -> AlertReply<'_> {
        let rule = known.alert.code.spec();
        AlertReply {
            alert: &known.alert,
            changes: &known.changes,
            rule: RuleReply { definition: rule.definition, latest: rule.delay, source: rule.source },
            window: known.window.as_ref().map(WindowReply::of),
        }
    }
}

impl WindowReply {
    fn of(window: &Window) -> WindowReply {
        let uv = |value: &i16| (*value != GAP_UV).then_some(*value);
        let leads = window.leads.iter().map(|(lead, row)| LeadReply {
            lead: lead.to_string(),
            derived: false,
            uv: row.iter().map(uv).collect(),
        });
        WindowReply { start: rfc3339(window.start), rate_hz: window.rate_hz, leads: leads.collect() }
    }
}
