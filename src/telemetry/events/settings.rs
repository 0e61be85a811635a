//! Events of settings that change while the process runs.

use opentelemetry::KeyValue;
use tracing::{error, info};

use crate::telemetry::instruments::with;

closed_set! {
    /// What became of changed settings.
    ReloadOutcome {
        /// They are in force.
        Taken = "taken",
        /// Something is wrong with them: the old ones stay in force.
        Refused = "refused",
    }
}

/// The settings were read again.
#[derive(Clone, Copy, Debug)]
pub struct SettingsReloaded<'a> {
    /// What became of them.
    pub outcome: ReloadOutcome,
    /// What has changed, or what is wrong.
    pub detail: &'a str,
}

impl SettingsReloaded<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let outcome = self.outcome.as_str();
        match self.outcome {
            ReloadOutcome::Taken => info!(outcome, detail = self.detail, "settings read again"),
            ReloadOutcome::Refused => {
                error!(outcome, detail = self.detail, "changed settings cannot be used, the old ones stay");
            }
        }
        with(|instruments| instruments.settings_reloads.add(1, &[KeyValue::new("outcome", outcome)]));
    }
}
