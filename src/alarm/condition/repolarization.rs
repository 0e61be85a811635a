//! ST level and QT interval: changes that last.

use super::{Condition, Evidence, Situation};
use crate::alarm::{AlarmCode, Limits};
use crate::measure::EVERY_S;

/// A change lasts as long as it is measured: for so many measurements that did not come.
const MISSING: f64 = 1.5;
/// A change that has gone back by a fifth is over: at its limit an alarm must not come and go.
const BACK: f64 = 0.8;

impl Situation<'_> {
    pub(super) fn repolarization_begins(&self, code: AlarmCode, limits: &Limits) -> Option<Condition> {
        match code {
            AlarmCode::StChange => {
                let age_s = self.now.seconds_since(self.trends.measured_at()?);
                let change = self.trends.st_change(limits.st_change_mv).filter(|_| age_s < MISSING * EVERY_S)?;
                (self.now.seconds_since(change.from) >= limits.st_change_s).then(|| Condition {
                    onset: change.from,
                    message: format!(
                        "ST level changed by {:+.2} mV in {}",
                        change.change_mv,
                        change.leads.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
                    ),
                    evidence: vec![Evidence {
                        what: "change of the ST level".into(),
                        value: change.change_mv,
                        unit: "mV".into(),
                        leads: change.leads,
                        from: change.from,
                        to: self.now,
                    }],
                })
            }
            AlarmCode::LongQtc => {
                let qtc = self.trends.qtc()?;
                let longest_ms = longest_qtc_ms(limits, qtc.baseline_ms);
                (qtc.median_ms > longest_ms).then(|| {
                    let message = format!("QTc {:.0} ms > {longest_ms:.0} over five minutes", qtc.median_ms);
                    self.condition(message, "QTc (Bazett)", (qtc.median_ms, "ms"), (qtc.from, self.now))
                })
            }
            _ => None,
        }
    }

    pub(super) fn repolarization_ends(&self, code: AlarmCode, limits: &Limits) -> Option<bool> {
        Some(match code {
            AlarmCode::StChange => self.trends.st_change(BACK * limits.st_change_mv).is_none(),
            AlarmCode::LongQtc => {
                let longest_ms = |qtc: &crate::measure::Qtc| longest_qtc_ms(limits, qtc.baseline_ms);
                self.trends.qtc().is_none_or(|qtc| qtc.median_ms <= longest_ms(&qtc))
            }
            _ => return None,
        })
    }
}

/// The absolute limit, or that of the change from the first five minutes.
fn longest_qtc_ms(limits: &Limits, baseline_ms: Option<f64>) -> f64 {
    baseline_ms.map_or(limits.qtc_ms, |baseline_ms| limits.qtc_ms.min(baseline_ms + limits.qtc_change_ms))
}
