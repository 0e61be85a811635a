//! Who told the ward what, and when that could not be written down.

use tracing::{error, info};

use crate::{telemetry::instruments::with, wire::AuditRecord};

/// A command was followed, kept or refused. Its log line has a target of its own, so that it can be kept apart, and goes on
/// where others do not: `telemetry.log = "warn,gemwatch::audit=info"`.
#[derive(Clone, Copy, Debug)]
pub struct CommandAudited<'a> {
    /// All there is to say about it.
    pub record: &'a AuditRecord,
}

impl CommandAudited<'_> {
    /// Logs it. It is counted as a command taken or rejected.
    pub fn emit(self) {
        let AuditRecord { by, at, stream_id, reason, topic, partition, offset, .. } = self.record;
        let (outcome, command) = (self.record.outcome.as_str(), self.record.command.as_deref());
        let alert_id = self.record.alert_id.map(|id| id.to_string());
        let code = self.record.code.map(crate::alarm::AlarmCode::as_str);
        let profile = self.record.profile.map(crate::alarm::Profile::as_str);
        let limits = self.record.limits.as_ref().map(|limits| serde_json::Value::from(limits.clone()).to_string());
        // What somebody has sent is quoted: it may hold anything.
        info!(
            target: "gemwatch::audit",
            outcome, command, ?by, ?at, ?stream_id, alert_id, code, profile, limits, ?reason, topic, partition, offset,
            "command"
        );
    }
}

/// The audit log could not be written. Lines wait and are tried again.
#[derive(Clone, Copy, Debug)]
pub struct AuditFailed<'a> {
    /// Why.
    pub detail: &'a str,
}

impl AuditFailed<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        error!(detail = self.detail, "audit log not written");
        with(|instruments| instruments.audit_failures.add(1, &[]));
    }
}
